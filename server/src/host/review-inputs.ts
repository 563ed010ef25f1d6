// One review from arguments to report: read, index, plan units, review them on the analysis processes, merge in input order.

import { setMaxListeners } from 'node:events';
import type { MailRecord, ReviewOptions, UnitInput, UnitReport } from '../protocol/analysis.ts';
import type { Problem, ReviewInput, ReviewReport, UnknownReason } from '../protocol/report.ts';
import { mergeReports } from '../core/review/merge.ts';
import { planReview, type ReviewPlan } from '../core/review/plan.ts';
import { inputId } from '../core/review/record.ts';
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
  readonly pool: AnalysisPool;
  /** How many processes so many mails and C files get. */
  readonly children: (mails: number, sources: number) => number;
  /** Told after each unit. */
  readonly onProgress: (done: number, total: number) => void;
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
  /** What went wrong inside the analysis, by our own fault: an empty list, unless there is a bug. */
  readonly bugs: readonly string[];
  /** How long reading and indexing took, in milliseconds. */
  readonly readMs: number;
}

interface ReadUnit {
  readonly argument: number;
  readonly unit: UnitInput;
}

interface ReadAll {
  readonly units: readonly ReadUnit[];
  readonly failures: readonly ReadFailure[];
  /** A mail's record by its index in `units`, or why there is none. */
  readonly records: ReadonlyMap<number, MailRecord | string>;
}

interface PlacedPart {
  /** Index of the first input, for the order of the report. */
  readonly at: number;
  readonly part: UnitReport;
}

interface ReadFailure {
  readonly argument: number;
  readonly path: string;
  /** Id of the mail without content; null where the file as a whole is meant. */
  readonly id: string | null;
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
async function readAll(request: ReviewRequest, signal: AbortSignal): Promise<ReadAll> {
  const { pool } = request;
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
      failures.push({ argument: item.argument, path: item.path, id: null, problem: item.problem, at: units.length });
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

function asProblem({ kind, message }: ReadProblem): Problem {
  return { kind, line: null, message };
}

/** Adds a problem of a file to the last input that was read from it; false where there is none. */
function withProblem(parts: PlacedPart[], failure: ReadFailure): boolean {
  if (failure.id !== null) return false;
  for (let index = parts.length - 1; index >= 0; index--) {
    const placed = parts[index];
    const inputs = placed?.part.inputs ?? [];
    const position = inputs.findLastIndex((input) => input.path === failure.path);
    const input = inputs[position];
    if (placed === undefined || input === undefined) continue;
    const mended = { ...input, problems: [...input.problems, asProblem(failure.problem)] };
    parts[index] = { at: placed.at, part: { ...placed.part, inputs: inputs.with(position, mended) } };
    return true;
  }
  return false;
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
function partWithout(inputs: readonly ReviewInput[], reason: UnknownReason | null, detail: string): UnitReport {
  const unknowns =
    reason === null ? [] : inputs.map((input) => ({ input: input.id, rule: null, function: null, location: null, reason, detail }));
  return { inputs, findings: [], confirmed: [], unknowns, comments: [], ...noWork };
}

/** The part of a unit whose analysis ended without a result. */
function lostUnit(read: ReadAll, indices: readonly number[], result: Extract<JobResult<UnitReport>, { ok: false }>): UnitReport {
  const isTime = result.reason === 'time' || result.reason === 'cancelled';
  const message = result.reason === 'cancelled' ? 'not reviewed: the time budget ended the run' : `not reviewed: ${result.message}`;
  const inputs = indices.flatMap((index): ReviewInput[] => {
    const unit = read.units[index]?.unit;
    if (unit === undefined) return [];
    const base = emptyInput(unit.path, inputId(unit), { kind: isTime ? 'time' : result.reason, line: null, message });
    const record = read.records.get(index);
    if (record === undefined || typeof record === 'string') return [base];
    const { messageId, subject, version, part } = record;
    return [{ ...base, messageId, kind: record.kind === 'other' ? 'patch' : record.kind, subject, version, part }];
  });
  return partWithout(inputs, isTime ? 'time' : 'limit', message);
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

interface WorkPlan {
  /** Indices into what was read, one group a unit, in the order of their first inputs. */
  readonly groups: readonly (readonly number[])[];
  readonly failures: readonly ReadFailure[];
  /** Arguments behind which something can be reviewed. */
  readonly reviewable: ReadonlySet<number>;
  readonly series: ReviewPlan;
}

/** Puts what was read into units of work, and says of the rest why there is nothing to review. */
function plan(read: ReadAll): WorkPlan {
  const mails: number[] = [];
  const planned: MailRecord[] = [];
  const groups: number[][] = [];
  const failures = [...read.failures];
  const reviewable = new Set<number>();
  for (const [index, { unit, argument }] of read.units.entries()) {
    const record = read.records.get(index);
    if (unit.kind === 'source') {
      groups.push([index]);
    } else if (record === undefined || typeof record === 'string' || record.empty) {
      const message = typeof record === 'object' ? (record.problem ?? 'no message, diff or C source in it') : (record ?? 'not looked at');
      failures.push({ argument, path: unit.path, id: inputId(unit), problem: { kind: 'empty', message }, at: index });
      continue;
    } else {
      mails.push(index);
      planned.push(record);
    }
    reviewable.add(argument);
  }
  const series = planReview(planned);
  for (const group of series.units) groups.push(group.map((position) => mails[position] ?? 0));
  groups.sort((a, b) => (a[0] ?? 0) - (b[0] ?? 0));
  return { groups, failures, reviewable, series };
}

function ofShard(groups: WorkPlan['groups'], shard: ReviewRequest['shard']): WorkPlan['groups'] {
  return shard === null ? groups : groups.filter((_, index) => index % shard[1] === shard[0] - 1);
}

/**
 * Reviews everything behind the arguments. Never rejects for bad input: what failed is in the report's problems, and arguments of
 * which nothing was left are named in `failed`. The report does not depend on the number of processes.
 */
export async function reviewInputs(request: ReviewRequest): Promise<ReviewOutcome> {
  const { pool } = request;
  const start = performance.now();
  const stop = new AbortController();
  // Every piece of work of a run listens to it.
  setMaxListeners(0, stop.signal);
  const timer = request.budgetSeconds === null ? null : setTimeout(stop.abort.bind(stop), request.budgetSeconds * 1000);
  try {
    const read = await readAll(request, stop.signal);
    const readMs = performance.now() - start;
    const { groups, failures, reviewable, series } = plan(read);
    const mails = read.units.filter(({ unit }) => unit.kind === 'mail').length;
    pool.resize(request.children(mails, read.units.length - mails));

    const chosen = ofShard(groups, request.shard);
    let done = 0;
    const bugs: string[] = [];
    const parts = await Promise.all(
      chosen.map(async (indices): Promise<PlacedPart> => {
        const unit = indices.flatMap((index) => read.units[index]?.unit ?? []);
        const result = await pool.review(unit, request.options, stop.signal);
        request.onProgress(++done, chosen.length);
        if (!result.ok && result.reason === 'failed') bugs.push(result.message);
        return { at: indices[0] ?? 0, part: result.ok ? result.value : lostUnit(read, indices, result) };
      }),
    );
    const lost = failures.filter((failure) => !withProblem(parts, failure));
    for (const { path, id, problem, at } of lost) {
      parts.push({ at, part: partWithout([emptyInput(path, id ?? path, asProblem(problem))], null, problem.message) });
    }
    parts.sort((a, b) => a.at - b.at);
    const report = mergeReports(
      parts.map(({ part }) => part),
      toolVersion,
      series,
    );
    return {
      report,
      failed: failures.filter(({ argument }) => !reviewable.has(argument)).map(({ path, problem }) => ({ path, message: problem.message })),
      lineOf: lineReader(read.units),
      bugs,
      readMs,
    };
  } finally {
    if (timer !== null) clearTimeout(timer);
  }
}
