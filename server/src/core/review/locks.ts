// Which locks are held in the code that a mail or a C file shows, by the lines of the opened document.

import type { ReviewOptions, UnitInput } from '../../protocol/analysis.ts';
import type { FunctionLocks, HeldLock, LineSpan, LockLine, LockReport } from '../../protocol/locks.ts';
import { throwIfCancelled, type CancelToken } from '../base/cancel.ts';
import type { Outside } from '../base/outside.ts';
import { lockPointsOf, type LockPoint, type PlacedLock } from '../flow/held-locks.ts';
import type { FlowFile, FlowFunction } from '../flow/program.ts';
import { TreeFunctions } from '../flow/tree-functions.ts';
import { findSeries } from '../patch/threads/series.ts';
import { UNSEEN } from '../syntax/fragments.ts';
import { flowOf } from './collect.ts';
import { decodeC } from './decodeC.ts';
import { eraOf, wordsOf } from './era.ts';
import { patchUnderReview } from './mail.ts';
import { isC, patchedBase, placePatch, unpatchedTree, type PatchedTree } from './patchSides.ts';
import type { ReviewedFile, Side } from './side.ts';
import { presentSide } from './sides.ts';
import type { ReadMail } from './types.ts';
import { readMail } from './unit.ts';

/**
 * The locks at each statement of the functions of `unit[wanted]` that some lines of the opened document show. The other inputs are mails that the wanted one may
 * rest on: earlier patches of its series are applied before it. Throws only `Cancelled`; an input without C code has no functions.
 */
export function locksOf(
  unit: readonly UnitInput[],
  wanted: number,
  lines: LineSpan,
  world: Outside,
  options: ReviewOptions,
  cancel: CancelToken,
): LockReport {
  const input = unit[wanted];
  if (input === undefined) return { functions: [] };
  if (input.kind === 'source') {
    const path = input.treePath ?? input.path;
    const outside = world.near(input.treePath === null ? [] : [input.treePath]);
    const file = presentSide(path, decodeC(input.bytes, outside).text, outside);
    const words = new Set(file.c.text.match(/[A-Za-z_]\w*/g) ?? []);
    return { functions: locksOfFiles([file], 'present', lines, eraOf(options.era, outside, words, null), outside, cancel) };
  }
  const mails = unit.flatMap((one) => (one.kind === 'mail' ? [readMail(one, world)] : []));
  const index = unit.slice(0, wanted).filter((one) => one.kind === 'mail').length;
  const mail = mails[index];
  return { functions: mail === undefined ? [] : locksOfMail(mail, mails, index, lines, world, options, cancel) };
}

function locksOfMail(
  mail: ReadMail,
  mails: readonly ReadMail[],
  index: number,
  shown: LineSpan,
  world: Outside,
  options: ReviewOptions,
  cancel: CancelToken,
): FunctionLocks[] {
  const patch = patchUnderReview(mail.message, mails);
  const { outside, sides } = placePatch(mail.message, patch, treeBefore(mails, index, world, cancel), world, cancel);
  const era = eraOf(options.era, outside, wordsOf(mail.message, patch), mail.message.dateEpoch);
  const functions = [
    ...locksOfFiles(sides.before, 'before', shown, era, outside, cancel),
    ...locksOfFiles(sides.after, 'after', shown, era, outside, cancel),
  ];
  return functions.sort((a, b) => a.line - b.line);
}

/** The tree as the earlier patches of the mail's series leave it. */
function treeBefore(mails: readonly ReadMail[], index: number, world: Outside, cancel: CancelToken): PatchedTree {
  const tree = unpatchedTree();
  const parts = findSeries(mails.map((mail) => mail.record)).find((one) => one.parts.includes(index))?.parts ?? [];
  for (const part of parts.slice(0, parts.indexOf(index))) {
    throwIfCancelled(cancel);
    for (const change of mails[part]?.message.patch?.files ?? []) {
      const path = change.newPath ?? change.oldPath;
      if (path !== null && isC(path)) patchedBase(change, tree, world);
    }
  }
  return tree;
}

function locksOfFiles(
  files: readonly ReviewedFile[],
  side: Side,
  shown: LineSpan,
  era: ReturnType<typeof eraOf>,
  outside: Outside,
  cancel: CancelToken,
): FunctionLocks[] {
  const flow = flowOf(files, era, outside, outside.hasTree ? TreeFunctions.of(outside) : null, cancel);
  return files.flatMap((file) => {
    const lines = new DocumentLines(file, side);
    return file.c.functions.flatMap((fn) => {
      throwIfCancelled(cancel);
      const extent = lines.extent(fn.span.start, fn.span.end);
      if (extent === null || extent.endLine < shown.first || extent.line > shown.last) return [];
      return [functionLocks(flow(file), flow(file).functionOf(fn), extent, lines)];
    });
  });
}

/** Lines of the opened document. */
type Extent = Pick<FunctionLocks, 'line' | 'endLine'>;

/** Where the text of a file stands in the opened document. */
class DocumentLines {
  constructor(
    readonly file: ReviewedFile,
    readonly side: Side,
  ) {}

  /** Line of the opened document that shows an offset; null where none does. */
  line(offset: number): number | null {
    return this.side === 'present' ? this.file.index.lineOf(offset) : (this.file.mailPlace(offset)?.line ?? null);
  }

  /** The same for a place that an answer is wanted for: of what was before a patch, only the lines that it removes. */
  ownLine(offset: number): number | null {
    return this.side === 'before' && !this.file.isChanged(offset) ? null : this.line(offset);
  }

  /** First and last line that show some of a stretch; null where none does. */
  extent(start: number, end: number): Extent | null {
    const { index } = this.file;
    const lines: number[] = [];
    for (let line = index.lineOf(start); line <= index.lineOf(Math.max(start, end - 1)); line++) {
      const shown = this.ownLine(Math.max(start, index.startOf(line)));
      if (shown !== null) lines.push(shown);
    }
    const [first] = lines;
    return first === undefined ? null : { line: first, endLine: lines.at(-1) ?? first };
  }
}

function functionLocks(flow: FlowFile, one: FlowFunction, extent: Extent, lines: DocumentLines): FunctionLocks {
  const { fn } = one;
  const { points, required, stopped } = lockPointsOf(flow, one);
  const reasons = flow.coverage((candidate) => candidate === fn).flatMap((covered) => covered.reasons);
  // Where code is not visible, the lines behind it say so themselves.
  const seen = reasons.filter(({ reason }) => reason !== 'gap');
  const unknown = seen.map(({ span, detail }) => {
    const line = lines.line(span.start);
    return line === null ? detail : `line ${String(line)}: ${detail}`;
  });
  if (stopped !== null && unknown.length === 0) unknown.push('too many states on its paths');
  return {
    function: fn.name === UNSEEN ? null : fn.name,
    file: lines.file.path,
    side: lines.side,
    ...extent,
    lines: linesOf(points, lines),
    required,
    unknown: [...new Set(unknown)],
  };
}

/** One entry for each line on which a statement begins: what runs first there counts. */
function linesOf(points: readonly LockPoint[], lines: DocumentLines): LockLine[] {
  const found = new Map<number, LockLine>();
  for (const point of points) {
    const line = lines.ownLine(point.span.start);
    if (line === null) continue;
    const endLine = Math.max(line, lines.line(Math.max(point.span.start, point.span.end - 1)) ?? line);
    const before = found.get(line);
    found.set(line, {
      line,
      endLine: Math.max(endLine, before?.endLine ?? line),
      locks: before?.locks ?? point.locks.map((lock) => heldLock(lock, lines)),
      hidden: before?.hidden ?? point.hidden,
      takes: union(before?.takes, point.takes),
      releases: union(before?.releases, point.releases),
    });
  }
  return [...found.values()].sort((a, b) => a.line - b.line);
}

function heldLock({ causes, ...lock }: PlacedLock, lines: DocumentLines): HeldLock {
  const places = causes.map(({ span, via }) => ({ line: lines.line(span.start), fileLine: lines.file.lineOf(span.start), via }));
  return { ...lock, places };
}

function union(left: readonly string[] = [], right: readonly string[]): string[] {
  return [...new Set([...left, ...right])];
}
