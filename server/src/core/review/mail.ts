// One mail: its patch (or the one it quotes), before and after, through the rules.

import type { ReviewOptions } from '../../protocol/analysis.ts';
import type { Depth } from '../../protocol/finding.ts';
import type { InputKind } from '../../protocol/report.ts';
import type { CancelToken } from '../base/cancel.ts';
import { withoutTree, type Outside } from '../base/outside.ts';
import { TreeFunctions } from '../flow/tree-functions.ts';
import type { Message, Patch } from '../patch/types.ts';
import type { Rule, RuleContext } from '../rules/rule.ts';
import { collect, flowOf, type Collected } from './collect.ts';
import { compare } from './compare.ts';
import { coverage } from './coverage.ts';
import { eraOf, wordsOf } from './era.ts';
import { modelRunOf, scenariosOf, withoutModel } from './modelRun.ts';
import { inReadingOrder, toConfirmation, toFinding, toUnknown, type FindingContext } from './findings.ts';
import { joinDefects } from './oneDefect.ts';
import { otherCode, type PatchCode } from './otherCode.ts';
import { placePatch, type PatchedTree } from './patchSides.ts';
import { rawLines } from './rawLines.ts';
import type { WovenSeries } from './seriesCode.ts';
import type { ReviewedFile } from './side.ts';
import type { InputReview, ReadMail } from './types.ts';

export interface MailContext {
  /** Patches of the mail's series at hand. */
  readonly patches: readonly Patch[];
  /** The tree as the earlier patches of the series left it; this review adds its own. */
  readonly series: PatchedTree;
  /** What the earlier patches of the series show; this review adds its own. */
  readonly code: PatchCode[];
  /** The parts of the series as one text; null for a mail that is no part of one. */
  readonly woven: WovenSeries | null;
  /** All mails of the unit. */
  readonly inputs: readonly ReadMail[];
}

export function reviewMail(
  mail: ReadMail,
  context: MailContext,
  world: Outside,
  options: ReviewOptions,
  rules: readonly Rule[],
  cancel: CancelToken,
): InputReview {
  const { message } = mail;
  const patch = patchUnderReview(message, context.inputs);
  const { outside, sides, problems } = placePatch(message, patch, context.series, world, cancel);
  const era = eraOf(options.era, outside, wordsOf(message, patch), message.dateEpoch);
  const tree = outside.hasTree ? TreeFunctions.of(outside) : null;
  const flow = flowOf(sides.after, era, outside, tree, cancel);
  const flowBefore = flowOf(sides.before, era, outside, tree, cancel);
  const isQuoted = isQuotedAtHand(message, context.inputs);
  const earlier = [...context.code];
  const applied = context.woven?.numberOf(mail) ?? null;
  const code = applied === null ? null : (context.woven?.of(era, withoutTree(outside), cancel) ?? null);
  const model =
    options.model && patch !== null && !isQuoted
      ? modelRunOf({
          before: sides.before,
          after: sides.after,
          flowBefore,
          flowAfter: flow,
          era: era.id,
          scenarios: scenariosOf(options),
          onlyOwn: options.runs !== undefined && options.runs.scenarios !== null,
          others: () => otherCode(earlier, tree, [...sides.before, ...sides.after]),
          cancel,
        })
      : withoutModel;
  const run = (
    side: 'before' | 'after',
    files: readonly ReviewedFile[],
    flow: RuleContext['flow'],
    other: Pick<RuleContext, 'before' | 'after'>,
  ): Collected =>
    collect({
      side,
      files,
      ...other,
      message,
      patch,
      series: context.patches,
      seriesCode: code === null || applied === null ? null : { code, applied },
      era: { id: era.id, certain: era.certain },
      rules: isQuoted ? [] : rules,
      flow,
      model: () => model.view(side),
      outside,
      cancel,
    });
  const after = run('after', sides.after, flow, {
    before: patch === null ? null : { files: sides.before, flow: flowBefore },
    after: null,
  });
  const before =
    patch === null
      ? { findings: [], unknowns: [], confirmed: [] }
      : run('before', sides.before, flowBefore, { before: null, after: { files: sides.after, flow } });
  const part = message.tag.part === null ? null : `${String(message.tag.part[0])}/${String(message.tag.part[1])}`;
  if (options.model) context.code.push({ part: part ?? String(context.code.length + 1), files: sides.after, flow });
  const finding: FindingContext = {
    input: mail.id,
    path: message.path,
    isMail: true,
    patch,
    part,
    eraAssumed: era.beyondTables && !outside.hasTree ? era.id : null,
    outside,
    rawLine: rawLines(mail, outside),
  };
  const covered = coverage(sides.after, flow, patch === null);
  return {
    input: {
      id: mail.id,
      path: message.path,
      messageId: message.messageId,
      kind: mail.isOfRange ? 'range' : kindOf(message),
      subject: message.rawSubject,
      version: message.kind === 'other' ? null : message.tag.version,
      part: message.tag.part,
      series: null,
      depth: weakest(sides.files.map((file) => file.depth)),
      era: era.id,
      files: sides.files,
      problems: [...message.problems, ...(patch?.problems ?? []).filter((one) => !message.problems.includes(one)), ...problems],
    },
    findings: joinDefects(compare(before, after))
      .map((one) => toFinding(one, finding))
      .sort(inReadingOrder),
    confirmed: after.confirmed.map((one) => toConfirmation(one, finding)),
    unknowns: [...after.unknowns, ...model.unknowns(), ...covered.unknowns].map((one) => toUnknown(one, finding)),
    runs: options.runs === undefined ? [] : model.runs(options.runs, { path: message.path, side: part ?? 'after' }),
    files: sides.files.length,
    functions: covered.counts,
    lines: sides.after.reduce((total, file) => total + file.index.count, 0),
  };
}

/** The message's own patch, else the one that it quotes, unless that one is among the inputs itself. */
export function patchUnderReview(message: Message, inputs: readonly ReadMail[]): Patch | null {
  if (message.patch !== null) return message.patch;
  return isQuotedAtHand(message, inputs) ? null : message.quoted;
}

/** Whether a reply answers a patch that is among the inputs: then its quotes say nothing new. */
function isQuotedAtHand(message: Message, inputs: readonly ReadMail[]): boolean {
  if (message.patch !== null || message.quoted === null || message.inReplyTo === null) return false;
  const ids = new Set([message.inReplyTo, ...message.references]);
  return inputs.some(
    ({ message: other }) => other !== message && other.patch !== null && other.messageId !== null && ids.has(other.messageId),
  );
}

function kindOf(message: Message): InputKind {
  return message.kind === 'other' ? 'reply' : message.kind;
}

/** The least deep of the depths; prose alone is `text`. */
function weakest(depths: readonly Depth[]): Depth {
  const code = depths.filter((depth) => depth !== 'text');
  return code.length === 0 ? 'text' : code.includes('hunk') ? 'hunk' : code.includes('file') ? 'file' : 'tree';
}
