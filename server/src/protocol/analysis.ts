// Messages between a door's process and its analysis child. Plain data; bytes travel as Uint8Array (structured clone).

import type { Confirmation, Comment, ReviewInput, ReviewReport, UnknownResult, FunctionCounts } from './report.ts';
import type { Finding, Trace } from './finding.ts';
import type { LineSpan, LockReport } from './locks.ts';

/** One mail, or one bare patch, as it stands in the opened file. `startLine` is the 1-based line of that file where `bytes` begin. */
export interface MailInput {
  readonly kind: 'mail';
  readonly path: string;
  readonly startLine: number;
  readonly bytes: Uint8Array;
  /** Lines of the file that lost a `>` of mbox quoting; their columns are one more. */
  readonly unquotedLines?: readonly number[];
  /** Set where the mail was made from a commit of a git range: `path` is then the range. */
  readonly origin?: 'range';
}

/** One C file. `treePath` is its path inside the kernel tree, or null where it stands outside one. */
export interface SourceInput {
  readonly kind: 'source';
  readonly path: string;
  readonly treePath: string | null;
  readonly bytes: Uint8Array;
}

export type UnitInput = MailInput | SourceInput;

export interface ReviewOptions {
  /** Era of the contract tables, or `auto`. */
  readonly era: string;
  readonly rulesOn: readonly string[];
  readonly rulesOff: readonly string[];
  readonly model: boolean;
  /** Texts of the user's own scenarios (YAML), which every patch is run in. */
  readonly scenarios?: readonly string[];
  /** The answer may rest on the tree as it was some seconds ago: where that was another one, `tree-changed` follows. */
  readonly provisional?: boolean;
  /** Asks for the runs themselves besides the findings; absent for a review. */
  readonly runs?: PatchRunOptions;
}

/** What `model run --patch` wants to see of the runs of a patch. */
export interface PatchRunOptions {
  /** Only in these scenarios (texts of their files); null for those that a review would choose. */
  readonly scenarios: readonly string[] | null;
  readonly format: ModelTask['format'];
  /** Show schedules of expected violations too. */
  readonly trace: boolean;
}

/** What is known of a mail after a first look: enough to form threads and series without holding the mails. */
export interface MailRecord {
  readonly path: string;
  readonly startLine: number;
  readonly messageId: string | null;
  readonly inReplyTo: string | null;
  readonly references: readonly string[];
  readonly subject: string | null;
  readonly author: string | null;
  readonly dateEpoch: number | null;
  readonly kind: 'patch' | 'reply' | 'cover' | 'other';
  readonly version: number;
  readonly part: readonly [number, number] | null;
  readonly files: readonly string[];
  /** True where nothing that could be reviewed was found. */
  readonly empty: boolean;
  readonly problem: string | null;
}

/** The result of one unit of work: a slice of the report. */
export interface UnitReport {
  readonly inputs: readonly ReviewInput[];
  readonly findings: readonly Finding[];
  readonly confirmed: readonly Confirmation[];
  readonly unknowns: readonly UnknownResult[];
  readonly comments: readonly Comment[];
  /** Runs of the patches, where they were asked for. */
  readonly runs?: ModelReport['runs'];
  readonly suppressions: ReviewReport['suppressions'];
  readonly stats: { readonly files: number; readonly functions: FunctionCounts; readonly lines: number };
}

export interface Configure {
  /** Root of the kernel tree, or null. */
  readonly kernel: string | null;
  /** Whether git may be run in the tree. */
  readonly trusted: boolean;
  /** Folders of the tree that the index covers with all below them, besides those that it always does. */
  readonly indexFolders?: readonly string[];
  readonly parser: 'auto' | 'native' | 'wasm';
  /** The process serves one run, which sees the tree as it was when it first looked. */
  readonly oneRun?: boolean;
}

export type PrintKind = 'tree' | 'ir' | 'summary' | 'patch';

export interface PrintOptions {
  readonly what: PrintKind;
  /** Only this function; null for all. */
  readonly function: string | null;
  readonly format: 'text' | 'json';
}

/** One scenario to run on the model, as the text of its file. */
export interface ModelTask {
  readonly text: string;
  /** Only in this era; null for all that the scenario names. */
  readonly era: string | null;
  /** Instead of runs: the steps that give something else in this era than in `era`. */
  readonly against: string | null;
  readonly format: 'text' | 'json' | 'itf' | 'mermaid';
  /** Show schedules of expected violations too. */
  readonly trace: boolean;
  /** Budget in states; null for the usual one. */
  readonly maxStates: number | null;
}

/** One entry of `model run --format json`. */
export interface ModelRunEntry {
  readonly scenario: string;
  readonly era: string;
  readonly result: 'as expected' | 'unexpected' | 'not finished';
  readonly expected: { readonly returns: readonly (readonly string[] | null)[]; readonly violates: readonly string[] };
  readonly got: {
    readonly returns: readonly (readonly string[])[];
    readonly violates: readonly string[];
    readonly differences: readonly string[];
  };
  readonly states: number;
  /** The first violation's schedule, expected or not; null without one. */
  readonly trace: Trace | null;
  /** With a patch: what the scenario gives on the code before it; null where that was not run in it, or not with the same failures. */
  readonly before?: Pick<ModelRunEntry, 'result' | 'got'> | null;
}

/** A step that a user or an administrator sees differently in two eras. */
export interface EraDifference {
  readonly scenario: string;
  readonly step: string;
  readonly call: string;
  readonly before: readonly string[];
  readonly after: readonly string[];
}

export interface ModelReport {
  /** One for each era, in a fixed order. `text` is in the form that the task asked for, empty for JSON. */
  readonly runs: readonly { readonly entry: ModelRunEntry; readonly text: string }[];
  readonly differences: readonly EraDifference[];
}

/** What a child can be asked to do. It does one after the other and answers each with its id. */
export type AnalysisRequest =
  | { readonly type: 'configure'; readonly configure: Configure }
  /** Texts, by their SHA-1, that killed a parser: they are not parsed again. */
  | { readonly type: 'quarantine'; readonly texts: readonly string[] }
  | { readonly type: 'index'; readonly id: number; readonly mails: readonly MailInput[] }
  | { readonly type: 'review'; readonly id: number; readonly unit: readonly UnitInput[]; readonly options: ReviewOptions }
  | { readonly type: 'model'; readonly id: number; readonly task: ModelTask }
  | { readonly type: 'print'; readonly id: number; readonly input: UnitInput; readonly options: PrintOptions }
  /** Which locks are held in the functions of `unit[input]` that some lines show; the others are the patches of its series. */
  | {
      readonly type: 'locks';
      readonly id: number;
      readonly unit: readonly UnitInput[];
      readonly input: number;
      readonly lines: LineSpan;
      readonly options: ReviewOptions;
    };

/** `rss` is the child's memory in bytes after the work: the parent replaces a child that has grown too large. */
export type AnalysisResponse =
  | { readonly type: 'ready'; readonly parser: 'native' | 'wasm' }
  /** The child cannot work at all: no parser loads. */
  | { readonly type: 'unusable'; readonly message: string }
  /** Answers that were provisional may be others now. */
  | { readonly type: 'tree-changed' }
  | { readonly type: 'indexed'; readonly id: number; readonly records: readonly MailRecord[]; readonly rss: number }
  | { readonly type: 'reviewed'; readonly id: number; readonly report: UnitReport; readonly rss: number }
  | { readonly type: 'located'; readonly id: number; readonly locks: LockReport; readonly rss: number }
  | { readonly type: 'modelled'; readonly id: number; readonly report: ModelReport; readonly rss: number }
  | { readonly type: 'printed'; readonly id: number; readonly text: string; readonly rss: number }
  | { readonly type: 'cancelled'; readonly id: number; readonly rss: number }
  | { readonly type: 'failed'; readonly id: number; readonly message: string; readonly rss: number };
