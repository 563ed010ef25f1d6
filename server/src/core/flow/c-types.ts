// Types of expressions, as far as the class of a lock or the operation behind a pointer needs them.

import { memberPointsAt } from '../kernel/member-types.ts';
import { parseType, type CType, type StructMembers } from '../syntax/struct-fields.ts';
import type { Expr, Procedure, Variable } from './ir.ts';

/** Where declarations are found; `from` is the path of the file that asks. */
export interface TypeFinder {
  members(tag: string, from: string): StructMembers | null;
  /** What a function or a macro that stands for a container returns. */
  returned(name: string, from: string): CType | null;
  /** Type of a variable at file level. */
  global(name: string, from: string): CType | null;
}

const maxDepth = 16;

/** Answers for the expressions of one procedure. */
export class ProcedureTypes {
  private values: ReadonlyMap<Variable, readonly (Expr | string)[]> | null = null;

  constructor(
    private readonly procedure: Procedure,
    private readonly finder: TypeFinder,
    readonly path: string,
  ) {}

  /** The type of an expression; null where it is not known. */
  typeOf(expr: Expr, depth = 0): CType | null {
    if (depth > maxDepth) return null;
    switch (expr.kind) {
      case 'variable':
        return this.typeOfVariable(expr.variable, depth);
      case 'global':
        return this.finder.global(expr.name, this.path);
      case 'field':
        return this.member(this.typeOf(expr.base, depth + 1), expr.name);
      case 'index':
      case 'deref': {
        const of = this.typeOf(expr.kind === 'index' ? expr.base : expr.of, depth + 1);
        return of && of.pointers > 0 ? { ...of, pointers: of.pointers - 1 } : null;
      }
      case 'address': {
        const of = this.typeOf(expr.of, depth + 1);
        return of && { ...of, pointers: of.pointers + 1 };
      }
      case 'cast':
        return parseType(expr.type);
      case 'apply': {
        const type = /container_of|entry/.test(expr.name) ? expr.args[1] : undefined;
        return type?.kind === 'type' ? parseType(`${type.text} *`) : null;
      }
      default:
        return null;
    }
  }

  /** Members of the structure that an expression is, or points at. */
  private member(type: CType | null, name: string): CType | null {
    if (!type) return null;
    const members = type.members ?? (type.tag === null ? null : this.finder.members(type.tag, this.path));
    if (members || type.tag === null) return members?.get(name) ?? null;
    const tag = memberPointsAt(type.tag, name);
    return tag === null ? null : { tag, pointers: 1, members: null };
  }

  private typeOfVariable(variable: Variable, depth: number): CType | null {
    if (variable.type !== '' && !/\b(?:auto|typeof|__auto_type)\b/.test(variable.type)) return parseType(variable.type);
    for (const value of this.valuesOf(variable)) {
      const type = typeof value === 'string' ? this.finder.returned(value, this.path) : this.typeOf(value, depth + 1);
      if (type) return type;
    }
    return null;
  }

  /** What a variable is assigned: expressions, and names of functions that it gets the result of. */
  valuesOf(variable: Variable): readonly (Expr | string)[] {
    this.values ??= assignedIn(this.procedure);
    return this.values.get(variable) ?? [];
  }
}

function assignedIn(procedure: Procedure): ReadonlyMap<Variable, readonly (Expr | string)[]> {
  const found = new Map<Variable, (Expr | string)[]>();
  const add = (variable: Variable, value: Expr | string): void => {
    const known = found.get(variable);
    if (known) known.push(value);
    else found.set(variable, [value]);
  };
  for (const block of procedure.blocks)
    for (const one of block.instructions) {
      if (one.op === 'assign' && one.target.kind === 'variable') add(one.target.variable, one.value);
      else if (one.op === 'call' && one.result && one.name !== null) add(one.result, one.name);
    }
  return found;
}
