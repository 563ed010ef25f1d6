// Runs a scenario in an era and compares what comes out with what it expects.

import type { CancelToken } from '../../base/cancel.ts';
import { nearest } from '../../base/nearest.ts';
import type { Era } from '../eras/era.ts';
import { eraById, eras } from '../eras/eras.ts';
import type { Exploration, FoundViolation } from '../explore/explore.ts';
import type { Move } from '../explore/program.ts';
import type { End } from '../explore/result.ts';
import { DEFAULT_MAX_STATES, explore, stepBudget } from '../explore/explore.ts';
import { shortest } from '../explore/shortest.ts';
import type { Machine } from '../machine/machine.ts';
import { isNothing } from '../machine/names.ts';
import type { Value } from '../machine/names.ts';
import type { MachineState } from '../machine/state.ts';
import { referenceProblem } from '../invariants/I32.ts';
import { livesOf } from '../calls/lives.ts';
import { buildScenario, callErrors, eraHasCalls } from './build.ts';
import { interchangeable } from './interchangeable.ts';
import { forEra } from './scenario.ts';
import type { Scenario, ScenarioProblem } from './scenario.ts';

export type ScenarioResult = 'as expected' | 'unexpected' | 'not finished';

/** A schedule to an end, the least doubtful one of those that show the same. */
export interface Way {
  readonly schedule: readonly Move[];
  /** As of a violation (`FoundViolation.doubt`). */
  readonly doubt: number;
}

/** A field that some end leaves otherwise than the scenario expects. */
export interface WrongEnd {
  readonly path: string;
  readonly got: string;
  readonly expected: string;
  readonly way: Way;
}

export interface StepResult {
  readonly step: string;
  readonly call: string;
  readonly line: number;
  /** Every result that some schedule gives, sorted. */
  readonly got: readonly string[];
  /** Null where the scenario asserts nothing. */
  readonly expected: readonly string[] | null;
  readonly right: boolean;
  /** How each result comes about; empty unless asked for (`RunOptions.ways`). */
  readonly ways: ReadonlyMap<string, Way>;
  /** Whether some end rests on what nobody can know: then other results may be possible. False unless ways were asked for. */
  readonly isOpen: boolean;
}

export interface ScenarioRun {
  readonly scenario: string;
  readonly era: string;
  readonly result: ScenarioResult;
  readonly steps: readonly StepResult[];
  readonly violations: readonly FoundViolation[];
  readonly expectedViolations: readonly string[];
  /** What is not as expected, in words; the scenario's own problems too. */
  readonly differences: readonly string[];
  /** Those of the differences that are fields at the end; empty unless ways were asked for. */
  readonly wrongEnds: readonly WrongEnd[];
  readonly states: number;
  readonly transitions: number;
  readonly finished: boolean;
  /** The machine, to replay schedules on; null where the scenario could not be built. */
  readonly machine: Machine | null;
}

export interface RunOptions {
  /** Budget in states, also for the search of a shortest schedule. */
  readonly maxStates?: number;
  readonly reduce?: boolean;
  /** Search states that differ only by a renaming of interchangeable actors once. Default: as `reduce`. */
  readonly symmetry?: boolean;
  /** Every place that can fail does so once in some schedule, or those that one of these procedures leads to (`in NAME`), or these sites. */
  readonly injectFailures?: boolean | readonly string[];
  /** Also look for a shortest schedule to each violation. Default true. */
  readonly shortest?: boolean;
  /** What else is wrong at an end where all calls are over, in words, or null: a leak that the model's references do not show. */
  readonly atEnd?: (machine: Machine, state: MachineState) => string | null;
  /** Report a violation once for each message, not once for each id. */
  readonly perMessage?: boolean;
  /** Keep a schedule to each result and to each wrong end. */
  readonly ways?: boolean;
  readonly cancel?: CancelToken;
  readonly onProgress?: (states: number) => void;
}

/** Fields that a scenario can ask for although no call of it has to touch them. */
const STATE_FIELDS: ReadonlySet<string> = new Set(
  'devices domain default_domain blocking_domain owner owner_cnt refs pasid_array type group drv bound hw_domain hw_pasid dma_iommu freed warnings objects users count open_count opened_file container container_users iommufd present iommu_dev unmapped num_iovas entry_num val64'.split(
    ' ',
  ),
);

/** Words for violations that have a number as well. */
const NUMBERS: Readonly<Record<string, string>> = {
  deadlock: 'I31',
  leak: 'I32',
  panic: 'I34',
  UAF: 'use-after-free',
  'NULL dereference': 'I34',
};
/** The number of a violation that also has a word (`deadlock` is I31). */
export const numbered = (id: string): string => NUMBERS[id] ?? id;

/** The eras that a scenario runs in: those it names, or all that have its calls. */
export function erasOf(scenario: Scenario): Era[] {
  if (scenario.eras === null) return eras.filter((era) => eraHasCalls(era, scenario));
  return scenario.eras.flatMap((id) => eraById(id) ?? []);
}

const unbuilt = (scenario: Scenario, era: string, differences: readonly string[]): ScenarioRun => ({
  scenario: scenario.id,
  era,
  result: 'unexpected',
  steps: [],
  violations: [],
  expectedViolations: [],
  differences,
  wrongEnds: [],
  states: 0,
  transitions: 0,
  finished: true,
  machine: null,
});

/** A problem of the file, with its line where it has one. */
const placed = ({ line, message }: ScenarioProblem): string => (line > 1 ? `line ${line}: ${message}` : message);

/** Runs one scenario in one era. Never throws on a scenario that `readScenario` accepted. */
export function runScenario(scenario: Scenario, era: Era, options: RunOptions = {}): ScenarioRun {
  const wrong = callErrors(scenario, era);
  if (wrong.length > 0) return unbuilt(scenario, era.id, wrong.map(placed));
  const built = buildScenario(scenario, era, { injectFailures: options.injectFailures ?? false });
  if (built.problems.length > 0) return unbuilt(scenario, era.id, built.problems.map(placed));
  const { machine } = built;
  const maxStates = options.maxStates ?? DEFAULT_MAX_STATES;
  const reduce = options.reduce ?? true;
  const renamings = (options.symmetry ?? reduce) ? interchangeable(scenario, machine) : [];
  const result = explore(
    machine,
    {
      maxStates,
      reduce,
      perMessage: options.perMessage === true,
      ...(options.cancel === undefined ? {} : { cancel: options.cancel }),
      ...(options.onProgress === undefined ? {} : { onProgress: options.onProgress }),
    },
    renamings.length === 0 ? null : machine.renamed(renamings),
  );
  return judge(scenario, era.id, machine, result, options, maxStates);
}

function judge(
  scenario: Scenario,
  era: string,
  machine: Machine,
  result: Exploration<MachineState>,
  options: RunOptions,
  maxStates: number,
): ScenarioRun {
  const differences: string[] = [];
  const withWays = options.ways === true;
  const steps = stepResults(scenario, era, machine, result, withWays);
  for (const step of steps) {
    if (!step.right)
      differences.push(
        `${step.step} ${step.call}: expected ${(step.expected ?? []).join(' or ')}, got ${step.got.join(' or ') || 'no result'}`,
      );
  }
  const wrong = wrongEnds(scenario, era, machine, result);
  differences.push(...unreachedFailures(scenario, machine, result), ...wrong.map((one) => one.text));
  const found = [...result.violations];
  const leak = leakIn(machine, result, options.atEnd);
  if (leak !== null && !found.some((violation) => violation.id === 'I32')) found.push(leak);
  const expectedViolations = (forEra(scenario.violates, era) ?? []).map(numbered);
  const gotIds = new Set(found.map((violation) => numbered(violation.id)));
  for (const id of expectedViolations) if (!gotIds.has(id)) differences.push(`no schedule violates ${id}`);
  for (const violation of found) {
    if (!expectedViolations.includes(numbered(violation.id))) differences.push(`violates ${violation.id}: ${violation.message}`);
  }
  const wanted = options.shortest !== false && (options.reduce ?? true);
  const violations = wanted ? shortened(machine, found, options, maxStates, stepBudget(maxStates) - result.steps) : found;
  const known = result.finished;
  return {
    scenario: scenario.id,
    era,
    result: !known ? 'not finished' : differences.length === 0 ? 'as expected' : 'unexpected',
    steps,
    violations,
    expectedViolations,
    differences,
    wrongEnds: withWays
      ? wrong.flatMap(({ end, path, got, expected }) => (end === null ? [] : [{ path, got, expected, way: wayTo(end, machine) }]))
      : [],
    states: result.states,
    transitions: result.transitions,
    finished: known,
    machine,
  };
}

/** The violations with shortest schedules, as far as the steps reach that the search has left; the others as they were found. */
function shortened(
  machine: Machine,
  found: readonly FoundViolation[],
  options: RunOptions,
  maxStates: number,
  steps: number,
): FoundViolation[] {
  let left = steps;
  return found.map((violation) => {
    // A leak is looked for in the ends, which have no order.
    if (violation.id === 'I32') return violation;
    const looked = shortest(machine, violation, maxStates, options.perMessage === true, Math.max(1, left));
    left -= looked.steps;
    return { ...looked.violation, shortest: looked.shortest };
  });
}

const wayTo = (end: End<MachineState>, machine: Machine): Way => ({ schedule: end.schedule(), doubt: machine.doubt(end.state) });

function stepResults(
  scenario: Scenario,
  era: string,
  machine: Machine,
  result: Exploration<MachineState>,
  withWays: boolean,
): StepResult[] {
  const doubts = withWays ? result.ends.map((end) => machine.doubt(end.state)) : [];
  const isOpen = doubts.some((doubt) => doubt > 1);
  return scenario.threads.flatMap(({ name, steps }) => {
    const thread = machine.threads.indexOf(name);
    return steps.map((step) => {
      const best = new Map<string, number>();
      const note = (got: string, at: number): void => {
        const known = best.get(got);
        if (known === undefined || (doubts[at] ?? 0) < (doubts[known] ?? 0)) best.set(got, at);
      };
      result.ends.forEach((end, at) => {
        const ret = machine.read(end.state, step.label, 'ret');
        if (ret !== null) note(String(ret), at);
        else if (end.blocked.includes(thread) && machine.read(end.state, step.label, 'started') === true) note('blocks', at);
      });
      const expected = forEra(step.returns, era);
      const ways = new Map<string, Way>();
      for (const [got, at] of withWays ? best : []) {
        const end = result.ends[at];
        if (end !== undefined) ways.set(got, wayTo(end, machine));
      }
      const got = new Set(best.keys());
      return {
        step: step.label,
        call: step.text,
        line: step.line,
        got: [...got].sort(),
        expected,
        right: expected === null || matches(got, expected),
        ways,
        isOpen,
      };
    });
  });
}

function matchesOne(got: string, expected: string): boolean {
  if (expected === 'any') return true;
  if (expected === 'ok') return !got.startsWith('-E') && got !== 'blocks';
  if (expected === 'NULL' || expected === 'false') return got === '0';
  if (expected === 'true') return got === '1';
  return got === expected;
}

/** Every result is one of the expected ones, and every expected one is the result of some schedule. */
function matches(got: ReadonlySet<string>, expected: readonly string[]): boolean {
  if (got.size === 0) return expected.length === 1 && expected[0] === 'any';
  const all = [...got];
  return (
    all.every((one) => expected.some((want) => matchesOne(one, want))) && expected.every((want) => all.some((one) => matchesOne(one, want)))
  );
}

/** The value at a path such as `G.default_domain.type`: the first is an object or a result of a call, each but the last leads to the object that the field names. */
export function valueAt(machine: Machine, state: MachineState, path: string): Value {
  const parts = path.split('.');
  const last = parts.pop() ?? '';
  let object = parts.shift() ?? '';
  const result = machine.read(state, 'handles', object);
  if (typeof result === 'string') object = result;
  else object = String(machine.read(state, livesOf(object), 'now') ?? object);
  for (const part of parts) {
    const next = machine.read(state, object, part);
    // Some objects are parts of another and named so: `G.vfio`.
    if (typeof next === 'string') object = next;
    else if (machine.names.hasObject(`${object}.${part}`)) object = `${object}.${part}`;
    else return null;
  }
  if (last === 'type' && machine.read(state, object, 'default_domain') !== null) {
    return machine.read(state, String(machine.read(state, object, 'default_domain')), 'type');
  }
  return machine.read(state, object, last);
}

function sameValue(left: Value, right: Value): boolean {
  if (isNothing(left) || right === 'NULL') return isNothing(left) && (isNothing(right) || right === 'NULL');
  return String(left) === String(right);
}

/** What is wrong with a path that names an object or a field that the run has nothing of: it would be NULL, whatever was meant. */
function unknownPath(machine: Machine, path: string): string | null {
  const parts = path.split('.');
  const first = parts[0] ?? '';
  const field = parts[parts.length - 1] ?? '';
  const { names } = machine;
  if (!names.hasObject(first) && !names.fieldsOf('handles').includes(first)) return `at the end ${path}: there is no ${first}`;
  const known = names.fields();
  return parts.length > 1 && !known.has(field) && !STATE_FIELDS.has(field)
    ? `at the end ${path}: nothing has a field '${field}'${nearest(field, [...known, ...STATE_FIELDS])}`
    : null;
}

/** Planned failures whose place no schedule reaches: what the scenario says of them is said of nothing. */
function unreachedFailures(scenario: Scenario, machine: Machine, result: Exploration<MachineState>): string[] {
  if (!result.finished || result.ends.length === 0) return [];
  return scenario.threads.flatMap(({ steps }) =>
    steps.flatMap((step) => {
      const over = result.ends.filter((end) => machine.read(end.state, step.label, 'ret') !== null);
      const idle = step.fail !== null && over.length > 0 && over.every((end) => machine.read(end.state, step.label, 'failed') !== true);
      return idle ? [`${step.label} ${step.text}: nothing of it is '${step.fail ?? ''}', so nothing failed`] : [];
    }),
  );
}

interface Difference {
  readonly text: string;
  readonly path: string;
  readonly got: string;
  readonly expected: string;
  /** The end that shows it; null where it is the path that is wrong. */
  readonly end: End<MachineState> | null;
}

/** Fields that an end leaves otherwise than expected: each once, at the least doubtful end that does. */
function wrongEnds(scenario: Scenario, era: string, machine: Machine, result: Exploration<MachineState>): Difference[] {
  const differences: Difference[] = [];
  for (const { path, value } of forEra(scenario.end, era) ?? []) {
    const unknown = unknownPath(machine, path);
    if (unknown !== null && result.ends.length > 0) {
      differences.push({ text: unknown, path, got: '', expected: '', end: null });
      continue;
    }
    let [found, doubt]: [Difference | null, number] = [null, Infinity];
    for (const end of result.ends) {
      const left = valueAt(machine, end.state, path);
      const target = typeof value === 'string' && /^[A-Za-z_]\w*\.\w/.test(value) ? valueAt(machine, end.state, value) : value;
      if (sameValue(left, target) || machine.doubt(end.state) >= doubt) continue;
      const [got, expected] = [String(left ?? 'NULL'), String(target ?? 'NULL')];
      found = { text: `at the end ${path} is ${got}, expected ${String(value ?? 'NULL')}`, path, got, expected, end };
      doubt = machine.doubt(end.state);
      if (doubt === 0) break;
    }
    if (found !== null) differences.push(found);
  }
  return differences;
}

/** References that nobody gives back: looked for in the ends in which every thread has finished, the least doubtful first. */
function leakIn(machine: Machine, result: Exploration<MachineState>, atEnd: RunOptions['atEnd']): FoundViolation | null {
  let found: FoundViolation | null = null;
  for (const end of result.ends) {
    if (end.blocked.length > 0 || machine.threads.some((_, thread) => machine.enabled(thread, end.state).status !== 'done')) continue;
    const message = referenceProblem((object, field) => machine.read(end.state, object, field)) ?? atEnd?.(machine, end.state) ?? null;
    if (message === null) continue;
    const doubt = machine.doubt(end.state);
    if (found === null || doubt < found.doubt) found = { id: 'I32', message, schedule: end.schedule(), doubt };
    if (doubt === 0) break;
  }
  return found;
}
