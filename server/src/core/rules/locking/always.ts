// Locks that a function takes on every way on which it does not fail before.

import type { FlowFile } from '../../flow/program.ts';
import { pathOf, type Path } from '../../flow/summary.ts';
import { pathTo } from '../../flow/walk.ts';
import { isTakenFirst } from './entry.ts';
import { returnsError } from './exits.ts';

/** Such locks of a function of the file that its caller can name, that it takes from nobody. */
export function alwaysTaken(flow: FlowFile, name: string): Path[] {
  const callee = flow.functions.find((one) => one.fn.name === name);
  const locks = callee && flow.locks(callee);
  if (!locks || locks.result.stopped) return [];
  const { values, parameters, exits } = locks.result;
  const taken = new Set(
    locks.events.flatMap((event) => (event.action === 'acquire' && isTakenFirst(locks, event.lock) ? [event.lock] : [])),
  );
  return [...taken].flatMap((lock) => {
    const without = exits.filter((exit) => !pathTo(exit.state).some((step) => step.kind === 'acquire' && step.lock === lock));
    if (without.length === exits.length || !without.every((exit) => returnsError(locks, exit))) return [];
    return pathOf(values, lock, parameters, null) ?? [];
  });
}
