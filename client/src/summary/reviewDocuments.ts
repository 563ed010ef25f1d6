// Summaries of reviews as read-only documents, their lines linked to the places that they name.

import * as vscode from 'vscode';
import type { ReviewResult, SummaryLink } from '../../../server/src/protocol/editor.ts';

const reviewScheme = 'iommu-review';
/** So many reviews can be gone back to. */
const KEPT = 32;

export class ReviewDocuments implements vscode.TextDocumentContentProvider, vscode.DocumentLinkProvider, vscode.Disposable {
  private readonly results = new Map<string, ReviewResult>();
  private readonly changed = new vscode.EventEmitter<vscode.Uri>();
  private readonly registrations: vscode.Disposable;
  readonly onDidChange = this.changed.event;

  constructor() {
    this.registrations = vscode.Disposable.from(
      vscode.workspace.registerTextDocumentContentProvider(reviewScheme, this),
      vscode.languages.registerDocumentLinkProvider({ scheme: reviewScheme }, this),
    );
  }

  /** Shows a summary beside the active editor; the same `name` gives the same document, which is renewed. */
  async show(name: string, result: ReviewResult): Promise<void> {
    const uri = vscode.Uri.from({ scheme: reviewScheme, path: `/${name.replace(/[/\\]/g, '-')}.review` });
    this.results.delete(uri.toString());
    this.results.set(uri.toString(), result);
    // The order of insertion is the order of age.
    for (const old of [...this.results.keys()].slice(0, -KEPT)) this.results.delete(old);
    this.changed.fire(uri);
    const opened = await vscode.workspace.openTextDocument(uri);
    const document = await vscode.languages.setTextDocumentLanguage(opened, 'iommu-review');
    await vscode.window.showTextDocument(document, { viewColumn: vscode.ViewColumn.Beside, preview: false, preserveFocus: false });
  }

  provideTextDocumentContent(uri: vscode.Uri): string {
    return this.results.get(uri.toString())?.text ?? vscode.l10n.t('This review was not kept. Run the command again.');
  }

  provideDocumentLinks(document: vscode.TextDocument): vscode.DocumentLink[] {
    return (this.results.get(document.uri.toString())?.links ?? []).map((link) => {
      const range = new vscode.Range(link.line - 1, link.column - 1, link.line - 1, link.endColumn - 1);
      return new vscode.DocumentLink(range, targetOf(link));
    });
  }

  dispose(): void {
    this.registrations.dispose();
    this.changed.dispose();
  }
}

function targetOf({ uri, targetLine, targetColumn }: SummaryLink): vscode.Uri {
  return vscode.Uri.parse(uri, true).with({ fragment: `L${targetLine},${targetColumn}` });
}
