// What the command reviews: the open file, its selection, the clipboard, or commits of a folder.

import * as vscode from 'vscode';
import type { ReviewTarget } from '../../../server/src/protocol/editor.ts';

export interface ReviewInput {
  readonly name: string;
  readonly target: ReviewTarget;
}

interface Choice extends vscode.QuickPickItem {
  readonly read: () => Promise<ReviewInput | undefined>;
}

/** Asks what to review; undefined where the user backs out. */
export async function chooseInput(): Promise<ReviewInput | undefined> {
  const choices = [...editorChoices(), clipboardChoice(), ...rangeChoices(), fileChoice()];
  const chosen = await vscode.window.showQuickPick(choices, { placeHolder: vscode.l10n.t('What is to be reviewed?') });
  return chosen?.read();
}

/** A file by its URI, opened so that its findings have a document to stand in. */
export async function inputOfFile(uri: vscode.Uri): Promise<ReviewInput> {
  const document = await vscode.workspace.openTextDocument(uri);
  await vscode.window.showTextDocument(document, { preview: false });
  return inputOfDocument(document);
}

function inputOfDocument(document: vscode.TextDocument): ReviewInput {
  const name = baseName(document.uri);
  // The server knows only documents of its languages; the text of any other is sent along.
  return { name, target: { kind: 'text', name, text: document.getText(), startLine: 1, uri: document.uri.toString() } };
}

function editorChoices(): Choice[] {
  const editor = vscode.window.activeTextEditor;
  if (!editor || editor.document.uri.scheme === 'output') return [];
  const { document, selection } = editor;
  const file: Choice = {
    label: vscode.l10n.t('This file'),
    description: baseName(document.uri),
    read: () => Promise.resolve(inputOfDocument(document)),
  };
  if (selection.isEmpty) return [file];
  const first = selection.start.line;
  const last = selection.end.character === 0 && selection.end.line > first ? selection.end.line - 1 : selection.end.line;
  const lines: Choice = {
    label: vscode.l10n.t('The selection'),
    description: vscode.l10n.t('lines {0} to {1}', first + 1, last + 1),
    read: () => {
      const text = document.getText(new vscode.Range(first, 0, last + 1, 0));
      const name = `${baseName(document.uri)} ${first + 1}-${last + 1}`;
      return Promise.resolve({ name, target: { kind: 'text', name, text, startLine: first + 1, uri: document.uri.toString() } });
    },
  };
  return [file, lines];
}

function clipboardChoice(): Choice {
  return {
    label: vscode.l10n.t('The clipboard'),
    read: async () => {
      const text = await vscode.env.clipboard.readText();
      if (text.trim() === '') {
        void vscode.window.showWarningMessage(vscode.l10n.t('There is no text in the clipboard.'));
        return undefined;
      }
      const document = await vscode.workspace.openTextDocument({ language: 'kernel-patch-mail', content: text });
      await vscode.window.showTextDocument(document, { preview: false });
      return inputOfDocument(document);
    },
  };
}

function rangeChoices(): Choice[] {
  const folders = (vscode.workspace.workspaceFolders ?? []).filter(({ uri }) => uri.scheme === 'file');
  if (!vscode.workspace.isTrusted) return [];
  return folders.map((folder) => ({
    label: vscode.l10n.t('Commits of a git range'),
    description: folder.name,
    read: async () => {
      const range = await vscode.window.showInputBox({
        prompt: vscode.l10n.t('Commits to review, as A..B'),
        placeHolder: 'origin/master..HEAD',
        validateInput: (value) => (value.includes('..') && !value.startsWith('-') ? undefined : vscode.l10n.t('Write the range as A..B.')),
      });
      return range === undefined ? undefined : { name: range, target: { kind: 'range', folder: folder.uri.fsPath, range } };
    },
  }));
}

function fileChoice(): Choice {
  return {
    label: vscode.l10n.t('A file…'),
    read: async () => {
      const [uri] = (await vscode.window.showOpenDialog({ canSelectMany: false, openLabel: vscode.l10n.t('Review') })) ?? [];
      return uri ? inputOfFile(uri) : undefined;
    },
  };
}

function baseName({ path }: vscode.Uri): string {
  return path.slice(path.lastIndexOf('/') + 1) || path;
}
