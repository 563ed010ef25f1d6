// A review that takes long is shown to the user, who may end its longest part: the run of the patch on the model.

import { basename } from 'node:path';
import type { UnitInput, UnitReport } from '../protocol/analysis.ts';
import type { UnknownResult } from '../protocol/report.ts';
import { Cancelled } from '../core/base/cancel.ts';
import { inputId } from '../core/review/record.ts';

/** A progress that the editor shows. */
export interface Progress {
  /** Called when the user cancels it. */
  onCancel(listener: () => void): void;
  done(): void;
}

/** Shows a progress with a title and a message; null where the editor cannot. */
export type StartProgress = (title: string, message: string) => Promise<Progress | null>;

/** So long may a review take before it is shown, in milliseconds. */
const PATIENCE = 1000;

/**
 * Runs `review` with the model. Where the user cancels that, it is run again without, and the report says for each input that the
 * model was left out. Rejects with `Cancelled` where `signal` is aborted.
 */
export async function reviewShown(
  path: string,
  unit: readonly UnitInput[],
  review: (model: boolean, signal: AbortSignal) => Promise<UnitReport>,
  start: StartProgress,
  signal: AbortSignal,
): Promise<UnitReport> {
  const run = new AbortController();
  const follow = (): void => run.abort();
  signal.addEventListener('abort', follow, { once: true });
  if (signal.aborted) run.abort();
  let isOver = false;
  let isGivenUp = false;
  let progress: Progress | null = null;
  const timer = setTimeout(() => {
    void start(`Reviewing ${basename(path)}`, 'running the patch on the model').then((shown) => {
      progress = shown;
      if (isOver) return shown?.done();
      shown?.onCancel(() => {
        isGivenUp = true;
        run.abort();
      });
    });
  }, PATIENCE);
  const end = (): void => {
    isOver = true;
    clearTimeout(timer);
    signal.removeEventListener('abort', follow);
    progress?.done();
  };
  try {
    return await review(true, run.signal);
  } catch (error) {
    if (!(error instanceof Cancelled) || !isGivenUp || signal.aborted) throw error;
    end();
    const report = await review(false, signal);
    return { ...report, unknowns: [...report.unknowns, ...unit.map(leftOut)] };
  } finally {
    if (!isOver) end();
  }
}

function leftOut(input: UnitInput): UnknownResult {
  const detail = 'the patch was not run on the model: that was cancelled';
  return { input: inputId(input), rule: null, function: null, location: null, reason: 'time', detail };
}
