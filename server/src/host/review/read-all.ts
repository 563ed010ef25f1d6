// The first look at all inputs of a run: read, held, and the mails among them indexed.

import type { MailInput, MailRecord } from '../../protocol/analysis.ts';
import type { AnalysisPool } from '../analysis/pool.ts';
import { readInputs, type ReadContext, type ReadProblem } from '../input/read-inputs.ts';
import { HeldUnits } from './held-units.ts';

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

/** Mails are looked at in portions, so that no message between processes grows large. */
const PORTION_BYTES = 1024 * 1024;
const PORTION_MAILS = 64;
/** So many portions may wait; then reading waits too. */
const MAX_PENDING = 4;

/** Collects mails into portions and has them indexed. */
class Indexer {
  readonly records = new Map<number, MailRecord | string>();
  private readonly pending = new Set<Promise<void>>();
  private indices: number[] = [];
  private mails: MailInput[] = [];
  private size = 0;

  constructor(
    private readonly pool: AnalysisPool,
    private readonly signal: AbortSignal,
  ) {}

  async add(index: number, mail: MailInput): Promise<void> {
    this.indices.push(index);
    this.mails.push(mail);
    this.size += mail.bytes.length;
    if (this.mails.length >= PORTION_MAILS || this.size >= PORTION_BYTES) this.flush();
    while (this.pending.size >= MAX_PENDING) await Promise.race(this.pending);
  }

  async end(): Promise<void> {
    this.flush();
    await Promise.all(this.pending);
  }

  private flush(): void {
    const { indices, mails } = this;
    if (mails.length === 0) return;
    this.indices = [];
    this.mails = [];
    this.size = 0;
    const work = this.pool.index(mails, this.signal).then((result) => {
      for (const [position, index] of indices.entries())
        this.records.set(index, result.ok ? (result.value[position] ?? 'not indexed') : result.message);
      this.pending.delete(work);
    });
    this.pending.add(work);
  }
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
