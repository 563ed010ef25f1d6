// The clean form of a commit message.

import { isGitSpace } from '../bytes.ts';
import type { ByteLine } from '../byteLine.ts';

/** What `git stripspace` leaves: no white space at line ends, no blank lines at both ends, one blank line between paragraphs. */
export function stripSpace(lines: readonly ByteLine[]): ByteLine[] {
  const kept: ByteLine[] = [];
  let blank: ByteLine | null = null;
  for (const line of lines) {
    let end = line.bytes.length;
    while (end > 0 && isGitSpace(line.bytes.charCodeAt(end - 1))) end--;
    if (end === 0) {
      if (kept.length > 0) blank ??= line.withBytes('');
      continue;
    }
    if (blank !== null) kept.push(blank);
    blank = null;
    kept.push(end === line.bytes.length ? line : line.withBytes(line.bytes.slice(0, end)));
  }
  return kept;
}
