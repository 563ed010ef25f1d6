// Joins states of a block that has more of them than a walk keeps apart.

import { errnoClass } from './errno-class.ts';
import type { Variable } from './ir.ts';
import { joinLocks, locksKey } from './lock-state.ts';
import { Store } from './store.ts';
import type { ValueId, ValueTable } from './values.ts';
import type { WalkState } from './walk-events.ts';

/** States that a block keeps apart; above it they are joined. */
export const maxStates = 8;

/** What states have to have in common to be joined: all that may be tested again, then locks and the class of a result that is, then locks. */
const levels = 3;

/** What is remembered of the states that came to a block. */
export interface Gathered {
  /** Walked, and not joined with others. */
  readonly states: WalkState[];
  /** By what they have in common: the joins of all others that came so far. */
  readonly joined: Map<string, WalkState>;
  level: number;
}

export interface Merging {
  readonly values: ValueTable;
  /** The block. */
  readonly id: number;
  /** The variable that is going to be returned; null if there is none. */
  readonly returned: Variable | null;
  /** Only the locks tell states apart, as at the head of a loop. */
  readonly byLocks: boolean;
  /** Addresses whose values are not tested again. */
  readonly untested: ReadonlySet<ValueId>;
  /** Knowledge that a join grew before may only shrink. */
  readonly widen: boolean;
}

/** States that are equal for a walk unless one of them knows more: the same locks, on the same side of a gap. */
export function lockKey(state: WalkState): string {
  return locksKey(state.locks) + (state.gap ? '+' : '');
}

/** Joins what arrived with what was there; gives the states that have to be walked. */
export function mergeStates(merging: Merging, gathered: Gathered, fresh: readonly WalkState[]): WalkState[] {
  const walked = [...gathered.joined.values(), ...gathered.states];
  gathered.states.length = 0;
  gathered.joined.clear();
  if (merging.byLocks) gathered.level = levels - 1;
  let groups = groupsOf(merging, gathered.level, walked, fresh);
  while (groups.size > maxStates && gathered.level < levels - 1) groups = groupsOf(merging, ++gathered.level, walked, fresh);
  const open: WalkState[] = [];
  for (const [key, { known, arrived }] of groups) {
    const before = known.reduce<WalkState | null>((all, state) => (all ? join(merging, all, state, false) : state), null);
    const after = arrived.reduce<WalkState | null>((all, state) => (all ? join(merging, all, state, merging.widen) : state), before);
    if (!after) continue;
    gathered.joined.set(key, after);
    if (arrived.length > 0 && before?.store.key() !== after.store.key()) open.push({ ...after, store: after.store.clone() });
  }
  return open;
}

interface Group {
  readonly known: WalkState[];
  readonly arrived: WalkState[];
}

function groupsOf(merging: Merging, level: number, known: readonly WalkState[], arrived: readonly WalkState[]): Map<string, Group> {
  const groups = new Map<string, Group>();
  const groupOf = (state: WalkState): Group => {
    const key = keyOf(merging, level, state);
    const group = groups.get(key) ?? { known: [], arrived: [] };
    groups.set(key, group);
    return group;
  };
  for (const state of known) groupOf(state).known.push(state);
  for (const state of arrived) groupOf(state).arrived.push(state);
  return groups;
}

function keyOf({ values, returned, untested }: Merging, level: number, state: WalkState): string {
  const locks = lockKey(state);
  if (level === levels - 1) return locks;
  if (level === 0) return `${locks}|${state.store.testedKey(values, untested)}`;
  return returned && !untested.has(values.local(returned)) ? `${locks}|${errnoClass(values, state.store, returned)}` : locks;
}

function join({ values, id }: Merging, left: WalkState, right: WalkState, widen: boolean): WalkState {
  const phi = (address: ValueId): ValueId => values.symbol(`joined:${String(id)}:${String(address)}`);
  return {
    store: Store.join(values, left.store, right.store, phi, widen),
    locks: joinLocks(left.locks, right.locks),
    trail: left.trail,
    gap: left.gap,
  };
}
