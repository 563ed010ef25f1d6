// textDocument/documentLink: Message-IDs and commit ids of patches and C files.

import type { DocumentLink, DocumentLinkParams } from 'vscode-languageserver/node';
import { linksIn } from '../outline/links.ts';
import type { Session } from '../session.ts';

export function documentLinks(session: Session, { textDocument }: DocumentLinkParams): DocumentLink[] {
  const snapshot = session.documents.get(textDocument.uri);
  if (!snapshot || snapshot.kind === 'other') return [];
  return linksIn(snapshot.text.split('\n')).map(({ line, column, endColumn, target }) => ({
    range: snapshot.range({ line, column, endLine: line, endColumn }),
    target,
  }));
}
