// Requests beyond LSP that an editor may send. Every editor works without them: diagnostics, hovers and fixes are plain LSP.

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
