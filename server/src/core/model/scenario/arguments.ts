// Arguments of a call as a scenario writes them: names, numbers and sums of them, words and flags, ranges, `.field = value`.

import { nearest } from '../../base/nearest.ts';
import { currentLife } from '../calls/lives.ts';
import type { CallForm } from '../calls/form.ts';
import { isCommand } from '../calls/iommufd/commands.ts';
import { FLAG_WORDS, NUMBERS, asValue, shortWord, u64 } from '../calls/iommufd/constants.ts';
import type { Cpu } from '../machine/cpu.ts';
import type { Procedure } from '../machine/code.ts';
import type { Value } from '../machine/names.ts';

/**
 * `value`: known when the scenario is read; `path`: a name of the scenario, and fields of what it names; `late`: worked out of such
 * paths when the call is made.
 */
export type Argument =
  | { readonly kind: 'value'; readonly field: string | null; readonly value: Value }
  | { readonly kind: 'path'; readonly field: string | null; readonly parts: readonly string[] }
  | { readonly kind: 'late'; readonly field: string | null; readonly value: (look: Look) => Value };

/** What a path leads to at the moment of the call. */
type Look = (parts: readonly string[]) => Value;

const FIELD = /^\.?([A-Za-z_]\w{0,31}(?:\.[A-Za-z_]\w{0,31})?) ?= ?(.*)$/;
const PATH = /^[A-Za-z_]\w{0,31}(?:\.[A-Za-z_]\w{0,31}){0,3}$/;
const NUMBER = /^(0x[0-9a-fA-F]{1,16}|\d{1,20})(?:[uU]?[lL]{0,2})$/;
/** Words that stand for themselves in calls that are not of iommufd. */
const WORDS = new Set(['identity', 'DMA', 'DMA-FQ', 'auto', 'SVA', 'IOPF', 'pci', 'platform', 'Q']);
const MAX_TERMS = 16;

/** Words that an argument can be, to name the one that is near a mistyped one. */
export const callWords: readonly string[] = [...WORDS, ...Object.keys(NUMBERS), ...FLAG_WORDS, 'NULL', 'true', 'false'];

/** A sum: for each term its sign, and its factors, of which those after `/` divide. */
interface Term {
  readonly minus: boolean;
  readonly factors: readonly { readonly value: bigint | readonly string[]; readonly divides: boolean }[];
}

function factor(text: string, names: ReadonlySet<string>): bigint | readonly string[] | null {
  const parts = text.split('.');
  if (PATH.test(text) && names.has(parts[0] ?? '')) return parts;
  const number = NUMBER.exec(text)?.[1];
  return number === undefined ? (NUMBERS[text] ?? null) : BigInt(number);
}

function termsOf(text: string, names: ReadonlySet<string>): readonly Term[] | null {
  const pieces = text.split(/([-+*/])/).map((piece) => piece.trim());
  if (pieces.length > 2 * MAX_TERMS) return null;
  const terms: Term[] = [];
  let minus = false;
  let factors: { value: bigint | readonly string[]; divides: boolean }[] = [];
  let divides = false;
  let wanted = true;
  for (const piece of pieces) {
    if (piece === '') continue;
    if (piece === '*' || piece === '/') {
      if (wanted) return null;
      divides = piece === '/';
      wanted = true;
    } else if (piece === '+' || piece === '-') {
      // A sign stands in front of the first term, or between two.
      if (wanted && (terms.length > 0 || factors.length > 0 || minus)) return null;
      if (factors.length > 0) terms.push({ minus, factors });
      [minus, factors, divides, wanted] = [piece === '-', [], false, true];
    } else {
      const value = factor(piece, names);
      if (value === null || !wanted) return null;
      factors.push({ value, divides });
      wanted = false;
    }
  }
  return wanted ? null : [...terms, { minus, factors }];
}

function sumOf(terms: readonly Term[], look: Look): bigint {
  let sum = 0n;
  for (const term of terms) {
    let product = 1n;
    for (const { value, divides } of term.factors) {
      const number = typeof value === 'bigint' ? value : u64(look(value));
      if (!divides) product *= number;
      else product = number === 0n ? 0n : product / number;
    }
    sum += term.minus ? -product : product;
  }
  return BigInt.asUintN(64, sum);
}

interface Sum {
  /** Known when the scenario is read. */
  readonly fixed: boolean;
  readonly value: (look: Look) => bigint;
}

/** A number, a name for one or a result, or a sum of products of them, shifted by another; null if the text is none. 64 bits, as the kernel computes. */
function sum(text: string, names: ReadonlySet<string>): Sum | null {
  const shifted = text.split('<<');
  if (shifted.length > 2) return null;
  const [left, right] = shifted.map((part) => termsOf(part, names));
  if (left === undefined || left === null || right === null) return null;
  const all = [...left, ...(right ?? [])];
  const fixed = all.every((term) => term.factors.every((one) => typeof one.value === 'bigint'));
  return {
    fixed,
    value: (look) => (right === undefined ? sumOf(left, look) : BigInt.asUintN(64, sumOf(left, look) << (sumOf(right, look) & 63n))),
  };
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
  const made = (sums: readonly Sum[], write: (numbers: readonly bigint[]) => Value): Argument => {
    const late = (look: Look): Value => write(sums.map((one) => one.value(look)));
    return sums.every((one) => one.fixed) ? value(late(() => null)) : { kind: 'late', field, value: late };
  };
  const number = sum(text, names);
  if (number !== null) return made([number], ([only = 0n]) => asValue(only));
  const range = text.split('..').map((end) => sum(end, names));
  const [first, last] = range;
  if (range.length === 2 && first && last) return made([first, last], (ends) => ends.join('-'));
  const entry = text.split(':').map((part) => part.trim());
  if (entry.length === 2) {
    const flags = sum(entry[0] ?? '', names);
    const word = flags === null ? flagWords(entry[0] ?? '') : null;
    const id = sum(entry[1] ?? '', names);
    if (flags !== null && id !== null) return made([flags, id], (parts) => parts.join(':'));
    if (word !== null && id !== null) return made([id], ([only = 0n]) => `${word}:${only}`);
  }
  const words = flagWords(text);
  if (words !== null) return value(words);
  return isCommand(text) ? value(text) : null;
}

/** The value of an argument when the call is made. */
export function valueOf(c: Cpu, argument: Argument, { handles, lives }: BindingWorld): Value {
  if (argument.kind === 'value') return argument.value;
  if (argument.kind === 'late') return argument.value((parts) => pathValue(c, parts, handles, lives));
  return pathValue(c, argument.parts, handles, lives);
}

/** Out fields of commands that are the id, or the file, of what the command made: the object itself. By the kinds of object. */
const OWN_IDS: Readonly<Record<string, readonly string[]>> = {
  stdev: ['selftest'],
  ioas: ['ioas'],
  hwpt: ['hwpt', 'hwpt_nested'],
  fault: ['fault'],
  access: ['access'],
  access_pages: [''],
};

function pathValue(c: Cpu, parts: readonly string[], handles: ReadonlySet<string>, lives: ReadonlySet<string>): Value {
  const [first = '', ...fields] = parts;
  let value: Value = handles.has(first) ? c.get('handles', first) : lives.has(first) ? currentLife(c, first) : first;
  for (const field of fields) {
    if (typeof value !== 'string') return null;
    const bare = field.replace(/^out_/, '').replace(/_(?:id|fd)$/, '');
    value = OWN_IDS[bare]?.includes(String(c.see(value, 'kind') ?? '')) === true ? value : c.see(value, bare);
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
  /** Names of devices and groups, which can stand for another one after the first is gone. */
  readonly lives: ReadonlySet<string>;
  readonly users: readonly string[];
  /** What a name of the world is: a device, a group, a driver, a user or an mm. */
  readonly kinds: ReadonlyMap<string, WorldKind>;
}

export type WorldKind = 'device' | 'group' | 'driver' | 'user' | 'mm';

/** What a parameter of this name takes, where only one kind makes sense. */
const TAKES: Readonly<Record<string, WorldKind>> = { dev: 'device', group: 'group', drv: 'driver', user: 'user', mm: 'mm' };

/** Why a name of the world cannot be what a parameter takes, or null. */
function wrongKind(name: string, argument: Argument, { kinds, handles }: BindingWorld): string | null {
  const wanted = TAKES[name];
  if (wanted === undefined || argument.kind !== 'path') return null;
  const [given = '', ...fields] = argument.parts;
  const kind = kinds.get(given);
  if (fields.length > 0 || handles.has(given) || kind === undefined || kind === wanted) return null;
  return `${name} is a ${wanted}, and ${given} is a ${kind}`;
}

/** The parameter that `.field = value` means. Bytes behind a structure are `extra`; the kernel's tests call them the future. */
function fieldOf(callForm: CallForm, field: string): string {
  // `.add_reserved.start` is the field of a union: only its last name counts, where both together have no meaning of their own.
  const last = field.slice(field.lastIndexOf('.') + 1);
  return callForm.fields[field] ?? (last === 'future' ? 'extra' : (callForm.fields[last] ?? last));
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
    const alias = argument.field === null ? null : fieldOf(callForm, argument.field);
    const name = alias ?? callForm.parameters[place];
    if (callForm.rest !== null && (name === callForm.rest || (alias === null && name === undefined))) {
      rest.push(argument);
      continue;
    }
    if (alias === null) place++;
    if (name === undefined) return { ok: false, message: `takes ${callForm.parameters.length} arguments at most` };
    const ofStructure = callForm.bytes !== null && (name === 'size' || name === 'extra');
    if (!ofStructure && !target.parameters.includes(name)) {
      const known = [
        ...target.parameters,
        ...Object.keys(callForm.fields).filter((field) => target.parameters.includes(callForm.fields[field] ?? '')),
      ];
      return { ok: false, message: `has no field '${argument.field ?? name}'${nearest(argument.field ?? name, known)}` };
    }
    const wrong = wrongKind(name, argument, world);
    if (wrong !== null) return { ok: false, message: wrong };
    if (argument.kind === 'value') constants.set(name, argument.value);
    given.set(name, (c) => valueOf(c, argument, world));
  }
  if (callForm.rest !== null) {
    given.set(callForm.rest, (c) => rest.map((argument) => String(valueOf(c, argument, world) ?? '0')));
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
