// Replies that were labelled by others with the line that they are about: a remark sits there, or on the closing line right below it.
// Run with `npm run lanes`.

import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { threadComments } from '../../server/src/core/patch/threads/comments.ts';
import { parseMessage } from '../../server/src/core/patch/message.ts';
import type { Message } from '../../server/src/core/patch/types.ts';
import { outside } from './oracle/compare.ts';
import { material } from './oracle/material.ts';

interface Case {
  readonly id: string;
  readonly set: string;
  readonly patch: { readonly mail: string };
  readonly reply: { readonly mail: string };
  readonly location: { readonly file: string; readonly new_line: number | null; readonly old_line: number | null };
}

/** Cases whose label names another line than the one that the remark follows. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  B094: 'the label has the second of two equal calls, the remark follows the first',
  B112: 'the label has the defect, eight lines above the remark',
  B116: 'the label has the defect, above the remark',
  B136: 'the label has the changed line, the remark follows the commit message',
};

function read(mail: string): Message {
  return parseMessage(readFileSync(material(`corpus/labelled/mail/${mail}`)), { path: mail, startLine: 1 }, outside);
}

test('remarks sit where the labels say', () => {
  const cases = readFileSync(material('corpus/labelled/cases.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Case)
    .filter((one) => one.set === 'B');
  const missed = cases.filter(({ patch, reply, location }) => {
    const comments = threadComments([read(patch.mail), read(reply.mail)], ['patch', 'reply']);
    return !comments.some(({ anchor }) => {
      if (anchor?.file !== location.file) return false;
      const line = anchor.side === '-' ? location.old_line : location.new_line;
      return line !== null && anchor.line >= line && anchor.line <= line + 2;
    });
  });
  process.stdout.write(`${String(cases.length - missed.length)} of ${String(cases.length)} remarks sit where the labels say\n`);
  expect(cases.length).toBeGreaterThan(50);
  expect(missed.map((one) => one.id)).toEqual(Object.keys(ELSEWHERE));
});
