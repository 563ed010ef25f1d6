// What the requests share: the open documents, the reviews, the settings and the client's abilities. One per connection; nothing is global.

import type { UnitReport } from '../protocol/analysis.ts';
import { Cancelled } from '../core/base/cancel.ts';
import { AnalysisError, type Analysis } from './analysis.ts';
import type { Snapshot } from './document.ts';
import type { Documents } from './documents.ts';
import type { Features } from './features.ts';
import { reviewShown, type StartProgress } from './long-review.ts';
import type { LockReports } from './lock-reports.ts';
import type { DiagnosticContext } from './present/diagnostics.ts';
import type { Ground } from './present/places.ts';
import type { Reviews } from './reviews.ts';
import type { Settings } from './settings.ts';
import { reviewOptions, standsInKernelTree, treePathOf, unitOf } from './units.ts';

export interface Log {
  info(message: string): void;
  warn(message: string): void;
  error(message: string): void;
}

export interface Session {
  readonly documents: Documents;
  readonly reviews: Reviews;
  readonly locks: LockReports;
  readonly analysis: Analysis;
  readonly log: Log;
  readonly startProgress: StartProgress;
  features: Features;
  settings: Settings;
  /** URIs of the opened folders. */
  folders: readonly string[];
  /** Root of the kernel tree that reviews read, or null. */
  kernelRoot: string | null;
  readonly rulePage: (rule: string) => string | null;
}

export function groundOf(session: Session, snapshot: Snapshot): Ground {
  return { snapshot, kernelRoot: session.kernelRoot, treePath: treePathOf(snapshot, session.kernelRoot) };
}

export function diagnosticContext(session: Session): DiagnosticContext {
  const { features, settings, rulePage } = session;
  return { features, settings, rulePage, groundOf: (snapshot) => groundOf(session, snapshot) };
}

/** Whether a document is reviewed: a patch always, a C file if the user wants that and it stands in a kernel tree. */
export function isReviewed(session: Session, snapshot: Snapshot): boolean {
  if (snapshot.kind === 'patch') return true;
  return snapshot.kind === 'source' && session.settings.sourceFiles && standsInKernelTree(snapshot);
}

/** Reviews one version of a document; the cause of an unexpected error goes to the log. */
export async function runReview(session: Session, snapshot: Snapshot, signal: AbortSignal): Promise<UnitReport> {
  try {
    const unit = await unitOf(snapshot, session.kernelRoot, signal);
    const { analysis, settings, startProgress } = session;
    const review = (model: boolean, ended: AbortSignal): Promise<UnitReport> =>
      analysis.review(unit, { ...reviewOptions(settings), model, provisional: snapshot.kind === 'source' }, ended);
    return await reviewShown(snapshot.path, unit, review, startProgress, signal);
  } catch (error) {
    if (!(error instanceof Cancelled)) {
      const cause = error instanceof Error ? error.message : String(error);
      session.log.error(`${snapshot.path}: ${error instanceof AnalysisError ? `${error.reason}: ` : ''}${cause}`);
    }
    throw error;
  }
}
