// The C front end over whole kernel trees and over the hunks of real mails. Run with `npm run lanes`; all of drivers/ (some minutes)
// only with IOMMU_REVIEW_FULL=1.

import { describe, expect, it } from 'vitest';
import { countClean, countHunks, countStructure, filesUnder, kernelTree, load, readText } from './kernelC/measure.ts';
import { outside } from './oracle/compare.ts';
import { readMbox } from './oracle/material.ts';
import { parseMessage } from '../../server/src/core/patch/message.ts';
import { rewrite } from '../../server/src/core/syntax/rewrite/rewrite.ts';
import { kernelMacros } from '../../server/src/core/kernel/macro-tables.ts';

const area = ['drivers/iommu', 'drivers/vfio'];
const minutes = 60_000;

function report(what: string, part: number, whole: number, exceptions: readonly string[]): void {
  const share = whole === 0 ? 0 : (100 * part) / whole;
  process.stdout.write(
    `${what}: ${String(part)} of ${String(whole)} (${share.toFixed(3)} %)\n${exceptions
      .slice(0, 40)
      .map((one) => `  ${one}\n`)
      .join('')}`,
  );
}

describe.each(['6.12', '6.1'])('Linux %s', (version) => {
  it.each([
    { folders: area, ending: '.c', goal: 1 },
    { folders: ['kernel', 'mm'], ending: '.c', goal: 0.9998 },
    { folders: ['include'], ending: '.h', goal: 0.999 },
    ...(process.env.IOMMU_REVIEW_FULL ? [{ folders: ['drivers'], ending: '.c', goal: 0.9998 }] : []),
  ])(
    'parses the functions of $folders',
    async ({ folders, ending, goal }) => {
      const count = countClean(kernelTree(version), folders, ending, await load('auto'));
      report(`${version} ${folders.join(' + ')}: clean functions`, count.clean, count.functions, count.dirty);
      expect(count.functions).toBeGreaterThan(1000);
      expect(count.clean / count.functions).toBeGreaterThanOrEqual(goal);
    },
    15 * minutes,
  );

  it(
    'has a node for every control keyword',
    async () => {
      const folders = [...area, 'kernel', 'mm', 'drivers/net/ethernet/intel', 'drivers/scsi'];
      const count = countStructure(kernelTree(version), folders, await load('auto'));
      report(`${version} structure`, count.equal, count.functions, count.different);
      expect(count.functions).toBeGreaterThan(10_000);
      expect(count.equal / count.functions).toBeGreaterThanOrEqual(0.9989);
    },
    10 * minutes,
  );

  it(
    'has the same tables from the native parser and from wasm',
    async () => {
      const [native, wasm] = await Promise.all([load('native'), load('wasm')]);
      const tree = kernelTree(version);
      const different = filesUnder(tree, area, '.c').filter((path) => {
        const text = rewrite(readText(path), kernelMacros).text;
        const [left, right] = [native.parse(text), wasm.parse(text)];
        return !left.ok || !right.ok || Buffer.compare(Buffer.from(left.table.rows.buffer), Buffer.from(right.table.rows.buffer)) !== 0;
      });
      expect(different).toEqual([]);
    },
    5 * minutes,
  );
});

it(
  'parses the hunks of 500 mails that touch drivers/iommu',
  async () => {
    const parser = await load('auto');
    const hunks = [];
    let mails = 0;
    for (const mail of readMbox('corpus/patches-2019-2020.mbox.gz')) {
      const message = parseMessage(mail.bytes, { path: 'patches-2019-2020.mbox', startLine: mail.startLine }, outside);
      const files = (message.patch?.files ?? []).filter((file) => file.newPath?.endsWith('.c'));
      if (!files.some((file) => /^drivers\/iommu\/.*\.c$/.test(file.newPath ?? ''))) continue;
      if (mails++ === 500) break;
      for (const file of files) {
        for (const hunk of file.hunks) {
          const lines = hunk.lines.filter((line) => line.kind !== 'removed');
          hunks.push({
            text: lines.map((line) => `${line.text}\n`).join(''),
            heading: hunk.heading,
            where: `${message.messageId ?? ''} ${file.newPath ?? ''}:${String(hunk.newStart)} ${hunk.heading}`,
          });
        }
      }
    }
    const count = countHunks(hunks, parser);
    report('hunks clean', count.clean, count.hunks, process.env.IOMMU_REVIEW_SHOW ? count.dirty : []);
    report('enclosing function right', count.nameRight, count.insideNamed, count.misnamed);
    expect(count.hunks).toBeGreaterThan(2000);
    expect(count.clean / count.hunks).toBeGreaterThanOrEqual(0.985);
    expect(count.nameRight / count.insideNamed).toBeGreaterThanOrEqual(0.999);
  },
  5 * minutes,
);
