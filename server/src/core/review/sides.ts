// Builds the two sides of a changed file: whole texts where a base was found, else the hunks alone.

import type { Depth } from '../../protocol/finding.ts';
import type { Outside } from '../base/outside.ts';
import { LineIndex } from '../base/text.ts';
import type { Hunk, HunkLine, PositionMap } from '../patch/types.ts';
import { parseFragments } from '../syntax/fragments.ts';
import { parseC } from '../syntax/parse.ts';
import { changedOnSide, lineOnSide, ReviewedFile, type LandedLine, type Side, type SideLine } from './side.ts';

const unseen: SideLine = { line: null, changed: false, hunkLine: null };

/** One side of a file whose whole text is known. `landed` holds the hunk lines at their lines of the two texts. */
export function wholeSide(
  path: string,
  text: string,
  side: Side,
  landed: readonly LandedLine[],
  depth: Depth,
  positions: PositionMap,
  outside: Outside,
): ReviewedFile {
  const shown = new Map<number, HunkLine>();
  for (const line of landed) {
    const number = side === 'before' ? line.oldLine : line.newLine;
    if (number !== null) shown.set(number, line.hunkLine);
  }
  const c = parseC(text, path, outside, { macros: outside.macroWords(path) });
  const lookup = (line: number): SideLine => {
    const hunkLine = shown.get(line) ?? null;
    return { line, changed: hunkLine !== null && changedOnSide(hunkLine, side), hunkLine };
  };
  return new ReviewedFile(path, depth, c, new LineIndex(text), lookup, positions);
}

/** One side of a file of which only the hunks are known; made-up text between them has no line. */
export function hunkSide(path: string, hunks: readonly Hunk[], side: Side, positions: PositionMap, outside: Outside): ReviewedFile {
  const shown = hunks.map(({ heading, lines }): Stretch => ({
    heading,
    lines: lines.flatMap((hunkLine) => {
      const line = lineOnSide(hunkLine, side);
      return line === null ? [] : [{ text: hunkLine.text, line, changed: changedOnSide(hunkLine, side), hunkLine }];
    }),
  }));
  return stretchSide(path, shown, positions, outside);
}

/** Lines of a file that follow on each other, and what git says of the function that the first of them stands in. */
export interface Stretch {
  readonly heading: string;
  readonly lines: readonly (SideLine & { readonly text: string })[];
}

/** A file of which some stretches are known, in order; made-up text between them has no line. */
export function stretchSide(path: string, stretches: readonly Stretch[], positions: PositionMap | null, outside: Outside): ReviewedFile {
  const fragments = stretches.map(({ heading, lines }) => ({ text: lines.map((line) => `${line.text}\n`).join(''), heading }));
  const file = parseFragments(fragments, path, outside, { macros: outside.macroWords(path) });
  const starts = fragments.map((fragment) => new LineIndex(fragment.text));
  const index = new LineIndex(file.c.text);
  const lookup = (textLine: number): SideLine => {
    const origin = file.originOf(index.startOf(textLine));
    if (origin === null) return unseen;
    return stretches[origin.fragment]?.lines[(starts[origin.fragment]?.lineOf(origin.offset) ?? 0) - 1] ?? unseen;
  };
  return new ReviewedFile(path, 'hunk', file.c, index, lookup, positions, file.gaps);
}

/** A C file that is not a patch. */
export function presentSide(path: string, text: string, outside: Outside): ReviewedFile {
  const c = parseC(text, path, outside, { macros: outside.macroWords(path) });
  return new ReviewedFile(path, 'file', c, new LineIndex(text), (line) => ({ line, changed: false, hunkLine: null }), null);
}
