// Reads a file again after an edit: only the function that was edited, where that is certain to give what a whole parse would.

import { ROW_SIZE } from '../base/outside.ts';
import type { Span } from '../base/text.ts';
import { functionExtents } from './extents.ts';
import { findFunctions } from './functions.ts';
import { parseC, type ParseOptions } from './parse.ts';
import { runPass, soleFunction, type CParser } from './pass.ts';
import { parseMacroBodies } from './macro-bodies.ts';
import { parseStatementArguments } from './statement-arguments.ts';
import { cutSubtree } from './table.ts';
import { Tree } from './tree.ts';
import type { CFile, CFunction } from './types.ts';

/** The stretch [start, oldEnd) of the old text has become [start, newEnd) of the new one. UTF-16 offsets. */
export interface TextEdit {
  readonly start: number;
  readonly oldEnd: number;
  readonly newEnd: number;
  /** What stands from this offset of the old text on kept its place: as many blanks before it came or went as the edit took or gave. */
  readonly absorbedAt?: number;
}

/**
 * The file after an edit. An edit within the braces of one function that stays one clean function re-reads that function alone;
 * all others parse the whole text. `options` must be those of the first parse. The result equals `parseC` of the new text.
 */
export function updateC(previous: CFile, text: string, edit: TextEdit, parser: CParser, options: ParseOptions = {}): CFile {
  return updateWithin(previous, text, edit, parser, options)?.file ?? parseC(text, previous.path, parser, options);
}

/** The same where one function was read again, with its index among the functions of both files; null where the whole text has to be. */
export function updateWithin(
  previous: CFile,
  text: string,
  edit: TextEdit,
  parser: CParser,
  options: ParseOptions = {},
): { readonly file: CFile; readonly edited: number } | null {
  const edited = previous.functions.findIndex((one) => edit.start > one.body.start && edit.oldEnd < one.body.end);
  const fn = previous.functions[edited];
  const file = fn ? updateFunction(previous, fn, text, edit, parser, options) : null;
  return file && { file, edited };
}

function updateFunction(
  previous: CFile,
  edited: CFunction,
  text: string,
  edit: TextEdit,
  parser: CParser,
  options: ParseOptions,
): CFile | null {
  const { start, end } = edited.span;
  const grown = edit.newEnd - edit.oldEnd;
  const absorbedAt = edit.absorbedAt ?? Infinity;
  // A function that moved without its own edit would lose its graph.
  const isNear = absorbedAt === Infinity || previous.functions.every((one) => one.span.start < end || one.span.start >= absorbedAt);
  if (!isNear) return null;
  /** Where an offset behind the function is in the new text. */
  const place = (at: number): number => (at < absorbedAt ? at + grown : at);
  const put = (span: Span): Span => ({ start: place(span.start), end: place(span.end) });
  const alone = text.slice(start, end + grown);
  if (!edited.clean || hasDirective(previous.text.slice(start, end)) || hasDirective(alone)) return null;
  const extents = functionExtents(alone);
  if (extents.length !== 1 || extents[0]?.start !== 0 || extents[0].end !== alone.length) return null;
  const passOptions = options.rules ? { macros: previous.macros, rules: options.rules } : { macros: previous.macros };
  const pass = runPass(alone, parser, passOptions);
  if (typeof pass === 'string' || pass.tree.hasError(0)) return null;
  const row = soleFunction(pass);
  const only = findFunctions(pass.tree, pass.rewritten.annotations, pass.rewritten.masked)[0];
  if (row < 0 || !only) return null;

  const fresh = cutSubtree(pass.tree.rows, row, start, 0, text.length);
  const tree = new Tree({ rows: replaceRows(previous.tree, edited.row, fresh, place) }, parser.grammar, text);
  const splice = <T extends { readonly span: Span }>(old: readonly T[], fresh: readonly T[]): T[] => [
    ...old.filter((one) => one.span.end <= start),
    ...fresh.map((one) => ({ ...one, span: moved(one.span, start) })),
    ...old.filter((one) => one.span.start >= end).map((one) => ({ ...one, span: put(one.span) })),
  ];
  const more = tree.count - previous.tree.count;
  const annotations = splice(previous.annotations, pass.rewritten.annotations);
  const masked = splice(previous.masked, pass.rewritten.masked);
  const comments = splice(
    previous.comments.map((span) => ({ span })),
    pass.rewritten.comments.map((span) => ({ span })),
  );
  return {
    ...previous,
    text,
    tree,
    annotations,
    masked,
    functions: previous.functions.map((one) => {
      if (one === edited) return shifted(only, edited.row - row, (span) => moved(span, start));
      return one.row < edited.row ? one : shifted(one, more, put);
    }),
    flattened: splice(previous.flattened, pass.rewritten.flattened),
    comments: comments.map((one) => one.span),
    problems: splice(previous.problems, []),
    statementArguments: parseStatementArguments(text, masked, parser, passOptions),
    macroBodies: parseMacroBodies(text, parser, passOptions),
    outline: declaresNothing(previous.text.slice(edited.body.start, end)) && declaresNothing(alone) ? previous.outline : {},
  };
}

/** A function whose rows and text have moved. */
function shifted(one: CFunction, rows: number, put: (span: Span) => Span): CFunction {
  return {
    ...one,
    nameSpan: put(one.nameSpan),
    span: put(one.span),
    body: put(one.body),
    row: one.row + rows,
    bodyRow: one.bodyRow + rows,
    parameters: one.parameters.map((parameter) => ({ ...parameter, span: put(parameter.span) })),
    annotations: one.annotations.map((annotation) => ({ ...annotation, span: put(annotation.span) })),
  };
}

/** Whether a function's text shows no type, no initialiser and nothing at column 0 that could be read as a declaration of the file. */
function declaresNothing(text: string): boolean {
  return !/=\s*\{|\b(?:struct|union|enum)(?:\s+\w+)?\s*\{/.test(text) && !/^(?!\w+:)[^\s{}]/m.test(text.slice(text.indexOf('\n{') + 1));
}

function hasDirective(text: string): boolean {
  return /^[ \t]*#/m.test(text);
}

function moved(span: Span, by: number): Span {
  return { start: span.start + by, end: span.end + by };
}

/** The table with one subtree replaced by another, and everything behind it moved to where `place` says. */
function replaceRows(tree: Tree, row: number, fresh: Int32Array, place: (at: number) => number): Int32Array {
  const behind = tree.subtreeEnd(row);
  const grown = fresh.length / ROW_SIZE - (behind - row);
  const rows = new Int32Array(tree.rows.length + grown * ROW_SIZE);
  rows.set(tree.rows.subarray(0, row * ROW_SIZE));
  rows.set(fresh, row * ROW_SIZE);
  rows.set(tree.rows.subarray(behind * ROW_SIZE), row * ROW_SIZE + fresh.length);
  const parent = tree.parent(row);
  for (let at = row * ROW_SIZE; at < row * ROW_SIZE + fresh.length; at += ROW_SIZE) {
    rows[at + 3] = (rows[at + 3] ?? 0) + row;
    rows[at + 4] = (rows[at + 4] ?? 0) + row;
  }
  rows[row * ROW_SIZE + 3] = parent;
  // The field under which the function stands is not known to the tree of the function alone.
  rows[row * ROW_SIZE] = tree.rows[row * ROW_SIZE] ?? 0;
  for (let at = row * ROW_SIZE + fresh.length; at < rows.length; at += ROW_SIZE) {
    rows[at + 1] = place(rows[at + 1] ?? 0);
    rows[at + 2] = place(rows[at + 2] ?? 0);
    if ((rows[at + 3] ?? 0) >= behind) rows[at + 3] = (rows[at + 3] ?? 0) + grown;
    rows[at + 4] = (rows[at + 4] ?? 0) + grown;
  }
  for (let above = parent; above >= 0; above = tree.parent(above)) {
    rows[above * ROW_SIZE + 2] = place(tree.end(above));
    rows[above * ROW_SIZE + 4] = tree.subtreeEnd(above) + grown;
  }
  return rows;
}
