// Where a patch stands: its two sides on the tree, or, where the tree is one of another time, on nothing but the mail.

import type { InputFile, Problem } from '../../protocol/report.ts';
import { throwIfCancelled, type CancelToken } from '../base/cancel.ts';
import { withoutTree, type Outside } from '../base/outside.ts';
import { eraOfPatch, eraOfTree } from '../kernel/eras.ts';
import type { FileChange, Message, Patch } from '../patch/types.ts';
import { baseOf, type Base, type TreeFiles } from './base.ts';
import { wordsOf } from './era.ts';
import type { ReviewedFile } from './side.ts';
import { hunkSide, wholeSide } from './sides.ts';

/** The C files of a patch before and after it, and what is known of each changed file. */
export interface Sides {
  readonly before: ReviewedFile[];
  readonly after: ReviewedFile[];
  readonly files: InputFile[];
}

/** What the earlier patches of a series left. */
export interface PatchedTree {
  readonly files: TreeFiles;
  /** Whether something that one of them changes was found in the tree, so that the series may well be for this tree. */
  isBase: boolean;
}

/** The tree as it is before the first patch of a series. */
export function unpatchedTree(): PatchedTree {
  return { files: new Map(), isBase: false };
}

export interface Placed {
  /** The world that the patch is reviewed in. */
  readonly outside: Outside;
  readonly sides: Sides;
  /** That the tree is not used, where it is not. */
  readonly problems: readonly Problem[];
}

/**
 * The sides of a patch on top of the earlier patches of its series; adds what it leaves. Where nothing that it changes is found in the
 * tree, and the patch itself tells of another era, the tree has nothing to say of it: functions, types and contracts have changed since,
 * or are still to come. Then it is reviewed as if there were no tree. Throws only `Cancelled`; a file that cannot be placed has its
 * reason in its `problems`.
 */
export function placePatch(message: Message, patch: Patch | null, series: PatchedTree, world: Outside, cancel: CancelToken): Placed {
  const outside = world.near((patch?.files ?? []).flatMap((change) => [change.oldPath ?? [], change.newPath ?? []].flat()));
  const left = new Map(series.files);
  const sides = sidesOf(message, patch, series, outside, cancel);
  const problem = series.isBase || sides.files.length === 0 ? null : ofAnotherTime(message, patch, outside);
  if (problem === null) return { outside, sides, problems: [] };
  const alone = withoutTree(outside);
  series.files.clear();
  for (const [path, bytes] of left) series.files.set(path, bytes);
  return { outside: alone, sides: sidesOf(message, patch, series, alone, cancel), problems: [problem] };
}

function ofAnotherTime(message: Message, patch: Patch | null, outside: Outside): Problem | null {
  const tree = eraOfTree(outside);
  const told = eraOfPatch(wordsOf(message, patch), message.dateEpoch);
  if (tree === null || tree.id === told.id || !(told.certain || message.dateEpoch !== null)) return null;
  const why = `${tree.reason}, the patch is of ${told.id} (${told.reason})`;
  return { kind: 'base', line: null, message: `nothing that the patch changes is in the tree, and ${why}: reviewed without the tree` };
}

function sidesOf(message: Message, patch: Patch | null, series: PatchedTree, outside: Outside, cancel: CancelToken): Sides {
  const sides: Sides = { before: [], after: [], files: [] };
  for (const change of patch?.files ?? []) {
    throwIfCancelled(cancel);
    const path = change.newPath ?? change.oldPath;
    if (path === null) continue;
    if (!isC(path)) {
      sides.files.push({ path, depth: 'text', base: 'hunks', problems: change.problems });
      continue;
    }
    addSides(sides, change, path, message, series, outside);
  }
  return sides;
}

/** The base of a change on top of the earlier patches; adds what it leaves. */
export function patchedBase(change: FileChange, series: PatchedTree, outside: Outside): Base {
  const isOwn = series.files.has(change.oldPath ?? change.newPath ?? '');
  const base = baseOf(change, series.files, outside);
  // What the series itself made says nothing of the tree, and with less context a hunk fits many a place.
  if (!isOwn && !['hunks', 'new', 'tree+fuzz'].includes(base.name)) series.isBase = true;
  return base;
}

function addSides(sides: Sides, change: FileChange, path: string, message: Message, series: PatchedTree, outside: Outside): void {
  const { positions } = message;
  const base = patchedBase(change, series, outside);
  sides.files.push({ path, depth: base.depth, base: base.name, problems: [...change.problems, ...base.problems] });
  if (base.texts === null) {
    if (change.oldPath !== null) sides.before.push(hunkSide(change.oldPath, change.hunks, 'before', positions, outside));
    if (change.newPath !== null) sides.after.push(hunkSide(change.newPath, change.hunks, 'after', positions, outside));
    return;
  }
  const { before, after, landed } = base.texts;
  if (before !== null) sides.before.push(wholeSide(change.oldPath ?? path, before, 'before', landed, base.depth, positions, outside));
  if (after !== null) sides.after.push(wholeSide(path, after, 'after', landed, base.depth, positions, outside));
}

/** Whether a path is that of a C file or header: only those have sides. */
export function isC(path: string): boolean {
  return path.endsWith('.c') || path.endsWith('.h');
}
