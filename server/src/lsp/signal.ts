import type { CancellationToken } from 'vscode-languageserver/node';

/** An abort signal that follows a request's cancellation. */
export function signalOf(token: CancellationToken): AbortSignal {
  const abort = new AbortController();
  // A token that was cancelled before the request was dispatched never fires.
  if (token.isCancellationRequested) abort.abort();
  token.onCancellationRequested(() => abort.abort());
  return abort.signal;
}
