// Assignments: to a local together with the step before, to shared memory as a step of their own.

import type { Expr, Instruction } from '../../flow/ir.ts';
import { printExpr } from '../../flow/print.ts';
import type { Cpu } from '../../model/machine/cpu.ts';
import type { Value } from '../../model/machine/names.ts';
import type { Emitter } from './emitter.ts';
import { compileLocation, compileValue, isComparison, isShared, type Evaluate } from './expressions.ts';
import { declaredStruct, type Scope } from './scope.ts';
import { compileTest } from './tests.ts';

type Assign = Extract<Instruction, { op: 'assign' }>;

export function compileAssign(emitter: Emitter, instruction: Assign): void {
  const { scope } = emitter;
  const { target, value } = instruction;
  const label = `${printExpr(target)} = ${printExpr(value)}`;
  if (isStruct(scope, target) && compileStruct(emitter, target, value, label)) return;
  if (isTest(value)) {
    // A comparison is a branch with two assignments: an open one goes both ways, and what it says is kept.
    const test = compileTest(scope, value);
    const [no, end] = [emitter.label(), emitter.label()];
    emitter.load(test.loads, 'check', printExpr(value));
    emitter.decide(printExpr(value), test, no);
    store(emitter, target, () => 1, label);
    emitter.jump(end);
    emitter.place(no);
    store(emitter, target, () => null, label);
    emitter.place(end);
    return;
  }
  store(emitter, target, compileValue(scope, value), label, isShared(scope, value));
}

function isTest(value: Expr): boolean {
  if (value.kind === 'unary') return value.operator === '!';
  return isComparison(value) || (value.kind === 'apply' && value.name.startsWith('IS_ERR'));
}

/** Stores a value. The value is worked out in the same step. */
export function store(emitter: Emitter, target: Expr, value: Evaluate, label: string, readsShared = false): void {
  const { scope } = emitter;
  const { memory } = scope.env;
  if (target.kind === 'variable' && !scope.isMemory(target.variable)) {
    const { name } = target.variable;
    if (!readsShared) emitter.put(name, value);
    else {
      emitter.act('read', label, (c) => {
        c.put(name, value(c));
      });
    }
    return;
  }
  const locate = compileLocation(scope, target);
  const declared = target.kind === 'field' ? declaredStruct(target.base) : null;
  const run = (c: Cpu): void => {
    const stored: Value = value(c);
    memory.store(c, locate(c), stored, declared);
  };
  if (readsShared || isShared(scope, target)) emitter.act('mutate', label, run);
  else emitter.note(run);
}

/** Whether a place is a struct as a whole. */
function isStruct(scope: Scope, target: Expr): boolean {
  if (target.kind === 'deref') return target.of.kind === 'variable' && /\b(?:struct|union) \w+ \*$/.test(target.of.variable.type);
  return (
    target.kind === 'variable' &&
    scope.isMemory(target.variable) &&
    /\b(?:struct|union)\b|\[/.test(target.variable.type) &&
    !target.variable.type.includes('*')
  );
}

/** A struct or an array from its parts, or from another. False where the value is neither. */
function compileStruct(emitter: Emitter, target: Expr, value: Expr, label: string): boolean {
  const { scope } = emitter;
  const { memory } = scope.env;
  const to = compileLocation(scope, target);
  const shared = isShared(scope, target) || isShared(scope, value);
  const emit = (run: (c: Cpu) => void): void => {
    if (shared) emitter.act('mutate', label, run);
    else emitter.note(run);
  };
  if (value.kind === 'aggregate') {
    const parts = flattened(value).map(({ path, value: part }) => ({ path, part: compileValue(scope, part) }));
    emit((c) => {
      const at = to(c);
      const values = parts.map(({ part }) => part(c));
      memory.clear(c, at);
      parts.forEach(({ path }, index) => {
        const inner = at.path === '*' ? path.replace(/^\./, '') : `${at.path}${path}`;
        memory.store(c, { object: at.object, path: inner }, values[index] ?? null, null);
      });
    });
    return true;
  }
  if (value.kind !== 'variable' && value.kind !== 'field' && value.kind !== 'deref' && value.kind !== 'index') return false;
  const from = compileLocation(scope, value);
  emit((c) => {
    memory.copy(c, from(c), to(c));
  });
  return true;
}

/** Parts of an initialiser by their path: `.ops`, `[2].type`. */
function flattened(aggregate: Extract<Expr, { kind: 'aggregate' }>): { path: string; value: Expr }[] {
  const found: { path: string; value: Expr }[] = [];
  const work: { path: string; of: Extract<Expr, { kind: 'aggregate' }> }[] = [{ path: '', of: aggregate }];
  for (let at = work.shift(); at !== undefined; at = work.shift()) {
    let index = 0;
    for (const entry of at.of.entries) {
      const named = entry.designator;
      if (named !== null && /^\[\d+\]$/.test(named)) index = Number(named.slice(1, -1));
      const path = `${at.path}${named ?? `[${index}]`}`;
      index++;
      if (entry.value.kind === 'aggregate') work.push({ path, of: entry.value });
      else found.push({ path, value: entry.value });
    }
  }
  return found;
}
