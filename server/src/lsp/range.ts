// Commits of a git range.

import { Cancelled } from '../core/base/cancel.ts';
import { isRange, patchesOfRange } from '../host/input/range.ts';
import { AnalysisError } from './analysis.ts';

/**
 * The patches of `range` in a folder that the user trusts, as the bytes of an mbox. Rejects with `AnalysisError` and what git said
 * where there are none, and with `Cancelled` where `signal` is aborted.
 */
export async function readRange(folder: string, range: string, signal: AbortSignal): Promise<Uint8Array> {
  if (!isRange(range)) throw new AnalysisError('failed', `"${range}" is no range of commits; write it as A..B.`);
  const result = await patchesOfRange(folder, range, signal);
  if (signal.aborted) throw new Cancelled();
  if (!result.ok) throw new AnalysisError('failed', `git: ${result.message}`);
  if (result.stdout.length === 0) throw new AnalysisError('failed', `There are no commits in ${range}.`);
  return result.stdout;
}
