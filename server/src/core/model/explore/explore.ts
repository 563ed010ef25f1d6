// Explores every schedule of a program within a budget of states: breadth first, in a fixed order, each state once.
// With `reduce`, a step that commutes with everything the other threads can do before it is explored alone.

import type { CancelToken } from '../../base/cancel.ts';
import { throwIfCancelled } from '../../base/cancel.ts';
import { Footprints } from './footprints.ts';
import type { Applied, Move, Program, Turn, Violation } from './program.ts';

export interface ExploreOptions {
  /** Stop after so many states; the result then says `finished: false`. */
  readonly maxStates: number;
  /** Longest schedule, in steps. */
  readonly maxDepth?: number;
  /** Stop when what is kept takes about so many bytes. */
  readonly maxBytes?: number;
  readonly reduce?: boolean;
  /** Stop as soon as this violation is found (its schedule is then a shortest one, if `reduce` is off). */
  readonly stopAt?: string;
  readonly cancel?: CancelToken;
  /** Called now and then with the number of states seen so far. */
  readonly onProgress?: (states: number) => void;
}

export interface FoundViolation extends Violation {
  readonly schedule: readonly Move[];
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
  /** False where a cap ended the search: then nothing is known of the rest, and "no violation" must not be said. */
  readonly finished: boolean;
  /** First schedule found for each violation, in the order found. */
  readonly violations: readonly FoundViolation[];
  readonly ends: readonly End<State>[];
}

export const DEFAULT_MAX_STATES = 200_000;
const DEFAULT_MAX_DEPTH = 10_000;
const DEFAULT_MAX_BYTES = 400_000_000;
/** What a kept state takes besides the program's own part of it, about, in bytes. */
const KEPT_BYTES = 200;
const ALONE_BYTES = 120;
const noLocks: ReadonlySet<number> = new Set();

/** Moves as text, one character each: small, and cheap to add to. */
type Moves = string;

/** A state that is kept: where it came from, and by which moves. */
interface Kept<State> {
  readonly state: State;
  readonly parent: number;
  readonly moves: Moves;
  readonly depth: number;
}

/** A place where one thread went alone, by the moves that lead there: looked at again when more is known of the others. */
interface Alone {
  readonly from: number;
  readonly moves: Moves;
  readonly thread: number;
}

/** More alternatives than any step has. */
const MAX_CHOICES = 65_536;

/** Moves for each kept state of the budget: chains between kept states are bounded too. */
const MOVES_PER_STATE = 64;

class Search<State> {
  private readonly program: Program<State>;
  private readonly options: ExploreOptions;
  private readonly kept: Kept<State>[] = [];
  private readonly seen = new Map<number, number[]>();
  private readonly found = new Map<string, FoundViolation>();
  private readonly ends: End<State>[] = [];
  private readonly footprints = new Footprints();
  private readonly reduce: boolean;
  private alone: Alone[] = [];
  private bytes = 0;
  private readonly tried = new Map<number, Applied<State>>();
  private triedFrom: State | null = null;
  private transitions = 0;
  private capped = false;
  /** Some schedule was longer than allowed; the others are still tried. */
  private cut = false;
  private stopped = false;

  constructor(program: Program<State>, options: ExploreOptions) {
    this.program = program;
    this.options = options;
    this.reduce = options.reduce === true;
  }

  run(): Exploration<State> {
    this.arrive(-1, '', this.program.initial());
    let next = 0;
    for (;;) {
      while (next < this.kept.length && !this.halted()) this.expand(next++);
      if (this.halted() || !this.reduce || !this.revise()) break;
    }
    return {
      states: this.kept.length,
      transitions: this.transitions,
      finished: !this.capped && !this.cut && !this.stopped,
      violations: [...this.found.values()],
      ends: this.ends,
    };
  }

  private halted(): boolean {
    return this.capped || this.stopped;
  }

  /** Looks again at the places where one thread went alone, now that more is known; true if anything new was tried. */
  private revise(): boolean {
    this.footprints.freeze();
    const before = this.transitions;
    const entries = this.alone;
    this.alone = [];
    let last: { readonly from: number; readonly moves: Moves; readonly state: State } | null = null;
    for (const entry of entries) {
      if (this.halted()) break;
      const state = this.stateAt(entry, last);
      last = { from: entry.from, moves: entry.moves, state };
      const turns = this.turnsOf(state);
      if (this.mayGoAlone(state, entry.thread, turns)) {
        this.alone.push(entry);
        continue;
      }
      turns.forEach((turn, thread) => {
        if (thread !== entry.thread && turn.status === 'ready') this.step(entry.from, entry.moves, state, thread, turn);
      });
    }
    return this.transitions !== before;
  }

  /** The state of a place, by its moves from a kept state; from the last one looked at, where that is on the way. */
  private stateAt(entry: Alone, last: { readonly from: number; readonly moves: Moves; readonly state: State } | null): State {
    const near = last?.from === entry.from && entry.moves.startsWith(last.moves) ? last : null;
    let state = near?.state ?? this.kept[entry.from]?.state ?? this.program.initial();
    for (const { thread, choice } of this.decode(entry.moves.slice(near?.moves.length ?? 0))) {
      state = this.program.apply(thread, state, choice).state;
    }
    return state;
  }

  private encode(thread: number, choice: number): Moves {
    return String.fromCharCode(1 + thread + choice * this.program.threads.length);
  }

  private decode(moves: Moves): Move[] {
    const count = this.program.threads.length;
    return Array.from({ length: moves.length }, (_, at) => {
      const code = moves.charCodeAt(at) - 1;
      return { thread: code % count, choice: Math.floor(code / count) };
    });
  }

  private turnsOf(state: State): Turn[] {
    return this.program.threads.map((_, thread) => this.program.enabled(thread, state));
  }

  /** Tries every thread from a kept state, or one alone where that is enough. */
  private expand(at: number): void {
    const kept = this.kept[at];
    if (kept === undefined) return;
    if ((at & 255) === 0) this.pause();
    const { state } = kept;
    const turns = this.turnsOf(state);
    const ready = this.look(at, '', state, turns);
    if (ready.length === 0) return;
    if (kept.depth >= (this.options.maxDepth ?? DEFAULT_MAX_DEPTH)) {
      this.cut = true;
      return;
    }
    const single = this.reduce && ready.length > 1 ? ready.find((thread) => this.mayGoAlone(state, thread, turns)) : undefined;
    if (single === undefined) {
      for (const thread of ready) this.step(at, '', state, thread, turns[thread]);
      return;
    }
    const fresh = this.step(at, '', state, single, turns[single]);
    if (!fresh && !this.program.acyclic) {
      for (const thread of ready) if (thread !== single) this.step(at, '', state, thread, turns[thread]);
    } else {
      this.remember({ from: at, moves: '', thread: single });
    }
  }

  private pause(): void {
    if (this.options.cancel !== undefined) throwIfCancelled(this.options.cancel);
    this.options.onProgress?.(this.kept.length);
  }

  /** Notes what blocked threads will touch, deadlocks, and ends. Gives the threads that can move. */
  private look(from: number, moves: Moves, state: State, turns: readonly Turn[]): number[] {
    const ready: number[] = [];
    const blocked: number[] = [];
    turns.forEach((turn, thread) => {
      if (turn.status === 'ready') ready.push(thread);
      else if (turn.status === 'blocked') {
        blocked.push(thread);
        this.recordBlocked(state, thread, turn);
      }
    });
    if (blocked.length > 0) {
      this.lookForCycle(from, moves, turns);
      const onLock = blocked.find((thread) => (turns[thread]?.takes.length ?? 0) > 0);
      if (ready.length === 0 && onLock !== undefined) {
        const message = `${this.program.threads[onLock] ?? '?'} waits for a lock that nobody will give back`;
        this.report({ id: 'deadlock', message }, from, moves);
      }
    }
    if (ready.length === 0) this.ends.push({ state: this.pack(state), blocked, schedule: () => this.scheduleTo(from, moves) });
    return ready;
  }

  /** Runs all alternatives of a thread's next step, and goes on from there. True if something new was met. */
  private step(from: number, moves: Moves, state: State, thread: number, turn: Turn | undefined): boolean {
    let fresh = false;
    for (let choice = 0; choice < (turn?.choices ?? 0); choice++) {
      if (this.halted()) return fresh;
      const next = moves + this.encode(thread, choice);
      const applied = this.move(from, next, state, thread, choice, turn);
      if (applied !== null && this.arrive(from, next, applied)) fresh = true;
    }
    return fresh;
  }

  /** A step's outcome. What was tried from a state to see whether it commutes need not be worked out again. */
  private applied(thread: number, state: State, choice: number): Applied<State> {
    if (this.triedFrom !== state) {
      this.triedFrom = state;
      this.tried.clear();
    }
    const key = thread * MAX_CHOICES + choice;
    let known = this.tried.get(key);
    if (known === undefined) {
      known = this.program.apply(thread, state, choice);
      this.tried.set(key, known);
    }
    return known;
  }

  /** One move: applied, counted, its footprints and violations noted. Null where the schedule ends with it. */
  private move(from: number, moves: Moves, state: State, thread: number, choice: number, turn: Turn | undefined): State | null {
    const { program } = this;
    const applied = this.applied(thread, state, choice);
    this.transitions++;
    if (this.transitions > this.options.maxStates * MOVES_PER_STATE) this.capped = true;
    if (this.reduce && turn !== undefined) {
      const point = program.point(thread, state);
      const guards = this.guardsOf(thread, state, turn);
      for (const path of applied.reads) this.footprints.record(point, path, false, guards);
      for (const path of turn.reads) this.footprints.record(point, path, false, guards);
      for (const path of applied.writes) this.footprints.record(point, path, true, guards);
      this.footprints.follow(point, program.point(thread, applied.state));
    }
    for (const violation of applied.violations) this.report(violation, from, moves);
    if (!applied.fatal) return applied.state;
    this.ends.push({ state: this.pack(applied.state), blocked: [], schedule: () => this.scheduleTo(from, moves) });
    return null;
  }

  /**
   * Keeps a state, unless it is known. With the reduction, a state from which only one move is worth trying is passed through: only
   * states with a choice, and ends, are kept.
   */
  private arrive(from: number, before: Moves, first: State): boolean {
    let state = first;
    let moves = before;
    while (this.reduce && this.program.acyclic && !this.halted()) {
      const turns = this.turnsOf(state);
      const ready = turns.flatMap((turn, thread) => (turn.status === 'ready' ? [thread] : []));
      const thread = ready.length === 1 ? ready[0] : ready.find((candidate) => this.mayGoAlone(state, candidate, turns));
      if (thread === undefined || turns[thread]?.choices !== 1) break;
      this.look(from, moves, state, turns);
      if (ready.length > 1) this.remember({ from, moves, thread });
      moves += this.encode(thread, 0);
      const next = this.move(from, moves, state, thread, 0, turns[thread]);
      if (next === null) return true;
      state = next;
      if ((this.transitions & 1023) === 0) this.pause();
    }
    const kept = this.program.canonical === undefined ? state : this.program.canonical(state);
    if (this.known(kept)) return false;
    this.keep(kept, from, moves);
    return true;
  }

  private guardsOf(thread: number, state: State, turn: Turn): ReadonlySet<number> {
    const held = this.program.held(thread, state);
    return held.length + turn.takes.length === 0 ? noLocks : new Set([...held, ...turn.takes]);
  }

  private recordBlocked(state: State, thread: number, turn: Turn): void {
    if (!this.reduce) return;
    const point = this.program.point(thread, state);
    const guards = this.guardsOf(thread, state, turn);
    for (const path of turn.reads) this.footprints.record(point, path, false, guards);
    for (const path of turn.takes) this.footprints.record(point, path, true, guards);
  }

  /** Whether a step of this thread commutes with all that the others can do before it. */
  private mayGoAlone(state: State, thread: number, turns: readonly Turn[]): boolean {
    const { program, footprints } = this;
    const turn = turns[thread];
    if (turn?.status !== 'ready') return false;
    const held = program.held(thread, state);
    const others: number[] = [];
    turns.forEach((other, index) => {
      if (index !== thread && other.status !== 'done') others.push(program.point(index, state));
    });
    const clashes = (path: number, write: boolean): boolean => others.some((point) => footprints.conflicts(point, path, write, held));
    for (const path of turn.reads) if (clashes(path, false)) return false;
    for (const path of turn.takes) if (clashes(path, true)) return false;
    for (let choice = 0; choice < turn.choices; choice++) {
      const applied = this.applied(thread, state, choice);
      if (applied.fatal) return false;
      for (const path of applied.reads) if (clashes(path, false)) return false;
      for (const path of applied.writes) if (clashes(path, true)) return false;
    }
    return true;
  }

  /** A circle of threads, each waiting for the next, can never move again. */
  private lookForCycle(from: number, moves: Moves, turns: readonly Turn[]): void {
    for (let start = 0; start < turns.length; start++) {
      const circle = circleFrom(start, turns);
      if (circle.length === 0 || start !== Math.min(...circle)) continue;
      const names = circle.map((thread) => this.program.threads[thread] ?? '?');
      const [first = '?'] = names;
      const message = names.length === 1 ? `${first} waits for itself` : `${names.join(' waits for ')} waits for ${first}`;
      this.report({ id: 'deadlock', message }, from, moves);
    }
  }

  private report(violation: Violation, from: number, moves: Moves): void {
    if (this.found.has(violation.id)) return;
    this.found.set(violation.id, { ...violation, schedule: this.scheduleTo(from, moves) });
    if (this.options.stopAt === violation.id) this.stopped = true;
  }

  private scheduleTo(from: number, last: Moves): Move[] {
    const parts: Moves[] = [last];
    for (let kept = this.kept[from]; kept !== undefined; kept = this.kept[kept.parent]) parts.push(kept.moves);
    return this.decode(parts.reverse().join(''));
  }

  private remember(entry: Alone): void {
    this.alone.push(entry);
    this.take(ALONE_BYTES);
  }

  /** A state in its small form, counted. */
  private pack(state: State): State {
    const packed = this.program.pack?.(state) ?? { state, bytes: 0 };
    this.take(packed.bytes + KEPT_BYTES);
    return packed.state;
  }

  private take(bytes: number): void {
    this.bytes += bytes;
    if (this.bytes > (this.options.maxBytes ?? DEFAULT_MAX_BYTES)) this.capped = true;
  }

  private known(state: State): boolean {
    return (this.seen.get(this.program.hash(state)) ?? []).some((index) => {
      const kept = this.kept[index];
      return kept !== undefined && this.program.same(kept.state, state);
    });
  }

  private keep(state: State, parent: number, moves: Moves): void {
    if (this.kept.length >= this.options.maxStates) {
      this.capped = true;
      return;
    }
    const hash = this.program.hash(state);
    const bucket = this.seen.get(hash);
    if (bucket === undefined) this.seen.set(hash, [this.kept.length]);
    else bucket.push(this.kept.length);
    this.kept.push({ state: this.pack(state), parent, moves, depth: (this.kept[parent]?.depth ?? 0) + moves.length });
  }
}

/** The threads of a circle of waits through `start`; empty if there is none. */
function circleFrom(start: number, turns: readonly Turn[]): readonly number[] {
  const seen = new Set<number>();
  const work: number[][] = [[start]];
  for (let way = work.pop(); way !== undefined; way = work.pop()) {
    const turn = turns[way[way.length - 1] ?? start];
    if (turn?.status !== 'blocked') continue;
    for (const next of turn.waitsFor) {
      if (next === start) return way;
      if (seen.has(next)) continue;
      seen.add(next);
      work.push([...way, next]);
    }
  }
  return [];
}

/** Explores a program. Deterministic: the same program and options give the same result, states and order included. */
export function explore<State>(program: Program<State>, options: ExploreOptions): Exploration<State> {
  return new Search(program, options).run();
}

/**
 * A shortest schedule to a violation that a search has found: the unreduced search up to the length already known.
 * Falls back to the known schedule (`shortest: false`) where the budget ends first.
 */
export function shortest<State>(
  program: Program<State>,
  known: FoundViolation,
  maxStates: number,
): { readonly violation: FoundViolation; readonly shortest: boolean } {
  const result = explore(program, { maxStates, maxDepth: known.schedule.length, stopAt: known.id });
  const better = result.violations.find((violation) => violation.id === known.id);
  return better === undefined ? { violation: known, shortest: false } : { violation: better, shortest: true };
}
