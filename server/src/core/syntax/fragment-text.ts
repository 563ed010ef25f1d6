// A stretch of C without its surroundings, cleaned of what only makes sense with them: comment tails, macro bodies, half statements.

import type { Span } from '../base/text.ts';
import { findGroups, directiveName } from './rewrite/branches.ts';
import { DIRECTIVE, IDENTIFIER, PUNCTUATOR, STRING, tokenize, type Tokens } from './rewrite/lexer.ts';

/** The text of a fragment under preparation; it keeps its length and its lines. */
export class FragmentText {
  text: string;
  tokens: Tokens;

  constructor(text: string) {
    this.text = text;
    this.tokens = tokenize(text);
  }

  get count(): number {
    return this.tokens.count;
  }

  start(at: number): number {
    return this.tokens.starts[at] ?? this.text.length;
  }

  end(at: number): number {
    return this.tokens.ends[at] ?? this.text.length;
  }

  /** A punctuator or word; empty for directives and outside the text, `"` for literals. */
  word(at: number): string {
    const kind = this.tokens.kinds[at];
    if (kind === undefined || at < 0 || at >= this.tokens.count || kind === DIRECTIVE) return '';
    return kind === STRING ? '"' : this.text.slice(this.start(at), this.end(at));
  }

  isIdentifier(at: number): boolean {
    return this.tokens.kinds[at] === IDENTIFIER;
  }

  isPunctuator(at: number): boolean {
    return this.tokens.kinds[at] === PUNCTUATOR;
  }

  isDirective(at: number): boolean {
    return this.tokens.kinds[at] === DIRECTIVE;
  }

  /** Whether a token is the first of its line, without white space before it. */
  isColumnZero(at: number): boolean {
    const start = this.start(at);
    return start === 0 || this.text[start - 1] === '\n';
  }

  /** Blanks stretches, line ends excepted, and cuts the text into tokens anew. The stretches may overlap. */
  blank(...spans: readonly Span[]): void {
    let blanked = '';
    let from = 0;
    for (const { start, end } of [...spans].sort((a, b) => a.start - b.start)) {
      if (end <= from) continue;
      const begin = Math.max(start, from);
      blanked += this.text.slice(from, begin) + this.text.slice(begin, end).replace(/[^\n\r]/g, ' ');
      from = end;
    }
    if (from === 0) return;
    this.text = blanked + this.text.slice(from);
    this.tokens = tokenize(this.text);
  }
}

/** Blanks comment tails, the lines of macro bodies whose `#define` is not seen, and directives of groups that are cut. */
export function cleanFragment(text: string): FragmentText {
  const fragment = new FragmentText(text);
  blankCommentTail(fragment);
  blankMacroBody(fragment);
  blankCutGroups(fragment);
  return fragment;
}

function blankCommentTail(fragment: FragmentText): void {
  const close = fragment.text.indexOf('*/');
  const open = fragment.text.indexOf('/*');
  if (close >= 0 && (open < 0 || close < open)) fragment.blank({ start: 0, end: close + 2 });
  else if (open < 0) {
    // The middle of a comment shows neither end, but every line has its star.
    const lines = fragment.text.split('\n').filter((line) => line.trim() !== '');
    const isMiddle = /^\s*\*(?: |\/|$)/.test(lines[0] ?? '') && lines.every((line) => /^\s*\*/.test(line));
    if (isMiddle) fragment.blank({ start: 0, end: fragment.text.length });
  }
}

function blankMacroBody(fragment: FragmentText): void {
  const { text } = fragment;
  const spans = fragment.tokens.strayContinuations.map((at) => {
    const nextEnd = text.indexOf('\n', text.indexOf('\n', at) + 1);
    // The line behind the last continuation belongs to the macro too.
    return { start: text.lastIndexOf('\n', at) + 1, end: nextEnd < 0 ? text.length : nextEnd };
  });
  fragment.blank(...spans);
}

function blankCutGroups(fragment: FragmentText): void {
  const { tokens, text } = fragment;
  const names = new Map<number, string>();
  const words: string[] = [];
  for (let at = 0; at < tokens.count; at++) {
    if (tokens.kinds[at] === DIRECTIVE) names.set(at, directiveName(text, fragment.start(at), fragment.end(at)));
    words.push(fragment.word(at));
  }
  const { orphans } = findGroups(tokens, words, names);
  fragment.blank(...[...orphans].map((at) => ({ start: fragment.start(at), end: fragment.end(at) })));
}

/** Binary operators, with which no statement begins. */
const infixOperators = new Set([
  '||',
  '&&',
  '==',
  '!=',
  '<=',
  '>=',
  '|',
  '^',
  '<',
  '>',
  '=',
  '?',
  ':',
  '.',
  ',',
  '/',
  '%',
  '->',
  '+=',
  '-=',
  '|=',
  '&=',
]);

/** How the rest of a statement at the beginning of a fragment was cut off. */
interface LeadingCut {
  /** Offset behind what was blanked. */
  readonly end: number;
  /** A block that follows, whose head (`if (...`) is not seen. */
  readonly beforeBlock: boolean;
}

/**
 * Finds the statement that began before the fragment: up to its end if a `)` closes what did not open, if the first token is a binary
 * operator, or if a `:` has no `?`. Null if the fragment begins with a whole statement. Designators (`.name = value`) begin elements,
 * not statements.
 */
export function leadingCut(fragment: FragmentText, isInitializer: boolean): LeadingCut | null {
  let depth = 0;
  let cut = -1;
  let questions = 0;
  const first = fragment.word(0);
  const mayHaveColon = first === 'case' || first === 'default' || fragment.word(1) === ':';
  let continues = infixOperators.has(first) && !(isInitializer && first === '.');
  for (let at = 0; at < fragment.count; at++) {
    const word = fragment.isPunctuator(at) ? fragment.word(at) : '';
    if (word === '(' || word === '[') depth++;
    else if (word === ')' || word === ']') {
      if (--depth < 0) {
        depth = 0;
        cut = fragment.end(at);
      }
    } else if (depth > 0) continue;
    else if (word === '?') questions++;
    else if (word === ':') continues ||= !isInitializer && !mayHaveColon && --questions < 0;
    else if (word === ';' || word === '{' || word === '}') {
      if (cut < 0 && !continues) return null;
      if (word === ';') return { end: fragment.end(at), beforeBlock: false };
      return { end: fragment.start(at), beforeBlock: word === '{' };
    }
  }
  return cut < 0 ? null : { end: cut, beforeBlock: false };
}
