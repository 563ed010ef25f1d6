// Quotes that lost their marks: some list archives drop every `>`, and only blank lines and attributions are left.

import { goesOn, isTalk, opensAsAnswer } from './talk.ts';

interface Paragraph {
  readonly start: number;
  readonly end: number;
  /** Blank lines before it. */
  readonly gap: number;
}

/**
 * Guesses the quote depth of each line of a body that has attributions but no marks. `levels` is how many attributions stand one below
 * the other before the text: the text behind them is quoted that deep, remarks on it one less, and this message's own lines not at all.
 *
 * What it rests on: the quoted text comes first; a paragraph that talks (`isTalk`) is no original; an answer is one level above what it
 * answers; two blank lines end an own remark (the author's blank line and the quoted one); after a remark the original goes on, unless the paragraph opens as the next sentence of a talk.
 * The result is a guess by nature: no line's depth is certain.
 */
export function guessDepths(texts: readonly string[], from: number, levels: number): readonly number[] {
  const depths = texts.map(() => 0);
  let depth = levels;
  let introduces = false;
  for (const paragraph of paragraphs(texts, from)) {
    const lines = texts.slice(paragraph.start, paragraph.end);
    depth = nextDepth(lines, paragraph.gap, depth, levels, introduces);
    introduces = (lines.at(-1) ?? '').trimEnd().endsWith(':');
    depths.fill(depth, paragraph.start, paragraph.end);
  }
  return depths;
}

function nextDepth(lines: readonly string[], gap: number, before: number, levels: number, introduced: boolean): number {
  const returned = before === 0 && gap > 1;
  if (!isTalk(lines)) return before < levels && (introduced || goesOn(lines)) && !returned ? before : levels;
  if (before === levels || returned) return levels - 1;
  if (before > 0 && opensAsAnswer(lines)) return before - 1;
  return before;
}

function paragraphs(texts: readonly string[], from: number): readonly Paragraph[] {
  const found: Paragraph[] = [];
  let gap = 0;
  let index = from;
  while (index < texts.length) {
    if (texts[index]?.trim() === '') {
      gap++;
      index++;
      continue;
    }
    let end = index + 1;
    while (end < texts.length && texts[end]?.trim() !== '') end++;
    found.push({ start: index, end, gap });
    gap = 0;
    index = end;
  }
  return found;
}
