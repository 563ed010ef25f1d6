// Calls of macros whose replacement text is at hand: the text runs where the macro stands, with the arguments in place of the parameters.

import type { Span } from '../base/text.ts';
import { Tree, type Row } from '../syntax/tree.ts';
import { lowerValue } from './expressions.ts';
import type { Expr } from './ir.ts';
import type { Lowering } from './lowering.ts';
import { lowerStatements } from './statements.ts';

/** Macros that are expanded in one function; text that doubles itself ends here. */
const maxExpansions = 300;

/** A macro's text at one of its calls: what it does, it does at the call. */
class ExpandedTree extends Tree {
  constructor(
    body: Tree,
    private readonly at: Span,
  ) {
    super({ rows: body.rows }, body.grammar, body.text);
  }

  override span(): Span {
    return this.at;
  }
}

/** Macros that are being expanded, innermost last, with what their parameters stand for. */
export interface Expansion {
  readonly name: string;
  readonly arguments: ReadonlyMap<string, Row>;
  /** Where the arguments stand. */
  readonly tree: Tree;
  readonly outer: Expansion | null;
}

/** The value of a macro call; null where the name is none of the file's lock macros, or the call does not fit. */
export function lowerMacroCall(low: Lowering, name: string, rows: readonly Row[], at: Span, wanted: boolean): Expr | null {
  const macro = low.lookup.macros.get(name);
  if (!macro || low.inUnknownMacro || low.expansions >= maxExpansions) return null;
  const parameters = macro.parameters.filter((one) => one !== '');
  if (parameters.length !== rows.length || parameters.includes('...')) return null;
  for (let outer = low.expansion; outer; outer = outer.outer) if (outer.name === name) return null;
  const { tree, expansion } = low;
  low.expansions++;
  low.expansion = { name, arguments: new Map(parameters.map((one, index) => [one, rows[index] ?? -1])), tree, outer: expansion };
  low.tree = new ExpandedTree(macro.tree, at);
  low.pushScope(at);
  const only = low.tree.namedChildren(macro.bodyRow).filter((row) => low.tree.namedChildren(row).length > 0);
  const value =
    only.length === 1 && low.tree.kind(only[0] ?? -1) === 'expression_statement' ? low.tree.namedChildren(only[0] ?? -1)[0] : undefined;
  let result: Expr = low.unknown(at, 'form');
  if (wanted && value !== undefined) {
    const kept = low.temporary(at);
    low.assign(low.variable(kept, at), lowerValue(low, value), at, name);
    result = low.variable(kept, at);
  } else lowerStatements(low, macro.bodyRow);
  low.popScope(at);
  low.tree = tree;
  low.expansion = expansion;
  return result;
}

/** What a parameter of the macro that is being expanded stands for; null for other names. */
export function lowerParameter(low: Lowering, name: string): Expr | null {
  const { expansion, tree } = low;
  const row = expansion?.arguments.get(name);
  if (!expansion || row === undefined) return null;
  low.expansion = expansion.outer;
  low.tree = expansion.tree;
  const value = lowerValue(low, row);
  low.expansion = expansion;
  low.tree = tree;
  return value;
}
