// Mails with every kind of byte and charset, read by us and by git. Run with `npm run lanes`.

import { expect, test } from 'vitest';
import { bytesOf, isUtf8 } from '../../server/src/core/patch/bytes.ts';
import { byteCases } from '../patch/support/byteCases.ts';
import { differences, read } from './oracle/compare.ts';
import { judge } from './oracle/judge.ts';

test('bytes of all kinds are read as git reads them', async () => {
  const verdicts = await judge(byteCases.map((one) => bytesOf(one.mail)));
  const wrong: string[] = [];
  let taken = 0;
  byteCases.forEach(({ name, mail }, index) => {
    const verdict = verdicts[index];
    if (verdict === undefined || verdict.stage === 'judge') return void wrong.push(`${name}: git's view is missing`);
    if (verdict.ok) taken++;
    const { message, described } = read(bytesOf(mail));
    for (const one of differences(described, message.git.refusal?.kind ?? null, verdict)) {
      // Text that is no UTF-8 cannot stand in JSON as it is, and git converts other charsets only in git am, not in what the judge asks.
      if (one.field === 'message' && (!isUtf8(mail) || /charset=(?!utf-8)/.test(mail))) continue;
      wrong.push(`${name}: ${JSON.stringify(one)}`.slice(0, 400));
    }
  });
  process.stdout.write(`${String(taken)} of ${String(byteCases.length)} mails are taken by git, and by us with the same fields\n`);
  expect(wrong).toEqual([]);
  expect(taken).toBeGreaterThan(30);
});
