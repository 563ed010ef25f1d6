// Runs a patch: its functions as code on the model, before and after, and what the two runs say together.

import { eraById } from '../model/eras/eras.ts';
import { bindingFor } from './bindings/bindings.ts';
import { entryPointsOf, type EntryPoint } from './entry/entryPoints.ts';
import type { RunSide } from './entry/files.ts';
import { SideFunctions } from './entry/functions.ts';
import { changesOf, type SidesOfScenario } from './outcome/changes.ts';
import { placeChange, type PlacedChange } from './outcome/changePlace.ts';
import { confirmationsOf, type ModelConfirmation } from './outcome/confirm.ts';
import { factsOf, type ModelFact } from './outcome/facts.ts';
import { placesIn, sameRun, type RunOfScenario } from './outcome/placedTrace.ts';
import { REASONS, runSide, type Budget, type RanSide, type RunUnknown, type SideInput } from './side.ts';

export interface PatchRunInput extends SideInput {
  /** Null where there is no side before the patch. */
  readonly before: RunSide | null;
  readonly after: RunSide;
  /** Budget in states, for each scenario and for all runs together. */
  readonly maxStates?: number;
  readonly maxTotal?: number;
}

/** What the runs of one side show. */
export interface SideRun {
  readonly facts: readonly ModelFact[];
  readonly confirmed: readonly ModelConfirmation[];
  readonly unknowns: readonly RunUnknown[];
  readonly runs: readonly RunOfScenario[];
}

export interface PatchRun {
  /** Era of the model that stands for the rest of the kernel, and whether it is only the nearest one. */
  readonly era: string;
  readonly isNearestEra: boolean;
  /** Functions of the patch that outsiders can call, as the files name them. */
  readonly entries: readonly EntryPoint[];
  readonly before: SideRun;
  readonly after: SideRun;
  /** What comes out differently; empty where a side could not be run as code. */
  readonly changes: readonly PlacedChange[];
}

/** Several times what the calls of the IOMMU core need: more states come of values that are open. */
const DEFAULT_MAX_STATES = 1_000;
const DEFAULT_MAX_TOTAL = 10_000;

/** Eras of the tables that the model has no world of its own for, and the nearest that it has. */
const NEAREST: Readonly<Record<string, string>> = {
  'sva-2018': 'defdom-2020-v3',
  'uapi-2021-07': 'defdom-merged',
  'userdma-rfc-2021-09': 'defdom-merged',
  'owner-v1-2021-11': 'defdom-merged',
  'owner-v2v3-2021-12': 'defdom-merged',
  'owner-merged': 'v6.1',
};

const nothing: SideRun = { facts: [], confirmed: [], unknowns: [], runs: [] };

/** Runs a patch on the model. Null where none of its functions is called by anything that the model knows. Throws only `Cancelled`. */
export function runPatch(input: PatchRunInput): PatchRun | null {
  const id = NEAREST[input.era] ?? input.era;
  const era = eraById(id);
  const binding = bindingFor(id);
  if (era === null || binding === null) return null;
  const after = new SideFunctions(input.after);
  const before = input.before === null ? null : new SideFunctions(input.before);
  const changed = [...new Set([...after.changed(), ...(before?.changed() ?? [])].map((one) => one.fn.name))];
  if (changed.length === 0) return null;
  const budget: Budget = { perScenario: input.maxStates ?? DEFAULT_MAX_STATES, left: input.maxTotal ?? DEFAULT_MAX_TOTAL };
  const context = {
    input,
    era,
    binding,
    budget,
    changed,
    tooLarge: new Set<string>(),
    withoutCode: new Map<string, ReadonlySet<string>>(),
  };
  const ran = runSide(after, changed, [], context);
  if (ran === null) return null;
  // What the patch adds as a whole was not there before: neither are the calls that lead to it.
  const absent = changed.filter((name) => before === null || (!before.byName.has(name) && after.byName.get(name)?.isNew === true));
  const old = before === null ? null : runSide(before, changed, absent, context);
  const isCodeOnBoth = changed.every((name) => {
    const [then, now] = [before?.byName.get(name), after.byName.get(name)];
    return then === undefined || now === undefined || (then.isWhole && now.isWhole);
  });
  const names = new Set(changed);
  const now = outcomeOf(ran, old, names, budget);
  // A hole that the era's kernel has too is not the patch's, where nothing shows how it was before.
  const facts = now.facts.filter((fact) => !fact.isKnown || fact.isOnOtherSide !== null);
  return {
    era: id,
    isNearestEra: id !== input.era,
    entries: input.after.files.flatMap(entryPointsOf).filter((entry) => changed.includes(entry.function)),
    before: old === null ? nothing : outcomeOf(old, ran, names, budget),
    after: { ...now, facts },
    changes: old === null || !isCodeOnBoth ? [] : changes(old, ran, names, budget),
  };
}

/** Scenarios that come out differently, each at its line. */
function changes(before: RanSide, after: RanSide, changed: ReadonlySet<string>, budget: Budget): PlacedChange[] {
  const isCut = (side: RanSide): boolean => side.assumptions().some((one) => one.kind === 'limit');
  const filesOf = (side: RanSide): RunSide['files'] => side.functions.side.files;
  const placing = { before: filesOf(before), after: filesOf(after), changed, maxStates: budget.perScenario };
  return changesOf(pairs(before.runs, after.runs), { before: isCut(before), after: isCut(after) }).flatMap(
    (change) => placeChange(change, placing) ?? [],
  );
}

function pairs(before: readonly RunOfScenario[], after: readonly RunOfScenario[]): SidesOfScenario[] {
  return after.flatMap((one) => {
    const old = sameRun(before, one);
    return old === null ? [] : [{ scenario: one.scenario, before: old.run, after: one.run }];
  });
}

/** What the runs of a side show, next to those of the other side. */
function outcomeOf(
  { functions, runs, unknowns, assumptions, breaksWithout }: RanSide,
  other: RanSide | null,
  changed: ReadonlySet<string>,
  budget: Budget,
): SideRun {
  const { files } = functions.side;
  const placeOf = placesIn(files);
  const others = new Map((other?.runs ?? []).map((one) => [one.scenario.id, one]));
  const withFailures = new Set(runs.flatMap((one) => (one.withFailures ? [one.scenario.id] : [])));
  const isOnOtherSide = (scenario: string, violation: string): boolean | null => {
    const ran = others.get(scenario);
    if (ran?.run.violations.some((one) => one.id === violation) === true) return true;
    return ran?.run.finished === true && ran.withFailures === withFailures.has(scenario) ? false : null;
  };
  const { facts, doubtful } = factsOf({
    runs,
    files,
    changed,
    assumptions: assumptions(),
    maxStates: budget.perScenario,
    breaksWithout,
    isOnOtherSide: (scenario, violation) => isOnOtherSide(scenario.id, violation),
  });
  const open = assumptions().flatMap((one): RunUnknown[] => {
    const reason = REASONS[one.kind];
    return reason === null
      ? []
      : [{ reason, detail: one.text, at: one.place === null ? null : placeOf(one.place), function: one.place?.function ?? null }];
  });
  const doubts = doubtful.map((one): RunUnknown => ({ reason: 'callee', detail: one.detail, at: one.at, function: one.at.function }));
  const confirmed = confirmationsOf({ runs, files, assumptions: assumptions(), maxStates: budget.perScenario });
  return { facts, confirmed, unknowns: [...unknowns, ...doubts, ...open], runs };
}
