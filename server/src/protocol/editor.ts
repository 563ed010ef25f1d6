// Requests beyond LSP that an editor may send. Every editor works without them: diagnostics, hovers and fixes are plain LSP.

import type { Trace } from './finding.ts';

/** Method of the request that reviews an input and gives a readable summary. */
export type ReviewMethod = 'iommuReview/review';

/** What is to be reviewed. */
export type ReviewTarget =
  /** An open document. */
  | { readonly kind: 'document'; readonly uri: string }
  /** A text that is in no document, or a part of one that begins on `startLine` (from 1) of `uri`. */
  | { readonly kind: 'text'; readonly name: string; readonly text: string; readonly startLine: number; readonly uri: string | null }
  /** Commits of a git repository on disk, as `A..B`. Refused where the folder is not trusted. */
  | { readonly kind: 'range'; readonly folder: string; readonly range: string };

export interface ReviewParams {
  readonly target: ReviewTarget;
  /** Progress is reported here, as LSP's work-done progress. */
  readonly workDoneToken?: string | number;
}

/** A place in the summary that leads to a place in a document. Lines and columns count from 1, the end not included. */
export interface SummaryLink {
  readonly line: number;
  readonly column: number;
  readonly endColumn: number;
  readonly uri: string;
  readonly targetLine: number;
  readonly targetColumn: number;
}

export interface ReviewResult {
  readonly title: string;
  /** Plain text, lines ended by `\n`. */
  readonly text: string;
  readonly links: readonly SummaryLink[];
  readonly counts: { readonly errors: number; readonly warnings: number; readonly notes: number };
}

/**
 * A command of the editor that steps through the schedule of a finding, or of what was run and holds. Code lenses and code actions name it where the setting `stepThrough`
 * says that the editor has it.
 */
export type StepThroughCommand = 'iommuReview.stepThrough';

export interface StepThroughArguments {
  readonly uri: string;
  readonly fingerprint: string;
}

/** Method of the request for the schedule of a finding or of what holds; its parameters are `StepThroughArguments`. */
export type TraceMethod = 'iommuReview/trace';

export interface TraceResult {
  /** Name of the session. */
  readonly name: string;
  /** To be given to the debug adapter as `trace`. Places in a document that is no file have its URI as their path. */
  readonly trace: Trace;
  /** Root of the kernel tree, or null; the adapter's `kernel`. */
  readonly kernel: string | null;
}
