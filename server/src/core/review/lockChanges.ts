// Whether a later patch of a series gives a spinning lock up for one that sleeps.

import type { Finding } from '../../protocol/finding.ts';
import { lockOperation } from '../kernel/locks.ts';
import type { FileChange, Hunk, Patch } from '../patch/types.ts';

/**
 * Whether the lock under which a call may sleep becomes one under which it may: in the same function `later` replaces the line that
 * takes it by one that takes the same lock and may wait for it. The hunks of `later` need not show the call for that.
 */
export function makesLockSleep(finding: Finding, own: Patch, later: Patch): boolean {
  const { location } = finding;
  const name = location?.function ?? null;
  if (finding.rule !== 'sleep-in-atomic' || location === null || name === null) return false;
  const { file } = location;
  const lines = new Set(finding.related.flatMap((place) => (place.location?.file === file ? place.location.line : [])));
  const change = changeOf(own, file);
  const taken = (change?.hunks ?? []).flatMap((hunk) =>
    hunk.lines.flatMap((line) => (line.kind !== 'removed' && lines.has(line.newLine) ? (acquisitionIn(line.text) ?? []) : [])),
  );
  const spinning = taken.filter((one) => !one.sleeps);
  return (changeOf(later, file)?.hunks ?? []).some((hunk) => spinning.some((one) => replaces(hunk, name, one.lock)));
}

function changeOf(patch: Patch, path: string): FileChange | null {
  return patch.files.find((change) => change.newPath === path) ?? null;
}

/** Whether a hunk, inside a function, takes a lock away from a function that spins and gives it to one that sleeps. */
function replaces(hunk: Hunk, name: string, lock: string): boolean {
  let inside = hunk.heading.includes(`${name}(`);
  let removed = false;
  for (const { kind, text } of hunk.lines) {
    if (/^[A-Za-z_]/u.test(text) && text.includes('(')) inside = text.includes(`${name}(`);
    const taken = inside && kind !== 'context' ? acquisitionIn(text) : null;
    if (taken?.lock !== lock) continue;
    if (kind === 'removed') removed = !taken.sleeps;
    else if (removed && taken.sleeps) return true;
  }
  return false;
}

/** The lock that the first call of a line takes: its argument as it stands there. */
function acquisitionIn(line: string): { readonly lock: string; readonly sleeps: boolean } | null {
  const open = line.indexOf('(');
  const name = line.slice(0, Math.max(0, open)).trim().split(/\W/u).at(-1);
  const operation = name === undefined ? null : lockOperation(name);
  if (operation?.action !== 'acquire') return null;
  return { lock: (line.slice(open + 1).split(/[,)]/u, 1)[0] ?? '').trim(), sleeps: operation.sleeps };
}
