// Functions that ask whether a lock is held: `mutex_is_locked(lock)`. Who acts on the answer knows what it does with the lock.

import { asksWhetherHeld, type LockOperation } from '../kernel/locks.ts';
import { contains, nonZero } from './intervals.ts';
import { recordOf } from './lock-state.ts';
import type { ValueId, ValueTable } from './values.ts';
import type { WalkState } from './walk-events.ts';

/** A path that holds the lock itself gets the answer yes. */
export function answerHeld(values: ValueTable, name: string, args: readonly ValueId[], result: ValueId, state: WalkState): void {
  const [asked] = args;
  if (asked === undefined || !asksWhetherHeld(name)) return;
  if (recordOf(state.locks, values.original(asked))?.status === 'held') state.store.narrow(values, result, nonZero);
}

/** Whether a path goes on from the answer that somebody holds a lock, and that may be its caller. */
export function wasToldHeld(values: ValueTable, lock: ValueId, operation: LockOperation | null, state: WalkState): boolean {
  const [own, inside] = values.waysTo(lock);
  for (const [id, set] of state.store.known()) {
    const value = values.get(id);
    if (value.kind !== 'apply' || contains(set, 0) || !asksWhetherHeld(value.name)) continue;
    const asked = value.args[0];
    // `rtnl_is_locked()` asks of the lock of `rtnl_lock()`.
    if (asked === undefined ? operation?.argument === null : [own, inside].includes(values.original(asked))) return true;
  }
  return false;
}
