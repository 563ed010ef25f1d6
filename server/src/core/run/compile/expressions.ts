// Expressions of C as functions of the machine's state: their values, and the memory that they name.

import { errnos } from '../../kernel/errnos.ts';
import type { Intervals } from '../../flow/intervals.ts';
import { childrenOf, type Expr } from '../../flow/ir.ts';
import { printExpr } from '../../flow/print.ts';
import type { Cpu } from '../../model/machine/cpu.ts';
import type { Value } from '../../model/machine/names.ts';
import type { Location } from '../memory.ts';
import { applied, isSharedApply } from '../primitives/applied.ts';
import { arithmetic, asValue, isFunction, isNothing, isPart, isSymbol, numberOf, pastEnd } from '../values.ts';
import { pastEndLocal } from './names.ts';
import { declaredStruct, type Scope } from './scope.ts';

export type Evaluate = (c: Cpu) => Value;
type Locate = (c: Cpu) => Location;

/** Whether working an expression out touches memory that other threads can see. */
export function isShared(scope: Scope, expr: Expr): boolean {
  const work: Expr[] = [expr];
  for (let at = work.pop(); at !== undefined; at = work.pop()) {
    switch (at.kind) {
      case 'address': {
        // Only the way to the place is worked out, not what stands there.
        const place = baseOfPlace(at.of);
        if (place !== null) work.push(place);
        continue;
      }
      case 'field':
        if (at.arrow ? !isFixedMember(scope, at) : !isLocalPlace(at)) return true;
        break;
      case 'deref':
        return true;
      case 'index':
        if (!isLocalPlace(at)) return true;
        break;
      case 'global':
        if (globalKind(scope, at.name) === 'variable') return true;
        break;
      case 'apply':
        if (isSharedApply(scope, at.name)) return true;
        break;
      default:
    }
    work.push(...childrenOf(at));
  }
  return false;
}

/** A member that always leads to the same object: no memory is read. */
function isFixedMember(scope: Scope, expr: Extract<Expr, { kind: 'field' }>): boolean {
  const row = scope.env.memory.row(declaredStruct(expr.base), expr.name);
  return row !== null && 'object' in row;
}

function isLocalPlace(expr: Expr): boolean {
  let at = expr;
  for (;;) {
    if (at.kind === 'field' && !at.arrow) at = at.base;
    else if (at.kind === 'index') at = at.base;
    else break;
  }
  return at.kind === 'variable' && (expr.kind === 'field' || at.variable.type.includes('[') || !at.variable.type.includes('*'));
}

/** What must be worked out to name a place: the pointer that leads to it; null for a local. */
function baseOfPlace(place: Expr): Expr | null {
  let at = place;
  for (;;) {
    if (at.kind === 'field') {
      if (at.arrow) return at.base;
      at = at.base;
    } else if (at.kind === 'index') at = at.base;
    else if (at.kind === 'deref') return at.of;
    else return null;
  }
}

function globalKind(scope: Scope, name: string): 'constant' | 'function' | 'variable' | 'symbol' {
  const { env } = scope;
  if (env.binding.constants.has(name) || errnos[name] !== undefined) return 'constant';
  if (env.binding.globals.has(name)) return 'variable';
  if (env.isCallable(name, scope.source.file, scope.depth) || env.binding.functions.has(name)) return 'function';
  return /[a-z]/.test(name) ? 'variable' : 'symbol';
}

/** A symbol for what an operator makes of values that are not known: the same operands give the same symbol. */
function derived(operator: string, ...operands: readonly Value[]): Value {
  const text = `?(${operands.map((one) => String(one ?? 0)).join(operator)})`;
  return text.length <= 160 ? text : `?(${fingerprint(text)})`;
}

function fingerprint(text: string): string {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return (hash >>> 0).toString(16);
}

const validPointers: Intervals = [1, Infinity];
const comparisons = new Set(['==', '!=', '<', '<=', '>', '>=']);
export const isComparison = (expr: Expr): boolean => expr.kind === 'binary' && comparisons.has(expr.operator);

/** The value of an expression, with what the path knows of it applied. */
export function compileValue(scope: Scope, expr: Expr): Evaluate {
  const { memory, unknowns, binding, ledger } = scope.env;
  switch (expr.kind) {
    case 'integer': {
      const value = asValue(expr.value);
      return () => value;
    }
    case 'string': {
      const value = expr.text.replace(/"\s*"/g, '');
      return () => value;
    }
    case 'global': {
      const { name } = expr;
      const kind = globalKind(scope, name);
      if (kind === 'constant') {
        const value = binding.constants.get(name) ?? errnos[name] ?? null;
        return () => value;
      }
      if (kind === 'function') return () => `fn:${name}`;
      if (kind === 'symbol') return (c) => unknowns.resolve(c, `?${name}`);
      const at = memory.global(name);
      return (c) => unknowns.resolve(c, memory.load(c, at, null));
    }
    case 'variable': {
      const { variable } = expr;
      if (!scope.isMemory(variable)) {
        const { name } = variable;
        return (c) => unknowns.resolve(c, c.v(name));
      }
      const locate = compileLocation(scope, expr);
      if (variable.type.includes('[')) return (c) => memory.address(c, locate(c), null);
      return (c) => unknowns.resolve(c, memory.load(c, locate(c), null));
    }
    case 'field':
    case 'index':
    case 'deref': {
      const locate = compileLocation(scope, expr);
      const declared = expr.kind === 'field' ? declaredStruct(expr.base) : null;
      return (c) => unknowns.resolve(c, memory.load(c, locate(c), declared));
    }
    case 'address': {
      if (expr.of.kind === 'global' && globalKind(scope, expr.of.name) === 'function') return compileValue(scope, expr.of);
      const locate = compileLocation(scope, expr.of);
      const declared = expr.of.kind === 'field' ? declaredStruct(expr.of.base) : null;
      return (c) => memory.address(c, locate(c), declared);
    }
    case 'unary':
      return compileUnary(scope, expr.operator, expr.of);
    case 'binary':
      return compileBinary(scope, expr);
    case 'cast': {
      const of = compileValue(scope, expr.of);
      if (!/^(?:bool|_Bool)$/.test(expr.type)) return of;
      return (c) => {
        const value = of(c);
        return isSymbol(value) ? derived('!!', value) : unknowns.truth(c, value) === true ? 1 : null;
      };
    }
    case 'apply':
      return applied(scope, expr, compileValue);
    case 'config': {
      const name = `?${expr.text}`;
      const known = binding.configs.get(expr.text);
      if (known !== undefined) return (c) => (known(c) ? 1 : null);
      const decided = binding.configs.get(expr.text);
      if (decided !== undefined) return (c) => (decided(c) ? 1 : null);
      return (c) => unknowns.resolve(c, name);
    }
    case 'constant':
    case 'type': {
      const name = `?${expr.text}`;
      return () => name;
    }
    case 'past-end':
      return (c) => c.v(pastEndLocal) ?? pastEnd;
    case 'aggregate':
    case 'more':
    case 'element':
      return () => null;
    case 'unknown': {
      const name = `?code@${expr.start}`;
      const range = scope.range(expr);
      return (c) => {
        ledger.assume(c, 'opaque', `not understood (${expr.reason}): ${scope.text(expr)}`, range);
        return unknowns.resolve(c, name);
      };
    }
  }
}

function compileUnary(scope: Scope, operator: string, of: Expr): Evaluate {
  const { unknowns, binding } = scope.env;
  const value = compileValue(scope, of);
  return (c) => {
    const operand = value(c);
    if (operator === '+') return operand;
    if (operator === '!') {
      const truth = unknowns.truth(c, operand);
      return truth === null ? derived('!', operand) : truth ? null : 1;
    }
    const number = isSymbol(operand) ? null : numberOf(operand, binding.numbers);
    if (number === null) return derived(operator, null, operand);
    return asValue(operator === '-' ? -number : ~number);
  };
}

function compileBinary(scope: Scope, expr: Extract<Expr, { kind: 'binary' }>): Evaluate {
  const { unknowns, binding, memory } = scope.env;
  const { operator } = expr;
  const left = compileValue(scope, expr.left);
  const right = compileValue(scope, expr.right);
  if (comparisons.has(operator)) {
    return (c) => {
      const [a, b] = [left(c), right(c)];
      const truth = unknowns.compare(c, operator, a, b);
      return truth === null ? derived(operator, a, b) : truth ? 1 : null;
    };
  }
  return (c) => {
    const [a, b] = [left(c), right(c)];
    if (operator === ',') return b;
    const [x, y] = [isSymbol(a) ? null : numberOf(a, binding.numbers), isSymbol(b) ? null : numberOf(b, binding.numbers)];
    if (x !== null && y !== null) {
      const result = arithmetic(operator, x, y);
      return result === null ? derived(operator, a, b) : asValue(result);
    }
    if ((operator === '&' || operator === '*') && (x === 0 || y === 0)) return null;
    if (operator === '+' && y === 0) return a;
    if (operator === '+' && x === 0) return b;
    if (isPart(a) && y !== null && (operator === '+' || operator === '-')) {
      const at = memory.split(a);
      return memory.address(c, shifted(at, operator === '+' ? y : -y), null);
    }
    return derived(operator, a, b);
  };
}

/** The element of an array so many places on. */
function shifted(at: Location, by: number): Location {
  const found = /^(.*)\[(-?\d+)\]$/.exec(at.path);
  const [stem, index] = found === null ? [at.path, 0] : [found[1] ?? '', Number(found[2])];
  return { object: at.object, path: `${stem}[${index + by}]` };
}

/** The value of a pointer that is followed. One that is not known is taken for valid from there on, and the path says so. */
function pointerValue(scope: Scope, expr: Expr): Evaluate {
  const { ledger, unknowns } = scope.env;
  const value = compileValue(scope, expr);
  const range = scope.range(expr);
  const text = `${printExpr(expr)} is taken for a valid pointer: what it leads to is not known`;
  return (c) => {
    const pointer = value(c);
    if (isSymbol(pointer)) {
      ledger.assume(c, 'value', text, range);
      unknowns.limit(c, pointer, validPointers);
    }
    return pointer;
  };
}

/** The memory that an expression names. */
export function compileLocation(scope: Scope, expr: Expr): Locate {
  const { memory, unknowns, binding } = scope.env;
  switch (expr.kind) {
    case 'variable': {
      const { variable } = expr;
      if (variable.kind === 'static') {
        const at: Location = { object: `static:${scope.source.function}`, path: variable.name };
        return () => at;
      }
      return (c) => ({ object: memory.frame(c), path: variable.name });
    }
    case 'global': {
      const at = memory.global(expr.name);
      return () => at;
    }
    case 'field': {
      const text = printExpr(expr);
      const { name } = expr;
      const declared = declaredStruct(expr.base);
      if (!expr.arrow) {
        const base = compileLocation(scope, expr.base);
        return (c) => memory.member(c, base(c), name, null);
      }
      const base = pointerValue(scope, expr.base);
      return (c) => memory.member(c, memory.target(c, base(c), text), name, declared);
    }
    case 'index': {
      const text = printExpr(expr);
      const index = compileValue(scope, expr.index);
      const base = compileValue(
        scope,
        isLocalPlace(expr) || expr.base.kind !== 'field' ? expr.base : { kind: 'address', of: expr.base, start: expr.start, end: expr.end },
      );
      return (c) => {
        const at = memory.target(c, base(c), text);
        const place = index(c);
        const number = isSymbol(place) ? null : numberOf(place, binding.numbers);
        return number === null ? { object: at.object, path: `${at.path}[${String(place)}]` } : shifted(at, number);
      };
    }
    case 'deref': {
      const text = printExpr(expr);
      const of = pointerValue(scope, expr.of);
      return (c) => memory.target(c, of(c), text);
    }
    case 'cast':
      return compileLocation(scope, expr.of);
    default: {
      // A struct that a call returned, or code that is not understood: memory of its own.
      const value = compileValue(scope, expr);
      const text = printExpr(expr);
      return (c) => {
        const pointer = unknowns.resolve(c, value(c));
        return typeof pointer === 'string' && !isFunction(pointer) && !isNothing(pointer)
          ? memory.target(c, pointer, text)
          : { object: `?place@${expr.start}`, path: '*' };
      };
    }
  }
}
