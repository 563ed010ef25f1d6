// The first look at all inputs of a run: read, held, and the mails among them indexed.

import type { MailRecord } from '../../protocol/analysis.ts';
import type { AnalysisPool } from '../analysis/pool.ts';
import { readInputs, type ReadContext, type ReadProblem } from '../input/read-inputs.ts';
import { HeldUnits } from './held-units.ts';
import { Indexer } from './indexer.ts';

export interface ReadFailure {
  readonly argument: number;
  readonly path: string;
  /** Id of the mail without content; null where the file as a whole is meant. */
  readonly id: string | null;
  readonly problem: ReadProblem;
  /** Position among everything that was read, so that the report keeps the order of the inputs. */
  readonly at: number;
}

export interface ReadAll {
  readonly units: HeldUnits;
  readonly failures: readonly ReadFailure[];
  /** A mail's record by its index in `units`, or why there is none. */
  readonly records: ReadonlyMap<number, MailRecord | string>;
}

/** Reads and indexes as one stream: a portion of mails is looked at while the next one is read. */
export async function readAll(args: readonly string[], context: ReadContext, pool: AnalysisPool, signal: AbortSignal): Promise<ReadAll> {
  const units = new HeldUnits();
  const failures: ReadFailure[] = [];
  const indexer = new Indexer(pool, signal);
  for await (const item of readInputs(args, context)) {
    if (signal.aborted) break;
    if (item.type === 'problem') {
      failures.push({ argument: item.argument, path: item.path, id: null, problem: item.problem, at: units.count });
      continue;
    }
    const index = units.add(item.argument, item.unit);
    if (item.unit.kind === 'mail') await indexer.add(index, item.unit);
  }
  await indexer.end();
  return { units, failures, records: indexer.records };
}
