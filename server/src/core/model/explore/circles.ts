// Circles of threads, each waiting for the next: they can never move again.

import type { Turn } from './program.ts';

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

/** What there is to say of each circle of waits, by its thread of the lowest number. */
export function circlesIn(turns: readonly Turn[], threads: readonly string[]): string[] {
  const messages: string[] = [];
  for (let start = 0; start < turns.length; start++) {
    const circle = circleFrom(start, turns);
    if (circle.length === 0 || start !== Math.min(...circle)) continue;
    const names = circle.map((thread) => threads[thread] ?? '?');
    const [first = '?'] = names;
    messages.push(names.length === 1 ? `${first} waits for itself` : `${names.join(' waits for ')} waits for ${first}`);
  }
  return messages;
}
