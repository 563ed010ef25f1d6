// Field by field: what we say of a mail, and what git says.

import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { describePatch, type DescribedPatch } from '../../../server/src/core/patch/describe.ts';
import { inflate } from '../../../server/src/host/inflate.ts';
import { parseMessage } from '../../../server/src/core/patch/message.ts';
import type { Message } from '../../../server/src/core/patch/types.ts';
import type { Verdict } from './judge.ts';

export const outside = {
  inflate,
  hasTree: false,
  readTree: () => null,
  readBlob: () => null,
  sha1: (bytes: Uint8Array) => createHash('sha1').update(bytes).digest('hex'),
  decode(bytes: Uint8Array, charset: string): string | null {
    try {
      return new TextDecoder(charset).decode(bytes);
    } catch {
      return null;
    }
  },
};

export interface Ours {
  readonly message: Message;
  readonly described: DescribedPatch;
}

export function read(bytes: Uint8Array): Ours {
  const message = parseMessage(bytes, { path: 'mail', startLine: 1 }, outside);
  return { message, described: describePatch(message, outside) };
}

export interface Difference {
  readonly field: string;
  readonly ours: unknown;
  readonly git: unknown;
}

/** The fields in which git's verdict and ours differ. A mail that git refuses must be refused by us, and the other way round. */
export function differences(ours: DescribedPatch, refusal: string | null, git: Verdict): Difference[] {
  const found: Difference[] = [];
  const check = (field: string, mine: unknown, theirs: unknown): void => {
    if (!isDeepStrictEqual(mine, theirs)) found.push({ field, ours: mine, git: theirs });
  };
  check('ok', refusal === null, git.ok);
  if (git.stage === 'mailinfo') return found;
  check('subject', ours.subject, git.subject ?? null);
  check('author', ours.author, git.author ?? null);
  check('email', ours.email, git.email ?? null);
  // Without a date in the mail, git's identity takes the time of the run.
  if ((git.date ?? '') !== '') check('date', [ours.date_epoch, ours.date_tz], [git.date_epoch ?? null, git.date_tz ?? null]);
  check('message', createHash('sha256').update(ours.message).digest('hex'), git.message_stripped_sha256);
  if (!git.ok) return found;
  check('files', ours.files, git.files);
  check('summary', ours.summary, git.summary);
  // The judge's own walk over the hunks counts only where git's counts bear it out.
  if (git.hunks_verified === true) check('hunk_headers', ours.hunk_headers, git.hunk_headers);
  return found;
}
