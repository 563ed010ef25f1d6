// A shortest schedule to a violation that a search has found.

import { explore } from './explore.ts';
import type { Program } from './program.ts';
import type { FoundViolation } from './result.ts';

/**
 * A shortest schedule to a violation that a search has found, with no more doubt: the unreduced search up to the length already known.
 * With `sameMessage`, to a violation with the same message and not only the same id. Falls back to the known schedule (`shortest: false`) where the budget ends first.
 */
export function shortest<State>(
  program: Program<State>,
  known: FoundViolation,
  maxStates: number,
  sameMessage = false,
  maxSteps?: number,
): { readonly violation: FoundViolation; readonly shortest: boolean; readonly steps: number } {
  const result = explore(program, {
    maxStates,
    maxDepth: known.schedule.length,
    stopAt: known.id,
    stopDoubt: known.doubt,
    ...(maxSteps === undefined ? {} : { maxSteps }),
    ...(sameMessage ? { stopMessage: known.message, perMessage: true } : {}),
  });
  const better = result.violations.find(
    (violation) => violation.id === known.id && violation.doubt <= known.doubt && (!sameMessage || violation.message === known.message),
  );
  const { steps } = result;
  return better === undefined ? { violation: known, shortest: false, steps } : { violation: better, shortest: true, steps };
}
