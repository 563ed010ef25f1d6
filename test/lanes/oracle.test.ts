// Every mail of the archive, read by us and by git: equal in every field. Run with `npm run lanes`.

import { expect, test } from 'vitest';
import { differences, read } from './oracle/compare.ts';
import { judge } from './oracle/judge.ts';
import { readMbox } from './oracle/material.ts';
import { allowed } from './oracle/allowed.ts';

test('every mail of the archive is read as git reads it', async () => {
  const mails = readMbox('corpus/patches-2019-2020.mbox.gz');
  const verdicts = await judge(mails.map((mail) => mail.bytes));
  const fields = new Map<string, number>();
  const report: string[] = [];
  mails.forEach((mail, index) => {
    const verdict = verdicts[index];
    if (verdict === undefined) return;
    const { message, described } = read(mail.bytes);
    for (const difference of differences(described, message.git.refusal?.kind ?? null, verdict)) {
      if (allowed.some((one) => one.messageId === message.messageId && one.field === difference.field)) continue;
      fields.set(difference.field, (fields.get(difference.field) ?? 0) + 1);
      report.push(
        `${message.messageId ?? mail.startLine} ${difference.field}: ours ${JSON.stringify(difference.ours)}, git ${JSON.stringify(difference.git)}`.slice(
          0,
          600,
        ),
      );
    }
  });
  expect(report, JSON.stringify(Object.fromEntries(fields))).toEqual([]);
  expect(mails.length).toBeGreaterThan(4000);
});
