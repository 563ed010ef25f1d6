import { NODE_NAMED, ROW_SIZE, type GrammarNames, type Outside } from '../base/outside.ts';
import { kernelMacros } from '../kernel/macro-tables.ts';
import type { MacroWords } from '../kernel/macro-words.ts';
import { findFunctions } from './functions.ts';
import { rewrite } from './rewrite/rewrite.ts';
import { Tree } from './tree.ts';
import type { CFile, SyntaxProblem } from './types.ts';

/** What the front end needs of the world: the parser alone. */
export type CParser = Pick<Outside, 'grammar' | 'parse'>;

/**
 * Parses a C text of the kernel. All offsets of the result are UTF-16 offsets of `text`.
 * A text that the parser refuses (NULs, size, budget) gives an empty tree and a problem of kind `limit`;
 * what does not parse gives problems of kind `parse`, and the rest of the file is there.
 */
export function parseC(text: string, path: string, outside: CParser, words: MacroWords = kernelMacros): CFile {
  const rewritten = rewrite(text, words);
  const outcome = outside.parse(rewritten.text);
  const problems: SyntaxProblem[] = [];
  if (!outcome.ok) problems.push({ kind: 'limit', span: { start: 0, end: text.length }, message: outcome.detail });
  const table = outcome.ok ? outcome.table : { rows: emptyRoot(outside.grammar, text.length) };
  const tree = new Tree(table, outside.grammar, text);
  return {
    path,
    text,
    tree,
    functions: findFunctions(tree, rewritten.annotations, rewritten.masked),
    annotations: rewritten.annotations,
    masked: rewritten.masked,
    flattened: rewritten.flattened,
    comments: rewritten.comments,
    problems,
  };
}

/** A translation unit without anything in it. */
function emptyRoot(grammar: GrammarNames, length: number): Int32Array {
  const rows = new Int32Array(ROW_SIZE);
  rows.set([grammar.symbols.indexOf('translation_unit') | (NODE_NAMED << 16), 0, length, -1, 1]);
  return rows;
}
