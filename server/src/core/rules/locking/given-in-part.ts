// Locks that a called function gives back of which only the parts in the hunks of a patch can be seen.

import type { FlowFile, FlowFunction, LockWalk } from '../../flow/program.ts';
import type { ValueId } from '../../flow/values.ts';
import { callsOf } from './points.ts';
import { lastWord } from './told-by-patch.ts';

/**
 * Whether a function, behind an offset of the text, calls one of the file that has no summary since it is seen in part, and what is seen
 * of that gives back a lock of the same name without taking it.
 */
export function isGivenInPart(flow: FlowFile, fn: FlowFunction, locks: LockWalk, lock: ValueId, since: number): boolean {
  const name = lastWord(locks.result.values.printPlace(lock));
  const called = new Set(callsOf(fn).flatMap((call) => (call.name !== null && call.span.start > since ? [call.name] : [])));
  return flow.functions.some((callee) => {
    if (callee === fn || !called.has(callee.fn.name) || flow.summaryOf(callee.fn.name)) return false;
    const inner = flow.locks(callee);
    return (
      inner?.events.some(
        ({ action, outcome, lock: other }) =>
          action === 'release' && outcome !== 'freed' && lastWord(inner.result.values.printPlace(other)) === name,
      ) ?? false
    );
  });
}
