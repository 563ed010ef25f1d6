// Applies hunks to a text in memory, as git apply does (2.39, apply.c): exact context, any offset, nearest place first.

import { encodeUtf8 } from '../bytes.ts';
import type { FileChange, Hunk, HunkLine } from '../types.ts';

/** Where a hunk was applied. */
export interface HunkPlacement {
  readonly hunk: Hunk;
  /** 1-based line of the text before the patch at which the hunk's first old line was found (or before which it only adds). */
  readonly oldLine: number;
  /** 1-based line of the text after the patch at which the hunk's first new line stands. */
  readonly newLine: number;
  /** How many lines the place differs from the one that the header says. */
  readonly offset: number;
  /** Context lines at the start and at the end of the hunk that were left out of the comparison. */
  readonly reduced: readonly [number, number];
}

export type ApplyResult =
  | { readonly ok: true; readonly text: string; readonly placements: readonly HunkPlacement[] }
  | { readonly ok: false; readonly hunk: Hunk; readonly reason: string };

export interface ApplyOptions {
  /** Apply the way back: from the text after the patch to the one before. */
  readonly reverse?: boolean;
  /** Context lines that may be left out at each side of a hunk, at most; none by default, as in git. */
  readonly fuzz?: 0 | 1 | 2;
}

/** Comparisons of lines after which the search is given up, so that no input can hold the caller. */
const MOST_COMPARISONS = 20_000_000;

/** The bytes of a hunk line without its sign, with its newline where it has one. */
export function lineBytes(line: HunkLine): string {
  const bytes = line.raw === null ? encodeUtf8(line.text) : line.raw.slice(1);
  return line.noNewline ? bytes : `${bytes}\n`;
}

/** Splits a byte string behind each `\n`; the pieces put together are the text. */
export function splitLines(text: string): string[] {
  const lines: string[] = [];
  for (let at = 0; at < text.length;) {
    const end = text.indexOf('\n', at);
    const next = end < 0 ? text.length : end + 1;
    lines.push(text.slice(at, next));
    at = next;
  }
  return lines;
}

interface Side {
  readonly lines: string[];
  leading: number;
  trailing: number;
}

/**
 * Applies a file's hunks to `text` (a byte string), all or none. A hunk that begins at the file's start must match there, one without
 * context at its end must match at the end; lines that a hunk of the same change put down match no other hunk.
 */
export function applyHunks(text: string, file: Pick<FileChange, 'hunks'>, options: ApplyOptions = {}): ApplyResult {
  const image: Image = { lines: splitLines(text), patched: [], comparisons: 0 };
  image.patched = new Array<boolean>(image.lines.length).fill(false);
  const placed: Placed[] = [];
  for (const hunk of file.hunks) {
    const found = placeHunk(image, hunk, options);
    if (found === null) {
      const limit = image.comparisons > MOST_COMPARISONS;
      return { ok: false, hunk, reason: limit ? 'the search for the hunk took too long' : 'the lines of the hunk are not found' };
    }
    const { at, pre, post } = found;
    image.lines = image.lines.slice(0, at).concat(post, image.lines.slice(at + pre.length));
    image.patched = image.patched.slice(0, at).concat(new Array<boolean>(post.length).fill(true), image.patched.slice(at + pre.length));
    placed.push({ ...found, hunk, grows: post.length - pre.length });
  }
  return { ok: true, text: image.lines.join(''), placements: placements(placed) };
}

interface Placed extends Found {
  readonly hunk: Hunk;
  /** Lines that the hunk adds to the text, less those that it takes away. */
  readonly grows: number;
}

/**
 * Line numbers of the hunks in the texts before and after. Each `at` counts in the text as it was when the hunk was applied; hunks mostly
 * come in the order of the file, but need not.
 */
function placements(placed: readonly Placed[]): HunkPlacement[] {
  const ordered = placed.every((one, index) => index === 0 || one.at >= (placed[index - 1]?.at ?? 0));
  let shift = 0;
  return placed.map((one, index) => {
    const { hunk, at, reduced, expected, grows } = one;
    let before = shift;
    let after = 0;
    if (!ordered) {
      before = 0;
      for (const [other, { at: otherAt, grows: otherGrows }] of placed.entries()) {
        if (other < index && otherAt <= at) before += otherGrows;
        if (other > index && otherAt < at + after) after += otherGrows;
      }
    }
    shift += grows;
    const first = at + 1 - reduced[0];
    return { hunk, oldLine: first - before, newLine: first + after, offset: at - reduced[0] - expected, reduced };
  });
}

interface Image {
  lines: string[];
  patched: boolean[];
  comparisons: number;
}

interface Found {
  readonly at: number;
  readonly pre: readonly string[];
  readonly post: readonly string[];
  readonly reduced: readonly [number, number];
  readonly expected: number;
}

function sideLines(hunk: Hunk, kind: 'added' | 'removed'): Side {
  const lines: string[] = [];
  let leading = 0;
  let trailing = 0;
  let changed = false;
  for (const line of hunk.lines) {
    if (line.kind === 'context') {
      if (!changed) leading++;
      trailing++;
    } else {
      changed = true;
      trailing = 0;
    }
    if (line.kind === 'context' || line.kind === kind) lines.push(lineBytes(line));
  }
  return { lines, leading, trailing };
}

function placeHunk(image: Image, hunk: Hunk, options: ApplyOptions): Found | null {
  const reverse = options.reverse === true;
  const pre = sideLines(hunk, reverse ? 'added' : 'removed');
  const post = sideLines(hunk, reverse ? 'removed' : 'added').lines;
  const oldStart = reverse ? hunk.newStart : hunk.oldStart;
  const newStart = reverse ? hunk.oldStart : hunk.newStart;
  let atStart = oldStart <= 1;
  let atEnd = pre.trailing === 0;
  const expected = newStart > 0 ? newStart - 1 : 0;
  let line = expected;
  let { leading, trailing } = pre;
  const [leadingLimit, trailingLimit] = [leading - (options.fuzz ?? 0), trailing - (options.fuzz ?? 0)];
  let from = 0;
  let to = 0;
  for (;;) {
    const wanted = pre.lines.slice(from, pre.lines.length - to);
    const at = findPlace(image, wanted, line, atStart, atEnd);
    if (at >= 0) return { at, pre: wanted, post: post.slice(from, post.length - to), reduced: [from, to], expected };
    const dropFirst = leading >= trailing;
    if (leading <= Math.max(0, leadingLimit) && trailing <= Math.max(0, trailingLimit)) return null;
    if (options.fuzz === undefined || options.fuzz === 0 || image.comparisons > MOST_COMPARISONS) return null;
    if (atStart || atEnd) {
      atStart = atEnd = false;
      continue;
    }
    const mayFirst = leading > Math.max(0, leadingLimit);
    if ((dropFirst && mayFirst) || trailing <= Math.max(0, trailingLimit)) {
      from++;
      leading--;
      line = Math.max(0, line + 1);
    } else {
      to++;
      trailing--;
    }
    // Without any line to compare, a hunk would fit everywhere.
    if (pre.lines.length - from - to <= 0) return null;
  }
}

/** The place nearest to `line` (from 0) at which `wanted` stands, forward first; -1 where there is none. */
function findPlace(image: Image, wanted: readonly string[], line: number, atStart: boolean, atEnd: boolean): number {
  const count = image.lines.length;
  let start = line;
  if (atStart) start = 0;
  else if (atEnd) start = count - wanted.length;
  if (start > count || start < 0) start = count;
  let back = start;
  let ahead = start;
  let at = start;
  let forward = true;
  for (;;) {
    if (matches(image, wanted, at, atStart, atEnd)) return at;
    if (back === 0 && ahead === count) return -1;
    if (image.comparisons > MOST_COMPARISONS) return -1;
    const goAhead: boolean = forward ? ahead < count : back === 0;
    at = goAhead ? ++ahead : --back;
    forward = !goAhead;
  }
}

function matches(image: Image, wanted: readonly string[], at: number, atStart: boolean, atEnd: boolean): boolean {
  image.comparisons++;
  const end = at + wanted.length;
  if (end > image.lines.length || (atEnd && end !== image.lines.length) || (atStart && at !== 0)) return false;
  for (let next = 0; next < wanted.length; next++) {
    if (image.lines[at + next] !== wanted[next]) return false;
    image.comparisons++;
    if (image.patched[at + next] === true) return false;
  }
  return true;
}
