// The command that opens a finding's schedule in the debugger.

import * as vscode from 'vscode';
import type { StepThroughArguments, TraceMethod, TraceResult } from '../../../server/src/protocol/editor.ts';
import type { Server } from '../languageClient.ts';
import { debugType } from './debugger.ts';

const method: TraceMethod = 'iommuReview/trace';

/** Starts a session over the schedule of the finding that a code lens or code action names. */
export async function stepThrough(server: Server, log: vscode.LogOutputChannel, target?: StepThroughArguments): Promise<void> {
  if (!target) {
    void vscode.window.showInformationMessage(
      vscode.l10n.t('Choose a finding with a schedule: "Step through the schedule" stands above it.'),
    );
    return;
  }
  try {
    const { name, trace, kernel } = await server.client.sendRequest<TraceResult>(method, target);
    const folder = vscode.workspace.getWorkspaceFolder(vscode.Uri.parse(target.uri));
    await vscode.debug.startDebugging(folder, {
      type: debugType,
      request: 'launch',
      name,
      trace,
      ...(kernel === null ? {} : { kernel }),
    });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    log.error(`step through: ${reason}`);
    void vscode.window.showErrorMessage(vscode.l10n.t('The schedule cannot be stepped through: {0}', reason));
  }
}
