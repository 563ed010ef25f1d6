// The command "IOMMU Review: Review Patch".

import * as vscode from 'vscode';
import type { ReviewMethod, ReviewParams, ReviewResult } from '../../../server/src/protocol/editor.ts';
import type { Server } from '../languageClient.ts';
import type { ReviewDocuments } from '../summary/reviewDocuments.ts';
import { chooseInput, inputOfFile, type ReviewInput } from './reviewInputs.ts';

const method: ReviewMethod = 'iommuReview/review';

/** Reviews the given file, or what the user chooses, and opens the summary. */
export async function reviewPatch(server: Server, reviews: ReviewDocuments, log: vscode.LogOutputChannel, uri?: vscode.Uri): Promise<void> {
  try {
    const input = uri instanceof vscode.Uri ? await inputOfFile(uri) : await chooseInput();
    if (!input) return;
    const result = await runWithProgress(server, input);
    if (result) await reviews.show(input.name, result);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    log.error(`review: ${reason}`);
    void vscode.window.showErrorMessage(vscode.l10n.t('The review did not run: {0}', reason));
  }
}

/** The result, or undefined where the user cancelled. */
async function runWithProgress(server: Server, input: ReviewInput): Promise<ReviewResult | undefined> {
  const title = vscode.l10n.t('Reviewing {0}', input.name);
  return vscode.window.withProgress(
    { location: vscode.ProgressLocation.Notification, title, cancellable: true },
    async (_progress, token) => {
      const params: ReviewParams = { target: input.target };
      try {
        return await server.client.sendRequest<ReviewResult>(method, params, token);
      } catch (error) {
        if (token.isCancellationRequested) return undefined;
        throw error;
      }
    },
  );
}
