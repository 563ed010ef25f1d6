// Diffs in other forms are named, never applied: an ed script can run commands, and context diffs are not what people review.

import type { ByteLine } from '../byteLine.ts';

/** What other form of diff stands in the lines, and the index of its first line; null where there is none. */
export function foreignDiff(lines: readonly ByteLine[]): { what: string; at: number } | null {
  for (let at = 0; at < lines.length; at++) {
    const bytes = lines[at]?.bytes ?? '';
    const next = lines[at + 1]?.bytes ?? '';
    if (bytes.startsWith('*** ') && next.startsWith('--- ') && (lines[at + 2]?.bytes.startsWith('***************') ?? false)) {
      return { what: 'a context diff', at };
    }
    if (!/^[0-9ad]/.test(bytes)) continue;
    if (/^\d+(?:,\d+)?[acd]\d+(?:,\d+)?$/.test(bytes) && /^[<>] /.test(next)) return { what: 'a normal diff', at };
    if (/^\d+(?:,\d+)?[ac]$/.test(bytes) && endsWithDot(lines, at + 1)) return { what: 'an ed script', at };
    if (/^[ad]\d+ \d+$/.test(bytes)) {
      const count = Number(/ (\d+)$/.exec(bytes)?.[1]);
      const follows = lines[at + 1 + (bytes.startsWith('a') ? count : 0)]?.bytes;
      if (follows === undefined || /^[ad]\d+ \d+$/.test(follows)) return { what: 'an RCS diff', at };
    }
  }
  return null;
}

/** An ed insertion ends with a lone dot; looked for near, so that noise stays cheap. */
function endsWithDot(lines: readonly ByteLine[], from: number): boolean {
  for (let at = from; at < Math.min(lines.length, from + 200); at++) if (lines[at]?.bytes === '.') return true;
  return false;
}
