// Runs a patch: its functions as code on the model, before and after, in every scenario that comes to call one of them.

import type { UnknownReason } from '../../protocol/report.ts';
import { throwIfCancelled, type CancelToken } from '../base/cancel.ts';
import { contractOf } from '../kernel/contracts/index.ts';
import { eraById } from '../model/eras/eras.ts';
import { override, type Era } from '../model/eras/era.ts';
import { eraHasCalls } from '../model/scenario/build.ts';
import { runScenario } from '../model/scenario/run.ts';
import type { Scenario } from '../model/scenario/scenario.ts';
import { entryPointsOf, type EntryPoint } from './entry/entryPoints.ts';
import type { CodePlace, RunSide } from './entry/files.ts';
import { SideFunctions } from './entry/functions.ts';
import { reachOf } from './entry/reach.ts';
import { changedResults, type ChangedResult } from './outcome/changes.ts';
import { confirmationsOf, type ModelConfirmation } from './outcome/confirm.ts';
import { factsOf, placesIn, type FactsInput, type ModelFact, type RunOfScenario } from './outcome/facts.ts';
import { bindingFor } from './bindings/bindings.ts';
import { compileProgram } from './program.ts';
import type { Assumption, Binding, CodeSource, RunProgram, RunProgramOptions } from './types.ts';
import { chooseScenarios, isInjected } from './worlds/select.ts';

export interface PatchRunInput {
  /** Null where there is no side before the patch. */
  readonly before: RunSide | null;
  readonly after: RunSide;
  /** Era of the contract tables. */
  readonly era: string;
  /** Code of functions outside the files of the sides. */
  readonly find?: (name: string, from: string) => CodeSource | null;
  /** Functions that earlier patches of the series change: they run as code too, where the side does not show them itself. */
  readonly changedEarlier?: ReadonlyMap<string, CodeSource>;
  /** The user's own scenarios: run whatever they call. */
  readonly scenarios: readonly Scenario[];
  /** Budget in states, for each scenario and for all runs together. */
  readonly maxStates?: number;
  readonly maxTotal?: number;
  readonly cancel: CancelToken;
  readonly onProgress?: (states: number) => void;
}

/** Something that the run could not know. */
export interface RunUnknown {
  readonly reason: UnknownReason;
  readonly detail: string;
  readonly at: CodePlace | null;
  readonly function: string | null;
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
  /** Calls of people that come out differently; empty where a side could not be run as code. */
  readonly changes: readonly ChangedResult[];
}

/** Several times what the calls of the IOMMU core need: more states come of values that are open. */
const DEFAULT_MAX_STATES = 1_000;
const DEFAULT_MAX_TOTAL = 10_000;
const OPEN_MAX_STATES = 100;

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
  const ran = runSide(after, changed, [], { input, era, binding, budget });
  if (ran === null) return null;
  // What the patch adds as a whole was not there before: neither are the calls that lead to it.
  const absent = changed.filter((name) => before === null || (!before.byName.has(name) && after.byName.get(name)?.isNew === true));
  const old = before === null ? null : runSide(before, changed, absent, { input, era, binding, budget });
  const isCodeOnBoth = changed.every((name) => {
    const [then, now] = [before?.byName.get(name), after.byName.get(name)];
    return then === undefined || now === undefined || (then.isWhole && now.isWhole);
  });
  const ranBefore = new Set((old?.runs ?? []).map(({ scenario }) => scenario.id));
  // A hole that the era's kernel has too is not the patch's, where nothing shows how it was before.
  const facts = ran.facts.filter((fact) => !fact.isKnown || ranBefore.has(fact.trace.trace.scenario));
  return {
    era: id,
    isNearestEra: id !== input.era,
    entries: input.after.files.flatMap(entryPointsOf).filter((entry) => changed.includes(entry.function)),
    before: old ?? nothing,
    after: { ...ran, facts },
    changes: old === null || !isCodeOnBoth ? [] : changedResults(pairs(old.runs, ran.runs)),
  };
}

interface Budget {
  perScenario: number;
  left: number;
}

interface SideContext {
  readonly input: PatchRunInput;
  readonly era: Era;
  readonly binding: Binding;
  readonly budget: Budget;
}

/** Runs one side; null where nothing that the model knows leads to a changed function. */
function runSide(functions: SideFunctions, changed: readonly string[], absent: readonly string[], context: SideContext): SideRun | null {
  const { input, era, binding, budget } = context;
  const known = callableNames(era, binding);
  // With other parameters than the model's callers give, it can only be called by code.
  const isKnown = (name: string): boolean => {
    const given = known.get(name);
    const graph = given === undefined ? null : functions.graph(name);
    return given !== undefined && (graph === null || graph.procedure.parameters.length === given);
  };
  const wanted = functions.leadingTo(
    changed.filter((name) => functions.byName.has(name)),
    isKnown,
  );
  const earlier = [...(input.changedEarlier ?? [])].filter(([name]) => functions.byName.get(name)?.isChanged !== true);
  const sources = new Map([
    ...earlier.map(([name, source]) => [name, functions.source(name) ?? source] as const),
    ...[...wanted].flatMap((name) => [[name, functions.source(name)] as const]).filter(isSource),
  ]);
  const graph = callGraph(functions, wanted, isKnown, binding);
  const without = new Set([...absent, ...absent.flatMap((name) => proceduresFor(name, binding))]);
  const reachable: Era = { ...era, procedures: era.procedures.filter((procedure) => !without.has(procedure.name)) };
  const changedHere = new Set(changed.filter((name) => sources.has(name)));
  // Procedures that the model would call the code through, with arguments that do not fit it.
  const unfit = new Set(
    [...wanted].filter((name) => known.has(name) && !isKnown(name)).flatMap((name) => [name, ...proceduresFor(name, binding)]),
  );
  const missing = changed.filter((name) => functions.byName.get(name)?.isWhole === false && isKnown(name));
  const chosen =
    changedHere.size === 0
      ? []
      : chooseScenarios({ era: reachable, code: graph, changed: changedHere, absent: without, own: input.scenarios });
  const unknowns: RunUnknown[] = missing.map((name) => ({
    reason: 'base',
    detail: `only a part of ${name}() is visible, so it was not run`,
    at: null,
    function: name,
  }));
  if (chosen.length === 0) return missing.length === 0 ? null : { ...nothing, unknowns };
  const program = compileProgram({
    binding,
    functions: sources,
    find: (name, from) => functions.source(name) ?? input.find?.(name, from) ?? null,
    contract: (name) => contractFor(name, input.era),
  });
  const placeOf = placesIn(functions.side.files);
  for (const one of program.unrunnable) {
    const reason = one.reason === 'limit' ? 'limit' : one.reason === 'opaque' ? 'macro' : 'gap';
    const file = functions.byName.get(one.function)?.file;
    const at = file === undefined ? null : { file, function: one.function, span: one.span };
    unknowns.push({ reason, detail: `${one.function}() was not run: ${one.detail}`, at, function: one.function });
  }
  const isOpen = (): boolean => program.assumptions().some((one) => REASONS[one.kind] !== null);
  const runs = runAll(chosen, withCode(reachable, program, unfit), context, isOpen, unknowns);
  const { facts, doubtful } = factsOf({
    runs,
    files: functions.side.files,
    assumptions: program.assumptions(),
    maxStates: budget.perScenario,
    breaksWithout: breaksWithout(reachable, without, context),
  });
  for (const one of doubtful) unknowns.push({ reason: 'callee', detail: one.detail, at: one.at, function: one.at.function });
  for (const one of program.assumptions()) {
    const reason = REASONS[one.kind];
    if (reason === null) continue;
    const at = one.place === null ? null : placeOf(one.place);
    unknowns.push({ reason, detail: one.text, at, function: one.place?.function ?? null });
  }
  return { facts, confirmed: confirmationsOf(runs, functions.side.files), unknowns, runs };
}

/** Names of C that the model calls, with the number of arguments that it gives. */
function callableNames(era: Era, binding: Binding): Map<string, number> {
  const names = new Map(era.procedures.map((procedure) => [procedure.name, procedure.parameters.length]));
  for (const adapter of binding.adapters) names.set(adapter.function, adapter.args.length);
  return names;
}

/** Who calls whom, by the names of C and of the model: code that runs, and what the model's names and C's stand for in each other. */
function callGraph(
  functions: SideFunctions,
  wanted: ReadonlySet<string>,
  isKnown: (name: string) => boolean,
  binding: Binding,
): Map<string, readonly string[]> {
  const graph = new Map<string, readonly string[]>();
  for (const row of binding.functions.values()) if (row.how === 'model' && row.procedure !== row.name) graph.set(row.name, [row.procedure]);
  for (const name of functions.byName.keys()) if (wanted.has(name) || !isKnown(name)) graph.set(name, functions.calleesOf(name));
  for (const { procedure, function: name } of binding.adapters) if (procedure !== name && wanted.has(name)) graph.set(procedure, [name]);
  return graph;
}

/** Whether the model's own code breaks an invariant in a scenario; each scenario is run once. What the model cannot run breaks nothing. */
function breaksWithout(era: Era, absent: ReadonlySet<string>, { input, budget }: SideContext): FactsInput['breaksWithout'] {
  const known = new Map<Scenario, ReadonlySet<string>>();
  return (scenario, violation) => {
    let broken = known.get(scenario);
    if (broken === undefined) {
      const isRunnable = reachOf(scenario, { era, code: new Map(), wanted: new Set(), absent }) !== 'absent' && eraHasCalls(era, scenario);
      const run = isRunnable
        ? runScenario(scenario, era, {
            maxStates: budget.perScenario,
            injectFailures: isInjected(scenario),
            shortest: false,
            cancel: input.cancel,
          })
        : null;
      broken = new Set((run?.violations ?? []).map((one) => one.id));
      known.set(scenario, broken);
    }
    return broken.has(violation);
  };
}

const REASONS: Readonly<Record<Assumption['kind'], UnknownReason | null>> = {
  value: null,
  callee: 'callee',
  contract: null,
  opaque: 'macro',
  limit: 'limit',
};

function isSource(entry: readonly [string, CodeSource | null]): entry is readonly [string, CodeSource] {
  return entry[1] !== null;
}

/** Procedures of the model that a function of C takes the place of. */
function proceduresFor(name: string, binding: Binding): string[] {
  return binding.adapters.flatMap((adapter) => (adapter.function === name ? [adapter.procedure] : []));
}

/** The era with the code in place of its own procedures, in its variants too; those of `unfit` stay the model's. */
function withCode(era: Era, program: RunProgram, unfit: ReadonlySet<string>): Era {
  const code = program.procedures.filter((procedure) => !unfit.has(procedure.name));
  const own = new Set(code.map((procedure) => procedure.name));
  const variants = Object.fromEntries(
    Object.entries(era.variants).map(([name, variant]) => [
      name,
      { ...variant, procedures: variant.procedures.filter((procedure) => !own.has(procedure.name)) },
    ]),
  );
  return { ...era, procedures: override(era.procedures, code), variants };
}

function runAll(
  chosen: readonly Scenario[],
  era: Era,
  { input, budget }: SideContext,
  isOpen: () => boolean,
  unknowns: RunUnknown[],
): RunOfScenario[] {
  const runs: RunOfScenario[] = [];
  const left: string[] = [];
  for (const scenario of chosen) {
    throwIfCancelled(input.cancel);
    if (budget.left <= 0) {
      left.push(scenario.id);
      continue;
    }
    const run = runScenario(scenario, era, {
      maxStates: Math.min(budget.perScenario, budget.left),
      injectFailures: isInjected(scenario),
      // Only the schedules that are shown are made shortest.
      shortest: false,
      cancel: input.cancel,
      ...(input.onProgress === undefined ? {} : { onProgress: input.onProgress }),
    });
    // A world that the era does not form, or that is broken before the first step, says nothing of the patch.
    if (run.machine === null) continue;
    budget.left -= run.states;
    // Where code is not understood, more schedules of it show nothing that could be said for certain.
    if (!run.finished && isOpen()) budget.perScenario = Math.min(budget.perScenario, OPEN_MAX_STATES);
    if (!run.finished)
      unknowns.push({
        reason: 'states',
        detail: `${scenario.id} was explored to ${String(run.states)} states only`,
        at: null,
        function: null,
      });
    runs.push({ scenario, run });
  }
  if (left.length > 0)
    unknowns.push({ reason: 'states', detail: `not run for lack of budget: ${left.join(', ')}`, at: null, function: null });
  return runs;
}

function pairs(
  before: readonly RunOfScenario[],
  after: readonly RunOfScenario[],
): { scenario: Scenario; before: RunOfScenario['run']; after: RunOfScenario['run'] }[] {
  return after.flatMap(({ scenario, run }) => {
    const old = before.find((one) => one.scenario.id === scenario.id && one.scenario.title === scenario.title);
    return old === undefined ? [] : [{ scenario, before: old.run, after: run }];
  });
}

/** What the contract tables say of the results of a function. */
function contractFor(name: string, era: string): ReturnType<NonNullable<RunProgramOptions['contract']>> {
  const row = contractOf(name, era);
  if (row === null || row.returns === 'value' || row.returns === 'pointer') return null;
  const fails = row.returns === 'pointer-or-null' ? [null] : row.errors.map((error) => (error.code === 'driver' ? '-EIO' : error.code));
  return { results: row.returns === 'errno' ? [0] : [], fails: [...new Set(fails)], why: `the contract of ${name}()` };
}
