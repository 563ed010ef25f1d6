// What a rule is, and what it is given. A rule speaks of one side of a change at a time and may look at the other; the review layer
// compares what it says of the two.

import type { Category, Confidence, Depth, RuleSource } from '../../protocol/finding.ts';
import type { UnknownReason } from '../../protocol/report.ts';
import type { CancelToken } from '../base/cancel.ts';
import type { Outside } from '../base/outside.ts';
import type { Span } from '../base/text.ts';
import type { MailPlace, Message, Patch } from '../patch/types.ts';
import type { FlowFile } from '../flow/program.ts';
import type { PlacedTrace } from '../run/outcome/placedTrace.ts';
import type { PatchRun, SideRun } from '../run/patch.ts';
import type { CFile } from '../syntax/types.ts';

/** How bad the pattern is (levels of the rule catalogue); the review layer turns it into a severity. */
export type Level = 'crit' | 'high' | 'med' | 'low' | 'info' | 'text';

export interface RuleMeta {
  readonly id: string;
  readonly title: string;
  readonly category: Category;
  readonly level: Level;
  readonly confidence: Confidence;
  readonly evidence: 'static' | 'contract' | 'model' | 'text';
  /** The least depth at which the rule can speak. */
  readonly needs: Depth;
  readonly since: string;
  readonly sources: readonly RuleSource[];
  /** What would show that a finding of this rule is wrong. */
  readonly refute: string;
}

/** Messages by id, with `{placeholder}`s that a report fills. */
export type Messages = Readonly<Record<string, string>>;

/** One C file, or one joined fragment of it, on one side of the change. */
export interface SideFile {
  readonly path: string;
  readonly depth: Depth;
  readonly c: CFile;
  /** Empty statements of `c` that stand for code that is not visible, between and around hunks; none in a whole file. */
  readonly gaps: readonly Span[];
  /** 1-based line of the real file for an offset of `c.text`; null in synthetic text and gaps. */
  lineOf(offset: number): number | null;
  /** True where the line of this offset is added (after) or removed (before) by the patch. Always false without a patch. */
  isChanged(offset: number): boolean;
  /** Place in the opened mail for an offset of `c.text`; null where the patch does not show that line. */
  mailPlace(offset: number): MailPlace | null;
}

export type At = { readonly file: SideFile; readonly span: Span } | { readonly mail: MailPlace; readonly length: number };

export interface EvidenceStep {
  readonly at: At;
  readonly message: string;
}

/** An edit of a fix, in the coordinates of the side file or of the mail. */
export type FixEdit =
  | { readonly file: SideFile; readonly span: Span; readonly newText: string }
  | { readonly mail: MailPlace; readonly length: number; readonly newText: string }
  /** Whole new lines before the line of an offset; the review layer keeps the hunk well-formed. */
  | { readonly file: SideFile; readonly beforeLineOf: number; readonly lines: readonly string[] };

export interface ProposedFix {
  readonly title: string;
  readonly safety: 'safe' | 'unsafe' | 'display';
  readonly edits: readonly FixEdit[];
}

export interface RawFinding {
  /** Key of the rule's `messages`. */
  readonly message: string;
  readonly data: Readonly<Record<string, string>>;
  readonly at: At;
  readonly function: string | null;
  /** Identity of the fact inside rule and function: a lock path, an errno, a parameter name. Never a line number. */
  readonly fact: string;
  readonly why: string;
  readonly evidence: readonly EvidenceStep[];
  readonly fixes: readonly ProposedFix[];
  /** Lowers (or raises) the rule's own level for this finding. */
  readonly level?: Level;
  readonly confidence?: Confidence;
  /** True for a gap-free path or a model trace: crit and high become errors. */
  readonly witness?: boolean;
  readonly assumptions?: readonly string[];
  /**
   * Findings of one function with the same word here are one defect: those of one status are shown as one, with the other places as
   * related ones.
   */
  readonly defect?: string;
  /** Other places of the same defect that were joined to this one. */
  readonly others?: number;
  /** The schedule that shows it, where it was found by running the patch: its evidence is then the model. */
  readonly trace?: PlacedTrace;
  /** Whether a run of the other side of the patch shows the same in the same scenario; then the places do not decide what is new. */
  readonly isOnBothSides?: boolean;
}

/** What running the patch on the model showed of the side that a rule looks at. */
export interface ModelView {
  readonly side: SideRun;
  readonly run: PatchRun;
}

/** Files of one side of a change, with their graphs and walks. */
export interface SideView {
  readonly files: readonly SideFile[];
  flow(file: SideFile): FlowFile;
}

/** The code that all patches of a series show together, at each point of it; whole functions where the patches put them together. */
export interface SeriesCode {
  /** How many patches of the series are at hand. */
  readonly count: number;
  /**
   * The code behind the first `applied` patches; behind none of them for 0. What a later patch shows and no earlier one adds was
   * there before. `isChanged` and `mailPlace` of its files are those of the patch that was applied last, as far as it shows the line.
   */
  after(applied: number): SeriesState;
}

/** One point of a series. */
export interface SeriesState extends SideView {
  /** Which patch shows a line (`2/5`), so that its place is one in that mail; null where the one that was applied last does, or none. */
  partOf(file: SideFile, offset: number): string | null;
  /** Whether a patch that is not at hand changes the file too, between two that are. */
  hasUnseenChange(path: string): boolean;
}

export interface RuleContext {
  readonly side: 'before' | 'after' | 'present';
  readonly outside: Outside;
  readonly cancel: CancelToken;
  /** Era of the contract tables (`v6.12`, `defdom-2020-v3`, ...), and whether it was detected with certainty. */
  readonly era: { readonly id: string; readonly certain: boolean };
  /** The message under review, so that a reply or a cover letter without a diff can be read too; null for plain sources. */
  readonly message: Message | null;
  /** The patch under review (the message's own, or the one that it quotes); null where there is none, and for plain sources. */
  readonly patch: Patch | null;
  /** Patches of the same series at hand, this one included; empty for plain sources. */
  readonly series: readonly Patch[];
  /**
   * The code of the series, from the mails alone, and how many patches of it are applied here, this one being the last; null for what
   * is no part of a series of several.
   */
  readonly seriesCode: { readonly code: SeriesCode; readonly applied: number } | null;
  readonly files: readonly SideFile[];
  /** The files after the patch, where this side is the one before it; null for the others. What the patch does there tells what it mends. */
  readonly after: SideView | null;
  /** The files before the patch, where this side is the one after it; null for the others. */
  readonly before: SideView | null;
  /** Graphs, walks and summaries of a file's functions; all files of the side are analysed together, once for all rules. */
  flow(file: SideFile): FlowFile;
  /** Runs the patch on the model when a rule first asks; null where nothing was run. */
  model(): ModelView | null;
  report(finding: RawFinding): void;
  /** A suspicious place that was checked and is right. `run`: how the model knows it; absent for what was read. */
  confirm(at: At, functionName: string | null, message: string, run?: ConfirmedByRun): void;
  unknown(reason: UnknownReason, detail: string, at: At | null, functionName: string | null): void;
}

export interface ConfirmedByRun {
  /** How many states were explored. */
  readonly states: number;
  /** A schedule that shows how it holds, or null. */
  readonly trace: PlacedTrace | null;
}

export interface Rule {
  readonly meta: RuleMeta;
  readonly messages: Messages;
  check(context: RuleContext): void;
}

/** Keeps the literal types of a rule's parts. */
export function defineRule(rule: Rule): Rule {
  return rule;
}
