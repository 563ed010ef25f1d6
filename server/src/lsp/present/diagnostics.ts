// Findings as diagnostics.

import { DiagnosticSeverity, type Diagnostic, type DiagnosticRelatedInformation } from 'vscode-languageserver/node';
import type { UnitReport } from '../../protocol/analysis.ts';
import type { Finding, Severity } from '../../protocol/finding.ts';
import type { AnalysisError } from '../analysis.ts';
import type { Snapshot } from '../document.ts';
import type { Features } from '../features.ts';
import { visible } from '../../core/report/terminal.ts';
import type { Reviewed } from '../reviews.ts';
import { isShown, type Settings } from '../settings.ts';
import { locationOf, rangeOf, type Ground } from './places.ts';

const diagnosticSource = 'iommu-review';

const severities: Readonly<Record<Severity, DiagnosticSeverity>> = {
  error: DiagnosticSeverity.Error,
  warning: DiagnosticSeverity.Warning,
  info: DiagnosticSeverity.Information,
  hint: DiagnosticSeverity.Hint,
};

/** What a diagnostic carries for code actions. */
export interface DiagnosticData {
  readonly fingerprint: string;
}

export interface DiagnosticContext {
  readonly features: Features;
  readonly settings: Settings;
  readonly groundOf: (snapshot: Snapshot) => Ground;
  /** The URI of a rule's manual page, or null where none is at hand. */
  readonly rulePage: (rule: string) => string | null;
}

/** Whether the editor shows a finding: not suppressed, loud enough, and of the patch unless the user asked for older ones too. */
export function isPublished(finding: Finding, settings: Settings): boolean {
  if (finding.suppressed || !isShown(finding.severity, settings)) return false;
  if (finding.status === 'introduced' || finding.status === 'present') return true;
  return settings.preExisting && finding.status !== 'fixed';
}

/** The diagnostics of a finished review, in the order of the report. */
export function diagnosticsOf({ snapshot, outcome }: Reviewed, context: DiagnosticContext): Diagnostic[] {
  if (outcome.kind === 'refused') {
    const severity = outcome.reason === 'failed' ? DiagnosticSeverity.Error : DiagnosticSeverity.Warning;
    return [{ range: snapshot.lineRange(1), severity, source: diagnosticSource, code: outcome.reason, message: outcome.message }];
  }
  const ground = context.groundOf(snapshot);
  const findings = outcome.report.findings.filter((finding) => isPublished(finding, context.settings));
  return [...findings.map((finding) => diagnosticOf(finding, ground, context)), ...lostParts(outcome.report, snapshot)];
}

/** What ended a mail's review: the kinds of problem that stand for a whole mail that was lost. */
const lossCodes: Readonly<Record<string, AnalysisError['reason']>> = { died: 'quarantined', time: 'limit', failed: 'failed' };

/** What could not be looked at at all, because it killed the analysis or is beyond a limit: said once, where its mail begins. */
function lostParts({ inputs, unknowns }: UnitReport, snapshot: Snapshot): Diagnostic[] {
  const lostMails = inputs.flatMap(({ id, path, problems }) => {
    const problem = problems.find(({ kind }) => lossCodes[kind] !== undefined);
    return problem ? [{ id, line: firstLine(id, path), code: lossCodes[problem.kind] ?? 'failed', message: problem.message }] : [];
  });
  const isLost = (id: string): boolean => lostMails.some((mail) => mail.id === id);
  const lost = unknowns.filter(({ reason, input }) => (reason === 'limit' || reason === 'time') && !isLost(input));
  const pathOf = new Map(inputs.map(({ id, path }) => [id, path]));
  return [
    ...lostMails.map(({ line, code, message }) => ({
      range: snapshot.lineRange(line),
      severity: DiagnosticSeverity.Warning,
      source: diagnosticSource,
      code,
      message: visible(message.charAt(0).toUpperCase() + message.slice(1)),
    })),
    ...[...new Map(lost.map((unknown) => [`${unknown.input}\0${unknown.detail}`, unknown])).values()].map(
      ({ input, reason, detail, location }) => ({
        range: snapshot.lineRange(firstLine(input, pathOf.get(input) ?? input)),
        severity: DiagnosticSeverity.Information,
        source: diagnosticSource,
        code: reason,
        message: visible(`Not wholly reviewed: ${location ? `${location.file}: ` : ''}${detail}`),
      }),
    ),
  ];
}

/** 1-based line of the document where an input begins; an id is the path, and behind a `#` this line if it is not the first. */
function firstLine(id: string, path: string): number {
  return id.length > path.length ? Number(id.slice(path.length + 1)) : 1;
}

/** One finding as a diagnostic, with its evidence path as related information. */
export function diagnosticOf(finding: Finding, ground: Ground, context: DiagnosticContext): Diagnostic {
  const data: DiagnosticData = { fingerprint: finding.fingerprint };
  const page = context.features.codeDescription ? context.rulePage(finding.rule) : null;
  const related = context.features.relatedInformation ? relatedOf(finding, ground) : [];
  return {
    range: rangeOf(finding, ground),
    severity: severities[finding.severity],
    source: diagnosticSource,
    code: finding.rule,
    ...(page === null ? {} : { codeDescription: { href: page } }),
    message: visible(finding.message),
    ...(related.length === 0 ? {} : { relatedInformation: related }),
    data,
  };
}

function relatedOf(finding: Finding, ground: Ground): DiagnosticRelatedInformation[] {
  return finding.related.flatMap((step) => {
    const location = locationOf(step, ground);
    return location ? [{ location, message: visible(step.message) }] : [];
  });
}
