// textDocument/documentSymbol: mail, patch, file, hunk and function of a patch mail; functions of a C file.

import { SymbolKind, type DocumentSymbol, type DocumentSymbolParams, type SymbolInformation } from 'vscode-languageserver/node';
import type { Snapshot } from '../document.ts';
import { visible } from '../../core/report/terminal.ts';
import { outlineOf } from '../outline/outline.ts';
import type { OutlineNode } from '../outline/tree.ts';
import type { Session } from '../session.ts';

const kinds: Readonly<Record<OutlineNode['kind'], SymbolKind>> = {
  mail: SymbolKind.Package,
  patch: SymbolKind.Module,
  file: SymbolKind.File,
  hunk: SymbolKind.Namespace,
  function: SymbolKind.Function,
};

export async function documentSymbols(
  session: Session,
  { textDocument }: DocumentSymbolParams,
): Promise<DocumentSymbol[] | SymbolInformation[]> {
  const snapshot = session.documents.get(textDocument.uri);
  if (!snapshot) return [];
  const { nodes: roots } = await outlineOf(snapshot);
  return session.features.hierarchicalSymbols ? roots.map((node) => symbolOf(node, snapshot)) : flatten(roots, snapshot);
}

/** The depth of an outline is bounded by its five kinds. */
function symbolOf(node: OutlineNode, snapshot: Snapshot): DocumentSymbol {
  const range = { start: snapshot.lineRange(node.line).start, end: snapshot.lineRange(node.endLine).end };
  const children = node.children.map((child) => symbolOf(child, snapshot));
  return {
    name: nameOf(node),
    detail: visible(node.detail),
    kind: kinds[node.kind],
    range,
    selectionRange: snapshot.lineRange(node.nameLine),
    children,
  };
}

function flatten(nodes: readonly OutlineNode[], snapshot: Snapshot, container?: OutlineNode): SymbolInformation[] {
  return nodes.flatMap((node) => {
    const range = { start: snapshot.lineRange(node.line).start, end: snapshot.lineRange(node.endLine).end };
    const own = { name: nameOf(node), kind: kinds[node.kind], location: { uri: snapshot.uri, range } };
    return [container ? { ...own, containerName: nameOf(container) } : own, ...flatten(node.children, snapshot, node)];
  });
}

/** Clients refuse an empty name. */
function nameOf({ name, kind }: OutlineNode): string {
  return visible(name).trim() || kind;
}
