// The flow layer's front: graphs, summaries and walks of the functions of some files, each worked out once and when asked for.

import { throwIfCancelled } from '../base/cancel.ts';
import { lockOperation } from '../kernel/locks.ts';
import { contractOf } from '../kernel/contracts/index.ts';
import { fillersIn } from '../syntax/index/fillers.ts';
import type { CFile, CFunction } from '../syntax/types.ts';
import { calleesOf, type Instruction } from './ir.ts';
import { readFileClasses } from './file-classes.ts';
import { lowerFunction } from './lower.ts';
import type { Coverage, FlowFile, FlowFunction, FlowInput, FlowOptions, FlowTarget, KnownWalk } from './flow-file.ts';
import type { ClassFinder, FileClass } from './lowering.ts';
import { markedPrototype, summaryOfContract, summaryOfPrototype } from './annotated.ts';
import { ProcedureTypes } from './c-types.ts';
import { coverageOf } from './coverage.ts';
import { partnerByName, summaryOfName } from './named-locks.ts';
import type { NamingContext } from './lock-names.ts';
import { LockReach, type ReachedLock } from './lock-reach.ts';
import { noUses, operationOf, type IndirectCall } from './lock-uses.ts';
import type { LockWalk } from './lock-walk.ts';
import { summaryOfEntry } from './summaries.ts';
import { Bystanders, SharedSummaries, type SharedSummary } from './shared-summaries.ts';
import type { Summary } from './summary.ts';
import type { TreeCallee } from './tree-functions.ts';
import { FileTypes, type TypeQuestions } from './tree-types.ts';
import { walk } from './walk.ts';
import type { Observer, WalkResult } from './walk-events.ts';

export type { CallUnderLock, LockLeft, LockWalk } from './lock-walk.ts';
export type { Coverage, FlowFile, FlowFunction, FlowInput, FlowOptions } from './flow-file.ts';

type Call = Extract<Instruction, { op: 'call' }>;

/** How many calls deep the code of the tree is followed from the files at hand. */
const treeDepth = 3;

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

export class Program {
  readonly files: FileFlow[] = [];
  private readonly exported = new Map<string, FlowFunctionEntry>();
  private paths: ReadonlySet<string> | null = null;
  private readonly treeFiles: Map<CFile, FileFlow>[] = [];
  /** Of the tree where there is one, else of this review alone. */
  private readonly shared: SharedSummaries;
  private readonly bystanders = new Bystanders({
    has: (path) => this.isUnderReview(path),
    exports: (name) => this.exports().has(name),
    declares: (question) => this.types.hasPartIn(question),
  });
  private readonly others = new Map<string, FileFlow | null>();
  private exportsRead = false;
  private typesOfFiles: FileTypes | null = null;
  private classesOfFiles: ReadonlyMap<string, FileClass> | null = null;
  /** Cleanup classes as all files together, and the tree, define them. */
  readonly classes: ClassFinder = {
    underReview: (key) => this.classesUnderReview().get(key) ?? null,
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

  constructor(readonly options: FlowOptions) {
    const { era, tree } = options;
    this.shared = tree?.summaries(era ? `${era.id} ${String(era.certain)}` : '') ?? new SharedSummaries();
  }

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

  private classesUnderReview(): ReadonlyMap<string, FileClass> {
    this.classesOfFiles ??= new Map(this.files.flatMap((one) => [...readFileClasses(one.c.text)]));
    return this.classesOfFiles;
  }

  private exports(): ReadonlyMap<string, FlowFunctionEntry> {
    if (!this.exportsRead) {
      this.exportsRead = true;
      for (const one of this.files)
        for (const entry of one.entries)
          if (!entry.fn.isStatic && !this.exported.has(entry.fn.name)) this.exported.set(entry.fn.name, entry);
    }
    return this.exported;
  }

  private isUnderReview(path: string): boolean {
    this.paths ??= new Set(this.files.map((one) => one.c.path));
    return this.paths.has(path);
  }

  /** A function of the file, else one that another file exports, else one of the tree. */
  find(file: FileFlow, name: string): FlowFunctionEntry | null {
    return file.byName.get(name) ?? this.exports().get(name) ?? this.findInTree(file, name, file.c.path);
  }

  /**
   * A function of the tree, as a call in the file `path` reaches it, seen from one call further away than `from`. Each distance has its
   * own summary, so that what is found does not depend on who asked first.
   */
  private findInTree(from: FileFlow, name: string, path: string): FlowFunctionEntry | null {
    const callee = this.calleeInTree(from, name, path);
    if (!callee || this.isUnderReview(callee.path)) return null;
    const c = this.options.tree?.file(callee);
    return c ? (this.treeFile(c, from.reach - 1).byName.get(name) ?? null) : null;
  }

  private calleeInTree(from: FileFlow, name: string, path: string): TreeCallee | null {
    return from.reach === 0 ? null : (this.options.tree?.find(name, path) ?? null);
  }

  private treeFile(c: CFile, reach: number): FileFlow {
    const known = this.treeFiles[reach] ?? new Map<CFile, FileFlow>();
    this.treeFiles[reach] = known;
    let flow = known.get(c);
    if (!flow) known.set(c, (flow = new FileFlow(this, { c, gaps: [] }, reach)));
    return flow;
  }

  /** The graph of a function of the tree is the same in all reviews, unless classes of the files under review come first. */
  get sharesGraphs(): boolean {
    return this.classesUnderReview().size === 0;
  }

  sharedGraph(c: CFile): FlowFunction | null {
    return this.sharesGraphs ? (this.shared.graphs.get(c) ?? null) : null;
  }

  shareGraph(c: CFile, flow: FlowFunction): void {
    if (this.sharesGraphs) this.shared.graphs.set(c, flow);
  }

  /** Takes the summary that an earlier review made of a function of the tree, where that is the one that this review would make. */
  adopt(entry: FlowFunctionEntry): void {
    if (entry.file.isAtHand || !this.sharesGraphs) return;
    const shared = this.shared.get(entry.file.c, entry.file.reach);
    if (!shared || !this.bystanders.isUntouched(shared)) return;
    entry.summary = shared.summary;
    entry.shared = shared;
  }

  /** Lets other reviews have the summary of a function of the tree that rests on the tree alone. */
  share(entry: FlowFunctionEntry): void {
    const { file, summary = null } = entry;
    if (file.isAtHand || !this.sharesGraphs) return;
    const names = file.flowOf(entry).callees.filter((name) => name !== entry.fn.name);
    const below: SharedSummary[] = [];
    let height = 0;
    for (const name of names) {
      const located = this.calleeInTree(file, name, file.c.path);
      if (located && this.isUnderReview(located.path)) return;
      if (file.reach === 0 && this.options.tree?.find(name, file.c.path)) height = Infinity;
      const callee = this.find(file, name);
      if (!callee) continue;
      if (!callee.shared) return;
      below.push(callee.shared);
      height = Math.max(height, callee.shared.height + 1);
    }
    const shared: SharedSummary = { summary, path: file.c.path, names, types: entry.types, below, height };
    for (const question of entry.types.values()) if (this.types.hasPartIn(question)) return;
    entry.shared = shared;
    this.shared.set(file.c, file.reach, shared);
  }

  /** Functions that a call through a pointer may reach, as they are seen from a file. */
  private targets(from: FileFlow, target: IndirectCall['target']): FlowFunctionEntry[] {
    if (target.kind === 'function') return [this.findFrom(target.path, target.name, from) ?? []].flat();
    const own = this.files.flatMap((file) => fillersIn(file.c, target.struct, target.field).map((name) => ({ name, path: file.c.path })));
    const { tree } = this.options;
    const others = from.reach > 0 && tree ? tree.fillers(target.struct, target.field).filter((one) => !this.isUnderReview(one.path)) : [];
    return [...own, ...others].flatMap(({ name, path }) => this.findFrom(path, name, from) ?? []);
  }

  /** A function by its name in a file; a file of the tree is seen from one call further away than `from`. */
  private findFrom(path: string, name: string, from: FileFlow): FlowFunctionEntry | null {
    const home = this.files.find((file) => file.c.path === path);
    return home ? this.find(home, name) : this.findInTree(from, name, path);
  }

  /** A file of the tree that is not under review, seen from as near as one that is. */
  beside(path: string): FileFlow | null {
    const known = this.others.get(path);
    if (known !== undefined) return known;
    const c = this.isUnderReview(path) ? null : (this.options.tree?.whole(path) ?? null);
    const flow = c && new FileFlow(this, { c, gaps: [] }, treeDepth);
    this.others.set(path, flow);
    return flow;
  }

  /** An equal summary of the analysis before, where there is one: what was made with it still holds. */
  theOne(summary: Summary): Summary {
    const { memory } = this.options;
    if (!memory) return summary;
    const key = JSON.stringify(summary);
    const known = memory.summaries.get(key) ?? summary;
    memory.summaries.set(key, known);
    return known;
  }

  /** The walk of the analysis before, where it saw the same summaries. */
  walkedBefore(entry: FlowFunctionEntry, seen: readonly (Summary | null)[]): KnownWalk | null {
    const known = this.options.memory?.walks.get(entry.file.flowOf(entry).procedure)?.get(entry.file.reach);
    return known?.seen.length === seen.length && known.seen.every((one, at) => one === seen[at]) ? known : null;
  }

  keepWalk({ file, locks }: FlowFunctionEntry, { procedure }: FlowFunction, known: Omit<KnownWalk, 'locks'>): void {
    const { memory } = this.options;
    if (!memory) return;
    const walks = memory.walks.get(procedure) ?? new Map<number, KnownWalk>();
    memory.walks.set(procedure, walks.set(file.reach, { ...known, locks: file.isAtHand ? (locks ?? null) : null }));
  }

  /** What the tables say of a function whose code is not at hand. */
  contract(name: string): Summary | null {
    const { era } = this.options;
    if (!era) return null;
    const { contracts } = this.shared;
    let known = contracts.get(name);
    if (known === undefined) {
      const row = contractOf(name, era.id);
      known = row && summaryOfContract(row, era.certain);
      contracts.set(name, known);
    }
    return known;
  }
}

/** A function with what was worked out for it so far. */
export interface FlowFunctionEntry {
  readonly file: FileFlow;
  readonly fn: CFunction;
  flow: FlowFunction | null;
  naming: NamingContext | null;
  locks: LockWalk | null | undefined;
  summary: Summary | null | undefined;
  /** Declarations that were asked for to name its locks. */
  readonly types: TypeQuestions;
  /** Set once other reviews may have the summary; null for functions of the files at hand. */
  shared: SharedSummary | null;
}

export class FileFlow implements FlowFile {
  readonly c: CFile;
  readonly entries: FlowFunctionEntry[];
  readonly byName = new Map<string, FlowFunctionEntry>();
  private readonly byFunction = new Map<CFunction, FlowFunctionEntry>();
  private flows: readonly FlowFunction[] | null = null;

  constructor(
    private readonly program: Program,
    private readonly input: FlowInput,
    /** How many more calls lead into the tree from here. */
    readonly reach: number,
  ) {
    this.c = input.c;
    this.entries = input.c.functions.map((fn) => ({
      file: this,
      fn,
      flow: null,
      naming: null,
      locks: undefined,
      summary: undefined,
      types: new Map(),
      shared: null,
    }));
    for (const entry of this.entries) this.byFunction.set(entry.fn, entry);
    for (const entry of this.entries) if (!this.byName.has(entry.fn.name)) this.byName.set(entry.fn.name, entry);
  }

  /** Whether it is one of the files under review; else it holds one function of the tree. */
  get isAtHand(): boolean {
    return this.reach === treeDepth;
  }

  get functions(): readonly FlowFunction[] {
    this.flows ??= this.entries.map((entry) => this.flowOf(entry));
    return this.flows;
  }

  flowOf(entry: FlowFunctionEntry): FlowFunction {
    if (!entry.flow) {
      const known = this.isAtHand ? null : this.program.sharedGraph(this.c);
      if (known) return (entry.flow = known);
      throwIfCancelled(this.program.options.cancel);
      const graphs = this.isAtHand ? this.program.options.memory?.graphs : undefined;
      const procedure = graphs?.get(entry.fn) ?? lowerFunction(this.c, entry.fn, { gaps: this.input.gaps, classes: this.program.classes });
      graphs?.set(entry.fn, procedure);
      entry.flow = { fn: entry.fn, procedure, callees: calleesOf(procedure) };
      if (!this.isAtHand) this.program.shareGraph(this.c, entry.flow);
    }
    return entry.flow;
  }

  namingOf(entry: FlowFunctionEntry): NamingContext {
    const { procedure } = this.flowOf(entry);
    const { types } = this.program;
    const { path } = this.c;
    const finder = this.isAtHand ? types : types.listing(entry.types);
    entry.naming ??= { procedure, types: new ProcedureTypes(procedure, finder, path), isStatic: (name) => types.isStatic(name, path) };
    return entry.naming;
  }

  functionOf(fn: CFunction): FlowFunction {
    return this.flowOf(this.entryOf(fn));
  }

  private entryOf(fn: CFunction): FlowFunctionEntry {
    const entry = this.byFunction.get(fn);
    if (!entry) throw new RangeError(`${fn.name} is no function of ${this.c.path}`);
    return entry;
  }

  summaryOf(name: string): Summary | null {
    const entry = this.program.find(this, name);
    return entry ? summaryOfEntry(this.program, entry) : this.declared(name);
  }

  /** What the file's own declarations say of a function whose code is not at hand, else the contracts, else its name. */
  declared(name: string): Summary | null {
    const prototype = markedPrototype(this.c, name);
    if (prototype) return this.program.theOne(summaryOfPrototype(prototype));
    const contract = this.program.contract(name);
    if (contract || lockOperation(name)) return contract;
    // Of two halves of which one can be seen the name of the other does not tell which lock it means.
    const partner = partnerByName(this.c, name);
    if (partner === null || this.program.find(this, partner)) return null;
    const named = summaryOfName(this.c, name);
    return named && this.program.theOne(named);
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

  naming(fn: FlowFunction): NamingContext {
    return this.namingOf(this.entryOf(fn.fn));
  }

  targetsOf(fn: FlowFunction, call: Call): readonly FlowTarget[] {
    const entry = this.byFunction.get(fn.fn);
    const operation = entry && operationOf(call, this.namingOf(entry));
    if (!operation) return [];
    return this.program.files.flatMap((file) =>
      fillersIn(file.c, operation.struct, operation.field).flatMap((name) => {
        const found = file.byName.get(name);
        return found ? [{ file, fn: file.flowOf(found) }] : [];
      }),
    );
  }

  beside(path: string): FlowFile | null {
    return this.program.beside(path);
  }

  coverage(wanted: (fn: CFunction) => boolean): readonly Coverage[] {
    const entries = this.entries.filter((entry) => wanted(entry.fn));
    return entries.map((entry) => coverageOf(this.flowOf(entry), this.locks(this.flowOf(entry))?.result.stopped ?? null));
  }
}
