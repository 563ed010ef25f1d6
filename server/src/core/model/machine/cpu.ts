// What a micro-step sees while it runs: the cells of the world, its frame's locals, its thread's locks. Every access is recorded.

import type { Violation } from '../explore/program.ts';
import type { Names, Value } from './names.ts';
import type { Cells } from './state.ts';

/** Thrown by a step that cannot go on (a NULL dereference, freed memory, BUG): the schedule ends with this violation. */
export class Crash extends Error {
  constructor(readonly violation: Violation) {
    super(violation.message);
    this.name = 'Crash';
  }
}

/** Thrown by a step after which nothing can be said any more: the schedule ends without a verdict. Whoever throws it keeps the reason. */
export class GivenUp extends Error {
  constructor(readonly reason: string) {
    super(reason);
    this.name = 'GivenUp';
  }
}

/** Cell of a thread with what its path took for granted. */
export const ASSUMED = 'assumed';

export class Cpu {
  readonly reads: number[] = [];
  readonly writes: number[] = [];
  readonly violations: Violation[] = [];
  thread = 0;
  threadName = '';
  choice = '';
  /** Procedures on the thread's stack, outermost first, by their numbers. */
  private stack: readonly { readonly procedure: number }[] = [];
  private cells: Cells = [];
  private changed: number[] | null = null;
  private slots = new Map<string, number>();
  private locals: number[] = [];
  held: number[] = [];

  constructor(
    readonly names: Names,
    private readonly freeable: Set<string>,
    private readonly procedureId: (name: string) => number | undefined = () => undefined,
  ) {}

  /** Number of frames on the thread's stack: the place of the frame that `v` and `put` see, from 1. */
  get depth(): number {
    return this.stack.length;
  }

  /** Whether a procedure is on the thread's stack. */
  isIn(procedure: string): boolean {
    const id = this.procedureId(procedure);
    return id !== undefined && this.stack.some((frame) => frame.procedure === id);
  }

  /** Starts a step on a state's cells. */
  begin(cells: Cells, thread: number, threadName: string, held: readonly number[]): void {
    this.cells = cells;
    this.changed = null;
    this.reads.length = 0;
    this.writes.length = 0;
    this.violations.length = 0;
    this.thread = thread;
    this.threadName = threadName;
    this.choice = '';
    this.held = [...held];
  }

  /** Makes a frame's locals the ones that `v` and `put` see. */
  enter(slots: Map<string, number>, locals: number[], stack: readonly { readonly procedure: number }[]): void {
    this.slots = slots;
    this.locals = locals;
    this.stack = stack;
  }

  /** The cells after the step: the same array where nothing was written. */
  result(): Cells {
    return this.changed ?? this.cells;
  }

  cellValue(cell: number): number {
    return (this.changed ?? this.cells)[cell] ?? 0;
  }

  /** Reads a field; records the read. Touching freed memory ends the schedule. */
  get(object: string, field: string): Value {
    this.alive(object, field);
    const cell = this.names.cell(object, field);
    this.reads.push(cell);
    return this.names.value(this.cellValue(cell));
  }

  /** Reads a field of an object that may be gone: lists of names outlive what they name. */
  see(object: string, field: string): Value {
    const cell = this.names.cell(object, field);
    this.reads.push(cell);
    return this.names.value(this.cellValue(cell));
  }

  set(object: string, field: string, value: Value): void {
    this.alive(object, field);
    this.store(this.names.cell(object, field), this.names.valueId(value));
  }

  store(cell: number, id: number): void {
    this.writes.push(cell);
    if (this.cellValue(cell) === id) return;
    if (this.changed === null) this.changed = Array.from(this.cells);
    while (this.changed.length <= cell) this.changed.push(0);
    this.changed[cell] = id;
  }

  /** A look without a trace, for invariants and for texts: not recorded, allowed on freed objects. */
  peek(object: string, field: string): Value {
    return this.names.value(this.cellValue(this.names.cell(object, field)));
  }

  /** Touches an object without reading a field: ends the schedule where it was freed. */
  touch(object: string, what: string): void {
    this.alive(object, what);
  }

  private alive(object: string, field: string): void {
    if (!this.freeable.has(object)) return;
    const cell = this.names.cell(object, 'freed');
    this.reads.push(cell);
    if (this.cellValue(cell) !== 0 && field !== 'freed') this.crash('use-after-free', `${object}.${field} after ${object} was freed`);
  }

  /** Reads a field that names an object; null where it is NULL. */
  ref(object: string, field: string): string | null {
    const value = this.get(object, field);
    return typeof value === 'string' ? value : null;
  }

  count(object: string, field: string): number {
    const value = this.get(object, field);
    return typeof value === 'number' ? value : 0;
  }

  flag(object: string, field: string): boolean {
    return this.get(object, field) === true;
  }

  list(object: string, field: string): readonly string[] {
    const value = this.get(object, field);
    return typeof value === 'object' && value !== null ? value : [];
  }

  /** A local's value. */
  v(name: string): Value {
    const slot = this.slots.get(name);
    return slot === undefined ? null : this.names.value(this.locals[slot] ?? 0);
  }

  put(name: string, value: Value): void {
    let slot = this.slots.get(name);
    if (slot === undefined) {
      slot = this.slots.size;
      this.slots.set(name, slot);
    }
    while (this.locals.length <= slot) this.locals.push(0);
    this.locals[slot] = this.names.valueId(value);
  }

  /** A local that must name an object; NULL there is a NULL dereference. */
  o(name: string): string {
    const value = this.v(name);
    if (typeof value === 'string') return value;
    return this.crash('panic', `NULL dereference of ${name}`);
  }

  number(name: string): number {
    const value = this.v(name);
    return typeof value === 'number' ? value : 0;
  }

  listOf(name: string): readonly string[] {
    const value = this.v(name);
    return typeof value === 'object' && value !== null ? value : [];
  }

  /** From now on, touching this object after it was freed ends the schedule. */
  makeFreeable(object: string): void {
    this.freeable.add(object);
  }

  /** Ends the schedule with a violation. */
  crash(id: string, message: string): never {
    throw new Crash({ id, message });
  }

  /** Reports a violation and goes on. */
  violate(id: string, message: string): void {
    this.violations.push({ id, message });
  }

  /**
   * Notes that the thread's path rests on something that was taken for granted, by its number. `grave`: what follows may not happen at
   * all.
   */
  assume(id: number, grave: boolean): void {
    const object = `thread ${this.threadName}`;
    const known = this.peek(object, ASSUMED);
    const list = typeof known === 'object' && known !== null ? known : [];
    const entry = `${id}${grave ? '!' : ''}`;
    if (!list.includes(entry)) this.set(object, ASSUMED, [...list, entry]);
  }

  /** Whether the thread's path rests on anything so far. */
  get isAssuming(): boolean {
    return this.peek(`thread ${this.threadName}`, ASSUMED) !== null;
  }

  /** A kernel WARN: counted, so that a scenario can expect it. */
  warn(message: string): void {
    this.store(this.names.cell('world', 'warnings'), this.names.valueId([...this.warnings(), message]));
  }

  private warnings(): readonly string[] {
    const value = this.peek('world', 'warnings');
    return typeof value === 'object' && value !== null ? value : [];
  }
}
