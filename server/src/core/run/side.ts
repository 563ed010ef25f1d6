// Runs the code of one side of a patch on the model, in every scenario that comes to call one of its functions.

import type { UnknownReason } from '../../protocol/report.ts';
import { throwIfCancelled, type CancelToken } from '../base/cancel.ts';
import { contractOf } from '../kernel/contracts/index.ts';
import { override, type Era } from '../model/eras/era.ts';
import { procedure } from '../model/machine/code.ts';
import { eraHasCalls } from '../model/scenario/build.ts';
import { runScenario, type ScenarioRun } from '../model/scenario/run.ts';
import type { Scenario } from '../model/scenario/scenario.ts';
import { knownStructs, takesKnownObjects } from './entry/arguments.ts';
import type { CodePlace } from './entry/files.ts';
import type { SideFunctions } from './entry/functions.ts';
import { reachOf } from './entry/reach.ts';
import type { FactsInput } from './outcome/facts.ts';
import type { RunOfScenario } from './outcome/placedTrace.ts';
import { lostProblem } from './lost.ts';
import { compileProgram } from './program.ts';
import type { Assumption, Binding, CodeSource, RunProgram, RunProgramOptions } from './types.ts';
import { chooseScenarios, failuresIn } from './worlds/select.ts';

/** What a run takes besides the files of its side. */
export interface SideInput {
  /** Era of the contract tables. */
  readonly era: string;
  /** Code of functions outside the files of the sides. */
  readonly find?: (name: string, from: string) => CodeSource | null;
  /** Functions that earlier patches of the series change: they run as code too, where the side does not show them itself. */
  readonly changedEarlier?: ReadonlyMap<string, CodeSource>;
  /** The user's own scenarios: run whatever they call. */
  readonly scenarios: readonly Scenario[];
  /** Run those alone. */
  readonly onlyOwn?: boolean;
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

/** A side that was run. */
export interface RanSide {
  readonly functions: SideFunctions;
  readonly runs: readonly RunOfScenario[];
  readonly unknowns: RunUnknown[];
  /** What its runs took for granted. */
  readonly assumptions: () => readonly Assumption[];
  readonly breaksWithout: FactsInput['breaksWithout'];
}

const OPEN_MAX_STATES = 100;

/** Budget in states of a scenario of several threads in which places of the patch fail, and what must be left for others to try that. */
const FAILING_MAX_STATES = 400;
const FAILING_MIN_LEFT = 2_000;

export interface Budget {
  perScenario: number;
  left: number;
}

export interface SideContext {
  /** Functions that the patch changes on either side. */
  readonly changed: readonly string[];
  /** Scenarios of several threads that are too large with failures: both sides are run without. */
  readonly tooLarge: Set<string>;
  /** What the model's own code breaks, by scenario and by what does not exist: both sides ask for the same. */
  readonly withoutCode: Map<string, ReadonlySet<string>>;
  readonly input: SideInput;
  readonly era: Era;
  readonly binding: Binding;
  readonly budget: Budget;
}

/** Runs one side; null where nothing that the model knows leads to a changed function. */
export function runSide(
  functions: SideFunctions,
  changed: readonly string[],
  absent: readonly string[],
  context: SideContext,
): RanSide | null {
  const { input, era, binding } = context;
  const known = callableNames(era, binding);
  const structs = knownStructs(binding);
  const adapted = new Set(binding.adapters.map((adapter) => adapter.function));
  // With other parameters than the model's callers give, it can only be called by code.
  const isKnown = (name: string): boolean => {
    const given = known.get(name);
    const graph = given === undefined ? null : functions.graph(name);
    if (given === undefined || (graph !== null && graph.procedure.parameters.length !== given)) return false;
    const fn = functions.byName.get(name)?.fn;
    return fn === undefined || adapted.has(name) || takesKnownObjects(fn, structs);
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
  const graph = callGraph(functions, wanted, known, binding);
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
      : chooseScenarios({
          era: withNames(reachable, sources),
          code: graph,
          changed: changedHere,
          absent: without,
          own: input.scenarios,
          onlyOwn: input.onlyOwn === true,
        });
  const unknowns: RunUnknown[] = missing.map((name) => ({
    reason: 'base',
    detail: `only a part of ${name}() is visible, so it was not run`,
    at: null,
    function: name,
  }));
  if (chosen.length === 0)
    return missing.length === 0 ? null : { functions, runs: [], unknowns, assumptions: () => [], breaksWithout: () => false };
  const program = compileProgram({
    binding,
    functions: sources,
    find: (name, from) => functions.source(name) ?? input.find?.(name, from) ?? null,
    contract: (name) => contractFor(name, input.era),
  });
  for (const one of program.unrunnable) {
    const reason = one.reason === 'limit' ? 'limit' : one.reason === 'opaque' ? 'macro' : 'gap';
    const file = functions.byName.get(one.function)?.file;
    const at = file === undefined ? null : { file, function: one.function, span: one.span };
    unknowns.push({ reason, detail: `${one.function}() was not run: ${one.detail}`, at, function: one.function });
  }
  const isOpen = (): boolean => program.assumptions().some((one) => REASONS[one.kind] !== null);
  const runs = runAll(chosen, withCode(reachable, program, unfit), context, isOpen, unknowns);
  return { functions, runs, unknowns, assumptions: () => program.assumptions(), breaksWithout: breaksWithout(reachable, without, context) };
}

/** The era as a scenario sees it that can call the code by its own names. */
function withNames(era: Era, sources: ReadonlyMap<string, CodeSource>): Era {
  const known = new Set(era.procedures.map((procedure) => procedure.name));
  const own = [...sources.keys()].filter((name) => !known.has(name)).map((name) => procedure(name, [], 'the patch', []));
  return { ...era, procedures: [...era.procedures, ...own] };
}

/** Names of C that the model calls, with the number of arguments that it gives. */
function callableNames(era: Era, binding: Binding): Map<string, number> {
  const names = new Map(era.procedures.map((procedure) => [procedure.name, procedure.parameters.length]));
  for (const adapter of binding.adapters) names.set(adapter.function, adapter.args.length);
  return names;
}

/**
 * Who calls whom, by the names of C and of the model: code that runs, and what the model's names and C's stand for in each other. Code that
 * does not run is followed only where neither a procedure of the model nor a row of the binding stands for it.
 */
function callGraph(
  functions: SideFunctions,
  wanted: ReadonlySet<string>,
  known: ReadonlyMap<string, number>,
  binding: Binding,
): Map<string, readonly string[]> {
  const graph = new Map<string, readonly string[]>();
  for (const row of binding.functions.values()) if (row.how === 'model' && row.procedure !== row.name) graph.set(row.name, [row.procedure]);
  for (const name of functions.byName.keys())
    if (wanted.has(name) || !(known.has(name) || binding.functions.has(name))) graph.set(name, functions.calleesOf(name));
  for (const { procedure, function: name } of binding.adapters) if (procedure !== name && wanted.has(name)) graph.set(procedure, [name]);
  return graph;
}

/** Whether the model's own code breaks an invariant in a scenario; each scenario is run once. What the model cannot run breaks nothing. */
function breaksWithout(era: Era, absent: ReadonlySet<string>, context: SideContext): FactsInput['breaksWithout'] {
  const { input, budget, withoutCode } = context;
  const missing = [...absent].sort().join(' ');
  return (scenario, violation) => {
    const key = `${scenario.id} ${scenario.title} ${missing}`;
    let broken = withoutCode.get(key);
    if (broken === undefined) {
      const isRunnable = reachOf(scenario, { era, code: new Map(), wanted: new Set(), absent }) !== 'absent' && eraHasCalls(era, scenario);
      const run = isRunnable
        ? runScenario(scenario, era, {
            maxStates: budget.perScenario,
            injectFailures: failingWithout(scenario, context),
            shortest: false,
            cancel: input.cancel,
          })
        : null;
      broken = new Set((run?.violations ?? []).map((one) => one.id));
      withoutCode.set(key, broken);
    }
    return broken.has(violation);
  };
}

/** The failures that a scenario is run with: those of the patch are told by its functions. */
function failing(scenario: Scenario, { changed, tooLarge, binding }: SideContext): boolean | readonly string[] {
  const which = failuresIn(scenario);
  if (which !== 'of the patch') return which === 'all';
  if (tooLarge.has(scenario.id)) return false;
  return changed.flatMap((name) => [`c:${name}`, name, ...proceduresFor(name, binding)].map((one) => `in ${one}`));
}

/** The same for the model's own code: what stands there for the functions of the patch, or all places where nothing does. */
function failingWithout(scenario: Scenario, context: SideContext): boolean | readonly string[] {
  const failures = failing(scenario, context);
  if (typeof failures === 'boolean') return failures;
  const { changed, binding, era } = context;
  const known = new Set(era.procedures.map((one) => one.name));
  const own = changed.flatMap((name) => {
    const row = binding.functions.get(name);
    return [name, ...proceduresFor(name, binding), ...(row?.how === 'model' ? [row.procedure] : [])].filter((one) => known.has(one));
  });
  return own.length === 0 ? true : own.map((one) => `in ${one}`);
}

/** What makes an unknown of an assumption; null for one that only lowers the confidence. */
export const REASONS: Readonly<Record<Assumption['kind'], UnknownReason | null>> = {
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
  context: SideContext,
  isOpen: () => boolean,
  unknowns: RunUnknown[],
): RunOfScenario[] {
  const { input, budget, binding } = context;
  const runs: RunOfScenario[] = [];
  const left: string[] = [];
  for (const scenario of chosen) {
    throwIfCancelled(input.cancel);
    if (budget.left <= 0) {
      left.push(scenario.id);
      continue;
    }
    const once = (injectFailures: boolean | readonly string[], most: number): ScenarioRun =>
      runScenario(scenario, era, {
        maxStates: Math.min(most, budget.left),
        injectFailures,
        // Only the schedules that are shown are made shortest.
        shortest: false,
        // What the code breaks is not hidden by what the model's own calls break the same way.
        perMessage: true,
        // For what comes out differently on the other side.
        ways: true,
        atEnd: lostProblem(binding),
        cancel: input.cancel,
        ...(input.onProgress === undefined ? {} : { onProgress: input.onProgress }),
      });
    if (budget.left < FAILING_MIN_LEFT && failuresIn(scenario) === 'of the patch') context.tooLarge.add(scenario.id);
    const failures = failing(scenario, context);
    let run = once(failures, typeof failures === 'boolean' ? budget.perScenario : Math.min(budget.perScenario, FAILING_MAX_STATES));
    if (!run.finished && typeof failures !== 'boolean') {
      budget.left -= run.states;
      context.tooLarge.add(scenario.id);
      run = once(false, budget.perScenario);
    }
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
    runs.push({ scenario, run, withFailures: typeof failures !== 'boolean' && !context.tooLarge.has(scenario.id) });
  }
  if (left.length > 0)
    unknowns.push({ reason: 'states', detail: `not run for lack of budget: ${left.join(', ')}`, at: null, function: null });
  return runs;
}

/** What the contract tables say of the results of a function. */
function contractFor(name: string, era: string): ReturnType<NonNullable<RunProgramOptions['contract']>> {
  const row = contractOf(name, era);
  if (row === null || row.returns === 'value' || row.returns === 'pointer') return null;
  const fails = row.returns === 'pointer-or-null' ? [null] : row.errors.map((error) => (error.code === 'driver' ? '-EIO' : error.code));
  return { results: row.returns === 'errno' ? [0] : [], fails: [...new Set(fails)], why: `the contract of ${name}()` };
}
