// Which error code a function returns behind a branch, where one straight path leads there.

import type { Span } from '../../base/text.ts';
import type { Block, Expr, Procedure, Terminator, Variable } from '../../flow/ir.ts';
import { successors } from '../../flow/ir.ts';

export interface ReturnedCode {
  /** `-EINVAL`, as in the source. */
  readonly code: string;
  /** Where the code is written. */
  readonly span: Span;
  /** Block that writes it. */
  readonly block: number;
  /** It was written before the branch, so other tests may share it. */
  readonly before: boolean;
}

export type PathEnd = { readonly kind: 'code'; readonly code: ReturnedCode } | { readonly kind: 'other' } | { readonly kind: 'unseen' };

interface Held {
  readonly code: string;
  readonly span: Span;
  readonly block: number;
  readonly before: boolean;
}

const stepLimit = 200;

/** Predecessors of each block of a procedure. */
export function predecessorsOf(procedure: Procedure): number[][] {
  const found: number[][] = procedure.blocks.map(() => []);
  for (const block of procedure.blocks) for (const next of successors(block.terminator)) found[next]?.push(block.id);
  return found;
}

/**
 * Follows the path from a branch of block `from` to block `to` while it does not split (tests of a value that is known to be an
 * error code do not count as splits). Ends with the code that is returned, with `unseen` where the path leaves what is visible,
 * and with `other` in all other cases.
 */
export function codeBehind(procedure: Procedure, predecessors: readonly (readonly number[])[], from: number, to: number): PathEnd {
  const values = new Map<Variable, Held | null>();
  const valueOf = (variable: Variable): Held | null => {
    const known = values.get(variable);
    if (known !== undefined) return known;
    const before = heldBefore(procedure, predecessors, from, variable);
    values.set(variable, before);
    return before;
  };
  const evaluate = (expr: Expr, block: number): Held | null => {
    if (expr.kind === 'variable') return valueOf(expr.variable);
    const code = errorCode(expr);
    return code === null ? null : { code, span: { start: expr.start, end: expr.end }, block, before: false };
  };
  let at: number | null = to;
  const seen = new Set<number>();
  while (at !== null && !seen.has(at) && seen.size < stepLimit) {
    seen.add(at);
    const block: Block | undefined = procedure.blocks[at];
    if (block === undefined) return { kind: 'other' };
    for (const instruction of block.instructions) {
      if (instruction.op === 'gap') return { kind: 'unseen' };
      if (instruction.op === 'opaque') return { kind: 'other' };
      if (instruction.op === 'call' && instruction.result !== null) values.set(instruction.result, null);
      if (instruction.op === 'assign' && instruction.target.kind === 'variable') {
        values.set(instruction.target.variable, instruction.operator === '=' ? evaluate(instruction.value, at) : null);
      }
    }
    const terminator: Terminator = block.terminator;
    if (terminator.op === 'jump') at = terminator.to;
    else if (terminator.op === 'return') {
      const held = terminator.value === null ? null : evaluate(terminator.value, at);
      return held === null ? { kind: 'other' } : { kind: 'code', code: held };
    } else if (terminator.op === 'leave') return { kind: 'unseen' };
    else if (terminator.op === 'branch') {
      const truth: boolean | null = truthOf(terminator.condition, valueOf);
      if (truth === null) return { kind: 'other' };
      at = truth ? terminator.then : terminator.else;
    } else return { kind: 'other' };
  }
  return { kind: 'other' };
}

/** The error code that a variable holds at the end of a block, where all that leads there is one straight path; else null. */
function heldBefore(procedure: Procedure, predecessors: readonly (readonly number[])[], from: number, variable: Variable): Held | null {
  if (variable.addressTaken) return null;
  let at = from;
  for (let steps = 0; steps < stepLimit; steps++) {
    const block = procedure.blocks[at];
    if (block === undefined) return null;
    for (const instruction of [...block.instructions].reverse()) {
      if (instruction.op === 'gap' || instruction.op === 'opaque') return null;
      if (instruction.op === 'call' && instruction.result === variable) return null;
      if (instruction.op !== 'assign' || instruction.target.kind !== 'variable' || instruction.target.variable !== variable) continue;
      const code = instruction.operator === '=' ? errorCode(instruction.value) : null;
      return code === null ? null : { code, span: { start: instruction.value.start, end: instruction.value.end }, block: at, before: true };
    }
    const [only, ...others] = new Set(predecessors[at] ?? []);
    if (only === undefined || others.length > 0) return null;
    at = only;
  }
  return null;
}

/** `-EINVAL` of the expression itself, of `ERR_PTR(-EINVAL)`, or null. */
function errorCode(expr: Expr): string | null {
  if (expr.kind === 'integer') return /^-\s*E[A-Z0-9]+$/u.test(expr.text) ? expr.text.replace(/\s+/gu, '') : null;
  if (expr.kind === 'unary' && expr.operator === '-' && expr.of.kind === 'global' && /^E[A-Z0-9]+$/u.test(expr.of.name))
    return `-${expr.of.name}`;
  if (expr.kind === 'unary' && expr.operator === '-' && expr.of.kind === 'integer' && /^E[A-Z0-9]+$/u.test(expr.of.text))
    return `-${expr.of.text}`;
  if (expr.kind === 'cast') return errorCode(expr.of);
  if (expr.kind === 'apply' && expr.name === 'ERR_PTR' && expr.args[0] !== undefined) return errorCode(expr.args[0]);
  return null;
}

/** Truth of a condition that only asks for a variable which holds an error code. */
function truthOf(condition: Expr, valueOf: (variable: Variable) => Held | null): boolean | null {
  if (condition.kind === 'variable') return valueOf(condition.variable) === null ? null : true;
  if (
    condition.kind !== 'binary' ||
    condition.left.kind !== 'variable' ||
    condition.right.kind !== 'integer' ||
    condition.right.value !== 0
  )
    return null;
  if (valueOf(condition.left.variable) === null) return null;
  if (condition.operator === '<' || condition.operator === '!=' || condition.operator === '<=') return true;
  return condition.operator === '==' || condition.operator === '>' || condition.operator === '>=' ? false : null;
}
