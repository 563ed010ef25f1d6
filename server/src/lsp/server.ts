// The language server: connects the client's messages to the session. What a request does is in requests/, one file each.

import {
  CodeActionKind,
  CodeActionRequest,
  CodeActionResolveRequest,
  CodeLensRefreshRequest,
  CodeLensRequest,
  DocumentDiagnosticRequest,
  DocumentLinkRequest,
  DocumentSymbolRequest,
  FoldingRangeRequest,
  HoverRequest,
  InlayHintRequest,
  DidChangeConfigurationNotification,
  LSPErrorCodes,
  ResponseError,
  TextDocumentSyncKind,
  type CancellationToken,
  type ClientCapabilities,
  type Connection,
  type InitializeParams,
  type InitializeResult,
} from 'vscode-languageserver/node';
import { Cancelled } from '../core/base/cancel.ts';
import type { ReviewMethod, TraceMethod } from '../protocol/editor.ts';
import type { Analysis } from './analysis.ts';
import { Documents } from './documents.ts';
import { featuresOf } from './features.ts';
import { Guard, hasChanges, hasDocument, hasPosition, hasRange, hasRangeAndContext, hasText } from './guard.ts';
import type { Progress } from './long-review.ts';
import { LockReports } from './lock-reports.ts';
import { Publisher } from './publisher.ts';
import { codeActions, resolveCodeAction } from './requests/codeAction.ts';
import { codeLenses } from './requests/codeLens.ts';
import { documentDiagnostics } from './requests/diagnostic.ts';
import { documentLinks } from './requests/documentLink.ts';
import { documentSymbols } from './requests/documentSymbol.ts';
import { foldingRanges } from './requests/foldingRange.ts';
import { hover } from './requests/hover.ts';
import { inlayHints } from './requests/inlayHint.ts';
import { reviewInput } from './requests/review.ts';
import { traceOfFinding } from './requests/trace.ts';
import { Reviews } from './reviews.ts';
import { runReview, type Session } from './session.ts';
import { defaultSettings, readSettings, type Settings } from './settings.ts';
import { kernelRootFor } from './units.ts';

export interface ServerParts {
  readonly analysis: Analysis;
  readonly version: string;
  /** The URI of a rule's manual page, or null where none is at hand. */
  readonly rulePage: (rule: string) => string | null;
}

const section = 'iommuReview';
const reviewMethod: ReviewMethod = 'iommuReview/review';
const traceMethod: TraceMethod = 'iommuReview/trace';

/** Serves one client until its connection ends. */
export function serve(connection: Connection, parts: ServerParts): void {
  const documents = new Documents();
  const log = {
    info: (message: string) => connection.console.info(message),
    warn: (message: string) => connection.console.warn(message),
    error: (message: string) => connection.console.error(message),
  };
  const session: Session = {
    documents,
    reviews: new Reviews((snapshot, signal) => runReview(session, snapshot, signal)),
    locks: new LockReports(() => session),
    analysis: parts.analysis,
    log,
    startProgress: (title, message) => startProgress(connection, session, title, message),
    features: featuresOf({}),
    settings: defaultSettings,
    folders: [],
    kernelRoot: null,
    rulePage: parts.rulePage,
  };
  const guard = new Guard();
  const publisher = new Publisher(session, (params) => void connection.sendDiagnostics(params));

  const apply = (settings: Settings): void => {
    session.settings = settings;
    session.kernelRoot = kernelRootFor(settings, session.folders);
    parts.analysis.configure({
      kernel: session.kernelRoot,
      trusted: settings.trusted,
      indexFolders: settings.kernelFolders,
      parser: 'auto',
    });
    reviewAgain();
  };
  /** What was said so far may be wrong now. */
  const reviewAgain = (): void => {
    session.reviews.invalidate();
    session.locks.invalidate();
    if (session.features.refreshLenses) connection.sendRequest(CodeLensRefreshRequest.type).catch(() => undefined);
    if (session.features.refreshHints) connection.languages.inlayHint.refresh().catch(() => undefined);
    if (session.features.pullDiagnostics) {
      if (session.features.refreshDiagnostics) connection.languages.diagnostics.refresh().catch(() => undefined);
    } else publisher.all();
  };
  parts.analysis.onTreeChanged(reviewAgain);
  const take = (value: unknown): void => {
    const { settings, problems } = readSettings(value, session.settings);
    for (const problem of problems) log.warn(`setting ignored: ${problem}`);
    if (JSON.stringify(settings) !== JSON.stringify(session.settings)) apply(settings);
  };

  connection.onInitialize((params) => {
    guard.initialize();
    session.features = featuresOf((params.capabilities as ClientCapabilities | undefined) ?? {});
    session.folders = foldersOf(params);
    const { settings, problems } = readSettings(params.initializationOptions, defaultSettings);
    for (const problem of problems) log.warn(`setting ignored: ${problem}`);
    apply(settings);
    return capabilities(parts.version, session.features.pullDiagnostics);
  });
  connection.onInitialized(() => {
    if (session.features.dynamicConfiguration) {
      connection.client.register(DidChangeConfigurationNotification.type, { section }).catch(() => undefined);
    }
    log.info(
      session.kernelRoot === null ? 'no kernel tree: patches are reviewed from their own text' : `kernel tree: ${session.kernelRoot}`,
    );
  });
  connection.onDidChangeConfiguration(async ({ settings }) => {
    if (!guard.isServing) return;
    try {
      const asked = session.features.workspaceConfiguration;
      take(asked ? await connection.workspace.getConfiguration(section) : (settings as Record<string, unknown> | null)?.[section]);
    } catch (error) {
      log.warn(`settings were not read: ${error instanceof Error ? error.message : String(error)}`);
    }
  });
  connection.onShutdown(() => {
    guard.shutdown();
    return parts.analysis.dispose();
  });

  const changed = (uri: string): void => {
    if (!session.features.pullDiagnostics) publisher.soon(uri);
  };
  connection.onDidOpenTextDocument(
    guard.notification(hasText, (params) => {
      documents.didOpen(params);
      changed(params.textDocument.uri);
    }),
  );
  connection.onDidChangeTextDocument(
    guard.notification(hasChanges, (params) => {
      documents.didChange(params);
      changed(params.textDocument.uri);
    }),
  );
  connection.onDidCloseTextDocument(
    guard.notification(hasDocument, ({ textDocument: { uri } }) => {
      documents.didClose(uri);
      session.reviews.forget(uri);
      session.locks.forget(uri);
      if (!session.features.pullDiagnostics) publisher.closed(uri);
    }),
  );

  // Not the connection's shorthands (`onHover`): they look into the parameters before the guard has.
  connection.onRequest(
    DocumentDiagnosticRequest.type,
    guard.request(hasDocument, (params, token) => untilCancelled(documentDiagnostics(session, params), token)),
  );
  connection.onRequest(
    HoverRequest.type,
    guard.request(hasPosition, (params, token) => untilCancelled(hover(session, params, token), token)),
  );
  connection.onRequest(
    InlayHintRequest.type,
    guard.request(hasRange, (params, token) => untilCancelled(inlayHints(session, params, token), token)),
  );
  connection.onRequest(
    CodeActionRequest.type,
    guard.request(hasRangeAndContext, (params) => codeActions(session, params)),
  );
  connection.onRequest(
    CodeActionResolveRequest.type,
    guard.request(anyObject, (action) => resolveCodeAction(session, action)),
  );
  connection.onRequest(
    CodeLensRequest.type,
    guard.request(hasDocument, (params, token) => untilCancelled(codeLenses(session, params), token)),
  );
  connection.onRequest(
    DocumentSymbolRequest.type,
    guard.request(hasDocument, (params) => documentSymbols(session, params)),
  );
  connection.onRequest(
    FoldingRangeRequest.type,
    guard.request(hasDocument, (params) => foldingRanges(session, params)),
  );
  connection.onRequest(
    DocumentLinkRequest.type,
    guard.request(hasDocument, (params) => documentLinks(session, params)),
  );
  connection.onRequest(
    reviewMethod,
    guard.request(anyObject, (params: unknown, token: CancellationToken) => reviewInput(session, connection, params, token)),
  );
  connection.onRequest(
    traceMethod,
    guard.request(anyObject, (params: unknown) => traceOfFinding(session, params)),
  );
  connection.listen();
}

const anyObject = (): boolean => true;

function capabilities(version: string, pull: boolean): InitializeResult {
  return {
    serverInfo: { name: 'iommu-review', version },
    capabilities: {
      positionEncoding: 'utf-16',
      textDocumentSync: { openClose: true, change: TextDocumentSyncKind.Incremental },
      ...(pull ? { diagnosticProvider: { identifier: 'iommu-review', interFileDependencies: false, workspaceDiagnostics: false } } : {}),
      hoverProvider: true,
      inlayHintProvider: { resolveProvider: false },
      codeActionProvider: { codeActionKinds: [CodeActionKind.QuickFix], resolveProvider: true },
      codeLensProvider: { resolveProvider: false },
      documentSymbolProvider: true,
      foldingRangeProvider: true,
      documentLinkProvider: { resolveProvider: false },
    },
  };
}

/** A progress that the user can cancel; null where the editor shows none. */
async function startProgress(connection: Connection, { features }: Session, title: string, message: string): Promise<Progress | null> {
  if (!features.ownProgress) return null;
  try {
    const shown = await connection.window.createWorkDoneProgress();
    shown.begin(title, undefined, message, true);
    return { onCancel: (listener) => void shown.token.onCancellationRequested(listener), done: () => shown.done() };
  } catch {
    return null;
  }
}

function foldersOf({ workspaceFolders, rootUri }: InitializeParams & { rootUri?: string | null }): string[] {
  if (workspaceFolders) return workspaceFolders.map(({ uri }) => uri);
  return rootUri ? [rootUri] : [];
}

/** Answers a cancelled request at once, and asks for another pull where a newer version overtook it. */
function untilCancelled<T>(work: Promise<T>, token: CancellationToken): Promise<T> {
  return new Promise((resolve, reject) => {
    const cancelled = (): void => reject(new ResponseError(LSPErrorCodes.RequestCancelled, 'cancelled'));
    // A token that was cancelled before the request was dispatched never fires.
    if (token.isCancellationRequested) cancelled();
    token.onCancellationRequested(cancelled);
    work.then(resolve, (error: unknown) => {
      if (!(error instanceof Cancelled)) return reject(error instanceof Error ? error : new Error(String(error)));
      return reject(new ResponseError(LSPErrorCodes.ServerCancelled, 'overtaken by a newer version', { retriggerRequest: true }));
    });
  });
}
