// Loop macros: a walk may have no element; the cursor is assigned before each round and holds no element after the last one.

import type { Row } from '../syntax/tree.ts';
import { walkShape } from '../kernel/walks.ts';
import { headArguments } from './cleanups.ts';
import { lowerArguments } from './call-expressions.ts';
import type { Expr } from './ir.ts';
import type { Lowering } from './lowering.ts';
import { lowerBody } from './statements.ts';

export function lowerWalk(low: Lowering, row: Row, name: string): void {
  const { tree, graph } = low;
  const span = tree.span(row);
  const bodyRow = tree.childByField(row, 'body');
  const at = { start: span.start, end: bodyRow >= 0 ? tree.start(bodyRow) : span.end };
  const args = lowerArguments(low, headArguments(low, row));
  const shape = walkShape(name);
  const cursors = shape ? shape.cursors.flatMap((index) => args[index] ?? []) : guessCursors(low, args);
  const over = args.filter((arg) => !cursors.includes(arg));
  const [head, body, end, after] = [graph.create(), graph.create(), graph.create(), graph.create()];
  graph.enter(head, at);
  graph.markLoop(name);
  graph.branch({ kind: 'more', loop: name, over, ...at }, body, end, at, name);
  graph.enter(body, at);
  for (const cursor of cursors) {
    if (cursor.kind === 'variable') low.cursors.add(cursor.variable);
    low.assign(cursor, { kind: 'element', loop: name, over, ...at }, at, name);
  }
  lowerBody(low, bodyRow, after, head);
  graph.jump(head, span);
  graph.enter(end, at);
  for (const cursor of cursors) low.assign(cursor, endValue(cursor, shape?.after ?? null, name, at), at, name);
  graph.enter(after, span);
}

/** An index beside the cursor does not end as NULL. */
function endValue(cursor: Expr, after: 'past-end' | 'null' | 'limit' | null, loop: string, at: { start: number; end: number }): Expr {
  const isNumber = cursor.kind === 'variable' && !cursor.variable.type.includes('*');
  if (after === 'null' && !isNumber) return { kind: 'integer', value: 0, text: 'NULL', ...at };
  return { kind: 'past-end', loop, ...at };
}

/**
 * Cursors of a macro that no table has: local variables that hold nothing yet, or served as cursors before.
 * Containers were assigned or are parameters.
 */
function guessCursors(low: Lowering, args: readonly Expr[]): Expr[] {
  return args.filter(
    (arg) => arg.kind === 'variable' && arg.variable.kind === 'local' && (low.cursors.has(arg.variable) || !low.assigned.has(arg.variable)),
  );
}
