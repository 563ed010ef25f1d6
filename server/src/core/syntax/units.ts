// Several parsed texts, one behind the other, as one.

import type { Span } from '../base/text.ts';
import { kernelMacros } from '../kernel/macro-tables.ts';
import { findFunctions } from './functions.ts';
import type { CParser } from './pass.ts';
import { cutSubtree, emptyRoot, graft } from './table.ts';
import { Tree } from './tree.ts';
import type { CFile } from './types.ts';

/** Joins texts that were parsed by themselves, so that an error in one leaves the others alone. */
export function joinUnits(units: readonly CFile[], path: string, parser: CParser): CFile {
  const text = units.map((unit) => unit.text).join('');
  const starts: number[] = [];
  let length = 0;
  for (const unit of units) {
    starts.push(length);
    length += unit.text.length;
  }
  const items = units.flatMap(({ tree }, at) => {
    const start = starts[at] ?? 0;
    const rows = [];
    for (let row = tree.firstChild(0); row >= 0; row = tree.nextSibling(row)) {
      rows.push({ start: tree.start(row) + start, rows: cutSubtree(tree.rows, row, start, 0, text.length) });
    }
    return rows;
  });
  const tree = new Tree({ rows: graft(emptyRoot(parser.grammar, text.length), items, () => true) }, parser.grammar, text);
  const all = <T extends { readonly span: Span }>(of: (unit: CFile) => readonly T[]): T[] =>
    units.flatMap((unit, at) => of(unit).map((one) => ({ ...one, span: moved(one.span, starts[at] ?? 0) })));
  const annotations = all((unit) => unit.annotations);
  const masked = all((unit) => unit.masked);
  const unclean = new Set(
    units.flatMap((unit, at) => unit.functions.filter((one) => !one.clean).map((one) => one.body.start + (starts[at] ?? 0))),
  );
  return {
    path,
    text,
    tree,
    functions: findFunctions(tree, annotations, masked).map((one) =>
      one.clean && unclean.has(one.body.start) ? { ...one, clean: false } : one,
    ),
    annotations,
    masked,
    flattened: all((unit) => unit.flattened),
    statementArguments: units.flatMap((unit, at) =>
      unit.statementArguments.map((one) => {
        const start = starts[at] ?? 0;
        const rows = cutSubtree(one.tree.rows, 0, start, 0, text.length);
        return { ...one, span: moved(one.span, start), tree: new Tree({ rows }, parser.grammar, text) };
      }),
    ),
    macroBodies: units.flatMap((unit, at) =>
      unit.macroBodies.map((one) => {
        const rows = cutSubtree(one.tree.rows, 0, starts[at] ?? 0, 0, text.length);
        return { ...one, tree: new Tree({ rows }, parser.grammar, text) };
      }),
    ),
    comments: units.flatMap((unit, at) => unit.comments.map((one) => moved(one, starts[at] ?? 0))),
    problems: all((unit) => unit.problems),
    macros: units[0]?.macros ?? kernelMacros,
    outline: {},
  };
}

function moved(span: Span, by: number): Span {
  return { start: span.start + by, end: span.end + by };
}
