// The analysis behind the server: one child process of the pool. The mails of an mbox are dealt to units as on the command line.

import { mergeReports } from '../core/review/merge.ts';
import { planReview } from '../core/review/plan.ts';
import { AnalysisPool, type JobResult } from '../host/analysis/pool.ts';
import { toolVersion } from '../host/version.ts';
import type { Configure, ReviewOptions, UnitInput, UnitReport } from '../protocol/analysis.ts';
import { Cancelled } from '../core/base/cancel.ts';
import { AnalysisError, type Analysis } from './analysis.ts';

export class PoolAnalysis implements Analysis {
  private pool: AnalysisPool | null = null;
  private configured = '';

  /** @param entry Path of the child's program. */
  constructor(private readonly entry: string) {}

  configure(configure: Configure): void {
    const key = JSON.stringify(configure);
    if (this.pool === null) this.pool = new AnalysisPool({ entry: this.entry, children: 1, configure });
    else if (key !== this.configured) this.pool.reconfigure(configure);
    this.configured = key;
  }

  async review(unit: readonly UnitInput[], options: ReviewOptions, signal: AbortSignal): Promise<UnitReport> {
    const { pool } = this;
    if (pool === null) throw new AnalysisError('failed', 'the analysis was asked before it was configured');
    const mails = unit.filter((input) => input.kind === 'mail');
    if (mails.length <= 1) return valueOf(await pool.review(unit, options, signal));
    const records = valueOf(await pool.index(mails, signal));
    const plan = planReview(records);
    const parts: UnitReport[] = [];
    for (const group of plan.units) {
      const inputs = group.flatMap((index) => mails[index] ?? []);
      parts.push(valueOf(await pool.review(inputs, options, signal)));
    }
    return mergeReports(parts, toolVersion, plan);
  }

  dispose(): Promise<void> {
    this.pool?.close();
    this.pool = null;
    return Promise.resolve();
  }
}

function valueOf<T>(result: JobResult<T>): T {
  if (result.ok) return result.value;
  switch (result.reason) {
    case 'cancelled':
      throw new Cancelled();
    case 'died':
      throw new AnalysisError('quarantined', `Not reviewed: ${result.message}. This text is not tried again until it changes.`);
    case 'time':
      throw new AnalysisError('limit', `Not reviewed: ${result.message}. This text is not tried again until it changes.`);
    case 'failed':
      throw new AnalysisError('failed', `Not reviewed: ${result.message}`);
  }
}
