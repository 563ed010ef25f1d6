// From a schedule to a trace: replays the moves and writes down what each one was and changed.

import type { Trace, TraceEnd, TraceFrame, TraceStep } from '../../../protocol/finding.ts';
import type { Move, Violation } from '../explore/program.ts';
import type { FoundViolation } from '../explore/result.ts';
import type { Machine, StepText } from '../machine/machine.ts';
import type { Value } from '../machine/names.ts';
import type { MachineState } from '../machine/state.ts';
import type { Scenario } from '../scenario/scenario.ts';

type ViolationKind = NonNullable<Trace['violation']>['kind'];

const KINDS: Readonly<Record<string, ViolationKind>> = {
  deadlock: 'deadlock',
  'use-after-free': 'use-after-free',
  panic: 'panic',
  I6: 'use-after-free',
  I8: 'use-after-free',
  I32: 'leak',
  I33: 'errno',
};
const NUMBERS: Readonly<Record<string, string>> = { deadlock: 'I31', panic: 'I34' };

/** Bookkeeping of the model itself: no state of a kernel. */
function isInternal(object: string, field: string): boolean {
  return (
    object.startsWith('thread ') ||
    object.startsWith('~') ||
    field === 'unchecked' ||
    field === 'started' ||
    field === 'lives' ||
    field === 'holder' ||
    field === 'readers' ||
    (object === 'world' && field === 'inject')
  );
}

/** What a reader sees of a state: `G.owner` and its value, without the model's bookkeeping. */
export function visibleState(machine: Machine, state: MachineState): Map<string, Value> {
  const visible = new Map<string, Value>();
  for (const [path, value] of machine.contents(state)) {
    const dot = path.lastIndexOf('.');
    if (!isInternal(path.slice(0, dot), path.slice(dot + 1))) visible.set(path, value);
  }
  return visible;
}

function changesBetween(before: ReadonlyMap<string, Value>, after: ReadonlyMap<string, Value>): TraceStep['changes'] {
  const paths = [...new Set([...before.keys(), ...after.keys()])].sort();
  return paths.flatMap((path) => {
    const old = before.get(path) ?? null;
    const now = after.get(path) ?? null;
    return JSON.stringify(old) === JSON.stringify(now) ? [] : [{ path, before: old, after: now }];
  });
}

/** The step of the scenario that a thread is in. */
function callOf(scenario: Scenario, machine: Machine, state: MachineState, thread: string): string {
  const steps = scenario.threads.find((candidate) => candidate.name === thread)?.steps ?? [];
  const open = steps.filter((step) => machine.read(state, step.label, 'started') === true);
  return (open[open.length - 1] ?? steps[0])?.text ?? '';
}

/** What stands in a trace that may not be a shortest one. */
const NOT_SHORTEST = 'a shorter schedule may exist: the budget ended before it was looked for';

/** A schedule and what it violates; null where it is only shown. */
export interface ShownSchedule {
  readonly schedule: readonly Move[];
  readonly violation: (Violation & Pick<FoundViolation, 'shortest'>) | null;
}

/** Replays a schedule of a scenario's machine and gives its trace. */
export function traceOf(
  scenario: Scenario,
  era: string,
  machine: Machine,
  { schedule, violation }: ShownSchedule,
  figures: { readonly states: number; readonly finished: boolean; readonly maxStates: number },
): Trace {
  let state = machine.initial();
  let seen = visibleState(machine, state);
  const initial = Object.fromEntries([...seen].sort(([a], [b]) => (a < b ? -1 : 1)));
  const steps: TraceStep[] = [];
  schedule.forEach((move, index) => {
    const thread = machine.threads[move.thread] ?? '?';
    const text = machine.describe(move.thread, state, move.choice);
    const call = callOf(scenario, machine, state, thread);
    state = machine.apply(move.thread, state, move.choice).state;
    const now = visibleState(machine, state);
    steps.push({
      n: index + 1,
      thread,
      call,
      frame: framesOf(text),
      step: text.label,
      source: text.frames[text.frames.length - 1]?.source ?? '',
      location: null,
      mail: null,
      changes: changesBetween(seen, now),
      locks: Object.fromEntries(machine.threads.map((name, place) => [name, machine.locks(place, state)])),
      choice: text.choice === 'works' ? null : text.choice,
    });
    seen = now;
  });
  return {
    version: 1,
    scenario: scenario.id,
    era,
    side: 'after',
    violation: violation === null ? null : wordsOf(violation),
    bounds: {
      states: figures.maxStates,
      threads: scenario.threads.length,
      calls: scenario.threads.reduce((sum, thread) => sum + thread.steps.length, 0),
    },
    states: figures.states,
    finished: figures.finished,
    assumptions: violation?.shortest === false ? [{ text: NOT_SHORTEST, location: null }] : [],
    initial,
    threads: scenario.threads.map((thread) => ({ id: thread.name, actor: thread.name, entry: thread.steps[0]?.text ?? '' })),
    steps,
    ends: endsOf(machine, state),
  };
}

function wordsOf({ id, message }: Violation): NonNullable<Trace['violation']> {
  return { kind: KINDS[id] ?? 'invariant', invariant: NUMBERS[id] ?? (/^I\d+$/.test(id) ? id : null), message };
}

/** The stack of a step without the thread's own list of calls, outermost procedure first, with what its variables hold. */
function framesOf(text: StepText): TraceFrame[] {
  return text.frames.slice(1).map(({ procedure, locals }) => {
    // Names with a # are the model's own counters.
    const named = [...locals].filter(([name]) => !name.includes('#'));
    return { function: procedure, location: null, ...(named.length === 0 ? {} : { locals: Object.fromEntries(named) }) };
  });
}

/** Threads that are not done in a state: what each would do next. */
function endsOf(machine: Machine, state: MachineState): TraceEnd[] {
  return machine.threads.flatMap((thread, index) => {
    const { status } = machine.enabled(index, state);
    if (status === 'done') return [];
    const text = machine.describe(index, state, 0);
    return [{ thread, frame: framesOf(text), step: text.label, location: null, mail: null, blocked: status === 'blocked' }];
  });
}

/** The steps of a trace that take or give back a lock, or look at or change the members of a group. */
export function lockAndListSteps(trace: Trace): TraceStep[] {
  return trace.steps.filter(
    (step) =>
      /^(?:un)?lock /.test(step.step) ||
      step.changes.some((change) => change.path.endsWith('.devices')) ||
      /^one member in |^default domain current, same single device/.test(step.step),
  );
}
