// The last lines of a text report: what was looked at, how deep, and what was left out.

import type { Depth } from '../../protocol/finding.ts';
import type { ReviewReport, UnknownResult } from '../../protocol/report.ts';
import { visibleLine } from './terminal.ts';

const depthOrder: readonly Depth[] = ['text', 'hunk', 'file', 'tree'];
/** So many functions are named; the rest is counted. */
const MAX_NAMED = 5;

function depthText(report: Pick<ReviewReport, 'inputs'>): string {
  // A cover letter or a remark has no code, and says nothing about how deep the code was looked at.
  const withCode = report.inputs.filter((input) => input.kind === 'source' || input.files.length > 0);
  const found = depthOrder.filter((depth) => withCode.some((input) => input.depth === depth));
  const least = found[0];
  const most = found[found.length - 1];
  if (least === undefined || most === undefined) return 'depth text';
  return least === most ? `depth ${least}` : `depth ${least} to ${most}`;
}

/** Functions of which something stayed unknown, with the reasons, in the order of the report. */
function unknownFunctions(unknowns: readonly UnknownResult[]): Map<string, Set<string>> {
  const reasons = new Map<string, Set<string>>();
  for (const unknown of unknowns) {
    if (unknown.function === null) continue;
    const known = reasons.get(unknown.function) ?? new Set<string>();
    known.add(unknown.reason);
    reasons.set(unknown.function, known);
  }
  return reasons;
}

function named(functions: Map<string, Set<string>>): string {
  const entries = [...functions].slice(0, MAX_NAMED).map(([name, reasons]) => `${visibleLine(name)} (${[...reasons].sort().join(', ')})`);
  const more = functions.size - entries.length;
  if (more > 0) entries.push(`${String(more)} more`);
  return entries.length === 0 ? '' : `: ${entries.join(', ')}`;
}

/** `12 of 14 changed functions followed, depth file; 2 in part: ...` as one line without a line feed. */
export function coverageLine(report: Pick<ReviewReport, 'inputs' | 'unknowns' | 'stats'>): string {
  const { total, analysed, partly, failed } = report.stats.functions;
  const sourcesOnly = report.inputs.length > 0 && report.inputs.every((input) => input.kind === 'source');
  const what = sourcesOnly ? 'functions' : 'changed functions';
  if (total === 0) return `no ${what}, ${depthText(report)}`;
  const parts = [`${String(analysed)} of ${String(total)} ${what} followed, ${depthText(report)}`];
  const left = [partly > 0 ? `${String(partly)} in part` : '', failed > 0 ? `${String(failed)} not at all` : ''].filter(
    (part) => part !== '',
  );
  if (left.length > 0) parts.push(left.join(', ') + named(unknownFunctions(report.unknowns)));
  return parts.join('; ');
}
