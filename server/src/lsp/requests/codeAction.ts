// textDocument/codeAction and codeAction/resolve: fixes of the findings in a range, as plain edits of the document, and the way into the
// debugger for those with a schedule.

import {
  CodeActionKind,
  LSPErrorCodes,
  ResponseError,
  type CodeAction,
  type CodeActionParams,
  type Diagnostic,
  type Range,
} from 'vscode-languageserver/node';
import type { Finding, Fix } from '../../protocol/finding.ts';
import { diagnosticOf, isPublished } from '../present/diagnostics.ts';
import { isApplicable, textEdits, workspaceEdit } from '../present/fixes.ts';
import { rangeOf } from '../present/places.ts';
import { stepThrough } from './codeLens.ts';
import { diagnosticContext, groundOf, type Session } from '../session.ts';

/** What an action carries until it is resolved. */
interface ActionData {
  readonly uri: string;
  readonly version: number;
  readonly fingerprint: string;
  readonly fix: number;
}

export function codeActions(session: Session, { textDocument, range, context }: CodeActionParams): CodeAction[] {
  if (context.only && !context.only.some((kind) => isKind(CodeActionKind.QuickFix, kind))) return [];
  const snapshot = session.documents.get(textDocument.uri);
  const reviewed = snapshot && session.reviews.finished(snapshot);
  if (!snapshot || reviewed?.outcome.kind !== 'reviewed') return [];
  const ground = groundOf(session, snapshot);
  return reviewed.outcome.report.findings
    .filter((finding) => isPublished(finding, session.settings) && overlaps(rangeOf(finding, ground), range))
    .flatMap((finding) => {
      const diagnostic = diagnosticOf(finding, ground, diagnosticContext(session));
      return [
        ...debugActions(session, finding, diagnostic, snapshot.uri),
        ...finding.fixes.flatMap((fix, index) => {
          if (!isApplicable(fix, ground)) return [];
          const data: ActionData = { uri: snapshot.uri, version: snapshot.version, fingerprint: finding.fingerprint, fix: index };
          const action = actionOf(fix, diagnostic, data);
          return [session.features.lazyEdits ? action : { ...action, edit: editOf(session, fix, data.uri) }];
        }),
      ];
    });
}

/** Fills in the edit. Refused with `ContentModified` where the text is no longer the one that the action was made for. */
export function resolveCodeAction(session: Session, action: CodeAction): CodeAction {
  // Clients also ask for the edit of an action that is a command.
  if (action.command) return action;
  const data = readData(action.data);
  if (!data) throw new ResponseError(LSPErrorCodes.RequestFailed, 'this action did not come from this server');
  const snapshot = session.documents.get(data.uri);
  const reviewed = snapshot?.version === data.version ? session.reviews.finished(snapshot) : null;
  const findings = reviewed?.outcome.kind === 'reviewed' ? reviewed.outcome.report.findings : [];
  const fix = findings.find((finding: Finding) => finding.fingerprint === data.fingerprint)?.fixes[data.fix];
  if (!snapshot || !fix || !isApplicable(fix, groundOf(session, snapshot))) {
    throw new ResponseError(LSPErrorCodes.ContentModified, 'the text changed since this fix was offered; ask for it again');
  }
  return { ...action, edit: editOf(session, fix, data.uri) };
}

/** The way into the debugger, for an editor that has the command. */
function debugActions(session: Session, finding: Finding, diagnostic: Diagnostic, uri: string): CodeAction[] {
  if (finding.trace === null || !session.settings.stepThrough) return [];
  const command = stepThrough(finding, uri);
  return [{ title: command.title, kind: CodeActionKind.QuickFix, diagnostics: [diagnostic], command }];
}

function actionOf(fix: Fix, diagnostic: Diagnostic, data: ActionData): CodeAction {
  const safe = fix.safety === 'safe';
  return { title: fix.title, kind: CodeActionKind.QuickFix, diagnostics: [diagnostic], ...(safe ? { isPreferred: true } : {}), data };
}

function editOf(session: Session, fix: Fix, uri: string): NonNullable<CodeAction['edit']> {
  const snapshot = session.documents.get(uri);
  if (!snapshot) throw new ResponseError(LSPErrorCodes.ContentModified, 'the document was closed');
  return workspaceEdit(textEdits(fix, snapshot), snapshot, session.features.versionedEdits);
}

function readData(value: unknown): ActionData | null {
  if (typeof value !== 'object' || value === null) return null;
  const { uri, version, fingerprint, fix } = value as Partial<Record<keyof ActionData, unknown>>;
  if (typeof uri !== 'string' || typeof version !== 'number' || typeof fingerprint !== 'string' || typeof fix !== 'number') return null;
  return { uri, version, fingerprint, fix };
}

/** Whether an action of `kind` is asked for by `wanted`, which may be a wider kind. */
function isKind(kind: string, wanted: string): boolean {
  return wanted === '' || kind === wanted || kind.startsWith(`${wanted}.`);
}

function overlaps(a: Range, b: Range): boolean {
  const before = (p: Range['start'], q: Range['start']) => p.line < q.line || (p.line === q.line && p.character < q.character);
  return !before(a.end, b.start) && !before(b.end, a.start);
}
