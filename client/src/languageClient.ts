// The connection to the language server: starts it with the editor's own Node, passes settings, and stops restarting it when it keeps dying.

import { basename } from 'node:path';
import * as vscode from 'vscode';
import {
  CloseAction,
  ErrorAction,
  LanguageClient,
  RevealOutputChannelOn,
  TransportKind,
  type CloseHandlerResult,
  type LanguageClientOptions,
} from 'vscode-languageclient/node';
import { section, serverSettings } from './settings.ts';
import { CrashCounter } from './crashCounter.ts';

export interface Server {
  readonly client: LanguageClient;
  start(): Promise<void>;
  restart(): Promise<void>;
}

/** Documents that are sent to the server. It decides by their text which of them it reviews. */
const documents = [
  { language: 'kernel-patch-mail' },
  { language: 'diff' },
  { scheme: 'file', language: 'c' },
  { scheme: 'file', language: 'plaintext', pattern: '**/*.{txt,patch,mbox,mbx,eml}' },
];

/** @param module Path of the server's program. */
export function createServer(module: string, log: vscode.LogOutputChannel): Server {
  const counter = new CrashCounter();
  /** Documents whose diagnostics are being waited for: where the server dies, one of them is likely the cause. */
  const waiting = new Map<vscode.Uri, number>();

  const closed = (): CloseHandlerResult => {
    const suspects = [...new Set([...waiting.keys()].map((uri) => basename(uri.path)))];
    waiting.clear();
    if (counter.crashed(Date.now())) {
      log.warn('the language server ended unexpectedly and is started again');
      return { action: CloseAction.Restart, handled: true };
    }
    const during = suspects.length === 0 ? '' : vscode.l10n.t(' It was working on {0}.', suspects.join(', '));
    void offerRestart(vscode.l10n.t('The IOMMU Review server ended five times within three minutes and was not started again.') + during);
    return { action: CloseAction.DoNotRestart, handled: true };
  };

  const offerRestart = async (message: string): Promise<void> => {
    log.error(message);
    const again = vscode.l10n.t('Start Again');
    const showLog = vscode.l10n.t('Show Log');
    const chosen = await vscode.window.showErrorMessage(message, again, showLog);
    if (chosen === again) await restart();
    else if (chosen === showLog) log.show();
  };

  const options: LanguageClientOptions = {
    documentSelector: documents,
    outputChannel: log,
    revealOutputChannelOn: RevealOutputChannelOn.Never,
    initializationOptions: () => serverSettings(),
    markdown: { isTrusted: false, supportHtml: false },
    errorHandler: { error: () => ({ action: ErrorAction.Continue }), closed },
    middleware: {
      provideDiagnostics: async (document, previousResultId, token, next) => {
        const uri = document instanceof vscode.Uri ? document : document.uri;
        waiting.set(uri, Date.now());
        try {
          return await next(document, previousResultId, token);
        } finally {
          waiting.delete(uri);
        }
      },
      workspace: {
        configuration: (params) => params.items.map((item) => (item.section === section ? serverSettings() : null)),
      },
    },
  };
  const server = { module, transport: TransportKind.stdio };
  const client = new LanguageClient(section, 'IOMMU Review', { run: server, debug: server }, options);

  async function restart(): Promise<void> {
    counter.reset();
    await client.restart();
  }
  return { client, start: () => client.start(), restart };
}
