// Which quoted paragraphs are the original that a thread talks about (a commit message, a design), and which are talk on it.

import type { QuoteLayout, QuoteLine } from './quoteLayout.ts';
import { isTalk } from './talk.ts';

interface Paragraph {
  readonly indices: readonly number[];
  readonly depth: number;
  readonly speaker: number | null;
  /** Depth of the next line above that has a text, 0 at the top. */
  readonly above: number;
}

/**
 * Indices of the layout's lines that are the original's text, where no diff is quoted that would show at which depth it stands.
 * Taken are paragraphs that nobody talks in (`isTalk`), that quote nothing deeper (a paragraph right below a deeper one answers it), and
 * whose writer is the one quoted deepest, or stands at the deepest place of its stretch. This is a guess wherever more than one depth is quoted.
 */
export function originalLines(layout: QuoteLayout): readonly number[] {
  const paragraphs = readParagraphs(layout.lines);
  const deepest = paragraphs.reduce((depth, paragraph) => Math.max(depth, paragraph.depth), 0);
  const first = paragraphs.find((paragraph) => paragraph.depth === deepest);
  const writer = first === undefined ? null : nameOf(layout, first.speaker);
  return paragraphs.flatMap((paragraph) => {
    if (paragraph.depth === 0 || paragraph.above > paragraph.depth) return [];
    if (paragraph.depth < deepest && (writer === null || nameOf(layout, paragraph.speaker) !== writer)) return [];
    const texts = paragraph.indices.map((index) => layout.lines[index]?.text ?? '');
    return isTalk(texts) || isDiffText(texts) ? [] : paragraph.indices;
  });
}

function nameOf(layout: QuoteLayout, speaker: number | null): string | null {
  return speaker === null ? null : (layout.speakers[speaker]?.name ?? null);
}

/** Lines of a diff without its headers: added lines, or lines that begin with a sign and code. */
function isDiffText(texts: readonly string[]): boolean {
  return texts.some((text) => /^\+(?:\s|$|[\w#*/{}])/.test(text) || /^-(?:\t|[\w#/{}])/.test(text));
}

function readParagraphs(lines: readonly QuoteLine[]): Paragraph[] {
  const found: Paragraph[] = [];
  let above = 0;
  for (let start = 0; start < lines.length;) {
    const first = lines[start];
    if (first?.role !== 'text') {
      // An ellipsis or an attribution begins a new subject: what follows does not answer the line above it.
      if (first !== undefined && first.role !== 'blank') above = 0;
      start++;
      continue;
    }
    let end = start + 1;
    while (end < lines.length && lines[end]?.role === 'text' && lines[end]?.depth === first.depth) end++;
    const indices = Array.from({ length: end - start }, (_, offset) => start + offset);
    found.push({ indices, depth: first.depth, speaker: first.speaker, above });
    above = first.depth;
    start = end;
  }
  return found;
}
