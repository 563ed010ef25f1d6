// `iommu-review review`
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { dirname, resolve } from 'node:path';
import type { Severity, Status } from '../protocol/finding.ts';
import { renderJson } from '../core/report/json.ts';
import { AnalysisPool } from '../host/analysis/pool.ts';
import { defaultChildren, reviewInputs } from '../host/review-inputs.ts';
import { Exit, UsageError, writeResult } from './output.ts';

export interface ReviewFlags {
  readonly kernel?: string;
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

export async function reviewCommand(inputs: readonly string[], flags: ReviewFlags): Promise<number> {
  if (inputs.length === 0) throw new UsageError('no INPUT given (- reads a mail from standard input)');
  const pool = new AnalysisPool({
    entry: resolve(dirname(fileURLToPath(import.meta.url)), 'analysis.js'),
    children: flags.jobs ?? 1,
    configure: { kernel: null, trusted: false, parser: 'auto' },
  });
  try {
    const outcome = await reviewInputs(
      {
        args: inputs,
        read: { cwd: process.cwd(), kernel: null, repository: null, stdin: process.stdin },
        options: { era: flags.era, rulesOn: [], rulesOff: [], model: flags.model },
        budgetSeconds: flags.budget ?? null,
        shard: flags.shard ?? null,
      },
      pool,
      new AbortController().signal,
      (mails, sources) => flags.jobs ?? defaultChildren(mails, sources, availableParallelism()),
      () => undefined,
    );
    await writeResult(
      flags.format === 'json' ? renderJson(outcome.report) : `${String(outcome.report.inputs.length)} inputs\n`,
      flags.output ?? null,
    );
    return outcome.failed.length > 0 ? Exit.unreadable : Exit.ok;
  } finally {
    pool.close();
  }
}
