// Runs the rules over one side of a change and keeps what they say, with an identity that survives moved lines.

import type { UnknownReason } from '../../protocol/report.ts';
import type { Outside } from '../base/outside.ts';
import { throwIfCancelled, type CancelToken } from '../base/cancel.ts';
import type { FlowMemory } from '../flow/flow-file.ts';
import { TreeClasses } from '../flow/tree-classes.ts';
import { analyseFiles, type FlowFile } from '../flow/program.ts';
import { TreeTypes } from '../flow/tree-types.ts';
import type { TreeFunctions } from '../flow/tree-functions.ts';
import type { Message, Patch } from '../patch/types.ts';
import type { At, ConfirmedByRun, RawFinding, Rule, RuleContext } from '../rules/rule.ts';
import type { ReviewedFile, Side } from './side.ts';

export interface CollectedFinding {
  readonly rule: Rule;
  readonly raw: RawFinding;
  /** Equal for the same fact on both sides of the change: rule, function, fact and its occurrence. */
  readonly key: string;
}

export interface CollectedUnknown {
  readonly rule: string | null;
  readonly reason: UnknownReason;
  readonly detail: string;
  readonly at: At | null;
  readonly function: string | null;
}

export interface CollectedConfirmation {
  readonly rule: Rule;
  readonly at: At;
  readonly function: string | null;
  readonly message: string;
  /** How the model knows it; null for what was read. */
  readonly run: ConfirmedByRun | null;
}

export interface Collected {
  readonly findings: readonly CollectedFinding[];
  readonly unknowns: readonly CollectedUnknown[];
  readonly confirmed: readonly CollectedConfirmation[];
}

export interface CollectInput {
  readonly side: Side;
  readonly files: readonly ReviewedFile[];
  /** The side after the patch, where this is the one before it. */
  readonly after: RuleContext['after'];
  /** The side before the patch, where this is the one after it. */
  readonly before: RuleContext['before'];
  readonly message: Message | null;
  readonly patch: Patch | null;
  readonly series: readonly Patch[];
  readonly seriesCode: RuleContext['seriesCode'];
  readonly era: { readonly id: string; readonly certain: boolean };
  readonly rules: readonly Rule[];
  /** Flow facts of the files of the side. */
  readonly flow: RuleContext['flow'];
  /** What running the patch showed of the side, worked out when first asked for. */
  readonly model: RuleContext['model'];
  readonly outside: Outside;
  readonly cancel: CancelToken;
}

/** Everything that the rules say of one side, in the order of the rules and of the text. */
export function collect(input: CollectInput): Collected {
  const findings: CollectedFinding[] = [];
  const unknowns: CollectedUnknown[] = [];
  const confirmed: CollectedConfirmation[] = [];
  for (const rule of input.rules) {
    throwIfCancelled(input.cancel);
    const said: RawFinding[] = [];
    const context: RuleContext = {
      side: input.side,
      outside: input.outside,
      cancel: input.cancel,
      era: input.era,
      message: input.message,
      patch: input.patch,
      series: input.series,
      seriesCode: input.seriesCode,
      files: input.files,
      after: input.after,
      before: input.before,
      flow: input.flow,
      model: input.model,
      report: (raw) => said.push(raw),
      confirm: (at, functionName, message, run) => {
        confirmed.push({ rule, at, function: functionName, message, run: run ?? null });
      },
      unknown: (reason, detail, at, functionName) => {
        unknowns.push({ rule: rule.meta.id, reason, detail, at, function: functionName });
      },
    };
    rule.check(context);
    findings.push(...numbered(rule, withTraces(said)));
  }
  // What a rule reports in a function it cannot call right there for having been run.
  const isReported = (one: CollectedConfirmation): boolean =>
    one.run !== null && findings.some((finding) => finding.rule === one.rule && finding.raw.function === one.function);
  return { findings, unknowns, confirmed: confirmed.filter((one) => !isReported(one)) };
}

/**
 * Gives equal facts their occurrence: those on lines that the patch leaves alone come first, so that they meet on both sides of it
 * whatever it adds before them.
 */
function numbered(rule: Rule, said: readonly RawFinding[]): CollectedFinding[] {
  const facts = new Map<string, RawFinding[]>();
  const factOf = (raw: RawFinding): string => `${rule.meta.id}\0${raw.function ?? ''}\0${raw.fact}`;
  for (const raw of said) {
    const equal = facts.get(factOf(raw));
    if (equal) equal.push(raw);
    else facts.set(factOf(raw), [raw]);
  }
  for (const equal of facts.values()) if (equal.length > 1) equal.sort((left, right) => Number(isChanged(left)) - Number(isChanged(right)));
  return said.map((raw) => {
    const fact = factOf(raw);
    const occurrence = facts.get(fact)?.indexOf(raw) ?? 0;
    return { rule, raw, key: occurrence === 0 ? fact : `${fact}\0${String(occurrence)}` };
  });
}

function isChanged({ at }: RawFinding): boolean {
  return 'file' in at && at.file.isChanged(at.span.start);
}

/**
 * What a rule read and what a run showed are one fact where they are of one function: the place and the words are those of the reading,
 * so that they stay the same without a run; the schedule, and the places that it adds, are those of the run.
 */
function withTraces(said: readonly RawFinding[]): RawFinding[] {
  const merged = said.filter((raw) => raw.trace === undefined);
  const read = merged.length;
  for (const run of said) {
    if (run.trace === undefined) continue;
    const index = merged.findIndex(
      (raw, at) => at < read && (raw.function === run.function || (raw.function === null && isOneLine(raw, run))),
    );
    const same = merged[index];
    if (same === undefined) merged.push(run);
    else if (same.trace === undefined) merged[index] = withTrace(same, run);
  }
  return merged;
}

function withTrace(read: RawFinding, run: RawFinding): RawFinding {
  const known = new Set(read.evidence.map((step) => ('file' in step.at ? step.at.span.start : -1)));
  return {
    ...read,
    why: `${read.why} ${run.why}`,
    evidence: [...read.evidence, ...run.evidence.filter((step) => !('file' in step.at) || !known.has(step.at.span.start))],
    ...(run.confidence === undefined ? {} : { confidence: run.confidence }),
    witness: run.witness === true || read.witness === true,
    assumptions: [...(read.assumptions ?? []), ...(run.assumptions ?? [])],
    ...(run.trace === undefined ? {} : { trace: run.trace }),
  };
}

/** Whether two findings stand on one stretch of code. */
function isOneLine({ at: left }: RawFinding, { at: right }: RawFinding): boolean {
  if (!('file' in left) || !('file' in right) || left.file !== right.file) return false;
  return left.span.start < right.span.end && right.span.start < left.span.end;
}

/** Analyses the files of a side together when somebody first asks; functions of other files are found in the tree, and contracts speak for the rest. */
export function flowOf(
  files: readonly ReviewedFile[],
  era: RuleContext['era'],
  outside: Outside,
  tree: TreeFunctions | null,
  cancel: CancelToken,
  memory: FlowMemory | null = null,
): RuleContext['flow'] {
  let flows: readonly FlowFile[] | null = null;
  return (file) => {
    flows ??= analyseFiles(files, {
      cancel,
      era: { id: era.id, certain: era.certain },
      classes: TreeClasses.of(outside),
      tree,
      types: outside.hasTree ? TreeTypes.of(outside) : null,
      memory,
    });
    const found = flows.find((flow) => flow.c === file.c);
    if (!found) throw new RangeError(`${file.path} is no file of this side`);
    return found;
  };
}
