// Macros and functions that only compute, as the graph has them: error pointers, container_of, lists asked, comparisons of strings.

import type { Expr } from '../../flow/ir.ts';
import { printExpr } from '../../flow/print.ts';
import type { Cpu } from '../../model/machine/cpu.ts';
import type { Value } from '../../model/machine/names.ts';
import type { Scope } from '../compile/scope.ts';
import { arithmetic, asValue, isErrorValue, isNothing, isString, isSymbol, numberOf, isPastEnd, pastEndOf } from '../values.ts';
import { codeMemory } from './allocation.ts';
import { besideNode, entryOf, isAtEnd, isEmptyList, nodesOf } from './lists.ts';

type Apply = Extract<Expr, { kind: 'apply' }>;
type Evaluate = (c: Cpu) => Value;
type Compile = (scope: Scope, expr: Expr) => Evaluate;

/** Names that read memory behind their arguments. */
const shared = new Set(
  (
    'list_empty list_empty_careful list_is_singular list_first_entry list_last_entry list_first_entry_or_null list_next_entry list_prev_entry ' +
    'list_is_last list_is_first hlist_empty READ_ONCE smp_load_acquire atomic_read atomic64_read atomic_long_read refcount_read kref_read ' +
    'test_bit dev_get_drvdata strcmp strncmp'
  ).split(' '),
);

export function isSharedApply(scope: Scope, name: string): boolean {
  const row = scope.env.binding.functions.get(name);
  return row?.how === 'value' ? row.kind !== null : shared.has(name);
}

/** Names that give their first argument on. */
const transparent = new Set(
  (
    'ERR_PTR PTR_ERR ERR_CAST READ_ONCE rcu_dereference rcu_dereference_protected rcu_dereference_check rcu_dereference_raw rcu_access_pointer ' +
    'rcu_dereference_bh srcu_dereference cpu_to_le16 cpu_to_le32 cpu_to_le64 le16_to_cpu le32_to_cpu le64_to_cpu u64_to_user_ptr'
  ).split(' '),
);

/** The value of an `apply` expression. One that the tables do not have, or cannot work out, is the same unknown for the same arguments. */
export function applied(scope: Scope, expr: Apply, compile: Compile): Evaluate {
  const { memory, unknowns, binding } = scope.env;
  const { name } = expr;
  const [first, second, third] = expr.args;
  const args = expr.args.map((arg) => compile(scope, arg));
  const [a = nothing, b = nothing] = args;
  const text = printExpr(expr);
  const unknown: Evaluate = (c) => unknowns.resolve(c, `?${name}(${args.map((arg) => String(arg(c) ?? 0)).join(',')})`);
  const row = binding.functions.get(name);
  if (row?.how === 'value')
    return (c) =>
      unknowns.resolve(
        c,
        row.value(
          c,
          args.map((arg) => arg(c)),
          codeMemory(scope, c, text),
        ),
      );
  if (row?.how === 'nothing') return () => row.result ?? null;
  if (row?.how === 'choice' && row.results.length + row.fails.length === 1) return () => row.results[0] ?? row.fails[0] ?? null;
  if (transparent.has(name)) return a;
  const truth =
    (test: (c: Cpu) => boolean | null): Evaluate =>
    (c) => {
      const holds = test(c);
      return holds === null ? unknown(c) : holds ? 1 : null;
    };
  const member = third !== undefined ? memberName(third) : null;
  switch (name) {
    case 'IS_ERR':
    case 'IS_ERR_VALUE':
      return truth((c) => unknowns.compare(c, '<', a(c), null));
    case 'IS_ERR_OR_NULL':
      return truth((c) => unknowns.compare(c, '<=', a(c), null));
    case 'PTR_ERR_OR_ZERO':
      return (c) => {
        const value = a(c);
        const isError = unknowns.compare(c, '<', value, null);
        return isError === null ? unknown(c) : isError ? value : null;
      };
    case 'container_of':
    case 'container_of_const':
    case 'list_entry':
    case 'rb_entry':
    case 'hlist_entry':
      return (c) => (isSymbol(a(c)) || member === null ? unknown(c) : containerOf(scope, a(c), second, member));
    case 'list_empty':
    case 'list_empty_careful':
    case 'hlist_empty':
      return truth((c) => (isSymbol(a(c)) ? null : isEmptyList(memory, c, a(c), text)));
    case 'list_is_singular':
      return truth((c) => (isSymbol(a(c)) ? null : nodesOf(memory, c, a(c), text).length === 1));
    case 'list_first_entry':
    case 'list_last_entry':
    case 'list_first_entry_or_null':
      return (c) => {
        if (isSymbol(a(c)) || member === null) return unknown(c);
        const nodes = nodesOf(memory, c, a(c), text);
        const node = name === 'list_last_entry' ? nodes[nodes.length - 1] : nodes[0];
        if (node === undefined) return name === 'list_first_entry_or_null' ? null : pastEndOf(a(c));
        return entryOf(memory, node, member);
      };
    case 'list_is_first':
    case 'list_is_last':
      return truth((c) =>
        isSymbol(a(c)) || isSymbol(b(c)) ? null : isAtEnd(memory, c, a(c), b(c), name === 'list_is_first' ? 'first' : 'last', text),
      );
    case 'list_is_head':
      return truth((c) => (isSymbol(a(c)) || isSymbol(b(c)) ? null : a(c) === b(c)));
    case 'list_next_entry':
    case 'list_prev_entry': {
      const own = second === undefined ? null : memberName(second);
      return (c) => {
        const entry = a(c);
        if (own === null || typeof entry !== 'string' || isSymbol(entry)) return unknown(c);
        const beside = besideNode(memory, c, `&${entry}.${own}`, name === 'list_next_entry' ? 1 : -1, text);
        if (beside === null) return unknown(c);
        return beside.node === null ? pastEndOf(beside.head) : entryOf(memory, beside.node, own);
      };
    }
    case 'list_entry_is_head':
      return truth((c) => isPastEnd(a(c)));
    case 'min':
    case 'min_t':
    case 'max':
    case 'max_t': {
      const [x, y] = name.endsWith('_t') ? [b, args[2] ?? nothing] : [a, b];
      return (c) => {
        const smaller = unknowns.compare(c, '<=', x(c), y(c));
        return smaller === null ? unknown(c) : smaller === name.startsWith('min') ? x(c) : y(c);
      };
    }
    case 'BIT':
    case 'BIT_ULL':
      return (c) => {
        const number = isSymbol(a(c)) ? null : numberOf(a(c), binding.numbers);
        const bit = number === null ? null : arithmetic('<<', 1, number);
        return bit === null ? unknown(c) : asValue(bit);
      };
    case 'GENMASK':
    case 'GENMASK_ULL':
      return (c) => {
        const [high, low] = [a(c), b(c)].map((value) => (isSymbol(value) ? null : numberOf(value, binding.numbers)));
        if (typeof high !== 'number' || typeof low !== 'number' || low < 0 || high < low || high > 62) return unknown(c);
        return Number((1n << BigInt(high + 1)) - (1n << BigInt(low)));
      };
    case '__ffs':
    case '__ffs64':
    case 'ffs':
    case 'fls':
    case 'fls64':
    case 'ilog2':
    case 'order_base_2':
    case 'is_power_of_2':
    case 'hweight32':
    case 'hweight64':
      return (c) => {
        const number = isSymbol(a(c)) ? null : numberOf(a(c), binding.numbers);
        const result = number === null || number < 0 ? null : ofBits(name, number);
        return result === null ? unknown(c) : asValue(result);
      };
    case 'ALIGN':
    case 'round_up':
    case 'roundup':
    case 'ALIGN_DOWN':
    case 'round_down':
    case 'rounddown':
    case 'IS_ALIGNED':
    case 'DIV_ROUND_UP':
      return (c) => {
        const [x, y] = [a(c), b(c)].map((value) => (isSymbol(value) ? null : numberOf(value, binding.numbers)));
        if (x === null || x === undefined || y === null || y === undefined || y === 0) return unknown(c);
        if (name === 'IS_ALIGNED') return x % y === 0 ? 1 : null;
        if (name === 'DIV_ROUND_UP') return Math.ceil(x / y);
        return (/DOWN|down/.test(name) ? Math.floor(x / y) : Math.ceil(x / y)) * y;
      };
    case 'sysfs_streq':
    case 'strcmp':
      return (c) => {
        const [x, y] = [a(c), b(c)];
        if (!isString(x) || !isString(y)) return unknown(c);
        const same = name === 'strcmp' ? x === y : withoutNewline(x) === withoutNewline(y);
        return same === (name === 'sysfs_streq') ? 1 : null;
      };
    case 'kref_read':
    case 'refcount_read':
    case 'atomic_read':
    case 'atomic64_read':
    case 'atomic_long_read':
      return first === undefined ? unknown : (c) => unknowns.resolve(c, memory.load(c, counter(memory.target(c, a(c), text)), null));
    default:
      return unknown;
  }
}

/** Functions of the bits of a number that is not negative; null where the kernel leaves the result open. */
function ofBits(name: string, number: number): number | null {
  const highest = number === 0 ? -1 : Math.floor(Math.log2(number));
  let lowest = 0;
  while (number > 0 && Math.floor(number / 2 ** lowest) % 2 === 0) lowest++;
  switch (name) {
    case 'ffs':
      return number === 0 ? 0 : lowest + 1;
    case 'fls':
    case 'fls64':
      return highest + 1;
    case 'ilog2':
      return number === 0 ? null : highest;
    case 'order_base_2':
      return number <= 1 ? 0 : Math.ceil(Math.log2(number));
    case 'is_power_of_2':
      return number > 0 && lowest === highest ? 1 : 0;
    case 'hweight32':
    case 'hweight64':
      return [...number.toString(2)].filter((bit) => bit === '1').length;
    default:
      return number === 0 ? null : lowest;
  }
}

const nothing: Evaluate = () => null;
const withoutNewline = (text: string): string => text.replace(/(?:\\n)?"$/, '"');

/** Where a counter keeps its number. */
export const counter = (at: { readonly object: string; readonly path: string }): { object: string; path: string } => ({
  object: at.object,
  path: at.path === '*' ? 'count' : `${at.path}.count`,
});

function memberName(expr: Expr): string | null {
  if (expr.kind === 'global') return expr.name;
  if (expr.kind === 'variable') return expr.variable.name;
  if (expr.kind === 'type') return expr.text;
  if (expr.kind === 'field') {
    const base = memberName(expr.base);
    return base === null ? null : `${base}.${expr.name}`;
  }
  return null;
}

/** container_of(): through the rows for a member that is an object of its own, else by the member's name. */
function containerOf(scope: Scope, pointer: Value, type: Expr | undefined, member: string): Value {
  const { memory } = scope.env;
  if (isNothing(pointer) || isErrorValue(pointer) || typeof pointer !== 'string') return `?(${String(pointer ?? 0)}-${member})`;
  const struct = type?.kind === 'type' ? (type.text.trim().split(' ').pop() ?? null) : null;
  const row = memory.row(struct, member);
  if (row !== null && 'object' in row && row.outer !== undefined && !pointer.startsWith('&')) return row.outer(pointer);
  return entryOf(memory, pointer, member);
}
