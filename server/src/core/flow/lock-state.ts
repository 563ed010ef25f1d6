// The state of locks on a path. A lock without a record is as the caller left it: held or free, nobody here knows.

import { isRecursive, isWrongMode, type LockClass, type LockOperation } from '../kernel/locks.ts';
import type { Trail } from './trail.ts';
import type { ValueId, ValueTable } from './values.ts';

export type LockStatus =
  /** Taken in this function and not given back. */
  | 'held'
  /** Taken and given back. */
  | 'freed'
  /** The caller holds it, by an assertion or an annotation. */
  | 'required'
  /** Given back without having been taken here: it was the caller's. */
  | 'given'
  /** The caller's, given back and taken again. */
  | 'retaken'
  /** Something that cannot be seen may have taken it or given it back. */
  | 'unknown';

export interface LockRecord {
  /** The address of the lock. */
  readonly lock: ValueId;
  readonly class: LockClass;
  readonly mode: LockOperation['mode'];
  readonly status: LockStatus;
  /** How often it is held, for locks that may be taken again. */
  readonly depth: number;
  /** The step that took it or gave it back last. */
  readonly since: Trail | null;
  /** Of one that was given back as the caller's: in which mode that was. */
  readonly callers?: LockOperation['mode'];
}

export interface Locks {
  /** Sorted by lock. */
  readonly records: readonly LockRecord[];
  /** Symbols whose locks an unseen function may have touched. */
  readonly touched: readonly ValueId[];
  /** All locks may have been touched: code that is not visible was passed. */
  readonly allTouched: boolean;
}

/** How often a lock is counted as held: a loop that takes it in each round has an end. */
const maxDepth = 6;

export const noLocks: Locks = { records: [], touched: [], allTouched: false };

/**
 * Equal for lock states that need not be told apart: a lock that was taken and given back counts as untouched, and one of which
 * nothing is known says nothing.
 */
export function locksKey(locks: Locks): string {
  let key = locks.allTouched ? '*' : '';
  for (const record of locks.records)
    if (record.status !== 'freed' && record.status !== 'unknown')
      key += `${String(record.lock)}${record.status}${String(record.depth)}${record.mode === 'shared' ? 's' : ''} `;
  return key;
}

export function recordOf(locks: Locks, lock: ValueId): LockRecord | null {
  return locks.records.find((record) => record.lock === lock) ?? null;
}

/** Locks that the path took and has not given back, and the objects that they lie in or were reached through. */
export function heldObjects(values: ValueTable, locks: Locks): ReadonlySet<ValueId> {
  const objects = new Set<ValueId>();
  for (const { lock, status } of locks.records) if (status === 'held') for (const at of values.waysTo(lock)) objects.add(at);
  return objects;
}

export function withRecord(locks: Locks, record: LockRecord): Locks {
  const records = locks.records.filter((one) => one.lock !== record.lock);
  records.push(record);
  records.sort((a, b) => a.lock - b.lock);
  return { ...locks, records };
}

function isTouched(values: ValueTable, locks: Locks, lock: ValueId): boolean {
  if (locks.allTouched) return true;
  // Nobody but the functions that it is known by touches a lock without a place.
  const value = values.get(lock);
  if (value.kind === 'field' && value.name.endsWith('()')) return false;
  if (locks.touched.length === 0) return false;
  const symbols = values.symbolsOf(lock);
  return symbols.length === 0 || symbols.some((symbol) => locks.touched.includes(symbol));
}

/** Whether a lock is known by a pointer alone that something else may have filled in: it may be any lock that is known so. */
function isNewPointer(values: ValueTable, lock: ValueId): boolean {
  const value = values.get(lock);
  if (value.kind === 'field') return values.isLocalAddress(lock);
  return value.kind === 'symbol' && /^(?:out@|joined:)/.test(value.name);
}

/** Whether a pointer whose origin is not known may lead to a lock that is held. */
function mayBeBehind(values: ValueTable, { lock, status, class: lockClass }: LockRecord, wanted: LockClass): boolean {
  const value = values.get(lock);
  if (status !== 'held' || lockClass !== wanted || value.kind === 'field' || value.kind === 'global' || value.kind === 'element')
    return false;
  return value.kind !== 'symbol' || value.name.includes('@') || value.name.startsWith('joined:');
}

export type LockOutcome =
  | 'taken'
  /** Taken although the path holds it. */
  | 'double'
  | 'freed'
  /** The caller's lock was given back. */
  | 'given'
  /** Given back although the path had given it back before. */
  | 'free-again'
  /** Given back by the function of the other mode: `up_write` for `down_read`. */
  | 'wrong-mode'
  | 'unknown';

/** The lock state behind an acquisition, and what it was. */
export function acquire(
  values: ValueTable,
  locks: Locks,
  lock: ValueId,
  lockClass: LockClass,
  mode: LockOperation['mode'],
  at: Trail,
): [Locks, LockOutcome] {
  const before = recordOf(locks, lock);
  const base = { lock, class: lockClass, mode, depth: 1, since: at };
  if (!before)
    return isTouched(values, locks, lock) && !locks.allTouched
      ? [withRecord(locks, { ...base, status: 'unknown' }), 'unknown']
      : [withRecord(locks, { ...base, status: 'held' }), 'taken'];
  switch (before.status) {
    case 'freed':
      return [withRecord(locks, { ...base, status: 'held' }), 'taken'];
    case 'given':
      return [withRecord(locks, { ...base, status: 'retaken', callers: before.callers ?? before.mode }), 'taken'];
    case 'unknown':
      return [locks, 'unknown'];
    default:
      if (isRecursive(before.class, mode) && before.mode === mode)
        return [withRecord(locks, { ...before, status: before.status, depth: Math.min(before.depth + 1, maxDepth), since: at }), 'taken'];
      // What comes after it is no defect of its own.
      return [withRecord(locks, { ...base, status: 'unknown' }), 'double'];
  }
}

/** The lock state behind a release, and what it was. */
export function release(
  values: ValueTable,
  locks: Locks,
  lock: ValueId,
  lockClass: LockClass,
  mode: LockOperation['mode'],
  at: Trail,
): [Locks, LockOutcome] {
  const before = recordOf(locks, lock);
  const base = { lock, class: lockClass, mode, depth: 0, since: at };
  const same = before || !isNewPointer(values, lock) ? [] : locks.records.filter((one) => mayBeBehind(values, one, lockClass));
  if (same.length > 0) return [same.reduce((all, one) => blur(all, one.lock, one.class, one.mode, at), locks), 'unknown'];
  if (!before)
    return isTouched(values, locks, lock)
      ? [withRecord(locks, { ...base, status: 'unknown' }), 'unknown']
      : [withRecord(locks, { ...base, status: 'given' }), 'given'];
  switch (before.status) {
    case 'held':
      if (isWrongMode(before.class, before.mode, mode)) return [withRecord(locks, { ...base, status: 'unknown' }), 'wrong-mode'];
      if (before.depth > 1) return [withRecord(locks, { ...before, depth: before.depth - 1 }), 'freed'];
      return [withRecord(locks, { ...base, status: 'freed' }), 'freed'];
    case 'required':
      return [withRecord(locks, { ...base, status: 'given' }), 'given'];
    case 'retaken':
      return [withRecord(locks, { ...base, status: 'given', callers: before.callers ?? mode }), 'given'];
    case 'freed':
    case 'given':
      return [locks, 'free-again'];
    case 'unknown':
      return [locks, 'unknown'];
  }
}

/** The lock is held in the other mode from here on; nothing changes where it is not known to be held. */
export function downgrade(locks: Locks, lock: ValueId): Locks {
  const before = recordOf(locks, lock);
  return before?.status === 'held' ? withRecord(locks, { ...before, mode: 'shared' }) : locks;
}

/** Begins and ends of stretches count from the state at entry: above it the function is inside, below it gave back its caller's. */
function section(locks: Locks, lock: ValueId, lockClass: LockClass, depth: number, at: Trail): Locks {
  const before = recordOf(locks, lock);
  if (before?.status === 'unknown') return locks;
  const status = depth > 0 ? 'held' : depth < 0 ? 'given' : 'freed';
  const since = before && before.depth > 0 && depth > 0 ? before.since : at;
  return withRecord(locks, { lock, class: lockClass, mode: 'exclusive', status, depth, since });
}

/** A stretch without interrupts or the like begins: once more where the old state is saved or counted, else at all. */
export function enterSection(locks: Locks, lock: ValueId, lockClass: LockClass, irq: LockOperation['irq'], at: Trail): Locks {
  const depth = recordOf(locks, lock)?.depth ?? 0;
  return section(locks, lock, lockClass, irq === 'irq' && depth > 0 ? depth : depth + 1, at);
}

/** It ends; switching interrupts on ends all that were begun. */
export function leaveSection(locks: Locks, lock: ValueId, lockClass: LockClass, irq: LockOperation['irq'], at: Trail): Locks {
  const depth = recordOf(locks, lock)?.depth ?? 0;
  return section(locks, lock, lockClass, irq !== 'irq' ? depth - 1 : depth > 0 ? 0 : -1, at);
}

/** A lock whose state cannot be told any more. */
export function blur(locks: Locks, lock: ValueId, lockClass: LockClass, mode: LockOperation['mode'], at: Trail | null): Locks {
  return withRecord(locks, { lock, class: lockClass, mode, status: 'unknown', depth: 0, since: at });
}

function union(left: readonly ValueId[], right: readonly ValueId[]): readonly ValueId[] {
  return right.every((one) => left.includes(one)) ? left : [...new Set([...left, ...right])].sort((a, b) => a - b);
}

/** An unseen function may have taken or given back locks of the objects it was handed; without objects, any lock of the system. */
export function touch(values: ValueTable, locks: Locks, symbols: readonly ValueId[], at: Trail | null): Locks {
  let next: Locks = { ...locks, touched: union(locks.touched, symbols) };
  for (const record of locks.records) {
    const own = values.symbolsOf(record.lock);
    if (own.length === 0 || own.some((symbol) => symbols.includes(symbol))) next = blur(next, record.lock, record.class, record.mode, at);
  }
  return next;
}

/** Code that is not visible was passed: nothing is known of any lock, and what is taken from here on is. */
export function forgetAll(): Locks {
  return { records: [], touched: [], allTouched: true };
}

/** A symbol gets a new value: locks of the object before cannot be named any more. */
export function retireLocks(values: ValueTable, locks: Locks, symbol: ValueId): Locks {
  if (!locks.records.some((record) => values.dependsOn(record.lock, symbol))) return locks;
  return { ...locks, records: locks.records.filter((record) => !values.dependsOn(record.lock, symbol)) };
}

/** Locks of an object that were given back are as anybody left them. */
export function forgetFreed(values: ValueTable, locks: Locks, object: ValueId): Locks {
  const isFreed = ({ lock, status }: LockRecord): boolean => (status === 'freed' || status === 'given') && values.objectOf(lock) === object;
  return locks.records.some(isFreed) ? { ...locks, records: locks.records.filter((record) => !isFreed(record)) } : locks;
}

/** Of two states that need not be told apart: a lock that only one of them freed is untouched, one unknown to either is unknown. */
export function joinLocks(left: Locks, right: Locks): Locks {
  const records = left.records.filter((record) => record.status !== 'freed' || recordOf(right, record.lock)?.status === 'freed');
  const unknown = right.records.filter((record) => record.status === 'unknown' && !records.some((one) => one.lock === record.lock));
  if (unknown.length > 0) records.push(...unknown);
  records.sort((a, b) => a.lock - b.lock);
  return { ...left, records, touched: union(left.touched, right.touched) };
}
