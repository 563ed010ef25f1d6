// The open documents: takes the client's edits and hands out immutable snapshots.

import { TextDocument } from 'vscode-languageserver-textdocument';
import type { DidChangeTextDocumentParams, DidOpenTextDocumentParams } from 'vscode-languageserver/node';
import { Snapshot } from './document.ts';

export class Documents {
  private readonly open = new Map<string, { document: TextDocument; snapshot: Snapshot | null }>();

  didOpen({ textDocument }: DidOpenTextDocumentParams): void {
    const { uri, languageId, version, text } = textDocument;
    this.open.set(uri, { document: TextDocument.create(uri, languageId, version, text), snapshot: null });
  }

  /** Edits of a document that is not open are ignored. */
  didChange({ textDocument, contentChanges }: DidChangeTextDocumentParams): void {
    const entry = this.open.get(textDocument.uri);
    if (!entry) return;
    entry.document = TextDocument.update(entry.document, contentChanges, textDocument.version);
    entry.snapshot = null;
  }

  didClose(uri: string): void {
    this.open.delete(uri);
  }

  /** The newest version of an open document; null for one that is not open. */
  get(uri: string): Snapshot | null {
    const entry = this.open.get(uri);
    if (!entry) return null;
    const { document } = entry;
    entry.snapshot ??= new Snapshot(document.uri, document.languageId, document.version, document.getText());
    return entry.snapshot;
  }

  uris(): string[] {
    return [...this.open.keys()];
  }
}
