// R9 makes one identifier of a macro's argument that holds statements; here those statements are parsed.

import { runPass, type CParser, type PassOptions } from './pass.ts';
import { cutSubtree } from './table.ts';
import { Tree } from './tree.ts';
import type { Masked, StatementArgument } from './types.ts';

const PREFIX = 'void f(void) {';

/** Parses every masked statement argument of a text; those that the parser refuses are left out. */
export function parseStatementArguments(
  text: string,
  masked: readonly Masked[],
  parser: CParser,
  options: PassOptions,
): StatementArgument[] {
  const found: StatementArgument[] = [];
  for (const { kind, name, span } of masked) {
    if (kind !== 'statement-argument') continue;
    const statements = text.slice(span.start, span.end);
    const end = /[;}]\s*$/.test(statements) ? '}' : ';}';
    const pass = runPass(PREFIX + statements + end, parser, options);
    if (typeof pass === 'string') continue;
    const { tree } = pass;
    const rows = cutSubtree(tree.rows, 0, span.start - PREFIX.length, span.start, span.end);
    const moved = new Tree({ rows }, parser.grammar, text);
    const bodyRow = moved.childByField(moved.firstChild(0), 'body');
    if (bodyRow >= 0) found.push({ macro: name, span, tree: moved, bodyRow, clean: !tree.hasError(0) });
  }
  return found;
}
