// `#if` groups around statements, and the conditions that ask the same in other words.

import type { Row } from '../syntax/tree.ts';
import { fold } from './expressions.ts';
import type { Lowering } from './lowering.ts';
import { lowerStatement } from './statements.ts';

/** `#if` around whole statements: a choice that is the same wherever the same condition stands. */
export function lowerConfig(low: Lowering, row: Row): void {
  const { tree, graph } = low;
  const span = tree.span(row);
  const kind = tree.kind(row);
  const conditionRow = tree.childByField(row, kind === 'preproc_if' || kind === 'preproc_elif' ? 'condition' : 'name');
  const alternative = tree.childByField(row, 'alternative');
  const at = conditionRow >= 0 ? tree.span(conditionRow) : span;
  const negated = /^#\s*(?:ifndef|elifndef)/.test(tree.text.slice(span.start, span.start + 16));
  const text = normalCondition(fold(tree.text.slice(at.start, at.end)));
  const [yes, no, after] = [graph.create(), graph.create(), graph.create()];
  const inverted = negated !== text.negated;
  graph.branch({ kind: 'config', text: text.text, ...at }, inverted ? no : yes, inverted ? yes : no, at, '#if');
  graph.enter(yes, at);
  for (let child = tree.firstChild(row); child >= 0; child = tree.nextSibling(child))
    if (child !== conditionRow && child !== alternative && (tree.isError(child) || (tree.isNamed(child) && !tree.isExtra(child))))
      lowerStatement(low, child);
  graph.jump(after, span);
  graph.enter(no, at);
  if (alternative >= 0) lowerStatement(low, alternative);
  graph.enter(after, span);
}

/** `defined(X)`, `IS_ENABLED(X)` and a bare `X` ask the same. */
function normalCondition(text: string): { text: string; negated: boolean } {
  const negated = /^!\s*/.test(text);
  const bare = text.replace(/^!\s*/, '');
  const inner = /^(?:defined|IS_ENABLED|IS_BUILTIN|IS_REACHABLE)\s*\(\s*(\w+)\s*\)$/.exec(bare) ?? /^defined\s+(\w+)$/.exec(bare);
  return { text: inner?.[1] ?? bare, negated };
}
