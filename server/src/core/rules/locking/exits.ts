// The exits of a function by the state of one lock, and whether its name, its callers or a partner say that it may leave a lock changed.

import { errorValues, intersect } from '../../flow/intervals.ts';
import type { LockRecord, LockStatus } from '../../flow/lock-state.ts';
import type { FlowFile, FlowFunction, LockWalk } from '../../flow/program.ts';
import type { ValueId, ValueTable } from '../../flow/values.ts';
import type { WalkExit } from '../../flow/walk.ts';
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

/** Whether a caller can tell two exits apart: by the result, or by an argument that it passed. */
export function toldApart(locks: LockWalk, left: WalkExit, right: WalkExit): boolean {
  const { values, parameters } = locks.result;
  if (left.value !== null && right.value !== null) {
    const [first, second] = [left.state.store.factOf(values, left.value), right.state.store.factOf(values, right.value)];
    if (intersect(first, second).length === 0) return true;
  }
  return parameters.some(
    (parameter) => intersect(left.state.store.factOf(values, parameter), right.state.store.factOf(values, parameter)).length === 0,
  );
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

/**
 * What a lock is called in different functions alike: the fields that lead to it, with the type of the parameter where there is one
 * field only. Null for a lock that is no field and no global.
 */
export function lockKey(fn: FlowFunction, values: ValueTable, parameters: readonly ValueId[], lock: ValueId): string | null {
  const fields: string[] = [];
  for (let at = lock; ;) {
    const value = values.get(at);
    if (value.kind === 'field') {
      fields.unshift(value.name);
      at = value.base;
    } else if (value.kind === 'content') at = value.address;
    else if (value.kind === 'element') at = value.base;
    else if (value.kind === 'global') return [value.name, ...fields].join('.');
    else {
      if (fields.length === 0) return null;
      const index = parameters.indexOf(at);
      const type = fields.length === 1 && index >= 0 ? (fn.procedure.parameters[index]?.type ?? '') : '';
      return [type, ...fields].join('.');
    }
  }
}

/**
 * Whether another function of the file ends with the lock of this name in a state: the other half of a pair. A function that is
 * called is no partner but a part, and wrappers by name are partners of each other only.
 */
export function hasPartner(flow: FlowFile, fn: FlowFunction, key: string | null, status: LockStatus): boolean {
  if (key === null) return false;
  return flow.functions.some((other) => {
    if (other === fn || isDeclaredWrapper(other) || fn.callees.includes(other.fn.name) || other.callees.includes(fn.fn.name)) return false;
    const locks = flow.locks(other);
    if (!locks) return false;
    const { values, parameters, exits } = locks.result;
    return exits.some((exit) =>
      exit.state.locks.records.some((record) => record.status === status && lockKey(other, values, parameters, record.lock) === key),
    );
  });
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
