// The walk of one function for its locks: what it takes, gives back, and calls while it holds them.

import { lockOperation } from '../kernel/locks.ts';
import { seemsToLock } from './calls.ts';
import type { Instruction } from './ir.ts';
import type { NamingContext } from './lock-names.ts';
import type { LockRecord } from './lock-state.ts';
import type { LockUses } from './lock-uses.ts';
import type { FlowFunction } from './program.ts';
import type { SummaryParts } from './summarise.ts';
import type { Summary } from './summary.ts';
import type { ValueId } from './values.ts';
import { walk } from './walk.ts';
import type { CalleeEvent, LockEvent, Observer, PathState, WalkResult } from './walk-events.ts';

/** What happened to locks in a function: the exits with the state of the locks, and each acquisition and release on the way. */
export interface LockWalk {
  readonly result: WalkResult;
  readonly events: readonly LockEvent[];
  /** Calls of functions that ask for locks or take some, in the order of the walk. */
  readonly callees: readonly CalleeEvent[];
  /** Calls of other functions than lock functions while locks are held, each once for each set of held locks. */
  readonly under: readonly CallUnderLock[];
  /** Locks that the function asserts not to be held by its caller. */
  readonly free: readonly ValueId[];
}

/** A call, and the locks that the path held before it: taken here, or the caller's by an assertion. */
export interface CallUnderLock {
  readonly call: Extract<Instruction, { op: 'call' }>;
  readonly held: readonly ValueId[];
  readonly state: PathState;
}

/** The walk of a function for its locks; null if it touches none. */
export function walkLocks(flow: FlowFunction, naming: NamingContext, summaryOf: (name: string) => Summary | null): LockWalk | null {
  if (!touchesLocks(flow, summaryOf)) return null;
  const events: LockEvent[] = [];
  const callees: CalleeEvent[] = [];
  const under = new Map<string, CallUnderLock>();
  const free = new Set<ValueId>();
  const observer: Observer = {
    lock: (event) => events.push(event),
    callee: (event) => callees.push(event),
    assertFree: (lock) => free.add(lock),
    call: (call, state) => {
      if (call.name !== null && lockOperation(call.name)) return;
      const held = state.locks.records.filter(isHeldHere).map((record) => record.lock);
      const key = `${String(call.span.start)} ${held.join(' ')}`;
      if (held.length > 0 && !under.has(key)) under.set(key, { call, held, state: { ...state } });
    },
  };
  const result = walk(flow.procedure, { summaryOf, observer, naming });
  return { result, events, callees, under: [...under.values()], free: [...free] };
}

function isHeldHere({ status }: LockRecord): boolean {
  return status === 'held' || status === 'required' || status === 'retaken';
}

/** What a summary says beside the exits of the walk. */
export function summaryParts(locks: LockWalk, uses: LockUses): SummaryParts {
  return { taken: takenIn(locks), free: locks.free, uses, drops: dropsOf(locks) };
}

function takenIn({ events, callees }: LockWalk): ValueId[] {
  return [...events.flatMap((event) => (event.action === 'acquire' ? [event.lock] : [])), ...callees.flatMap((event) => event.takes)];
}

/** Classes of the caller's locks that the function gives back, itself or by a call that is made without the lock being its own. */
function dropsOf({ result, events, callees }: LockWalk): string[] {
  const drops = new Set<string>();
  for (const { action, outcome, lock } of events) {
    const name = result.names.get(lock);
    if (action === 'release' && outcome !== 'freed' && name !== undefined) drops.add(name);
  }
  for (const { summary, state } of callees)
    for (const name of summary.drops)
      if (!state.locks.records.some((record) => record.status === 'held' && result.names.get(record.lock) === name)) drops.add(name);
  return [...drops].sort();
}

function touchesLocks(flow: FlowFunction, known: (name: string) => Summary | null): boolean {
  return flow.callees.some((name) => {
    if (lockOperation(name) || name === '__context__') return true;
    const summary = known(name);
    if (summary)
      return (
        summary.requires.length + summary.takes.length > 0 ||
        summary.exits.some((exit) => exit.effects.length > 0 || exit.touches.length > 0)
      );
    return seemsToLock(name);
  });
}
