// The whole result of a review: what `--format json` prints (schema `iommu-review/1`). Types only.

import type { Depth, Finding, MailRange, SourceLocation, Trace } from './finding.ts';

/** Something about an input that the reader should know: a repaired hunk, a wrapped line, a limit. `line` is a line of the opened file, or null. */
export interface Problem {
  readonly kind: string;
  readonly line: number | null;
  readonly message: string;
}

export type InputKind = 'patch' | 'reply' | 'cover' | 'source' | 'range';

export interface InputFile {
  readonly path: string;
  readonly depth: Depth;
  /** Which base the file's old text came from: `blob <id>`, `tree`, `tree+fuzz`, `tree-is-after`, `hunks`. */
  readonly base: string;
  readonly problems: readonly Problem[];
}

export interface ReviewInput {
  readonly id: string;
  readonly path: string;
  readonly messageId: string | null;
  readonly kind: InputKind;
  readonly subject: string | null;
  readonly version: number | null;
  readonly part: readonly [number, number] | null;
  readonly series: string | null;
  readonly depth: Depth;
  readonly era: string;
  readonly files: readonly InputFile[];
  readonly problems: readonly Problem[];
}

export interface SeriesInfo {
  readonly id: string;
  readonly subject: string;
  readonly version: number;
  readonly parts: readonly string[];
  readonly previous: string | null;
}

/** A suspicious place that was checked and is right. */
export interface Confirmation {
  readonly rule: string;
  readonly input: string;
  readonly location: SourceLocation | null;
  readonly mail: MailRange | null;
  readonly message: string;
  readonly evidence: string;
  readonly states: number | null;
  /** A schedule that shows how it holds: its `violation` is null. */
  readonly trace: Trace | null;
  readonly fingerprint: string;
}

export type UnknownReason = 'parse' | 'macro' | 'preprocessor' | 'callee' | 'base' | 'gap' | 'era' | 'states' | 'time' | 'limit';

export interface UnknownResult {
  readonly input: string;
  readonly rule: string | null;
  readonly function: string | null;
  readonly location: SourceLocation | null;
  readonly reason: UnknownReason;
  readonly detail: string;
}

/** A human remark in a reply, at the line that it follows. */
export interface Comment {
  readonly id: string;
  readonly inReplyTo: string | null;
  readonly author: string;
  readonly date: string | null;
  readonly anchor: {
    readonly patch: string;
    readonly side: '+' | '-' | ' ' | 'message';
    readonly file: string | null;
    /** Line in the new file for `+` and context, in the old file for `-`, in the commit message for `message`. */
    readonly line: number;
  } | null;
  readonly mail: MailRange;
  readonly text: string;
}

export interface FunctionCounts {
  readonly total: number;
  readonly analysed: number;
  readonly partly: number;
  readonly failed: number;
}

export interface ReviewReport {
  readonly schema: 'iommu-review/1';
  readonly tool: { readonly name: 'iommu-review'; readonly version: string };
  readonly inputs: readonly ReviewInput[];
  readonly series: readonly SeriesInfo[];
  readonly findings: readonly Finding[];
  readonly confirmed: readonly Confirmation[];
  readonly unknowns: readonly UnknownResult[];
  readonly comments: readonly Comment[];
  readonly suppressions: { readonly used: number; readonly unused: number; readonly expired: number };
  readonly stats: { readonly files: number; readonly functions: FunctionCounts; readonly lines: number };
}
