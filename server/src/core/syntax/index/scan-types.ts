// What one C text defines and declares, found without a parser.

import type { MacroDefinition } from '../harvest.ts';

/** A function's definition or prototype. Offsets are UTF-16 offsets of the scanned text. */
export interface ScannedFunction {
  /** Its name; `SYSCALL_DEFINE2(mount)` for a function that a macro heads. */
  readonly name: string;
  /** 1-based line of the name. */
  readonly line: number;
  readonly isStatic: boolean;
  readonly isInline: boolean;
  /** Annotations as written, white space folded. */
  readonly annotations: readonly string[];
  /** First token of the heading. */
  readonly start: number;
  /** The `{` of the body; -1 for a prototype. */
  readonly body: number;
  /** Behind the `}` of the body, or behind the `;`. */
  readonly end: number;
}

/** A field of a table of functions that is filled by a name. */
export interface ScannedField {
  /** The field, with the fields around it where the table nests: `driver.pm`. */
  readonly field: string;
  readonly function: string;
  /** 1-based. */
  readonly line: number;
}

/** A variable whose initialiser fills fields by name. */
export interface ScannedTable {
  /** The variable; with the field that holds it for a structure inside another's initialiser. */
  readonly name: string;
  /** The structure's tag or the type's name: `iommu_ops`. */
  readonly type: string;
  readonly fields: readonly ScannedField[];
}

export interface FileScan {
  /** Definitions of functions in order. */
  readonly functions: readonly ScannedFunction[];
  /** Prototypes in order. */
  readonly prototypes: readonly ScannedFunction[];
  readonly tables: readonly ScannedTable[];
  readonly macros: readonly MacroDefinition[];
  /** Tags, constants of enumerations, types and variables at file level. */
  readonly names: readonly string[];
}
