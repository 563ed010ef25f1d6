// Renamings of interchangeable actors: states that differ only by one are searched once.
//
// The first state that is met of several is kept and gone on from, as it is, so every schedule is a real one. What is learnt on the way
// holds for the renamed states too, and is noted for them: the reduction's table of accesses, and the ends.

import { Footprints } from './footprints.ts';
import type { Move, Program } from './program.ts';
import type { End } from './result.ts';

/**
 * The renamings under which a program is the same: for each state, thread and alternative, the renamed thread can do the same in the
 * renamed state, and comes to the renamed result. With the identity they are a group, and they leave the initial state as it is.
 * Renamings are numbered from 0; the identity is not among them.
 */
export interface Symmetries<State> {
  readonly count: number;
  thread(thread: number, renaming: number): number;
  point(point: number, renaming: number): number;
  path(path: number, renaming: number): number;
  image(state: State, renaming: number): State;
  /** Whether the renamed step would write the renamed values to these paths: false where names were put in an order of their own. */
  holdsFor(state: State, writes: readonly number[]): boolean;
}

/** Footprints in which what is noted for a place in the code is noted for the renamed places too. */
export class RenamedFootprints<State> extends Footprints {
  constructor(private readonly symmetries: Symmetries<State>) {
    super();
  }

  override record(point: number, path: number, write: boolean, guards: ReadonlySet<number>): void {
    super.record(point, path, write, guards);
    const { symmetries } = this;
    for (let renaming = 0; renaming < symmetries.count; renaming++) {
      const renamed = guards.size === 0 ? guards : new Set([...guards].map((guard) => symmetries.path(guard, renaming)));
      super.record(symmetries.point(point, renaming), symmetries.path(path, renaming), write, renamed);
    }
  }

  override follow(from: number, to: number): void {
    super.follow(from, to);
    const { symmetries } = this;
    for (let renaming = 0; renaming < symmetries.count; renaming++)
      super.follow(symmetries.point(from, renaming), symmetries.point(to, renaming));
  }
}

/** What a search does with the renamings of its program. */
export class Orbits<State> {
  constructor(
    private readonly program: Program<State>,
    private readonly symmetries: Symmetries<State>,
  ) {}

  /** The states that differ from this one by a renaming, equal ones included. */
  *images(state: State): Generator<State> {
    for (let renaming = 0; renaming < this.symmetries.count; renaming++) yield this.symmetries.image(state, renaming);
  }

  holdsFor(state: State, writes: readonly number[]): boolean {
    return this.symmetries.holdsFor(state, writes);
  }

  /** All ends: those found, and those that they stand for. */
  close(ends: readonly End<State>[]): End<State>[] {
    const all = [...ends];
    const byHash = new Map<number, State[]>();
    const isNew = (state: State): boolean => {
      const bucket = byHash.get(this.program.hash(state)) ?? [];
      if (bucket.some((other) => this.program.same(other, state))) return false;
      byHash.set(this.program.hash(state), [...bucket, state]);
      return true;
    };
    for (const end of ends) isNew(end.state);
    for (const end of ends) {
      for (let renaming = 0; renaming < this.symmetries.count; renaming++) {
        const state = this.symmetries.image(end.state, renaming);
        if (!isNew(state)) continue;
        const blocked = end.blocked.map((thread) => this.symmetries.thread(thread, renaming)).sort((a, b) => a - b);
        all.push({ state: this.program.pack?.(state).state ?? state, blocked, schedule: () => this.schedule(end.schedule(), renaming) });
      }
    }
    return all;
  }

  /** The schedule of a renamed state, found by replaying both: alternatives may come in another order. */
  private schedule(moves: readonly Move[], renaming: number): Move[] {
    const { program, symmetries } = this;
    let [state, renamed] = [program.initial(), program.initial()];
    return moves.map((move) => {
      state = program.apply(move.thread, state, move.choice).state;
      const wanted = symmetries.image(state, renaming);
      const thread = symmetries.thread(move.thread, renaming);
      for (let choice = 0; choice < program.enabled(thread, renamed).choices; choice++) {
        const next = program.apply(thread, renamed, choice).state;
        if (!program.same(next, wanted)) continue;
        renamed = next;
        return { thread, choice };
      }
      throw new RangeError('the renamed schedule is none: the renaming is no symmetry of the program');
    });
  }
}
