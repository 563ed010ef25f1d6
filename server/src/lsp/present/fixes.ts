// Fixes as edits of the opened document.

import { TextDocumentEdit, type TextEdit, type WorkspaceEdit } from 'vscode-languageserver/node';
import type { Edit, Fix } from '../../protocol/finding.ts';
import type { Snapshot } from '../document.ts';
import { isSame, type Ground } from './places.ts';

/** Whether every edit of a fix is in the opened document, so that it can be applied there as a whole. */
export function isApplicable(fix: Fix, ground: Ground): boolean {
  if (fix.safety === 'display' || fix.edits.length === 0) return false;
  return fix.edits.every((edit) => isOf(edit, ground));
}

/** A fix as text edits; `isApplicable` must hold. */
export function textEdits(fix: Fix, snapshot: Snapshot): TextEdit[] {
  return fix.edits.map((edit) => ({
    range: snapshot.range({ line: edit.startLine, column: edit.startColumn, endLine: edit.endLine, endColumn: edit.endColumn }),
    newText: snapshot.text.includes('\r\n') ? edit.newText.replace(/\r?\n/g, '\r\n') : edit.newText,
  }));
}

/** Edits of one version of a document; a client that knows versions refuses them for another. */
export function workspaceEdit(edits: TextEdit[], snapshot: Snapshot, versioned: boolean): WorkspaceEdit {
  if (!versioned) return { changes: { [snapshot.uri]: edits } };
  return { documentChanges: [TextDocumentEdit.create({ uri: snapshot.uri, version: snapshot.version }, edits)] };
}

function isOf(edit: Edit, ground: Ground): boolean {
  const { snapshot } = ground;
  if (snapshot.kind === 'patch') return edit.target === 'mail' && edit.path === snapshot.path;
  return edit.target === 'file' && isSame(edit.path, ground);
}
