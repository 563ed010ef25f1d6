// What was followed and what was not: the functions that a patch changes, or all functions of a plain file.

import type { FunctionCounts } from '../../protocol/report.ts';
import type { CFunction } from '../syntax/types.ts';
import type { RuleContext } from '../rules/rule.ts';
import type { CollectedUnknown } from './collect.ts';
import type { ReviewedFile } from './side.ts';

export interface Coverage {
  readonly counts: FunctionCounts;
  readonly unknowns: readonly CollectedUnknown[];
}

/** Counts the functions that count: with a patch those with a changed line, else all. Every one that is not `analysed` says why. */
export function coverage(files: readonly ReviewedFile[], flow: RuleContext['flow'], all: boolean): Coverage {
  const counts = { total: 0, analysed: 0, partly: 0, failed: 0 };
  const unknowns: CollectedUnknown[] = [];
  for (const file of files) {
    for (const problem of file.c.problems.filter((one) => one.kind === 'limit'))
      unknowns.push({ rule: null, reason: 'limit', detail: `${file.path}: ${problem.message}`, at: null, function: null });
    for (const one of flow(file).coverage((fn) => all || isChanged(file, fn))) {
      counts.total++;
      counts[one.status]++;
      for (const { reason, span, detail } of one.reasons)
        if (reason !== 'gap') unknowns.push({ rule: null, reason, detail, at: { file, span }, function: one.function });
    }
  }
  return { counts, unknowns };
}

function isChanged(file: ReviewedFile, fn: CFunction): boolean {
  const last = file.index.lineOf(Math.max(fn.span.start, fn.span.end - 1));
  for (let line = file.index.lineOf(fn.span.start); line <= last; line++) if (file.isChanged(file.index.startOf(line))) return true;
  return false;
}
