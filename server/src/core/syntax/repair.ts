// What is tried for functions that do not parse in their file: alone, with all preprocessor groups flattened, without single lines.

import type { Span } from '../base/text.ts';
import type { FunctionExtent } from './extents.ts';
import { errorRows, runPass, soleFunction, type CParser, type Pass, type PassOptions } from './pass.ts';
import type { FlattenChoice } from './rewrite/directives.ts';
import { Tree } from './tree.ts';

/** A function that was parsed by itself. All offsets are those of the function's own text. */
export interface Repaired {
  readonly pass: Pass;
  /** Row of its function_definition. */
  readonly row: number;
  /** Lines that had to be left out. */
  readonly leftOut: readonly Span[];
}

const attempts: readonly (FlattenChoice | null)[] = [null, { all: true, second: false }, { all: true, second: true }];
/** How many lines of a function may be left out before it is given up. */
const MAX_LINES_LEFT_OUT = 8;

/**
 * Parses one function's text alone, then with its groups flattened to the first and to the second branch, then without the lines
 * that do not parse. Null if nothing gives one function definition over the whole text.
 */
export function repairFunction(text: string, parser: CParser, options: PassOptions): Repaired | null {
  let best: { pass: Pass; errors: number } | null = null;
  for (const flatten of attempts) {
    const pass = runPass(text, parser, flatten ? { ...options, flatten } : options);
    if (typeof pass === 'string') return null;
    const errors = errorRows(pass.tree, 0).length;
    const row = soleFunction(pass);
    if (errors === 0 && row >= 0) return { pass, row, leftOut: [] };
    if (!best || errors < best.errors) best = { pass, errors };
    if (!text.includes('#')) break;
  }
  return best && leaveOutLines(best.pass, parser);
}

/** Blanks the first line that does not parse, and again, as long as that helps; braces stay. */
function leaveOutLines(start: Pass, parser: CParser): Repaired | null {
  let pass = start;
  const leftOut: Span[] = [];
  for (let step = 0; step < MAX_LINES_LEFT_OUT; step++) {
    const errors = errorRows(pass.tree);
    const first = errors[0];
    if (first === undefined) break;
    const line = lineAround(pass.tree.text, pass.tree.start(first));
    const rewritten = blankLine(pass.rewritten.text, line);
    const outcome = parser.parse(rewritten);
    if (!outcome.ok) break;
    const tree = new Tree(outcome.table, parser.grammar, pass.tree.text);
    if (errorRows(tree).length >= errors.length) break;
    leftOut.push(line);
    pass = { rewritten: { ...pass.rewritten, text: rewritten }, tree };
  }
  const row = soleFunction(pass);
  return row < 0 ? null : { pass, row, leftOut };
}

function lineAround(text: string, offset: number): Span {
  const end = text.indexOf('\n', offset);
  return { start: text.lastIndexOf('\n', offset - 1) + 1, end: end < 0 ? text.length : end };
}

function blankLine(text: string, line: Span): string {
  const blanked = text.slice(line.start, line.end).replace(/[^{}\r]/g, ' ');
  return text.slice(0, line.start) + blanked + text.slice(line.end);
}

/** The text with some functions blanked out, so that the rest parses without them. */
export function withoutFunctions(text: string, extents: readonly FunctionExtent[]): string {
  let rest = '';
  let from = 0;
  for (const { start, end } of extents) {
    rest += text.slice(from, start) + text.slice(start, end).replace(/[^\n\r]/g, ' ');
    from = end;
  }
  return rest + text.slice(from);
}
