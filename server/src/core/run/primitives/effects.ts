// Functions of the kernel that are built in: one step, or none, on the cells.

import type { Act } from '../../model/machine/code.ts';
import type { Cpu } from '../../model/machine/cpu.ts';
import type { Value } from '../../model/machine/names.ts';
import { isSilentCall } from '../../kernel/primitives.ts';
import type { Scope } from '../compile/scope.ts';
import type { Memory } from '../memory.ts';
import { isSymbol, numberOf } from '../values.ts';
import { counter } from './applied.ts';
import { addNode, initList, nodesOf, removeNode, spliceList } from './lists.ts';

/** Where a node goes in a list. */
type End = 'first' | 'last';

export interface Effect {
  /** Null: touches nothing that others see. */
  readonly kind: Act['kind'] | null;
  readonly run: (scope: Scope, c: Cpu, args: readonly Value[], text: string) => Value;
}

const at = (args: readonly Value[], index: number): Value => args[index] ?? null;

/** A step that changes a list and gives nothing. */
function listed(run: (memory: Memory, c: Cpu, args: readonly Value[], text: string) => void): Effect {
  return {
    kind: 'list',
    run: (scope, c, args, text) => {
      run(scope.env.memory, c, args, text);
      return null;
    },
  };
}

const added = (end: End): Effect => listed((memory, c, args, text) => addNode(memory, c, at(args, 0), at(args, 1), end, text));
const removed = listed((memory, c, args, text) => removeNode(memory, c, at(args, 0), text));
const moved = (end: End): Effect =>
  listed((memory, c, args, text) => {
    removeNode(memory, c, at(args, 0), text);
    addNode(memory, c, at(args, 0), at(args, 1), end, text);
  });
const spliced = (end: End): Effect => listed((memory, c, args, text) => spliceList(memory, c, at(args, 0), at(args, 1), end, text));

/** Changes a counter, and gives what `result` makes of its old and new number. */
function counted(
  index: number,
  by: (args: readonly Value[], words: ReadonlyMap<string, number>) => number,
  result: (before: number, after: number) => Value,
): Effect {
  return {
    kind: 'mutate',
    run: (scope, c, args, text) => {
      const { memory, unknowns, binding } = scope.env;
      const place = counter(memory.target(c, at(args, index), text));
      const old = unknowns.resolve(c, memory.load(c, place, null));
      if (isSymbol(old)) return `?${text}`;
      const before = numberOf(old, binding.numbers) ?? 0;
      const after = before + by(args, binding.numbers);
      memory.store(c, place, after, null);
      return result(before, after);
    },
  };
}

const none: Effect = { kind: null, run: () => null };
const first: Effect = { kind: null, run: (_scope, _c, args) => at(args, 0) };

function setCount(number: (args: readonly Value[]) => Value): Effect {
  return {
    kind: 'mutate',
    run: (scope, c, args, text) => {
      const { memory } = scope.env;
      memory.store(c, counter(memory.target(c, at(args, 0), text)), number(args), null);
      return null;
    },
  };
}

const table = new Map<string, Effect>([
  ['list_add', added('first')],
  ['list_add_rcu', added('first')],
  ['list_add_tail', added('last')],
  ['list_add_tail_rcu', added('last')],
  ['list_del', removed],
  ['list_del_init', removed],
  ['list_del_rcu', removed],
  ['list_move', moved('first')],
  ['list_move_tail', moved('last')],
  ['list_splice', spliced('first')],
  ['list_splice_init', spliced('first')],
  ['list_splice_tail', spliced('last')],
  ['list_splice_tail_init', spliced('last')],
  ['INIT_LIST_HEAD', listed((memory, c, args, text) => initList(memory, c, at(args, 0), text))],
  ['list_count_nodes', { kind: 'list', run: (s, c, a, t) => nodesOf(s.env.memory, c, at(a, 0), t).length }],
  ['kref_init', setCount(() => 1)],
  ['refcount_set', setCount((args) => at(args, 1))],
  ['atomic_set', setCount((args) => at(args, 1))],
  [
    'kref_get',
    counted(
      0,
      () => 1,
      () => null,
    ),
  ],
  [
    'kref_get_unless_zero',
    counted(
      0,
      () => 1,
      (before) => (before > 0 ? 1 : null),
    ),
  ],
  [
    'refcount_inc',
    counted(
      0,
      () => 1,
      () => null,
    ),
  ],
  [
    'atomic_inc',
    counted(
      0,
      () => 1,
      () => null,
    ),
  ],
  [
    'atomic_dec',
    counted(
      0,
      () => -1,
      () => null,
    ),
  ],
  [
    'refcount_dec',
    counted(
      0,
      () => -1,
      () => null,
    ),
  ],
  [
    'refcount_inc_not_zero',
    counted(
      0,
      () => 1,
      (before) => (before > 0 ? 1 : null),
    ),
  ],
  [
    'refcount_dec_and_test',
    counted(
      0,
      () => -1,
      (_, after) => (after === 0 ? 1 : null),
    ),
  ],
  [
    'atomic_dec_and_test',
    counted(
      0,
      () => -1,
      (_, after) => (after === 0 ? 1 : null),
    ),
  ],
  [
    'atomic_inc_return',
    counted(
      0,
      () => 1,
      (_, after) => after,
    ),
  ],
  [
    'atomic_dec_return',
    counted(
      0,
      () => -1,
      (_, after) => after,
    ),
  ],
  ['mutex_init', none],
  ['spin_lock_init', none],
  ['init_rwsem', none],
  ['mutex_destroy', none],
  ['memset', none],
  ['no_free_ptr', first],
  ['__set_current_state', none],
]);

const noSilence = /^(?:memcpy|memset|kfree|kvfree|k[a-z]*alloc|barrier|smp_\w+)$/;

/** Whether a call only tells: a log line, a trace point, an assertion of the build. */
export const isSilent = (name: string): boolean => isSilentCall(name) && !noSilence.test(name) && !table.has(name);

/** What a built-in function does; null for one that is none. */
export function effectOf(name: string): Effect | null {
  return table.get(name) ?? (/^(?:barrier|smp_[mrw]+b)$/.test(name) ? none : null);
}
