// `iommu-review model run --patch INPUT`: the code of a patch in scenarios, next to what they expect.

import { availableParallelism } from 'node:os';
import type { ModelReport, PatchRunOptions } from '../protocol/analysis.ts';
import { eraIds } from '../core/kernel/eras.ts';
import { reviewInputs } from '../host/review/review-inputs.ts';
import { defaultChildren } from '../host/review/work-plan.ts';
import { withAnalysis } from './analysis.ts';
import { nearest } from '../core/base/nearest.ts';
import { say, UsageError } from './output.ts';
import { makeProgress } from './progress.ts';
import { chooseTree } from './tree-option.ts';

export interface PatchRunFlags {
  readonly patch: string;
  readonly era?: string;
  readonly kernel?: string;
  readonly jobs?: number;
}

export interface PatchRuns {
  readonly runs: ModelReport['runs'];
  /** Some input gave nothing that could be read; it has been named. */
  readonly unreadable: boolean;
  /** The analysis failed by our own fault; it has been said. */
  readonly broken: boolean;
}

/** Runs the patches of an input, in the order of the mails. Says so where no scenario comes to call what they change. */
export async function runsOfPatch(flags: PatchRunFlags, runs: PatchRunOptions): Promise<PatchRuns> {
  const era = flags.era ?? 'auto';
  const known = ['auto', ...eraIds];
  if (!known.includes(era)) throw new UsageError(`--era: there is no era '${era}'${nearest(era, known)}; there are ${known.join(', ')}`);
  const inputs = [flags.patch];
  const { kernel, trusted, repository } = chooseTree(flags.kernel, inputs);
  return withAnalysis({ kernel, trusted, children: flags.jobs ?? 1 }, async (pool) => {
    const progress = makeProgress(process.stderr);
    const outcome = await reviewInputs({
      args: inputs,
      read: { cwd: process.cwd(), kernel, repository, stdin: process.stdin },
      options: { era, rulesOn: [], rulesOff: [], model: true, runs },
      budgetSeconds: null,
      shard: null,
      pool,
      children: (mails, sources) => flags.jobs ?? defaultChildren(mails, sources, availableParallelism()),
      onProgress: progress.show,
    });
    progress.clear();
    for (const { path, message } of outcome.failed) say(`${path}: ${message}`);
    for (const bug of outcome.bugs) say(`internal error: ${bug}`);
    if (outcome.runs.length === 0 && outcome.failed.length === 0)
      say('no scenario comes to call a function that the patch changes and shows as a whole');
    return { runs: outcome.runs, unreadable: outcome.failed.length > 0, broken: outcome.bugs.length > 0 };
  });
}
