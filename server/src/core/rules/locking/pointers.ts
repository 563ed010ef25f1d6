// How a function uses a pointer: follows it, or tests it against another one.

import { childrenOf, type Expr, type Procedure, type Variable } from '../../flow/ir.ts';

/** Whether some expression reads or writes through the pointer. The address of a part of the object is no access yet. */
export function isFollowed(exprs: readonly Expr[], variable: Variable): boolean {
  const open: Expr[] = [...exprs];
  for (let one = open.pop(); one; one = open.pop()) {
    if (one.kind === 'field' && one.arrow && isVariable(one.base, variable)) return true;
    if (one.kind === 'deref' && isVariable(one.of, variable)) return true;
    if (one.kind === 'index' && isVariable(one.base, variable)) return true;
    if (one.kind !== 'address') open.push(...childrenOf(one));
  }
  return false;
}

/** Whether the function tests the pointer itself against another value than a number. */
export function isComparedPointer(procedure: Procedure, variable: Variable): boolean {
  const open: Expr[] = [];
  for (const block of procedure.blocks) {
    if (block.terminator.op === 'branch') open.push(block.terminator.condition);
    for (const one of block.instructions) if (one.op === 'assign') open.push(one.value);
  }
  for (let one = open.pop(); one; one = open.pop()) {
    if (one.kind === 'binary' && (one.operator === '==' || one.operator === '!=')) {
      const sides = [one.left, one.right];
      const other = sides.find((side) => !isVariable(side, variable));
      if (sides.some((side) => isVariable(side, variable)) && other && other.kind !== 'integer') return true;
    }
    open.push(...childrenOf(one));
  }
  return false;
}

function isVariable(expr: Expr, variable: Variable): boolean {
  return expr.kind === 'variable' && expr.variable === variable;
}
