// Tells patch mails from bare diffs: both are `.patch` files, and only the mails get the language of patch mails.

import * as vscode from 'vscode';
import { section } from './settings.ts';

const HEAD_LINES = 60;

/** Whether a text begins with the headers of a mail that carries a patch. */
export function beginsAsPatchMail(lines: readonly string[]): boolean {
  const first = lines[0] ?? '';
  if (/^From [0-9a-f]{40} /.test(first)) return true;
  if (!/^(?:From|Return-Path|Received|Date|Subject|Message-ID|To|Delivered-To|MIME-Version): /i.test(first)) return false;
  const end = lines.findIndex((line) => line.trim() === '');
  return lines.slice(0, end < 0 ? lines.length : end).some((line) => /^Subject: /i.test(line));
}

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
