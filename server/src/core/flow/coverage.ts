// How much of a function was understood.

import type { Coverage, FlowFunction } from './flow-file.ts';
import type { WalkResult } from './walk-events.ts';

/** What its graph and the walk for its locks left out, with the places. */
export function coverageOf(flow: FlowFunction, stopped: WalkResult['stopped']): Coverage {
  const reasons: Coverage['reasons'][number][] = flow.procedure.problems.flatMap((problem) =>
    problem.kind === 'label'
      ? []
      : [{ reason: problem.kind === 'depth' ? ('limit' as const) : problem.kind, span: problem.span, detail: problem.message }],
  );
  if (stopped) reasons.push({ reason: stopped, span: flow.fn.nameSpan, detail: 'too many states on its paths' });
  const status = stopped ? 'failed' : reasons.length > 0 || !flow.fn.clean ? 'partly' : 'analysed';
  return { function: flow.fn.name, status, reasons };
}
