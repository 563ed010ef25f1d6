// What becomes of the function's own memory, and of its caller's, that a call is handed.

import type { Instruction } from './ir.ts';
import { heldObjects, touch } from './lock-state.ts';
import type { Store } from './store.ts';
import { resolvePath, type ExitClass } from './summary.ts';
import type { ValueId } from './values.ts';
import type { Walker } from './walk.ts';
import type { WalkState } from './walk-events.ts';

type Call = Extract<Instruction, { op: 'call' }>;

/** Variables of the function whose address a call is handed may hold anything afterwards. */
export function forgetHandedOut(walker: Walker, call: Call, args: readonly ValueId[], isKnown: boolean, state: WalkState): void {
  const { values } = walker;
  args.forEach((arg, index) => {
    const object = values.objectOf(arg);
    if (values.get(object).kind !== 'local') return;
    // A pointer that the function may replace leads it to the locks of what it points to.
    const pointed = state.store.read(values, arg);
    if (
      !isKnown &&
      state.locks.records.some((record) => record.status === 'held' && values.objectOf(record.lock) === values.original(pointed))
    )
      state.locks = touch(values, state.locks, values.symbolsOf(pointed), state.trail);
    const replacement = walker.fresh(state, `out@${String(call.span.start)}:${String(index)}`);
    // What a structure of locals says of a locked object it goes on to say.
    state.store.forgetObject(values, object, replacement, heldObjects(values, state.locks));
  });
}

/** A structure of locals goes on to hold an object that the call locked, unless the callee put another one there. */
export function keepParts({ values }: Walker, found: Store, state: WalkState): void {
  if (found === state.store) return;
  const held = heldObjects(values, state.locks);
  for (const [address, content] of held.size === 0 ? [] : found.contents())
    if (
      values.isLocalAddress(address) &&
      values.get(address).kind !== 'local' &&
      held.has(values.original(content)) &&
      state.store.read(values, address) === values.content(address)
    )
      state.store.write(values, address, content);
}

/** On this way the callee leaves objects that have a name here in places that it was handed. */
export function fillPlaces(walker: Walker, call: Call, exit: ExitClass, args: readonly ValueId[], found: Store, state: WalkState): void {
  const { values } = walker;
  for (const { place, object } of exit.stores ?? []) {
    const address = resolvePath(values, found, place, args, values.unknown);
    const named = resolvePath(values, found, object, args, values.unknown);
    if (address === values.unknown || named === values.unknown) continue;
    state.store.write(values, values.original(address), walker.copy(named, `${call.name ?? ''}@${String(call.span.start)}`, state));
  }
}
