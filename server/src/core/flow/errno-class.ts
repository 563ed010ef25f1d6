// The class of the value that a function is going to return: success, an error, or not told apart.

import { complement, contains, errorValues, intersect, onlyValue, sameIntervals } from './intervals.ts';
import { childrenOf, successors, type Expr, type Instruction, type Procedure, type Terminator, type Variable } from './ir.ts';
import type { Store } from './store.ts';
import type { ValueTable } from './values.ts';

/** The variable that most returns of a function give; null where none gives a variable of its own. */
export function returnedVariable(procedure: Procedure): Variable | null {
  const counts = new Map<Variable, number>();
  let best: Variable | null = null;
  for (const { terminator } of procedure.blocks) {
    if (terminator.op !== 'return' || terminator.value?.kind !== 'variable' || terminator.value.variable.kind !== 'local') continue;
    const { variable } = terminator.value;
    const count = (counts.get(variable) ?? 0) + 1;
    counts.set(variable, count);
    if (best === null || count > (counts.get(best) ?? 0)) best = variable;
  }
  return best;
}

/** Whether a variable holds 0 (or NULL) on a path, an error number (or error pointer), something else that is not 0, or nobody knows. */
export function errnoClass(values: ValueTable, store: Store, variable: Variable): 'zero' | 'error' | 'other' | 'any' {
  const fact = store.factOf(values, store.read(values, values.local(variable)));
  if (contains(fact, 0)) return onlyValue(fact) === 0 ? 'zero' : 'any';
  return sameIntervals(intersect(fact, errorValues), fact) ? 'error' : 'other';
}

/** For each block, whether a variable is read in it or behind it other than to be returned. */
export function usesBehind(procedure: Procedure, variable: Variable | null): readonly boolean[] {
  const { blocks } = procedure;
  const uses = blocks.map(
    ({ instructions, terminator }) =>
      variable !== null && [...instructions, terminator].some((one) => partsOf(one).some((part) => reads(part, variable))),
  );
  for (let changed = variable !== null; changed;) {
    changed = false;
    for (let id = blocks.length - 1; id >= 0; id--) {
      const block = blocks[id];
      if (!block || uses[id] === true || !successors(block.terminator).some((to) => uses[to])) continue;
      uses[id] = true;
      changed = true;
    }
  }
  return uses;
}

function reads(whole: Expr, variable: Variable): boolean {
  const open: Expr[] = [whole];
  for (let expr = open.pop(); expr; expr = open.pop()) {
    if (expr.kind === 'variable' && expr.variable === variable) return true;
    open.push(...childrenOf(expr));
  }
  return false;
}

/** Where a procedure follows a pointer variable; none for a variable that is no pointer. */
export function followsOf(procedure: Procedure, variable: Variable | null): ReadonlySet<Instruction | Terminator> {
  const found = new Set<Instruction | Terminator>();
  if (!variable?.type.includes('*')) return found;
  for (const { instructions, terminator } of procedure.blocks)
    for (const one of [...instructions, terminator]) if (partsOf(one).some((part) => follows(part, variable))) found.add(one);
  return found;
}

/** Whoever follows a pointer knows that it holds no error number; that it is not NULL is for rules to doubt. */
export function noteFollowed(values: ValueTable, store: Store, variable: Variable): void {
  const value = store.read(values, values.local(variable));
  const fact = intersect(store.factOf(values, value), complement(errorValues));
  if (fact.length > 0) store.constrain(values, value, complement(errorValues));
}

function partsOf(one: Instruction | Terminator): readonly Expr[] {
  switch (one.op) {
    case 'assign':
      return one.target.kind === 'variable' ? [one.value] : [one.target, one.value];
    case 'call':
      return [one.callee, ...one.args];
    case 'branch':
      return [one.condition];
    case 'switch':
      return [one.value];
    default:
      return [];
  }
}

/** Whether an expression reads or writes through a pointer: not where it only takes an address. */
function follows(whole: Expr, variable: Variable): boolean {
  const open: Expr[] = [whole];
  for (let expr = open.pop(); expr; expr = open.pop()) {
    if (expr.kind === 'address') continue;
    const pointer = expr.kind === 'field' && expr.arrow ? expr.base : expr.kind === 'deref' ? expr.of : null;
    if (pointer?.kind === 'variable' && pointer.variable === variable) return true;
    open.push(...childrenOf(expr));
  }
  return false;
}
