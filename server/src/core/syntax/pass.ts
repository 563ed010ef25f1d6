import { ROW_SIZE, type Outside } from '../base/outside.ts';
import type { MacroWords } from '../kernel/macro-words.ts';
import { findFunctions } from './functions.ts';
import type { FlattenChoice } from './rewrite/directives.ts';
import { rewrite, type Rewritten } from './rewrite/rewrite.ts';
import type { RuleSwitches } from './rewrite/rules.ts';
import { Tree } from './tree.ts';

/** What the front end needs of the world: the parser alone. */
export type CParser = Pick<Outside, 'grammar' | 'parse'>;

export interface PassOptions {
  readonly macros: MacroWords;
  readonly rules?: RuleSwitches;
  readonly flatten?: FlattenChoice;
}

/** One text, rewritten and parsed once. */
export interface Pass {
  readonly rewritten: Rewritten;
  readonly tree: Tree;
}

/** Rewrites and parses a text; the parser's reason where it refuses. */
export function runPass(text: string, parser: CParser, options: PassOptions): Pass | string {
  const rewritten = rewrite(text, options.macros, options);
  const outcome = parser.parse(rewritten.text);
  return outcome.ok ? { rewritten, tree: new Tree(outcome.table, parser.grammar, text) } : outcome.detail;
}

/** Rows of a tree's ERROR and MISSING nodes, in order; what is inside an ERROR node is not looked at. */
export function errorRows(tree: Tree, from = 0, limit = Infinity): number[] {
  const found: number[] = [];
  const end = tree.subtreeEnd(from);
  for (let row = from; row < end && found.length < limit;) {
    if (!tree.hasError(row)) row = tree.subtreeEnd(row);
    else if (tree.isError(row) || tree.isMissing(row)) {
      found.push(row);
      row = tree.subtreeEnd(row);
    } else row++;
  }
  return found;
}

/** Row of the only function that a pass over one function's text gave, if its body reaches to the end of the text; -1 otherwise. */
export function soleFunction(pass: Pass): number {
  const functions = findFunctions(pass.tree, [], pass.rewritten.masked);
  const only = functions[0];
  return only && functions.length === 1 && only.span.end === pass.tree.text.trimEnd().length ? only.row : -1;
}

/** Whether a table has any error; the root's flag says it for all. */
export function rootHasError(tree: Tree): boolean {
  return tree.rows.length >= ROW_SIZE && tree.hasError(0);
}
