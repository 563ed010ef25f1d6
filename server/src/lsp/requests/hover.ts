// textDocument/hover: the findings at a position, explained. Answers from the finished review; it never waits for one.

import { MarkupKind, type Hover, type HoverParams, type Range } from 'vscode-languageserver/node';
import { isPublished } from '../present/diagnostics.ts';
import { explainInMarkdown, explainInText } from '../present/explanation.ts';
import { rangeOf } from '../present/places.ts';
import { groundOf, type Session } from '../session.ts';

export function hover(session: Session, { textDocument, position }: HoverParams): Hover | null {
  const snapshot = session.documents.get(textDocument.uri);
  const reviewed = snapshot && session.reviews.finished(snapshot);
  if (reviewed?.outcome.kind !== 'reviewed') return null;
  const ground = groundOf(session, reviewed.snapshot);
  const here = reviewed.outcome.report.findings
    .filter((finding) => isPublished(finding, session.settings))
    .map((finding) => ({ finding, range: rangeOf(finding, ground) }))
    .filter(({ range }) => contains(range, position));
  const first = here[0];
  if (!first) return null;
  const { features, settings } = session;
  const markdown = features.markdownHover;
  const texts = here.map(({ finding }) =>
    markdown ? explainInMarkdown(finding, ground, settings.diagnosticsInHover) : explainInText(finding),
  );
  const kind = markdown ? MarkupKind.Markdown : MarkupKind.PlainText;
  return { contents: { kind, value: texts.join(markdown ? '\n\n---\n\n' : '\n\n') }, range: first.range };
}

function contains({ start, end }: Range, { line, character }: HoverParams['position']): boolean {
  if (line < start.line || line > end.line) return false;
  return (line > start.line || character >= start.character) && (line < end.line || character <= end.character);
}
