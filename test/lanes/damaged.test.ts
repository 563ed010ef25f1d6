// Damaged mails, judged by git at test time: we take nothing that git refuses, and refuse for the same reason. Run with `npm run lanes`.

import { expect, test } from 'vitest';
import { byteString, bytesOf, isUtf8 } from '../../server/src/core/patch/bytes.ts';
import { binaryKinds, binaryMail } from './oracle/binaryMail.ts';
import { isAllowed } from './oracle/allowed.ts';
import { differences, read } from './oracle/compare.ts';
import { gitClass, ourClass } from './oracle/classes.ts';
import { damage, damages, seeded } from './oracle/damage.ts';
import { judge } from './oracle/judge.ts';
import { mutate } from './oracle/mutate.ts';
import { readMbox } from './oracle/material.ts';

const PER_KIND = Number(process.env.IOMMU_REVIEW_DAMAGED ?? 40);

/** Whether the message can hold bytes that are no UTF-8, and so cannot stand in JSON as it is: in plain sight, or in a damaged encoding. */
function notInJson(mail: string): boolean {
  return !isUtf8(mail) || /^Content-Transfer-Encoding: (?:base64|quoted-printable)/im.test(mail);
}

test('damaged mails are refused where git refuses them, for the same reason', async () => {
  const mails = readMbox('corpus/patches-2019-2020.mbox.gz').filter((mail) => mail.bytes.length < 60_000);
  const random = seeded(Number(process.env.IOMMU_REVIEW_SEED ?? 20261121));
  const made: { kind: string; bytes: Uint8Array }[] = [];
  for (const kind of Object.keys(damages)) {
    for (let count = 0, tries = 0; count < PER_KIND && tries < PER_KIND * 20; tries++) {
      const mail = mails[Math.floor(random() * mails.length)];
      if (mail === undefined) continue;
      const text = damage(byteString(mail.bytes), kind, Math.floor(random() * 2 ** 31));
      if (text === null) continue;
      made.push({ kind, bytes: bytesOf(text) });
      count++;
    }
  }
  for (let count = 0; count < PER_KIND * 10; count++) {
    const mail = mails[Math.floor(random() * mails.length)];
    if (mail !== undefined) made.push({ kind: 'mutant', bytes: bytesOf(mutate(byteString(mail.bytes), random)) });
  }
  for (const kind of binaryKinds) {
    for (let count = 0; count < PER_KIND; count++) made.push({ kind, bytes: bytesOf(binaryMail(kind, random)) });
  }
  const verdicts = await judge(made.map((one) => one.bytes));
  const accepted: string[] = [];
  const otherClass: string[] = [];
  const otherFields: string[] = [];
  let refused = 0;
  made.forEach(({ kind, bytes }, index) => {
    const verdict = verdicts[index];
    if (verdict === undefined || verdict.stage === 'judge') return;
    const ours = read(bytes);
    const mine = ourClass(ours.message.git.refusal?.kind ?? null);
    const theirs = gitClass(verdict);
    const id = `${kind} (${index}, ${ours.message.messageId ?? ''})`;
    if (theirs !== null) refused++;
    if (theirs !== null && mine === null) accepted.push(`${id}: git says ${verdict.reason ?? ''}`);
    // Names that leave the tree are only looked at by git when it applies; we look at once.
    else if (mine !== theirs && !(theirs === null && mine === 'unsafe path')) {
      otherClass.push(
        `${id}: ours ${mine ?? 'taken'} (${ours.message.git.refusal?.message ?? ''} at ${ours.message.git.refusal?.line ?? ''}), git ${theirs ?? 'taken'} (${verdict.reason ?? ''})`,
      );
    } else if (mine === null) {
      const fields = differences(ours.described, null, verdict).filter(
        (one) => !isAllowed(ours.message, one.field) && !(one.field === 'message' && notInJson(byteString(bytes))),
      );
      if (fields.length > 0) otherFields.push(`${id}: ${JSON.stringify(fields)}`.slice(0, 500));
    }
  });
  process.stdout.write(
    `${made.length} damaged mails of ${Object.keys(damages).length + binaryKinds.length} kinds; git refuses ${refused}; ${otherClass.length} in another class\n`,
  );
  if (otherClass.length > 0) process.stdout.write(`${otherClass.join('\n')}\n`);
  expect(accepted).toEqual([]);
  expect(otherFields).toEqual([]);
  expect(otherClass.length <= made.length / 100 ? [] : otherClass).toEqual([]);
  expect(made.length).toBeGreaterThanOrEqual(1000);
  expect(refused).toBeGreaterThan(made.length / 5);
});
