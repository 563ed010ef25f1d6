// Push diagnostics, for clients that cannot pull them.

import type { PublishDiagnosticsParams } from 'vscode-languageserver/node';
import { Cancelled } from '../core/base/cancel.ts';
import { diagnosticsOf } from './present/diagnostics.ts';
import { diagnosticContext, isReviewed, type Session } from './session.ts';

/** How long to wait for the next keystroke, in milliseconds. */
const PAUSE = 200;

export class Publisher {
  private readonly waiting = new Map<string, NodeJS.Timeout>();

  constructor(
    private readonly session: Session,
    private readonly send: (params: PublishDiagnosticsParams) => void,
  ) {}

  /** Reviews a document after a pause in typing. */
  soon(uri: string): void {
    clearTimeout(this.waiting.get(uri));
    this.waiting.set(
      uri,
      setTimeout(() => {
        this.waiting.delete(uri);
        void this.publish(uri);
      }, PAUSE),
    );
  }

  all(): void {
    for (const uri of this.session.documents.uris()) this.soon(uri);
  }

  closed(uri: string): void {
    clearTimeout(this.waiting.get(uri));
    this.waiting.delete(uri);
    this.send({ uri, diagnostics: [] });
  }

  private async publish(uri: string): Promise<void> {
    const snapshot = this.session.documents.get(uri);
    if (!snapshot || !isReviewed(this.session, snapshot)) return;
    try {
      const reviewed = await this.session.reviews.review(snapshot);
      if (this.session.documents.get(uri) !== snapshot) return;
      this.send({ uri, version: snapshot.version, diagnostics: diagnosticsOf(reviewed, diagnosticContext(this.session)) });
    } catch (error) {
      if (!(error instanceof Cancelled)) this.session.log.error(`diagnostics: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
}
