// Every column of every decoded line of the archive stands where the map says, in the text that an editor shows.

import { expect, test } from 'vitest';
import { isUtf8, byteString } from '../../server/src/core/patch/bytes.ts';
import { read } from './oracle/compare.ts';
import { readMbox } from './oracle/material.ts';

test('more than a million columns of real mails are where they are said to be', () => {
  const wrong: string[] = [];
  let looked = 0;
  for (const { bytes } of readMbox('corpus/patches-2019-2020.mbox.gz')) {
    if (!isUtf8(byteString(bytes))) continue;
    const raw = new TextDecoder('utf-8').decode(bytes).split('\n');
    const { message } = read(bytes);
    const hunks = (message.patch?.files ?? []).flatMap((change) => change.hunks);
    for (const { text, place } of [...message.body, ...hunks.flatMap((hunk) => hunk.lines)]) {
      if (!place.exact) continue;
      for (let offset = 0; offset < text.length; offset++) {
        const at = message.positions.translate(place, offset);
        looked++;
        if (raw[at.line - 1]?.[at.column - 1] === text[offset]) continue;
        wrong.push(`${message.messageId ?? ''} line ${String(at.line)} column ${String(at.column)}`);
        break;
      }
    }
  }
  process.stdout.write(`${String(looked)} columns, ${String(wrong.length)} lines with a wrong one\n`);
  expect(wrong.slice(0, 20)).toEqual([]);
  expect(looked).toBeGreaterThan(1_000_000);
});
