// Every real mail at hand, read by us and by git: equal in every field. Run with `npm run lanes`.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { isAllowed } from './oracle/allowed.ts';
import { differences, read } from './oracle/compare.ts';
import { judge } from './oracle/judge.ts';
import { material, readMbox } from './oracle/material.ts';

function threads(): Uint8Array[] {
  const names = readdirSync(material('corpus/threads')).filter((name) => name.endsWith('.mbox.gz'));
  return names.flatMap((name) => readMbox(`corpus/threads/${name}`).map((mail) => mail.bytes));
}

function labelled(): Uint8Array[] {
  const folder = material('corpus/labelled/mail');
  return readdirSync(folder).map((name) => readFileSync(join(folder, name)));
}

const sets = [
  {
    name: 'every patch mail of the archive',
    least: 4890,
    mails: () => readMbox('corpus/patches-2019-2020.mbox.gz').map((mail) => mail.bytes),
  },
  { name: 'every mail of the threads, replies and covers too', least: 500, mails: threads },
  { name: 'every labelled mail', least: 150, mails: labelled },
];

test.each(sets)('$name is read as git reads it', async ({ name, least, mails: load }) => {
  const mails = load();
  const verdicts = await judge(mails);
  const report: string[] = [];
  let accepted = 0;
  mails.forEach((mail, index) => {
    const verdict = verdicts[index];
    if (verdict === undefined) return;
    if (verdict.ok) accepted++;
    const { message, described } = read(mail);
    for (const difference of differences(described, message.git.refusal?.kind ?? null, verdict)) {
      if (isAllowed(message, difference.field)) continue;
      const [ours, git] = [JSON.stringify(difference.ours), JSON.stringify(difference.git)];
      report.push(`${message.messageId ?? `mail ${index}`} ${difference.field}: ours ${ours}, git ${git}`.slice(0, 600));
    }
  });
  process.stdout.write(`${name}: ${mails.length} mails, ${accepted} with a patch that git takes, ${report.length} differences\n`);
  expect(report).toEqual([]);
  expect(mails.length).toBeGreaterThanOrEqual(least);
});
