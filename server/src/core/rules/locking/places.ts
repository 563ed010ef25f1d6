// Places as they are written: the object that a lock or a container lies in, and the variable that a place begins with.

import { childrenOf, type Expr, type Variable } from '../../flow/ir.ts';
import { printExpr } from '../../flow/print.ts';

/** A container or a field, by the object that has it. */
export interface Container {
  /** The object as written in front of the field's name (`group->`); empty for a global. */
  readonly owner: string;
  readonly field: string;
  /** Type of the object as written, where the object is a variable. */
  readonly ownerType: string | null;
  /** Member of the elements that links them (`list`). */
  readonly link: string | null;
  /** Variables that the object is reached through. */
  readonly variables: ReadonlySet<number>;
}

/** The container at an address; null for what is no field of an object and no global. */
export function containerOf(address: Expr, link: string | null): Container | null {
  if (address.kind === 'cast') return containerOf(address.of, link);
  if (address.kind !== 'address') return null;
  const place = address.of;
  if (place.kind === 'global') return { owner: '', field: place.name, ownerType: null, link, variables: new Set() };
  if (place.kind !== 'field') return null;
  const owner = `${printExpr(place.base)}${place.arrow ? '->' : '.'}`;
  const ownerType = place.base.kind === 'variable' ? place.base.variable.type : null;
  return { owner, field: place.name, ownerType, link, variables: variablesOf(place.base) };
}

/** The object that a lock lies in, from the argument of a lock function and the field of it that the function takes. */
export function ownerOf(argument: Expr, field: string | null): { owner: string; field: string } | null {
  if (field !== null) return { owner: `${printExpr(argument)}->`, field };
  if (argument.kind !== 'address') return null;
  const place = argument.of;
  if (place.kind === 'global') return { owner: '', field: place.name };
  return place.kind === 'field' ? { owner: `${printExpr(place.base)}${place.arrow ? '->' : '.'}`, field: place.name } : null;
}

/** The local variable that a place or an address begins with; null if it begins with none. */
export function rootOf(expr: Expr): Variable | null {
  let at = expr;
  for (;;) {
    switch (at.kind) {
      case 'variable':
        return at.variable;
      case 'field':
      case 'index':
        at = at.base;
        break;
      case 'address':
      case 'deref':
      case 'cast':
        at = at.of;
        break;
      case 'apply': {
        const [first] = at.args;
        if (!first) return null;
        at = first;
        break;
      }
      default:
        return null;
    }
  }
}

/** An expression and all its parts. */
export function partsOf(expr: Expr): Expr[] {
  const parts: Expr[] = [];
  const open: Expr[] = [expr];
  for (let one = open.pop(); one; one = open.pop()) {
    parts.push(one);
    open.push(...childrenOf(one));
  }
  return parts;
}

/** Whether an expression names a variable. */
export function mentions(expr: Expr, variable: Variable): boolean {
  return partsOf(expr).some((part) => part.kind === 'variable' && part.variable === variable);
}

function variablesOf(expr: Expr): Set<number> {
  return new Set(partsOf(expr).flatMap((part) => (part.kind === 'variable' ? [part.variable.id] : [])));
}
