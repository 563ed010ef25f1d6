// One review from arguments to report: read, index, plan units, review them on the analysis processes, merge in input order.

import type { MailRecord, ReviewOptions, UnitInput, UnitReport } from '../protocol/analysis.ts';
import type { Problem, ReviewInput, ReviewReport, UnknownReason } from '../protocol/report.ts';
import { mergeReports, planUnits } from './analysis/core.ts';
import type { AnalysisPool, JobResult } from './analysis/pool.ts';
import { readInputs, type ReadContext, type ReadProblem } from './input/read-inputs.ts';
import { toolVersion } from './version.ts';

export interface ReviewRequest {
  readonly args: readonly string[];
  readonly read: ReadContext;
  readonly options: ReviewOptions;
  /** Outer guard in seconds for the whole run, or null. */
  readonly budgetSeconds: number | null;
  /** Only the units of one part, `[1, 4]` being the first of four; null for all. */
  readonly shard: readonly [number, number] | null;
}

export interface Progress {
  readonly done: number;
  readonly total: number;
}

/** An argument of which nothing could be reviewed, and why. */
export interface FailedArgument {
  readonly path: string;
  readonly message: string;
}

export interface ReviewOutcome {
  readonly report: ReviewReport;
  readonly failed: readonly FailedArgument[];
  /** A line of an input as it stands there, for quoting; null where it is not at hand. `line` counts from 1. */
  readonly lineOf: (path: string, line: number) => string | null;
}

interface ReadUnit {
  readonly argument: number;
  readonly unit: UnitInput;
}

interface ReadFailure {
  readonly argument: number;
  readonly path: string;
  readonly problem: ReadProblem;
  /** Position among everything that was read, so that the report keeps the order of the inputs. */
  readonly at: number;
}

/** Mails are looked at in portions, so that no message between processes grows large. */
const INDEX_PORTION_BYTES = 4 * 1024 * 1024;
const INDEX_PORTION_MAILS = 256;
/** More inputs than this get more than one process, unless the user says how many. */
const MANY_PATCHES = 50;
const MANY_FILES = 200;
const MOST_CHILDREN = 4;

const noWork = {
  suppressions: { used: 0, unused: 0, expired: 0 },
  stats: { files: 0, functions: { total: 0, analysed: 0, partly: 0, failed: 0 }, lines: 0 },
};

/** How many processes a review of so many mails and C files gets by default. */
export function defaultChildren(mails: number, sources: number, processors: number): number {
  return mails > MANY_PATCHES || sources > MANY_FILES ? Math.max(1, Math.min(MOST_CHILDREN, processors)) : 1;
}

/** Reads and indexes as one stream: a portion of mails is looked at while the next one is read. */
async function readAll(request: ReviewRequest, pool: AnalysisPool, signal: AbortSignal) {
  const units: ReadUnit[] = [];
  const failures: ReadFailure[] = [];
  const records = new Map<number, MailRecord | string>();
  const pending: Promise<void>[] = [];
  let portion: number[] = [];
  let portionBytes = 0;

  const flush = (): void => {
    const indices = portion;
    if (indices.length === 0) return;
    portion = [];
    portionBytes = 0;
    const mails = indices.flatMap((index) => {
      const unit = units[index]?.unit;
      return unit?.kind === 'mail' ? [unit] : [];
    });
    pending.push(
      pool.index(mails, signal).then((result) => {
        for (const [position, index] of indices.entries())
          records.set(index, result.ok ? (result.value[position] ?? 'not indexed') : result.message);
      }),
    );
  };

  for await (const item of readInputs(request.args, request.read)) {
    if (signal.aborted) break;
    if (item.type === 'problem') {
      failures.push({ argument: item.argument, path: item.path, problem: item.problem, at: units.length });
      continue;
    }
    units.push({ argument: item.argument, unit: item.unit });
    if (item.unit.kind !== 'mail') continue;
    portion.push(units.length - 1);
    portionBytes += item.unit.bytes.length;
    if (portion.length >= INDEX_PORTION_MAILS || portionBytes >= INDEX_PORTION_BYTES) flush();
  }
  flush();
  await Promise.all(pending);
  return { units, failures, records };
}

function emptyInput(path: string, id: string, problem: Problem): ReviewInput {
  const kind = /\.[ch]$/.test(path) ? 'source' : 'patch';
  return {
    id,
    path,
    messageId: null,
    kind,
    subject: null,
    version: null,
    part: null,
    series: null,
    depth: 'text',
    era: 'auto',
    files: [],
    problems: [problem],
  };
}

/** A part of the report that says only why there is nothing more. */
function failurePart(inputs: readonly ReviewInput[], reason: UnknownReason | null, detail: string): UnitReport {
  const unknowns =
    reason === null ? [] : inputs.map((input) => ({ input: input.id, rule: null, function: null, location: null, reason, detail }));
  return { inputs, series: [], findings: [], confirmed: [], unknowns, comments: [], ...noWork };
}

function unitFailure(
  unit: readonly ReadUnit[],
  records: ReadonlyMap<number, MailRecord | string>,
  indices: readonly number[],
  result: Extract<JobResult<UnitReport>, { ok: false }>,
): UnitReport {
  const inputs = unit.map(({ unit: input }, position) => {
    const index = indices[position] ?? -1;
    const record = records.get(index);
    const base = emptyInput(input.path, `failed-${String(index)}`, {
      kind: result.reason,
      line: null,
      message: `not reviewed: ${result.message}`,
    });
    if (record === undefined || typeof record === 'string') return base;
    const kind = record.kind === 'other' ? 'patch' : record.kind;
    return { ...base, messageId: record.messageId, kind, subject: record.subject, version: record.version, part: record.part };
  });
  return failurePart(inputs, result.reason === 'time' || result.reason === 'cancelled' ? 'time' : 'limit', result.message);
}

/** Lines of what was read, split when first asked for. */
function lineReader(units: readonly ReadUnit[]): (path: string, line: number) => string | null {
  const split = new Map<UnitInput, string[]>();
  return (path, line) => {
    let found: UnitInput | null = null;
    for (const { unit } of units) {
      if (unit.path === path && (unit.kind === 'source' || unit.startLine <= line)) found = unit;
    }
    if (found === null) return null;
    let lines = split.get(found);
    if (lines === undefined) {
      lines = Buffer.from(found.bytes).toString('utf8').split('\n');
      split.set(found, lines);
    }
    return lines[line - (found.kind === 'mail' ? found.startLine : 1)] ?? null;
  };
}

/**
 * Reviews everything behind the arguments. Never rejects for bad input: what failed is in the report's problems, and arguments of
 * which nothing was left are named in `failed`. An aborted signal ends early with what there is.
 */
export async function reviewInputs(
  request: ReviewRequest,
  pool: AnalysisPool,
  signal: AbortSignal,
  children: (mails: number, sources: number) => number,
  onProgress: (progress: Progress) => void,
): Promise<ReviewOutcome> {
  const deadline = new AbortController();
  const timer =
    request.budgetSeconds === null
      ? null
      : setTimeout(() => {
          deadline.abort();
        }, request.budgetSeconds * 1000);
  const stop = AbortSignal.any([signal, deadline.signal]);
  try {
    const { units, failures, records } = await readAll(request, pool, stop);
    const mails: number[] = [];
    const planned: MailRecord[] = [];
    const plan: number[][] = [];
    const reviewable = new Set<number>();
    for (const [index, { unit, argument }] of units.entries()) {
      const record = records.get(index);
      if (unit.kind === 'source') {
        plan.push([index]);
        reviewable.add(argument);
      } else if (record === undefined || typeof record === 'string' || record.empty) {
        const message = typeof record === 'object' ? (record.problem ?? 'no message, diff or C source in it') : (record ?? 'not looked at');
        failures.push({ argument, path: unit.path, problem: { kind: 'empty', message }, at: index });
      } else {
        mails.push(index);
        planned.push(record);
        reviewable.add(argument);
      }
    }
    for (const group of planUnits(planned)) plan.push(group.map((position) => mails[position] ?? 0));
    plan.sort((a, b) => (a[0] ?? 0) - (b[0] ?? 0));
    const shard = request.shard;
    const chosen = shard === null ? plan : plan.filter((_, index) => index % shard[1] === shard[0] - 1);
    pool.resize(children(mails.length, units.length - mails.length));

    let done = 0;
    const parts = await Promise.all(
      chosen.map(async (indices): Promise<{ at: number; part: UnitReport }> => {
        const unit = indices.flatMap((index) => units[index] ?? []);
        const result = await pool.review(
          unit.map((read) => read.unit),
          request.options,
          stop,
        );
        onProgress({ done: ++done, total: chosen.length });
        const failure =
          !result.ok && result.reason === 'cancelled' && deadline.signal.aborted
            ? { ...result, reason: 'time' as const, message: 'the time budget ended the run' }
            : result;
        return { at: indices[0] ?? 0, part: failure.ok ? failure.value : unitFailure(unit, records, indices, failure) };
      }),
    );
    for (const [position, failure] of failures.entries()) {
      const { kind, message } = failure.problem;
      parts.push({
        at: failure.at,
        part: failurePart([emptyInput(failure.path, `unread-${String(position + 1)}`, { kind, line: null, message })], null, message),
      });
    }
    parts.sort((a, b) => a.at - b.at);
    const report = mergeReports(
      parts.map(({ part }) => part),
      toolVersion,
    );
    const failed = failures
      .filter(({ argument }) => !reviewable.has(argument))
      .map(({ path, problem }) => ({ path, message: problem.message }));
    return { report, failed, lineOf: lineReader(units) };
  } finally {
    if (timer !== null) clearTimeout(timer);
  }
}
