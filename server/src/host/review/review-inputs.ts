// One review from arguments to report: read, index, plan units, review them on the analysis processes, merge in input order.

import { setMaxListeners } from 'node:events';
import type { ModelReport, ReviewOptions } from '../../protocol/analysis.ts';
import type { ReviewReport } from '../../protocol/report.ts';
import { mergeReports, runsOf } from '../../core/review/merge.ts';
import { inputId } from '../../core/review/record.ts';
import type { AnalysisPool } from '../analysis/pool.ts';
import type { ReadContext } from '../input/read-inputs.ts';
import { toolVersion } from '../version.ts';
import type { HeldUnits } from './held-units.ts';
import { lostUnit, withFailures, type LostInput, type PlacedPart } from './lost-parts.ts';
import { readAll, type ReadAll } from './read-all.ts';
import { ofShard, planWork, type WorkPlan } from './work-plan.ts';

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
  /** Runs of the patches on the model, in the order of the mails; empty unless the options ask for them. */
  readonly runs: ModelReport['runs'];
  readonly failed: readonly FailedArgument[];
  /** A line of an input as it stands there, for quoting; null where it is not at hand. `line` counts from 1. */
  readonly lineOf: (path: string, line: number) => string | null;
  /** What went wrong inside the analysis, by our own fault: an empty list, unless there is a bug. */
  readonly bugs: readonly string[];
  /** How long reading and indexing took, in milliseconds. */
  readonly readMs: number;
}

/** Units wait here and not in the processes' queue, so that few texts are unpacked at a time. */
const UNITS_AHEAD = 2;

/** Lines of what was read, split when first asked for. */
function lineReader(units: HeldUnits): ReviewOutcome['lineOf'] {
  const split = new Map<number, string[]>();
  return (path, line) => {
    const index = units.at(path, line);
    const unit = units.load(index);
    if (unit === null) return null;
    const lines = split.get(index) ?? Buffer.from(unit.bytes).toString('utf8').split('\n');
    split.set(index, lines);
    if (unit.kind === 'source') return lines[line - 1] ?? null;
    const text = lines[line - unit.startLine];
    // As it stands in the file: mbox quoting and all.
    return text === undefined ? null : `${unit.unquotedLines?.includes(line) ? '>' : ''}${text}`;
  };
}

function inputsAt(read: ReadAll, indices: readonly number[]): LostInput[] {
  return indices.flatMap((index) => {
    const unit = read.units.about(index);
    return unit === null ? [] : [{ path: unit.path, startLine: unit.startLine, record: read.records.get(index) }];
  });
}

interface Lane {
  next: number;
  end: number;
}

/** Each process gets a stretch of neighbours: they call the same functions, which it then has to read once. */
function lanesOf(count: number, children: number): Lane[] {
  return Array.from({ length: children }, (_, lane) => ({
    next: Math.floor((lane * count) / children),
    end: Math.floor(((lane + 1) * count) / children),
  }));
}

/** The next group of a lane; of one that is done, the last of the longest other; null where none is left. */
function nextOf(lanes: readonly Lane[], own: number): number | null {
  const lane = lanes[own];
  if (lane && lane.next < lane.end) return lane.next++;
  const longest = lanes.reduce<Lane | null>((best, one) => (best && best.end - best.next >= one.end - one.next ? best : one), null);
  return longest && longest.next < longest.end ? --longest.end : null;
}

/** Reviews all groups, a few at a time; the parts come in the order of the groups. */
async function reviewGroups(
  request: ReviewRequest,
  read: ReadAll,
  groups: WorkPlan['groups'],
  children: number,
  signal: AbortSignal,
): Promise<{ readonly parts: PlacedPart[]; readonly bugs: string[] }> {
  const parts: PlacedPart[] = [];
  const bugs: string[] = [];
  const lanes = lanesOf(groups.length, children);
  let done = 0;
  let open = (): void => undefined;
  // The first process writes the index of the tree, which the others then read instead of making it once more.
  const isOpen = request.read.kernel === null ? Promise.resolve() : new Promise<void>((resolve) => (open = resolve));
  const worker = async (index: number): Promise<void> => {
    // A process without work takes that of another lane: nothing else is asked for until then.
    if (index > 0) await isOpen;
    const lane = index % children;
    for (let at = nextOf(lanes, lane); at !== null; at = nextOf(lanes, lane)) {
      const indices = groups[at] ?? [];
      const unit = indices.flatMap((index) => read.units.load(index) ?? []);
      const result = await request.pool.review(unit, request.options, signal, lane);
      const part = result.ok ? result.value : lostUnit(inputsAt(read, indices), result);
      parts[at] = { at: indices[0] ?? 0, part };
      if (!result.ok && result.reason === 'failed') bugs.push(result.message);
      request.onProgress(++done, groups.length);
      open();
    }
    open();
  };
  await Promise.all(Array.from({ length: children * UNITS_AHEAD }, (_, index) => worker(index)));
  return { parts, bugs };
}

/** Sorts what belongs to inputs by the place of the input among everything that was read; a unit can hold inputs that lie apart. */
function inInputOrder(report: ReviewReport, units: HeldUnits): ReviewReport {
  const places = new Map(units.all().map((unit, index) => [inputId(unit), index]));
  const sorted = <T>(items: readonly T[], idOf: (item: T) => string): T[] => {
    const placed = items.map((item) => ({ item, at: places.get(idOf(item)) ?? units.count }));
    return placed.sort((a, b) => a.at - b.at).map(({ item }) => item);
  };
  return {
    ...report,
    inputs: sorted(report.inputs, (input) => input.id),
    findings: sorted(report.findings, (finding) => finding.input),
    confirmed: sorted(report.confirmed, (one) => one.input),
    unknowns: sorted(report.unknowns, (unknown) => unknown.input),
  };
}

/**
 * Reviews everything behind the arguments. Never rejects for bad input: what failed is in the report's problems, and arguments of
 * which nothing was left are named in `failed`. The report does not depend on the number of processes.
 */
export async function reviewInputs(request: ReviewRequest): Promise<ReviewOutcome> {
  const start = performance.now();
  const stop = new AbortController();
  // Every piece of work of a run listens to it.
  setMaxListeners(0, stop.signal);
  const timer = request.budgetSeconds === null ? null : setTimeout(stop.abort.bind(stop), request.budgetSeconds * 1000);
  try {
    const read = await readAll(request.args, request.read, request.pool, stop.signal);
    const readMs = performance.now() - start;
    const { groups, failures, reviewable, series } = planWork(read);
    const mails = read.units.all().filter((unit) => unit.kind === 'mail').length;
    const children = request.children(mails, read.units.count - mails);
    request.pool.resize(children);
    const { parts, bugs } = await reviewGroups(request, read, ofShard(groups, request.shard), children, stop.signal);
    const placed = withFailures(parts, failures).sort((a, b) => a.at - b.at);
    const report = mergeReports(
      placed.map(({ part }) => part),
      toolVersion,
      series,
    );
    return {
      report: inInputOrder(report, read.units),
      runs: runsOf(placed.map(({ part }) => part)),
      failed: failures.filter(({ argument }) => !reviewable.has(argument)).map(({ path, problem }) => ({ path, message: problem.message })),
      lineOf: lineReader(read.units),
      bugs,
      readMs,
    };
  } finally {
    if (timer !== null) clearTimeout(timer);
  }
}
