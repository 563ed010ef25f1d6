// Reads the initialiser of a variable: which fields of which structures are filled by which names.

import type { LineIndex } from '../../base/text.ts';
import type { ScannedField, ScannedTable } from './scan-types.ts';
import type { TokenText } from './tokens.ts';

/** What an open brace of an initialiser stands for. */
interface Level {
  readonly table: { readonly name: string; readonly type: string; readonly fields: ScannedField[] };
  /** Fields around this level inside the same table, with a dot behind each. */
  readonly prefix: string;
}

/** Initialisers that nest deeper are not read further. */
const MAX_DEPTH = 64;

/** Values that are no functions. */
const plainValues = new Set(['NULL', 'true', 'false', 'THIS_MODULE', 'KBUILD_MODNAME']);

/** Tables between the braces `open` and `close` that fill at least one field by a name. */
export function readInitialiser(
  source: TokenText,
  lines: LineIndex,
  variable: { readonly name: string; readonly type: string },
  open: number,
  close: number,
): ScannedTable[] {
  const first: Level = { table: { ...variable, fields: [] }, prefix: '' };
  const tables = [first.table];
  const levels: Level[] = [];
  let next = first;
  let deeper = 0;
  for (let at = open; at <= close; at++) {
    const sign = source.sign(at);
    if (source.isDirective(at) && source.directive(at) === 'dead') at = source.branchEnd(at);
    else if (sign === '{') {
      if (levels.length < MAX_DEPTH) levels.push(next);
      else deeper++;
    } else if (sign === '}') {
      if (deeper > 0) deeper--;
      else levels.pop();
    }
    const level = levels.at(-1);
    if (!level || deeper > 0) continue;
    if (sign === '{' || sign === '}' || sign === ',') next = level;
    const isField = source.is(at, '.') && source.isName(at + 1);
    if (!isField) continue;
    let field = source.word(at + 1);
    let value = at + 2;
    while (source.is(value, '.') && source.isName(value + 1)) {
      field += `.${source.word(value + 1)}`;
      value += 2;
    }
    if (!source.is(value, '=')) {
      at = value - 1;
      continue;
    }
    const path = level.prefix + field;
    const inner = compoundType(source, value + 1, close);
    if (inner) {
      next = { table: { name: `${level.table.name}.${path}`, type: inner.type, fields: [] }, prefix: '' };
      tables.push(next.table);
      at = inner.brace - 1;
    } else if (source.is(value + 1, '{')) {
      next = { table: level.table, prefix: `${path}.` };
      at = value;
    } else {
      const name = filledBy(source, value + 1);
      if (name !== null) level.table.fields.push({ field: path, function: name, line: lines.lineOf(source.start(at)) });
      at = value;
    }
  }
  return tables.filter((table) => table.fields.length > 0);
}

/** The type of `&(const struct T) {` or `(struct T) {`, and its brace. */
function compoundType(source: TokenText, from: number, close: number): { type: string; brace: number } | null {
  let at = source.is(from, '&') ? from + 1 : from;
  if (!source.is(at, '(')) return null;
  let type = '';
  for (at++; at < close && source.isName(at); at++) type = source.word(at);
  while (source.is(at, '[') || source.is(at, ']')) at++;
  return type !== '' && source.is(at, ')') && source.is(at + 1, '{') ? { type, brace: at + 1 } : null;
}

/** The name that a value is: `f`, `&f`, `pm_ptr(&f)`; null for every other value. */
function filledBy(source: TokenText, from: number): string | null {
  let at = source.is(from, '&') ? from + 1 : from;
  if (!source.isName(at)) return null;
  if (source.is(at + 1, '(') && source.word(at).endsWith('_ptr')) {
    at += source.is(at + 2, '&') ? 3 : 2;
    if (!source.isName(at) || !source.is(at + 1, ')')) return null;
    return named(source.word(at));
  }
  const next = at + 1;
  const ends = source.is(next, ',') || source.is(next, '}') || source.isDirective(next);
  return ends ? named(source.word(at)) : null;
}

/** Constants in capitals are no functions. */
function named(word: string): string | null {
  return plainValues.has(word) || /^[A-Z0-9_]+$/.test(word) ? null : word;
}
