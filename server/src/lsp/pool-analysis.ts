// The analysis behind the server: one child process of the pool. The mails of an mbox are dealt to units as on the command line.

import { createHash } from 'node:crypto';
import { mergeReports } from '../core/review/merge.ts';
import { planReview } from '../core/review/plan.ts';
import { AnalysisPool, type JobResult } from '../host/analysis/pool.ts';
import { Indexer } from '../host/review/indexer.ts';
import { lostUnit, type LostInput } from '../host/review/lost-parts.ts';
import { toolVersion } from '../host/version.ts';
import type { LineSpan, LockReport } from '../protocol/locks.ts';
import type { Configure, MailInput, MailRecord, ReviewOptions, UnitInput, UnitReport } from '../protocol/analysis.ts';
import { Cancelled } from '../core/base/cancel.ts';
import { AnalysisError, type Analysis } from './analysis.ts';

type Failure = Extract<JobResult<unknown>, { ok: false }>;

/** So many deadly units are remembered; the oldest is forgotten first. */
const REMEMBERED = 1000;

export class PoolAnalysis implements Analysis {
  private pool: AnalysisPool | null = null;
  private configured = '';
  private treeChanged = (): void => undefined;
  /** Units that ended the process, by their content: they are not tried again until they change. */
  private readonly deadly = new Map<string, Failure>();

  /** @param entry Path of the child's program. */
  constructor(private readonly entry: string) {}

  configure(configure: Configure): void {
    const key = JSON.stringify(configure);
    if (this.pool === null)
      this.pool = new AnalysisPool({ entry: this.entry, children: 1, configure, onTreeChanged: () => this.treeChanged() });
    else if (key !== this.configured) this.pool.reconfigure(configure);
    this.configured = key;
  }

  async review(unit: readonly UnitInput[], options: ReviewOptions, signal: AbortSignal): Promise<UnitReport> {
    const { pool } = this;
    if (pool === null) throw new AnalysisError('failed', 'the analysis was asked before it was configured');
    const mails = unit.filter((input) => input.kind === 'mail');
    if (mails.length <= 1) return valueOf(await this.reviewOne(pool, unit, options, signal));
    return this.reviewMany(pool, mails, options, signal);
  }

  async locks(
    unit: readonly UnitInput[],
    input: number,
    lines: LineSpan,
    options: ReviewOptions,
    signal: AbortSignal,
  ): Promise<LockReport> {
    const { pool } = this;
    if (pool === null) throw new AnalysisError('failed', 'the analysis was asked before it was configured');
    const known = this.deadly.get(contentOf(unit));
    return valueOf(known ?? this.remember(unit, await pool.locks(unit, input, lines, options, signal)));
  }

  onTreeChanged(listener: () => void): void {
    this.treeChanged = listener;
  }

  dispose(): Promise<void> {
    this.pool?.close();
    this.pool = null;
    return Promise.resolve();
  }

  /** A mailbox: what one of its series does to the analysis costs that series alone. */
  private async reviewMany(
    pool: AnalysisPool,
    all: readonly MailInput[],
    options: ReviewOptions,
    signal: AbortSignal,
  ): Promise<UnitReport> {
    const indexer = new Indexer(pool, signal);
    for (const [index, mail] of all.entries()) await indexer.add(index, mail);
    await indexer.end();
    if (signal.aborted) throw new Cancelled();
    const mails: MailInput[] = [];
    const records: MailRecord[] = [];
    const parts: UnitReport[] = [];
    for (const [index, mail] of all.entries()) {
      const record = indexer.records.get(index);
      if (typeof record === 'object') {
        mails.push(mail);
        records.push(record);
      } else parts.push(lostUnit([{ ...mail, record }], { ok: false, reason: 'died', message: record ?? 'not indexed' }));
    }
    const plan = planReview(records);
    for (const group of plan.units) {
      const inputs = group.flatMap((index) => mails[index] ?? []);
      const result = await this.reviewOne(pool, inputs, options, signal);
      if (!result.ok && (result.reason === 'cancelled' || result.reason === 'unusable')) return valueOf(result);
      const lost = (): LostInput[] => inputs.map((mail, at) => ({ ...mail, record: records[group[at] ?? -1] }));
      parts.push(result.ok ? result.value : lostUnit(lost(), result));
    }
    return mergeReports(parts, toolVersion, plan);
  }

  private async reviewOne(
    pool: AnalysisPool,
    unit: readonly UnitInput[],
    options: ReviewOptions,
    signal: AbortSignal,
  ): Promise<JobResult<UnitReport>> {
    return this.deadly.get(contentOf(unit)) ?? this.remember(unit, await pool.review(unit, options, signal));
  }

  /** The result; a unit that ended the process is not tried again. */
  private remember<T>(unit: readonly UnitInput[], result: JobResult<T>): JobResult<T> {
    if (result.ok || (result.reason !== 'died' && result.reason !== 'time')) return result;
    const [oldest] = this.deadly.keys();
    if (this.deadly.size >= REMEMBERED && oldest !== undefined) this.deadly.delete(oldest);
    const failure = { ...result, message: `${result.message}. This text is not tried again until it changes` };
    this.deadly.set(contentOf(unit), failure);
    return failure;
  }
}

function contentOf(unit: readonly UnitInput[]): string {
  const hash = createHash('sha1');
  for (const { bytes } of unit) hash.update(`${bytes.length} `).update(bytes);
  return hash.digest('hex');
}

function valueOf<T>(result: JobResult<T>): T {
  if (result.ok) return result.value;
  switch (result.reason) {
    case 'cancelled':
      throw new Cancelled();
    case 'died':
      throw new AnalysisError('quarantined', `Not reviewed: ${result.message}.`);
    case 'time':
      throw new AnalysisError('limit', `Not reviewed: ${result.message}.`);
    case 'failed':
    case 'unusable':
      throw new AnalysisError('failed', `Not reviewed: ${result.message}`);
  }
}
