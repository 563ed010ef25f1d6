// Functions of the kernel that are built in: one step, or none, on the cells.

import type { Act } from '../../model/machine/code.ts';
import type { Cpu } from '../../model/machine/cpu.ts';
import type { Value } from '../../model/machine/names.ts';
import { isSilentCall } from '../../kernel/primitives.ts';
import type { Scope } from '../compile/scope.ts';
import { isSymbol, numberOf } from '../values.ts';
import { counter } from './applied.ts';
import { addNode, initList, nodesOf, removeNode, spliceList } from './lists.ts';

export interface Effect {
  /** Null: touches nothing that others see. */
  readonly kind: Act['kind'] | null;
  readonly run: (scope: Scope, c: Cpu, args: readonly Value[], text: string) => Value;
}

const at = (args: readonly Value[], index: number): Value => args[index] ?? null;

function list(run: (scope: Scope, c: Cpu, args: readonly Value[], text: string) => void): Effect {
  return {
    kind: 'list',
    run: (scope, c, args, text) => {
      run(scope, c, args, text);
      return null;
    },
  };
}

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
  [
    'list_add',
    list((s, c, a, t) => {
      addNode(s.env.memory, c, at(a, 0), at(a, 1), 'first', t);
    }),
  ],
  [
    'list_add_tail',
    list((s, c, a, t) => {
      addNode(s.env.memory, c, at(a, 0), at(a, 1), 'last', t);
    }),
  ],
  [
    'list_add_rcu',
    list((s, c, a, t) => {
      addNode(s.env.memory, c, at(a, 0), at(a, 1), 'first', t);
    }),
  ],
  [
    'list_add_tail_rcu',
    list((s, c, a, t) => {
      addNode(s.env.memory, c, at(a, 0), at(a, 1), 'last', t);
    }),
  ],
  [
    'list_del',
    list((s, c, a, t) => {
      removeNode(s.env.memory, c, at(a, 0), t);
    }),
  ],
  [
    'list_del_init',
    list((s, c, a, t) => {
      removeNode(s.env.memory, c, at(a, 0), t);
    }),
  ],
  [
    'list_del_rcu',
    list((s, c, a, t) => {
      removeNode(s.env.memory, c, at(a, 0), t);
    }),
  ],
  [
    'list_move',
    list((s, c, a, t) => {
      removeNode(s.env.memory, c, at(a, 0), t);
      addNode(s.env.memory, c, at(a, 0), at(a, 1), 'first', t);
    }),
  ],
  [
    'list_move_tail',
    list((s, c, a, t) => {
      removeNode(s.env.memory, c, at(a, 0), t);
      addNode(s.env.memory, c, at(a, 0), at(a, 1), 'last', t);
    }),
  ],
  [
    'list_splice',
    list((s, c, a, t) => {
      spliceList(s.env.memory, c, at(a, 0), at(a, 1), 'first', t);
    }),
  ],
  [
    'list_splice_init',
    list((s, c, a, t) => {
      spliceList(s.env.memory, c, at(a, 0), at(a, 1), 'first', t);
    }),
  ],
  [
    'list_splice_tail',
    list((s, c, a, t) => {
      spliceList(s.env.memory, c, at(a, 0), at(a, 1), 'last', t);
    }),
  ],
  [
    'list_splice_tail_init',
    list((s, c, a, t) => {
      spliceList(s.env.memory, c, at(a, 0), at(a, 1), 'last', t);
    }),
  ],
  [
    'INIT_LIST_HEAD',
    list((s, c, a, t) => {
      initList(s.env.memory, c, at(a, 0), t);
    }),
  ],
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
