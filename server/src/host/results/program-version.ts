// Which program this is, by its own text: results of another build are never taken for those of this one.

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';

/** SHA-256 of the file of a bundle that runs; null where it cannot be read. */
export function programVersion(file: URL): string | null {
  try {
    return createHash('sha256').update(readFileSync(file)).digest('hex');
  } catch {
    return null;
  }
}
