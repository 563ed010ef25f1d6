// `iommu-review review`: patches, series and C files in, findings out.

import { availableParallelism } from 'node:os';
import type { Severity, Status } from '../protocol/finding.ts';
import type { ReviewOptions } from '../protocol/analysis.ts';
import { eraIds } from '../core/kernel/eras.ts';
import { renderJson } from '../core/report/json.ts';
import { renderSarif } from '../core/report/sarif.ts';
import { failsOn } from '../core/report/select.ts';
import { renderText } from '../core/report/text.ts';
import { rules } from '../core/rules/registry.ts';
import { reviewInputs, type ReviewOutcome } from '../host/review/review-inputs.ts';
import { defaultChildren } from '../host/review/work-plan.ts';
import { withAnalysis } from './analysis.ts';
import { nearest } from '../core/base/nearest.ts';
import { Exit, say, UsageError, writeResult } from './output.ts';
import { makeProgress } from './progress.ts';
import { scenarioOfFile } from './scenario-files.ts';
import { chooseTree } from './tree-option.ts';

export interface ReviewFlags {
  readonly kernel?: string;
  readonly follow: readonly string[];
  readonly era: string;
  readonly format: 'text' | 'json' | 'sarif' | 'markdown' | 'github' | 'b4';
  readonly output?: string;
  readonly status?: readonly Status[];
  readonly severity?: Severity;
  readonly rule?: string;
  readonly notes?: boolean;
  readonly model: boolean;
  readonly scenario?: string;
  readonly proposal?: string;
  readonly config?: string;
  readonly baseline?: string;
  readonly failOn: 'error' | 'warning' | 'info' | 'never';
  readonly budget?: number;
  readonly jobs?: number;
  readonly shard?: readonly [number, number];
  readonly timing?: boolean;
}

function refuseWhatIsMissing(flags: ReviewFlags): void {
  const missing = (['proposal', 'config', 'baseline'] as const).find((name) => flags[name] !== undefined);
  if (missing !== undefined) throw new UsageError(`--${missing} is not available in this version`);
  if (flags.format === 'markdown' || flags.format === 'github' || flags.format === 'b4') {
    throw new UsageError(`--format ${flags.format} is not available in this version (text, json and sarif are)`);
  }
}

function rulesOf(text: string | undefined): Pick<ReviewOptions, 'rulesOn' | 'rulesOff'> {
  const rulesOn: string[] = [];
  const rulesOff: string[] = [];
  const ids = rules.map((rule) => rule.meta.id);
  for (const word of text === undefined ? [] : text.split(',')) {
    const sign = word.trim().charAt(0);
    const id = word.trim().slice(1);
    if (sign !== '+' && sign !== '-') throw new UsageError(`--rule: '${word}' needs a sign: +${word} or -${word}`);
    if (!ids.includes(id)) throw new UsageError(`--rule: there is no rule '${id}'${nearest(id, ids)}`);
    (sign === '+' ? rulesOn : rulesOff).push(id);
  }
  return { rulesOn, rulesOff };
}

/** The user's own scenario; a file that is none is a wrong option, and what is wrong has been said. */
function scenarioTexts(path: string | undefined): Pick<ReviewOptions, 'scenarios'> {
  if (path === undefined) return {};
  const read = scenarioOfFile(path);
  if (read === null) throw new UsageError(`--scenario ${path}: not a scenario`);
  return { scenarios: [read.text] };
}

function reviewOptions(flags: ReviewFlags): ReviewOptions {
  const eras = ['auto', ...eraIds];
  if (!eras.includes(flags.era))
    throw new UsageError(`--era: there is no era '${flags.era}'${nearest(flags.era, eras)}; there are ${eras.join(', ')}`);
  return { era: flags.era, ...rulesOf(flags.rule), model: flags.model, ...scenarioTexts(flags.scenario) };
}

function wantsColor(output: string | undefined): boolean {
  const { NO_COLOR, TERM } = process.env;
  return output === undefined && process.stdout.isTTY && (NO_COLOR === undefined || NO_COLOR === '') && TERM !== 'dumb';
}

function render(outcome: ReviewOutcome, flags: ReviewFlags): string {
  if (flags.format === 'json') return renderJson(outcome.report);
  if (flags.format === 'sarif') return renderSarif(outcome.report);
  return renderText(outcome.report, {
    statuses: flags.status ?? null,
    severity: flags.severity ?? (flags.notes === true ? 'info' : 'warning'),
    color: wantsColor(flags.output),
    lineOf: outcome.lineOf,
  });
}

/** Runs a review and prints it; gives the exit status. Throws a UsageError for wrong options. */
export async function reviewCommand(inputs: readonly string[], flags: ReviewFlags): Promise<number> {
  const start = performance.now();
  if (inputs.length === 0) throw new UsageError('no INPUT given (- reads a mail from standard input)');
  refuseWhatIsMissing(flags);
  const options = reviewOptions(flags);
  const { kernel, trusted, repository } = chooseTree(flags.kernel, inputs);
  return withAnalysis({ kernel, trusted, indexFolders: flags.follow, children: flags.jobs ?? 1 }, async (pool) => {
    const progress = makeProgress(process.stderr);
    const outcome = await reviewInputs({
      args: [...new Set(inputs)],
      read: { cwd: process.cwd(), kernel, repository, stdin: process.stdin },
      options,
      budgetSeconds: flags.budget ?? null,
      shard: flags.shard ?? null,
      pool,
      children: (mails, sources) => flags.jobs ?? defaultChildren(mails, sources, availableParallelism()),
      onProgress: progress.show,
    });
    progress.clear();
    await writeResult(render(outcome, flags), flags.output ?? null);
    // The text on the screen has already said it.
    const isSaid = flags.format === 'text' && flags.output === undefined;
    if (!isSaid) for (const { path, message } of outcome.failed) say(`${path}: ${message}`);
    if (flags.timing === true)
      say(`read and indexed in ${ms(outcome.readMs)}, all in ${ms(performance.now() - start)}, parser ${pool.parser ?? 'not started'}`);
    for (const bug of outcome.bugs) say(`internal error: ${bug}`);
    if (outcome.bugs.length > 0) return Exit.internal;
    if (outcome.failed.length > 0) return Exit.unreadable;
    return failsOn(outcome.report, flags.status ?? null, flags.failOn) ? Exit.findings : Exit.ok;
  });
}

function ms(time: number): string {
  return `${time.toFixed(0)} ms`;
}
