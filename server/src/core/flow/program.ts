// The flow layer's front: graphs, summaries and walks of the functions of some files, each worked out once and when asked for.

import { throwIfCancelled, type CancelToken } from '../base/cancel.ts';
import type { Span } from '../base/text.ts';
import { contractOf } from '../kernel/contracts/index.ts';
import { scanFile } from '../syntax/index/scan.ts';
import type { ScannedTable } from '../syntax/index/scan-types.ts';
import type { CFile, CFunction } from '../syntax/types.ts';
import type { Instruction, Procedure } from './ir.ts';
import { readFileClasses } from './file-classes.ts';
import { lowerFunction } from './lower.ts';
import type { ClassFinder, FileClass } from './lowering.ts';
import { markedPrototype, summaryOfContract, summaryOfPrototype } from './annotated.ts';
import { ProcedureTypes } from './c-types.ts';
import { componentsBelow } from './components.ts';
import { plainSummary } from './plain-summary.ts';
import { sleepOfProcedure } from './sleeps.ts';
import type { NamingContext } from './lock-names.ts';
import { LockReach, type ReachedLock } from './lock-reach.ts';
import { joinUses, noUses, sizeOfUses, usesOf, type IndirectCall, type LockUses } from './lock-uses.ts';
import { summaryParts, walkLocks, type LockWalk } from './lock-walk.ts';
import { summarise } from './summarise.ts';
import type { Summary } from './summary.ts';
import type { TreeFunctions } from './tree-functions.ts';
import type { TreeClasses } from './tree-classes.ts';
import { FileTypes, type TreeTypes } from './tree-types.ts';
import { walk } from './walk.ts';
import type { Observer, WalkResult } from './walk-events.ts';

export type { CallUnderLock, LockWalk } from './lock-walk.ts';

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
}

type Call = Extract<Instruction, { op: 'call' }>;

/** How many calls deep the code of the tree is followed from the files at hand. */
const treeDepth = 3;

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
  /** How much of each wanted function was understood. */
  coverage(wanted: (fn: CFunction) => boolean): readonly Coverage[];
}

/**
 * Analyses files together: a function sees the summaries of its own file's functions, of the others' that are not static, and of those
 * of the tree.
 * Nothing is worked out before it is asked for; the result does not depend on the order of the questions.
 */
export function analyseFiles(inputs: readonly FlowInput[], options: FlowOptions): readonly FlowFile[] {
  const program = new Program(options);
  for (const input of inputs) program.add(input);
  return program.files;
}

/** One file alone. */
export function analyseFile(input: FlowInput, options: FlowOptions): FlowFile {
  const [file] = analyseFiles([input], options);
  if (!file) throw new RangeError('no file');
  return file;
}

class Program {
  readonly files: FileFlow[] = [];
  private readonly exported = new Map<string, FlowFunctionEntry>();
  private paths: ReadonlySet<string> | null = null;
  private readonly treeFiles: Map<CFile, FileFlow>[] = [];
  private readonly contracts = new Map<string, Summary | null>();
  private exportsRead = false;
  private typesOfFiles: FileTypes | null = null;
  private classesUnderReview: ReadonlyMap<string, FileClass> | null = null;
  /** Cleanup classes as all files together, and the tree, define them. */
  readonly classes: ClassFinder = {
    underReview: (key) => {
      this.classesUnderReview ??= new Map(this.files.flatMap((one) => [...readFileClasses(one.c.text)]));
      return this.classesUnderReview.get(key) ?? null;
    },
    inTree: (key) => this.options.classes?.find(key) ?? null,
  };

  readonly reach = new LockReach<FlowFunctionEntry>({
    name: (entry) => entry.fn.name,
    path: (entry) => entry.file.c.path,
    uses: (entry) => summaryOfEntry(this, entry)?.uses ?? noUses,
    find: (entry, name) => this.find(entry.file, name),
    targets: (entry, target) => this.targets(entry.file, target),
    distance: (entry) => entry.file.reach,
  });

  constructor(readonly options: FlowOptions) {}

  add(input: FlowInput): void {
    this.files.push(new FileFlow(this, input, treeDepth));
  }

  /** Types as the files at hand and the tree declare them. */
  get types(): FileTypes {
    this.typesOfFiles ??= new FileTypes(
      this.files.map((one) => one.c),
      this.options.types ?? null,
    );
    return this.typesOfFiles;
  }

  /** A function of the file, else one that another file exports, else one of the tree. */
  find(file: FileFlow, name: string): FlowFunctionEntry | null {
    const own = file.byName.get(name);
    if (own) return own;
    if (!this.exportsRead) {
      this.exportsRead = true;
      for (const one of this.files)
        for (const entry of one.entries)
          if (!entry.fn.isStatic && !this.exported.has(entry.fn.name)) this.exported.set(entry.fn.name, entry);
    }
    return this.exported.get(name) ?? this.findInTree(file, name);
  }

  /**
   * A function of the tree as it is seen from so many calls away. Each distance has its own summary, so that what is found does not
   * depend on who asked first.
   */
  private findInTree(file: FileFlow, name: string): FlowFunctionEntry | null {
    const { tree } = this.options;
    if (!tree || file.reach === 0) return null;
    this.paths ??= new Set(this.files.map((one) => one.c.path));
    const c = tree.find(name, file.c.path, this.paths);
    return c && (this.treeFile(c, file.reach - 1).byName.get(name) ?? null);
  }

  private treeFile(c: CFile, reach: number): FileFlow {
    const known = this.treeFiles[reach] ?? new Map<CFile, FileFlow>();
    this.treeFiles[reach] = known;
    let flow = known.get(c);
    if (!flow) known.set(c, (flow = new FileFlow(this, { c, gaps: [] }, reach)));
    return flow;
  }

  /** Functions that a call through a pointer may reach, as they are seen from a file. */
  private targets(from: FileFlow, target: IndirectCall['target']): FlowFunctionEntry[] {
    if (target.kind === 'function') return [this.findFrom(target.path, target.name, from) ?? []].flat();
    const own = this.files.flatMap((file) => file.fillers(target.struct, target.field).map((name) => ({ name, path: file.c.path })));
    const { tree } = this.options;
    const paths = new Set(this.files.map((file) => file.c.path));
    const others = from.reach > 0 && tree ? tree.fillers(target.struct, target.field).filter((one) => !paths.has(one.path)) : [];
    return [...own, ...others].flatMap(({ name, path }) => this.findFrom(path, name, from) ?? []);
  }

  /** A function by its name in a file; a file of the tree is seen from one call further away than `from`. */
  private findFrom(path: string, name: string, from: FileFlow): FlowFunctionEntry | null {
    const home = this.files.find((file) => file.c.path === path);
    if (home) return this.find(home, name);
    const { tree } = this.options;
    if (!tree || from.reach === 0) return null;
    this.paths ??= new Set(this.files.map((one) => one.c.path));
    const c = tree.find(name, path, this.paths);
    return c && (this.treeFile(c, from.reach - 1).byName.get(name) ?? null);
  }

  /** What the tables say of a function whose code is not at hand. */
  contract(name: string): Summary | null {
    const { era } = this.options;
    if (!era) return null;
    let known = this.contracts.get(name);
    if (known === undefined) {
      const row = contractOf(name, era.id);
      known = row && summaryOfContract(row, era.certain);
      this.contracts.set(name, known);
    }
    return known;
  }
}

/** A function with what was worked out for it so far. */
interface FlowFunctionEntry {
  readonly file: FileFlow;
  readonly fn: CFunction;
  flow: FlowFunction | null;
  naming: NamingContext | null;
  locks: LockWalk | null | undefined;
  summary: Summary | null | undefined;
}

class FileFlow implements FlowFile {
  readonly c: CFile;
  readonly entries: FlowFunctionEntry[];
  readonly byName = new Map<string, FlowFunctionEntry>();
  private readonly byFunction = new Map<CFunction, FlowFunctionEntry>();
  private flows: readonly FlowFunction[] | null = null;
  private tables: readonly ScannedTable[] | null = null;

  constructor(
    private readonly program: Program,
    private readonly input: FlowInput,
    /** How many more calls lead into the tree from here. */
    readonly reach: number,
  ) {
    this.c = input.c;
    this.entries = input.c.functions.map((fn) => ({ file: this, fn, flow: null, naming: null, locks: undefined, summary: undefined }));
    for (const entry of this.entries) this.byFunction.set(entry.fn, entry);
    for (const entry of this.entries) if (!this.byName.has(entry.fn.name)) this.byName.set(entry.fn.name, entry);
  }

  get functions(): readonly FlowFunction[] {
    this.flows ??= this.entries.map((entry) => this.flowOf(entry));
    return this.flows;
  }

  flowOf(entry: FlowFunctionEntry): FlowFunction {
    if (!entry.flow) {
      throwIfCancelled(this.program.options.cancel);
      const procedure = lowerFunction(this.c, entry.fn, { gaps: this.input.gaps, classes: this.program.classes });
      entry.flow = { fn: entry.fn, procedure, callees: calleesOf(procedure) };
    }
    return entry.flow;
  }

  namingOf(entry: FlowFunctionEntry): NamingContext {
    const { procedure } = this.flowOf(entry);
    const { types } = this.program;
    const { path } = this.c;
    entry.naming ??= { procedure, types: new ProcedureTypes(procedure, types, path), isStatic: (name) => types.isStatic(name, path) };
    return entry.naming;
  }

  functionOf(fn: CFunction): FlowFunction {
    const entry = this.byFunction.get(fn);
    if (!entry) throw new RangeError(`${fn.name} is no function of ${this.c.path}`);
    return this.flowOf(entry);
  }

  summaryOf(name: string): Summary | null {
    const entry = this.program.find(this, name);
    return entry ? summaryOfEntry(this.program, entry) : this.declared(name);
  }

  /** What the file's own declarations say of a function whose code is not at hand, else the contracts. */
  declared(name: string): Summary | null {
    const prototype = markedPrototype(this.c, name);
    return prototype ? summaryOfPrototype(prototype) : this.program.contract(name);
  }

  walk(fn: FlowFunction, observer: Observer): WalkResult {
    return walk(fn.procedure, { summaryOf: (name) => this.summaryOf(name), observer });
  }

  locks(fn: FlowFunction): LockWalk | null {
    const entry = this.byFunction.get(fn.fn);
    if (!entry) return null;
    summaryOfEntry(this.program, entry);
    return entry.locks ?? null;
  }

  reachOf(fn: FlowFunction, call: Call, guess: boolean): readonly ReachedLock[] {
    const entry = this.byFunction.get(fn.fn);
    return entry ? this.program.reach.ofCall(entry, call, this.namingOf(entry), (name) => this.summaryOf(name)?.uses ?? null, guess) : [];
  }

  /** Functions of the file that fill a field of a structure type. */
  fillers(struct: string, field: string): readonly string[] {
    this.tables ??= scanFile(this.c.text).tables;
    return this.tables.flatMap((table) =>
      table.type === struct ? table.fields.flatMap((one) => (one.field === field ? [one.function] : [])) : [],
    );
  }

  coverage(wanted: (fn: CFunction) => boolean): readonly Coverage[] {
    return this.entries
      .filter((entry) => wanted(entry.fn))
      .map((entry) => {
        const flow = this.flowOf(entry);
        const reasons: Coverage['reasons'][number][] = flow.procedure.problems.flatMap((problem) =>
          problem.kind === 'label'
            ? []
            : [{ reason: problem.kind === 'depth' ? ('limit' as const) : problem.kind, span: problem.span, detail: problem.message }],
        );
        const stopped = this.locks(flow)?.result.stopped;
        if (stopped) reasons.push({ reason: stopped, span: flow.fn.nameSpan, detail: 'too many states on its paths' });
        const status = stopped ? 'failed' : reasons.length > 0 || !flow.fn.clean ? 'partly' : 'analysed';
        return { function: flow.fn.name, status, reasons };
      });
  }
}

function calleesOf(procedure: Procedure): string[] {
  const names = new Set<string>();
  for (const block of procedure.blocks)
    for (const instruction of block.instructions) if (instruction.op === 'call' && instruction.name !== null) names.add(instruction.name);
  return [...names];
}

/** Summaries of everything below a function in the call graph, callees first; circles see nothing of each other. */
function summaryOfEntry(program: Program, wanted: FlowFunctionEntry): Summary | null {
  if (wanted.summary === undefined)
    for (const component of componentsBelow(wanted, (entry) => openCallees(program, entry))) summariseComponent(program, component);
  return wanted.summary ?? null;
}

/** Functions that one calls and that have no summary yet. */
function openCallees(program: Program, entry: FlowFunctionEntry): FlowFunctionEntry[] {
  const found = entry.file.flowOf(entry).callees.flatMap((name) => program.find(entry.file, name) ?? []);
  return found.filter((callee) => callee.summary === undefined);
}

function summariseComponent(program: Program, component: readonly FlowFunctionEntry[]): void {
  // In a circle the functions first see nothing of each other, then what was found of each that way: the order does not matter.
  const rounds = component.length > 1 ? 2 : 1;
  let circle = new Map<FlowFunctionEntry, Summary | null>(component.map((entry) => [entry, null]));
  for (let round = 0; round < rounds; round++) {
    const found = new Map<FlowFunctionEntry, Summary | null>();
    for (const entry of component) {
      throwIfCancelled(program.options.cancel);
      const known = (name: string): Summary | null => {
        const callee = program.find(entry.file, name);
        return callee ? (circle.get(callee) ?? callee.summary ?? null) : entry.file.declared(name);
      };
      const naming = entry.file.namingOf(entry);
      entry.locks = walkLocks(entry.file.flowOf(entry), naming, known);
      const uses = usesOf(naming.procedure, naming, (name) => known(name)?.uses ?? null);
      const { locks } = entry;
      const summary = locks
        ? summarise(entry.fn, locks.result, summaryParts(locks, uses))
        : plainSummary(entry.fn, entry.file.flowOf(entry).procedure, uses);
      found.set(entry, summary && { ...summary, sleeps: sleepOfEntry(program, entry, known) });
    }
    circle = found;
  }
  for (const [entry, summary] of circle) entry.summary = summary;
  if (component.length > 1) completeUses(program, component);
}

/** What a function sleeps in, unless it may do so without the locks of its caller. */
function sleepOfEntry(program: Program, entry: FlowFunctionEntry, known: (name: string) => Summary | null): string | null {
  const isBare = entry.locks?.events.some((event) => event.action === 'release' && event.outcome !== 'freed') ?? false;
  const era = program.options.era?.id ?? null;
  return sleepOfProcedure(entry.file.flowOf(entry).procedure, entry.file.c.text, isBare, era, (name) => known(name)?.sleeps ?? null);
}

/** In a circle each function may take what any other takes: goes round until nothing new is found. */
function completeUses(program: Program, component: readonly FlowFunctionEntry[]): void {
  for (let changed = true; changed;) {
    changed = false;
    for (const entry of component) {
      throwIfCancelled(program.options.cancel);
      const { summary } = entry;
      if (!summary) continue;
      const naming = entry.file.namingOf(entry);
      const known = (name: string): LockUses | null => (program.find(entry.file, name)?.summary ?? entry.file.declared(name))?.uses ?? null;
      // What was known first stays: its way was found without the function itself.
      const uses = joinUses([summary.uses, usesOf(naming.procedure, naming, known)]);
      if (sizeOfUses(uses) === sizeOfUses(summary.uses)) continue;
      entry.summary = { ...summary, uses };
      changed = true;
    }
  }
}
