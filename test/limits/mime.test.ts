// Mails that are built to cost: each is read within 200 ms, with a note on what was left out.

import { expect, test } from 'vitest';
import { bytesOf } from '../../server/src/core/patch/bytes.ts';
import { parseMessage } from '../../server/src/core/patch/message.ts';
import { ALLOWANCE, cpuOf } from './measure.ts';
import { outside } from './probes/report.ts';

const repeat = (count: number, piece: (at: number) => string): string => Array.from({ length: count }, (_, at) => piece(at)).join('');
const HEAD = 'From: Ada <ada@example.org>\nSubject: x\n';

const BOMBS: Readonly<Record<string, { mail: () => string; note?: string }>> = {
  'multipart messages 10,000 deep': {
    mail: () => `${HEAD}${repeat(10_000, (at) => `Content-Type: multipart/mixed; boundary=b${at}\n\npreamble\n--b${at}\n`)}\nText.\n`,
    note: 'limit',
  },
  '100,000 parts': {
    mail: () => `${HEAD}Content-Type: multipart/mixed; boundary=b\n\n${repeat(100_000, (at) => `--b\n\nPart ${at}.\n`)}--b--\n`,
    note: 'limit',
  },
  'one header of many megabytes': { mail: () => `${HEAD}X-Long: ${'x'.repeat(8_000_000)}\n\nText.\n`, note: 'bad-mail' },
  'one folded header of many megabytes': {
    mail: () => `${HEAD}Subject: a\n${repeat(400_000, () => ' folded text\n')}\nText.\n`,
    note: 'bad-mail',
  },
  '500,000 recipients in lines': { mail: () => `${HEAD}${repeat(500_000, (at) => `To: ${at}@x\n`)}\nText.\n`, note: 'bad-mail' },
  '500,000 recipients in one field': { mail: () => `${HEAD}To: ${repeat(500_000, (at) => `${at}@x, `)}\n\nText.\n`, note: 'bad-mail' },
  'nested address groups': { mail: () => `From: ${'('.repeat(100_000)}a@b\n\nText.\n` },
  '100,000 parameters of RFC 2231': {
    mail: () => `${HEAD}Content-Type: text/plain; ${repeat(100_000, (at) => `x*${at}="y"; `)}\n\nText.\n`,
    note: 'bad-mail',
  },
  '10,000 parameters within the limit': {
    mail: () => `${HEAD}Content-Type: text/plain; ${repeat(10_000, (at) => `x*${at}="y"; `)}\n\nText.\n`,
  },
  'a boundary of boundaries': {
    mail: () => `${HEAD}Content-Type: multipart/mixed; boundary=${'-'.repeat(50_000)}\n\n${`${'-'.repeat(50_002)}\n`.repeat(60)}\n`,
  },
  '100,000 encoded words': { mail: () => `From: ${'=?utf-8?q?a?= '.repeat(15_000)}<a@b>\n\nText.\n` },
  'open encoded words': { mail: () => `Subject: ${'=?'.repeat(120_000)}\n\nText.\n`, note: 'bad-mail' },
  'one quoted-printable line of megabytes': {
    mail: () => `${HEAD}Content-Transfer-Encoding: quoted-printable\n\n${'=41'.repeat(500_000)}\n`,
  },
  'soft line breaks without end': { mail: () => `${HEAD}Content-Transfer-Encoding: quoted-printable\n\n${'a=\n'.repeat(300_000)}\n` },
  'flowed lines without end': { mail: () => `${HEAD}Content-Type: text/plain; format=flowed\n\n${'a \n'.repeat(300_000)}\n` },
  'base64 of base64': {
    mail: () =>
      `${HEAD}Content-Transfer-Encoding: base64\n\n${Buffer.from(Buffer.from('x'.repeat(800_000)).toString('base64')).toString('base64')}\n`,
  },
  'base64 without a line break in its text': { mail: () => `${HEAD}Content-Transfer-Encoding: base64\n\n${'QUFB\n'.repeat(200_000)}\n` },
  'an in-body header without end': { mail: () => `${HEAD}\nSubject: a\n${' folded text\n'.repeat(300_000)}\nText.\n` },
  '100,000 references': { mail: () => `${HEAD}References: ${repeat(20_000, (at) => `<${at}@x> `)}\n\nText.\n` },
};

test.each(Object.entries(BOMBS))('%s', (_name, { mail, note }) => {
  const bytes = bytesOf(mail());
  const read = () => parseMessage(bytes, { path: 'x', startLine: 1 }, outside);
  expect(cpuOf(read)).toBeLessThan(200 * ALLOWANCE);
  const message = read();
  if (note !== undefined) expect(message.problems.map((problem) => problem.kind)).toContain(note);
});
