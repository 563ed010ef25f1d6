// One run of a patch as `model run --patch` shows it: the scenario's expectations, what came out, and the schedule on the patch's lines.

import type { ModelReport, ModelRunEntry, PatchRunOptions } from '../../protocol/analysis.ts';
import { runEntry, runText } from '../model/report.ts';
import { numbered } from '../model/scenario/run.ts';
import { traceItf } from '../model/trace/itf.ts';
import { traceMermaid } from '../model/trace/mermaid.ts';
import { traceText } from '../model/trace/text.ts';
import { placedTraceOf, type RunOfScenario } from '../run/outcome/placedTrace.ts';
import type { ReviewedFile } from './side.ts';
import { toTrace, type TraceContext } from './traces.ts';

export function shownRun(
  ran: RunOfScenario,
  old: RunOfScenario | null,
  files: readonly ReviewedFile[],
  { format, trace: withTrace }: PatchRunOptions,
  context: TraceContext,
): ModelReport['runs'][number] {
  const { scenario, run } = ran;
  const unexpected = run.violations.find((violation) => !run.expectedViolations.includes(numbered(violation.id)));
  const placed = placedTraceOf(ran, unexpected ?? run.violations[0] ?? null, files);
  const trace = placed === null ? null : toTrace(placed, context);
  const before = old === null ? null : runEntry(old.scenario, { ...old.run, machine: null });
  const now = runEntry(scenario, { ...run, machine: null });
  const entry = { ...now, trace, before: before === null ? null : { result: before.result, got: before.got } };
  if (format === 'json') return { entry, text: '' };
  if (format === 'text') {
    const shown = trace !== null && (withTrace || run.result === 'unexpected') ? `\n${traceText(trace)}\n` : '';
    return { entry, text: `${runText(scenario, { ...run, machine: null }, false)}${beforeText(now, before)}${shown}` };
  }
  if (trace === null) return { entry, text: '' };
  return { entry, text: format === 'itf' ? traceItf(trace) : traceMermaid(trace) };
}

/** A line on how the scenario came out before the patch, where that is something else. */
function beforeText(now: ModelRunEntry, before: ModelRunEntry | null): string {
  if (before === null || JSON.stringify([before.result, before.got]) === JSON.stringify([now.result, now.got])) return '';
  const differences = before.got.differences.length === 0 ? '' : `: ${before.got.differences.join('; ')}`;
  const other = before.result === now.result && differences === '' ? ', with other results' : '';
  return `  before the patch: ${before.result}${other}${differences}\n`;
}
