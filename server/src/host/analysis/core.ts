// SKELETON: stands in for core/review until it lands.
import type { MailInput, MailRecord, PrintOptions, ReviewOptions, UnitInput, UnitReport } from '../../protocol/analysis.ts';
import type { ReviewReport } from '../../protocol/report.ts';
import type { CancelToken } from '../../core/base/cancel.ts';
import type { Outside } from '../../core/base/outside.ts';

export function indexMail(input: MailInput, _outside: Outside): MailRecord {
  const text = Buffer.from(input.bytes).toString('latin1');
  return {
    path: input.path,
    startLine: input.startLine,
    messageId: null,
    inReplyTo: null,
    references: [],
    subject: null,
    author: null,
    dateEpoch: null,
    kind: 'patch',
    version: 1,
    part: null,
    files: [],
    empty: !text.includes('@@ -'),
    problem: null,
  };
}
export function planUnits(records: readonly MailRecord[]): number[][] {
  return records.map((_, index) => [index]);
}
export function reviewUnit(unit: readonly UnitInput[], outside: Outside, _options: ReviewOptions, _cancel: CancelToken): UnitReport {
  outside.parse('int a;');
  return {
    inputs: unit.map((input) => ({
      id: input.path,
      path: input.path,
      messageId: null,
      kind: input.kind === 'mail' ? 'patch' : 'source',
      subject: null,
      version: null,
      part: null,
      series: null,
      depth: 'hunk',
      era: 'v6.12',
      files: [],
      problems: [],
    })),
    series: [],
    findings: [],
    confirmed: [],
    unknowns: [],
    comments: [],
    suppressions: { used: 0, unused: 0, expired: 0 },
    stats: { files: 0, functions: { total: 0, analysed: 0, partly: 0, failed: 0 }, lines: 0 },
  };
}
export function mergeReports(parts: readonly UnitReport[], toolVersion: string): ReviewReport {
  const sum = (read: (part: UnitReport) => number): number => parts.reduce((total, part) => total + read(part), 0);
  return {
    schema: 'iommu-review/1',
    tool: { name: 'iommu-review', version: toolVersion },
    inputs: parts.flatMap((part) => part.inputs),
    series: parts.flatMap((part) => part.series),
    findings: parts.flatMap((part) => part.findings),
    confirmed: parts.flatMap((part) => part.confirmed),
    unknowns: parts.flatMap((part) => part.unknowns),
    comments: parts.flatMap((part) => part.comments),
    suppressions: { used: 0, unused: 0, expired: 0 },
    stats: {
      files: sum((p) => p.stats.files),
      functions: {
        total: sum((p) => p.stats.functions.total),
        analysed: sum((p) => p.stats.functions.analysed),
        partly: sum((p) => p.stats.functions.partly),
        failed: sum((p) => p.stats.functions.failed),
      },
      lines: sum((p) => p.stats.lines),
    },
  };
}
export function printUnit(unit: readonly UnitInput[], _outside: Outside, _options: PrintOptions): string {
  return `${unit.map((input) => input.path).join('\n')}\n`;
}
