// What is kept of one scanned file: small, plain, and fit for a cache that cannot be trusted.

import { macroTrait, type MacroDefinition, type MacroTrait } from '../harvest.ts';
import { scanFile } from './scan.ts';
import type { FileScan, ScannedFunction } from './scan-types.ts';

/** Changes whenever a record of the same text would differ: a cache of another version is not read. */
export const RECORD_VERSION = 1;

export const STATIC = 1;
export const INLINE = 2;

/** Name, 1-based line, STATIC and INLINE, annotations. */
export type FunctionRow = readonly [name: string, line: number, bits: number, ...annotations: string[]];
/** Variable, structure type, then field, function and 1-based line of each field. */
export type TableRow = readonly [name: string, type: string, fields: readonly (readonly [field: string, fn: string, line: number])[]];
/**
 * A macro that could be an annotation or head a loop: name, 1 if it has parameters, the macro that it would have to be like to be a
 * head (`*` if it is one anyway, empty if never), words and calls that would have to be annotations (joined by blanks; null if never).
 */
export type MacroRow = readonly [name: string, hasParameters: 0 | 1, head: string, words: string | null, calls: string | null];

/** One file. Lists of names are joined by blanks. */
export interface FileRecord {
  readonly functions: readonly FunctionRow[];
  readonly prototypes: readonly FunctionRow[];
  readonly tables: readonly TableRow[];
  /** Macros without parameters or without a replacement text. */
  readonly macros: string;
  /** Macros with both. */
  readonly calledMacros: string;
  readonly macroRows: readonly MacroRow[];
  /** Tags, constants, types and variables. */
  readonly names: string;
}

/** Scans a text. Its characters may be bytes: nothing but ASCII and line feeds is told apart. */
export function recordText(text: string): FileRecord {
  return recordScan(scanFile(text));
}

function recordScan(scan: FileScan): FileRecord {
  const unique = (names: Iterable<string>): string => [...new Set(names)].join(' ');
  return {
    functions: scan.functions.map(rowOf),
    prototypes: scan.prototypes.map(rowOf),
    tables: scan.tables.map(({ name, type, fields }): TableRow => [name, type, fields.map((one) => [one.field, one.function, one.line])]),
    macros: unique(scan.macros.filter((one) => !isCalled(one)).map((one) => one.name)),
    calledMacros: unique(scan.macros.filter(isCalled).map((one) => one.name)),
    macroRows: scan.macros.flatMap((one) => {
      const trait = macroTrait(one);
      return trait && (trait.head || trait.attribute || !trait.hasParameters) ? [rowOfTrait(trait)] : [];
    }),
    names: unique(scan.names),
  };
}

function rowOf(fn: ScannedFunction): FunctionRow {
  return [fn.name, fn.line, (fn.isStatic ? STATIC : 0) | (fn.isInline ? INLINE : 0), ...fn.annotations];
}

function isCalled(macro: MacroDefinition): boolean {
  return macro.parameters !== null && macro.body !== '';
}

function rowOfTrait({ name, hasParameters, head, attribute }: MacroTrait): MacroRow {
  const like = head === null ? '' : 'yes' in head ? '*' : head.like;
  return [name, hasParameters ? 1 : 0, like, attribute && attribute.words.join(' '), attribute && attribute.calls.join(' ')];
}

/** What a row says of its macro. */
export function traitOfRow([name, hasParameters, like, words, calls]: MacroRow): MacroTrait {
  return {
    name,
    hasParameters: hasParameters === 1,
    head: like === '' ? null : like === '*' ? { yes: true } : { like },
    attribute: words === null || calls === null ? null : { words: split(words), calls: split(calls) },
  };
}

/** The names of a list that is joined by blanks. */
export function split(names: string): readonly string[] {
  return names === '' ? [] : names.split(' ');
}

/** A record from a cache; null for anything that `recordText` would not give the shape of. */
export function readRecord(value: unknown): FileRecord | null {
  if (typeof value !== 'object' || value === null) return null;
  const { functions, prototypes, tables, macros, calledMacros, macroRows, names } = value as Partial<Record<keyof FileRecord, unknown>>;
  if (typeof macros !== 'string' || typeof calledMacros !== 'string' || typeof names !== 'string') return null;
  if (!isListOf(functions, isFunctionRow) || !isListOf(prototypes, isFunctionRow)) return null;
  if (!isListOf(tables, isTableRow) || !isListOf(macroRows, isMacroRow)) return null;
  return { functions, prototypes, tables, macros, calledMacros, macroRows, names };
}

const isString = (value: unknown): value is string => typeof value === 'string';
const isLine = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) > 0;

function isListOf<T>(value: unknown, isItem: (item: unknown) => item is T): value is T[] {
  return Array.isArray(value) && value.every(isItem);
}

function isFunctionRow(value: unknown): value is FunctionRow {
  if (!Array.isArray(value)) return false;
  const [name, line, bits, ...annotations] = value as unknown[];
  return isString(name) && isLine(line) && Number.isSafeInteger(bits) && annotations.every(isString);
}

function isFieldRow(value: unknown): value is readonly [string, string, number] {
  return Array.isArray(value) && value.length === 3 && isString(value[0]) && isString(value[1]) && isLine(value[2]);
}

function isTableRow(value: unknown): value is TableRow {
  return Array.isArray(value) && value.length === 3 && isString(value[0]) && isString(value[1]) && isListOf(value[2], isFieldRow);
}

function isMacroRow(value: unknown): value is MacroRow {
  if (!Array.isArray(value) || value.length !== 5) return false;
  const [name, hasParameters, head, words, calls] = value as unknown[];
  const isText = (one: unknown): boolean => one === null || isString(one);
  return isString(name) && (hasParameters === 0 || hasParameters === 1) && isString(head) && isText(words) && isText(calls);
}
