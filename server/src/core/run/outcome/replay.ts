// A schedule, replayed: for each step who moved, where in which code, what it read and changed and which locks were held.

import type { FoundViolation } from '../../model/explore/explore.ts';
import type { Move } from '../../model/explore/program.ts';
import type { CodeRange } from '../../model/machine/code.ts';
import type { Machine, StepText } from '../../model/machine/machine.ts';
import type { Value } from '../../model/machine/names.ts';
import type { MachineState } from '../../model/machine/state.ts';

/** A store into a cell; `changed` is false where the cell held the value already. */
export interface Write {
  readonly object: string;
  readonly field: string;
  readonly before: Value;
  readonly after: Value;
  readonly changed: boolean;
}

export interface ReplayedStep {
  /** From 0. */
  readonly index: number;
  readonly thread: string;
  readonly text: StepText;
  /** Innermost range of the stack that stands in C code; null where the model's own code moves on behalf of nobody's. */
  readonly range: CodeRange | null;
  /** True where the step itself is an instruction of C, false where it is one of a model procedure that C called. */
  readonly isCode: boolean;
  readonly writes: readonly Write[];
  /** Fields that it read, of any object. */
  readonly reads: ReadonlySet<string>;
  /** Objects that it read a field of, or whose names it read. */
  readonly saw: ReadonlySet<string>;
  /** Locks that the thread holds before the step and after it, in the order they were taken. */
  readonly heldBefore: readonly string[];
  readonly heldAfter: readonly string[];
}

export interface Followed {
  readonly schedule: readonly Move[];
  readonly steps: readonly ReplayedStep[];
  readonly end: MachineState;
  /** Where each thread stands after the last step: what it would do next. */
  readonly next: readonly {
    readonly thread: string;
    readonly text: StepText;
    readonly held: readonly string[];
    readonly blocked: boolean;
  }[];
}

export interface Replay extends Followed {
  readonly violation: FoundViolation;
}

/** Replays the schedule of a violation on the machine that found it. `isOurs`: whether a file is one of those under review. */
export function replay(machine: Machine, violation: FoundViolation, isOurs: (file: string) => boolean): Replay {
  return { violation, ...follow(machine, violation.schedule, isOurs) };
}

/** Follows a schedule from the initial state. `isOurs`: whether a file is one of those under review. */
export function follow(machine: Machine, schedule: readonly Move[], isOurs: (file: string) => boolean): Followed {
  const describe = (thread: number, at: MachineState, choice: number): StepText => {
    const text = machine.describe(thread, at, choice);
    const frames = text.frames.map((frame) => (frame.range === null || isOurs(frame.range.file) ? frame : { ...frame, range: null }));
    return { ...text, frames };
  };
  let state = machine.initial();
  const steps = schedule.map((move, index): ReplayedStep => {
    const text = describe(move.thread, state, move.choice);
    const heldBefore = machine.locks(move.thread, state);
    const from = state;
    const applied = machine.apply(move.thread, from, move.choice);
    const writes = applied.writes.map((cell): Write => {
      const { object, field } = machine.names.cellName(cell);
      const before = machine.names.value(from.cells[cell] ?? 0);
      const after = machine.names.value(applied.state.cells[cell] ?? 0);
      return { object, field, before, after, changed: before !== after };
    });
    state = applied.state;
    return {
      index,
      thread: machine.threads[move.thread] ?? '?',
      text,
      range: innermostRange(text),
      isCode: text.frames.at(-1)?.range !== null && text.frames.length > 0,
      writes,
      reads: new Set(applied.reads.map((cell) => machine.names.cellName(cell).field)),
      saw: new Set(
        applied.reads.flatMap((cell): string[] => {
          const value = machine.names.value(from.cells[cell] ?? 0);
          const names = typeof value === 'string' ? [value] : typeof value === 'object' && value !== null ? value : [];
          return [machine.names.cellName(cell).object, ...names];
        }),
      ),
      heldBefore,
      heldAfter: machine.locks(move.thread, state),
    };
  });
  const end = state;
  return {
    schedule,
    steps,
    end,
    next: machine.threads.map((thread, index) => ({
      thread,
      text: describe(index, end, 0),
      held: machine.locks(index, end),
      blocked: machine.enabled(index, end).status === 'blocked',
    })),
  };
}

/** The range of the innermost frame that runs C. */
export function innermostRange(text: StepText): CodeRange | null {
  for (let at = text.frames.length - 1; at >= 0; at--) {
    const range = text.frames[at]?.range ?? null;
    if (range !== null) return range;
  }
  return null;
}
