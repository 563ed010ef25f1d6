import type { Span } from '../base/text.ts';
import { kernelMacros } from '../kernel/macro-tables.ts';
import type { MacroWords } from '../kernel/macro-words.ts';
import { parseC, type CParser } from './parse.ts';
import type { CFile, Fragment } from './types.ts';

/** A place in a fragment's own text: index of the fragment, UTF-16 offset in its text. */
export interface FragmentPlace {
  readonly fragment: number;
  readonly offset: number;
}

/**
 * Fragments of one file as one C text: their own text at unchanged columns, between made-up lines that frame it.
 * Fragments of one function stand in order in one function body.
 */
export interface FragmentFile {
  readonly c: CFile;
  /**
   * Empty statements (`;`) of `c` that stand for code that is not visible: before the first fragment of a function whose
   * opening brace is not seen, between two fragments of it, and behind the last one if the closing brace is not seen.
   */
  readonly gaps: readonly Span[];
  /** Where the text at an offset of `c` comes from; null for made-up text (headings, gaps, braces that close unseen blocks). */
  originOf(offset: number): FragmentPlace | null;
}

/** Parses the hunks of one side of one file, in order. Never throws; what does not parse is in `c.problems`. */
export function parseFragments(
  fragments: readonly Fragment[],
  path: string,
  outside: CParser,
  words: MacroWords = kernelMacros,
): FragmentFile {
  const parts: { start: number; length: number }[] = [];
  const gaps: Span[] = [];
  let text = '';
  let openFunction: string | null = null;
  const gap = (): void => {
    gaps.push({ start: text.length, end: text.length + 1 });
    text += ';\n';
  };
  const closeFunction = (): void => {
    if (openFunction === null) return;
    gap();
    text += '}\n';
    openFunction = null;
  };
  for (const fragment of fragments) {
    const body = fragment.text.endsWith('\n') ? fragment.text : `${fragment.text}\n`;
    const inside = /^[\s}]/.test(body) && /^[A-Za-z_].*\(/.test(fragment.heading);
    if (inside && openFunction === fragment.heading) gap();
    else {
      closeFunction();
      if (inside) {
        text += `${fragment.heading.replace(/,\s*$/, '')}${fragment.heading.includes(')') ? '' : ')'} {\n`;
        openFunction = fragment.heading;
        gap();
      }
    }
    parts.push({ start: text.length, length: fragment.text.length });
    text += body;
    if (/^\}/m.test(body)) openFunction = null;
  }
  closeFunction();
  const originOf = (offset: number): FragmentPlace | null => {
    const fragment = parts.findIndex((part) => offset >= part.start && offset < part.start + part.length);
    const part = parts[fragment];
    return part ? { fragment, offset: offset - part.start } : null;
  };
  return { c: parseC(text, path, outside, words), gaps, originOf };
}
