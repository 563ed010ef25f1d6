// Replies of two public threads with their quote marks taken away, as some archives show them: how well the quoted original is told from
// what people say about it. A guess by nature; this keeps its quality known. Run with `npm run lanes`.

import { expect, test } from 'vitest';
import { parseMessage } from '../../server/src/core/patch/message.ts';
import { layOutQuotes } from '../../server/src/core/patch/quotes/quoteLayout.ts';
import { findParents } from '../../server/src/core/patch/threads/thread.ts';
import { body } from '../patch/mails.ts';
import { outside } from './oracle/compare.ts';
import { readMbox } from './oracle/material.ts';

test('the original is told from the talk where the marks are lost', () => {
  let mails = 0;
  const taken = { right: 0, wrong: 0, missed: 0 };
  for (const name of ['default-domain', 'dma-ownership']) {
    const messages = readMbox(`corpus/threads/${name}.mbox.gz`).map((mail) =>
      parseMessage(mail.bytes, { path: name, startLine: mail.startLine }, outside),
    );
    const parents = findParents(messages.map((message) => ({ ...message, subject: message.rawSubject })));
    messages.forEach((message, index) => {
      const kept = layOutQuotes(message.body, message.author);
      // How many mails up the patch or cover letter stands that is quoted: the depth of its lines.
      const parent = parents[index] ?? null;
      const grandparent = parent === null ? null : (parents[parent] ?? null);
      const isPost = (at: number | null) => at !== null && ['patch', 'cover'].includes(messages[at]?.kind ?? '');
      const depth = isPost(parent) ? 1 : isPost(grandparent) ? 2 : 0;
      const lines = kept.lines.filter((line) => line.role === 'text');
      const attributions = kept.lines.filter((line) => line.role === 'attribution');
      const prose =
        message.kind === 'reply' &&
        depth > 0 &&
        attributions.length >= depth &&
        !attributions.some((line) => /^(?:From|Sent|To|Cc|Subject):/.test(line.text)) &&
        lines.some((line) => line.depth === depth) &&
        !lines.some((line) => line.depth > depth || (line.depth > 0 && /^(?:diff --git|@@ )/.test(line.text)));
      if (!prose) return;
      const bare = layOutQuotes(body(kept.lines.map((line) => line.text.trim()).join('\n')), message.author);
      if (bare.marks !== 'lost') return;
      mails++;
      kept.lines.forEach((line, at) => {
        if (line.role !== 'text') return;
        const guess = bare.lines[at];
        const original = guess?.role === 'text' && guess.depth === depth;
        if (line.depth === depth && original) taken.right++;
        else if (line.depth === depth) taken.missed++;
        else if (original) taken.wrong++;
      });
    });
  }
  const precision = taken.right / (taken.right + taken.wrong);
  const recall = taken.right / (taken.right + taken.missed);
  process.stdout.write(
    `${String(mails)} mails: ${precision.toFixed(3)} of the lines taken for originals are, ${recall.toFixed(3)} of the originals are taken\n`,
  );
  expect(mails).toBeGreaterThan(40);
  expect(precision).toBeGreaterThan(0.8);
  expect(recall).toBeGreaterThan(0.94);
});
