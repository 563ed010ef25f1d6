// What is known at one place of a function about values that were read under locks, and what two ways to a place agree on.

import type { Variable } from '../../flow/ir.ts';
import type { ValueId } from '../../flow/values.ts';
import type { Span } from '../../base/text.ts';
import type { Container } from './places.ts';
import type { QuantityTest } from './quantities.ts';

/** A lock that is held: where it was taken, and the object that it lies in as written in front of its name (`group->`). */
export interface Hold {
  readonly lock: ValueId;
  readonly name: string;
  readonly owner: string;
  readonly field: string;
  readonly takenAt: Span;
}

/** A variable's value that was read under a lock. */
export interface Reading {
  readonly variable: Variable;
  /**
   * `member`: an element of a container of the lock's object, or what such an element points to; `field`: a field of the lock's object;
   * `rcu`: an object that nothing but the RCU read side keeps.
   */
  readonly kind: 'member' | 'field' | 'rcu';
  readonly container: Container;
  readonly hold: Hold;
  readonly readAt: Span;
  /** The same for all that was read from one element. */
  readonly family: number;
  /** Other locks that may have been held at the reading. */
  readonly others: ReadonlySet<ValueId>;
  /** The value as written where it was read. */
  readonly source: string;
  /** On some way the function took a reference to the object before the hold ended, or the object belongs to one of the caller's. */
  readonly referenced: boolean;
  /** On some way the number was worked out anew from what was read: `value |= mask`. */
  readonly derived: boolean;
  /** Where the hold ended; null while it lasts. */
  readonly releasedAt: Span | null;
  /** First use of the value since then. */
  readonly usedAt: Span | null;
  /** Where the same lock was taken again. */
  readonly retaken: Hold | null;
}

export interface LockedState {
  /** Held on every way to here. */
  readonly held: ReadonlyMap<ValueId, Hold>;
  /** Held on some way, by the caller (`assertedLock`) or perhaps (`unseenLock`). */
  readonly may: ReadonlySet<ValueId>;
  /** Locks that the function asserts to be held, as written. */
  readonly asserted: ReadonlySet<string>;
  /** By variable. */
  readonly readings: ReadonlyMap<number, Reading>;
  /** Variables that hold something else. What is neither here nor there holds nothing yet. */
  readonly unrelated: ReadonlySet<number>;
  readonly tests: ReadonlyMap<string, QuantityTest>;
}

/** A state that is being worked out. */
export interface Draft {
  held: Map<ValueId, Hold>;
  may: Set<ValueId>;
  asserted: Set<string>;
  readings: Map<number, Reading>;
  unrelated: Set<number>;
  tests: Map<string, QuantityTest>;
}

/** Null for a variable that holds something else. */
export function put(state: Draft, id: number, reading: Reading | null): void {
  if (reading) {
    state.unrelated.delete(id);
    state.readings.set(id, reading);
  } else {
    state.readings.delete(id);
    state.unrelated.add(id);
  }
}

/** The variable holds nothing. */
export function clear(state: Draft, id: number): void {
  state.readings.delete(id);
  state.unrelated.delete(id);
}

/** The same, to be changed. */
export function copyOf(state: Draft): Draft {
  return {
    held: new Map(state.held),
    may: new Set(state.may),
    asserted: new Set(state.asserted),
    readings: new Map(state.readings),
    unrelated: new Set(state.unrelated),
    tests: new Map(state.tests),
  };
}

/** What two ways agree on. */
export function joinDrafts(left: Draft, right: Draft): Draft {
  const held = new Map([...left.held].filter(([lock, hold]) => right.held.get(lock)?.takenAt.start === hold.takenAt.start));
  const tests = new Map([...left.tests].filter(([text, test]) => right.tests.get(text)?.at.start === test.at.start));
  const unrelated = new Set([...left.unrelated, ...right.unrelated]);
  const readings = new Map<number, Reading>();
  for (const id of new Set([...left.readings.keys(), ...right.readings.keys()])) {
    const [one, other] = [left.readings.get(id), right.readings.get(id)];
    const joined = one && other ? joinReadings(one, other) : (one ?? other ?? null);
    if (joined && !unrelated.has(id)) readings.set(id, joined);
    else unrelated.add(id);
  }
  const asserted = new Set([...left.asserted].filter((one) => right.asserted.has(one)));
  return { held, may: new Set([...left.may, ...right.may]), asserted, readings, unrelated, tests };
}

/** What two ways agree on; null if that is nothing. */
function joinReadings(left: Reading, right: Reading): Reading | null {
  if (left.readAt.start !== right.readAt.start || left.hold.takenAt.start !== right.hold.takenAt.start) return null;
  if (left.releasedAt?.start !== right.releasedAt?.start) return null;
  const retaken = left.retaken?.takenAt.start === right.retaken?.takenAt.start ? left.retaken : null;
  const usedAt = left.usedAt && right.usedAt && right.usedAt.start < left.usedAt.start ? right.usedAt : (left.usedAt ?? right.usedAt);
  const others = right.others.size === 0 ? left.others : new Set([...left.others, ...right.others]);
  const [referenced, derived] = [left.referenced || right.referenced, left.derived || right.derived];
  return { ...left, usedAt, others, retaken, referenced, derived };
}

export function sameDraft(left: Draft, right: Draft): boolean {
  if (left.held.size !== right.held.size || left.may.size !== right.may.size || left.tests.size !== right.tests.size) return false;
  if (left.asserted.size !== right.asserted.size) return false;
  if (left.readings.size !== right.readings.size || left.unrelated.size !== right.unrelated.size) return false;
  for (const [id, reading] of left.readings) {
    const other = right.readings.get(id);
    if (!other) return false;
    if (reading.usedAt?.start !== other.usedAt?.start || reading.others.size !== other.others.size) return false;
    if (reading.derived !== other.derived) return false;
    if (reading.referenced !== other.referenced || reading.retaken?.takenAt.start !== other.retaken?.takenAt.start) return false;
  }
  return true;
}
