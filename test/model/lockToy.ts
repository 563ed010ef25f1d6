// A second kind of program for the explorer: threads that take and give back a few locks and add to a few counters. Nothing of the
// kernel, nothing of the machine.

import type { Applied, Program, Turn } from '../../server/src/core/model/explore/program.ts';

export type ToyStep =
  | { readonly op: 'lock'; readonly lock: number }
  | { readonly op: 'unlock'; readonly lock: number }
  | { readonly op: 'add'; readonly counter: number; readonly by: number }
  | { readonly op: 'pick'; readonly counter: number; readonly values: readonly number[] };

export interface ToyState {
  readonly at: readonly number[];
  /** Holder of each lock, -1 for none. */
  readonly holders: readonly number[];
  readonly counters: readonly number[];
}

const LOCKS = 4;
const COUNTERS = 4;

export class LockToy implements Program<ToyState> {
  readonly threads: readonly string[];
  readonly acyclic: boolean;

  /** `limit`: a counter above it is the violation `too-much`. With `loop`, threads start again at their end. */
  constructor(
    private readonly programs: readonly (readonly ToyStep[])[],
    private readonly limit = 1000,
    private readonly loop = false,
  ) {
    this.threads = programs.map((_, index) => `T${index + 1}`);
    this.acyclic = !loop;
  }

  initial(): ToyState {
    return { at: this.programs.map(() => 0), holders: Array<number>(LOCKS).fill(-1), counters: Array<number>(COUNTERS).fill(0) };
  }

  private next(thread: number, state: ToyState): ToyStep | undefined {
    return this.programs[thread]?.[state.at[thread] ?? 0];
  }

  enabled(thread: number, state: ToyState): Turn {
    const step = this.next(thread, state);
    if (step === undefined) return { status: 'done', choices: 0, reads: [], takes: [], waitsFor: [] };
    if (step.op === 'lock') {
      const holder = state.holders[step.lock] ?? -1;
      const turn = { reads: [], takes: [step.lock] };
      return holder < 0
        ? { ...turn, status: 'ready', choices: 1, waitsFor: [] }
        : { ...turn, status: 'blocked', choices: 0, waitsFor: [holder] };
    }
    return { status: 'ready', choices: step.op === 'pick' ? step.values.length : 1, reads: [], takes: [], waitsFor: [] };
  }

  apply(thread: number, state: ToyState, choice: number): Applied<ToyState> {
    const step = this.next(thread, state);
    if (step === undefined) throw new Error('done');
    const length = this.programs[thread]?.length ?? 0;
    const forward = (state.at[thread] ?? 0) + 1;
    const at = state.at.with(thread, this.loop && forward === length ? 0 : forward);
    if (step.op === 'lock' || step.op === 'unlock') {
      const holders = state.holders.with(step.lock, step.op === 'lock' ? thread : -1);
      return { state: { ...state, at, holders }, reads: [], writes: [step.lock], violations: [], fatal: false };
    }
    const cell = LOCKS + step.counter;
    const old = state.counters[step.counter] ?? 0;
    const value = step.op === 'add' ? (old * 3 + step.by) % 4096 : (step.values[choice] ?? 0);
    const counters = state.counters.with(step.counter, value);
    const violations = value > this.limit ? [{ id: 'too-much', message: `counter ${step.counter} is ${value}` }] : [];
    return { state: { ...state, at, counters }, reads: step.op === 'add' ? [cell] : [], writes: [cell], violations, fatal: false };
  }

  point(thread: number, state: ToyState): number {
    return thread * 1000 + (state.at[thread] ?? 0);
  }

  held(thread: number, state: ToyState): readonly number[] {
    return state.holders.flatMap((holder, lock) => (holder === thread ? [lock] : []));
  }

  hash(state: ToyState): number {
    let hash = 7;
    for (const number of [...state.at, ...state.holders, ...state.counters]) hash = Math.imul(hash ^ number, 0x01000193);
    return hash;
  }

  same(left: ToyState, right: ToyState): boolean {
    return JSON.stringify(left) === JSON.stringify(right);
  }
}

/** Takes locks in an order, adds under them, gives them back in reverse. */
export function nested(locks: readonly number[], work: readonly ToyStep[]): ToyStep[] {
  return [
    ...locks.map((lock): ToyStep => ({ op: 'lock', lock })),
    ...work,
    ...[...locks].reverse().map((lock): ToyStep => ({ op: 'unlock', lock })),
  ];
}
