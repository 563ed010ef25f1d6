// Explores every schedule of a program within a budget of states: breadth first, in a fixed order, each state once.
// With `reduce`, a step that commutes with everything the other threads can do before it is explored alone.

import { throwIfCancelled } from '../../base/cancel.ts';
import { circlesIn } from './circles.ts';
import { Footprints } from './footprints.ts';
import type { Moves } from './moves.ts';
import { MoveText, flat } from './moves.ts';
import type { Applied, Move, Program, Turn, Violation } from './program.ts';
import type { End, Exploration, ExploreOptions, FoundViolation } from './result.ts';
import type { Symmetries } from './symmetries.ts';
import { Orbits, RenamedFootprints } from './symmetries.ts';

export type { Exploration, FoundViolation } from './result.ts';

/** Messages of one id that are told apart with `perMessage`. */
const MAX_MESSAGES = 16;

/** With the bound on steps that follows from it, a search ends within about two seconds. */
export const DEFAULT_MAX_STATES = 40_000;
const DEFAULT_MAX_DEPTH = 10_000;
const DEFAULT_MAX_BYTES = 400_000_000;
/** What a kept state takes besides the program's own part of it, about, in bytes. */
const KEPT_BYTES = 200;
const WAY_BYTES = 120;
const noLocks: ReadonlySet<number> = new Set();

/** A state that is kept: where it came from, and by which moves. */
interface Kept<State> {
  readonly state: State;
  readonly parent: number;
  readonly moves: Moves;
  readonly depth: number;
}

/** A way from a kept state on which one thread went alone at some places: looked at again when more is known of the others. */
interface Way {
  readonly from: number;
  readonly moves: Moves;
  /** Places before whose move the others were left out, as text: one character each, counted from 1. */
  readonly alone: string;
}

/** More alternatives than any step has. */
const MAX_CHOICES = 65_536;

/** Steps worked out for each state of the budget, those only looked at included: ways between kept states are bounded too. */
const STEPS_PER_STATE = 4;
const MIN_STEPS = 128_000;
/** The budget in steps that goes with one in states. */
export const stepBudget = (maxStates: number): number => Math.max(MIN_STEPS, maxStates * STEPS_PER_STATE);

class Search<State> {
  private readonly program: Program<State>;
  private readonly options: ExploreOptions;
  private readonly kept: Kept<State>[] = [];
  private readonly seen = new Map<number, number[]>();
  private readonly found = new Map<string, FoundViolation>();
  private readonly ends: End<State>[] = [];
  private readonly footprints: Footprints;
  private readonly reduce: boolean;
  private readonly moves: MoveText;
  private ways: Way[] = [];
  private bytes = 0;
  private readonly tried = new Map<number, Applied<State>>();
  private triedFrom: State | null = null;
  private transitions = 0;
  /** Steps worked out, those only looked at included. */
  private steps = 0;
  private capped = false;
  /** Some schedule was longer than allowed; the others are still tried. */
  private cut = false;
  private stopped = false;
  private readonly orbits: Orbits<State> | null;
  /** A step was seen that is not the same under the renamings: the search is none. */
  asymmetric = false;

  constructor(program: Program<State>, options: ExploreOptions, symmetries: Symmetries<State> | null) {
    this.program = program;
    this.options = options;
    this.orbits = symmetries === null ? null : new Orbits(program, symmetries);
    this.footprints = symmetries === null ? new Footprints() : new RenamedFootprints(symmetries);
    this.moves = new MoveText(program.threads.length);
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
      steps: this.steps,
      finished: !this.capped && !this.cut && !this.stopped,
      violations: [...this.found.values()],
      ends: this.orbits?.close(this.ends) ?? this.ends,
    };
  }

  private halted(): boolean {
    return this.capped || this.stopped || this.asymmetric;
  }

  /** Looks again at the places where one thread went alone, now that more is known; true if anything new was tried. */
  private revise(): boolean {
    this.footprints.freeze();
    const before = this.transitions;
    const ways = this.ways;
    this.ways = [];
    for (const way of ways) {
      if (this.halted()) break;
      this.reviseWay(way, this.kept[way.from]?.state ?? this.program.initial());
    }
    return this.transitions !== before;
  }

  /** Goes a way again from its kept state, and tries the others wherever the one may not go alone any more. */
  private reviseWay(way: Way, first: State): void {
    let state = first;
    let at = 0;
    const moves = this.moves.decode(way.moves);
    const places: number[] = [];
    for (const place of Array.from(way.alone, (character) => character.charCodeAt(0) - 1)) {
      if (this.halted()) return;
      for (; at < place; at++) state = this.applied(moves[at]?.thread ?? 0, state, moves[at]?.choice ?? 0).state;
      const turns = this.turnsOf(state);
      const alone = moves[place]?.thread ?? 0;
      if (this.mayGoAlone(state, alone, turns)) {
        places.push(place);
        continue;
      }
      const here = state;
      turns.forEach((turn, thread) => {
        if (thread !== alone && turn.status === 'ready') this.step(way.from, way.moves.slice(0, place), here, thread, turn);
      });
    }
    this.remember(way.from, way.moves, places);
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
      this.remember(at, this.moves.encode(single, 0), [0]);
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
      for (const message of circlesIn(turns, this.program.threads)) this.report({ id: 'deadlock', message }, from, moves, state);
      const onLock = blocked.find((thread) => (turns[thread]?.takes.length ?? 0) > 0);
      if (ready.length === 0 && onLock !== undefined) {
        const message = `${this.program.threads[onLock] ?? '?'} waits for a lock that nobody will give back`;
        this.report({ id: 'deadlock', message }, from, moves, state);
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
      const next = moves + this.moves.encode(thread, choice);
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
      if (++this.steps > (this.options.maxSteps ?? stepBudget(this.options.maxStates))) this.capped = true;
      this.tried.set(key, known);
    }
    return known;
  }

  /** One move: applied, counted, its footprints and violations noted. Null where the schedule ends with it. */
  private move(from: number, moves: Moves, state: State, thread: number, choice: number, turn: Turn | undefined): State | null {
    const { program } = this;
    const applied = this.applied(thread, state, choice);
    this.transitions++;
    if (this.reduce && turn !== undefined) {
      const point = program.point(thread, state);
      const guards = this.guardsOf(thread, state, turn);
      for (const path of applied.reads) this.footprints.record(point, path, false, guards);
      for (const path of turn.reads) this.footprints.record(point, path, false, guards);
      for (const path of applied.writes) this.footprints.record(point, path, true, guards);
      this.footprints.follow(point, program.point(thread, applied.state));
    }
    if (this.orbits?.holdsFor(applied.state, applied.writes) === false) this.asymmetric = true;
    for (const violation of applied.violations) this.report(violation, from, moves, applied.state);
    if (applied.cut === true) this.cut = true;
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
    const alone: number[] = [];
    while (this.reduce && this.program.acyclic && !this.halted()) {
      const turns = this.turnsOf(state);
      const ready = turns.flatMap((turn, thread) => (turn.status === 'ready' ? [thread] : []));
      const thread = ready.length === 1 ? ready[0] : ready.find((candidate) => this.mayGoAlone(state, candidate, turns));
      if (thread === undefined || turns[thread]?.choices !== 1) break;
      this.look(from, moves, state, turns);
      if (ready.length > 1) alone.push(moves.length);
      moves += this.moves.encode(thread, 0);
      const next = this.move(from, moves, state, thread, 0, turns[thread]);
      if (next === null) {
        this.remember(from, moves, alone);
        return true;
      }
      state = next;
      if ((this.transitions & 1023) === 0) this.pause();
    }
    this.remember(from, moves, alone);
    if (this.known(state)) return false;
    if (this.orbits !== null) for (const image of this.orbits.images(state)) if (this.known(image)) return false;
    this.keep(state, from, moves);
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

  private report(violation: Violation, from: number, moves: Moves, state: State): void {
    const { perMessage, stopAt, stopMessage, stopDoubt } = this.options;
    const key = perMessage === true ? `${violation.id}\0${violation.message}` : violation.id;
    const known = this.found.get(key);
    if (known?.doubt === 0) return;
    const doubt = this.program.doubt?.(state) ?? 0;
    if (known !== undefined && known.doubt <= doubt) return;
    if (known === undefined && [...this.found.values()].filter((one) => one.id === violation.id).length >= MAX_MESSAGES) return;
    this.found.set(key, { ...violation, schedule: this.scheduleTo(from, moves), doubt });
    if (stopAt !== violation.id || (stopMessage ?? violation.message) !== violation.message) return;
    if (doubt <= (stopDoubt ?? Infinity)) this.stopped = true;
  }

  private scheduleTo(from: number, last: Moves): Move[] {
    const parts: Moves[] = [last];
    for (let kept = this.kept[from]; kept !== undefined; kept = this.kept[kept.parent]) parts.push(kept.moves);
    return this.moves.decode(parts.reverse().join(''));
  }

  private remember(from: number, moves: Moves, alone: readonly number[]): void {
    if (alone.length === 0) return;
    this.ways.push({ from, moves: flat(moves), alone: String.fromCharCode(...alone.map((place) => place + 1)) });
    this.take(WAY_BYTES + moves.length + alone.length);
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
    this.kept.push({ state: this.pack(state), parent, moves: flat(moves), depth: (this.kept[parent]?.depth ?? 0) + moves.length });
  }
}

/**
 * Explores a program. Deterministic: the same program and options give the same result, states and order included. With `symmetries`,
 * states that differ by a renaming only are searched once; not with `perMessage`, as messages name the actors. Where a step shows that
 * the renamings are none of the program, it starts again without them.
 */
export function explore<State>(
  program: Program<State>,
  options: ExploreOptions,
  symmetries: Symmetries<State> | null = null,
): Exploration<State> {
  if (symmetries !== null && options.perMessage !== true) {
    const search = new Search(program, options, symmetries);
    const result = search.run();
    if (!search.asymmetric) return result;
    const again = new Search(program, options, null).run();
    return { ...again, steps: again.steps + result.steps };
  }
  return new Search(program, options, null).run();
}
