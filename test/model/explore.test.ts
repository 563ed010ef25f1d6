import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Cancelled } from '../../server/src/core/base/cancel.ts';
import type { Exploration } from '../../server/src/core/model/explore/explore.ts';
import { explore } from '../../server/src/core/model/explore/explore.ts';
import { shortest } from '../../server/src/core/model/explore/shortest.ts';
import type { Symmetries } from '../../server/src/core/model/explore/symmetries.ts';
import { RenamedFootprints } from '../../server/src/core/model/explore/symmetries.ts';
import { unequalStep } from './equivariance.ts';
import type { ToyState, ToyStep } from './lockToy.ts';
import { LockToy, nested } from './lockToy.ts';

const add = (counter: number, by = 1): ToyStep => ({ op: 'add', counter, by });

describe('the explorer on a toy of locks and counters', () => {
  it('finds the deadlock of two opposite orders, in two steps', () => {
    const toy = new LockToy([nested([0, 1], [add(0)]), nested([1, 0], [add(0)])]);
    const result = explore(toy, { maxStates: 1000, reduce: true });
    const [found] = result.violations;
    expect(found?.id).toBe('deadlock');
    if (found === undefined) return;
    const best = shortest(toy, found, 1000);
    expect(best.shortest).toBe(true);
    expect(best.violation.schedule).toEqual([
      { thread: 0, choice: 0 },
      { thread: 1, choice: 0 },
    ]);
  });

  it('finds the circle of three threads, and none of two', () => {
    const three = new LockToy([nested([0, 1], []), nested([1, 2], []), nested([2, 0], [])]);
    expect(explore(three, { maxStates: 1000, reduce: true }).violations.map((violation) => violation.id)).toEqual(['deadlock']);
    const two = new LockToy([nested([0, 1], []), nested([1, 2], [])]);
    expect(explore(two, { maxStates: 1000 }).violations).toEqual([]);
  });

  it('finds a thread that takes a lock twice', () => {
    const self = new LockToy([nested([0], [{ op: 'lock', lock: 0 }])]);
    expect(explore(self, { maxStates: 1000 }).violations[0]?.message).toBe('T1 waits for itself');
  });

  it('tries every alternative of a choice', () => {
    const toy = new LockToy([[{ op: 'pick', counter: 0, values: [1, 2, 3] }]]);
    const ends = explore(toy, { maxStates: 1000, reduce: true }).ends.map((end) => end.state.counters[0]);
    expect(ends).toEqual([1, 2, 3]);
  });

  it('keeps one state where locks order everything, and all orders where nothing does', () => {
    const apart = new LockToy([
      [add(0), add(0)],
      [add(1), add(1)],
    ]);
    expect(explore(apart, { maxStates: 1000, reduce: true }).states).toBe(1);
    expect(explore(apart, { maxStates: 1000 }).states).toBe(9);
    const shared = new LockToy([[add(0, 1)], [add(0, 2)]]);
    const ends = explore(shared, { maxStates: 1000, reduce: true }).ends.map((end) => end.state.counters[0]);
    expect(ends.sort()).toEqual([5, 7]);
  });

  const step = fc.oneof(
    fc.record({ op: fc.constant('add' as const), counter: fc.integer({ min: 0, max: 2 }), by: fc.integer({ min: 1, max: 3 }) }),
    fc.record({ op: fc.constant('pick' as const), counter: fc.integer({ min: 0, max: 2 }), values: fc.constant([1, 5]) }),
  );
  const block = fc.tuple(fc.uniqueArray(fc.integer({ min: 0, max: 2 }), { maxLength: 2 }), fc.array(step, { maxLength: 2 }));
  const thread = fc.array(block, { minLength: 1, maxLength: 2 }).map((blocks) => blocks.flatMap(([locks, work]) => nested(locks, work)));
  const programs = fc.array(thread, { minLength: 1, maxLength: 3 });

  it('reduced and in full: the same ends and the same violations, and never more states', () => {
    fc.assert(
      fc.property(programs, fc.integer({ min: 3, max: 30 }), (threads, limit) => {
        const toy = new LockToy(threads, limit);
        const fast = explore(toy, { maxStates: 50_000, reduce: true });
        const full = explore(toy, { maxStates: 50_000 });
        const verdict = (result: typeof fast): unknown => [
          result.violations.map((violation) => violation.id).sort(),
          [...new Set(result.ends.map((end) => JSON.stringify([end.state.at, end.state.holders, end.state.counters])))].sort(),
        ];
        expect(fast.finished && full.finished).toBe(true);
        expect(verdict(fast)).toEqual(verdict(full));
        expect(fast.states).toBeLessThanOrEqual(full.states);
      }),
      { numRuns: 200, seed: 7 },
    );
  });

  it('reduced and in full on programs that run for ever: the same violations', () => {
    fc.assert(
      fc.property(fc.array(thread, { minLength: 2, maxLength: 2 }), (threads) => {
        const toy = new LockToy(
          threads.map((steps) => steps.filter((one) => one.op !== 'add')),
          4,
          true,
        );
        const ids = (reduce: boolean): string[] =>
          explore(toy, { maxStates: 50_000, reduce })
            .violations.map((violation) => violation.id)
            .sort();
        expect(ids(true)).toEqual(ids(false));
      }),
      { numRuns: 60, seed: 11 },
    );
  });

  it('stops at the budget and says so, for a thousand random programs', () => {
    fc.assert(
      fc.property(programs, fc.integer({ min: 1, max: 12 }), (threads, maxStates) => {
        const capped = explore(new LockToy(threads), { maxStates });
        expect(capped.states).toBeLessThanOrEqual(maxStates);
        const all = explore(new LockToy(threads), { maxStates: maxStates + 1 });
        expect(capped.finished).toBe(all.states <= maxStates);
      }),
      { numRuns: 1000, seed: 13 },
    );
  });

  it('ends as not finished at each of its bounds: states, steps of a schedule, bytes', () => {
    const big = new LockToy([0, 1, 2].map((counter) => Array.from({ length: 12 }, () => add(counter))));
    expect(explore(big, { maxStates: 10_000 }).finished).toBe(true);
    for (const bound of [{ maxStates: 100 }, { maxStates: 10_000, maxDepth: 20 }, { maxStates: 10_000, maxBytes: 50_000 }]) {
      const capped = explore(big, bound);
      expect(capped.finished, JSON.stringify(bound)).toBe(false);
      expect(capped.states).toBeLessThan(2197);
    }
  });

  it('reports progress, and can be cancelled', () => {
    const big = new LockToy([0, 1, 2].map((counter) => Array.from({ length: 20 }, () => add(counter))));
    const seen: number[] = [];
    explore(big, { maxStates: 5000, onProgress: (states) => seen.push(states) });
    expect(seen.length).toBeGreaterThan(2);
    const token = { cancelled: false };
    expect(() =>
      explore(big, {
        maxStates: 5000,
        cancel: token,
        onProgress: () => {
          token.cancelled = true;
        },
      }),
    ).toThrow(Cancelled);
  });

  /** Threads that change places, with nothing else: for each renaming, what each thread becomes. */
  const places = (renamings: readonly (readonly number[])[]): Symmetries<ToyState> => {
    const become = (thread: number, renaming: number): number => renamings[renaming]?.[thread] ?? thread;
    return {
      count: renamings.length,
      thread: become,
      point: (point, renaming) => become(Math.floor(point / 1000), renaming) * 1000 + (point % 1000),
      path: (path) => path,
      image: (state, renaming) => ({
        at: state.at.map((_, thread) => state.at[(renamings[renaming] ?? []).indexOf(thread)] ?? 0),
        holders: state.holders.map((holder) => (holder < 0 ? holder : become(holder, renaming))),
        counters: state.counters,
      }),
      holdsFor: () => true,
    };
  };
  const rotations = [
    [1, 2, 0],
    [2, 0, 1],
    [0, 2, 1],
    [2, 1, 0],
    [1, 0, 2],
  ];
  const outcome = (result: Exploration<ToyState>): unknown => [
    result.finished,
    result.violations.map((violation) => violation.id).sort(),
    [...new Set(result.ends.map((end) => JSON.stringify([end.state, end.blocked])))].sort(),
  ];

  it('meets fewer states when interchangeable threads are one', () => {
    const same = nested([0], [add(0)]);
    const toy = new LockToy([same, same]);
    const plain = explore(toy, { maxStates: 1000 });
    const merged = explore(toy, { maxStates: 1000 }, places([[1, 0]]));
    expect(merged.states).toBeLessThan(plain.states);
    expect(outcome(merged)).toEqual(outcome(plain));
  });

  it('with interchangeable threads searched once, reduced or not: the same ends and violations, and schedules that are some', () => {
    let met = 0;
    let all = 0;
    fc.assert(
      fc.property(thread, fc.option(thread), fc.boolean(), fc.integer({ min: 3, max: 30 }), (own, other, reduce, limit) => {
        const toy = new LockToy([own, own, other ?? own], limit);
        const symmetries = places(other === null ? rotations : [[1, 0, 2]]);
        expect(unequalStep(toy, symmetries, 500)).toBeNull();
        const merged = explore(toy, { maxStates: 100_000, reduce }, symmetries);
        const plain = explore(toy, { maxStates: 100_000 });
        expect(outcome(merged)).toEqual(outcome(plain));
        for (const end of merged.ends) {
          let state = toy.initial();
          for (const move of end.schedule()) state = toy.apply(move.thread, state, move.choice).state;
          expect(state).toEqual(end.state);
        }
        if (!reduce) {
          met += merged.states;
          all += plain.states;
          // Breadth first, so the first schedule to a violation is a shortest one with or without.
          expect(merged.violations).toEqual(plain.violations);
        }
      }),
      { numRuns: 150, seed: 11 },
    );
    expect(met / all).toBeLessThan(1);
  });

  it('is told apart from a search by threads that are not interchangeable', () => {
    const toy = new LockToy([[add(0, 1)], [add(0, 2)]]);
    const wrong = places([[1, 0]]);
    expect(unequalStep(toy, wrong, 500)).toContain('comes to another state');
    const opposite = new LockToy([nested([0, 1], []), nested([1, 0], []), nested([0, 1], [])]);
    expect(unequalStep(opposite, places([[1, 0, 2]]), 500)).not.toBeNull();
    const chain = new LockToy([[add(0, 1), add(0, 2)], [add(0, 5)]]);
    expect(outcome(explore(chain, { maxStates: 1000 }, places([[1, 0]])))).not.toEqual(outcome(explore(chain, { maxStates: 1000 })));
  });

  it('learns for every thread what it learns of one that it can be exchanged with', () => {
    const swapped: Symmetries<ToyState> = { ...places([[1, 0]]), path: (path) => [1, 0][path] ?? path };
    const footprints = new RenamedFootprints(swapped);
    footprints.record(1, 0, true, new Set([2]));
    footprints.record(2, 1, false, new Set());
    footprints.follow(1, 2);
    footprints.freeze();
    // Thread 2 at its first step may write cell 1 (under lock 2), then read cell 0.
    expect(footprints.conflicts(1001, 1, false, [])).toBe(true);
    expect(footprints.conflicts(1001, 1, false, [2])).toBe(false);
    expect(footprints.conflicts(1001, 0, true, [2])).toBe(true);
    expect(footprints.conflicts(1002, 1, true, [])).toBe(false);
  });

  it('starts again without renamings where a step shows that they do not hold', () => {
    const same = nested([0], [add(0)]);
    const toy = new LockToy([same, same]);
    const refused: Symmetries<ToyState> = { ...places([[1, 0]]), holdsFor: (state) => state.counters.every((counter) => counter === 0) };
    const plain = explore(toy, { maxStates: 1000 });
    expect(explore(toy, { maxStates: 1000 }, refused).states).toBe(plain.states);
  });
});
