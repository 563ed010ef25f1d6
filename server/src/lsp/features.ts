// What the client can do, read once from its `initialize` request.

import type { ClientCapabilities } from 'vscode-languageserver/node';

export interface Features {
  readonly pullDiagnostics: boolean;
  readonly refreshDiagnostics: boolean;
  readonly refreshHints: boolean;
  readonly refreshLenses: boolean;
  /** Whether the server may show a progress of its own. */
  readonly ownProgress: boolean;
  readonly relatedInformation: boolean;
  readonly codeDescription: boolean;
  readonly markdownHover: boolean;
  readonly hierarchicalSymbols: boolean;
  /** Whether the edit of a code action may be computed when it is chosen. */
  readonly lazyEdits: boolean;
  readonly versionedEdits: boolean;
  readonly workspaceConfiguration: boolean;
  readonly dynamicConfiguration: boolean;
  readonly lineFoldingOnly: boolean;
}

export function featuresOf(client: ClientCapabilities): Features {
  const text = client.textDocument;
  const publish = text?.publishDiagnostics;
  const pull = text?.diagnostic;
  return {
    pullDiagnostics: pull !== undefined,
    refreshDiagnostics: client.workspace?.diagnostics?.refreshSupport === true,
    refreshHints: client.workspace?.inlayHint?.refreshSupport === true,
    refreshLenses: client.workspace?.codeLens?.refreshSupport === true,
    ownProgress: client.window?.workDoneProgress === true,
    relatedInformation: (pull?.relatedInformation ?? publish?.relatedInformation) === true,
    codeDescription: (pull?.codeDescriptionSupport ?? publish?.codeDescriptionSupport) === true,
    markdownHover: text?.hover?.contentFormat?.includes('markdown') === true,
    hierarchicalSymbols: text?.documentSymbol?.hierarchicalDocumentSymbolSupport === true,
    lazyEdits: text?.codeAction?.dataSupport === true && text.codeAction.resolveSupport?.properties.includes('edit') === true,
    versionedEdits: client.workspace?.workspaceEdit?.documentChanges === true,
    workspaceConfiguration: client.workspace?.configuration === true,
    dynamicConfiguration: client.workspace?.didChangeConfiguration?.dynamicRegistration === true,
    lineFoldingOnly: text?.foldingRange?.lineFoldingOnly === true,
  };
}
