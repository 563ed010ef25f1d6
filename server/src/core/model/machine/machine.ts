// A Program whose threads run procedures of micro-steps on a world of named cells.

import type { Applied, Program, Turn } from '../explore/program.ts';
import type { Symmetries } from '../explore/symmetries.ts';
import type { Code, CodeRange, CompiledProcedure, Procedure } from './code.ts';
import { compile } from './code.ts';
import { ASSUMED, Cpu, Crash, GivenUp } from './cpu.ts';
import { giveLock, heldAlone, lockTurn, takeLock } from './locks.ts';
import { Names } from './names.ts';
import type { Value } from './names.ts';
import type { Renaming } from './renamings.ts';
import { RenamedMachine } from './renamings.ts';
import type { Frame, MachineState, MovingFrame, ThreadState } from './state.ts';
import { ThreadTable, mix, moving, movingTop, packCells, sameState } from './state.ts';

/** Looks at what a step wrote, and says what it broke. Runs inside the step. */
export interface Monitor {
  /** `released`: the lock that the step gave back, or null. */
  afterStep(c: Cpu, released: string | null): void;
}

export interface MachineOptions {
  readonly procedures: ReadonlyMap<string, Procedure>;
  /** Name of each thread, and the procedure that it runs. */
  readonly threads: readonly { readonly name: string; readonly main: Procedure }[];
  /** First values of cells: object, field, value. */
  readonly initial: readonly (readonly [string, string, Value])[];
  /** Objects that can be freed: touching them afterwards ends the schedule. New ones may be added while running. */
  readonly freeable: Set<string>;
  readonly monitor: Monitor | null;
}

/** What a step is, for traces. */
export interface StepText {
  readonly kind: string;
  readonly label: string;
  /** Innermost procedure last. */
  readonly frames: readonly {
    readonly procedure: string;
    readonly at: number;
    readonly source: string;
    /** Where the frame stands in its source text: for the innermost the step, for the others the call. Null for the model's own code. */
    readonly range: CodeRange | null;
    /** Locals that hold something, by name. */
    readonly locals: ReadonlyMap<string, Value>;
  }[];
  readonly choice: string | null;
}

const tooLong = 'no step for a long time';

/** Steps that run together with the one before them; after this many in a row the schedule is given up, and the search is not finished. */
const MAX_FUSED = 20_000;
const noNumbers: readonly number[] = [];
const readyOnce: Turn = { status: 'ready', choices: 1, reads: noNumbers, takes: noNumbers, waitsFor: noNumbers };
const readyTwice: Turn = { ...readyOnce, choices: 2 };

export class Machine implements Program<MachineState> {
  readonly threads: readonly string[];
  readonly acyclic = true;
  readonly names: Names;
  private readonly table = new ThreadTable();
  private readonly compiled: CompiledProcedure[] = [];
  private readonly procedureIds = new Map<string, number>();
  private readonly cpu: Cpu;

  constructor(
    private readonly options: MachineOptions,
    names: Names = new Names(),
    /** The state of another machine with the same names, to begin with its cells. */
    private readonly from: MachineState | null = null,
  ) {
    this.names = names;
    this.threads = options.threads.map((thread) => thread.name);
    this.cpu = new Cpu(this.names, options.freeable, (name) => this.procedureIds.get(name));
    options.threads.forEach((thread) => this.define(`thread ${thread.name}`, thread.main));
  }

  private define(key: string, procedure: Procedure): number {
    const known = this.procedureIds.get(key);
    if (known !== undefined) return known;
    const id = this.compiled.length;
    this.compiled.push(compile(procedure));
    this.procedureIds.set(key, id);
    return id;
  }

  private procedureNamed(name: string): number {
    const known = this.procedureIds.get(name);
    if (known !== undefined) return known;
    const procedure = this.options.procedures.get(name);
    if (procedure === undefined) throw new Error(`no procedure ${name} in this era`);
    return this.define(name, procedure);
  }

  initial(): MachineState {
    if (this.from !== null) return this.continueFrom(this.from);
    const cells: number[] = [];
    for (const [object, field, value] of this.options.initial) {
      const cell = this.names.cell(object, field);
      while (cells.length <= cell) cells.push(0);
      cells[cell] = this.names.valueId(value);
    }
    return this.continueFrom({ cells, threads: [], hash: 0 });
  }

  /** A state with the cells of another one (of a machine with the same `Names`), and all threads at their start. */
  continueFrom(from: MachineState): MachineState {
    let cells = from.cells;
    const threads: number[] = [];
    this.threads.forEach((name, thread) => {
      const { cpu } = this;
      cpu.begin(cells, thread, name, noNumbers);
      let frames: Frame[] = [{ procedure: thread, at: 0, locals: [], id: moving }];
      // What ends the schedule before the first step ends it in that step.
      if (this.attempt(() => (this.runFused(frames), true)) === null) frames = [{ procedure: thread, at: 0, locals: [], id: moving }];
      else cells = cpu.result();
      threads.push(this.table.intern(frames, cpu.held));
    });
    let hash = 0;
    cells.forEach((value, cell) => {
      if (value !== 0) hash ^= mix(cell, value);
    });
    threads.forEach((value, thread) => (hash ^= mix(-1 - thread, value)));
    return { cells, threads, hash };
  }

  private threadState(thread: number, state: MachineState): ThreadState {
    return this.table.get(state.threads[thread] ?? -1);
  }

  private instruction(frame: Frame): Code {
    const code = this.compiled[frame.procedure]?.code[frame.at];
    if (code === undefined) throw new RangeError('a thread left its procedure');
    return code;
  }

  private enter(frame: MovingFrame, stack: readonly Frame[]): void {
    const procedure = this.compiled[frame.procedure];
    if (procedure !== undefined) this.cpu.enter(procedure.slots, frame.locals, stack);
  }

  enabled(thread: number, state: MachineState): Turn {
    const { frames, held } = this.threadState(thread, state);
    const top = frames[frames.length - 1];
    if (top === undefined) return { status: 'done', choices: 0, reads: noNumbers, takes: noNumbers, waitsFor: noNumbers };
    const code = this.instruction(top);
    if (code.op === 'unlock' || (code.op === 'act' && code.choices === null)) return readyOnce;
    if (code.op === 'decide') return readyTwice;
    const { cpu } = this;
    cpu.begin(state.cells, thread, this.threads[thread] ?? '', held);
    cpu.enter(this.compiled[top.procedure]?.slots ?? new Map<string, number>(), [...top.locals], frames);
    if (code.op === 'lock') {
      const name = this.attempt(() => code.lock(cpu));
      if (name === null) return { status: 'ready', choices: 1, reads: [...cpu.reads], takes: noNumbers, waitsFor: noNumbers };
      return lockTurn(this.names, state.cells, this.threads, cpu.reads, name, code.shared === true);
    }
    if (code.op === 'wait') {
      const open = this.attempt(() => code.until(cpu));
      if (open !== false) return { status: 'ready', choices: 1, reads: [...cpu.reads], takes: noNumbers, waitsFor: noNumbers };
      const waitsFor = code
        .on(cpu)
        .map((name) => this.threads.indexOf(name))
        .filter((index) => index >= 0);
      return { status: 'blocked', choices: 0, reads: [...cpu.reads], takes: noNumbers, waitsFor };
    }
    if (code.op === 'act' && code.choices !== null) {
      const { choices: alternatives } = code;
      const choices = this.attempt(() => alternatives(cpu).length) ?? 1;
      return { status: 'ready', choices, reads: [...cpu.reads], takes: noNumbers, waitsFor: noNumbers };
    }
    return readyOnce;
  }

  /** Null where the step would end the schedule: it is ready then, and ends it when it is taken. */
  private attempt<T>(run: () => T): T | null {
    try {
      return run();
    } catch (error) {
      if (error instanceof Crash) return null;
      throw error;
    }
  }

  apply(thread: number, state: MachineState, choice: number): Applied<MachineState> {
    const before = this.threadState(thread, state);
    const { cpu } = this;
    cpu.begin(state.cells, thread, this.threads[thread] ?? '', before.held);
    const frames = [...before.frames];
    let fatal = false;
    let cut = false;
    try {
      const released = this.runStep(frames, choice);
      this.runFused(frames);
      this.options.monitor?.afterStep(cpu, released);
    } catch (error) {
      if (error instanceof Crash) cpu.violations.push(error.violation);
      else if (error instanceof GivenUp) cut = error.reason === tooLong;
      else throw error;
      fatal = true;
    }
    const id = this.table.intern(frames, cpu.held);
    const threads = state.threads.slice();
    threads[thread] = id;
    const cells = cpu.result();
    let hash = state.hash ^ mix(-1 - thread, state.threads[thread] ?? 0) ^ mix(-1 - thread, id);
    const rehashed = new Set<number>();
    for (const cell of cpu.writes) {
      if (rehashed.has(cell)) continue;
      rehashed.add(cell);
      const old = state.cells[cell] ?? 0;
      const now = cells[cell] ?? 0;
      if (old === now) continue;
      if (old !== 0) hash ^= mix(cell, old);
      if (now !== 0) hash ^= mix(cell, now);
    }
    return {
      state: { cells, threads, hash },
      reads: [...cpu.reads],
      writes: [...rehashed],
      violations: cpu.violations.length === 0 ? [] : [...cpu.violations],
      fatal,
      ...(cut ? { cut } : {}),
    };
  }

  /** Runs the one real step at the top of the stack. Returns the lock that it released, if it did. */
  private runStep(frames: Frame[], choice: number): string | null {
    const { cpu } = this;
    const top = movingTop(frames);
    if (top === undefined) throw new RangeError('a finished thread was asked to move');
    this.enter(top, frames);
    const code = this.instruction(top);
    top.at++;
    switch (code.op) {
      case 'lock':
        takeLock(cpu, code.lock(cpu), code.shared === true);
        return null;
      case 'unlock': {
        const name = code.lock(cpu);
        giveLock(cpu, name, code.shared === true);
        return name;
      }
      case 'act':
        if (code.choices !== null) cpu.choice = code.choices(cpu)[choice] ?? '';
        code.run(cpu);
        return null;
      case 'decide':
        code.assume(cpu, choice === 0);
        if (choice !== 0) top.at = code.otherwise;
        return null;
      case 'wait':
        return null;
      default:
        // A thread that could not come to its first step: what stands before it is done now.
        top.at--;
        return null;
    }
  }

  /** Runs on to the next real step, or to the end of the thread. */
  private runFused(frames: Frame[]): void {
    const { cpu } = this;
    for (let fused = 0; fused < MAX_FUSED; fused++) {
      const top = frames[frames.length - 1];
      if (top === undefined) return;
      const code = this.instruction(top);
      if (code.op === 'lock' || code.op === 'unlock' || code.op === 'act' || code.op === 'wait') return;
      const own = movingTop(frames);
      if (own === undefined) return;
      this.enter(own, frames);
      if (code.op === 'decide') {
        const truth = code.test(cpu);
        if (truth === null) return;
        own.at = truth ? own.at + 1 : code.otherwise;
        continue;
      }
      own.at++;
      switch (code.op) {
        case 'let':
          cpu.put(code.name, code.value(cpu));
          break;
        case 'note':
          code.run(cpu);
          break;
        case 'branch':
          if (!code.test(cpu)) own.at = code.otherwise;
          break;
        case 'jump':
          own.at = code.to;
          break;
        case 'call': {
          const procedure = this.procedureNamed(typeof code.procedure === 'string' ? code.procedure : code.procedure(cpu));
          const locals = code.args.map((argument) => this.names.valueId(argument(cpu)));
          frames.push({ procedure, at: 0, locals, id: moving });
          break;
        }
        case 'return': {
          const value = code.value(cpu);
          frames.pop();
          const caller = movingTop(frames);
          if (caller === undefined) break;
          this.enter(caller, frames);
          const from = this.compiled[caller.procedure]?.code[caller.at - 1];
          if (from?.op === 'call' && from.into !== null) cpu.put(from.into, value);
          break;
        }
      }
    }
    throw new GivenUp(tooLong);
  }

  /** The symmetries by these renamings: a group without its identity, under which the threads' code and the initial state are the same. */
  renamed(renamings: readonly Renaming[]): Symmetries<MachineState> {
    return new RenamedMachine(this.names, this.table, renamings);
  }

  point(thread: number, state: MachineState): number {
    return this.table.point(state.threads[thread] ?? -1);
  }

  held(thread: number, state: MachineState): readonly number[] {
    return heldAlone(this.names, this.threadState(thread, state).held);
  }

  pack(state: MachineState): { readonly state: MachineState; readonly bytes: number } {
    const { cells, bytes } = packCells(state.cells);
    return { state: { ...state, cells }, bytes };
  }

  hash(state: MachineState): number {
    return state.hash;
  }

  same(left: MachineState, right: MachineState): boolean {
    return sameState(left, right);
  }

  /** What the next step of a thread is. */
  describe(thread: number, state: MachineState, choice: number): StepText {
    const { frames, held } = this.threadState(thread, state);
    const top = frames[frames.length - 1];
    const places = frames.map((frame, depth) => {
      const procedure = this.compiled[frame.procedure];
      const at = depth === frames.length - 1 ? frame.at : frame.at - 1;
      const locals = new Map<string, Value>();
      for (const [name, slot] of procedure?.slots ?? [])
        if ((frame.locals[slot] ?? 0) !== 0) locals.set(name, this.names.value(frame.locals[slot] ?? 0));
      return {
        procedure: procedure?.name ?? '?',
        at: frame.at,
        source: procedure?.source ?? '',
        range: procedure?.code[at]?.range ?? null,
        locals,
      };
    });
    if (top === undefined) return { kind: 'done', label: 'done', frames: [], choice: null };
    const { cpu } = this;
    cpu.begin(state.cells, thread, this.threads[thread] ?? '', held);
    cpu.enter(this.compiled[top.procedure]?.slots ?? new Map<string, number>(), [...top.locals], frames);
    const code = this.instruction(top);
    if (code.op === 'lock' || code.op === 'unlock') {
      const name = this.attempt(() => code.lock(cpu));
      return {
        kind: code.op,
        label: name === null ? `${code.op}: its object cannot be used` : `${code.op} ${name}`,
        frames: places,
        choice: null,
      };
    }
    if (code.op === 'decide')
      return { kind: 'decide', label: code.label, frames: places, choice: choice === 0 ? 'holds' : 'does not hold' };
    if (code.op !== 'act' && code.op !== 'wait') return { kind: code.op, label: code.op, frames: places, choice: null };
    const label = code.label.replace(/\{(\w+)\}/g, (_, name: string) => String(cpu.v(name) ?? 'NULL'));
    if (code.op === 'wait') return { kind: 'wait', label, frames: places, choice: null };
    return { kind: code.kind, label, frames: places, choice: this.attempt(() => code.choices?.(cpu)[choice] ?? null) };
  }

  /** Numbers of what the path to a state took for granted, over all threads, ascending; grave ones apart. */
  assumed(state: MachineState): { readonly all: readonly number[]; readonly grave: readonly number[] } {
    const entries = this.threads.flatMap((thread) => {
      const list = this.read(state, `thread ${thread}`, ASSUMED);
      return typeof list === 'object' && list !== null ? list : [];
    });
    const numbers = (list: readonly string[]): number[] => [...new Set(list.map((entry) => parseInt(entry, 10)))].sort((a, b) => a - b);
    return { all: numbers(entries), grave: numbers(entries.filter((entry) => entry.endsWith('!'))) };
  }

  doubt(state: MachineState): number {
    const { all, grave } = this.assumed(state);
    return grave.length > 0 ? 2 : all.length > 0 ? 1 : 0;
  }

  /** A cell of a state, by name. */
  read(state: MachineState, object: string, field: string): Value {
    return this.names.value(state.cells[this.names.cell(object, field)] ?? 0);
  }

  /** All cells of a state that hold something, as `object.field`. */
  contents(state: MachineState): Map<string, Value> {
    const all = new Map<string, Value>();
    state.cells.forEach((value, cell) => {
      if (value === 0) return;
      const { object, field } = this.names.cellName(cell);
      all.set(`${object}.${field}`, this.names.value(value));
    });
    return all;
  }

  /** Locks that a thread holds, by name, in the order they were taken. */
  locks(thread: number, state: MachineState): string[] {
    return this.threadState(thread, state).held.map((cell) => this.names.cellName(cell).object);
  }
}
