// What the hunks of several patches show of a file, woven into one text that remembers which patch adds and which removes each line.

import type { FileChange, Hunk, HunkLine } from '../types.ts';

/** A line that some patch shows. Patches are counted from 1. */
export interface WovenLine {
  readonly text: string;
  /** The patch that adds it; 0 where it was there before the first. */
  readonly added: number;
  /** The patch that removes it; null where none does. */
  readonly removed: number | null;
  /** The patches that show it, in their order, with their lines. */
  readonly shown: readonly { readonly patch: number; readonly line: HunkLine }[];
}

/** Lines without a gap between them, those that are there no more or not yet included. */
export interface WovenRun {
  readonly lines: readonly WovenLine[];
  /** What git says of the function that the first line stands in. */
  readonly heading: string;
}

/** A file as far as patches show it. */
export interface WovenFile {
  /** Its path after the last patch, or the last one that it had. */
  readonly path: string;
  readonly runs: readonly WovenRun[];
  /** Whether a patch that is not at hand changed it between two that are, by what their `index` lines name. */
  readonly hasUnseenChange: boolean;
}

interface Line extends WovenLine {
  removed: number | null;
  readonly shown: { patch: number; line: HunkLine }[];
}

interface Run {
  /** Number of its first living line in the file as the patches so far leave it. */
  readonly start: number;
  readonly lines: readonly Line[];
  /** Those that no patch so far removes. */
  readonly living: readonly Line[];
  readonly heading: string;
}

interface File {
  runs: readonly Run[];
  blob: string | null;
  hasUnseenChange: boolean;
}

/** Hunks that do not fit are looked for elsewhere in what is known; more than these of one change are not. */
const maxSearched = 8;

/**
 * Weaves the changes of patches that apply one on top of the other, each on what the one before it left. Where the hunks of a patch
 * contradict what the earlier ones show of a file, that is forgotten: the file begins anew with this patch. A file that is deleted in the
 * end is left out. Takes time in proportion to the lines of the patches and of the runs that they touch.
 */
export function weave(patches: readonly (readonly FileChange[])[]): WovenFile[] {
  const files = new Map<string, File>();
  patches.forEach((changes, at) => {
    const known = changes.map((change) => knownOf(change, files));
    for (const { kind, oldPath } of changes) if (oldPath !== null && kind !== 'copy') files.delete(oldPath);
    changes.forEach((change, index) => {
      const file = known[index] ?? { runs: [], blob: null, hasUnseenChange: false };
      if (change.newPath === null || change.binary) return;
      apply(file, change, at + 1);
      files.set(change.newPath, file);
    });
  });
  return [...files].map(([path, { runs, hasUnseenChange }]) => ({ path, runs, hasUnseenChange }));
}

/** What is known of a file before a change; nothing of one that is made, and of a copy, since its lines are told with their own file. */
function knownOf({ kind, oldPath }: FileChange, files: ReadonlyMap<string, File>): File | null {
  return oldPath === null || kind === 'copy' ? null : (files.get(oldPath) ?? null);
}

function apply(file: File, change: FileChange, patch: number): void {
  const { index, hunks } = change;
  const isNext = index !== null && file.blob !== null && isSameBlob(index.old, file.blob);
  if (index && file.blob !== null && !isNext) file.hasUnseenChange = true;
  if (index) file.blob = index.new;
  const inOrder = hunks.every((hunk, at) => {
    const before = hunks[at - 1];
    return !hunk.repaired && (!before || startOf(hunk) >= startOf(before) + before.oldCount);
  });
  const shift = inOrder ? shiftOf(file.runs, hunks, isNext) : null;
  // What does not fit says that something is known wrongly.
  file.runs = inOrder ? merged(shift === null ? [] : file.runs, hunks, shift ?? 0, patch) : [];
}

function isSameBlob(left: string, right: string): boolean {
  return left.startsWith(right) || right.startsWith(left);
}

/** The line, in the file before the patch, at which a hunk begins; one without old lines names the line before. */
function startOf(hunk: Hunk): number {
  return hunk.oldCount === 0 ? hunk.oldStart + 1 : hunk.oldStart;
}

function oldLines(hunk: Hunk): HunkLine[] {
  return hunk.lines.filter((line) => line.kind !== 'added');
}

/**
 * How many lines all hunks stand below the place that they name: 0 where no other patch came between, else what makes them fit the most
 * of what is known; null where they contradict it.
 */
function shiftOf(runs: readonly Run[], hunks: readonly Hunk[], isNext: boolean): number | null {
  const shifts = new Set([0]);
  if (!isNext && runs.length > 0)
    for (const hunk of hunks.slice(0, maxSearched)) {
      const place = placeOf(runs, oldLines(hunk));
      if (place !== null) shifts.add(place - startOf(hunk));
    }
  let best: { readonly shift: number; readonly known: number } | null = null;
  for (const shift of shifts) {
    const known = knownLines(runs, hunks, shift);
    if (known !== null && (best === null || known > best.known)) best = { shift, known };
  }
  return best?.shift ?? null;
}

/** How many old lines of hunks are known at their place; null where another line is known there. */
function knownLines(runs: readonly Run[], hunks: readonly Hunk[], shift: number): number | null {
  let at = 0;
  let count = 0;
  for (const hunk of hunks) {
    let number = startOf(hunk) + shift;
    for (const line of oldLines(hunk)) {
      for (let run = runs[at]; run && run.start + run.living.length <= number; run = runs[at]) at++;
      const run = runs[at];
      const known = run && number >= run.start ? run.living[number - run.start] : undefined;
      if (known && known.text !== line.text) return null;
      if (known) count++;
      number++;
    }
  }
  return count;
}

/** The only place where lines stand inside a run; null where there is none, or more than one. */
function placeOf(runs: readonly Run[], lines: readonly HunkLine[]): number | null {
  const [first] = lines;
  let place: number | null = null;
  for (const { start, living } of runs)
    for (let at = 0; at + lines.length <= living.length; at++) {
      if (living[at]?.text !== first?.text || !lines.every((line, step) => living[at + step]?.text === line.text)) continue;
      if (place !== null) return null;
      place = start + at;
    }
  return place;
}

/** Runs and hunks that touch each other. */
interface Cluster {
  readonly runs: Run[];
  readonly hunks: Hunk[];
}

/** The runs after a patch whose hunks fit, `shift` lines below the places that they name. */
function merged(runs: readonly Run[], hunks: readonly Hunk[], shift: number, patch: number): Run[] {
  let moved = 0;
  return clusters(runs, hunks, shift).flatMap((cluster) => {
    const before = moved;
    for (const hunk of cluster.hunks) moved += hunk.newCount - hunk.oldCount;
    if (cluster.hunks.length === 0) return cluster.runs.map((run) => ({ ...run, start: run.start + before }));
    return woven(cluster, shift, before, patch);
  });
}

/** In the order of their lines; two that follow on each other touch. */
function clusters(runs: readonly Run[], hunks: readonly Hunk[], shift: number): Cluster[] {
  const found: Cluster[] = [];
  let end = -1;
  let at = 0;
  const add = (start: number, length: number): Cluster => {
    let last = found.at(-1);
    if (!last || start > end) found.push((last = { runs: [], hunks: [] }));
    end = Math.max(end, start + length);
    return last;
  };
  const addRuns = (until: number): void => {
    for (let run = runs[at]; run && run.start <= until; run = runs[++at]) add(run.start, run.living.length).runs.push(run);
  };
  for (const hunk of hunks) {
    const start = startOf(hunk) + shift;
    addRuns(start);
    add(start, hunk.oldCount).hunks.push(hunk);
  }
  addRuns(Infinity);
  return found;
}

/** One run of a cluster with what a patch does to it. */
function woven({ runs, hunks }: Cluster, shift: number, moved: number, patch: number): Run {
  /** Known lines with their numbers before the patch; one that is there no more has that of the line behind it. */
  const known = runs.flatMap(({ start, lines }) => {
    let number = start;
    return lines.map((line) => ({ line, number: line.removed === null ? number++ : number }));
  });
  const lines: Line[] = [];
  let taken = 0;
  const take = (until: (entry: { readonly line: Line; readonly number: number }) => boolean): void => {
    for (let entry = known[taken]; entry && !until(entry); entry = known[++taken]) lines.push(entry.line);
  };
  for (const hunk of hunks) {
    let number = startOf(hunk) + shift;
    take((entry) => entry.number >= number);
    for (const line of hunk.lines) {
      if (line.kind === 'added') {
        lines.push({ text: line.text, added: patch, removed: null, shown: [{ patch, line }] });
        continue;
      }
      take((entry) => entry.number > number || entry.line.removed === null);
      const entry = known[taken];
      if (entry?.number === number) take((other) => other !== entry);
      else lines.push({ text: line.text, added: 0, removed: null, shown: [] });
      const own = lines.at(-1);
      own?.shown.push({ patch, line });
      if (own && line.kind === 'removed') own.removed = patch;
      number++;
    }
  }
  take(() => false);
  const [first] = runs;
  const [hunk] = hunks;
  const begin = Math.min(first?.start ?? Infinity, hunk ? startOf(hunk) + shift : Infinity);
  const heading = first?.start === begin ? first.heading : (hunk?.heading ?? '');
  return { start: begin + moved, lines, living: lines.filter((line) => line.removed === null), heading };
}
