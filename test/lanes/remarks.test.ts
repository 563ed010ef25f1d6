// Remarks of four public threads against anchors that were checked by reading the mails, one by one. Run with `npm run lanes`.
// The fixture holds facts only: which line of which mail speaks about which line of which patch.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Comment } from '../../server/src/protocol/report.ts';
import { threadComments } from '../../server/src/core/patch/threads/comments.ts';
import { parseMessage } from '../../server/src/core/patch/message.ts';
import { findSeries } from '../../server/src/core/patch/threads/series.ts';
import type { Message } from '../../server/src/core/patch/types.ts';
import { outside } from './oracle/compare.ts';
import { readMbox } from './oracle/material.ts';

interface Checked {
  readonly mbox: string;
  /** The mail with the remark, and the line of it (its first header is line 1) where the remark begins. */
  readonly message: string;
  readonly line: number;
  /** The mail with the patch, and the line of the file after it (before it for `-`), or of its commit message. */
  readonly patch: string;
  readonly side: string;
  readonly file: string | null;
  readonly at: number;
  /** The mail whose remark is answered, where it is one. */
  readonly answers?: string;
}

const checked = JSON.parse(readFileSync(join(import.meta.dirname, 'remarks.json'), 'utf8')) as Checked[];

function readThread(name: string): { messages: Message[]; starts: number[] } {
  const mails = readMbox(`corpus/threads/${name}.mbox.gz`);
  const messages = mails.map((mail) => parseMessage(mail.bytes, { path: name, startLine: mail.startLine }, outside));
  return { messages, starts: mails.map((mail) => mail.startLine) };
}

function describeAnchor(comment: Comment | undefined): string {
  if (comment === undefined) return 'no remark begins here';
  const { anchor } = comment;
  const place = anchor === null ? 'no anchor' : `${anchor.patch} ${anchor.side} ${anchor.file ?? ''} ${String(anchor.line)}`;
  return `${place} answers ${comment.inReplyTo?.replace(/#[^#]*$/, '') ?? ''}`;
}

test('remarks sit on the lines that they are about', () => {
  const wrong: string[] = [];
  for (const name of ['default-domain', 'dma-ownership', 'iommufd-uapi', 'user-dma-rfc']) {
    const { messages, starts } = readThread(name);
    const comments = threadComments(
      messages,
      messages.map((_, index) => `mail ${String(index + 1)}`),
    );
    for (const one of checked.filter((entry) => entry.mbox === name)) {
      const lines = messages.flatMap((message, index) => (message.messageId === one.message ? [(starts[index] ?? 0) + one.line] : []));
      const found = comments.find((comment) => lines.includes(comment.mail.line));
      const want = `${one.patch} ${one.side} ${one.file ?? ''} ${String(one.at)} answers ${one.answers ?? ''}`;
      if (describeAnchor(found) !== want) wrong.push(`${one.message} line ${String(one.line)}: ${describeAnchor(found)}, not ${want}`);
    }
  }
  process.stdout.write(`${String(checked.length - wrong.length)} of ${String(checked.length)} anchors are right\n`);
  expect(checked.length).toBeGreaterThan(60);
  expect(wrong).toEqual([]);
});

test('the versions of a series are found, also where they share Message-IDs', () => {
  const { messages } = readThread('default-domain');
  const mails = messages.map((message) => ({ ...message, subject: message.rawSubject }));
  const series = findSeries(mails);
  const last = series.findIndex((one) => one.version === 10);
  const chain: string[] = [];
  for (let at: number | null = last; at !== null && chain.length < 50; at = series[at]?.previous ?? null) {
    const one = series[at];
    if (one) chain.push(`${one.rfc ? 'rfc ' : ''}v${String(one.version)} ${String(one.parts.length)}/${String(one.announced)}`);
  }
  expect(chain).toEqual([
    'v10 4/4',
    'v9 4/4',
    'v8 3/3',
    'v7 3/3',
    'v6 3/3',
    'v5 3/3',
    'v4 3/3',
    'v3 3/3',
    'v2 5/5',
    'v1 4/4',
    'rfc v1 4/4',
  ]);
  const ids = (version: number): readonly (string | null | undefined)[] =>
    series.find((one) => one.version === version)?.parts.map((part) => mails[part]?.messageId) ?? [];
  expect(ids(6)).toEqual(ids(5));
  expect(ids(7)).toEqual(ids(6));
});

test('a patch recovered from quotes has the lines and numbers of the real one', () => {
  const { messages } = readThread('default-domain');
  const reply = messages.find((message) => message.messageId === 'f7a5d302-2dbe-29bd-0d1b-4560c6ae4688@linux.intel.com');
  const patch = messages.find((message) => message.messageId === reply?.inReplyTo)?.patch;
  const flat = (files: Message['quoted']) =>
    files?.files.map((file) => ({
      path: file.newPath,
      hunks: file.hunks.map((hunk) => ({
        at: [hunk.oldStart, hunk.oldCount, hunk.newStart, hunk.newCount],
        lines: hunk.lines.map((line) => [line.kind, line.text]),
      })),
    }));
  expect(patch?.files.length).toBe(1);
  expect(flat(reply?.quoted ?? null)).toEqual(flat(patch ?? null));
});
