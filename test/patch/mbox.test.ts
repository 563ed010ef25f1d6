import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { byteString, bytesOf } from '../../server/src/core/patch/bytes.ts';
import { MboxSplitter, type MailBytes } from '../../server/src/core/patch/mail/mbox.ts';

const MBOX = `From mboxrd@z Thu Jan  1 00:00:00 1970
Subject: one

>From here on
>>From deeper
 From a blank

From ada@example.org Tue Mar  3 10:20:30 2020
Subject: two

From now on this is prose.
> From a quote
`;

function split(text: string, sizes: readonly number[] = [text.length], mailBytes = 1 << 20): MailBytes[] {
  const splitter = new MboxSplitter({ mailBytes });
  const bytes = bytesOf(text);
  const mails: MailBytes[] = [];
  let at = 0;
  for (let turn = 0; at < bytes.length; turn++) {
    const size = Math.max(1, sizes[turn % sizes.length] ?? 1);
    mails.push(...splitter.push(bytes.subarray(at, at + size)));
    at += size;
  }
  mails.push(...splitter.end());
  return mails;
}

describe('an mbox', () => {
  test('is cut at its separators, with the line at which each mail begins', () => {
    expect(split(MBOX).map((mail) => [mail.startLine, byteString(mail.bytes).split('\n')[1]])).toEqual([
      [1, 'Subject: one'],
      [8, 'Subject: two'],
    ]);
  });

  test('loses one mark of mboxrd quoting, and says on which lines', () => {
    const [one] = split(MBOX);
    expect(byteString(one?.bytes ?? new Uint8Array())).toContain('\nFrom here on\n>From deeper\n From a blank\n');
    expect(one?.unquotedLines).toEqual([4, 5]);
  });

  test('needs a time and a year in a separator', () => {
    const [, two] = split(MBOX);
    expect(byteString(two?.bytes ?? new Uint8Array())).toContain('\nFrom now on this is prose.\n> From a quote\n');
  });

  test('may lack the blank line before a separator, and the newline at the end', () => {
    expect(split('From a@b Tue Mar  3 10:20:30 2020\nx\nFrom a@b Tue Mar  3 10:20:30 2020\ny')).toHaveLength(2);
  });

  test('may have separators with lines that end in CR LF', () => {
    expect(split('From a@b Tue Mar  3 10:20:30 2020\r\nx\r\nFrom a@b Tue Mar  3 10:20:30 2020\r\ny\r\n')).toHaveLength(2);
  });

  test('cuts a mail above the limit and says so', () => {
    const mails = split(`${MBOX}${'x'.repeat(500)}\n`, [64], 200);
    expect(mails.map((mail) => [mail.bytes.length <= 200, mail.truncated])).toEqual([
      [true, false],
      [true, true],
    ]);
  });
});

test('a file that is no mbox is one mail, untouched', () => {
  const text = 'Subject: one\n\n>From here\nFrom a@b Tue Mar  3 10:20:30 2020\n';
  expect(split(text).map((mail) => byteString(mail.bytes))).toEqual([text]);
});

test('nothing gives no mail', () => {
  expect(split('')).toEqual([]);
});

test('where the bytes are cut into chunks makes no difference', () => {
  const piece = fc.constantFrom(
    'From a@b Tue Mar  3 10:20:30 2020\n',
    '>From x\n',
    '>',
    'F',
    'From',
    'text\n',
    '\n',
    'From a@b 10:20:30',
    ' 2020\n',
    '\r\n',
  );
  fc.assert(
    fc.property(
      fc.array(piece, { maxLength: 30 }),
      fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 8 }),
      (pieces, sizes) => {
        const text = `From a@b Tue Mar  3 10:20:30 2020\n${pieces.join('')}`;
        expect(split(text, sizes)).toEqual(split(text));
      },
    ),
    { numRuns: 1000 },
  );
});
