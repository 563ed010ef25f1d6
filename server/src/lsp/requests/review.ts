// iommuReview/review: reviews a document, a piece of text or a git range, and answers with a summary to read.

import { LSPErrorCodes, ResponseError, WorkDoneProgress, type CancellationToken, type Connection } from 'vscode-languageserver/node';
import { Cancelled } from '../../core/base/cancel.ts';
import type { UnitReport } from '../../protocol/analysis.ts';
import type { ReviewParams, ReviewResult, ReviewTarget } from '../../protocol/editor.ts';
import { AnalysisError } from '../analysis.ts';
import { Snapshot } from '../document.ts';
import { summaryOf } from '../present/summary.ts';
import { groundOf, type Session } from '../session.ts';
import { signalOf } from '../signal.ts';
import { readRange } from '../range.ts';
import { reviewOptions, unitOf, unitOfRange } from '../units.ts';

/** Larger texts are refused, in UTF-16 units; so are larger ranges, in bytes. */
const LARGEST = 64 * 1024 * 1024;

/** Errors carry a message for the user: what was wrong with the input. */
export async function reviewInput(
  session: Session,
  connection: Connection,
  params: unknown,
  token: CancellationToken,
): Promise<ReviewResult> {
  const read = readParams(params);
  if (!read) throw new ResponseError(LSPErrorCodes.RequestFailed, 'a review needs a target: a document, a text or a range');
  const { target, workDoneToken } = read;
  const report = (kind: 'begin' | 'end'): void => {
    if (workDoneToken === undefined) return;
    const value = kind === 'begin' ? { kind, title: 'Reviewing', cancellable: true } : { kind };
    void connection.sendProgress(WorkDoneProgress.type, workDoneToken, value);
  };
  report('begin');
  try {
    return await reviewTarget(session, target, signalOf(token));
  } catch (error) {
    if (error instanceof Cancelled) throw new ResponseError(LSPErrorCodes.RequestCancelled, 'cancelled');
    if (error instanceof AnalysisError) throw new ResponseError(LSPErrorCodes.RequestFailed, error.message);
    throw error;
  } finally {
    report('end');
  }
}

async function reviewTarget(session: Session, target: ReviewTarget, signal: AbortSignal): Promise<ReviewResult> {
  switch (target.kind) {
    case 'document': {
      const snapshot = session.documents.get(target.uri);
      if (!snapshot) throw new AnalysisError('failed', 'The document is not open.');
      if (snapshot.kind !== 'source')
        return ofText(session, { ...target, kind: 'text', name: snapshot.path, text: snapshot.text, startLine: 1 }, signal);
      const { outcome } = await session.reviews.review(snapshot);
      if (outcome.kind === 'refused') throw new AnalysisError(outcome.reason, outcome.message);
      return summaryOf(outcome.report, snapshot.path, groundOf(session, snapshot), true);
    }
    case 'text':
      return ofText(session, target, signal);
    case 'range': {
      if (!session.settings.trusted) throw new AnalysisError('failed', 'Git is not run in a folder that is not trusted.');
      const patches = await readRange(target.folder, target.range, signal);
      if (patches.length > LARGEST) throw new AnalysisError('limit', `The patches are larger than ${LARGEST / 1024 / 1024} MB.`);
      const unit = await unitOfRange(target.range, patches, signal);
      const report = await session.analysis.review(unit, reviewOptions(session.settings), signal);
      // No document shows these patches, so that nothing leads anywhere.
      const nowhere = new Snapshot(`untitled:${encodeURIComponent(target.range)}`, 'kernel-patch-mail', 1, '');
      return summaryOf(report, target.range, groundOf(session, nowhere), false);
    }
  }
}

async function ofText(session: Session, target: Extract<ReviewTarget, { kind: 'text' }>, signal: AbortSignal): Promise<ReviewResult> {
  if (target.text.length > LARGEST) throw new AnalysisError('limit', `The text is larger than ${LARGEST / 1024 / 1024} MB.`);
  if (target.text.trim() === '') throw new AnalysisError('failed', 'The text is empty.');
  const opened = target.uri === null ? null : session.documents.get(target.uri);
  const isWhole = target.startLine === 1;
  const snapshot = opened ?? new Snapshot(target.uri ?? `untitled:${encodeURIComponent(target.name)}`, '', 1, target.text);
  if (snapshot.kind === 'source' && !isWhole) throw new AnalysisError('failed', 'A part of a C file cannot be reviewed; review the file.');
  const unit = await unitOf(snapshot, session.kernelRoot, signal, target);
  const report: UnitReport = await session.analysis.review(unit, reviewOptions(session.settings), signal);
  return summaryOf(report, target.name, groundOf(session, snapshot), opened !== null || (isWhole && target.uri !== null));
}

function readParams(value: unknown): ReviewParams | null {
  if (!isRecord(value) || !isRecord(value['target'])) return null;
  const { target, workDoneToken } = value;
  if (workDoneToken !== undefined && typeof workDoneToken !== 'string' && typeof workDoneToken !== 'number') return null;
  const read = readTarget(target as Record<string, unknown>);
  return read && { target: read, ...(workDoneToken === undefined ? {} : { workDoneToken }) };
}

function readTarget({ kind, uri, name, text, startLine, folder, range }: Record<string, unknown>): ReviewTarget | null {
  if (kind === 'document' && typeof uri === 'string') return { kind, uri };
  if (kind === 'range' && typeof folder === 'string' && typeof range === 'string') return { kind, folder, range };
  if (kind !== 'text' || typeof name !== 'string' || typeof text !== 'string') return null;
  const line = typeof startLine === 'number' && Number.isInteger(startLine) && startLine > 0 ? startLine : 1;
  return { kind, name, text, startLine: line, uri: typeof uri === 'string' ? uri : null };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
