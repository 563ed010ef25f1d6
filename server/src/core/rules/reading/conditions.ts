// Says what a condition asks for, by the contract tables: a state of an object, or the form of a request.

import {
  neverValid,
  ownerTokens,
  stateConflicts,
  type ConditionContract,
  type NeverValidContract,
} from '../../kernel/contracts/conflicts.ts';
import type { Block, Expr, Instruction, Procedure, Variable } from '../../flow/ir.ts';

export interface ConditionMeaning {
  readonly kind: 'conflict' | 'never-valid';
  /** The side of the branch on which it holds. */
  readonly holdsWhen: boolean;
  readonly means: string;
  /** Codes that fit, the usual one first. */
  readonly answers: readonly string[];
  /** Eras in which the row was read; null for all. */
  readonly eras: readonly string[] | null;
  readonly source: string;
}

type Call = Extract<Instruction, { op: 'call' }>;

/** What the condition at the end of a block asks for, or null where the tables do not say. */
export function meaningOf(procedure: Procedure, block: Block): ConditionMeaning | null {
  if (block.terminator.op !== 'branch') return null;
  return new Reader(procedure, block).read(block.terminator.condition, true, 0);
}

class Reader {
  constructor(
    private readonly procedure: Procedure,
    private readonly block: Block,
  ) {}

  /** `when` is the truth of `expr` that the branch's true side stands for. */
  read(expr: Expr, when: boolean, depth: number): ConditionMeaning | null {
    if (depth > 4) return null;
    if (expr.kind === 'unary' && expr.operator === '!') return this.read(expr.of, !when, depth + 1);
    if (expr.kind === 'variable') return this.readVariable(expr.variable, when, depth);
    if (expr.kind === 'binary') return this.readComparison(expr, when, depth);
    const field = fieldOf(expr);
    if (field === null) return null;
    const row = stateConflicts.find(
      ({ form }) => form.kind === 'field' && form.field === field.name && isOf(field.base, form.struct, form.distinct),
    );
    return row === undefined ? null : conflictMeaning(row, when);
  }

  private readVariable(variable: Variable, when: boolean, depth: number): ConditionMeaning | null {
    const definition = this.definitionOf(variable);
    if (definition === null) {
      if (variable.kind !== 'parameter' || !variable.type.includes('*')) return null;
      return neverMeaning('null-argument', !when);
    }
    if (definition.op === 'assign') return this.read(definition.value, when, depth + 1);
    const row = stateConflicts.find(({ form }) => form.kind === 'call' && form.name === definition.name);
    if (row !== undefined) return conflictMeaning(row, when);
    const asked = definition.args[0];
    const field = asked?.kind === 'address' ? fieldOf(asked.of) : null;
    if (field === null) return null;
    const empty = stateConflicts.find(
      ({ form }) =>
        form.kind === 'empty' && form.call === definition.name && form.field === field.name && isOf(field.base, form.struct, form.distinct),
    );
    return empty === undefined ? null : conflictMeaning(empty, !when);
  }

  private readComparison(expr: Extract<Expr, { kind: 'binary' }>, when: boolean, depth: number): ConditionMeaning | null {
    const { operator, left, right } = expr;
    const zero = (right.kind === 'integer' && right.value === 0) || (right.kind === 'global' && right.name === 'NULL');
    if (zero && (operator === '!=' || operator === '>')) return this.read(left, when, depth + 1);
    if (zero && (operator === '==' || operator === '<=')) return this.read(left, !when, depth + 1);
    if (operator === '&' && right.kind === 'unary' && right.operator === '~' && /flags$/u.test(nameOf(left)))
      return neverMeaning('unknown-flags', when);
    if (operator !== '!=' && operator !== '==') return null;
    const differs = operator === '!=' ? when : !when;
    const [first, second] = [fieldOf(left), fieldOf(right)];
    if (first !== null && second !== null && sameText(first.base, second.base)) {
      const row = stateConflicts.find(
        ({ form }) =>
          form.kind === 'differ' && form.fields.includes(first.name) && form.fields.includes(second.name) && first.name !== second.name,
      );
      if (row !== undefined) return conflictMeaning(row, differs);
    }
    return tokenMeaning(first, right, differs) ?? tokenMeaning(second, left, differs);
  }

  /** What a variable was last set to: in this block, or anywhere where it is set once; null for an unset parameter or several values. */
  private definitionOf(variable: Variable): Definition | null {
    const all = definitionsOf(this.procedure).get(variable) ?? [];
    const own = all.filter((one) => one.block === this.block.id).at(-1);
    if (own !== undefined) return own.instruction;
    const [only, ...others] = all;
    return others.length === 0 && variable.kind !== 'parameter' && !variable.addressTaken ? (only?.instruction ?? null) : null;
  }
}

type Definition = Call | Extract<Instruction, { op: 'assign' }>;
type Definitions = ReadonlyMap<Variable, readonly { readonly block: number; readonly instruction: Definition }[]>;

const definitionsMade = new WeakMap<Procedure, Definitions>();

/** Where each variable of a procedure is set, in the order of the text. */
function definitionsOf(procedure: Procedure): Definitions {
  const known = definitionsMade.get(procedure);
  if (known !== undefined) return known;
  const found = new Map<Variable, { block: number; instruction: Definition }[]>();
  for (const block of procedure.blocks) {
    for (const instruction of block.instructions) {
      const isAssign = instruction.op === 'assign' && instruction.target.kind === 'variable';
      if (!isAssign && instruction.op !== 'call') continue;
      const variable =
        instruction.op === 'call' ? instruction.result : instruction.target.kind === 'variable' ? instruction.target.variable : null;
      if (variable === null) continue;
      const list = found.get(variable);
      if (list === undefined) found.set(variable, [{ block: block.id, instruction }]);
      else list.push({ block: block.id, instruction });
    }
  }
  definitionsMade.set(procedure, found);
  return found;
}

function conflictMeaning(row: ConditionContract, holdsWhen: boolean): ConditionMeaning {
  return { kind: 'conflict', holdsWhen, means: row.means, answers: row.answers, eras: row.eras, source: row.source };
}

function neverMeaning(form: NeverValidContract['form'], holdsWhen: boolean): ConditionMeaning | null {
  const row = neverValid.find((one) => one.form === form);
  return row === undefined
    ? null
    : { kind: 'never-valid', holdsWhen, means: row.means, answers: row.answers, eras: null, source: row.source };
}

/** `group->owner != owner`: the object belongs to another one than the caller. */
function tokenMeaning(field: FieldExpr | null, other: Expr, holdsWhen: boolean): ConditionMeaning | null {
  if (field === null || other.kind !== 'variable' || other.variable.kind !== 'parameter') return null;
  const row = ownerTokens.find((one) => one.field === field.name && isOf(field.base, one.struct, false));
  return row === undefined
    ? null
    : { kind: 'conflict', holdsWhen, means: row.means, answers: row.answers, eras: row.eras, source: row.source };
}

interface FieldExpr {
  readonly base: Expr;
  readonly name: string;
}

/** The field that an expression reads, through `READ_ONCE` and counters' read functions too. */
function fieldOf(expr: Expr): FieldExpr | null {
  if (expr.kind === 'field') return expr;
  if (expr.kind === 'apply' && expr.name === 'READ_ONCE' && expr.args[0] !== undefined) return fieldOf(expr.args[0]);
  if (expr.kind === 'apply' && /^(?:refcount|atomic)_read$/u.test(expr.name) && expr.args[0]?.kind === 'address')
    return fieldOf(expr.args[0].of);
  return null;
}

/** Members that hold an object of a structure by convention, where no declaration is at hand. */
const customaryNames: Readonly<Record<string, readonly string[]>> = { device: ['dev'], iommu_group: ['group', 'iommu_group'] };

/** Whether an expression is an object of a structure. Where its type is not visible, only a field that no other structure has tells it. */
function isOf(base: Expr, struct: string, distinct: boolean): boolean {
  if (base.kind === 'variable' && base.variable.type !== '') return new RegExp(`\\bstruct ${struct}\\b`, 'u').test(base.variable.type);
  if (distinct) return true;
  if (base.kind === 'address' || base.kind === 'deref') return isOf(base.of, struct, distinct);
  return base.kind === 'field' && (customaryNames[struct] ?? []).includes(base.name);
}

function nameOf(expr: Expr): string {
  if (expr.kind === 'field') return expr.name;
  return expr.kind === 'variable' ? expr.variable.name : '';
}

/** Equal paths of variables and fields. */
function sameText(left: Expr, right: Expr): boolean {
  if (left.kind === 'field' && right.kind === 'field') return left.name === right.name && sameText(left.base, right.base);
  if (left.kind === 'variable' && right.kind === 'variable') return left.variable === right.variable;
  return left.kind === 'global' && right.kind === 'global' && left.name === right.name;
}
