// A review as a text to read, with the places that its lines lead to.

import type { UnitReport } from '../../protocol/analysis.ts';
import type { ReviewResult, SummaryLink } from '../../protocol/editor.ts';
import type { Finding, Severity } from '../../protocol/finding.ts';
import type { Problem } from '../../protocol/report.ts';
import { coverageLine } from '../../core/report/summary.ts';
import { visible } from '../../core/report/terminal.ts';
import { locationOf, rangeOf, type Ground } from './places.ts';

const severityNames: Readonly<Record<Severity, string>> = { error: 'error', warning: 'warning', info: 'note', hint: 'hint' };
/** Longest line under a heading. */
const WIDTH = 48;

/** Collects lines and the links in them. */
class Page {
  readonly lines: string[] = [];
  readonly links: SummaryLink[] = [];

  /** One line; the editor wraps it. */
  line(text = ''): void {
    this.lines.push(visible(text.replace(/[\t\r\n]+/g, ' ')).trimEnd());
  }

  /** A line of code, its tabs kept. */
  code(text: string): void {
    this.lines.push(visible(text.replace(/[\r\n]+/g, ' ')).trimEnd());
  }

  /** A line whose part `label` leads to a place of a document. */
  linked(before: string, label: string, after: string, target: { uri: string; line: number; column: number }): void {
    const column = visible(before).length + 1;
    const shown = visible(label);
    this.line(`${before}${label}${after}`);
    const { uri, line, column: targetColumn } = target;
    this.links.push({ line: this.lines.length, column, endColumn: column + shown.length, uri, targetLine: line, targetColumn });
  }

  heading(text: string): void {
    if (this.lines.length > 0) this.line();
    this.line(text);
    this.line('-'.repeat(Math.min(WIDTH, text.length)));
  }
}

/** The review of a document, or of a text that has no document (then `linkable` is false and no line leads anywhere). */
export function summaryOf(report: UnitReport, name: string, ground: Ground, linkable: boolean): ReviewResult {
  const page = new Page();
  const subject = report.inputs[0]?.subject ?? name;
  const title = report.inputs.length > 1 ? `${subject} and ${report.inputs.length - 1} more` : subject;
  page.line(title);
  page.line('='.repeat(Math.min(WIDTH, Math.max(1, visible(title).length))));
  const shown = report.findings.filter((finding) => !finding.suppressed && finding.severity !== 'hint' && isNews(finding));
  const count = (...levels: Severity[]): number => shown.filter(({ severity }) => levels.includes(severity)).length;
  const counts = { errors: count('error'), warnings: count('warning'), notes: count('info') };
  inputLines(page, report);
  page.line(`${plural(counts.errors, 'error')}, ${plural(counts.warnings, 'warning')}, ${plural(counts.notes, 'note')}.`);
  for (const finding of shown) findingLines(page, finding, ground, linkable);
  remarkLines(page, report, ground, linkable);
  unknownLines(page, report);
  page.heading('Looked at');
  page.line(coverageLine(report));
  for (const confirmed of report.confirmed) page.line(`Right: ${confirmed.message} (${confirmed.rule})`);
  return { title: visible(title), text: `${page.lines.join('\n')}\n`, links: page.links, counts };
}

function isNews({ status }: Finding): boolean {
  return status === 'introduced' || status === 'present' || status === 'touched';
}

function inputLines(page: Page, report: UnitReport): void {
  for (const input of report.inputs) {
    if (report.inputs.length > 1) page.line(`${input.kind}: ${input.subject ?? input.path}`);
    const indent = report.inputs.length > 1 ? '  ' : '';
    page.line(`${indent}depth ${input.depth}, era ${input.era}${input.messageId === null ? '' : `, Message-ID <${input.messageId}>`}`);
    const problems: readonly Problem[] = [...input.problems, ...input.files.flatMap((file) => file.problems)];
    for (const { line, message } of problems) page.line(`${indent}${line === null ? '' : `line ${line}: `}${message}`);
  }
  if (report.inputs.length > 0) page.line();
}

function findingLines(page: Page, finding: Finding, ground: Ground, linkable: boolean): void {
  page.line();
  const label = finding.mail
    ? `line ${finding.mail.line}`
    : finding.location
      ? `${finding.location.file}:${finding.location.line}`
      : 'the message';
  const status = finding.status === 'introduced' || finding.status === 'present' ? '' : `, ${finding.status}`;
  const after = `: ${severityNames[finding.severity]} [${finding.rule}]${status}`;
  const { start } = rangeOf(finding, ground);
  if (linkable) page.linked('', label, after, { uri: ground.snapshot.uri, line: start.line + 1, column: start.character + 1 });
  else page.line(label + after);
  if (finding.text.trim() !== '') page.code(`    | ${finding.text}`);
  page.line(`  ${finding.message}`);
  page.line(`  ${finding.why}`);
  for (const step of finding.related) {
    const place = linkable ? locationOf(step, ground) : null;
    const name = step.mail ? `line ${step.mail.line}` : step.location ? `${step.location.file}:${step.location.line}` : '';
    if (place) {
      const { line, character } = place.range.start;
      page.linked('    ', name, `: ${step.message}`, { uri: place.uri, line: line + 1, column: character + 1 });
    } else page.line(`    ${name}${name === '' ? '' : ': '}${step.message}`);
  }
  if (finding.refute !== null) page.line(`  Would be refuted by: ${finding.refute}`);
  for (const { title, url } of finding.sources) page.line(`  See ${title} <${url}>`);
}

function remarkLines(page: Page, report: UnitReport, ground: Ground, linkable: boolean): void {
  if (report.comments.length === 0) return;
  page.heading('Remarks of reviewers');
  for (const comment of report.comments) {
    const label = `line ${comment.mail.line}`;
    const after = `: ${comment.author}${comment.anchor?.file ? ` on ${comment.anchor.file}:${comment.anchor.line}` : ''}`;
    if (linkable) page.linked('', label, after, { uri: ground.snapshot.uri, line: comment.mail.line, column: 1 });
    else page.line(label + after);
    for (const line of comment.text.split('\n')) page.line(`  ${line}`);
  }
}

function unknownLines(page: Page, report: UnitReport): void {
  if (report.unknowns.length === 0) return;
  page.heading('Not known');
  for (const unknown of report.unknowns) {
    const place = unknown.location ? `${unknown.location.file}:${unknown.location.line}` : '';
    const where = [place, unknown.function === null ? '' : `${unknown.function}()`].filter((part) => part !== '').join(' ');
    const why = `${unknown.reason}${unknown.rule === null ? '' : `, ${unknown.rule}`}`;
    page.line(`${where === '' ? '' : `${where}: `}${unknown.detail} (${why})`);
  }
}

function plural(n: number, word: string): string {
  return `${n} ${word}${n === 1 ? '' : 's'}`;
}
