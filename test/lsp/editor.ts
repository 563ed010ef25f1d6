// A plain LSP client for tests, joined to the server by streams, and an analysis whose answers the test decides.

import { PassThrough } from 'node:stream';
import {
  createConnection,
  createProtocolConnection,
  ProposedFeatures,
  StreamMessageReader,
  StreamMessageWriter,
  type ClientCapabilities,
  type Diagnostic,
  type ProtocolConnection,
} from 'vscode-languageserver/node';
import type { Configure, ReviewOptions, UnitInput, UnitReport } from '../../server/src/protocol/analysis.ts';
import { Cancelled } from '../../server/src/core/base/cancel.ts';
import type { LineSpan, LockReport } from '../../server/src/protocol/locks.ts';
import type { Finding } from '../../server/src/protocol/finding.ts';
import type { Analysis } from '../../server/src/lsp/analysis.ts';
import { serve } from '../../server/src/lsp/server.ts';

/** What a client that can do everything says of itself. */
export const able: ClientCapabilities = {
  workspace: { configuration: true, workspaceEdit: { documentChanges: true } },
  textDocument: {
    diagnostic: { relatedInformation: true },
    hover: { contentFormat: ['markdown', 'plaintext'] },
    codeAction: { dataSupport: true, resolveSupport: { properties: ['edit'] } },
    documentSymbol: { hierarchicalDocumentSymbolSupport: true },
  },
};

export const emptyReport: UnitReport = {
  inputs: [],
  findings: [],
  confirmed: [],
  unknowns: [],
  comments: [],
  suppressions: { used: 0, unused: 0, expired: 0 },
  stats: { files: 0, functions: { total: 0, analysed: 0, partly: 0, failed: 0 }, lines: 0 },
};

/** A finding of the tests, with the parts that a test cares for. */
export function finding(parts: Partial<Finding> = {}): Finding {
  return {
    rule: 'errno-busy-vs-invalid',
    category: 'errno',
    severity: 'warning',
    confidence: 'high',
    evidence: 'contract',
    status: 'introduced',
    introducedIn: null,
    fixedIn: null,
    input: 'one',
    message: 'a group in use is answered with -EINVAL',
    why: 'the request is right and the moment is wrong',
    refute: null,
    assumptions: [],
    sources: [],
    location: null,
    mail: null,
    text: '',
    related: [],
    fixes: [],
    trace: null,
    suppressed: null,
    fingerprint: 'f1',
    ...parts,
  };
}

type Answer = (text: string, unit: readonly UnitInput[]) => UnitReport | Promise<UnitReport>;

/** Answers each review by a function of the text; counts what it was asked. */
export class FakeAnalysis implements Analysis {
  readonly configured: Configure[] = [];
  /** Whether a review goes on after it was cancelled, as one inside a long function does. */
  isDeaf = false;
  readonly reviewed: { readonly text: string; readonly options: ReviewOptions }[] = [];

  constructor(public answer: Answer = () => emptyReport) {}

  configure(configure: Configure): void {
    this.configured.push(configure);
  }

  async review(unit: readonly UnitInput[], options: ReviewOptions, signal: AbortSignal): Promise<UnitReport> {
    const text = unit.map(({ bytes }) => new TextDecoder().decode(bytes)).join('');
    this.reviewed.push({ text, options });
    return new Promise((resolve, reject) => {
      if (signal.aborted) return reject(new Cancelled());
      if (!this.isDeaf) signal.addEventListener('abort', () => reject(new Cancelled()));
      return void Promise.resolve(this.answer(text, unit)).then(resolve, reject);
    });
  }

  /** Answers the question for held locks. */
  answerLocks: (unit: readonly UnitInput[], lines: LineSpan, signal: AbortSignal) => Promise<LockReport> = () =>
    Promise.resolve({ functions: [] });

  locks(unit: readonly UnitInput[], _input: number, lines: LineSpan, _options: ReviewOptions, signal: AbortSignal): Promise<LockReport> {
    return this.answerLocks(unit, lines, signal);
  }

  /** Says that files of the tree have changed. */
  treeChanged = (): void => undefined;

  onTreeChanged(listener: () => void): void {
    this.treeChanged = listener;
  }

  dispose(): Promise<void> {
    return Promise.resolve();
  }
}

export interface Editor {
  readonly connection: ProtocolConnection;
  readonly published: { readonly uri: string; readonly version?: number; readonly diagnostics: readonly Diagnostic[] }[];
  open(uri: string, text: string, languageId?: string): void;
  /** Replaces the whole text. */
  change(uri: string, version: number, text: string): void;
  pull(uri: string, previousResultId?: string): Promise<{ kind: string; items?: Diagnostic[]; resultId?: string }>;
  stop(): void;
}

/** Starts a server over streams and a client that has introduced itself. */
export async function startEditor(
  analysis: Analysis,
  capabilities: ClientCapabilities = able,
  initializationOptions: unknown = {},
  folders: readonly string[] = [],
): Promise<Editor> {
  const up = new PassThrough();
  const down = new PassThrough();
  // Readers and writers, not streams: the server of a closed stream would end this process.
  const server = createConnection(ProposedFeatures.all, new StreamMessageReader(up), new StreamMessageWriter(down));
  serve(server, { analysis, version: '0.0.0', rulePage: () => null });
  const connection = createProtocolConnection(new StreamMessageReader(down), new StreamMessageWriter(up), {
    error: () => undefined,
    warn: () => undefined,
    info: () => undefined,
    log: () => undefined,
  });
  const published: Editor['published'] = [];
  connection.onNotification('textDocument/publishDiagnostics', (params: Editor['published'][number]) => void published.push(params));
  connection.onRequest('workspace/configuration', () => [null]);
  connection.listen();
  await connection.sendRequest('initialize', {
    processId: null,
    rootUri: null,
    capabilities,
    initializationOptions,
    workspaceFolders: folders.map((uri) => ({ uri, name: uri })),
  });
  await connection.sendNotification('initialized', {});
  return {
    connection,
    published,
    open: (uri, text, languageId = 'kernel-patch-mail') =>
      void connection.sendNotification('textDocument/didOpen', { textDocument: { uri, languageId, version: 1, text } }),
    change: (uri, version, text) =>
      void connection.sendNotification('textDocument/didChange', { textDocument: { uri, version }, contentChanges: [{ text }] }),
    pull: (uri, previousResultId) =>
      connection.sendRequest('textDocument/diagnostic', {
        textDocument: { uri },
        ...(previousResultId === undefined ? {} : { previousResultId }),
      }),
    stop: () => {
      connection.dispose();
      server.dispose();
    },
  };
}

/** The code of the error that a request is answered with. */
export async function errorCode(request: Promise<unknown>): Promise<number> {
  try {
    await request;
  } catch (error) {
    return (error as { code: number }).code;
  }
  throw new Error('the request succeeded');
}
