// The first look at many mails, in portions.

import type { MailInput, MailRecord } from '../../protocol/analysis.ts';
import type { AnalysisPool } from '../analysis/pool.ts';

/** Mails are looked at in portions, so that no message between processes grows large. */
const PORTION_BYTES = 1024 * 1024;
const PORTION_MAILS = 64;
/** So many portions may wait; then reading waits too. */
const MAX_PENDING = 4;

/** Collects mails into portions and has them indexed. */
export class Indexer {
  /** A mail's record by the index under which it was added, or why there is none. Complete after `end`. */
  readonly records = new Map<number, MailRecord | string>();
  private readonly pending = new Set<Promise<void>>();
  private indices: number[] = [];
  private mails: MailInput[] = [];
  private size = 0;

  constructor(
    private readonly pool: AnalysisPool,
    private readonly signal: AbortSignal,
  ) {}

  /** Takes a mail; waits while too many portions are under way. */
  async add(index: number, mail: MailInput): Promise<void> {
    this.indices.push(index);
    this.mails.push(mail);
    this.size += mail.bytes.length;
    if (this.mails.length >= PORTION_MAILS || this.size >= PORTION_BYTES) this.flush();
    while (this.pending.size >= MAX_PENDING) await Promise.race(this.pending);
  }

  /** To be called after the last mail; resolves when all records are there. */
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
