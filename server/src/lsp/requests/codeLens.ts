// textDocument/codeLens: above a finding with a schedule, the way into the debugger, and above what was run and holds. Only for an
// editor that has the command.

import type { CodeLens, CodeLensParams } from 'vscode-languageserver/node';
import type { StepThroughArguments, StepThroughCommand } from '../../protocol/editor.ts';
import type { Finding } from '../../protocol/finding.ts';
import { visible } from '../../core/report/terminal.ts';
import { isPublished } from '../present/diagnostics.ts';
import { rangeOf } from '../present/places.ts';
import { groundOf, isReviewed, type Session } from '../session.ts';

const command: StepThroughCommand = 'iommuReview.stepThrough';

/** Waits for the review. Rejects with `Cancelled` where a newer version comes in between. */
export async function codeLenses(session: Session, { textDocument }: CodeLensParams): Promise<CodeLens[]> {
  const snapshot = session.documents.get(textDocument.uri);
  if (!session.settings.stepThrough || !snapshot || !isReviewed(session, snapshot)) return [];
  const { outcome } = await session.reviews.review(snapshot);
  if (outcome.kind === 'refused') return [];
  const ground = groundOf(session, snapshot);
  const { findings, confirmed } = outcome.report;
  const broken = findings
    .filter((finding) => finding.trace !== null && isPublished(finding, session.settings))
    .map((finding) => ({ range: rangeOf(finding, ground), command: stepThrough(finding, snapshot.uri) }));
  const held = confirmed
    .filter((one) => one.trace !== null)
    .map((one) => ({
      range: rangeOf(one, ground),
      command: commandOf(`Step through what holds (${visible(one.message)})`, snapshot.uri, one.fingerprint),
    }));
  return [...broken, ...held];
}

/** The command that steps through the schedule of a finding of a document. */
export function stepThrough(finding: Finding, uri: string): CommandOfLens {
  const violation = finding.trace?.violation ?? null;
  const what = violation === null ? '' : ` (${visible(violation.invariant ?? violation.kind)})`;
  return commandOf(`Step through the schedule${what}`, uri, finding.fingerprint);
}

interface CommandOfLens {
  readonly title: string;
  readonly command: string;
  readonly arguments: [StepThroughArguments];
}

function commandOf(title: string, uri: string, fingerprint: string): CommandOfLens {
  return { title, command, arguments: [{ uri, fingerprint }] };
}
