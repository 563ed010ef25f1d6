// switch statements: case labels, ranges, falling through.

import type { Row } from '../syntax/tree.ts';
import { lowerValue } from './expressions.ts';
import type { Expr } from './ir.ts';
import type { Lowering } from './lowering.ts';
import { lowerBody, lowerStatement } from './statements.ts';

/** `switch`: one edge for each case label, which may stand in any block of the body. */
export function lowerSwitch(low: Lowering, row: Row): void {
  const { tree, graph } = low;
  const span = tree.span(row);
  const conditionRow = tree.childByField(row, 'condition');
  const body = tree.childByField(row, 'body');
  const value = lowerValue(low, conditionRow);
  const after = graph.create();
  let fallback = after;
  const cases: { low: Expr; high: Expr | null; to: number; span: { start: number; end: number } }[] = [];
  for (const one of caseRows(low, body)) {
    const block = graph.create();
    low.cases.set(one, block);
    const valueRow = tree.childByField(one, 'value');
    if (valueRow < 0) fallback = block;
    else cases.push({ ...caseValues(low, valueRow), to: block, span: tree.span(valueRow) });
  }
  graph.end({ op: 'switch', value, cases, default: fallback, span: tree.span(conditionRow), macro: null });
  lowerBody(low, body, after, null);
  graph.enter(after, span);
}

/** Case labels that belong to a switch: those of switches inside it do not. */
function caseRows(low: Lowering, body: Row): Row[] {
  const { tree } = low;
  const found: Row[] = [];
  for (let row = body + 1; row < tree.subtreeEnd(body);) {
    const kind = tree.kind(row);
    if (kind === 'case_statement') found.push(row);
    row = kind === 'switch_statement' ? tree.subtreeEnd(row) : row + 1;
  }
  return found;
}

function caseValues(low: Lowering, row: Row): { low: Expr; high: Expr | null } {
  const { tree } = low;
  // The rewrite turns `1 ... 5` into a subtraction; the original text tells.
  if (tree.kind(row) === 'binary_expression') {
    const [left, right] = [tree.childByField(row, 'left'), tree.childByField(row, 'right')];
    if (tree.text.slice(tree.end(left), tree.start(right)).includes('...'))
      return { low: lowerValue(low, left), high: lowerValue(low, right) };
  }
  return { low: lowerValue(low, row), high: null };
}

/** A case label and the statements that the tree keeps below it; control falls in from those before. */
export function lowerCase(low: Lowering, row: Row): void {
  const { tree, graph } = low;
  const block = low.cases.get(row);
  if (block !== undefined) graph.enter(block, { start: tree.start(row), end: tree.start(row) + 4 });
  const value = tree.childByField(row, 'value');
  for (const child of tree.children(row)) {
    if (child === value || (!tree.isError(child) && (!tree.isNamed(child) || tree.isExtra(child)))) continue;
    lowerStatement(low, child);
  }
}
