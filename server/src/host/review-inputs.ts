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
function partWithout(inputs: readonly ReviewInput[], reason: UnknownReason | null, detail: string): UnitReport {
  const unknowns =
    reason === null ? [] : inputs.map((input) => ({ input: input.id, rule: null, function: null, location: null, reason, detail }));
  return { inputs, series: [], findings: [], confirmed: [], unknowns, comments: [], ...noWork };
}

/** The part of a unit whose analysis ended without a result. */
function lostUnit(read: ReadAll, indices: readonly number[], result: Extract<JobResult<UnitReport>, { ok: false }>): UnitReport {
  const isTime = result.reason === 'time' || result.reason === 'cancelled';
  const message = result.reason === 'cancelled' ? 'not reviewed: the time budget ended the run' : `not reviewed: ${result.message}`;
  const inputs = indices.map((index): ReviewInput => {
    const path = read.units[index]?.unit.path ?? '';
    const base = emptyInput(path, `lost-${String(index + 1)}`, { kind: isTime ? 'time' : result.reason, line: null, message });
    const record = read.records.get(index);
    if (record === undefined || typeof record === 'string') return base;
    const { messageId, subject, version, part } = record;
    return { ...base, messageId, kind: record.kind === 'other' ? 'patch' : record.kind, subject, version, part };
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

/** Puts what was read into units of work, and says of the rest why there is nothing to review. */
function plan(read: ReadAll): { readonly groups: number[][]; readonly failures: ReadFailure[]; readonly reviewable: ReadonlySet<number> } {
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
      failures.push({ argument, path: unit.path, problem: { kind: 'empty', message }, at: index });
      continue;
    } else {
      mails.push(index);
      planned.push(record);
    }
    reviewable.add(argument);
  }
  for (const group of planUnits(planned)) groups.push(group.map((position) => mails[position] ?? 0));
  groups.sort((a, b) => (a[0] ?? 0) - (b[0] ?? 0));
  return { groups, failures, reviewable };
}

function ofShard(groups: readonly number[][], shard: readonly [number, number] | null): readonly number[][] {
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
  const timer = request.budgetSeconds === null ? null : setTimeout(stop.abort.bind(stop), request.budgetSeconds * 1000);
  try {
    const read = await readAll(request, stop.signal);
    const readMs = performance.now() - start;
    const { groups, failures, reviewable } = plan(read);
    const mails = read.units.filter(({ unit }) => unit.kind === 'mail').length;
    pool.resize(request.children(mails, read.units.length - mails));

    const chosen = ofShard(groups, request.shard);
    let done = 0;
    const parts = await Promise.all(
      chosen.map(async (indices): Promise<PlacedPart> => {
        const unit = indices.flatMap((index) => read.units[index]?.unit ?? []);
        const result = await pool.review(unit, request.options, stop.signal);
        request.onProgress(++done, chosen.length);
        return { at: indices[0] ?? 0, part: result.ok ? result.value : lostUnit(read, indices, result) };
      }),
    );
    for (const [position, { path, problem, at }] of failures.entries()) {
      const input = emptyInput(path, `unread-${String(position + 1)}`, { kind: problem.kind, line: null, message: problem.message });
      parts.push({ at, part: partWithout([input], null, problem.message) });
    }
    parts.sort((a, b) => a.at - b.at);
    return {
      report: mergeReports(
        parts.map(({ part }) => part),
        toolVersion,
      ),
      failed: failures.filter(({ argument }) => !reviewable.has(argument)).map(({ path, problem }) => ({ path, message: problem.message })),
      lineOf: lineReader(read.units),
      readMs,
    };
  } finally {
    if (timer !== null) clearTimeout(timer);
  }
}
