// Thousands of damaged mails, one after the other: does memory grow with their number?

import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { byteString, bytesOf } from '../../../server/src/core/patch/bytes.ts';
import { parseMessage } from '../../../server/src/core/patch/message.ts';
import { seeded } from '../../lanes/oracle/damage.ts';
import { mutate } from '../../lanes/oracle/mutate.ts';
import { outside, report } from './report.ts';

const [warm = 2000, more = 10000] = process.argv.slice(2).map(Number);

function mail(quote: string): string {
  const body = Array.from({ length: 40 }, (_, line) => `${quote} \tcontext_${line}(&group->mutex);`);
  body.splice(20, 0, `${quote}-\told_call(group);`, `${quote}+\tnew_call(group);`);
  const diff = [`${quote}--- a/drivers/iommu/f.c`, `${quote}+++ b/drivers/iommu/f.c`, `${quote}@@ -1,41 +1,41 @@ int f(void)`, ...body];
  const head = ['From: Ada <ada@example.org>', 'Date: Tue, 3 Mar 2020 10:20:30 +0200', 'Subject: [PATCH] iommu: Call the new one', ''];
  return `${[...head, `${quote}Some words that say why.`, `${quote}---`, ...diff, '-- ', '2.25', ''].join('\n')}`;
}

const mails = ['', '> ', '> > '].map((quote) => byteString(new TextEncoder().encode(mail(quote))));
setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;
const resident = (): number => {
  collect();
  return process.memoryUsage.rss() / 1e6;
};
let seed = 1;
const run = (count: number): void => {
  for (const end = seed + count; seed < end; seed++) {
    const text = mutate(mails[seed % mails.length] ?? '', seeded(seed));
    parseMessage(bytesOf(text), { path: 'mutant.eml', startLine: 1 }, outside);
  }
};
run(warm);
const before = resident();
run(more);
report({ mutants: seed - 1, growthMb: resident() - before });
