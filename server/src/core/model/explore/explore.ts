// Explores every schedule of a program within a budget of states: breadth first, in a fixed order, each state once.
// With `reduce`, a step that commutes with everything the other threads can do before it is explored alone.

import type { CancelToken } from '../../base/cancel.ts';
import { throwIfCancelled } from '../../base/cancel.ts';
import { Footprints } from './footprints.ts';
import type { Move, Program, Turn, Violation } from './program.ts';

export interface ExploreOptions {
  /** Stop after so many states; the result then says `finished: false`. */
  readonly maxStates: number;
  /** Longest schedule, in steps. */
  readonly maxDepth?: number;
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
const noLocks: ReadonlySet<number> = new Set();

class Search<State> {
  private readonly program: Program<State>;
  private readonly options: ExploreOptions;
  private readonly states: State[] = [];
  private readonly parents: number[] = [];
  private readonly moves: Move[] = [];
  private readonly depths: number[] = [];
  private readonly seen = new Map<number, number[]>();
  private readonly found = new Map<string, FoundViolation>();
  private readonly ends: End<State>[] = [];
  private readonly footprints = new Footprints();
  /** States of which one thread was explored alone, with that thread. */
  private alone: { readonly at: number; readonly thread: number }[] = [];
  private transitions = 0;
  private capped = false;
  private stopped = false;

  constructor(program: Program<State>, options: ExploreOptions) {
    this.program = program;
    this.options = options;
  }

  run(): Exploration<State> {
    const first = this.program.initial();
    this.add(first, -1, { thread: -1, choice: 0 }, 0);
    let next = 0;
    for (;;) {
      while (next < this.states.length && !this.capped && !this.stopped) this.expand(next++);
      if (this.capped || this.stopped || this.options.reduce !== true || !this.revise()) break;
    }
    return {
      states: this.states.length,
      transitions: this.transitions,
      finished: !this.capped,
      violations: [...this.found.values()],
      ends: this.ends,
    };
  }

  /** Looks again at the states where one thread went alone, now that more is known; true if any of them grew. */
  private revise(): boolean {
    this.footprints.freeze();
    const keep: { readonly at: number; readonly thread: number }[] = [];
    const before = this.transitions;
    for (const entry of this.alone) {
      if (this.capped || this.stopped) break;
      const state = this.stateAt(entry.at);
      if (this.mayGoAlone(state, entry.thread)) {
        keep.push(entry);
        continue;
      }
      const turns = this.turnsOf(state);
      for (let thread = 0; thread < turns.length; thread++) {
        if (thread !== entry.thread && turns[thread]?.status === 'ready') this.step(entry.at, state, thread, turns[thread]);
      }
    }
    this.alone = keep;
    return this.transitions !== before;
  }

  private stateAt(index: number): State {
    const state = this.states[index];
    if (state === undefined) throw new RangeError(`no state ${index}`);
    return state;
  }

  private turnsOf(state: State): Turn[] {
    return this.program.threads.map((_, thread) => this.program.enabled(thread, state));
  }

  private expand(at: number): void {
    if ((at & 1023) === 0) {
      if (this.options.cancel !== undefined) throwIfCancelled(this.options.cancel);
      this.options.onProgress?.(at);
    }
    const state = this.stateAt(at);
    const turns = this.turnsOf(state);
    const ready: number[] = [];
    turns.forEach((turn, thread) => {
      if (turn.status === 'ready') ready.push(thread);
      else if (turn.status === 'blocked') this.recordBlocked(state, thread, turn);
    });
    this.lookForCycle(at, turns);
    if (ready.length === 0) {
      const blocked = turns.flatMap((turn, thread) => (turn.status === 'blocked' ? [thread] : []));
      const onLock = blocked.find((thread) => (turns[thread]?.takes.length ?? 0) > 0);
      if (onLock !== undefined) {
        this.report(
          { id: 'deadlock', message: `${this.program.threads[onLock] ?? '?'} waits for a lock that nobody will give back` },
          at,
          null,
        );
      }
      this.ends.push({ state, blocked, schedule: () => this.scheduleTo(at) });
      return;
    }
    if (this.options.maxDepth !== undefined && (this.depths[at] ?? 0) >= this.options.maxDepth) {
      this.capped = true;
      return;
    }
    if (this.options.reduce === true && ready.length > 1) {
      for (const thread of ready) {
        if (!this.mayGoAlone(state, thread)) continue;
        const fresh = this.step(at, state, thread, turns[thread]);
        if (fresh === 'fatal' || (fresh === 'known' && !this.program.acyclic)) {
          for (const other of ready) if (other !== thread) this.step(at, state, other, turns[other]);
        } else {
          this.alone.push({ at, thread });
        }
        return;
      }
    }
    for (const thread of ready) this.step(at, state, thread, turns[thread]);
  }

  /** Runs all alternatives of a thread's next step from a state, and adds what follows. */
  private step(at: number, state: State, thread: number, turn: Turn | undefined): 'fresh' | 'known' | 'fatal' {
    const { program } = this;
    let result: 'fresh' | 'known' | 'fatal' = 'known';
    const point = this.options.reduce === true ? program.point(thread, state) : 0;
    for (let choice = 0; choice < (turn?.choices ?? 0); choice++) {
      if (this.capped || this.stopped) return result;
      const applied = program.apply(thread, state, choice);
      this.transitions++;
      if (this.options.reduce === true && turn !== undefined) {
        const guards = this.guardsOf(thread, state, turn);
        for (const path of applied.reads) this.footprints.record(point, path, false, guards);
        for (const path of turn.reads) this.footprints.record(point, path, false, guards);
        for (const path of applied.writes) this.footprints.record(point, path, true, guards);
        this.footprints.follow(point, program.point(thread, applied.state));
      }
      const next = program.canonical === undefined ? applied.state : program.canonical(applied.state);
      const known = this.find(next);
      const move = { thread, choice };
      for (const violation of applied.violations) this.report(violation, at, move);
      if (applied.fatal) {
        result = 'fatal';
        this.ends.push({ state: applied.state, blocked: [], schedule: () => [...this.scheduleTo(at), move] });
        continue;
      }
      if (known < 0) {
        this.add(next, at, move, (this.depths[at] ?? 0) + 1);
        if (result !== 'fatal') result = 'fresh';
      }
    }
    return result;
  }

  private guardsOf(thread: number, state: State, turn: Turn): ReadonlySet<number> {
    const held = this.program.held(thread, state);
    return held.length + turn.takes.length === 0 ? noLocks : new Set([...held, ...turn.takes]);
  }

  private recordBlocked(state: State, thread: number, turn: Turn): void {
    if (this.options.reduce !== true) return;
    const point = this.program.point(thread, state);
    const guards = this.guardsOf(thread, state, turn);
    for (const path of turn.reads) this.footprints.record(point, path, false, guards);
    for (const path of turn.takes) this.footprints.record(point, path, true, guards);
  }

  /** Whether a step of this thread commutes with all that the others can do before it. */
  private mayGoAlone(state: State, thread: number): boolean {
    const { program, footprints } = this;
    const turn = program.enabled(thread, state);
    const held = program.held(thread, state);
    const others: number[] = [];
    program.threads.forEach((_, other) => {
      if (other !== thread) others.push(program.point(other, state));
    });
    const clashes = (path: number, write: boolean): boolean => others.some((point) => footprints.conflicts(point, path, write, held));
    for (const path of turn.reads) if (clashes(path, false)) return false;
    for (let choice = 0; choice < turn.choices; choice++) {
      const applied = program.apply(thread, state, choice);
      if (applied.fatal) return false;
      for (const path of applied.reads) if (clashes(path, false)) return false;
      for (const path of applied.writes) if (clashes(path, true)) return false;
    }
    return true;
  }

  /** A circle of threads, each waiting for the next, can never move again. */
  private lookForCycle(at: number, turns: readonly Turn[]): void {
    for (let start = 0; start < turns.length; start++) {
      const seen = new Set<number>();
      let circle: number[] = [];
      const work: number[][] = [[start]];
      for (let way = work.pop(); way !== undefined && circle.length === 0; way = work.pop()) {
        const last = way[way.length - 1] ?? start;
        const turn = turns[last];
        if (turn?.status !== 'blocked') continue;
        for (const next of turn.waitsFor) {
          if (next === start) circle = way;
          else if (!seen.has(next)) {
            seen.add(next);
            work.push([...way, next]);
          }
        }
      }
      if (circle.length > 0 && start === Math.min(...circle)) {
        const names = circle.map((thread) => this.program.threads[thread] ?? '?');
        const message =
          names.length === 1 ? `${names[0] ?? ''} waits for itself` : `${names.join(' waits for ')} waits for ${names[0] ?? ''}`;
        this.report({ id: 'deadlock', message }, at, null);
      }
    }
  }

  private report(violation: Violation, at: number, move: Move | null): void {
    if (this.found.has(violation.id)) return;
    const before = this.scheduleTo(at);
    this.found.set(violation.id, { ...violation, schedule: move === null ? before : [...before, move] });
    if (this.options.stopAt === violation.id) this.stopped = true;
  }

  private scheduleTo(at: number): Move[] {
    const moves: Move[] = [];
    for (let index = at; index > 0; index = this.parents[index] ?? 0) {
      const move = this.moves[index];
      if (move !== undefined) moves.push(move);
    }
    return moves.reverse();
  }

  private find(state: State): number {
    for (const index of this.seen.get(this.program.hash(state)) ?? []) {
      if (this.program.same(this.stateAt(index), state)) return index;
    }
    return -1;
  }

  private add(state: State, parent: number, move: Move, depth: number): void {
    if (this.states.length >= this.options.maxStates) {
      this.capped = true;
      return;
    }
    const hash = this.program.hash(state);
    const bucket = this.seen.get(hash);
    if (bucket === undefined) this.seen.set(hash, [this.states.length]);
    else bucket.push(this.states.length);
    this.states.push(state);
    this.parents.push(parent);
    this.moves.push(move);
    this.depths.push(depth);
  }
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
