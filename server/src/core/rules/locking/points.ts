// Points of the paths of a function: calls, writes and tests with the locks, the knowledge and the way that led there.

import type { Instruction, Procedure, Terminator } from '../../flow/ir.ts';
import { recordOf, type LockRecord, type Locks } from '../../flow/lock-state.ts';
import type { FlowFile, FlowFunction } from '../../flow/program.ts';
import type { Store } from '../../flow/store.ts';
import type { Summary } from '../../flow/summary.ts';
import { stepsOf, type Step, type Trail } from '../../flow/trail.ts';
import type { ValueId, ValueTable } from '../../flow/values.ts';
import type { LockEvent, PathState, WalkResult } from '../../flow/walk-events.ts';

export type Call = Extract<Instruction, { op: 'call' }>;
export type Assign = Extract<Instruction, { op: 'assign' }>;
export type Branch = Extract<Terminator, { op: 'branch' }>;

/** A place on a path, with what was known before it (behind it for a test). */
export interface Point<Node> {
  readonly node: Node;
  readonly locks: Locks;
  readonly trail: Trail | null;
  readonly store: Store;
}

export interface Wanted {
  readonly call?: (call: Call) => boolean;
  readonly assign?: (assign: Assign) => boolean;
  readonly test?: (branch: Branch) => boolean;
}

export interface Points {
  readonly result: WalkResult;
  readonly calls: readonly Point<Call>[];
  readonly assigns: readonly Point<Assign>[];
  readonly tests: readonly Point<Branch>[];
  readonly locks: readonly LockEvent[];
}

/** Places that were kept of one walk, and all that the walk rests on beside its graph. */
interface Kept {
  readonly nodes: readonly (Instruction | Terminator)[];
  readonly summaries: readonly (Summary | null)[];
  readonly points: Points | null;
}

const kept = new WeakMap<Procedure, Kept[]>();
/** So many walks of a graph are kept, the last ones. */
const mostKept = 4;

/** Walks a function once more and keeps the wanted places, once for the same places; null where the walk did not end. */
export function pointsOf(flow: FlowFile, fn: FlowFunction, wanted: Wanted): Points | null {
  const { procedure } = fn;
  const nodes = nodesOf(procedure, wanted);
  const summaries = fn.callees.map((name) => flow.summaryOf(name));
  const known = kept.get(procedure) ?? [];
  const again = known.find((one) => isEqual(one.nodes, nodes) && isEqual(one.summaries, summaries));
  if (again) return again.points;
  const points = walkFor(flow, fn, wanted);
  kept.set(procedure, [...known.slice(1 - mostKept), { nodes, summaries, points }]);
  return points;
}

function isEqual(left: readonly unknown[], right: readonly unknown[]): boolean {
  return left.length === right.length && left.every((one, at) => one === right[at]);
}

function nodesOf(procedure: Procedure, wanted: Wanted): (Instruction | Terminator)[] {
  return procedure.blocks.flatMap(({ instructions, terminator }): (Instruction | Terminator)[] => {
    const found: (Instruction | Terminator)[] = instructions.filter(
      (one) => (one.op === 'call' && wanted.call?.(one) === true) || (one.op === 'assign' && wanted.assign?.(one) === true),
    );
    if (terminator.op === 'branch' && wanted.test?.(terminator) === true) found.push(terminator);
    return found;
  });
}

function walkFor(flow: FlowFile, fn: FlowFunction, wanted: Wanted): Points | null {
  const calls: Point<Call>[] = [];
  const assigns: Point<Assign>[] = [];
  const tests: Point<Branch>[] = [];
  const locks: LockEvent[] = [];
  const pointAt = <Node>(node: Node, state: PathState): Point<Node> => ({
    node,
    locks: state.locks,
    trail: state.trail,
    store: state.store.clone(),
  });
  const result = flow.walk(fn, {
    call: (call, state) => {
      if (wanted.call?.(call) === true) calls.push(pointAt(call, state));
    },
    assign: (assign, state) => {
      if (wanted.assign?.(assign) === true) assigns.push(pointAt(assign, state));
    },
    test: (branch, _holds, state) => {
      if (wanted.test?.(branch) === true) tests.push(pointAt(branch, state));
    },
    lock: (event) => {
      locks.push(event);
    },
  });
  return result.stopped === null ? { result, calls, assigns, tests, locks } : null;
}

/** Calls of a function's graph, in the order of its blocks. */
export function callsOf(fn: FlowFunction): Call[] {
  return fn.procedure.blocks.flatMap((block) => block.instructions.filter((one) => one.op === 'call'));
}

/** Whether a path that is at `later` came through `earlier`, with no code between that is not visible. */
export function leadsTo(earlier: Trail | null, later: Trail | null): boolean {
  for (let at = later; at !== earlier; at = at.previous) if (at === null || at.step.kind === 'gap') return false;
  return true;
}

/** Steps of a way behind one of them; all where it has no such step. */
export function stepsSince(trail: Trail | null, first: Step | undefined): Step[] {
  const steps = stepsOf(trail);
  return first ? steps.slice(Math.max(0, steps.indexOf(first))) : steps;
}

export function isHeld(record: LockRecord | null): boolean {
  return record?.status === 'held' || record?.status === 'retaken' || record?.status === 'required';
}

/** Why a lock is free at a place: it was given back before, or is taken only later on the same way. */
export type Free =
  { readonly how: 'given-back'; readonly step: Step | undefined } | { readonly how: 'taken-later'; readonly event: LockEvent };

/** Null where nobody knows whether the lock is held. */
export function knownFree(points: Points, lock: ValueId, at: { readonly locks: Locks; readonly trail: Trail | null }): Free | null {
  const record = recordOf(at.locks, lock);
  if (record) return record.status === 'freed' || record.status === 'given' ? { how: 'given-back', step: record.since?.step } : null;
  const event = points.locks.find(
    (one) =>
      one.action === 'acquire' &&
      one.lock === lock &&
      one.outcome === 'taken' &&
      !recordOf(one.state.locks, lock) &&
      leadsTo(at.trail, one.state.trail) &&
      !one.state.locks.allTouched,
  );
  return event && !at.locks.allTouched ? { how: 'taken-later', event } : null;
}

/** Whether the object that a lock lies in was made by this function: nobody else knows it yet. */
export function isOwnNewObject(values: ValueTable, lock: ValueId): boolean {
  return values.symbolsOf(lock).some((symbol) => {
    const value = values.get(symbol);
    return value.kind === 'local' || (value.kind === 'symbol' && /^\w*(?:alloc|create|new|init|dup)\w*@/.test(value.name));
  });
}
