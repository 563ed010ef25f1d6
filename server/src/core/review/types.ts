// What the steps of a review hand to each other.

import type { MailRecord, ModelReport } from '../../protocol/analysis.ts';
import type { Finding } from '../../protocol/finding.ts';
import type { Confirmation, FunctionCounts, ReviewInput, UnknownResult } from '../../protocol/report.ts';
import type { Message } from '../patch/types.ts';

/** A mail of the unit, read, with the id that the report gives it. */
export interface ReadMail {
  readonly id: string;
  readonly message: Message;
  readonly record: MailRecord;
  readonly bytes: Uint8Array;
  readonly startLine: number;
  readonly unquotedLines: readonly number[];
  /** Whether it was made from a commit of a git range. */
  readonly isOfRange: boolean;
}

/** What the review of one input gives. */
export interface InputReview {
  readonly input: ReviewInput;
  readonly findings: readonly Finding[];
  readonly confirmed: readonly Confirmation[];
  readonly unknowns: readonly UnknownResult[];
  /** Runs of the patch, where they were asked for. */
  readonly runs: ModelReport['runs'];
  readonly files: number;
  readonly functions: FunctionCounts;
  readonly lines: number;
}
