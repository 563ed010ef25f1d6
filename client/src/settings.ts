// Settings as the server reads them.

import * as vscode from 'vscode';

export const section = 'iommuReview';

/** Shape of the server's `initializationOptions` and of its answer to `workspace/configuration`. */
export interface ServerSettings {
  readonly kernel: { readonly path: string; readonly folders: readonly string[] };
  readonly era: string;
  readonly rules: Readonly<Record<string, string>>;
  readonly severity: string;
  readonly preExisting: boolean;
  readonly sourceFiles: boolean;
  readonly trusted: boolean;
  readonly diagnosticsInHover: boolean;
  readonly lockHints: boolean;
  readonly stepThrough: boolean;
}

/** The settings that count now. Whether the workspace is trusted is the editor's word, never a setting. */
export function serverSettings(): ServerSettings {
  const config = vscode.workspace.getConfiguration(section);
  return {
    kernel: { path: config.get('kernel.path', ''), folders: config.get('kernel.folders', []) },
    era: config.get('era', 'auto'),
    rules: config.get('rules', {}),
    severity: config.get('severity', 'info'),
    preExisting: config.get('preExisting', false),
    sourceFiles: config.get('sourceFiles', true),
    trusted: vscode.workspace.isTrusted,
    diagnosticsInHover: true,
    lockHints: config.get('lockHints', false),
    stepThrough: true,
  };
}
