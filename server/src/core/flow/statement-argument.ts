// Statements that stand as arguments of macros (`scoped_cond_guard(mutex_intr, return -EINTR, &m)`) are parsed again from the original text.

import type { Span } from '../base/text.ts';
import { Tree, type Row } from '../syntax/tree.ts';
import type { Lowering } from './lowering.ts';

const frame = 'void f(void){';

/** The statement at a span of the file, in a tree whose offsets are those of the file; null if it does not parse or there is no room or parser. */
export function parseStatement(low: Lowering, span: Span): { readonly tree: Tree; readonly row: Row } | null {
  const { parser } = low.options;
  if (!parser || span.start < frame.length) return null;
  const text = `${' '.repeat(span.start - frame.length)}${frame}${low.file.text.slice(span.start, span.end)};}`;
  const outcome = parser.parse(text);
  if (!outcome.ok) return null;
  const tree = new Tree(outcome.table, parser.grammar, low.file.text);
  if (tree.hasError(0)) return null;
  for (let row = 0; row < tree.count; row++) {
    if (tree.kind(row) !== 'compound_statement') continue;
    const statement = tree.namedChildren(row)[0];
    return statement === undefined ? null : { tree, row: statement };
  }
  return null;
}
