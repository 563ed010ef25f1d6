// How the inputs of a run are dealt out.

import type { MailRecord } from '../../protocol/analysis.ts';
import { planReview, type ReviewPlan } from '../../core/review/plan.ts';
import { inputId } from '../../core/review/record.ts';
import type { ReadAll, ReadFailure } from './read-all.ts';

/** More inputs than this get more than one process, unless the user says how many. */
const MANY_PATCHES = 50;
const MANY_FILES = 200;
const MOST_CHILDREN = 4;

/** How many processes a review of so many mails and C files gets by default. */
export function defaultChildren(mails: number, sources: number, processors: number): number {
  return mails > MANY_PATCHES || sources > MANY_FILES ? Math.max(1, Math.min(MOST_CHILDREN, processors)) : 1;
}

export interface WorkPlan {
  /** Indices into what was read, one group a unit, in the order of their first inputs. */
  readonly groups: readonly (readonly number[])[];
  readonly failures: readonly ReadFailure[];
  /** Arguments behind which something can be reviewed. */
  readonly reviewable: ReadonlySet<number>;
  readonly series: ReviewPlan;
}

/** Puts what was read into units of work, and says of the rest why there is nothing to review. */
export function planWork(read: ReadAll): WorkPlan {
  const mails: number[] = [];
  const planned: MailRecord[] = [];
  const groups: number[][] = [];
  const failures = [...read.failures];
  const reviewable = new Set<number>();
  for (const [index, unit] of read.units.all().entries()) {
    const record = read.records.get(index);
    if (unit.kind === 'source') {
      groups.push([index]);
    } else if (record === undefined || typeof record === 'string' || record.empty) {
      const message = typeof record === 'object' ? (record.problem ?? 'no message, diff or C source in it') : (record ?? 'not looked at');
      failures.push({ argument: unit.argument, path: unit.path, id: inputId(unit), problem: { kind: 'empty', message }, at: index });
      continue;
    } else {
      mails.push(index);
      planned.push(record);
    }
    reviewable.add(unit.argument);
  }
  const series = planReview(planned);
  for (const group of series.units) groups.push(group.map((position) => mails[position] ?? 0));
  groups.sort((a, b) => (a[0] ?? 0) - (b[0] ?? 0));
  return { groups, failures, reviewable, series };
}

/** The units of one part of a divided run, `[1, 4]` being the first of four; all for null. */
export function ofShard(groups: WorkPlan['groups'], shard: readonly [number, number] | null): WorkPlan['groups'] {
  return shard === null ? groups : groups.filter((_, index) => index % shard[1] === shard[0] - 1);
}
