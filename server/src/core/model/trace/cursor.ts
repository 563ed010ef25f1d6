// Walks a trace forward and back. Rests on nothing but the trace: its initial values and the changes of its steps.

import type { Trace, TraceStep } from '../../../protocol/finding.ts';

export class TraceCursor {
  private readonly values: Map<string, unknown>;
  private place = 0;

  constructor(readonly trace: Trace) {
    this.values = new Map(Object.entries(trace.initial));
  }

  /** Number of steps that have happened: 0 at the start, `trace.steps.length` at the end. */
  get at(): number {
    return this.place;
  }

  /** The step that happened last, or null at the start. */
  get step(): TraceStep | null {
    return this.trace.steps[this.place - 1] ?? null;
  }

  /** One step further; false at the end. */
  forward(): boolean {
    const next = this.trace.steps[this.place];
    if (next === undefined) return false;
    for (const change of next.changes) this.write(change.path, change.after);
    this.place++;
    return true;
  }

  /** One step back; false at the start. */
  back(): boolean {
    const last = this.step;
    if (last === null) return false;
    for (const change of last.changes) this.write(change.path, change.before);
    this.place--;
    return true;
  }

  /** To the place after `n` steps; numbers outside the trace go to its ends. */
  jump(n: number): void {
    const target = Math.max(0, Math.min(Math.trunc(n), this.trace.steps.length));
    while (this.place < target) this.forward();
    while (this.place > target) this.back();
  }

  /** Value of a path now; null where nothing is there. */
  value(path: string): unknown {
    return this.values.get(path) ?? null;
  }

  /** All values now, sorted by path. */
  state(): Readonly<Record<string, unknown>> {
    return Object.fromEntries([...this.values].sort(([a], [b]) => (a < b ? -1 : 1)));
  }

  /** Locks that each thread holds now, in the order they were taken. */
  locks(): Readonly<Record<string, readonly string[]>> {
    return this.step?.locks ?? Object.fromEntries(this.trace.threads.map((thread) => [thread.id, []]));
  }

  private write(path: string, value: unknown): void {
    if (value === null) this.values.delete(path);
    else this.values.set(path, value);
  }
}
