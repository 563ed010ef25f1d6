// The one door through which the explorer sees time. Whoever can answer these questions can be explored:
// calls of the IOMMU model, compiled C, or a toy of three locks. Paths are small integers that name shared cells.

/** A violation that a step made visible. `id` is an invariant's number (`I6`), or `deadlock`, `use-after-free`, `panic`. */
export interface Violation {
  readonly id: string;
  readonly message: string;
}

/** What one thread could do in one state. */
export interface Turn {
  readonly status: 'ready' | 'blocked' | 'done';
  /** Number of alternatives of the next step (1 without a choice); 0 unless ready. */
  readonly choices: number;
  /** Cells that decided between ready and blocked. Reported for blocked threads too: the step is still to come. */
  readonly reads: readonly number[];
  /** Cells that the step takes exclusively when it can run (a lock's holder). */
  readonly takes: readonly number[];
  /** Threads that must move before this one can, where that is known: the holder of a lock, the writer that is waited for. */
  readonly waitsFor: readonly number[];
}

export interface Applied<State> {
  readonly state: State;
  readonly reads: readonly number[];
  readonly writes: readonly number[];
  readonly violations: readonly Violation[];
  /** Nothing sensible follows this step (a panic, freed memory touched): the schedule ends here. */
  readonly fatal: boolean;
  /** The step took too long to be finished: nothing is known of what follows, and the search counts as not finished. */
  readonly cut?: boolean;
}

export interface Program<State> {
  /** Names of the threads, in order; a thread's number is its place here. */
  readonly threads: readonly string[];
  /** True where no thread can come back to a state that it left: no loops without a bound. */
  readonly acyclic: boolean;
  initial(): State;
  enabled(thread: number, state: State): Turn;
  /** Only for a thread that is ready; `choice` counts from 0. Never changes `state`. */
  apply(thread: number, state: State, choice: number): Applied<State>;
  /** A number for the place in the thread's code where it stands: the same place gives the same number. */
  point(thread: number, state: State): number;
  /** Locks (cells) that the thread holds and that nobody else can take or give back meanwhile. */
  held(thread: number, state: State): readonly number[];
  /** How far what is seen in a state may not be trusted, since its path took something for granted: 0 if not at all. */
  doubt?(state: State): number;
  /** States with different hashes differ. */
  hash(state: State): number;
  same(left: State, right: State): boolean;
  /** A state in the form in which many are kept, and about how many bytes it takes. */
  pack?(state: State): { readonly state: State; readonly bytes: number };
}

/** One move of a schedule. */
export interface Move {
  readonly thread: number;
  readonly choice: number;
}
