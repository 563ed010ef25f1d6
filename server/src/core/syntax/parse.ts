import type { Span } from '../base/text.ts';
import { joinMacroWords, type MacroWords } from '../kernel/macro-words.ts';
import { kernelMacros } from '../kernel/macro-tables.ts';
import { functionExtents, type FunctionExtent } from './extents.ts';
import { findFunctions } from './functions.ts';
import { harvestMacros } from './harvest.ts';
import { errorRows, rootHasError, runPass, type CParser, type Pass, type PassOptions } from './pass.ts';
import { repairFunction, withoutFunctions, type Repaired } from './repair.ts';
import type { RuleSwitches } from './rewrite/rules.ts';
import { parseMacroBodies } from './macro-bodies.ts';
import { parseStatementArguments } from './statement-arguments.ts';
import { cutSubtree, emptyRoot, graft } from './table.ts';
import { Tree } from './tree.ts';
import type { Annotation, CFile, CFunction, FlattenedBranch, Masked, SyntaxProblem } from './types.ts';

export type { CParser } from './pass.ts';

export interface ParseOptions {
  /** Macros that are known; those of Linux by default, or for null. The text's own `#define`s are added. */
  readonly macros?: MacroWords | null;
  /** Rules of the rewrite; all by default. */
  readonly rules?: RuleSwitches;
}

/** How much text may be parsed again to repair functions, in times the length of the whole. */
const REPAIR_FACTOR = 6;
/** Problems that are listed for places outside functions. */
const MAX_PROBLEMS = 50;

/**
 * Parses a C text of the kernel. All offsets of the result are UTF-16 offsets of `text`.
 * A text that the parser refuses (NULs, size, budget) gives an empty tree and a problem of kind `limit`.
 * Functions that do not parse in their file are parsed alone, with their preprocessor groups flattened, and without the lines that
 * do not parse; what then is still not understood is in `problems`, and the rest of the file is there.
 */
export function parseC(text: string, path: string, parser: CParser, options: ParseOptions = {}): CFile {
  const macros = withOwnMacros(text, options.macros ?? kernelMacros);
  const passOptions: PassOptions = options.rules ? { macros, rules: options.rules } : { macros };
  const pass = runPass(text, parser, passOptions);
  if (typeof pass === 'string') return refused(text, path, parser, macros, pass);
  const whole: Parts = {
    tree: pass.tree,
    annotations: pass.rewritten.annotations,
    masked: pass.rewritten.masked,
    flattened: pass.rewritten.flattened,
    problems: pass.rewritten.tooDeep ? [tooDeep(text)] : [],
    leftOut: [],
  };
  const parts = rootHasError(pass.tree) && !pass.rewritten.tooDeep ? repair(text, pass, whole, parser, passOptions) : whole;
  return assemble(text, path, parts, pass.rewritten.comments, parser, passOptions);
}

interface Parts {
  readonly tree: Tree;
  readonly annotations: readonly Annotation[];
  readonly masked: readonly Masked[];
  readonly flattened: readonly FlattenedBranch[];
  readonly problems: readonly SyntaxProblem[];
  readonly leftOut: readonly Span[];
}

function withOwnMacros(text: string, macros: MacroWords): MacroWords {
  if (!text.includes('define')) return macros;
  const own = harvestMacros([text], macros);
  return own.loops.size + own.annotations.size + own.annotationCalls.size > 0 ? joinMacroWords(macros, own) : macros;
}

function refused(text: string, path: string, parser: CParser, macros: MacroWords, detail: string): CFile {
  return {
    path,
    text,
    tree: new Tree({ rows: emptyRoot(parser.grammar, text.length) }, parser.grammar, text),
    functions: [],
    annotations: [],
    masked: [],
    flattened: [],
    statementArguments: [],
    macroBodies: [],
    comments: [],
    problems: [{ kind: 'limit', span: { start: 0, end: text.length }, message: detail }],
    macros,
    outline: {},
  };
}

function tooDeep(text: string): SyntaxProblem {
  return { kind: 'limit', span: { start: 0, end: text.length }, message: 'brackets nest too deeply: macros were not looked at' };
}

/** Parses the functions that are damaged in the whole file by themselves, and sets them into a tree of the rest. */
function repair(text: string, pass: Pass, whole: Parts, parser: CParser, options: PassOptions): Parts {
  const clean = new Set(
    findFunctions(pass.tree, [], [])
      .filter((one) => one.clean)
      .map((one) => `${String(one.body.start)}-${String(one.body.end)}`),
  );
  const damaged = functionExtents(text).filter((one) => !clean.has(`${String(one.body)}-${String(one.end)}`));
  let allowance = REPAIR_FACTOR * text.length;
  const repaired: { extent: FunctionExtent; result: Repaired }[] = [];
  for (const extent of damaged) {
    const length = extent.end - extent.start;
    if (length > allowance) break;
    allowance -= length;
    const result = repairFunction(text.slice(extent.start, extent.end), parser, options);
    if (result) repaired.push({ extent, result });
  }
  if (repaired.length === 0) return whole;
  const rest = runPass(
    withoutFunctions(
      text,
      repaired.map((one) => one.extent),
    ),
    parser,
    options,
  );
  // With the damaged functions out of the way the rest must be better, or the extents were wrong.
  if (typeof rest === 'string' || errorRows(rest.tree).length > errorRows(pass.tree).length) return whole;
  return join(text, rest, repaired, parser);
}

/** Nodes that can hold functions. */
const holders = new Set(['translation_unit', 'preproc_if', 'preproc_ifdef', 'preproc_else', 'preproc_elif', 'declaration_list', 'ERROR']);

function join(text: string, rest: Pass, repaired: readonly { extent: FunctionExtent; result: Repaired }[], parser: CParser): Parts {
  const { symbols } = parser.grammar;
  const rows = graft(
    rest.tree.rows,
    repaired.map(({ extent, result }) => ({
      start: extent.start,
      rows: cutSubtree(result.pass.tree.rows, result.row, extent.start, 0, text.length),
    })),
    (symbol) => holders.has(symbols[symbol] ?? ''),
  );
  const joined = <T extends { readonly span: Span }>(of: (pass: Pass) => readonly T[]): T[] =>
    [
      ...of(rest),
      ...repaired.flatMap(({ extent, result }) => of(result.pass).map((one) => ({ ...one, span: moved(one.span, extent.start) }))),
    ].sort((a, b) => a.span.start - b.span.start);
  const leftOut = repaired.flatMap(({ extent, result }) => result.leftOut.map((line) => moved(line, extent.start)));
  return {
    tree: new Tree({ rows }, parser.grammar, text),
    annotations: joined((pass) => pass.rewritten.annotations),
    masked: joined((pass) => pass.rewritten.masked),
    flattened: joined((pass) => pass.rewritten.flattened),
    problems: leftOut.map((span) => ({ kind: 'parse', span, message: 'this line was left out: it does not parse' })),
    leftOut,
  };
}

function moved(span: Span, by: number): Span {
  return { start: span.start + by, end: span.end + by };
}

function assemble(text: string, path: string, parts: Parts, comments: readonly Span[], parser: CParser, options: PassOptions): CFile {
  const { tree, leftOut } = parts;
  const found = findFunctions(tree, parts.annotations, parts.masked);
  const functions =
    leftOut.length === 0 ? found : found.map((one) => (leftOut.some((line) => within(line, one.span)) ? { ...one, clean: false } : one));
  return {
    path,
    text,
    tree,
    functions,
    annotations: parts.annotations,
    masked: parts.masked,
    flattened: parts.flattened,
    statementArguments: parseStatementArguments(text, parts.masked, parser, options),
    macroBodies: parseMacroBodies(text, parser, options),
    comments,
    problems: [...parts.problems, ...parseProblems(tree, functions)],
    macros: options.macros,
    outline: {},
  };
}

function within(inner: Span, outer: Span): boolean {
  return inner.start >= outer.start && inner.end <= outer.end;
}

/** One problem for each place that the parser did not understand. */
function parseProblems(tree: Tree, functions: readonly CFunction[]): SyntaxProblem[] {
  if (!rootHasError(tree)) return [];
  return errorRows(tree, 0, MAX_PROBLEMS).map((row) => {
    const span = tree.span(row);
    const inside = functions.find((one) => span.start >= one.span.start && span.start < one.span.end);
    const where = inside ? ` in ${inside.name}` : '';
    return {
      kind: 'parse',
      span: { start: span.start, end: Math.max(span.end, Math.min(span.start + 1, tree.text.length)) },
      message: tree.isMissing(row) ? `expected "${tree.kind(row)}"${where}` : `not understood${where}`,
    };
  });
}
