// A place in a schedule and the ways to move it. Between two steps there is a place: at place k, k steps have happened, and step k comes
// next. Places behind each other on one line of one thread are one line to somebody who steps by lines.

import { TraceCursor } from '../core/model/trace/cursor.ts';
import type { Trace, TraceEnd, TraceStep } from '../protocol/finding.ts';

/** What a thread does next, or did last. */
export interface Standing {
  readonly at: TraceStep | TraceEnd;
  /** Index of the step; that of the last one for a thread that is done or waits. */
  readonly index: number;
  /** `next`: it moves there later; `waits`: it would, and another thread keeps it from it; `done`: that was its last step. */
  readonly state: 'next' | 'waits' | 'done';
}

/** Why a run over the schedule ended at a place. */
export type Halt = 'breakpoint' | 'data' | 'end' | 'start';

export interface Stops {
  /** Whether a breakpoint stands where step `index` is about to run. */
  readonly before: (index: number) => boolean;
  /** Whether the values that a step changes are watched. */
  readonly watched: (step: TraceStep) => boolean;
}

export class Schedule {
  readonly cursor: TraceCursor;

  /** @param lineOf A name of the line on which step `index` stands: equal for equal lines, null for none. */
  constructor(
    readonly trace: Trace,
    private readonly lineOf: (index: number) => string | null,
  ) {
    this.cursor = new TraceCursor(trace);
  }

  get at(): number {
    return this.cursor.at;
  }

  get isAtEnd(): boolean {
    return this.at >= this.trace.steps.length;
  }

  /** The thread that moves next; at the end the one that moved last. */
  get thread(): string {
    return (this.trace.steps[this.at] ?? this.trace.steps.at(-1))?.thread ?? this.trace.threads[0]?.id ?? '';
  }

  /** Where a thread stands; null for one that never moves. */
  standing(thread: string): Standing | null {
    const { steps, ends } = this.trace;
    for (let index = this.at; index < steps.length; index++) {
      const step = steps[index];
      if (step?.thread === thread) return { at: step, index, state: 'next' };
    }
    const last = steps.findLastIndex((step) => step.thread === thread);
    // The step that shows the violation is looked at, not what would come behind it.
    const showsViolation = this.isAtEnd && last === steps.length - 1 && this.trace.violation?.kind !== 'deadlock';
    const end = showsViolation ? undefined : ends?.find((one) => one.thread === thread);
    if (end) return { at: end, index: last, state: end.blocked ? 'waits' : 'next' };
    const step = steps[last];
    return step ? { at: step, index: last, state: 'done' } : null;
  }

  /** One step, back or forward; at an end of the schedule nothing happens. */
  step(by: 1 | -1): void {
    this.cursor.jump(this.at + by);
  }

  /** To the next line in the order of the schedule, whichever thread it belongs to. */
  nextLine(): void {
    do this.step(1);
    while (!this.isAtEnd && !this.beginsLine(this.at));
  }

  /** To the beginning of the line before this place. */
  lineBefore(): void {
    do this.step(-1);
    while (this.at > 0 && !this.beginsLine(this.at));
  }

  /** To where the thread that moves next has left its function, or to the end. */
  out(): void {
    const from = this.trace.steps[this.at];
    if (!from) return;
    for (;;) {
      this.step(1);
      const next = this.trace.steps[this.at];
      if (!next) return;
      if (next.thread === from.thread && (next.frame.length < from.frame.length || next.call !== from.call)) return;
    }
  }

  /** On to the next stop, or to the end. */
  run(stops: Stops): Halt {
    while (!this.isAtEnd) {
      const made = this.trace.steps[this.at];
      this.step(1);
      if (made && stops.watched(made)) return 'data';
      if (!this.isAtEnd && this.beginsLine(this.at) && stops.before(this.at)) return 'breakpoint';
    }
    return 'end';
  }

  /** Back to the stop before this place, or to the start. */
  runBack(stops: Stops): Halt {
    while (this.at > 0) {
      this.step(-1);
      const undone = this.trace.steps[this.at];
      if (undone && stops.watched(undone)) return 'data';
      if (this.beginsLine(this.at) && stops.before(this.at)) return 'breakpoint';
    }
    return 'start';
  }

  private beginsLine(index: number): boolean {
    const { steps } = this.trace;
    const line = this.lineOf(index);
    return index === 0 || line === null || steps[index]?.thread !== steps[index - 1]?.thread || line !== this.lineOf(index - 1);
  }
}
