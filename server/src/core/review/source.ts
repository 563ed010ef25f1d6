// A C file that is not a patch: it has no before and after.

import type { ReviewOptions, SourceInput } from '../../protocol/analysis.ts';
import type { Finding } from '../../protocol/finding.ts';
import type { CancelToken } from '../base/cancel.ts';
import type { Outside } from '../base/outside.ts';
import { TreeFunctions } from '../flow/tree-functions.ts';
import type { Rule } from '../rules/rule.ts';
import { collect, flowOf } from './collect.ts';
import { coverage } from './coverage.ts';
import { eraOf } from './era.ts';
import { inReadingOrder, toConfirmation, toFinding, toUnknown, type FindingContext } from './findings.ts';
import { decodeC } from './decodeC.ts';
import type { EditedSources } from './edited-source.ts';
import { joinDefects } from './oneDefect.ts';
import { presentSide } from './sides.ts';
import type { InputReview } from './types.ts';

export function reviewSource(
  id: string,
  source: SourceInput,
  world: Outside,
  options: ReviewOptions,
  rules: readonly Rule[],
  cancel: CancelToken,
  edited: EditedSources | null = null,
): InputReview {
  const path = source.treePath ?? source.path;
  const outside = world.near(source.treePath === null ? [] : [source.treePath]);
  const { text, problems } = decodeC(source.bytes, outside);
  const words = new Set(text.match(/[A-Za-z_]\w*/g));
  const era = eraOf(options.era, outside, words, null);
  const ground = [era.id, era.certain, outside.state?.() ?? outside];
  const opened = edited?.of(path).open(text, outside, ground);
  const file = opened?.file ?? presentSide(path, text, outside);
  const flow = flowOf([file], era, outside, outside.hasTree ? TreeFunctions.of(outside) : null, cancel, opened?.memory);
  const found = collect({
    side: 'present',
    files: [file],
    after: null,
    before: null,
    message: null,
    patch: null,
    series: [],
    seriesCode: null,
    era: { id: era.id, certain: era.certain },
    rules,
    flow,
    model: () => null,
    outside,
    cancel,
  });
  const context: FindingContext = {
    input: id,
    path: source.path,
    isMail: false,
    patch: null,
    part: null,
    eraAssumed: era.beyondTables && !outside.hasTree ? era.id : null,
    outside,
    rawLine: (line) => file.index.lineText(line),
  };
  const covered = coverage([file], flow, true);
  const findings: Finding[] = joinDefects(found.findings.map((finding) => ({ finding, status: 'present' })))
    .map((one) => toFinding(one, context))
    .sort(inReadingOrder);
  return {
    input: {
      id,
      path: source.path,
      messageId: null,
      kind: 'source',
      subject: null,
      version: null,
      part: null,
      series: null,
      depth: 'file',
      era: era.id,
      files: [{ path, depth: 'file', base: 'tree', problems }],
      problems,
    },
    findings,
    confirmed: found.confirmed.map((one) => toConfirmation(one, context)),
    unknowns: [...found.unknowns, ...covered.unknowns].map((one) => toUnknown(one, context)),
    runs: [],
    files: 1,
    functions: covered.counts,
    lines: file.index.count,
  };
}
