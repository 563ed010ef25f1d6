// Parameters of a header field: RFC 2045, and RFC 2231 for long names and names in other charsets.

import { isGitSpace } from '../bytes.ts';

/** Parameters of one field that are read; a field with more is hostile, and the rest of it is left out. */
const MOST_PARAMETERS = 100;

/**
 * The parameters behind the first `;` of a field, by lower-case name. Continued values (`name*0`, `name*1`) are put together, percent
 * escapes of `name*` are read; the charset of such a value is not applied, its bytes stand as they are. The first of equal names wins.
 */
export function readParameters(field: string): ReadonlyMap<string, string> {
  const pieces = new Map<string, string[]>();
  let at = field.indexOf(';');
  for (let count = 0; at >= 0 && count < MOST_PARAMETERS; count++) {
    const read = readParameter(field, at + 1);
    at = read.next;
    if (read.name === '') continue;
    const { name, part, value } = splitName(read.name, read.value);
    const parts = pieces.get(name) ?? [];
    parts[part] ??= value;
    pieces.set(name, parts);
  }
  const values = new Map<string, string>();
  for (const [name, parts] of pieces) values.set(name, Object.values(parts).join(''));
  return values;
}

/** One `name=value`; `next` is the index of the `;` behind it, or -1. */
function readParameter(field: string, from: number): { name: string; value: string; next: number } {
  let at = from;
  while (isGitSpace(field.charCodeAt(at))) at++;
  const start = at;
  while (at < field.length && field[at] !== '=' && field[at] !== ';') at++;
  const name = field.slice(start, at).trimEnd().toLowerCase();
  if (field[at] !== '=') return { name: '', value: '', next: at < field.length ? at : -1 };
  at++;
  while (isGitSpace(field.charCodeAt(at))) at++;
  let value = '';
  if (field[at] === '"') {
    for (at++; at < field.length && field[at] !== '"'; at++) {
      if (field[at] === '\\' && at + 1 < field.length) at++;
      value += field.charAt(at);
    }
    return { name, value, next: field.indexOf(';', at) };
  }
  const end = field.indexOf(';', at);
  value = field.slice(at, end < 0 ? field.length : end).trimEnd();
  return { name, value, next: end };
}

/** `name*`, `name*0`, `name*0*`: the name, which part it is, and its value without charset and escapes. */
function splitName(name: string, value: string): { name: string; part: number; value: string } {
  const match = /^([^*]{1,200})(?:\*(\d{1,2}))?(\*)?$/.exec(name);
  if (match === null) return { name, part: 0, value };
  const part = Number(match[2] ?? 0);
  if (match[3] === undefined) return { name: match[1] ?? name, part, value };
  const text = part === 0 ? value.replace(/^[^']{0,100}'[^']{0,100}'/, '') : value;
  const plain = text.replace(/%([0-9A-Fa-f]{2})/g, (_, digits: string) => String.fromCharCode(parseInt(digits, 16)));
  return { name: match[1] ?? name, part, value: plain };
}
