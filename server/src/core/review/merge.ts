// Slices of a report, put together in the order of the inputs.

import type { FunctionCounts, ReviewReport } from '../../protocol/report.ts';
import type { ModelReport, UnitReport } from '../../protocol/analysis.ts';
import type { ReviewPlan } from './plan.ts';

const nothing: FunctionCounts = { total: 0, analysed: 0, partly: 0, failed: 0 };

/** The runs of all units, for a report that was asked for them. */
export function runsOf(parts: readonly UnitReport[]): ModelReport['runs'] {
  return parts.flatMap((part) => part.runs ?? []);
}

/** One report over all units; the order of the slices is kept. `plan` names the series that the inputs form together. */
export function mergeReports(parts: readonly UnitReport[], version: string, plan: Pick<ReviewPlan, 'series' | 'seriesOf'>): ReviewReport {
  return {
    schema: 'iommu-review/1',
    tool: { name: 'iommu-review', version },
    inputs: parts.flatMap((part) => part.inputs.map((input) => ({ ...input, series: plan.seriesOf.get(input.id) ?? null }))),
    series: plan.series,
    findings: parts.flatMap((part) => part.findings),
    confirmed: parts.flatMap((part) => part.confirmed),
    unknowns: parts.flatMap((part) => part.unknowns),
    comments: parts.flatMap((part) => part.comments),
    suppressions: {
      used: sum(parts, (part) => part.suppressions.used),
      unused: sum(parts, (part) => part.suppressions.unused),
      expired: sum(parts, (part) => part.suppressions.expired),
    },
    stats: {
      files: sum(parts, (part) => part.stats.files),
      functions: parts.map((part) => part.stats.functions).reduce(addCounts, nothing),
      lines: sum(parts, (part) => part.stats.lines),
    },
  };
}

export function addCounts(left: FunctionCounts, right: FunctionCounts): FunctionCounts {
  return {
    total: left.total + right.total,
    analysed: left.analysed + right.analysed,
    partly: left.partly + right.partly,
    failed: left.failed + right.failed,
  };
}

function sum(parts: readonly UnitReport[], of: (part: UnitReport) => number): number {
  return parts.reduce((total, part) => total + of(part), 0);
}
