// Patches recovered from the quotes of replies, line by line against the patch that was answered: text, sign and line number.
// Run with `npm run lanes`.

import { expect, test } from 'vitest';
import { parseMessage } from '../../server/src/core/patch/message.ts';
import { findParents } from '../../server/src/core/patch/threads/thread.ts';
import type { FileChange, Message } from '../../server/src/core/patch/types.ts';
import { outside } from './oracle/compare.ts';
import { readMbox } from './oracle/material.ts';

/** Each line of a file's hunks as sign and text without white space, and the same with its line number. */
function linesOf(file: FileChange): { readonly texts: string[]; readonly numbered: string[] } {
  const texts: string[] = [];
  const numbered: string[] = [];
  for (const hunk of file.hunks) {
    for (const line of hunk.lines) {
      const text = `${line.kind} ${line.text.replace(/\s+/g, '')}`;
      texts.push(text);
      numbered.push(`${String(line.kind === 'removed' ? line.oldLine : line.newLine)} ${text}`);
    }
  }
  return { texts, numbered };
}

/** The patch that a reply quotes: of the nearest mail above it that has one. */
function answered(index: number, messages: readonly Message[], parents: readonly (number | null)[]): Message['patch'] {
  let at = parents[index] ?? null;
  for (let steps = 0; at !== null && steps < 50; steps++) {
    const patch = messages[at]?.patch ?? null;
    if (patch !== null) return patch;
    at = parents[at] ?? null;
  }
  return null;
}

test('quoted lines are those of the patch, with its numbers', () => {
  let [replies, lines, right, placed] = [0, 0, 0, 0];
  for (const name of ['default-domain', 'dma-ownership', 'iommufd-uapi', 'user-dma-rfc']) {
    const messages = readMbox(`corpus/threads/${name}.mbox.gz`).map((mail) =>
      parseMessage(mail.bytes, { path: name, startLine: mail.startLine }, outside),
    );
    const parents = findParents(messages.map((message) => ({ ...message, subject: message.rawSubject })));
    messages.forEach((message, index) => {
      const patch = answered(index, messages, parents);
      if (message.quoted === null || patch === null || message.quoted.files.length === 0) return;
      replies++;
      for (const file of message.quoted.files) {
        // A quote that was cut above its file's name can be of any file.
        const unnamed = file.newPath === null && file.oldPath === null;
        const want = patch.files.filter((one) => unnamed || (one.newPath === file.newPath && one.oldPath === file.oldPath)).map(linesOf);
        const texts = new Set(want.flatMap((one) => one.texts));
        const numbered = new Set(want.flatMap((one) => one.numbered));
        const got = linesOf(file);
        lines += got.texts.length;
        right += got.texts.filter((text) => texts.has(text)).length;
        placed += got.numbered.filter((text) => numbered.has(text)).length;
      }
    });
  }
  const share = (count: number): string => (count / lines).toFixed(4);
  process.stdout.write(
    `${String(replies)} replies, ${String(lines)} quoted lines: ${share(right)} as in the patch, ${share(placed)} at its line too\n`,
  );
  expect(replies).toBeGreaterThan(50);
  expect(right / lines).toBeGreaterThan(0.98);
  expect(placed / lines).toBeGreaterThan(0.95);
});
