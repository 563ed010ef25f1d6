// Arguments of a call as a scenario writes them: names, numbers and sums of them, words and flags, ranges, `.field = value`.

import type { CallForm } from '../calls/form.ts';
import { isCommand } from '../calls/iommufd/commands.ts';
import { NUMBERS, asValue, shortWord } from '../calls/iommufd/constants.ts';
import type { Cpu } from '../machine/cpu.ts';
import type { Procedure } from '../machine/code.ts';
import type { Value } from '../machine/names.ts';

/** `value`: known when the scenario is read; `path`: a name of the scenario, and fields of what it names. */
export type Argument =
  | { readonly kind: 'value'; readonly field: string | null; readonly value: Value }
  | { readonly kind: 'path'; readonly field: string | null; readonly parts: readonly string[] };

const FIELD = /^\.?([A-Za-z_]\w{0,31}) ?= ?(.*)$/;
const PATH = /^[A-Za-z_]\w{0,31}(?:\.[A-Za-z_]\w{0,31}){0,3}$/;
const TERM = /^(?:0x[0-9a-fA-F]{1,16}|\d{1,20}|[A-Za-z_]\w{0,47})$/;
/** Words that stand for themselves in calls that are not of iommufd. */
const WORDS = new Set(['identity', 'DMA', 'DMA-FQ', 'auto', 'SVA', 'IOPF', 'pci', 'platform', 'Q']);
const MAX_TERMS = 16;

function term(text: string): bigint | null {
  if (!TERM.test(text)) return null;
  if (/^\d/.test(text)) return BigInt(text);
  return NUMBERS[text] ?? null;
}

/** A number, or a sum of products of numbers and their names; null if the text is none. 64 bits, as the kernel computes. */
function numberOf(text: string): bigint | null {
  const pieces = text.split(/([+*-])/).map((piece) => piece.trim());
  if (pieces.length > 2 * MAX_TERMS) return null;
  let sum = 0n;
  let product: bigint | null = null;
  let sign = 1n;
  let operator = '';
  for (const piece of pieces) {
    if (piece === '') continue;
    if (piece === '+' || piece === '-' || piece === '*') {
      if (piece === '*' ? product === null : operator !== '' && product === null) return null;
      if (piece !== '*') {
        sum += sign * (product ?? 0n);
        product = null;
        sign = piece === '-' ? -1n : 1n;
      }
      operator = piece;
      continue;
    }
    const value = term(piece);
    if (value === null || (product !== null && operator !== '*')) return null;
    product = product === null ? value : product * value;
    operator = '';
  }
  return product === null || operator !== '' ? null : BigInt.asUintN(64, sum + sign * product);
}

const flagWords = (text: string): string | null => {
  const words = text.split('|').map((word) => word.trim());
  const known = words.map((word) => (word.startsWith('~') ? shortWord(word.slice(1)) : shortWord(word)));
  if (known.some((word) => word === null)) return null;
  return words.map((word, at) => `${word.startsWith('~') ? '~' : ''}${known[at] ?? ''}`).join('|');
};

/** What an argument says, `names` being the names of the scenario; null if it says nothing that is known. */
export function parseArgument(given: string, names: ReadonlySet<string>): Argument | null {
  const split = FIELD.exec(given);
  const field = split?.[1] ?? null;
  const text = (split?.[2] ?? given).trim();
  const value = (found: Value): Argument => ({ kind: 'value', field, value: found });
  if (PATH.test(text)) {
    const parts = text.split('.');
    if (names.has(parts[0] ?? '')) return { kind: 'path', field, parts };
  }
  if (text === 'NULL') return value(null);
  if (text === 'true' || text === 'false') return value(text === 'true');
  if (WORDS.has(text)) return value(text);
  const number = numberOf(text);
  if (number !== null) return value(asValue(number));
  const range = text.split('..');
  if (range.length === 2) {
    const first = numberOf(range[0] ?? '');
    const last = numberOf(range[1] ?? '');
    if (first !== null && last !== null) return value(`${first}-${last}`);
  }
  const entry = text.split(':');
  if (entry.length === 2) {
    const [flags = '', id = ''] = entry.map((part) => part.trim());
    const numeric = numberOf(flags);
    const left = numeric === null ? flagWords(flags) : numeric.toString();
    const right = numberOf(id);
    if (left !== null && right !== null) return value(`${left}:${right}`);
  }
  const words = flagWords(text);
  if (words !== null) return value(words);
  return isCommand(text) ? value(text) : null;
}

/** The value of an argument when the call is made. */
export function valueOf(c: Cpu, argument: Argument, handles: ReadonlySet<string>): Value {
  if (argument.kind === 'value') return argument.value;
  const [first = '', ...fields] = argument.parts;
  let value: Value = handles.has(first) ? c.get('handles', first) : first;
  for (const field of fields) {
    if (typeof value !== 'string') return null;
    const bare = field.replace(/^out_/, '').replace(/_id$/, '');
    // The id of the test's own object is the object.
    value = bare === 'stdev' ? value : c.see(value, bare);
  }
  return value;
}

export interface BoundCall {
  readonly procedure: string;
  /** Arguments by the parameters of the procedure; null for one that the call leaves out. */
  readonly values: readonly ((c: Cpu) => Value)[];
  /** An error that the entry of the system call gives, before the call itself. */
  readonly early: string | null;
}

export type Binding = { readonly ok: true; readonly call: BoundCall } | { readonly ok: false; readonly message: string };

export interface BindingWorld {
  readonly names: ReadonlySet<string>;
  readonly handles: ReadonlySet<string>;
  readonly users: readonly string[];
}

/** Puts the arguments of a call in the places of its procedure's parameters. */
export function bindCall(callForm: CallForm, target: Procedure, args: readonly string[], world: BindingWorld): Binding {
  const given = new Map<string, (c: Cpu) => Value>();
  const rest: Argument[] = [];
  const constants = new Map<string, Value>();
  let place = 0;
  // A scenario with one user need not name it in each call.
  const [onlyUser] = world.users;
  if (callForm.parameters[0] === 'ctx' && !world.users.includes(args[0]?.trim() ?? '') && !/^\.?ctx ?=/.test(args[0] ?? '')) {
    if (world.users.length !== 1 || onlyUser === undefined)
      return { ok: false, message: 'the first argument must be a user (an open file)' };
    given.set('ctx', () => onlyUser);
    place = 1;
  }
  // The file may stand first in the short forms too.
  const named = callForm.parameters[0] !== 'ctx' && target.parameters[0] === 'ctx' && world.users.includes(args[0] ?? '');
  if (named) given.set('ctx', () => args[0] ?? null);
  for (const text of named ? args.slice(1) : args) {
    // What is written to a sysfs file is any text.
    const raw = target.name === 'write_type' && place === 1;
    const argument: Argument | null = raw ? { kind: 'value', field: null, value: text } : parseArgument(text, world.names);
    if (argument === null) return { ok: false, message: `'${text}' is not an argument` };
    const alias = argument.field === null ? null : (callForm.fields[argument.field] ?? argument.field);
    const name = alias ?? callForm.parameters[place];
    if (alias === null && callForm.rest !== null && (name === undefined || name === callForm.rest)) {
      rest.push(argument);
      continue;
    }
    if (alias === null) place++;
    if (name === undefined) return { ok: false, message: `takes ${callForm.parameters.length} arguments at most` };
    const ofStructure = callForm.bytes !== null && (name === 'size' || name === 'extra');
    if (!ofStructure && !target.parameters.includes(name)) {
      return { ok: false, message: `has no field '${argument.field ?? name}'` };
    }
    if (argument.kind === 'value') constants.set(name, argument.value);
    given.set(name, (c) => valueOf(c, argument, world.handles));
  }
  if (callForm.rest !== null) {
    given.set(callForm.rest, (c) => rest.map((argument) => String(valueOf(c, argument, world.handles) ?? '0')));
    const count = { ranges: 'num_iovas', entries: 'entry_num' }[callForm.rest];
    if (count !== undefined && !given.has(count)) given.set(count, () => rest.length);
  }
  const values = target.parameters.map((parameter) => {
    const fallback = callForm.defaults[parameter] ?? null;
    return given.get(parameter) ?? (() => fallback);
  });
  return { ok: true, call: { procedure: target.name, values, early: sizeError(callForm, constants) } };
}

/** copy_struct_from_user(): -EINVAL below the first version of a command, -E2BIG where unknown bytes are not zero. */
function sizeError(callForm: CallForm, constants: ReadonlyMap<string, Value>): string | null {
  const size = constants.get('size');
  if (callForm.bytes === null || typeof size !== 'number') return null;
  if (size < callForm.bytes.first) return '-EINVAL';
  const extra = constants.get('extra') ?? null;
  return size > callForm.bytes.now && extra !== null && extra !== 0 ? '-E2BIG' : null;
}
