// Calls: hoisted in evaluation order. Macros and functions whose meaning is part of the language of the kernel become plain IR.

import { assignedArgument, isNoReturn, isPure, isTransparent, isWarning } from '../kernel/primitives.ts';
import { lockOperation } from '../kernel/locks.ts';
import type { Span } from '../base/text.ts';
import type { Row } from '../syntax/tree.ts';
import { fold, lowerCondition, lowerValue } from './expressions.ts';
import type { Expr } from './ir.ts';
import type { Lowering } from './lowering.ts';
import { lowerMacroCall } from './macro-calls.ts';

/** Rows of the arguments of a call. */
export function argumentRows(low: Lowering, row: Row): Row[] {
  const list = low.tree.childByField(row, 'arguments');
  return list < 0 ? [] : low.tree.namedChildren(list);
}

/** Name of the function that a call names directly; null for a call through a pointer. */
export function directCallee(low: Lowering, row: Row): string | null {
  const callee = low.tree.childByField(row, 'function');
  if (callee < 0 || low.tree.kind(callee) !== 'identifier') return null;
  const name = low.tree.textOf(callee);
  return low.resolve(name) || low.expansion?.arguments.has(name) ? null : name;
}

/** A call; `wanted` says whether its value is used. */
export function lowerCall(low: Lowering, row: Row, wanted: boolean): Expr {
  const { tree } = low;
  const at = tree.span(row);
  const name = directCallee(low, row);
  const rows = argumentRows(low, row);
  const first = rows[0];
  if (name !== null && first !== undefined) {
    const special = lowerKnownCall(low, row, name, rows, first, wanted);
    if (special) return special;
  }
  const expanded = name === null ? null : lowerMacroCall(low, name, rows, at, wanted);
  if (expanded) return expanded;
  if (name !== null && isNoReturn(name)) {
    low.call(name, lowerArguments(low, rows), at, null);
    low.graph.end({ op: 'stop', name, span: at, macro: null });
    return low.unknown(at, 'form');
  }
  const calleeRow = tree.childByField(row, 'function');
  const callee: Expr = name === null ? lowerValue(low, calleeRow) : { kind: 'global', name, ...tree.span(calleeRow) };
  const { inUnknownMacro } = low;
  low.inUnknownMacro ||= name !== null && !/[a-z]/.test(name);
  const args = lowerArguments(low, rows);
  low.inUnknownMacro = inUnknownMacro;
  const result = wanted ? low.temporary(at) : null;
  low.emit({ op: 'call', result, callee, name, args, span: at, macro: null, scopeExit: null });
  const written = name === null ? null : assignedArgument(name);
  const flags = name !== null && lockOperation(name)?.irq === 'irqsave' ? args[1] : undefined;
  const target = written === null ? flags : args[written];
  if (target?.kind === 'variable') low.assign(target, low.unknown(at, 'macro'), at, name);
  return result ? low.variable(result, at) : low.unknown(at, 'form');
}

export function lowerArguments(low: Lowering, rows: readonly Row[]): Expr[] {
  return rows.map((row) => {
    const value = lowerValue(low, row);
    if (value.kind === 'variable' && value.variable.type.includes('[')) value.variable.addressTaken = true;
    return value;
  });
}

/** Whether a condition takes a lock and tests whether it got it. */
function mayFailToLock(text: string): boolean {
  return [...text.matchAll(/\w+/gu)].some(([name]) => (lockOperation(name)?.success ?? 'always') !== 'always');
}

/** `WARN_ON(!mutex_trylock(&m));`: both ways go on, and the one that complained is marked by the macro of its jump. */
function lowerWarning(low: Lowering, name: string, condition: Row, at: Span): Expr {
  const [warned, on] = [low.graph.create(), low.graph.create()];
  lowerCondition(low, condition, warned, on, name);
  low.graph.enter(warned, at);
  low.graph.jump(on, at, name);
  low.graph.enter(on, at);
  return low.unknown(at, 'form');
}

/** Calls whose meaning is part of the language of the kernel. Null if the name is none of them. */
function lowerKnownCall(low: Lowering, row: Row, name: string, rows: readonly Row[], first: Row, wanted: boolean): Expr | null {
  const { tree } = low;
  const at = tree.span(row);
  if (isTransparent(name)) return lowerValue(low, first);
  if (isWarning(name)) {
    if (!wanted && mayFailToLock(tree.textOf(first))) return lowerWarning(low, name, first, at);
    const value = lowerValue(low, first);
    lowerArguments(low, rows.slice(1));
    return value;
  }
  switch (name) {
    case 'IS_ENABLED':
    case 'IS_BUILTIN':
    case 'IS_REACHABLE':
    case 'IS_MODULE':
      return { kind: 'config', text: fold(tree.textOf(first)), ...at };
    case 'BUG_ON':
    case 'VM_BUG_ON': {
      const [stop, on] = [low.graph.create(), low.graph.create()];
      lowerCondition(low, first, stop, on, name);
      low.graph.enter(stop, at);
      low.graph.end({ op: 'stop', name, span: at, macro: name });
      low.graph.enter(on, at);
      return low.unknown(at, 'form');
    }
    case 'no_free_ptr':
    case 'take_fd':
    case 'retain_and_null_ptr': {
      const place = lowerValue(low, first);
      const moved = low.temporary(at);
      low.assign(low.variable(moved, at), place, at, name);
      low.assign(place, { kind: 'integer', value: name === 'take_fd' ? -1 : 0, text: name === 'take_fd' ? '-1' : 'NULL', ...at }, at, name);
      return low.variable(moved, at);
    }
    case 'WRITE_ONCE':
    case 'rcu_assign_pointer':
    case 'RCU_INIT_POINTER': {
      const second = rows[1];
      if (second === undefined) return null;
      const value = lowerValue(low, second);
      const place = lowerValue(low, first);
      low.assign(place, value, at, name);
      return place;
    }
    case 'smp_store_release': {
      const second = rows[1];
      if (second === undefined) return null;
      const value = lowerValue(low, second);
      low.assign({ kind: 'deref', of: lowerValue(low, first), ...tree.span(first) }, value, at, name);
      return value;
    }
    case 'swap': {
      const second = rows[1];
      if (second === undefined) return null;
      const [left, right, kept] = [lowerValue(low, first), lowerValue(low, second), low.temporary(at)];
      low.assign(low.variable(kept, at), left, at, name);
      low.assign(left, right, at, name);
      low.assign(right, low.variable(kept, at), at, name);
      return right;
    }
    default:
      return isPure(name) ? { kind: 'apply', name, args: lowerArguments(low, rows), ...at } : null;
  }
}
