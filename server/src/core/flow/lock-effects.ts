// One lock taken or given back on a path, with the stretch without interrupts that goes with it.

import { isSection, lockOperation, sectionOf, type LockOperation } from '../kernel/locks.ts';
import { wasToldHeld } from './held-questions.ts';
import type { Instruction } from './ir.ts';
import { acquire, blur, enterSection, leaveSection, recordOf, release } from './lock-state.ts';
import { loseOtherNames } from './unseen-locks.ts';
import type { ValueId } from './values.ts';
import type { Walker } from './walk.ts';
import type { WalkState } from './walk-events.ts';

type Call = Extract<Instruction, { op: 'call' }>;

export interface Effect {
  readonly lock: ValueId;
  readonly class: LockOperation['class'];
  readonly mode: LockOperation['mode'];
}

/** `indirect`: the called function `name` takes it in its own code. */
export function take(walker: Walker, call: Call, effect: Effect, name: string, indirect: boolean, state: WalkState): void {
  const before = { ...state };
  const trail = walker.step(state, { kind: 'acquire', lock: effect.lock, name, via: indirect ? name : null, span: call.span });
  const operation = indirect ? null : lockOperation(name);
  if (isSection(effect.class)) {
    state.locks = enterSection(state.locks, effect.lock, effect.class, operation?.irq ?? 'irq', trail);
    return;
  }
  const section = operation && sectionOf(operation);
  if (section) state.locks = enterSection(state.locks, walker.values.global(section.name), section.class, operation.irq, trail);
  const [locks, outcome] = acquire(walker.values, state.locks, effect.lock, effect.class, effect.mode, trail);
  state.locks =
    section && outcome === 'double' ? blur(locks, walker.values.global(section.name), section.class, 'exclusive', trail) : locks;
  state.store.markStale(walker.values);
  walker.observer.lock?.({ action: 'acquire', ...effect, outcome, name, indirect, span: call.span, state: before });
}

/** `indirect`: the called function `name` gives it back in its own code. */
export function give(walker: Walker, call: Call, effect: Effect, name: string, indirect: boolean, state: WalkState): void {
  const before = { ...state };
  const trail = walker.step(state, { kind: 'release', lock: effect.lock, name, via: indirect ? name : null, span: call.span });
  const operation = indirect ? null : lockOperation(name);
  if (isSection(effect.class)) {
    state.locks = leaveSection(state.locks, effect.lock, effect.class, operation?.irq ?? 'none', trail);
    return;
  }
  const section = operation && sectionOf(operation);
  if (section) state.locks = leaveSection(state.locks, walker.values.global(section.name), section.class, operation.irq, trail);
  loseOtherNames(walker, effect.lock, trail, state);
  const isOwn = recordOf(state.locks, effect.lock)?.status === 'held';
  if (!isOwn && wasToldHeld(walker.values, effect.lock, operation, state))
    state.locks = blur(state.locks, effect.lock, effect.class, effect.mode, trail);
  const [locks, outcome] = release(walker.values, state.locks, effect.lock, effect.class, effect.mode, trail);
  state.locks = locks;
  state.store.markStale(walker.values);
  walker.observer.lock?.({ action: 'release', ...effect, outcome, name, indirect, span: call.span, state: before });
}
