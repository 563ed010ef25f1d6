// Which findings of a report a reader is shown, and which decide the exit status.

import type { Finding, Severity, Status } from '../../protocol/finding.ts';
import type { ReviewReport } from '../../protocol/report.ts';

/** From the worst to the least. */
export const severityOrder: readonly Severity[] = ['error', 'warning', 'info', 'hint'];

export interface Selection {
  /** Shown statuses; null for what a review is about: what the patch introduces, and everything in a plain C file. */
  readonly statuses: readonly Status[] | null;
  /** Least severity that is shown. */
  readonly severity: Severity;
}

const defaultStatuses: readonly Status[] = ['introduced', 'present'];

/** Whether a severity is at least as bad as another. */
export function isAtLeast(severity: Severity, least: Severity): boolean {
  return severityOrder.indexOf(severity) <= severityOrder.indexOf(least);
}

function hasStatus(finding: Finding, statuses: readonly Status[] | null): boolean {
  return (statuses ?? defaultStatuses).includes(finding.status);
}

/** The findings of the chosen statuses that nobody has suppressed, whatever their severity, in the order of the report. */
export function ofStatus(report: ReviewReport, statuses: readonly Status[] | null): Finding[] {
  return report.findings.filter((finding) => finding.suppressed === null && hasStatus(finding, statuses));
}

/** The findings that are shown. */
export function selectFindings(report: ReviewReport, selection: Selection): Finding[] {
  return ofStatus(report, selection.statuses).filter((finding) => isAtLeast(finding.severity, selection.severity));
}

/** Whether a finding of the chosen statuses is at least as bad as `failOn`. */
export function failsOn(report: ReviewReport, statuses: readonly Status[] | null, failOn: Severity | 'never'): boolean {
  return failOn !== 'never' && ofStatus(report, statuses).some((finding) => isAtLeast(finding.severity, failOn));
}
