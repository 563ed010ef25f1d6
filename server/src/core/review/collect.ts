// Runs the rules over one side of a change and keeps what they say, with an identity that survives moved lines.

import type { UnknownReason } from '../../protocol/report.ts';
import type { Outside } from '../base/outside.ts';
import { throwIfCancelled, type CancelToken } from '../base/cancel.ts';
import { TreeClasses } from '../flow/tree-classes.ts';
import { analyseFiles, type FlowFile } from '../flow/program.ts';
import { TreeTypes } from '../flow/tree-types.ts';
import type { TreeFunctions } from '../flow/tree-functions.ts';
import type { Message, Patch } from '../patch/types.ts';
import type { At, RawFinding, Rule, RuleContext } from '../rules/rule.ts';
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
}

export interface Collected {
  readonly findings: readonly CollectedFinding[];
  readonly unknowns: readonly CollectedUnknown[];
  readonly confirmed: readonly CollectedConfirmation[];
}

export interface CollectInput {
  readonly side: Side;
  readonly files: readonly ReviewedFile[];
  readonly message: Message | null;
  readonly patch: Patch | null;
  readonly series: readonly Patch[];
  readonly era: { readonly id: string; readonly certain: boolean };
  readonly rules: readonly Rule[];
  /** Flow facts of the files of the side. */
  readonly flow: RuleContext['flow'];
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
    const seen = new Map<string, number>();
    const context: RuleContext = {
      side: input.side,
      outside: input.outside,
      cancel: input.cancel,
      era: input.era,
      message: input.message,
      patch: input.patch,
      series: input.series,
      files: input.files,
      flow: input.flow,
      report: (raw) => {
        const fact = `${rule.meta.id}\0${raw.function ?? ''}\0${raw.fact}`;
        const occurrence = seen.get(fact) ?? 0;
        seen.set(fact, occurrence + 1);
        findings.push({ rule, raw, key: occurrence === 0 ? fact : `${fact}\0${String(occurrence)}` });
      },
      confirm: (at, functionName, message) => {
        confirmed.push({ rule, at, function: functionName, message });
      },
      unknown: (reason, detail, at, functionName) => {
        unknowns.push({ rule: rule.meta.id, reason, detail, at, function: functionName });
      },
    };
    rule.check(context);
  }
  return { findings, unknowns, confirmed };
}

/** Analyses the files of a side together when somebody first asks; functions of other files are found in the tree, and contracts speak for the rest. */
export function flowOf(
  files: readonly ReviewedFile[],
  era: RuleContext['era'],
  outside: Outside,
  tree: TreeFunctions | null,
  cancel: CancelToken,
): RuleContext['flow'] {
  let flows: readonly FlowFile[] | null = null;
  return (file) => {
    flows ??= analyseFiles(files, {
      cancel,
      era: { id: era.id, certain: era.certain },
      classes: new TreeClasses(outside),
      tree,
      types: outside.hasTree ? new TreeTypes(outside) : null,
    });
    const found = flows.find((flow) => flow.c === file.c);
    if (!found) throw new RangeError(`${file.path} is no file of this side`);
    return found;
  };
}
