// What the events of a walk say of a lock at the function's entry, and whether the lock has a name there.

import { recordOf } from '../../flow/lock-state.ts';
import type { LockWalk } from '../../flow/program.ts';
import type { ValueId } from '../../flow/values.ts';

/** Whether some path takes the lock as the first thing it does with it: then nobody holds it at entry. */
export function isTakenFirst(locks: LockWalk, lock: ValueId): boolean {
  return locks.events.some(
    (event) =>
      event.action === 'acquire' &&
      event.lock === lock &&
      event.outcome === 'taken' &&
      !recordOf(event.state.locks, lock) &&
      !event.state.locks.allTouched,
  );
}

/** False for a lock of an object that differs from path to path or from round to round: two events on it may be about two objects. */
export function isOneObject(locks: LockWalk, lock: ValueId): boolean {
  const { values } = locks.result;
  return values.symbolsOf(lock).every((symbol) => {
    const value = values.get(symbol);
    return value.kind !== 'symbol' || !/^(?:joined:|seen:|old\d)|@chain:/.test(value.name);
  });
}
