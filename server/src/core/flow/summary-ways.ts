// Ways in which a called function may come back, as its caller can tell them apart.

import { intersect, unite } from './intervals.ts';
import type { ExitClass } from './summary.ts';
import type { ValueId } from './values.ts';

/** Whether two ways of coming back cannot be told apart by the result. */
export function overlap(exits: readonly ExitClass[]): boolean {
  return exits.some((exit, index) => exits.slice(index + 1).some((other) => intersect(exit.returns, other.returns).length > 0));
}

/** Ways with equal effects as one. */
export function mergeEqual(exits: readonly ExitClass[]): readonly ExitClass[] {
  const merged = new Map<string, ExitClass>();
  for (const exit of exits) {
    const key = JSON.stringify([exit.effects, exit.touches, exit.stores]);
    const known = merged.get(key);
    const value = known && JSON.stringify(known.value) !== JSON.stringify(exit.value) ? null : exit.value;
    merged.set(key, known ? { ...known, value, parameters: [], returns: unite(known.returns, exit.returns) } : exit);
  }
  return [...merged.values()];
}

/** Whether ways with other effects that may return the same (all, where nobody asks) differ in what some argument must be. */
export function areToldApart(exits: readonly ExitClass[], args: readonly ValueId[], unknown: ValueId, isAsked: boolean): boolean {
  return exits.every((one, at) =>
    exits.slice(at + 1).every((other) => {
      if (JSON.stringify(one.effects) === JSON.stringify(other.effects)) return true;
      if (isAsked && intersect(one.returns, other.returns).length === 0) return true;
      return one.parameters.some(
        ({ index, set }) =>
          (args[index] ?? unknown) !== unknown &&
          other.parameters.some((two) => two.index === index && intersect(set, two.set).length === 0),
      );
    }),
  );
}
