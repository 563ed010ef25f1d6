// Before against after: what the patch introduces, touches, leaves or mends.

import type { Status } from '../../protocol/finding.ts';
import type { At, SideFile } from '../rules/rule.ts';
import type { Collected, CollectedFinding } from './collect.ts';

export interface ComparedFinding {
  readonly finding: CollectedFinding;
  readonly status: Status;
}

function changes(at: At): boolean {
  if (!('file' in at)) return true;
  const { file, span } = at;
  return linesOf(file, span.start, span.end).some((offset) => file.isChanged(offset));
}

/** One offset for each line that the stretch covers. */
function linesOf(file: SideFile, start: number, end: number): number[] {
  const offsets = [start];
  for (let at = file.c.text.indexOf('\n', start); at >= 0 && at + 1 < end; at = file.c.text.indexOf('\n', at + 1)) offsets.push(at + 1);
  return offsets;
}

function isTouched(finding: CollectedFinding): boolean {
  return changes(finding.raw.at) || finding.raw.evidence.some((step) => changes(step.at));
}

/**
 * Gives each finding its status. A fact that stands on both sides is `touched` where the patch changes a line of the finding
 * or of its evidence path, else `pre-existing`; one that only the before side has is `fixed`.
 */
export function compare(before: Collected, after: Collected): ComparedFinding[] {
  const old = new Map(before.findings.map((finding) => [finding.key, finding]));
  const now = new Set(after.findings.map((finding) => finding.key));
  const result: ComparedFinding[] = after.findings.map((finding) => {
    const wasThere = finding.raw.isOnBothSides ?? old.has(finding.key);
    if (!wasThere) return { finding, status: 'introduced' };
    return { finding, status: isTouched(finding) ? 'touched' : 'pre-existing' };
  });
  for (const finding of before.findings)
    if (!(finding.raw.isOnBothSides ?? now.has(finding.key))) result.push({ finding, status: 'fixed' });
  return result;
}
