// Gives patch mails their language: they and bare diffs are both `.patch` files.

import * as vscode from 'vscode';
import { beginsAsPatchMail } from './mailHead.ts';
import { section } from './settings.ts';

const HEAD_LINES = 60;

/** Gives patch mails among the diffs their language, now and whenever one is opened. */
export function detectPatchMails(): vscode.Disposable {
  const look = (document: vscode.TextDocument): void => {
    if (document.languageId !== 'diff' || !vscode.workspace.getConfiguration(section).get('detectPatchMails', true)) return;
    const count = Math.min(document.lineCount, HEAD_LINES);
    const lines = Array.from({ length: count }, (_, line) => document.lineAt(line).text);
    if (beginsAsPatchMail(lines)) void vscode.languages.setTextDocumentLanguage(document, 'kernel-patch-mail');
  };
  vscode.workspace.textDocuments.forEach(look);
  return vscode.workspace.onDidOpenTextDocument(look);
}
