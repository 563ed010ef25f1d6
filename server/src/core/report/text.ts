// The review as text for a terminal, or to paste from: every quoted patch line stands as a reply would quote it.

import type { Finding, Fix, MailRange, Related, Severity, SourceLocation, Status } from '../../protocol/finding.ts';
import type { Problem, ReviewInput, ReviewReport } from '../../protocol/report.ts';
import { isAtLeast, ofStatus, type Selection } from './select.ts';
import { coverageLine } from './summary.ts';
import { visible, visibleLine } from './terminal.ts';

export interface TextOptions extends Selection {
  readonly color: boolean;
  /** A line (from 1) of an opened file as it stands there, or null where it is not at hand. */
  readonly lineOf: (path: string, line: number) => string | null;
}

/** Longer lines are cut, so that one hostile line cannot fill the screen. */
const MAX_COLUMNS = 2000;
/** Width of running text. */
const TEXT_WIDTH = 100;
const MAX_STEPS = 12;
const MAX_PROBLEMS = 5;
/** Among more inputs than this, notes on those without findings are counted only, unless something was lost. */
const FEW_INPUTS = 10;
const lostKinds: ReadonlySet<string> = new Set([
  'missing',
  'unreadable',
  'binary',
  'empty',
  'limit',
  'damaged',
  'refused',
  'time',
  'died',
  'failed',
  'unusable',
]);

const colors: Readonly<Record<Severity | 'bold' | 'dim', string>> = {
  error: '31;1',
  warning: '35;1',
  info: '36;1',
  hint: '2',
  bold: '1',
  dim: '2',
};

class TextReport {
  private readonly lines: string[] = [];
  private quietProblems = 0;
  private readonly inputs: ReadonlyMap<string, ReviewInput>;

  constructor(
    private readonly report: ReviewReport,
    private readonly options: TextOptions,
  ) {
    this.inputs = new Map(report.inputs.map((input) => [input.id, input]));
  }

  render(): string {
    const chosen = ofStatus(this.report, this.options.statuses);
    const shown = chosen.filter((finding) => isAtLeast(finding.severity, this.options.severity));
    for (const input of this.report.inputs) {
      const findings = shown.filter((finding) => finding.input === input.id);
      this.input(input, findings);
    }
    this.end(chosen, shown);
    return `${this.lines.join('\n')}\n`;
  }

  private input(input: ReviewInput, findings: readonly Finding[]): void {
    const all = [...input.problems, ...input.files.flatMap((file) => file.problems)];
    const isQuiet = findings.length === 0 && this.report.inputs.length > FEW_INPUTS;
    const problems = isQuiet ? all.filter((problem) => lostKinds.has(problem.kind)) : all;
    this.quietProblems += all.length - problems.length;
    if (findings.length === 0 && problems.length === 0) return;
    if (input.subject !== null) this.add(this.paint('bold', visibleLine(input.subject)), '');
    for (const finding of findings) this.finding(finding);
    this.problems(input, problems);
  }

  private finding(finding: Finding): void {
    const severity = this.paint(finding.severity, `${finding.severity}:`);
    this.add(`${this.paint('bold', `${this.place(finding)}:`)} ${severity} ${visibleLine(finding.message)} [${visibleLine(finding.rule)}]`);
    // In a base64 or quoted-printable part the raw lines are not what a reader saw; only the finding's own line is known decoded.
    const isPlain = this.rawLine(finding.mail)?.includes(finding.text) ?? true;
    this.quote(isPlain ? this.rawLine(finding.mail) : null, finding.text);
    this.add(this.paint('dim', `  ${facts(finding).map(visibleLine).join('; ')}`));
    this.steps(finding, isPlain);
    this.paragraph('why', finding.why);
    for (const assumption of finding.assumptions) this.paragraph('assumes', assumption);
    if (finding.refute !== null) this.paragraph('wrong if', finding.refute);
    for (const fix of finding.fixes) this.add(`  fix: ${fixText(fix)}`);
    this.add('');
  }

  private steps(finding: Finding, isPlain: boolean): void {
    for (const step of finding.related.slice(0, MAX_STEPS)) {
      this.add(`  ${this.stepPlace(step)}${visibleLine(step.message)}`);
      if (isPlain) this.quote(this.rawLine(step.mail), '');
    }
    const more = finding.related.length - MAX_STEPS;
    if (more > 0) this.add(`  ... and ${String(more)} more steps (--format json)`);
  }

  private stepPlace(step: Related): string {
    if (step.mail !== null) return `line ${String(step.mail.line)}: `;
    return step.location === null ? '' : `${sourcePlace(step.location)}: `;
  }

  /** A line of an input as it stands there, or null. */
  private rawLine(mail: MailRange | null): string | null {
    return mail === null ? null : (this.options.lineOf(mail.path, mail.line)?.replace(/\r$/, '') ?? null);
  }

  /** The line as a reply quotes it: as it stands in the mail where that is at hand, else by its text. */
  private quote(raw: string | null, text: string): void {
    const line = raw ?? text;
    if (line.trim() === '') return;
    this.add(visible(`> ${line.length > MAX_COLUMNS ? `${line.slice(0, MAX_COLUMNS)}…` : line}`));
  }

  private place(finding: Finding): string {
    if (finding.mail !== null) return visibleLine(`${finding.mail.path}:${String(finding.mail.line)}:${String(finding.mail.column)}`);
    const input = this.inputs.get(finding.input);
    const { location } = finding;
    if (location === null) return visibleLine(input?.path ?? finding.input);
    const path = input?.kind === 'source' ? input.path : location.file;
    return visibleLine(`${path}:${String(location.line)}:${String(location.column)}`);
  }

  private paragraph(name: string, text: string): void {
    if (text !== '') this.add(...wrap(`${name}: ${visibleLine(text)}`));
  }

  private problems(input: ReviewInput, problems: readonly Problem[]): void {
    for (const problem of problems.slice(0, MAX_PROBLEMS)) {
      const line = problem.line === null ? '' : `:${String(problem.line)}`;
      this.add(`${visibleLine(input.path)}${line}: note: ${visibleLine(problem.message)} [${visibleLine(problem.kind)}]`);
    }
    if (problems.length > MAX_PROBLEMS)
      this.add(`${visibleLine(input.path)}: note: ${String(problems.length - MAX_PROBLEMS)} more (--format json)`);
    if (problems.length > 0) this.add('');
  }

  private end(chosen: readonly Finding[], shown: readonly Finding[]): void {
    const counts = (['error', 'warning', 'info', 'hint'] as const)
      .map((severity) => counted(shown.filter((finding) => finding.severity === severity).length, severity === 'info' ? 'note' : severity))
      .filter((text) => text !== '');
    this.add(counts.length === 0 ? 'no findings' : counts.join(', '));
    const notes = chosen.filter((finding) => finding.severity === 'info' && !isAtLeast('info', this.options.severity)).length;
    if (notes > 0) this.add(`${counted(notes, 'note')} (--notes)`);
    const hidden = this.hidden(chosen);
    if (hidden !== '') this.add(hidden);
    if (this.quietProblems > 0) this.add(`${counted(this.quietProblems, 'note')} on how inputs were read (--format json)`);
    const remarks = this.report.comments.length;
    if (remarks > 0) this.add(`${counted(remarks, 'remark')} of people in the replies (--format json)`);
    this.add(coverageLine(this.report));
  }

  /** What other statuses and suppression keep out of sight, as one line. */
  private hidden(chosen: readonly Finding[]): string {
    const seen = new Set(chosen);
    const parts: string[] = [];
    for (const status of ['touched', 'pre-existing', 'fixed', 'introduced', 'present'] satisfies Status[]) {
      const count = this.report.findings.filter(
        (finding) =>
          finding.status === status &&
          finding.suppressed === null &&
          !seen.has(finding) &&
          isAtLeast(finding.severity, this.options.severity),
      ).length;
      if (count > 0) parts.push(`${String(count)} ${status}`);
    }
    const suppressed = this.report.findings.filter((finding) => finding.suppressed !== null).length;
    const statuses = parts.length > 0 ? `not shown: ${parts.join(', ')} (--status)` : '';
    return [statuses, suppressed > 0 ? `${String(suppressed)} suppressed` : ''].filter((part) => part !== '').join('; ');
  }

  private add(...lines: string[]): void {
    this.lines.push(...lines);
  }

  private paint(color: keyof typeof colors, text: string): string {
    return this.options.color ? `\u001b[${colors[color]}m${text}\u001b[0m` : text;
  }
}

/** A paragraph in lines of readable length, indented by two and then by four. Words are never broken. */
function wrap(text: string): string[] {
  const lines: string[] = [];
  let line = ' ';
  for (const word of text.split(' ')) {
    if (line.length + 1 + word.length > TEXT_WIDTH && line.trim() !== '') {
      lines.push(line);
      line = '   ';
    }
    line += ` ${word}`;
  }
  return [...lines, line];
}

function counted(count: number, noun: string): string {
  return count === 0 ? '' : `${String(count)} ${noun}${count === 1 ? '' : 's'}`;
}

function sourcePlace(location: SourceLocation): string {
  return visibleLine(`${location.file}:${String(location.line)}`);
}

function facts(finding: Finding): string[] {
  const { location } = finding;
  const parts: string[] = [];
  if (location !== null)
    parts.push(`${location.function === null ? '' : `in ${location.function}(), `}${location.file}:${String(location.line)}`);
  const where = finding.introducedIn === null ? '' : ` in ${finding.introducedIn}`;
  if (finding.status !== 'present') parts.push(finding.status === 'introduced' ? `introduced${where}` : finding.status);
  if (finding.fixedIn !== null) parts.push(`fixed in ${finding.fixedIn}`);
  parts.push(`confidence ${finding.confidence}`, `evidence ${finding.evidence}`);
  return parts;
}

function fixText(fix: Fix): string {
  return `${visibleLine(fix.title)} (${fix.safety})`;
}

/**
 * The report as text: for each finding its place, the patch line as a reply would quote it, the evidence path, why it matters and what
 * would refute it; then what was kept out of sight, and one line on what was looked at. Control characters of the inputs are visible.
 */
export function renderText(report: ReviewReport, options: TextOptions): string {
  return new TextReport(report, options).render();
}
