import type { Finding } from '../../protocol/finding.ts';
import type { ReviewInput } from '../../protocol/report.ts';
import type { Patch } from '../patch/types.ts';
import { makesLockSleep } from './lockChanges.ts';

interface Reviewed {
  readonly input: ReviewInput;
  readonly findings: readonly Finding[];
  /** The input's own patch; null for one that has none. */
  readonly patch: Patch | null;
}

/**
 * Joins what the patches of one series do to each other: a finding that a later patch of the series mends says where, and is info;
 * the finding that is `fixed` there says which patch had introduced it.
 */
export function markLaterFixes(reviews: readonly Reviewed[]): Finding[] {
  const mended = new Map<string, string>();
  const introduced = new Map<string, string>();
  for (const { input, findings } of reviews) {
    const part = partOf(input);
    if (part === null) continue;
    for (const finding of findings) {
      const key = `${String(input.version)}\0${finding.fingerprint}`;
      if (finding.status === 'introduced' && !introduced.has(key)) introduced.set(key, part);
      if (finding.status === 'fixed') mended.set(key, part);
    }
  }
  return reviews.flatMap(({ input, findings, patch }) =>
    findings.map((finding) => {
      const key = `${String(input.version)}\0${finding.fingerprint}`;
      const part = partOf(input);
      if (finding.status === 'fixed') return { ...finding, introducedIn: introduced.get(key) ?? null, fixedIn: part };
      const later = mended.get(key) ?? sleepsLater(finding, input, patch, reviews);
      if (finding.status !== 'introduced' || later === undefined || part === null || numberOf(later) <= numberOf(part)) return finding;
      const severity = finding.severity === 'hint' ? finding.severity : 'info';
      return { ...finding, severity, fixedIn: later };
    }),
  );
}

/** The later part of a series in which the lock of a finding becomes one that sleeps. */
function sleepsLater(finding: Finding, input: ReviewInput, patch: Patch | null, reviews: readonly Reviewed[]): string | undefined {
  const part = partOf(input);
  if (finding.status !== 'introduced' || finding.rule !== 'sleep-in-atomic' || part === null || patch === null) return undefined;
  for (const other of reviews) {
    const later = other.input.version === input.version ? partOf(other.input) : null;
    if (later === null || other.patch === null || numberOf(later) <= numberOf(part)) continue;
    if (makesLockSleep(finding, patch, other.patch)) return later;
  }
  return undefined;
}

/** `2/5` of an input that is a numbered part of a series. */
export function partOf(input: ReviewInput): string | null {
  return input.part === null ? null : `${String(input.part[0])}/${String(input.part[1])}`;
}

function numberOf(part: string): number {
  return Number(part.slice(0, part.indexOf('/')));
}
