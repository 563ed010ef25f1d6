// The run of a patch on the model, worked out once for both sides of a mail, and only when a rule asks.

import type { ModelReport, PatchRunOptions, ReviewOptions } from '../../protocol/analysis.ts';
import { Cancelled, type CancelToken } from '../base/cancel.ts';
import { readScenario } from '../model/scenario/read.ts';
import type { Scenario } from '../model/scenario/scenario.ts';
import { sameRun } from '../run/outcome/placedTrace.ts';
import { runPatch, type PatchRun } from '../run/patch.ts';
import type { ModelView, RuleContext } from '../rules/rule.ts';
import type { CollectedUnknown } from './collect.ts';
import type { OtherCode } from './otherCode.ts';
import { shownRun } from './shownRun.ts';
import { ReviewedFile } from './side.ts';
import type { TraceContext } from './traces.ts';

export interface ModelRunInput {
  readonly before: readonly ReviewedFile[];
  readonly after: readonly ReviewedFile[];
  readonly flowBefore: RuleContext['flow'];
  readonly flowAfter: RuleContext['flow'];
  readonly era: string;
  readonly scenarios: readonly Scenario[];
  /** Run those alone. */
  readonly onlyOwn: boolean;
  /** Code of functions that the patch calls and does not show; worked out when the patch is run. */
  readonly others: () => OtherCode;
  readonly cancel: CancelToken;
}

/** The user's own scenarios. A text that is none is left out: the door that read it has said so. */
export function scenariosOf(options: ReviewOptions): Scenario[] {
  return (options.runs?.scenarios ?? options.scenarios ?? []).flatMap((text) => {
    const read = readScenario(text);
    return read.ok ? [read.scenario] : [];
  });
}

/** A run that has not been made yet. */
export interface ModelRun {
  view(side: 'before' | 'after'): ModelView | null;
  /** What the run of the patched side could not know; empty where nothing was run. */
  unknowns(): CollectedUnknown[];
  /** The runs of the patched side, as `model run` shows runs. */
  runs(wanted: PatchRunOptions, context: TraceContext): ModelReport['runs'];
}

export const withoutModel: ModelRun = { view: () => null, unknowns: () => [], runs: () => [] };

/** Code of these folders can come to act on what the model knows. */
const CONCERNED = /^(?:drivers\/(?:iommu|vfio|base|pci|amba|bus|cdx)\/|include\/linux\/|virt\/)/u;

/** Prepares the run of a patch. */
export function modelRunOf(input: ModelRunInput): ModelRun {
  const isConcerned = input.after.some((file) => CONCERNED.test(file.path));
  if (!isConcerned && input.scenarios.length === 0) return withoutModel;
  let made: Attempt | null = null;
  const attempted = (): Attempt => (made ??= attempt(input));
  const run = (): PatchRun | null => attempted().run;
  return {
    view: (side) => {
      const done = run();
      return done === null ? null : { side: done[side], run: done };
    },
    unknowns: () => {
      const { run: done, broken } = attempted();
      const lost: CollectedUnknown[] = broken === null ? [] : [{ rule: null, reason: 'limit', detail: broken, at: null, function: null }];
      const open = (done?.after.unknowns ?? []).map(({ reason, detail, at, function: name }) => ({
        rule: null,
        reason,
        detail,
        at: at !== null && at.file instanceof ReviewedFile ? { file: at.file, span: at.span } : null,
        function: name,
      }));
      return [...lost, ...open];
    },
    runs: (wanted, context) => {
      const done = run();
      const before = done?.before.runs ?? [];
      return (done?.after.runs ?? []).map((one) => shownRun(one, sameRun(before, one), input.after, wanted, context));
    },
  };
}

interface Attempt {
  readonly run: PatchRun | null;
  /** Why there is no run, where it failed by our own fault: what the rules read stays. */
  readonly broken: string | null;
}

function attempt(input: ModelRunInput): Attempt {
  try {
    return { run: runOnce(input), broken: null };
  } catch (error) {
    if (error instanceof Cancelled) throw error;
    return { run: null, broken: `the patch could not be run on the model: ${error instanceof Error ? error.message : String(error)}` };
  }
}

function runOnce({ before, after, flowBefore, flowAfter, era, scenarios, onlyOwn, others, cancel }: ModelRunInput): PatchRun | null {
  const flowIn =
    (files: readonly ReviewedFile[], flow: RuleContext['flow']) =>
    (file: { readonly path: string }): ReturnType<RuleContext['flow']> => {
      const found = files.find((one) => one === file);
      if (found === undefined) throw new RangeError(`${file.path} is no file of this side`);
      return flow(found);
    };
  const code = others();
  return runPatch({
    before: { files: before, flow: flowIn(before, flowBefore) },
    after: { files: after, flow: flowIn(after, flowAfter) },
    era,
    scenarios,
    onlyOwn,
    find: (name, from) => code.find(name, from),
    changedEarlier: code.changed,
    cancel,
  });
}
