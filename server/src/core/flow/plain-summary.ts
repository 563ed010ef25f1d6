// The summary of a function that touches no lock.

import type { CFunction } from '../syntax/types.ts';
import { annotatedExclusions, annotatedLocks, annotatedRequirements } from './annotated.ts';
import type { Procedure } from './ir.ts';
import type { LockUses } from './lock-uses.ts';
import { returnSet } from './return-set.ts';
import { valueOfExits } from './summarise.ts';
import type { Summary } from './summary.ts';
import { seemsToLock } from './unseen-locks.ts';
import { walk } from './walk.ts';

/** Whether code of the function is not visible; it may do to a lock what its name says. */
function hidesLocking({ name }: CFunction, { blocks }: Procedure): boolean {
  return seemsToLock(name) && blocks.some(({ instructions }) => instructions.some((one) => one.op === 'gap'));
}

/** Whether some path leaves the function; code that is not visible may. */
function comesBack({ blocks }: Procedure): boolean {
  return blocks.some(
    ({ instructions, terminator }) =>
      terminator.op === 'return' || terminator.op === 'leave' || instructions.some((one) => one.op === 'gap' || one.op === 'opaque'),
  );
}

/**
 * A function that touches no lock. One without branches may still say what it returns: `to_demo(dom)`; others, which numbers it may be.
 * `known` gives summaries of called functions. Null for one whose name speaks of a lock and that is not visible as a whole.
 */
export function plainSummary(fn: CFunction, procedure: Procedure, uses: LockUses, known: (name: string) => Summary | null): Summary | null {
  const effects = annotatedLocks(fn).map((lock) => ({
    lock,
    name: null,
    class: 'unknown' as const,
    mode: 'exclusive' as const,
    action: 'unknown' as const,
  }));
  const requires = annotatedRequirements(fn);
  if (effects.length === 0 && hidesLocking(fn, procedure)) return null;
  const result = procedure.blocks.length === 1 && procedure.returnType !== 'void' ? walk(procedure) : null;
  const value = result ? valueOfExits(result, result.exits) : null;
  return {
    name: fn.name,
    exits: comesBack(procedure) ? [{ returns: returnSet(procedure, known), parameters: [], effects, touches: [], value }] : [],
    requires,
    forbids: annotatedExclusions(fn),
    takes: [],
    uses,
    drops: [],
    sleeps: null,
    source: effects.length + requires.length > 0 ? 'annotation' : 'code',
  };
}
