// The output channel of the extension. What a mail says is never logged.

import * as vscode from 'vscode';

export function createLog(): vscode.LogOutputChannel {
  return vscode.window.createOutputChannel('IOMMU Review', { log: true });
}
