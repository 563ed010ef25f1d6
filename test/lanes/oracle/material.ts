// Where the real mails and git's judge lie. A lane without its material says so and fails: it must not pass by looking at nothing.

import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { MboxSplitter, type MailBytes } from '../../../server/src/core/patch/mail/mbox.ts';

export const corpusRoot = resolve(process.env.IOMMU_REVIEW_CORPUS ?? join(import.meta.dirname, '../../../../shared'));
export const cacheRoot = resolve(process.env.IOMMU_REVIEW_CACHE ?? join(homedir(), '.cache/iommu-review'));
export const oracleScript = join(corpusRoot, 'oracle/mail_oracle.py');

/** A path under the corpus; throws with what to do where it is missing. */
export function material(path: string): string {
  const full = join(corpusRoot, path);
  if (!existsSync(full)) throw new Error(`missing: ${full} (set IOMMU_REVIEW_CORPUS to the folder that has ${path})`);
  return full;
}

/** The mails of an mbox, zipped or not. */
export function readMbox(path: string): MailBytes[] {
  const file = readFileSync(material(path));
  const bytes = path.endsWith('.gz') ? gunzipSync(file) : file;
  const splitter = new MboxSplitter();
  return [...splitter.push(bytes), ...splitter.end()];
}
