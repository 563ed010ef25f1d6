// The exits of a function by the state of one lock, and whether its name, its callers or a partner say that it may leave a lock changed.

import { contains, errorValues, intersect, isEverything, nonZero, onlyValue, type Intervals } from '../../flow/intervals.ts';
import type { LockRecord, LockStatus } from '../../flow/lock-state.ts';
import type { FlowFunction, LockWalk } from '../../flow/program.ts';
import type { ValueId } from '../../flow/values.ts';
import type { PathState, WalkExit } from '../../flow/walk-events.ts';
import { stepsOf } from '../../flow/trail.ts';
import { saysLocked } from '../../kernel/lock-names.ts';
import { partsOf } from './places.ts';

export interface LockAtExits {
  readonly lock: ValueId;
  /** Exits with the lock in the asked state, with its record there. */
  readonly with: readonly { readonly exit: WalkExit; readonly record: LockRecord }[];
  readonly without: readonly WalkExit[];
}

/** Locks that are in a state at some exit, in the order in which the walk met them. Exits on paths with a gap count where the lock is known. */
export function locksAtExits(locks: LockWalk, status: LockStatus): LockAtExits[] {
  const found = new Map<ValueId, { with: { exit: WalkExit; record: LockRecord }[]; without: WalkExit[] }>();
  for (const exit of locks.result.exits)
    for (const record of exit.state.locks.records) {
      if (record.status !== status) continue;
      const one = found.get(record.lock) ?? { with: [], without: [] };
      one.with.push({ exit, record });
      found.set(record.lock, one);
    }
  for (const [lock, one] of found)
    for (const exit of locks.result.exits) {
      const record = exit.state.locks.records.find((other) => other.lock === lock);
      if (record?.status !== status && record?.status !== 'unknown') one.without.push(exit);
    }
  return [...found].map(([lock, one]) => ({ lock, with: one.with, without: one.without }));
}

/** Whether a flag decides it: all exits in the state were reached with one value of it (`do_unmap(mm, unlock)`). */
export function chosenByFlag(fn: FlowFunction, locks: LockWalk, lock: LockAtExits): boolean {
  const { values, parameters } = locks.result;
  return fn.procedure.parameters.some((parameter, index) => {
    const value = parameters[index];
    if (value === undefined || !(parameter.type === 'bool' || /lock/.test(parameter.name))) return false;
    const facts = lock.with.map(({ exit }) => exit.state.store.factOf(values, value));
    return facts.every((fact) => !contains(fact, 0)) || facts.every((fact) => onlyValue(fact) === 0);
  });
}

/**
 * Whether a parameter decides what becomes of the lock: exits that leave it held and exits that give back the caller's were reached with
 * different truths of it (`gate_ctrl(port, enable)`).
 */
export function takesOrGives(fn: FlowFunction, locks: LockWalk, lock: ValueId): boolean {
  const { values, parameters } = locks.result;
  const factsAt = (status: LockStatus, parameter: ValueId): Intervals[] =>
    locks.result.exits
      .filter((exit) => exit.state.locks.records.some((record) => record.lock === lock && record.status === status))
      .map((exit) => exit.state.store.factOf(values, parameter));
  return fn.procedure.parameters.some(({ name, type }, index) => {
    const parameter = parameters[index];
    if (parameter === undefined || !(type === 'bool' || /lock|enable|acquire|take|^on$/.test(name))) return false;
    const [held, given] = [factsAt('held', parameter), factsAt('given', parameter)];
    return held.length > 0 && given.length > 0 && held.every((one) => given.every((other) => intersect(one, other).length === 0));
  });
}

/**
 * Whether a path asked on its way whether the lock is held, of something that others set: `user->locked`, a parameter `need_unlock`. What
 * the function's own variables say is known.
 */
export function askedWhetherHeld(state: PathState): boolean {
  return stepsOf(state.trail).some(
    (step) =>
      step.kind === 'branch' &&
      partsOf(step.condition).some((part) => {
        if (part.kind === 'variable') return part.variable.kind === 'parameter' && saysLocked(part.variable.name);
        return (part.kind === 'field' || part.kind === 'global') && saysLocked(part.name);
      }),
  );
}

/** Whether an exit leaves word that a lock is held in an object of the caller's: `op->locked = true`. */
export function notesHeld(locks: LockWalk, { state }: WalkExit): boolean {
  const { values } = locks.result;
  for (const [address, value] of state.store.contents()) {
    const place = values.get(address);
    if (
      place.kind === 'field' &&
      saysLocked(place.name) &&
      !values.isLocalAddress(address) &&
      !contains(state.store.factOf(values, value), 0)
    )
      return true;
  }
  return false;
}

/** Whether an exit returns an error number or an error pointer, and nothing else. */
export function returnsError(locks: LockWalk, exit: WalkExit): boolean {
  if (exit.value === null) return false;
  const fact = exit.state.store.factOf(locks.result.values, exit.value);
  const errors = intersect(fact, errorValues);
  return errors.length > 0 && same(errors, fact);
}

/**
 * Whether a caller can tell by the result whether the lock is in the state of `with`: `yes`, `no` (some result comes with it and
 * without it), or `unknown` where the results are not known well enough.
 */
export function tellsApart(locks: LockWalk, lock: LockAtExits): 'yes' | 'no' | 'unknown' {
  const { values } = locks.result;
  const resultOf = (exit: WalkExit): Intervals | null => (exit.value === null ? null : exit.state.store.factOf(values, exit.value));
  const without = lock.without.map(resultOf);
  let sure = true;
  for (const { exit } of lock.with) {
    const own = resultOf(exit);
    for (const other of without) {
      if (own === null || other === null) return 'no';
      const common = intersect(own, other);
      if (common.length === 0) continue;
      sure = false;
      // Of two sets that are not the same something is not known: a pointer to an object is not one to an error.
      if (!isEverything(own) && !same(own, nonZero) && same(own, other)) return 'no';
    }
  }
  return sure ? 'yes' : 'unknown';
}

function same(left: Intervals, right: Intervals): boolean {
  return left.length === right.length && left.every((end, at) => end === right[at]);
}

/** Whether an exit hands the object that a lock lies in to the caller, as its result or in the caller's memory: it gets it locked. */
export function returnsOwner(locks: LockWalk, lock: ValueId, exit: WalkExit): boolean {
  const { values, parameters } = locks.result;
  const handed = new Set<ValueId>(exit.value === null ? [] : [values.original(exit.value)]);
  for (const [address, value] of exit.state.store.contents())
    if (parameters.includes(values.objectOf(values.original(address)))) handed.add(values.original(value));
  if (handed.size === 0) return false;
  return values.waysTo(lock).some((at) => handed.has(at) || handed.has(values.original(at)));
}
