// Functions that the tables of one file name.

import type { CFile } from '../types.ts';
import { scanFile } from './scan.ts';
import type { ScannedTable } from './scan-types.ts';

/** A field of a structure type. */
export interface TableField {
  readonly struct: string;
  readonly field: string;
}

/** By what stands outside the functions of a file. */
const known = new WeakMap<object, readonly ScannedTable[]>();

/** Names that fill a field of a structure type in the initialisers of a file, in the order of the text. */
export function fillersIn(file: CFile, struct: string, field: string): readonly string[] {
  return tablesOf(file).flatMap((table) =>
    table.type === struct ? table.fields.flatMap((one) => (one.field === field ? [one.function] : [])) : [],
  );
}

/** Fields that a name fills in the initialisers of a file, in the order of the text. */
export function fieldsFilledBy(file: CFile, name: string): readonly TableField[] {
  return tablesOf(file).flatMap((table) =>
    table.fields.flatMap((one) => (one.function === name ? [{ struct: table.type, field: one.field }] : [])),
  );
}

function tablesOf(file: CFile): readonly ScannedTable[] {
  let tables = known.get(file.outline);
  if (!tables) known.set(file.outline, (tables = scanFile(file.text).tables));
  return tables;
}
