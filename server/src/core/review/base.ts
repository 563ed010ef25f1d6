// The old text of a changed file, the new one, and where the hunks landed in them.

import type { Depth } from '../../protocol/finding.ts';
import type { Problem } from '../../protocol/report.ts';
import type { Outside } from '../base/outside.ts';
import { findBase, type BaseOutside, type FoundBase } from '../patch/diff/base.ts';
import { bytesOf } from '../patch/bytes.ts';
import type { FileChange } from '../patch/types.ts';
import { decodeC } from './decodeC.ts';
import { lineOnSide, type LandedLine } from './side.ts';

/** Files as the earlier patches of a series left them, as bytes; null for a file that they deleted. */
export type TreeFiles = Map<string, Uint8Array | null>;

export interface Base {
  /** `blob 0123abcd`, `tree`, `tree+fuzz`, `tree-is-after`, `new` or `hunks`. */
  readonly name: string;
  readonly depth: Depth;
  readonly problems: readonly Problem[];
  /** Null where the hunks alone are known. */
  readonly texts: { readonly before: string | null; readonly after: string | null; readonly landed: readonly LandedLine[] } | null;
}

/** Finds the base of a change on top of the earlier patches of its series, and keeps what it leaves for the later ones. */
export function baseOf(change: FileChange, files: TreeFiles, outside: Outside): Base {
  const found = findBase(change, onTopOf(files, outside));
  keep(change, found, files);
  if (found.kind === 'hunks' || (found.before === null && found.after === null))
    return { name: found.base, depth: 'hunk', problems: found.problems, texts: null };
  const texts = {
    before: found.before === null ? null : decodeC(bytesOf(found.before), outside).text,
    after: found.after === null ? null : decodeC(bytesOf(found.after), outside).text,
    landed: landedLines(found),
  };
  return { name: found.base, depth: found.kind === 'tree+fuzz' ? 'hunk' : 'file', problems: found.problems, texts };
}

function onTopOf(files: TreeFiles, outside: Outside): BaseOutside {
  return {
    hasTree: outside.hasTree,
    readTree: (path) => {
      const left = files.get(path);
      return left === undefined ? outside.readTree(path) : left;
    },
    readBlob: (id) => outside.readBlob(id),
    sha1: (bytes) => outside.sha1(bytes),
  };
}

function keep(change: FileChange, found: FoundBase, files: TreeFiles): void {
  if (found.after !== null && change.newPath !== null) files.set(change.newPath, bytesOf(found.after));
  if (change.oldPath !== null && change.oldPath !== change.newPath && change.kind !== 'copy') files.set(change.oldPath, null);
}

function landedLines(found: FoundBase): LandedLine[] {
  return found.placements.flatMap(({ hunk, oldLine, newLine }) => {
    let old = oldLine;
    let now = newLine;
    return hunk.lines.map((hunkLine): LandedLine => ({
      hunkLine,
      oldLine: lineOnSide(hunkLine, 'before') === null ? null : old++,
      newLine: lineOnSide(hunkLine, 'after') === null ? null : now++,
    }));
  });
}
