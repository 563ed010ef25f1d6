// A large mbox, made up and read piece by piece; no more than one mail is ever held.

import { MboxSplitter, type MailBytes } from '../../../server/src/core/patch/mail/mbox.ts';
import { parseMessage } from '../../../server/src/core/patch/message.ts';
import { outside, report } from './report.ts';

const [megabytes = 100] = process.argv.slice(2).map(Number);
const encoder = new TextEncoder();

function mail(number: number): Uint8Array {
  const lines: string[] = [];
  for (let line = 0; line < 120; line++) lines.push(` \tcontext_${number}_${line}(&domain->lock);`);
  lines.splice(60, 0, '-\told_call(group, dev);', '+\tnew_call(group);');
  return encoder.encode(
    `From mboxrd@z Thu Jan  1 00:00:00 1970\nFrom: Ada <ada@example.org>\nDate: Tue, 3 Mar 2020 10:20:30 +0200\n` +
      `Subject: [PATCH ${number}/12000] iommu: change ${number}\nMessage-ID: <${number}@example.org>\n\n` +
      `${'Some words of a message that says why.\n'.repeat(60)}---\n--- a/f.c\n+++ b/f.c\n@@ -1,121 +1,121 @@\n${lines.join('\n')}\n-- \n2.25\n\n`,
  );
}

const splitter = new MboxSplitter();
let [mails, patches, bytes, firstMs] = [0, 0, 0, 0];
let startLineOfLast = 0;
const begun = process.cpuUsage();
const take = (found: readonly MailBytes[]): void => {
  for (const one of found) {
    const message = parseMessage(one.bytes, { path: 'big.mbox', startLine: one.startLine }, outside);
    if (mails++ === 0) firstMs = process.cpuUsage(begun).user / 1000;
    if (message.patch !== null) patches++;
    startLineOfLast = one.startLine;
  }
};
for (let number = 1; bytes < megabytes * 1e6; number++) {
  const text = mail(number);
  bytes += text.length;
  for (let at = 0; at < text.length; at += 4096) take(splitter.push(text.subarray(at, at + 4096)));
}
take(splitter.end());
report({ mails, patches, bytes, firstMs, startLineOfLast });
