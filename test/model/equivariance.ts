// Whether renamings are symmetries of a program: every step of every state, compared with the renamed step.

import type { Program } from '../../server/src/core/model/explore/program.ts';
import type { Symmetries } from '../../server/src/core/model/explore/symmetries.ts';

/**
 * A step that is not the same when it is renamed, in words; null if there is none in the first `maxStates` states. A search gives the
 * renamings up at a step for which they do not hold by their own word: nothing is asked of what comes after it.
 */
export function unequalStep<State>(program: Program<State>, symmetries: Symmetries<State>, maxStates: number): string | null {
  const seen = new Map<number, State[]>();
  const queue: State[] = [];
  const keep = (state: State): void => {
    const bucket = seen.get(program.hash(state)) ?? [];
    if (bucket.some((other) => program.same(other, state))) return;
    seen.set(program.hash(state), [...bucket, state]);
    queue.push(state);
  };
  keep(program.initial());
  for (let next = 0; next < queue.length && next < maxStates; next++) {
    const state = queue[next];
    if (state === undefined) break;
    for (let renaming = 0; renaming < symmetries.count; renaming++) {
      const image = symmetries.image(state, renaming);
      for (let thread = 0; thread < program.threads.length; thread++) {
        const other = symmetries.thread(thread, renaming);
        const where = `state ${next}, ${program.threads[thread] ?? ''} as ${program.threads[other] ?? ''}`;
        const [turn, renamed] = [program.enabled(thread, state), program.enabled(other, image)];
        if (turn.status !== renamed.status || turn.choices !== renamed.choices) return `${where}: ${turn.status}, ${renamed.status}`;
        if (symmetries.point(program.point(thread, state), renaming) !== program.point(other, image)) return `${where}: another place`;
        const targets = Array.from({ length: renamed.choices }, (_, choice) => program.apply(other, image, choice));
        for (let choice = 0; choice < turn.choices; choice++) {
          const applied = program.apply(thread, state, choice);
          if (!symmetries.holdsFor(applied.state, applied.writes)) return null;
          const wanted = symmetries.image(applied.state, renaming);
          const target = targets.find((candidate) => program.same(candidate.state, wanted));
          if (target === undefined) return `${where}: choice ${choice} comes to another state`;
          if (target.fatal !== applied.fatal) return `${where}: one of the two ends the schedule`;
          const ids = (violations: readonly { readonly id: string }[]): string =>
            violations
              .map((one) => one.id)
              .sort()
              .join();
          if (ids(target.violations) !== ids(applied.violations)) return `${where}: other violations`;
          const paths = (list: readonly number[]): string => [...new Set(list)].sort((a, b) => a - b).join();
          const named = (list: readonly number[]): number[] => list.map((path) => symmetries.path(path, renaming));
          if (paths(named(applied.writes)) !== paths(target.writes)) return `${where}: writes something else`;
          if (paths(named(applied.reads)) !== paths(target.reads)) return `${where}: reads something else`;
        }
      }
    }
    for (let thread = 0; thread < program.threads.length; thread++) {
      const { choices } = program.enabled(thread, state);
      for (let choice = 0; choice < choices; choice++) {
        const applied = program.apply(thread, state, choice);
        if (!applied.fatal) keep(applied.state);
      }
    }
  }
  return null;
}
