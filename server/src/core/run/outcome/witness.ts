// A schedule that shows how something holds: one thread goes to the place in question, the others get in between as far as they can,
// and then all go on to their ends.

import type { Move } from '../../model/explore/program.ts';
import type { Machine } from '../../model/machine/machine.ts';
import type { MachineState } from '../../model/machine/state.ts';

/** Longest schedule that is shown. */
const MAX_STEPS = 2_000;

export interface Witness {
  readonly schedule: readonly Move[];
  /** Threads that run C code on the way. */
  readonly codeThreads: number;
  /** Whether another thread had to wait while the first one stood at the place. */
  readonly waits: boolean;
}

/** The thread's next step, first alternative, with the locks that it holds before it. */
export interface NextStep {
  readonly label: string;
  /** Place of the step in C; null for one of the model. */
  readonly start: number | null;
  readonly held: readonly string[];
}

export type IsThere = (next: NextStep, last: NextStep | null) => boolean;

/**
 * Lets `first` go on alone until `isThere` says of its next step and its last one that the others shall move now. Null where it never
 * comes there, and where something is violated on the way.
 */
export function witnessOf(machine: Machine, first: number, isThere: IsThere): Witness | null {
  const schedule: Move[] = [];
  const inCode = new Set<number>();
  let state: MachineState = machine.initial();
  const isReady = (thread: number): boolean => machine.enabled(thread, state).status === 'ready';
  const nextOf = (thread: number): NextStep => {
    const text = machine.describe(thread, state, 0);
    return { label: text.label, start: text.frames.at(-1)?.range?.start ?? null, held: machine.locks(thread, state) };
  };
  /** False where nothing may be shown any more. */
  const move = (thread: number): boolean => {
    if (nextOf(thread).start !== null) inCode.add(thread);
    const applied = machine.apply(thread, state, 0);
    schedule.push({ thread, choice: 0 });
    state = applied.state;
    return applied.violations.length === 0 && !applied.fatal && schedule.length < MAX_STEPS;
  };
  for (let last: NextStep | null = null; ;) {
    if (!isReady(first)) return null;
    const next = nextOf(first);
    if (isThere(next, last)) break;
    last = next;
    if (!move(first)) return null;
  }
  const others = machine.threads.flatMap((_, thread) => (thread === first ? [] : [thread]));
  for (const other of others) while (isReady(other)) if (!move(other)) return null;
  const waits = others.some((other) => machine.enabled(other, state).status === 'blocked');
  for (let isMoving = true; isMoving;) {
    isMoving = false;
    for (const thread of [first, ...others]) {
      while (isReady(thread)) {
        if (!move(thread)) return null;
        isMoving = true;
      }
    }
  }
  return { schedule, codeThreads: inCode.size, waits };
}
