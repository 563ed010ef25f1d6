// The facade: mails of one series or thread, or C files, in; a slice of the report out.

import type { MailInput, ReviewOptions, UnitInput, UnitReport } from '../../protocol/analysis.ts';
import { throwIfCancelled, type CancelToken } from '../base/cancel.ts';
import type { Outside } from '../base/outside.ts';
import { threadComments } from '../patch/threads/comments.ts';
import { parseMessage } from '../patch/message.ts';
import { findSeries, type Series } from '../patch/threads/series.ts';
import type { Patch } from '../patch/types.ts';
import type { EditedSources } from './edited-source.ts';
import { markLaterFixes } from './laterFixes.ts';
import { reviewMail } from './mail.ts';
import { addCounts } from './merge.ts';
import { unpatchedTree, type PatchedTree } from './patchSides.ts';
import type { PatchCode } from './otherCode.ts';
import { inputId, recordOf } from './record.ts';
import { WovenSeries } from './seriesCode.ts';
import { selectRules } from './select.ts';
import { reviewSource } from './source.ts';
import type { InputReview, ReadMail } from './types.ts';

/**
 * Reviews what belongs together. The order of the report is the order of the inputs; patches of a series are applied in the order
 * of their numbers. Throws only `Cancelled`. What could not be read or reviewed stands in `problems` and `unknowns`.
 */
export function reviewUnit(
  unit: readonly UnitInput[],
  outside: Outside,
  options: ReviewOptions,
  cancel: CancelToken,
  edited: EditedSources | null = null,
): UnitReport {
  const rules = selectRules(options);
  const mails: ReadMail[] = [];
  const reviews = new Map<string, InputReview>();
  for (const input of unit) {
    throwIfCancelled(cancel);
    if (input.kind === 'source') reviews.set(inputId(input), reviewSource(inputId(input), input, outside, options, rules, cancel, edited));
    else mails.push(readMail(input, outside));
  }
  const series = findSeries(mails.map((mail) => mail.record));
  const trees = new Map<Series, PatchedTree>();
  const codes = new Map<Series, PatchCode[]>();
  const texts = new Map<Series, WovenSeries>();
  for (const index of inOrderOfParts(mails.length, series)) {
    throwIfCancelled(cancel);
    const mail = mails[index];
    if (mail === undefined) continue;
    const home = series.find((one) => one.parts.includes(index)) ?? null;
    const patches = (home?.parts ?? []).flatMap((part): Patch[] => [mails[part]?.message.patch ?? []].flat());
    const tree = (home === null ? undefined : trees.get(home)) ?? unpatchedTree();
    if (home !== null) trees.set(home, tree);
    const code = (home === null ? undefined : codes.get(home)) ?? [];
    if (home !== null) codes.set(home, code);
    const woven = home === null ? null : (texts.get(home) ?? new WovenSeries(home.parts.flatMap((part) => mails[part] ?? [])));
    if (home !== null && woven !== null) texts.set(home, woven);
    reviews.set(mail.id, reviewMail(mail, { patches, series: tree, code, woven, inputs: mails }, outside, options, rules, cancel));
  }
  const ordered = unit.flatMap((input) => reviews.get(inputId(input)) ?? []);
  const patches = new Map(mails.map((mail) => [mail.id, mail.message.patch]));
  return {
    inputs: ordered.map((review) => review.input),
    findings: markLaterFixes(ordered.map(({ input, findings }) => ({ input, findings, patch: patches.get(input.id) ?? null }))),
    confirmed: ordered.flatMap((review) => review.confirmed),
    unknowns: ordered.flatMap((review) => review.unknowns),
    comments: threadComments(
      mails.map((mail) => mail.message),
      mails.map((mail) => mail.id),
    ),
    ...(options.runs === undefined ? {} : { runs: ordered.flatMap((review) => review.runs) }),
    suppressions: { used: 0, unused: 0, expired: 0 },
    stats: {
      files: ordered.reduce((total, review) => total + review.files, 0),
      functions: ordered.map((review) => review.functions).reduce(addCounts, { total: 0, analysed: 0, partly: 0, failed: 0 }),
      lines: ordered.reduce((total, review) => total + review.lines, 0),
    },
  };
}

export function readMail(input: MailInput, outside: Outside): ReadMail {
  const message = parseMessage(input.bytes, input, outside);
  const { bytes, startLine, unquotedLines = [], origin } = input;
  return { id: inputId(input), message, record: recordOf(message, input), bytes, startLine, unquotedLines, isOfRange: origin === 'range' };
}

/** Indices of all mails; parts of a series in the order of their numbers, at the place of the first of them. */
function inOrderOfParts(count: number, series: readonly Series[]): number[] {
  const order: number[] = [];
  const done = new Set<number>();
  for (let index = 0; index < count; index++) {
    const home = series.find((one) => one.parts.includes(index));
    for (const next of home?.parts ?? [index]) {
      if (!done.has(next)) order.push(next);
      done.add(next);
    }
  }
  return order;
}
