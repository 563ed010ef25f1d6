// Finds the old text of a changed file and makes the new one.

import type { Depth } from '../../protocol/finding.ts';
import type { Problem } from '../../protocol/report.ts';
import type { Outside } from '../base/outside.ts';
import type { FileChange } from '../patch/types.ts';
import type { LandedLine } from './sides.ts';

/** Texts of files as the earlier patches of a series left them; null for a file that they deleted. */
export type TreeFiles = Map<string, string | null>;

export interface Base {
  readonly name: string;
  readonly depth: Depth;
  readonly problems: readonly Problem[];
  /** Null where the hunks alone are known. */
  readonly texts: { readonly before: string | null; readonly after: string | null; readonly landed: readonly LandedLine[] } | null;
}

export function baseOf(change: FileChange, files: TreeFiles, outside: Outside): Base {
  void files;
  void outside;
  const [hunk] = change.hunks;
  if (change.kind === 'create' && change.hunks.length === 1 && hunk !== undefined && !hunk.repaired) {
    const landed = hunk.lines.map((hunkLine, at): LandedLine => ({ hunkLine, oldLine: null, newLine: at + 1 }));
    return {
      name: 'hunks',
      depth: 'file',
      problems: [],
      texts: { before: null, after: hunk.lines.map((line) => `${line.text}\n`).join(''), landed },
    };
  }
  return { name: 'hunks', depth: 'hunk', problems: [], texts: null };
}
