// What becomes of locks that a path holds in calls of which the code does not tell all.

import { isOtherHalf } from '../kernel/lock-names.ts';
import { lockOperation } from '../kernel/locks.ts';
import { isSilentCall } from '../kernel/primitives.ts';
import type { Instruction, Procedure } from './ir.ts';
import { blur, recordOf, touch } from './lock-state.ts';
import type { Trail } from './trail.ts';
import type { ValueId } from './values.ts';
import type { Walker } from './walk.ts';
import type { WalkState } from './walk-events.ts';

type Call = Extract<Instruction, { op: 'call' }>;

/** A function whose code is not at hand is given a lock that is held, not an object that has it: it may give it back. */
export function handOnLocks(walker: Walker, call: Call, args: readonly ValueId[], state: WalkState): void {
  if (/(?:^|_)(?:init|destroy|free|held|locked)(?:_|$)/.test(call.name ?? '')) return;
  for (const arg of args) {
    const record = recordOf(state.locks, walker.values.original(arg));
    if (record?.status !== 'held') continue;
    const trail = walker.step(state, { kind: 'unseen', name: call.name ?? '', span: call.span });
    state.locks = blur(state.locks, record.lock, record.class, record.mode, trail);
  }
}

/** A function whose code is not at hand ends what a function of a header began (`queue_limits_start_update`, `queue_limits_commit_update`), or begins it anew. */
export function loseToCounterpart(name: string, state: WalkState): void {
  for (const { lock, class: lockClass, mode, status, since } of state.locks.records) {
    const step = since?.step;
    if ((step?.kind !== 'acquire' && step?.kind !== 'release') || step.via === null || status === 'required' || status === 'unknown')
      continue;
    if (isOtherHalf(step.via, name)) state.locks = blur(state.locks, lock, lockClass, mode, since);
  }
}

/** Whether a call passes on the care for a lock: `&locked`, or a callback that is named after one. */
export function handsOnLock(call: Call): boolean {
  return tellsOfLock(call) || call.args.some((arg) => arg.kind === 'global' && /[a-z]/.test(arg.name) && seemsToLock(arg.name));
}

/** Whether a call says in a variable of the caller's what became of a lock. */
export function tellsOfLock(call: Call): boolean {
  return call.args.some((arg) => {
    const variable = arg.kind === 'address' && arg.of.kind === 'variable' ? arg.of.variable : arg.kind === 'variable' ? arg.variable : null;
    return variable !== null && (arg.kind === 'address' || variable.type.includes('*')) && /^(?:un)?locked$/.test(variable.name);
  });
}

/** Nobody knows any more of the locks that sleep, whichever of them the call is about. */
export function loseHeld(walker: Walker, name: string, call: Call, args: readonly ValueId[], state: WalkState): void {
  const { values } = walker;
  const trail = walker.step(state, { kind: 'unseen', name, span: call.span });
  state.locks = touch(
    values,
    state.locks,
    args.flatMap((arg) => values.symbolsOf(arg)),
    trail,
  );
  for (const { lock, class: lockClass, mode } of state.locks.records)
    if (lockClass === 'mutex' || lockClass === 'rwsem') state.locks = blur(state.locks, lock, lockClass, mode, trail);
}

/** A lock that was not taken by this name may be one that was taken by another: the same object, reached through memory that a callee wrote. */
export function loseOtherNames({ values, names, procedure }: Walker, lock: ValueId, trail: Trail, state: WalkState): void {
  const name = names.get(lock);
  if (name === undefined || recordOf(state.locks, lock)) return;
  const others = state.locks.records.filter(
    (one) => one.status === 'held' && names.get(one.lock) === name && (values.isShared(lock) || values.isShared(one.lock)),
  );
  if (!others.some((one) => callsBetween(procedure, one.since?.step.span.end ?? 0, trail.step.span.start))) return;
  for (const one of others) state.locks = blur(state.locks, one.lock, one.class, one.mode, trail);
  const [first] = others;
  if (first) state.locks = blur(state.locks, lock, first.class, first.mode, trail);
}

/** Whether the text between two offsets calls something that may write memory. */
function callsBetween({ blocks }: Procedure, from: number, to: number): boolean {
  return blocks.some((block) =>
    block.instructions.some(
      (one) =>
        one.op === 'call' &&
        one.span.start >= from &&
        one.span.end <= to &&
        (one.name === null || !(isSilentCall(one.name) || lockOperation(one.name))),
    ),
  );
}

const lockWord = /(?:^|_)(?:un)?lock(?:s|all)?(?:_|$)|trylock|(?:^|_)locked_|(?:^|_)(?:begin|end)$/;
/** Names with a word for a lock that do nothing to one. */
export const noLock =
  /^cond_resched_|^wait_event\w*_lock|_unlock_wait$|lock_(?:init|destroy|assert|class|key|name|stat|nr|depth|is)|(?:^|_)(?:lockdep|might_lock)(?:_|$)|_is_locked$/;

/** Whether a function whose code is not at hand may, by its name, take or give back a lock of what it is handed. */
export function seemsToLock(name: string): boolean {
  return lockWord.test(name) && !noLock.test(name);
}
