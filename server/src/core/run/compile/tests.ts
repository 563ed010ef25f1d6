// Conditions of C: true, false, or open; and what an open one says of its operands once a way is taken.

import type { Expr } from '../../flow/ir.ts';
import { printExpr } from '../../flow/print.ts';
import type { Truth } from '../../model/machine/code.ts';
import type { Cpu } from '../../model/machine/cpu.ts';
import type { Value } from '../../model/machine/names.ts';
import { compileValue, isComparison, isShared, type Evaluate } from './expressions.ts';
import type { Scope } from './scope.ts';

/** A value that must be read, in a step of its own, before a test: into a local of the compiler's. */
export interface Load {
  readonly into: string;
  readonly value: Evaluate;
}

export interface Test {
  readonly loads: readonly Load[];
  readonly test: (c: Cpu) => Truth;
  /** Notes what the outcome says; only where `test` gave null. */
  readonly assume: (c: Cpu, outcome: boolean) => void;
}

/** How the error macros compare with 0. */
const errorTests: Readonly<Record<string, string>> = { IS_ERR: '<', IS_ERR_VALUE: '<', IS_ERR_OR_NULL: '<=' };

export function compileTest(scope: Scope, condition: Expr): Test {
  const { unknowns, ledger } = scope.env;
  let expr = condition;
  let inverted = false;
  for (;;) {
    if (expr.kind === 'unary' && expr.operator === '!') {
      inverted = !inverted;
      expr = expr.of;
    } else if (expr.kind === 'cast') expr = expr.of;
    else break;
  }
  const loads: Load[] = [];
  const operand = (of: Expr): Evaluate => {
    const value = compileValue(scope, of);
    if (!isShared(scope, of)) return value;
    const into = scope.temporary('t');
    loads.push({ into, value });
    return (c) => unknowns.resolve(c, c.v(into));
  };
  let operator = '!=';
  let left: Evaluate;
  let right: Evaluate = () => null;
  const first = expr.kind === 'apply' ? expr.args[0] : undefined;
  if (expr.kind === 'binary' && isComparison(expr)) {
    operator = expr.operator;
    left = operand(expr.left);
    right = operand(expr.right);
  } else if (expr.kind === 'apply' && errorTests[expr.name] !== undefined && first !== undefined) {
    operator = errorTests[expr.name] ?? '<';
    left = operand(first);
  } else left = operand(expr);
  const range = scope.range(condition);
  const text = printExpr(condition);
  return {
    loads,
    test: (c) => {
      const truth = unknowns.compare(c, operator, left(c), right(c));
      return truth === null ? null : truth !== inverted;
    },
    assume: (c, outcome) => {
      const holds = outcome !== inverted;
      ledger.assume(c, 'value', `${text} ${outcome ? 'holds' : 'does not hold'}`, range);
      unknowns.assume(c, operator, left(c), right(c), holds);
    },
  };
}

/** Values for a switch: equal, different, or open. */
export function compileEquals(scope: Scope, slot: string, low: Expr, high: Expr | null): Omit<Test, 'loads'> {
  const { unknowns, ledger } = scope.env;
  const from = compileValue(scope, low);
  const to = high === null ? null : compileValue(scope, high);
  const value = (c: Cpu): Value => unknowns.resolve(c, c.v(slot));
  const range = scope.range(low);
  const text = high === null ? printExpr(low) : `${printExpr(low)} ... ${printExpr(high)}`;
  return {
    test: (c) => {
      if (to === null) return unknowns.compare(c, '==', value(c), from(c));
      const [above, below] = [unknowns.compare(c, '>=', value(c), from(c)), unknowns.compare(c, '<=', value(c), to(c))];
      if (above === false || below === false) return false;
      return above === true && below === true ? true : null;
    },
    assume: (c, outcome) => {
      ledger.assume(c, 'value', `case ${text} ${outcome ? 'is' : 'is not'} taken`, range);
      if (to === null) unknowns.assume(c, '==', value(c), from(c), outcome);
      else if (outcome) {
        unknowns.assume(c, '>=', value(c), from(c), true);
        unknowns.assume(c, '<=', unknowns.resolve(c, c.v(slot)), to(c), true);
      }
    },
  };
}
