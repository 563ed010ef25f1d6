// What a search is asked for, and what it gives.

import type { CancelToken } from '../../base/cancel.ts';
import type { Move, Violation } from './program.ts';

export interface ExploreOptions {
  /** Stop after so many states; the result then says `finished: false`. */
  readonly maxStates: number;
  /** Longest schedule, in steps. */
  readonly maxDepth?: number;
  /** Stop after so many steps worked out, those only looked at included. Default: what goes with `maxStates`. */
  readonly maxSteps?: number;
  /** Stop when what is kept takes about so many bytes. */
  readonly maxBytes?: number;
  readonly reduce?: boolean;
  /** Stop as soon as this violation is found (its schedule is then a shortest one, if `reduce` is off). */
  readonly stopAt?: string;
  /** With `stopAt`: only for this message, and only for a schedule with no more doubt than this. */
  readonly stopMessage?: string;
  readonly stopDoubt?: number;
  /** Report a violation once for each message, not once for each id. */
  readonly perMessage?: boolean;
  readonly cancel?: CancelToken;
  /** Called now and then with the number of states seen so far. */
  readonly onProgress?: (states: number) => void;
}

export interface FoundViolation extends Violation {
  readonly schedule: readonly Move[];
  /** How doubtful the way to it is (`Program.doubt`); of several ways, the least doubtful is kept. 0 for a program without doubts. */
  readonly doubt: number;
  /** False where a shorter schedule may exist, as the budget ended before it was looked for. Undefined where nobody looked. */
  readonly shortest?: boolean;
}

/** How the schedules of a program can end. */
export interface End<State> {
  readonly state: State;
  /** Threads that are blocked for ever in this end. */
  readonly blocked: readonly number[];
  readonly schedule: () => readonly Move[];
}

export interface Exploration<State> {
  readonly states: number;
  readonly transitions: number;
  /** Steps worked out, those only looked at included: what the budget of steps counts. */
  readonly steps: number;
  /** False where a cap ended the search: then nothing is known of the rest, and "no violation" must not be said. */
  readonly finished: boolean;
  /** First schedule found for each violation, in the order found. */
  readonly violations: readonly FoundViolation[];
  readonly ends: readonly End<State>[];
}
