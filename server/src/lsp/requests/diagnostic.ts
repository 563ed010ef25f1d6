// textDocument/diagnostic: the diagnostics of a document, when its review is done.

import { DocumentDiagnosticReportKind, type DocumentDiagnosticParams, type DocumentDiagnosticReport } from 'vscode-languageserver/node';
import { diagnosticsOf } from '../present/diagnostics.ts';
import { diagnosticContext, isReviewed, type Session } from '../session.ts';

/** Rejects with `Cancelled` where a newer version came in between; the client is then asked to pull again. */
export async function documentDiagnostics(session: Session, params: DocumentDiagnosticParams): Promise<DocumentDiagnosticReport> {
  const snapshot = session.documents.get(params.textDocument.uri);
  if (!snapshot || !isReviewed(session, snapshot)) return { kind: DocumentDiagnosticReportKind.Full, items: [] };
  const resultId = session.reviews.resultId(snapshot);
  if (params.previousResultId === resultId) return { kind: DocumentDiagnosticReportKind.Unchanged, resultId };
  const reviewed = await session.reviews.review(snapshot);
  return { kind: DocumentDiagnosticReportKind.Full, resultId, items: diagnosticsOf(reviewed, diagnosticContext(session)) };
}
