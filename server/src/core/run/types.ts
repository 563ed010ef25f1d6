// The shapes of this folder: what C code is run, what its names mean on the model, and what a run leaves behind.

import type { Span } from '../base/text.ts';
import type { Procedure as Graph } from '../flow/ir.ts';
import type { Act, CodeRange, Expr, Procedure } from '../model/machine/code.ts';
import type { Cpu } from '../model/machine/cpu.ts';
import type { Value } from '../model/machine/names.ts';

/*
 * Values of C on the machine:
 *   nothing          0, NULL, false
 *   '-EBUSY'         an error, as int and as ERR_PTR alike
 *   12               any other integer
 *   'G', 'gdev:A'    a pointer to an object of the model, or to one that stands for a part of it
 *   '&G.mutex'       a pointer to a member (its C name, dotted if nested); '&T1/2.x' to a local; '&iommu_sva_lock' to a global variable
 *   'fn:attach_dev'  a pointer to a function
 *   '"identity"'     a string
 *   'DMA'            an enumerator with a word in the model (`Binding.constants`)
 *   '?2@T1'          unknown; what is known of it stands in the cells of this object
 */

/** A C function that is run as code. Its graph must have no gap (`Unrunnable` otherwise). */
export interface CodeSource {
  /** Path of the file, as findings name it. */
  readonly file: string;
  readonly function: string;
  readonly ir: Graph;
  /** Text that the graph's offsets count in. */
  readonly text: string;
}

/** Why a function cannot be run as code. */
export interface Unrunnable {
  readonly function: string;
  readonly reason: 'gap' | 'opaque' | 'leave' | 'limit';
  readonly span: Span;
  readonly detail: string;
}

/** A member of a struct that means something to the model. A member without a row is plain memory of its object. */
export type FieldRow =
  /** The same cell under the model's name. */
  | { readonly struct: string; readonly field: string; readonly cell: string }
  /** A member that is an object of its own (`pci_dev.dev`), or that only points to one for good (`group_device.dev`). */
  | {
      readonly struct: string;
      readonly field: string;
      readonly object: (object: string) => string;
      readonly embedded: boolean;
      /** The way back, for container_of(). */
      readonly outer?: (object: string) => string;
    }
  /** Worked out from other cells; null for one that cannot be written. Reads and writes go through the Cpu. */
  | {
      readonly struct: string;
      readonly field: string;
      readonly read: (c: Cpu, object: string) => Value;
      readonly write: ((c: Cpu, object: string, value: Value) => void) | null;
    };

/** A lock: member of a struct, or (struct null) a global variable; and its name in the model (`G.mutex` is `mutex` of `G`). */
export interface LockRow {
  readonly struct: string | null;
  readonly field: string;
  /** Name after the dot for a member; whole name for a global. */
  readonly lock: string;
}

/** A list whose elements the model keeps in a cell. Lists without a row are plain memory of the head. */
export interface ListRow {
  readonly struct: string;
  readonly field: string;
  readonly cell: string;
  /** Struct and member by which an element hangs in the list: `group_device`, `list`. */
  readonly element: string;
  readonly node: string;
  /** From what stands in the cell to the object that C sees (`A` to `gdev:A`), and back. */
  readonly toObject: (name: string) => string;
  readonly toName: (c: Cpu, object: string) => string;
  /** The heads' objects that may hold elements, so that list_del() finds the one. */
  readonly owners: (c: Cpu) => readonly string[];
}

/** Memory of C's own, for rows that hand it out. */
export interface CodeMemory {
  /** A new object of a struct; its members hold nothing. */
  readonly make: (struct: string) => string;
  /** Adds a node (`&mem:region1.list`) at the end of the list that a head leads to. */
  readonly append: (head: Value, node: string) => void;
}

/** What a call of a function does, where its own code is not run. */
export type FunctionRow =
  /** A procedure of the model; `args` gives its arguments from C's (a number is an index). `result` maps what comes back. */
  | {
      readonly name: string;
      readonly how: 'model';
      readonly procedure: string;
      readonly args: readonly (number | ((c: Cpu, args: readonly Value[]) => Value))[];
      readonly result?: (value: Value, args: readonly Value[]) => Value;
    }
  /** One step on the cells. `kind` null: reads nothing that others write, so that it is no step. */
  | {
      readonly name: string;
      readonly how: 'value';
      readonly kind: Act['kind'] | null;
      readonly label: string;
      readonly value: (c: Cpu, args: readonly Value[], memory: CodeMemory) => Value;
    }
  /** Any of these results; `fails` of them are failures that are injected once per place. */
  | {
      readonly name: string;
      readonly how: 'choice';
      readonly results: readonly Value[];
      readonly fails: readonly Value[];
      readonly why: string;
    }
  /** Calls the function that argument `callback` names for each item in turn, until one gives something other than 0; that comes back. */
  | {
      readonly name: string;
      readonly how: 'each';
      readonly items: (c: Cpu, args: readonly Value[]) => readonly Value[];
      readonly callback: number;
      /** Arguments of the callback. */
      readonly pass: (c: Cpu, item: Value, args: readonly Value[]) => readonly Value[];
      /** How many arguments `pass` gives. */
      readonly count: number;
      /** The lock that is held around all calls. */
      readonly under?: (c: Cpu, args: readonly Value[]) => string;
    }
  /** Nothing that the model sees. */
  | { readonly name: string; readonly how: 'nothing'; readonly result?: Value };

/** How a procedure of the model calls a C function in its place. */
export interface Adapter {
  /** C function that is run. */
  readonly function: string;
  /** The model's procedure that it takes the place of, with its parameters in order. */
  readonly procedure: string;
  readonly parameters: readonly string[];
  /** C's arguments, from the parameters (`c.v('word')`). */
  readonly args: readonly Expr<Value>[];
  /** What the model's callers get, from C's result. */
  readonly result: (c: Cpu, value: Value) => Value;
}

/** What the names of C mean on the model, for one era. */
export interface Binding {
  readonly era: string;
  /** Struct of an object of the model by its name (`iommu_group`); null for one that the tables do not know. Asked once per name. */
  readonly structOf: (c: Cpu, object: string) => string | null;
  /** Cell that says that an object of a struct is gone, where it is not `freed`. */
  readonly gone: ReadonlyMap<string, string>;
  readonly fields: readonly FieldRow[];
  readonly locks: readonly LockRow[];
  readonly lists: readonly ListRow[];
  /** Loop macros that name no list head: macro to head, from the arguments that are no cursors (`&G.devices`). */
  readonly walks: ReadonlyMap<string, (c: Cpu, args: readonly Value[]) => Value>;
  /** Functions by name; those of ops tables by member name (`attach_dev`). */
  readonly functions: ReadonlyMap<string, FunctionRow>;
  /** Rows for functions whose code says more, and runs instead where it is at hand. */
  readonly standIns?: ReadonlyMap<string, FunctionRow>;
  /** Enumerators and macros with a fixed value. */
  readonly constants: ReadonlyMap<string, Value>;
  /** Numbers of the enumerators that the model has words for: `DMA` is 3. Bit tests and comparisons with numbers use them. */
  readonly numbers: ReadonlyMap<string, number>;
  /** Global variables that the model keeps: name to object and cell. */
  readonly globals: ReadonlyMap<string, { readonly object: string; readonly cell: string }>;
  readonly adapters: readonly Adapter[];
  /** Configuration options whose truth the world decides: `CONFIG_X86`. Others are open. */
  readonly configs: ReadonlyMap<string, (c: Cpu) => boolean>;
  /** Procedures that rows of `functions` name and the era does not have: what a driver's callbacks do. Part of `RunProgram.procedures`. */
  readonly procedures: readonly Procedure[];
}

/** Something that the run took for granted, or could not know. */
export interface Assumption {
  readonly id: number;
  readonly kind:
    /** An open value was taken both ways. */
    | 'value'
    /** A function without code, row or contract: its result is open and its effect is not seen. */
    | 'callee'
    /** A contract stood in for the code. */
    | 'contract'
    /** Code that is not understood was passed over. */
    | 'opaque'
    /** A loop or a chain of calls was not followed further; nothing is said of what lies behind. */
    | 'limit';
  /** What was assumed, or why it is not known, in words. */
  readonly text: string;
  readonly place: CodeRange | null;
}

/** How much of a function some explored schedule has executed. */
export interface FunctionCoverage {
  readonly file: string;
  readonly function: string;
  /** Ranges of the instructions and tests, in order of the text. */
  readonly statements: readonly {
    readonly span: Span;
    /** `clean`: on some path with nothing unknown before it. */
    readonly executed: 'no' | 'after-unknown' | 'clean';
  }[];
}

/** Functions compiled for a binding, shared by all scenarios; keeps what the runs assumed and covered. */
export interface RunProgram {
  /** Procedures to put in place of the era's: the functions themselves under `c:NAME`, and adapters under the model's names. */
  readonly procedures: readonly Procedure[];
  readonly unrunnable: readonly Unrunnable[];
  /** In order of first use. Read after the exploration; a state's own are in `assumptionsOf`. */
  assumptions(): readonly Assumption[];
  coverage(): readonly FunctionCoverage[];
}

export interface RunProgramOptions {
  readonly binding: Binding;
  /** Functions that must run as code: the changed ones, and entry points that a scenario calls by name. */
  readonly functions: ReadonlyMap<string, CodeSource>;
  /** Code of other functions, inlined where no row has them; nowhere if absent. `from` is the file of the caller. */
  readonly find?: (name: string, from: string) => CodeSource | null;
  /** How many calls deep `find` is followed. Default 4. */
  readonly depth?: number;
  /** Results of functions by contract, where there is neither code nor row: error names without `-`. */
  readonly contract?: (
    name: string,
  ) => { readonly results: readonly Value[]; readonly fails: readonly Value[]; readonly why: string } | null;
  /** Rounds of a loop on one path before it is given up. Default 40; 3 for a loop whose end hangs on an open value. */
  readonly loopRounds?: number;
}
