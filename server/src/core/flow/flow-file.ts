// What rules and reviews see of the flow of a file.

import type { CancelToken } from '../base/cancel.ts';
import type { Span } from '../base/text.ts';
import type { CFile, CFunction } from '../syntax/types.ts';
import type { Instruction, Procedure } from './ir.ts';
import type { NamingContext } from './lock-names.ts';
import type { ReachedLock } from './lock-reach.ts';
import type { LockWalk } from './lock-walk.ts';
import type { Summary } from './summary.ts';
import type { TreeClasses } from './tree-classes.ts';
import type { TreeFunctions } from './tree-functions.ts';
import type { TreeTypes } from './tree-types.ts';
import type { Observer, WalkResult } from './walk-events.ts';

/** What was worked out for the functions of a file, for the next analysis of it after an edit. */
export interface FlowMemory {
  /** Graphs of functions whose text and place are what they were, and whose file declares what it did. */
  readonly graphs: Map<CFunction, Procedure>;
  /** Walks by graph and by the number of calls that lead on from there, with the summaries of the called functions that each saw. */
  readonly walks: WeakMap<Procedure, Map<number, KnownWalk>>;
  /** Summaries by what they say: equal ones are one. */
  readonly summaries: Map<string, Summary>;
}

export interface KnownWalk {
  readonly seen: readonly (Summary | null)[];
  readonly locks: LockWalk | null;
  readonly summary: Summary | null;
}

/** A file to analyse. `gaps` are the empty statements of a fragment file that stand for code between its hunks. */
export interface FlowInput {
  readonly c: CFile;
  readonly gaps: readonly Span[];
}

export interface FlowOptions {
  readonly cancel: CancelToken;
  /** Whose contracts speak for functions without code; none if absent. */
  readonly era?: { readonly id: string; readonly certain: boolean };
  /** Cleanup classes of the kernel tree; none if absent. */
  readonly classes?: TreeClasses;
  /** Where functions of other files are found; nowhere if absent or null. */
  readonly tree?: TreeFunctions | null;
  /** Declarations of the tree; only those of the files at hand if absent or null. */
  readonly types?: TreeTypes | null;
  /** Of the analysis before an edit; the file at hand is the only one then. */
  readonly memory?: FlowMemory | null;
}

type Call = Extract<Instruction, { op: 'call' }>;

export interface Coverage {
  readonly function: string;
  readonly status: 'analysed' | 'partly' | 'failed';
  /** Why it is not `analysed`, with the place; empty otherwise. */
  readonly reasons: readonly {
    readonly reason: 'parse' | 'macro' | 'preprocessor' | 'gap' | 'states' | 'limit';
    readonly span: Span;
    readonly detail: string;
  }[];
}

/** One function with its graph. */
export interface FlowFunction {
  readonly fn: CFunction;
  readonly procedure: Procedure;
  /** Names that it calls directly, in order of first call. */
  readonly callees: readonly string[];
}

/** A function with its file. */
export interface FlowTarget {
  readonly file: FlowFile;
  readonly fn: FlowFunction;
}

/** The functions of one file, as rules see them. */
export interface FlowFile {
  readonly c: CFile;
  readonly functions: readonly FlowFunction[];
  /** The graph of a function of the file. */
  functionOf(fn: CFunction): FlowFunction;
  /**
   * Summary of a function as seen from this file: from its code, and from its contract where no code is at hand; null where there is
   * neither, or the code could not be walked.
   */
  summaryOf(name: string): Summary | null;
  /** Walks a function for an observer. */
  walk(fn: FlowFunction, observer: Observer): WalkResult;
  /** The walk of a function for its locks, worked out once; null for a function that touches no lock. */
  locks(fn: FlowFunction): LockWalk | null;
  /**
   * Locks that a call in a function of the file may take: by the summaries of what it calls and, with `guess`, through tables of
   * functions and through functions that it is handed, as far as their code is at hand. A lock function itself takes its own lock.
   */
  reachOf(fn: FlowFunction, call: Call, guess: boolean): readonly ReachedLock[];
  /** What classes of locks and types are told from in a function of the file. */
  naming(fn: FlowFunction): NamingContext;
  /** Functions of the files at hand that a call through a pointer in a function of the file may reach, by what fills the field. */
  targetsOf(fn: FlowFunction, call: Call): readonly FlowTarget[];
  /** Another file of the tree, as one of the files at hand would be seen; null without a tree. Its functions see those under review. */
  beside(path: string): FlowFile | null;
  /** How much of each wanted function was understood. */
  coverage(wanted: (fn: CFunction) => boolean): readonly Coverage[];
}
