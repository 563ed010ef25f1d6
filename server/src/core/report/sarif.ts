// The review as SARIF 2.1.0 (OASIS Standard, 27 March 2020; section numbers below are its own), for code-scanning services and viewers.

import type { Confidence, Finding, Fix, MailRange, Severity, SourceLocation, Status } from '../../protocol/finding.ts';
import type { ReviewReport } from '../../protocol/report.ts';
import { manuals } from '../rules/manual.ts';
import { rules } from '../rules/registry.ts';
import type { Rule } from '../rules/rule.ts';
import { severityOf } from '../rules/severity.ts';
import { artifactLocation, uriBases, type ArtifactLocation } from './sarif-uri.ts';
import { safeJson, visible } from './terminal.ts';

const levels: Readonly<Record<Severity, 'error' | 'warning' | 'note'>> = { error: 'error', warning: 'warning', info: 'note', hint: 'note' };
const precisions: Readonly<Record<Confidence, string>> = { high: 'high', moderate: 'medium', low: 'low' };
const problemSeverities: Readonly<Record<Severity, string>> = {
  error: 'error',
  warning: 'warning',
  info: 'recommendation',
  hint: 'recommendation',
};
/** 3.27.24: how a result stands to the state before the patch. */
const baselineStates: Readonly<Record<Status, string | null>> = {
  introduced: 'new',
  touched: 'updated',
  'pre-existing': 'unchanged',
  fixed: 'absent',
  present: null,
};

interface Message {
  readonly text: string;
}

interface Location {
  readonly physicalLocation?: { readonly artifactLocation: ArtifactLocation; readonly region: Region };
  readonly logicalLocations?: readonly { readonly name: string; readonly kind: 'function' }[];
  readonly message?: Message;
}

interface Region {
  readonly startLine: number;
  readonly startColumn: number;
  readonly endLine: number;
  readonly endColumn: number;
}

/** 3.11: brackets would make links and braces placeholders, so that text of a mail must have neither. */
function message(text: string): Message {
  return {
    text: visible(text)
      .replace(/[\\[\]]/g, '\\$&')
      .replace(/[{}]/g, '$&$&'),
  };
}

function region(range: MailRange | SourceLocation): Region {
  return { startLine: range.line, startColumn: range.column, endLine: range.endLine, endColumn: range.endColumn };
}

function mailLocation(mail: MailRange, text: string): Location {
  return { physicalLocation: { artifactLocation: artifactLocation('input', mail.path), region: region(mail) }, message: message(text) };
}

function sourceLocation(place: SourceLocation): Location {
  const logical = place.function === null ? {} : { logicalLocations: [{ name: place.function, kind: 'function' as const }] };
  return { physicalLocation: { artifactLocation: artifactLocation('kernel', place.file), region: region(place) }, ...logical };
}

/** A place with its words: in the kernel's file where that is known, else in the mail. */
function location(source: SourceLocation | null, mail: MailRange | null, text: string): Location {
  if (source !== null) return { ...sourceLocation(source), message: message(text) };
  return mail === null ? { message: message(text) } : mailLocation(mail, text);
}

function ruleDescriptor(rule: Rule) {
  const { meta } = rule;
  const severity = severityOf(meta.level, meta.category, false);
  const manual = manuals[meta.id] ?? '';
  return {
    id: meta.id,
    name: meta.id.replace(/(?:^|-)([a-z0-9])/g, (_, letter: string) => letter.toUpperCase()),
    shortDescription: { text: meta.title },
    fullDescription: { text: firstParagraph(manual) || meta.title },
    help: { text: manual || meta.title, markdown: manual || meta.title },
    defaultConfiguration: { level: levels[severity] },
    properties: {
      tags: [...new Set([meta.category, meta.evidence])],
      precision: precisions[meta.confidence],
      'problem.severity': problemSeverities[severity],
    },
  };
}

/** The first paragraph of a manual page, on one line. */
function firstParagraph(manual: string): string {
  const lines: string[] = [];
  for (const line of manual.split('\n')) {
    if (line.startsWith('#') || line.trim() === '') {
      if (lines.length > 0) break;
    } else lines.push(line.trim());
  }
  return lines.join(' ');
}

/** 3.36: the evidence path as one thread of execution that ends at the finding. */
function codeFlows(finding: Finding) {
  if (finding.related.length === 0) return {};
  const steps = finding.related.map((step) => location(step.location, step.mail, step.message));
  const end = location(finding.location, finding.mail, finding.message);
  return { codeFlows: [{ threadFlows: [{ locations: [...steps, end].map((place) => ({ location: place })) }] }] };
}

/** 3.55: edits, grouped by the file that they change. */
function fix(one: Fix) {
  const files = new Map<string, { artifactLocation: ArtifactLocation; replacements: unknown[] }>();
  for (const edit of one.edits) {
    const key = `${edit.target} ${edit.path}`;
    const file = files.get(key) ?? {
      artifactLocation: artifactLocation(edit.target === 'mail' ? 'input' : 'kernel', edit.path),
      replacements: [],
    };
    files.set(key, file);
    file.replacements.push({
      deletedRegion: { startLine: edit.startLine, startColumn: edit.startColumn, endLine: edit.endLine, endColumn: edit.endColumn },
      insertedContent: { text: edit.newText },
    });
  }
  return { description: message(one.title), artifactChanges: [...files.values()] };
}

function result(finding: Finding) {
  const fixes = finding.fixes.filter((one) => one.safety !== 'display' && one.edits.length > 0);
  const state = baselineStates[finding.status];
  const primary = location(finding.location, finding.mail, finding.message);
  const inMail = finding.location !== null && finding.mail !== null ? [mailLocation(finding.mail, 'the line in the mail')] : [];
  const index = rules.findIndex((rule) => rule.meta.id === finding.rule);
  const { introducedIn, fixedIn, category, confidence, evidence, status } = finding;
  return {
    ruleId: finding.rule,
    ...(index < 0 ? {} : { ruleIndex: index }),
    kind: 'fail',
    level: levels[finding.severity],
    message: message(finding.why === '' ? finding.message : `${finding.message}. ${finding.why}`),
    ...(primary.physicalLocation === undefined ? {} : { locations: [primary] }),
    ...(inMail.length === 0 ? {} : { relatedLocations: inMail }),
    ...codeFlows(finding),
    ...(fixes.length === 0 ? {} : { fixes: fixes.map(fix) }),
    ...(state === null ? {} : { baselineState: state }),
    ...(finding.suppressed === null
      ? {}
      : { suppressions: [{ kind: 'external', status: 'accepted', justification: visible(finding.suppressed.reason) }] }),
    partialFingerprints: { 'iommuReview/v1': finding.fingerprint },
    properties: { category, confidence, evidence, status, introducedIn, fixedIn },
  };
}

/** 3.58: what was not read or not followed, so that an empty list of results is not taken for more than it is. */
function notifications(report: ReviewReport) {
  const problems = report.inputs.flatMap((input) =>
    [...input.problems, ...input.files.flatMap((file) => file.problems)].map((problem) => ({
      descriptor: { id: problem.kind },
      level: 'note',
      message: message(problem.message),
      locations: [
        {
          physicalLocation: {
            artifactLocation: artifactLocation('input', input.path),
            ...(problem.line === null ? {} : { region: { startLine: problem.line } }),
          },
        },
      ],
    })),
  );
  const unknowns = report.unknowns.map((unknown) => ({
    descriptor: { id: `unknown-${unknown.reason}` },
    level: 'note',
    message: message(unknown.function === null ? unknown.detail : `${unknown.function}(): ${unknown.detail}`),
    ...(unknown.location === null ? {} : { locations: [sourceLocation(unknown.location)] }),
  }));
  return [...problems, ...unknowns];
}

/** The whole report, all severities and statuses, as one SARIF run; indented by two, ending in a line feed. */
export function renderSarif(report: ReviewReport): string {
  const log = {
    $schema: 'https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: { driver: { name: report.tool.name, semanticVersion: report.tool.version, rules: rules.map(ruleDescriptor) } },
        automationDetails: { id: 'iommu-review/' },
        columnKind: 'utf16CodeUnits',
        originalUriBaseIds: uriBases,
        invocations: [{ executionSuccessful: true, toolExecutionNotifications: notifications(report) }],
        results: report.findings.map(result),
      },
    ],
  };
  return `${safeJson(JSON.stringify(log, null, 2))}\n`;
}
