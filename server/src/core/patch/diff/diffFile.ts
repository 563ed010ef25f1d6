// The change of one file: what its header lines say, put together with its hunks.

import type { Problem } from '../../../protocol/report.ts';
import { escapedText } from '../bytes.ts';
import type { ChangeKind, FileChange, Hunk, MailPlace } from '../types.ts';

/** Yes, no, or "the header does not say" (plain diffs), as git keeps it. */
export type Known = boolean | null;

/** A file's change while its lines are read. Names are byte strings without their `a/` and `b/`. */
export interface DraftFile {
  isNew: Known;
  isDelete: Known;
  isRename: boolean;
  isCopy: boolean;
  oldName: string | null;
  newName: string | null;
  oldMode: number | null;
  newMode: number | null;
  score: number | null;
  index: { old: string; new: string } | null;
  binary: boolean;
  hunks: Hunk[];
  header: string[];
  lead: string;
  /** Index of the first header line. */
  at: number;
  place: MailPlace;
  problems: Problem[];
}

/** A draft with nothing known. */
export function emptyDraft(at: number, place: MailPlace): DraftFile {
  return {
    isNew: null,
    isDelete: null,
    isRename: false,
    isCopy: false,
    oldName: null,
    newName: null,
    oldMode: null,
    newMode: null,
    score: null,
    index: null,
    binary: false,
    hunks: [],
    header: [],
    lead: '',
    at,
    place,
    problems: [],
  };
}

/** Completes a draft. `refused` says why git would refuse it (contents against a creation or deletion); `at` is the header's line. */
export function readFileChange(draft: DraftFile): { file: FileChange; refused: string | null; at: number } {
  const oldLines = sum(draft.hunks, (hunk) => hunk.oldCount);
  const newLines = sum(draft.hunks, (hunk) => hunk.newCount);
  const several = draft.hunks.length > 1;
  let { isNew, isDelete } = draft;
  // A plain diff that takes nothing away may be a creation, one that leaves nothing a deletion; with more than one hunk it is neither.
  if (isNew === null && (oldLines > 0 || several)) isNew = false;
  if (isDelete === null && (newLines > 0 || several)) isDelete = false;
  let refused: string | null = null;
  if (isNew === true && oldLines > 0) refused = `new file ${escapedText(draft.newName ?? '')} depends on old contents`;
  else if (isDelete === true && newLines > 0) refused = `deleted file ${escapedText(draft.oldName ?? '')} still has contents`;
  const created = isNew !== false;
  const deleted = !created && isDelete !== false;
  const inferred = (created && isNew === null) || (deleted && isDelete === null);
  const problems = draft.problems;
  if (draft.binary) {
    problems.push({ kind: 'binary', line: draft.place.line, message: 'a binary change is named, but not read and not applied' });
  }
  const file: FileChange = {
    kind: changeKind(draft, created, deleted),
    oldPath: created || draft.oldName === null ? null : escapedText(draft.oldName),
    newPath: deleted || draft.newName === null ? null : escapedText(draft.newName),
    index: draft.index,
    oldMode: modeText(draft.oldMode),
    newMode: modeText(draft.newMode),
    similarity: draft.score,
    binary: draft.binary,
    inferred,
    hunks: draft.hunks,
    place: draft.place,
    header: draft.header,
    lead: draft.lead,
    problems,
  };
  return { file, refused, at: draft.at };
}

function changeKind(draft: DraftFile, created: boolean, deleted: boolean): ChangeKind {
  if (created) return 'create';
  if (deleted) return 'delete';
  if (draft.isRename) return 'rename';
  if (draft.isCopy) return 'copy';
  if (draft.binary) return 'binary';
  if (draft.hunks.length === 0 && draft.oldMode !== null && draft.newMode !== null && draft.oldMode !== draft.newMode) return 'mode';
  return 'modify';
}

function modeText(mode: number | null): string | null {
  return mode === null || mode === 0 ? null : mode.toString(8).padStart(6, '0');
}

function sum(hunks: readonly Hunk[], count: (hunk: Hunk) => number): number {
  let total = 0;
  for (const hunk of hunks) total += count(hunk);
  return total;
}
