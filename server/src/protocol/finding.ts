// Shapes of a review's result, as they cross process borders and as `--format json` prints them. Types only.
// Lines and columns count from 1; columns are UTF-16 code units.

export type Severity = 'error' | 'warning' | 'info' | 'hint';
export type Category = 'locking' | 'errno' | 'leak' | 'iommu' | 'pointer' | 'text' | 'style';
export type Confidence = 'high' | 'moderate' | 'low';
export type Evidence = 'static' | 'contract' | 'model' | 'text';
/** `present` is for a C file that is not a patch: it has no before and after. */
export type Status = 'introduced' | 'touched' | 'pre-existing' | 'fixed' | 'present';
/** How deep a result looked: prose only, hunks, whole files, or the kernel tree around them. */
export type Depth = 'text' | 'hunk' | 'file' | 'tree';

/** A place in a source file after the patch (before it for findings that are `fixed`). */
export interface SourceLocation {
  readonly file: string;
  readonly function: string | null;
  readonly line: number;
  readonly column: number;
  readonly endLine: number;
  readonly endColumn: number;
}

/** A place in the file that the user opened: a mail, an mbox, a patch. */
export interface MailRange {
  readonly path: string;
  readonly line: number;
  readonly column: number;
  readonly endLine: number;
  readonly endColumn: number;
}

export interface Related {
  readonly location: SourceLocation | null;
  readonly mail: MailRange | null;
  readonly message: string;
}

/** Replace the text between two positions. `target` says whether the edit is in the opened mail or in a source file. */
export interface Edit {
  readonly target: 'mail' | 'file';
  readonly path: string;
  readonly startLine: number;
  readonly startColumn: number;
  readonly endLine: number;
  readonly endColumn: number;
  readonly newText: string;
}

export interface Fix {
  readonly title: string;
  readonly safety: 'safe' | 'unsafe' | 'display';
  readonly edits: readonly Edit[];
}

export interface RuleSource {
  readonly title: string;
  readonly url: string;
}

export interface Suppression {
  readonly by: string;
  readonly reason: string;
  readonly expires: string | null;
}

export interface Finding {
  readonly rule: string;
  readonly category: Category;
  readonly severity: Severity;
  readonly confidence: Confidence;
  readonly evidence: Evidence;
  readonly status: Status;
  readonly introducedIn: string | null;
  readonly fixedIn: string | null;
  /** The id of the input that the finding belongs to. */
  readonly input: string;
  readonly message: string;
  readonly why: string;
  /** What would show that the finding is wrong. */
  readonly refute: string | null;
  readonly assumptions: readonly string[];
  readonly sources: readonly RuleSource[];
  readonly location: SourceLocation | null;
  readonly mail: MailRange | null;
  /** The whole line that the finding stands on, without its diff sign. */
  readonly text: string;
  readonly related: readonly Related[];
  readonly fixes: readonly Fix[];
  readonly trace: Trace | null;
  readonly suppressed: Suppression | null;
  readonly fingerprint: string;
}

/** A function on the stack of a step. */
export interface TraceFrame {
  readonly function: string;
  /** Where it stands: the statement that runs, or the call of the next function of the stack; null for code of the model. */
  readonly location: SourceLocation | null;
  /** The same place in the opened mail, where the patch shows it. */
  readonly mail?: MailRange | null;
  /** Its variables before the step, by their names in C. */
  readonly locals?: Readonly<Record<string, unknown>>;
}

export interface TraceStep {
  /** From 1. */
  readonly n: number;
  readonly thread: string;
  /** The call of the scenario that the step belongs to. */
  readonly call: string;
  /** Outermost function first. */
  readonly frame: readonly TraceFrame[];
  /** What the step does, in words: `lock G.mutex`. */
  readonly step: string;
  readonly source: string;
  /** The statement of C on whose behalf the step is made, innermost; null where no C code is run. */
  readonly location: SourceLocation | null;
  readonly mail: MailRange | null;
  readonly changes: readonly { readonly path: string; readonly before: unknown; readonly after: unknown }[];
  readonly locks: Readonly<Record<string, readonly string[]>>;
  readonly choice: string | null;
}

/** Where a thread stands behind the last step of a trace. */
export interface TraceEnd {
  readonly thread: string;
  readonly frame: readonly TraceFrame[];
  /** What it would do next. */
  readonly step: string;
  readonly location: SourceLocation | null;
  readonly mail: MailRange | null;
  /** Whether it waits for another thread. */
  readonly blocked: boolean;
}

/** One schedule: who moved when, and what that changed. All that a reader or a debugger needs to go through it forward and back. */
export interface Trace {
  readonly version: 1;
  readonly scenario: string;
  readonly era: string;
  readonly side: string;
  readonly violation: {
    readonly kind: 'deadlock' | 'use-after-free' | 'leak' | 'invariant' | 'errno' | 'panic';
    readonly invariant: string | null;
    readonly message: string;
  } | null;
  readonly bounds: Readonly<Record<string, number>>;
  readonly states: number;
  readonly finished: boolean;
  readonly assumptions: readonly { readonly text: string; readonly location: SourceLocation | null }[];
  readonly initial: Readonly<Record<string, unknown>>;
  readonly threads: readonly { readonly id: string; readonly actor: string; readonly entry: string }[];
  readonly steps: readonly TraceStep[];
  /** Threads that are not done at the end; those of a deadlock wait here. */
  readonly ends?: readonly TraceEnd[];
}
