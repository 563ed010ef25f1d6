// Reviews of open documents: one at a time for each document, always of its newest version; a result of an old version is never given out.

import type { UnitReport } from '../protocol/analysis.ts';
import { Cancelled } from '../core/base/cancel.ts';
import { AnalysisError } from './analysis.ts';
import type { Snapshot } from './document.ts';

export type Outcome =
  | { readonly kind: 'reviewed'; readonly report: UnitReport }
  /** The analysis died on this text, or refused it; `message` says what and why. */
  | { readonly kind: 'refused'; readonly reason: AnalysisError['reason']; readonly message: string };

export interface Reviewed {
  readonly snapshot: Snapshot;
  readonly outcome: Outcome;
}

/** Runs one review; rejects with `AnalysisError` or `Cancelled`. */
export type RunReview = (snapshot: Snapshot, signal: AbortSignal) => Promise<UnitReport>;

interface Job {
  readonly snapshot: Snapshot;
  readonly generation: number;
  readonly abort: AbortController;
  readonly done: Promise<Reviewed>;
  readonly start: () => void;
  readonly drop: () => void;
}

interface Slot {
  running: Job | null;
  next: Job | null;
  /** The last finished review, kept while its version is the newest. */
  last: { readonly generation: number; readonly reviewed: Reviewed } | null;
}

export class Reviews {
  private readonly slots = new Map<string, Slot>();
  private generation = 0;

  constructor(private readonly run: RunReview) {}

  /** Identity of a result: it changes with the text and with the settings. */
  resultId(snapshot: Snapshot): string {
    return `${snapshot.hash}-${this.generation}`;
  }

  /** Forgets all results, because the settings changed. Running reviews are ended. */
  invalidate(): void {
    this.generation++;
    for (const slot of this.slots.values()) {
      slot.last = null;
      slot.running?.abort.abort();
      slot.next?.drop();
      slot.next = null;
    }
  }

  /** Forgets a closed document and ends its work. */
  forget(uri: string): void {
    const slot = this.slots.get(uri);
    if (!slot) return;
    slot.last = null;
    slot.next?.drop();
    slot.next = null;
    if (slot.running) slot.running.abort.abort();
    else this.slots.delete(uri);
  }

  /** The finished review of exactly this version, if there is one. */
  finished(snapshot: Snapshot): Reviewed | null {
    const last = this.slots.get(snapshot.uri)?.last;
    return last && last.generation === this.generation && last.reviewed.snapshot === snapshot ? last.reviewed : null;
  }

  /**
   * The review of this version; callers that ask for the same version share one. Rejects with `Cancelled` as soon as a newer version
   * is asked for, the document is closed or the settings change.
   */
  review(snapshot: Snapshot): Promise<Reviewed> {
    const slot = this.slots.get(snapshot.uri) ?? { running: null, next: null, last: null };
    this.slots.set(snapshot.uri, slot);
    const finished = this.finished(snapshot);
    if (finished) return Promise.resolve(finished);
    for (const job of [slot.running, slot.next]) {
      if (job?.snapshot === snapshot && job.generation === this.generation && !job.abort.signal.aborted) return job.done;
    }
    const job = this.job(slot, snapshot);
    slot.next?.drop();
    if (slot.running) {
      slot.running.abort.abort();
      slot.next = job;
    } else {
      slot.running = job;
      job.start();
    }
    return job.done;
  }

  private job(slot: Slot, snapshot: Snapshot): Job {
    const abort = new AbortController();
    const { generation } = this;
    let start = (): void => undefined;
    let drop = (): void => undefined;
    const done = new Promise<Reviewed>((resolve, reject) => {
      drop = () => reject(new Cancelled());
      abort.signal.addEventListener('abort', drop);
      start = () => {
        void this.outcome(snapshot, abort.signal).then((outcome) => {
          const current = generation === this.generation && !abort.signal.aborted;
          if (outcome && current) {
            slot.last = { generation, reviewed: { snapshot, outcome } };
            resolve(slot.last.reviewed);
          } else drop();
          this.next(slot, snapshot.uri);
        });
      };
    });
    // A job can be dropped while nobody waits for it any more.
    done.catch(() => undefined);
    return { snapshot, generation, abort, done, start: () => start(), drop: () => drop() };
  }

  private next(slot: Slot, uri: string): void {
    slot.running = slot.next;
    slot.next = null;
    if (slot.running) slot.running.start();
    else if (!slot.last) this.slots.delete(uri);
  }

  private async outcome(snapshot: Snapshot, signal: AbortSignal): Promise<Outcome | null> {
    try {
      return { kind: 'reviewed', report: await this.run(snapshot, signal) };
    } catch (error) {
      if (error instanceof Cancelled) return null;
      if (error instanceof AnalysisError) return { kind: 'refused', reason: error.reason, message: error.message };
      return { kind: 'refused', reason: 'failed', message: 'The review ended with an internal error; the log has its cause.' };
    }
  }
}
