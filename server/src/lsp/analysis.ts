// What the server asks of the analysis, so that requests can be tested without a child process.

import type { Configure, ReviewOptions, UnitInput, UnitReport } from '../protocol/analysis.ts';
import type { LineSpan, LockReport } from '../protocol/locks.ts';

/** A review that gave no report. */
export class AnalysisError extends Error {
  /**
   * @param reason `quarantined`: this text ended the analysis process and is not tried again until it changes;
   *   `failed`: an error of ours; `limit`: the input is too large.
   */
  constructor(
    readonly reason: 'quarantined' | 'failed' | 'limit',
    message: string,
  ) {
    super(message);
    this.name = 'AnalysisError';
  }
}

export interface Analysis {
  /** Takes effect for all reviews that are asked for afterwards. */
  configure(configure: Configure): void;
  /**
   * Reviews the mails of a document, or a C file. Rejects with `AnalysisError`, or with `Cancelled` (core/base) soon after `signal` is aborted.
   * A child process that dies is replaced; the caller only sees the failure of the text that killed it.
   */
  review(unit: readonly UnitInput[], options: ReviewOptions, signal: AbortSignal): Promise<UnitReport>;
  /**
   * Which locks are held in the functions of `unit[input]` that some lines show; the others are the patches of its series. Rejects as
   * `review` does.
   */
  locks(unit: readonly UnitInput[], input: number, lines: LineSpan, options: ReviewOptions, signal: AbortSignal): Promise<LockReport>;
  /** Calls `listener` when provisional reviews may come out differently now, because files of the tree have changed. */
  onTreeChanged(listener: () => void): void;
  dispose(): Promise<void>;
}
