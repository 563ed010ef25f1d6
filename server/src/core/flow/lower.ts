// From a function's syntax to its control-flow graph.

import type { Span } from '../base/text.ts';
import type { CFile, CFunction, Masked } from '../syntax/types.ts';
import { readFileClasses } from './file-classes.ts';
import type { Procedure } from './ir.ts';
import { Lowering, type FileLookup, type LoweringOptions } from './lowering.ts';
import { lowerStatements } from './statements.ts';

const lookups = new WeakMap<CFile, FileLookup>();

function lookupOf(file: CFile, gaps: readonly Span[]): FileLookup {
  const known = lookups.get(file);
  if (known) return known;
  const lookup: FileLookup = {
    masked: new Map<number, Masked>(file.masked.map((one) => [one.span.start, one])),
    gaps: new Set(gaps.map((gap) => gap.start)),
    macros: new Map(file.macroBodies.map((one) => [one.name, one])),
    classes: readFileClasses(file.text),
  };
  lookups.set(file, lookup);
  return lookup;
}

/**
 * The graph of one function of a file. Never fails: what is not understood stands as `opaque` instructions and in `problems`.
 * `options.gaps` are the empty statements of a fragment file that stand for code between its hunks.
 */
export function lowerFunction(file: CFile, fn: CFunction, options: LoweringOptions = { gaps: [] }): Procedure {
  const low = new Lowering(file, fn, options, lookupOf(file, options.gaps));
  low.pushScope(fn.span);
  const parameters = fn.parameters.flatMap((one) => {
    if (one.name === null) return [];
    const variable = low.declare(one.name, one.type, 'parameter', one.span);
    low.assigned.add(variable);
    return [variable];
  });
  collectLabels(low);
  low.pushScope(fn.body);
  lowerStatements(low, fn.bodyRow);
  const closing = { start: Math.max(fn.body.start, fn.body.end - 1), end: fn.body.end };
  low.leaveScopes(1, closing);
  low.graph.end({ op: 'return', value: null, implicit: true, span: closing, macro: null });
  for (const branch of file.flattened)
    if (!branch.kept && branch.span.start >= fn.body.start && branch.span.end <= fn.body.end)
      low.problem('preprocessor', branch.span, `the branch of #if ${branch.condition} is not looked at`);
  const blocks = low.graph.finish({ op: 'leave', reason: 'fragment', label: null, span: closing, macro: null });
  return {
    name: fn.name,
    span: fn.span,
    body: fn.body,
    returnType: fn.returnType,
    parameters,
    variables: low.variables,
    blocks,
    statements: low.statements,
    opaque: low.opaque,
    problems: low.problems,
  };
}

/** Finds the labels first, since a goto may lead forward. */
function collectLabels(low: Lowering): void {
  const { tree, fn } = low;
  if (!tree.text.slice(fn.body.start, fn.body.end).includes(':')) return;
  for (let row = fn.bodyRow; row < tree.subtreeEnd(fn.bodyRow); row++) {
    if (tree.kind(row) !== 'labeled_statement') continue;
    const name = tree.textOf(tree.childByField(row, 'label'));
    low.labels.set(name, { block: low.graph.create(name), start: tree.start(row) });
  }
}
