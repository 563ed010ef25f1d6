// textDocument/foldingRange: headers, quotes, files, hunks, functions, and mails where there are several.

import { FoldingRangeKind, type FoldingRange, type FoldingRangeParams } from 'vscode-languageserver/node';
import { outlineOf } from '../outline/outline.ts';
import type { OutlineNode } from '../outline/tree.ts';
import type { Session } from '../session.ts';

export async function foldingRanges(session: Session, { textDocument }: FoldingRangeParams): Promise<FoldingRange[]> {
  const snapshot = session.documents.get(textDocument.uri);
  if (!snapshot) return [];
  const { nodes, folds } = await outlineOf(snapshot);
  // An editor shows one fold a line: the outer ones come last and win.
  const ranges = new Map<number, FoldingRange>();
  const add = (line: number, endLine: number, kind?: FoldingRangeKind): void => {
    const startLine = snapshot.lineRange(line).start.line;
    const last = snapshot.lineRange(endLine).start.line;
    if (last > startLine) ranges.set(startLine, { startLine, endLine: last, ...(kind === undefined ? {} : { kind }) });
  };
  const visit = (inside: readonly OutlineNode[]): void => {
    for (const node of inside) {
      visit(node.children);
      if (node.kind !== 'patch' && (node.kind !== 'mail' || nodes.length > 1)) add(node.line, node.endLine);
    }
  };
  for (const { line, endLine, kind } of folds) add(line, endLine, kind === 'quote' ? FoldingRangeKind.Comment : undefined);
  visit(nodes);
  return [...ranges.values()].sort((a, b) => a.startLine - b.startLine);
}
