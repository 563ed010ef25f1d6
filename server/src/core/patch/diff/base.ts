// Which text a patch's change of a file is applied to, and what comes out.

import type { Problem } from '../../../protocol/report.ts';
import { byteString, bytesOf } from '../bytes.ts';
import { applyHunks, type HunkPlacement } from './applyHunks.ts';
import { pathFault } from './paths.ts';
import type { FileChange } from '../types.ts';

/** The part of the outside that finding a base needs. */
export interface BaseOutside {
  readonly hasTree: boolean;
  readTree(path: string): Uint8Array | null;
  readBlob(id: string): Uint8Array | null;
  sha1(bytes: Uint8Array): string;
}

/** What kind of base was found; `new` for a created file, whose text is all in the patch. */
export type BaseKind = 'blob' | 'tree' | 'tree+fuzz' | 'tree-is-after' | 'new' | 'hunks';

export interface FoundBase {
  readonly kind: BaseKind;
  /** The kind, for a blob with its id: `blob 0123abcd`. */
  readonly base: string;
  /** Why this base, for people. */
  readonly reason: string;
  /** The file before and after the patch (byte strings); null where there is none, or only hunks are known. */
  readonly before: string | null;
  readonly after: string | null;
  /** git's id of the file after the patch; null where it is not known or deleted. */
  readonly afterId: string | null;
  readonly placements: readonly HunkPlacement[];
  readonly problems: readonly Problem[];
}

/** git's id of a blob with this content (a byte string). */
export function blobId(content: string, sha1: (bytes: Uint8Array) => string): string {
  return sha1(bytesOf(`blob ${content.length}\0${content}`));
}

/**
 * Finds the base of a file's change, in this order: nothing (a created file); the blob that the `index` line names; the tree's file with
 * exact context and any offset; the tree's file with the patch already in it; the tree's file with at most two lines less context at each
 * side (problem `fuzz`); the hunks alone. The patch that is already there is looked for before context is reduced: reduced context would
 * put an insertion in twice. Unsafe paths are never read.
 */
export function findBase(file: FileChange, outside: BaseOutside): FoundBase {
  const fault = [file.oldPath, file.newPath].map((path) => (path === null ? null : pathFault(path))).find((one) => one !== null);
  if (fault !== undefined) return onlyHunks(file, `unsafe path: ${fault}`, { kind: 'unsafe-path', line: file.place.line, message: fault });
  if (file.binary) return onlyHunks(file, 'a binary change is not applied', null);
  if (file.kind === 'create' && file.oldPath === null) return createdFile(file, outside);
  return blobBase(file, outside) ?? treeBase(file, outside);
}

function result(
  kind: BaseKind,
  reason: string,
  before: string | null,
  after: string | null,
  placements: readonly HunkPlacement[],
  outside: BaseOutside,
  more: { base?: string; problems?: readonly Problem[]; gone?: boolean } = {},
): FoundBase {
  const afterId = after === null || more.gone === true ? null : blobId(after, (bytes) => outside.sha1(bytes));
  return {
    kind,
    base: more.base ?? kind,
    reason,
    before,
    after: more.gone === true ? null : after,
    afterId,
    placements,
    problems: more.problems ?? [],
  };
}

function onlyHunks(file: FileChange, reason: string, problem: Problem | null): FoundBase {
  const problems = problem === null ? [] : [problem];
  const placements = file.hunks.map((hunk) => ({
    hunk,
    oldLine: Math.max(1, hunk.oldStart),
    newLine: Math.max(1, hunk.newStart),
    offset: 0,
    reduced: [0, 0] as const,
  }));
  return { kind: 'hunks', base: 'hunks', reason, before: null, after: null, afterId: null, placements, problems };
}

function createdFile(file: FileChange, outside: BaseOutside): FoundBase {
  const applied = applyHunks('', file);
  if (!applied.ok) return onlyHunks(file, 'the hunks of the new file do not fit together', null);
  const present = file.newPath === null ? null : outside.readTree(file.newPath);
  if (present === null) return result('new', 'the file is created by the patch', null, applied.text, applied.placements, outside);
  if (byteString(present) === applied.text) {
    return result(
      'tree-is-after',
      'the tree has the file already, as the patch creates it',
      null,
      applied.text,
      applied.placements,
      outside,
    );
  }
  const message = `${file.newPath ?? ''} is created by the patch, but the tree has another file of this name`;
  const problems = [{ kind: 'exists', line: file.place.line, message }];
  return result('new', 'the file is created by the patch', null, applied.text, applied.placements, outside, { problems });
}

function blobBase(file: FileChange, outside: BaseOutside): FoundBase | null {
  const id = file.index?.old ?? '';
  if (!/^[0-9a-f]{7,64}$/.test(id) || /^0+$/.test(id)) return null;
  const blob = outside.readBlob(id);
  if (blob === null) return null;
  const before = byteString(blob);
  const applied = applyHunks(before, file);
  if (!applied.ok || !removalFits(file, applied.text)) return null;
  const reason = 'the index line names this blob, and the repository has it';
  return result('blob', reason, before, applied.text, applied.placements, outside, { base: `blob ${id}`, gone: file.kind === 'delete' });
}

/** A deletion takes every line away. */
function removalFits(file: FileChange, after: string): boolean {
  return file.kind !== 'delete' || file.inferred || after === '';
}

function treeBase(file: FileChange, outside: BaseOutside): FoundBase {
  const path = file.oldPath ?? file.newPath;
  const bytes = path === null ? null : outside.readTree(path);
  if (bytes === null) return absentFile(file, outside);
  const present = byteString(bytes);
  const gone = file.kind === 'delete';
  const exact = applyHunks(present, file);
  if (exact.ok && removalFits(file, exact.text)) {
    const moved = exact.placements.find((one) => one.offset !== 0);
    const reason = moved === undefined ? 'every hunk fits the tree where it says' : 'every hunk fits the tree, some of them at other lines';
    return result('tree', reason, present, exact.text, exact.placements, outside, { gone });
  }
  const already = file.kind === 'rename' || file.kind === 'copy' ? null : alreadyApplied(file, present, outside);
  if (already !== null) return already;
  const fuzzy = applyHunks(present, file, { fuzz: 2 });
  if (fuzzy.ok && removalFits(file, fuzzy.text)) {
    const reduced = fuzzy.placements.find((one) => one.reduced[0] + one.reduced[1] > 0)?.hunk.place ?? file.place;
    const problems = [{ kind: 'fuzz', line: reduced.line, message: `${path ?? ''}: a hunk fits the tree only with less context` }];
    return result('tree+fuzz', 'hunks fit the tree with less context', present, fuzzy.text, fuzzy.placements, outside, { problems, gone });
  }
  const failed = exact.ok ? null : exact.hunk;
  const reason = exact.ok ? 'the deletion leaves lines' : exact.reason;
  const message = `${path ?? ''}: the patch does not fit the tree (${reason}); only its hunks are used`;
  return onlyHunks(file, `the tree's file does not fit: ${reason}`, { kind: 'base', line: failed?.place.line ?? file.place.line, message });
}

/** The file is not there under its old name: perhaps the patch has been applied. */
function absentFile(file: FileChange, outside: BaseOutside): FoundBase {
  const path = file.oldPath ?? file.newPath ?? '';
  if (file.kind === 'rename' && file.newPath !== null) {
    const renamed = outside.readTree(file.newPath);
    const already = renamed === null ? null : alreadyApplied(file, byteString(renamed), outside);
    if (already !== null) return already;
  }
  if (file.kind === 'delete' && outside.hasTree) {
    const back = applyHunks('', file, { reverse: true });
    if (back.ok)
      return {
        ...onlyHunks(file, 'the file is deleted in the tree already', null),
        kind: 'tree-is-after',
        base: 'tree-is-after',
        before: back.text,
      };
  }
  if (!outside.hasTree) return onlyHunks(file, 'there is no kernel tree', null);
  return onlyHunks(file, 'the tree has no such file', {
    kind: 'base',
    line: file.place.line,
    message: `${path}: the tree has no such file`,
  });
}

/** The tree's text is the one after the patch where taking every hunk back fits exactly. */
function alreadyApplied(file: FileChange, present: string, outside: BaseOutside): FoundBase | null {
  if (file.hunks.length === 0) return null;
  const back = applyHunks(present, file, { reverse: true });
  if (!back.ok) return null;
  const forward = applyHunks(back.text, file);
  const places = forward.ok && forward.text === present ? forward.placements : turned(back.placements);
  return result('tree-is-after', 'the tree has the patch already', back.text, present, places, outside);
}

/** Placements of a way back, seen forward. */
function turned(placements: readonly HunkPlacement[]): HunkPlacement[] {
  return placements.map((one) => ({ ...one, oldLine: one.newLine, newLine: one.oldLine }));
}
