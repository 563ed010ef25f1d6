// The words that a reply's author writes between the quotes.

import type { PlacedLine, Remark } from '../types.ts';
import type { LineAnchor } from './quoteAnchors.ts';
import type { QuoteLayout, QuoteLine } from './quoteLayout.ts';

/** A stretch of words of one writer without quotes in between. */
export interface Words {
  readonly depth: number;
  /** Indices of its lines in the layout, from the first to the last with text; blank lines between are in it. */
  readonly indices: readonly number[];
  /** Index of the last line with text above it that is quoted deeper; null where none is, or a cut (`[...]`) stands between. */
  readonly after: number | null;
}

const TAGS = /^(?:Reviewed|Acked|Tested|Reported|Suggested|Signed-off|Co-developed)-by: /i;

/**
 * The words of depth `depth` that answer something deeper, in order. For depth 0 also those that answer nothing (above the first quote).
 * Greetings, closing words, signatures, footers and marks such as `[...]` are not among them.
 */
export function wordsAt(layout: QuoteLayout, depth: number): readonly Words[] {
  const found: Words[] = [];
  let indices: number[] = [];
  let after: number | null = null;
  const flush = () => {
    if (indices.length > 0) found.push({ depth, indices: withBlanks(indices), after });
    indices = [];
  };
  layout.lines.forEach((line, index) => {
    if (line.role === 'ellipsis' && line.depth <= depth) {
      flush();
      after = null;
    } else if (line.depth > depth) {
      if (line.role === 'text' || line.role === 'greeting') {
        flush();
        after = index;
      } else if (line.role === 'blank' && layout.marks === 'kept') flush();
    } else if (line.depth < depth) {
      // Words of a lesser depth end these, and what comes next answers what is quoted next.
      if (line.role !== 'blank' || layout.marks === 'kept') flush();
    } else if (line.role === 'text') indices.push(index);
    else if (line.role === 'attribution') {
      flush();
      after = null;
    }
  });
  flush();
  return found;
}

function withBlanks(indices: readonly number[]): readonly number[] {
  const first = indices[0] ?? 0;
  const last = indices.at(-1) ?? first;
  return Array.from({ length: last - first + 1 }, (_, offset) => first + offset);
}

/** The text of words, line by line; lines of other roles in between (closing words, markers) are left out. */
export function wordLines(layout: QuoteLayout, words: Words): readonly PlacedLine[] {
  return words.indices
    .map((index) => layout.lines[index])
    .filter((line): line is QuoteLine => line !== undefined && (line.role === 'text' || line.role === 'blank'))
    .map(({ text, place }) => ({ text, place }));
}

/** Whether words are only review tags: they stand for the patch, not for a line of it. */
export function onlyTags(lines: readonly PlacedLine[]): boolean {
  return lines.every((line) => line.text.trim() === '' || TAGS.test(line.text.trim()));
}

/**
 * The anchor of words: of the quoted line right above, or of the nearest one above that has an anchor, where only talk stands between;
 * null at a cut, at an attribution and at the top.
 */
function anchorAbove(layout: QuoteLayout, anchors: readonly (LineAnchor | null)[], after: number | null): LineAnchor | null {
  for (let index = after ?? -1; index >= 0; index--) {
    const anchor = anchors[index];
    if (anchor) return anchor;
    const role = layout.lines[index]?.role;
    if (role === 'ellipsis' || role === 'attribution') return null;
  }
  return null;
}

/** The message's own remarks, anchored to what it quotes itself; `patchId` is null, since a message alone does not know the patch's mail. */
export function ownRemarks(layout: QuoteLayout, anchors: readonly (LineAnchor | null)[]): readonly Remark[] {
  return wordsAt(layout, 0).map((words) => {
    const lines = wordLines(layout, words);
    return { lines, anchor: onlyTags(lines) ? null : anchorAbove(layout, anchors, words.after), patchId: null };
  });
}
