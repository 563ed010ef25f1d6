// The walk of one function for its locks: what it takes, gives back, and calls while it holds them.

import { lockOperation } from '../kernel/locks.ts';
import type { Instruction, Terminator } from './ir.ts';
import type { NamingContext } from './lock-names.ts';
import type { LockRecord } from './lock-state.ts';
import type { LockUses } from './lock-uses.ts';
import type { FlowFunction } from './flow-file.ts';
import type { SummaryParts } from './summarise.ts';
import type { Summary } from './summary.ts';
import type { Trail } from './trail.ts';
import { seemsToLock } from './unseen-locks.ts';
import type { ValueId } from './values.ts';
import { walk } from './walk.ts';
import type { CalleeEvent, LeftLock, LockEvent, Observer, PathState, WalkResult } from './walk-events.ts';

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
  /** Locks of an element of a loop that are held at an end of a round and forgotten by the next. */
  readonly left: readonly LockLeft[];
  /** Locks of elements of arrays that some round held at its end, and that the next forgets. */
  readonly forgotten: readonly ValueId[];
  /** Calls and assignments that paths came through with a lock held, with the way to each. */
  readonly passed: readonly PassedLocked[];
}

export interface PassedLocked {
  readonly instruction: Extract<Instruction, { op: 'call' | 'assign' }>;
  readonly trail: Trail | null;
}

export interface LockLeft extends Pick<LeftLock, 'record' | 'index'> {
  /** The test or jump that ends the round, each once for each lock. */
  readonly terminator: Terminator;
  readonly state: PathState;
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
  const rounds = new RoundEnds();
  const observer: Observer = {
    lock: (event) => events.push(event),
    callee: (event) => callees.push(event),
    assertFree: (lock) => free.add(lock),
    assign: (assign, state) => {
      rounds.pass(assign, state);
    },
    left: (lock) => void rounds.left.push(lock),
    reach: (place, state) => {
      if (place.op === 'jump') rounds.arrive(place, place.to, state);
    },
    test: (branch, holds, state) => {
      rounds.arrive(branch, holds ? branch.then : branch.else, state);
    },
    call: (call, state) => {
      rounds.pass(call, state);
      if (call.name !== null && lockOperation(call.name)) return;
      const held = state.locks.records.filter(isHeldHere).map((record) => record.lock);
      const key = `${String(call.span.start)} ${held.join(' ')}`;
      if (held.length > 0 && !under.has(key)) under.set(key, { call, held, state: { ...state } });
    },
  };
  const result = walk(flow.procedure, { summaryOf, observer, naming });
  return {
    result,
    events,
    callees,
    under: [...under.values()],
    free: [...free],
    left: rounds.locks(),
    forgotten: rounds.forgotten(),
    passed: rounds.passed(),
  };
}

/** Where rounds of loops end with a lock held, matched with what the next round forgets. */
class RoundEnds {
  readonly left: LeftLock[] = [];
  private readonly held = new Map<string, LockLeft & { readonly to: number }>();
  private readonly places: PassedLocked[] = [];

  pass(instruction: PassedLocked['instruction'], { locks, trail }: PathState): void {
    if (locks.records.some(({ status }) => status === 'held')) this.places.push({ instruction, trail });
  }

  /** Places on the way; of no use to anybody, and so none, where no round leaves a lock. */
  passed(): readonly PassedLocked[] {
    return this.left.length === 0 ? [] : this.places;
  }

  /** A path goes on in a block. */
  arrive(terminator: Terminator, to: number, state: PathState): void {
    for (const record of state.locks.records) {
      const key = `${String(to)} ${String(record.lock)} ${String(terminator.span.start)} ${String(terminator.span.end)}`;
      if (record.status === 'held' && !this.held.has(key)) this.held.set(key, { record, index: null, terminator, to, state: { ...state } });
    }
  }

  forgotten(): ValueId[] {
    return [...new Set(this.left.flatMap(({ record, index }) => (index === null ? [] : [record.lock])))];
  }

  locks(): LockLeft[] {
    return [...this.held.values()].flatMap(({ record, terminator, to, state }) => {
      const left = this.left.find((one) => one.sure && one.end === to && one.record.lock === record.lock);
      return left ? [{ record, index: left.index, terminator, state }] : [];
    });
  }
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
