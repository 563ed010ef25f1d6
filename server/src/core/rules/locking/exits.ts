// The exits of a function by the state of one lock, and whether its name, its callers or a partner say that it may leave a lock changed.

import { contains, errorValues, intersect, onlyValue } from '../../flow/intervals.ts';
import type { LockRecord, LockStatus } from '../../flow/lock-state.ts';
import type { FlowFile, FlowFunction, LockWalk } from '../../flow/program.ts';
import type { ValueId } from '../../flow/values.ts';
import type { WalkExit } from '../../flow/walk-events.ts';
import { isLockWrapperName } from '../../kernel/locks.ts';

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

/** Whether an exit returns an error number or an error pointer, and nothing else. */
export function returnsError(locks: LockWalk, exit: WalkExit): boolean {
  if (exit.value === null) return false;
  const fact = exit.state.store.factOf(locks.result.values, exit.value);
  const errors = intersect(fact, errorValues);
  return errors.length > 0 && errors.length === fact.length && errors.every((end, at) => end === fact[at]);
}

/** Whether the function says that it takes or gives back locks for its caller: by name, or by an annotation. */
export function isDeclaredWrapper(fn: FlowFunction): boolean {
  return isLockWrapperName(fn.fn.name) || fn.fn.annotations.some((one) => one.name === '__acquires' || one.name === '__releases');
}

/** Whether the function tells its caller through a parameter what became of the lock (`int *locked`). */
export function tellsByParameter(fn: FlowFunction): boolean {
  return fn.fn.parameters.some((parameter) => parameter.name !== null && /^(?:un)?locked$/.test(parameter.name));
}

/** Where a lock lies, as far as two functions can compare it: its own field or name, and the type that has it where that is known. */
interface LockHome {
  readonly name: string;
  readonly owner: string | null;
}

/** Null for a lock that is neither a field nor a global. */
function homeOf(fn: FlowFunction, locks: LockWalk, lock: ValueId): LockHome | null {
  const { values, parameters } = locks.result;
  const place = values.get(lock);
  if (place.kind === 'global') return { name: place.name, owner: '' };
  if (place.kind !== 'field') return null;
  const base = values.get(place.base);
  // The structure around an embedded one, and the field that a pointer came from, say as much as a type.
  if (base.kind === 'field') return { name: place.name, owner: base.name };
  const type = fn.procedure.parameters[parameters.indexOf(place.base)]?.type;
  return { name: place.name, owner: type === undefined ? null : type.replace(/\bconst\b/, '').trim() };
}

function sameHome(left: LockHome | null, right: LockHome | null): boolean {
  if (!left || !right || left.name !== right.name) return false;
  return left.owner === null || right.owner === null || left.owner === right.owner;
}

/**
 * Whether another function of the file is the other half of a pair: it ends with the same kind of lock held (or given), or takes it
 * and leaves the rest to code that is not visible. A function that is called is no partner but a part, and lock functions by name
 * are partners of each other only.
 */
export function hasPartner(flow: FlowFile, fn: FlowFunction, locks: LockWalk, lock: ValueId, status: 'held' | 'given'): boolean {
  const home = homeOf(fn, locks, lock);
  return flow.functions.some((other) => {
    if (
      other === fn ||
      isKrefRelease(flow, other) ||
      /lock/.test(other.fn.name) ||
      fn.callees.includes(other.fn.name) ||
      other.callees.includes(fn.fn.name)
    )
      return false;
    const others = flow.locks(other);
    if (!others) return false;
    const ends = (wanted: LockStatus): boolean =>
      others.result.exits.some((exit) =>
        exit.state.locks.records.some((record) => record.status === wanted && sameHome(home, homeOf(other, others, record.lock))),
      );
    if (ends(status)) return true;
    if (status === 'given' || !ends('unknown')) return false;
    const own = others.events.filter((event) => sameHome(home, homeOf(other, others, event.lock)));
    return own.some((event) => event.outcome === 'taken') && !own.some((event) => event.action === 'release');
  });
}

/** Whether a function is the release of `kref_put_mutex(kref, release, lock)`, which takes the lock for it. */
function isKrefRelease(flow: FlowFile, fn: FlowFunction): boolean {
  return new RegExp(`\\bkref_put_(?:mutex|lock)\\([^;]{0,200}\\b${fn.fn.name}\\b`, 'u').test(flow.c.text);
}

/** Whether an exit returns the object that a lock lies in: the caller gets it locked. */
export function returnsOwner(locks: LockWalk, lock: ValueId, exit: WalkExit): boolean {
  const { values } = locks.result;
  if (exit.value === null) return false;
  const returned = values.original(exit.value);
  for (let at = lock; ;) {
    if (at === returned || values.original(at) === returned) return true;
    const value = values.get(at);
    if (value.kind === 'field' || value.kind === 'element') at = value.base;
    else if (value.kind === 'content') at = value.address;
    else if (value.kind === 'container') at = value.of;
    else return false;
  }
}

/** Whether a caller in the file gives back a lock that it got by calling the function. */
export function callerGivesBack(flow: FlowFile, fn: FlowFunction): boolean {
  return flow.functions.some((caller) => {
    if (!caller.callees.includes(fn.fn.name)) return false;
    return flow.locks(caller)?.events.some((event) => {
      if (event.action !== 'release') return false;
      const step = event.state.locks.records.find((record) => record.lock === event.lock)?.since?.step;
      return step?.kind === 'acquire' && step.via === fn.fn.name;
    });
  });
}
