// textDocument/hover: the findings at a position, explained, and the locks that are held on its line. Findings come from the finished
// review and are never waited for; locks are asked for, but what the findings say does not wait long for them.

import { MarkupKind, type CancellationToken, type Hover, type HoverParams, type Range } from 'vscode-languageserver/node';
import { setTimeout as after } from 'node:timers/promises';
import { Cancelled } from '../../core/base/cancel.ts';
import type { LockReport } from '../../protocol/locks.ts';
import { AnalysisError } from '../analysis.ts';
import type { Snapshot } from '../document.ts';
import { isPublished } from '../present/diagnostics.ts';
import { explainInMarkdown, explainInText } from '../present/explanation.ts';
import { explainLocksInMarkdown, explainLocksInText, explainUnread, locksOnLine, unreadFunction } from '../present/locks.ts';
import { rangeOf } from '../present/places.ts';
import { groundOf, isReviewed, type Session } from '../session.ts';
import { signalOf } from '../signal.ts';

/** So long does a finding's explanation wait for the locks of its line, in milliseconds. */
const PATIENCE = 300;

/** Rejects with `Cancelled`. */
export async function hover(session: Session, { textDocument, position }: HoverParams, token: CancellationToken): Promise<Hover | null> {
  const snapshot = session.documents.get(textDocument.uri);
  if (!snapshot || !isReviewed(session, snapshot)) return null;
  const found = findingsAt(session, snapshot, position);
  const signal = signalOf(token);
  const asked = lockText(session, snapshot, snapshot.lineOf(position), signal);
  const locks = await (found === null ? asked : Promise.race([asked, after(PATIENCE, null)]));
  if (signal.aborted) throw new Cancelled();
  const texts = [...(found?.texts ?? []), ...(locks === null ? [] : [locks])];
  if (texts.length === 0) return null;
  const { markdownHover } = session.features;
  const kind = markdownHover ? MarkupKind.Markdown : MarkupKind.PlainText;
  const range = found?.range ?? snapshot.lineRange(snapshot.lineOf(position));
  return { contents: { kind, value: texts.join(markdownHover ? '\n\n---\n\n' : '\n\n') }, range };
}

function findingsAt(
  session: Session,
  snapshot: Snapshot,
  position: HoverParams['position'],
): { readonly range: Range; readonly texts: readonly string[] } | null {
  const reviewed = session.reviews.finished(snapshot);
  if (reviewed?.outcome.kind !== 'reviewed') return null;
  const ground = groundOf(session, reviewed.snapshot);
  const here = reviewed.outcome.report.findings
    .filter((finding) => isPublished(finding, session.settings))
    .map((finding) => ({ finding, range: rangeOf(finding, ground) }))
    .filter(({ range }) => contains(range, position));
  const first = here[0];
  if (!first) return null;
  const { features, settings } = session;
  const texts = here.map(({ finding }) =>
    features.markdownHover ? explainInMarkdown(finding, ground, settings.diagnosticsInHover) : explainInText(finding),
  );
  return { range: first.range, texts };
}

/** Held locks in words, or null where the line has no code of a function, or the request is cancelled meanwhile. */
async function lockText(session: Session, snapshot: Snapshot, line: number, signal: AbortSignal): Promise<string | null> {
  let reports: readonly LockReport[];
  try {
    reports = await session.locks.of(snapshot, line, line, signal);
  } catch (error) {
    // The diagnostics say what is wrong with the text.
    if (error instanceof Cancelled || error instanceof AnalysisError) return null;
    throw error;
  }
  const inMarkdown = session.features.markdownHover;
  const here = locksOnLine(reports, line);
  if (here) return inMarkdown ? explainLocksInMarkdown(here, snapshot.uri) : explainLocksInText(here);
  const unread = unreadFunction(reports, line);
  return unread && explainUnread(unread, inMarkdown);
}

function contains({ start, end }: Range, { line, character }: HoverParams['position']): boolean {
  if (line < start.line || line > end.line) return false;
  return (line > start.line || character >= start.character) && (line < end.line || character <= end.character);
}
