// textDocument/inlayHint: the held locks at the end of lines where they change. Off unless the user switches them on.

import { MarkupKind, type CancellationToken, type InlayHint, type InlayHintParams } from 'vscode-languageserver/node';
import type { FunctionLocks } from '../../protocol/locks.ts';
import { AnalysisError } from '../analysis.ts';
import type { Snapshot } from '../document.ts';
import { explainLocksInMarkdown, locksLabel } from '../present/locks.ts';
import { isReviewed, type Session } from '../session.ts';
import { signalOf } from '../signal.ts';

/** Rejects with `Cancelled`. */
export async function inlayHints(
  session: Session,
  { textDocument, range }: InlayHintParams,
  token: CancellationToken,
): Promise<InlayHint[]> {
  const snapshot = session.documents.get(textDocument.uri);
  if (!session.settings.lockHints || !snapshot || !isReviewed(session, snapshot)) return [];
  const [first, last] = [snapshot.lineOf(range.start), snapshot.lineOf(range.end)];
  try {
    const reports = await session.locks.of(snapshot, first, last, signalOf(token));
    return reports.flatMap(({ functions }) => functions.flatMap((fn) => hintsOf(fn, snapshot, first, last)));
  } catch (error) {
    // The diagnostics say what is wrong with the text.
    if (error instanceof AnalysisError) return [];
    throw error;
  }
}

/** A hint on each line that is reached with other locks than the line before it in the function. */
function hintsOf(fn: FunctionLocks, snapshot: Snapshot, first: number, last: number): InlayHint[] {
  const hints: InlayHint[] = [];
  let before = new Set(['none', 'none known']);
  for (const at of fn.lines) {
    const label = locksLabel(at);
    if (!before.has(label) && at.line >= first && at.line <= last) {
      hints.push({
        position: snapshot.lineRange(at.line).end,
        label: `held: ${label}`,
        paddingLeft: true,
        tooltip: { kind: MarkupKind.Markdown, value: explainLocksInMarkdown({ fn, at }, snapshot.uri) },
      });
    }
    before = new Set([label]);
  }
  return hints;
}
