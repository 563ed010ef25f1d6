import { expect, test } from 'vitest';
import { Cancelled } from '../../server/src/core/base/cancel.ts';
import { mailInputs } from '../../server/src/lsp/mails.ts';

const from = 'From dev@example.org Mon Sep  2 10:00:00 2024\n';
const mail = `${from}From: Ada <ada@example.org>\nSubject: [PATCH] iommu: One\n\n>From here on.\n`;

test('mails of a part of a document know their lines in the document, and which of them lost a quote mark', async () => {
  const inputs = await mailInputs('a.mbox', mail + mail, 101);
  expect(inputs.map(({ startLine, unquotedLines }) => [startLine, unquotedLines])).toEqual([
    [101, [105]],
    [106, [110]],
  ]);
  expect(new TextDecoder().decode(inputs[0]?.bytes)).toBe(mail.replace('>From', 'From'));
});

test.each([0, 1])('a long text comes through piece by piece as it is (%i)', async (shift) => {
  // The pieces are of even length, so that one of the two texts would be cut inside a character.
  const text = `${'x'.repeat(shift)}${'𝄞'.repeat(300_000)}`;
  const [input, ...more] = await mailInputs('a.txt', text, 1);
  expect(more).toEqual([]);
  expect(new TextDecoder().decode(input?.bytes) === text).toBe(true);
});

test('a large mailbox is left soon after it is cancelled', async () => {
  const stop = new AbortController();
  const reading = mailInputs('a.mbox', (mail + 'words\n'.repeat(1000)).repeat(5000), 1, stop.signal);
  stop.abort();
  await expect(reading).rejects.toBeInstanceOf(Cancelled);
});
