// iommuReview/trace: the schedule of a finding, or of what holds, as the debug adapter takes it.

import { LSPErrorCodes, ResponseError } from 'vscode-languageserver/node';
import type { TraceResult } from '../../protocol/editor.ts';
import type { MailRange, Trace } from '../../protocol/finding.ts';
import type { Session } from '../session.ts';

/** Answers from the finished review; errors carry a message for the user. */
export function traceOfFinding(session: Session, params: unknown): TraceResult {
  const { uri, fingerprint } = params as Partial<Record<'uri' | 'fingerprint', unknown>>;
  if (typeof uri !== 'string' || typeof fingerprint !== 'string')
    throw new ResponseError(LSPErrorCodes.RequestFailed, 'a schedule is asked for by document and fingerprint');
  const snapshot = session.documents.get(uri);
  const reviewed = snapshot && session.reviews.finished(snapshot);
  const report = reviewed?.outcome.kind === 'reviewed' ? reviewed.outcome.report : null;
  const shown = report === null ? [] : [...report.findings, ...report.confirmed];
  const finding = shown.find((one) => one.fingerprint === fingerprint);
  if (!snapshot || !finding)
    throw new ResponseError(LSPErrorCodes.ContentModified, 'the text changed since this finding was shown; review it again');
  if (finding.trace === null) throw new ResponseError(LSPErrorCodes.RequestFailed, 'this finding has no schedule');
  // A document that is no file is opened again by its URI.
  const trace = uri.startsWith('file:') ? finding.trace : withPath(finding.trace, snapshot.path, uri);
  return { name: `${finding.rule} ${finding.trace.scenario}`, trace, kernel: session.kernelRoot };
}

/** The trace with another name for a mail. */
function withPath(trace: Trace, from: string, to: string): Trace {
  const renamed = <T extends { readonly mail?: MailRange | null }>(one: T): T =>
    one.mail?.path === from ? { ...one, mail: { ...one.mail, path: to } } : one;
  const placed = <T extends Trace['steps'][number] | NonNullable<Trace['ends']>[number]>(one: T): T => ({
    ...renamed(one),
    frame: one.frame.map(renamed),
  });
  return { ...trace, steps: trace.steps.map(placed), ...(trace.ends === undefined ? {} : { ends: trace.ends.map(placed) }) };
}
