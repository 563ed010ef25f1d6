// Parts of a report for what could not be read or reviewed: the input, and why there is nothing more of it.

import type { MailRecord, UnitReport } from '../../protocol/analysis.ts';
import type { Problem, ReviewInput, UnknownReason } from '../../protocol/report.ts';
import { inputId } from '../../core/review/record.ts';
import type { JobResult } from '../analysis/pool.ts';
import type { ReadFailure } from './read-all.ts';

export interface PlacedPart {
  /** Index of its first input among everything that was read. */
  readonly at: number;
  readonly part: UnitReport;
}

const noWork = {
  suppressions: { used: 0, unused: 0, expired: 0 },
  stats: { files: 0, functions: { total: 0, analysed: 0, partly: 0, failed: 0 }, lines: 0 },
};

function emptyInput(path: string, id: string, problem: Problem): ReviewInput {
  const kind = /\.[ch]$/.test(path) ? 'source' : 'patch';
  const unknown = { messageId: null, subject: null, version: null, part: null, series: null };
  return { id, path, kind, ...unknown, depth: 'text', era: 'auto', files: [], problems: [problem] };
}

function partOf(inputs: readonly ReviewInput[], reason: UnknownReason | null, detail: string): UnitReport {
  const nowhere = { rule: null, function: null, location: null };
  const unknowns = reason === null ? [] : inputs.map((input) => ({ input: input.id, ...nowhere, reason, detail }));
  return { inputs, findings: [], confirmed: [], unknowns, comments: [], ...noWork };
}

/** An input whose review was lost, with its record where there is one. */
export interface LostInput {
  readonly path: string;
  /** 1-based line of the file at which it begins. */
  readonly startLine: number;
  readonly record: MailRecord | string | undefined;
}

/** The part of a unit whose analysis ended without a result. */
export function lostUnit(lost: readonly LostInput[], result: Extract<JobResult<UnitReport>, { ok: false }>): UnitReport {
  const isTime = result.reason === 'time' || result.reason === 'cancelled';
  const message = result.reason === 'cancelled' ? 'not reviewed: the time budget ended the run' : `not reviewed: ${result.message}`;
  const inputs = lost.map((input): ReviewInput => {
    const base = emptyInput(input.path, inputId(input), { kind: isTime ? 'time' : result.reason, line: null, message });
    const { record } = input;
    if (record === undefined || typeof record === 'string') return base;
    const { messageId, subject, version, part } = record;
    return { ...base, messageId, kind: record.kind === 'other' ? 'patch' : record.kind, subject, version, part };
  });
  return partOf(inputs, isTime ? 'time' : 'limit', message);
}

/**
 * Puts what could not be read into the parts: as a problem of the last input of the same file, or as an input of its own where nothing
 * else of the file was read.
 */
export function withFailures(parts: readonly PlacedPart[], failures: readonly ReadFailure[]): PlacedPart[] {
  const placed = [...parts];
  for (const failure of failures) {
    const problem = { kind: failure.problem.kind, line: null, message: failure.problem.message };
    if (failure.id === null && addProblem(placed, failure.path, problem)) continue;
    const input = emptyInput(failure.path, failure.id ?? failure.path, problem);
    placed.push({ at: failure.at, part: partOf([input], null, problem.message) });
  }
  return placed;
}

function addProblem(parts: PlacedPart[], path: string, problem: Problem): boolean {
  for (let index = parts.length - 1; index >= 0; index--) {
    const placed = parts[index];
    const inputs = placed?.part.inputs ?? [];
    const position = inputs.findLastIndex((input) => input.path === path);
    const input = inputs[position];
    if (placed === undefined || input === undefined) continue;
    const mended = { ...input, problems: [...input.problems, problem] };
    parts[index] = { at: placed.at, part: { ...placed.part, inputs: inputs.with(position, mended) } };
    return true;
  }
  return false;
}
