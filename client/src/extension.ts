// The composition root of the VS Code client: makes the parts and connects them.

import * as vscode from 'vscode';
import type { StepThroughArguments } from '../../server/src/protocol/editor.ts';
import { reviewPatch } from './commands/reviewPatch.ts';
import { registerDebugger } from './trace/debugger.ts';
import { stepThrough } from './trace/stepThrough.ts';
import { createServer, type Server } from './languageClient.ts';
import { createLog } from './log.ts';
import { detectPatchMails } from './patchMails.ts';
import { ReviewDocuments } from './summary/reviewDocuments.ts';
import { section } from './settings.ts';

let running: Server | undefined;

export async function activate(context: vscode.ExtensionContext): Promise<void> {
  const log = createLog();
  const server = createServer(context.asAbsolutePath('dist/server.js'), log);
  const reviews = new ReviewDocuments();
  running = server;
  context.subscriptions.push(
    log,
    reviews,
    detectPatchMails(),
    vscode.commands.registerCommand('iommuReview.reviewPatch', (uri?: vscode.Uri) => reviewPatch(server, reviews, log, uri)),
    registerDebugger(context.asAbsolutePath('dist/debug.js')),
    vscode.commands.registerCommand('iommuReview.stepThrough', (target?: StepThroughArguments) => stepThrough(server, log, target)),
    vscode.commands.registerCommand('iommuReview.restartServer', () => server.restart()),
    vscode.commands.registerCommand('iommuReview.showLog', () => log.show()),
    vscode.workspace.onDidGrantWorkspaceTrust(() => sendSettings(server)),
    vscode.workspace.onDidChangeConfiguration((event) => {
      if (event.affectsConfiguration(section)) sendSettings(server);
    }),
  );
  await server.start();
}

export async function deactivate(): Promise<void> {
  await running?.client.dispose();
}

/** Tells the server that settings changed; it asks for them. */
function sendSettings(server: Server): void {
  void server.client.sendNotification('workspace/didChangeConfiguration', { settings: null });
}
