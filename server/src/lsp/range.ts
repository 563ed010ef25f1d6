// Commits of a git range as the text of an mbox.

import { isRange, patchesOfRange } from '../host/input/range.ts';
import { AnalysisError } from './analysis.ts';

/** The patches of `range` in a folder that the user trusts. Throws `AnalysisError` with what git said where there are none. */
export function readRange(folder: string, range: string): { readonly name: string; readonly text: string } {
  if (!isRange(range)) throw new AnalysisError('failed', `"${range}" is no range of commits; write it as A..B.`);
  const result = patchesOfRange(folder, range);
  if (!result.ok) throw new AnalysisError('failed', `git: ${result.message}`);
  if (result.stdout.length === 0) throw new AnalysisError('failed', `There are no commits in ${range}.`);
  return { name: range, text: new TextDecoder().decode(result.stdout) };
}
