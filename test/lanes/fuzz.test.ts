// Seeded mutants of real mails: whatever stands in them, reading, describing and applying ends soon and never throws.
// IOMMU_REVIEW_MUTANTS says how many; a mutant that fails is named by its seed. Run with `npm run lanes`.

import { expect, test } from 'vitest';
import { byteString, bytesOf } from '../../server/src/core/patch/bytes.ts';
import { findBase } from '../../server/src/core/patch/diff/base.ts';
import { printDiff } from '../../server/src/core/patch/diff/printDiff.ts';
import { parseDiff } from '../../server/src/core/patch/diff/diff.ts';
import { plainLines } from '../../server/src/core/patch/byteLine.ts';
import { outside, read } from './oracle/compare.ts';
import { seeded } from './oracle/damage.ts';
import { mutate } from './oracle/mutate.ts';
import { readMbox } from './oracle/material.ts';

const MUTANTS = Number(process.env.IOMMU_REVIEW_MUTANTS ?? 2000);

test(`${MUTANTS} mutants of real mails are read without an error and within a second`, () => {
  const mails = readMbox('corpus/patches-2019-2020.mbox.gz').map((mail) => byteString(mail.bytes));
  const replies = readMbox('corpus/threads/dma-ownership.mbox.gz').map((mail) => byteString(mail.bytes));
  const wrong: string[] = [];
  let slowest = 0;
  for (let seed = 1; seed <= MUTANTS; seed++) {
    const random = seeded(seed);
    const from = random() < 0.6 ? mails : replies;
    const text = mutate(from[Math.floor(random() * from.length)] ?? '', random);
    const before = process.cpuUsage();
    try {
      const { message, described } = read(bytesOf(text));
      JSON.stringify(described);
      for (const file of message.patch?.files ?? []) findBase(file, outside);
      // What git would take is printed as it came.
      const taken = parseDiff(plainLines(text));
      if (taken.refusal === null && text.endsWith('\n') && printDiff(taken) !== text) wrong.push(`seed ${seed}: printed other than read`);
    } catch (error) {
      wrong.push(`seed ${seed}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`.slice(0, 600));
    }
    const { user, system } = process.cpuUsage(before);
    slowest = Math.max(slowest, (user + system) / 1000);
    if (user + system > 1_000_000) wrong.push(`seed ${seed}: ${Math.round((user + system) / 1000)} ms`);
  }
  process.stdout.write(`${MUTANTS} mutants, the slowest ${Math.round(slowest)} ms\n`);
  expect(wrong).toEqual([]);
});
