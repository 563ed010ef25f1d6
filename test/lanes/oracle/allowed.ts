// Differences from git that are meant, each with its reason. Kept empty if at all possible.

import type { Message } from '../../../server/src/core/patch/types.ts';

export interface AllowedDifference {
  readonly messageId: string;
  readonly field: string;
  readonly reason: string;
}

export const allowed: readonly AllowedDifference[] = [
  {
    messageId: '920d35e1-c3d0-f943-2925-00dde46c42d5@nec.com',
    field: 'author',
    reason:
      'The name is in ISO-2022-JP. git mailinfo of 2.39 converts it, as git am does, but not with the option --encoding that the judge gives: ' +
      'there the raw bytes hold a `<`, and git falls back to the address.',
  },
  {
    messageId: 'YoXydUP7TCb2YmOW@suse.de',
    field: 'message',
    reason: 'A reply in ISO-8859-1, which git am would convert to UTF-8; with --encoding, git mailinfo of 2.39 does not.',
  },
];

/** Whether a difference of this mail in this field is a meant one. */
export function isAllowed(message: Message, field: string): boolean {
  return allowed.some((one) => one.messageId === message.messageId && one.field === field);
}
