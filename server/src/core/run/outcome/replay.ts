// A schedule, replayed: for each step who moved, where in which code, what it read and changed and which locks were held.

import type { FoundViolation } from '../../model/explore/explore.ts';
import type { Move } from '../../model/explore/program.ts';
import type { CodeRange } from '../../model/machine/code.ts';
import type { Machine, StepText } from '../../model/machine/machine.ts';
import type { Value } from '../../model/machine/names.ts';
import type { MachineState } from '../../model/machine/state.ts';
import type { RunFile } from '../entry/files.ts';

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
  /**
   * Innermost range of the stack that stands in a function of the patch, else in C code; null where the model's own code moves on
   * behalf of nobody's.
   */
  readonly range: CodeRange | null;
  /** Whether the patch adds the line of `range`. */
  readonly isAdded: boolean;
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
    readonly range: CodeRange | null;
    readonly held: readonly string[];
    readonly blocked: boolean;
  }[];
}

export interface Replay extends Followed {
  readonly violation: FoundViolation;
}

/** What is under review. */
export interface Reviewed {
  readonly files: readonly RunFile[];
  /** Names of the functions that the patch changes. */
  readonly changed: ReadonlySet<string>;
}

/** Replays the schedule of a violation on the machine that found it. */
export function replay(machine: Machine, violation: FoundViolation, reviewed: Reviewed): Replay {
  return { violation, ...follow(machine, violation.schedule, reviewed) };
}

/** Follows a schedule from the initial state. */
export function follow(machine: Machine, schedule: readonly Move[], { files, changed }: Reviewed): Followed {
  const byPath = new Map(files.map((file) => [file.path, file]));
  const describe = (thread: number, at: MachineState, choice: number): StepText => {
    const text = machine.describe(thread, at, choice);
    const frames = text.frames.map((frame) => (frame.range === null || byPath.has(frame.range.file) ? frame : { ...frame, range: null }));
    return { ...text, frames };
  };
  let state = machine.initial();
  const steps = schedule.map((move, index): ReplayedStep => {
    const text = describe(move.thread, state, move.choice);
    const range = rangeIn(text, changed);
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
      range,
      isAdded: range !== null && byPath.get(range.file)?.isChanged(range.start) === true,
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
    next: machine.threads.map((thread, index) => {
      const text = describe(index, end, 0);
      const blocked = machine.enabled(index, end).status === 'blocked';
      return { thread, text, range: rangeIn(text, changed), held: machine.locks(index, end), blocked };
    }),
  };
}

/** Where a stack stands in the code: the innermost function of the patch, or the innermost one that is C. */
function rangeIn(text: StepText, changed: ReadonlySet<string>): CodeRange | null {
  const ranges = text.frames.flatMap((frame) => frame.range ?? []);
  return ranges.findLast((range) => changed.has(range.function)) ?? ranges.at(-1) ?? null;
}
