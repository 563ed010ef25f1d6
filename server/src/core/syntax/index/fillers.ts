// Functions that the tables of one file name.

import type { CFile } from '../types.ts';
import { scanFile } from './scan.ts';
import type { ScannedTable } from './scan-types.ts';

const known = new WeakMap<CFile, readonly ScannedTable[]>();

/** Names that fill a field of a structure type in the initialisers of a file, in the order of the text. */
export function fillersIn(file: CFile, struct: string, field: string): readonly string[] {
  let tables = known.get(file);
  if (!tables) known.set(file, (tables = scanFile(file.text).tables));
  return tables.flatMap((table) =>
    table.type === struct ? table.fields.flatMap((one) => (one.field === field ? [one.function] : [])) : [],
  );
}
