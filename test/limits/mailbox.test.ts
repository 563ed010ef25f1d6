import { createWriteStream, mkdtempSync, rmSync } from 'node:fs';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readInputs } from '../../server/src/host/input/read-inputs.ts';
import { heldAtReturn } from '../cli/mails.ts';
import { measure, SLACK } from './measured.ts';

const MAILS = 12_000;
const MEGABYTES = 100;
let folder: string;
let mbox: string;

/** A mail of the size of an ordinary patch, different for each number. */
function mailOf(n: number): string {
  const size = (MEGABYTES * 1e6) / MAILS - heldAtReturn.length - 60;
  const lines = Array.from(
    { length: Math.floor(size / 40) },
    (_, line) => ` \tdemo_step(demo, ${String(n * 1000 + line).padStart(12, '0')});\n`,
  );
  const patch = heldAtReturn
    .replace('lend-twice@', `lend-${String(n)}@`)
    .replace(' \tgroup->lent = borrower;\n', ` \tgroup->lent = borrower;\n${lines.join('')}`)
    .replace('@@ -10,6 +10,8 @@', `@@ -10,${String(6 + lines.length)} +10,${String(8 + lines.length)} @@`);
  return `From dev@example.org Mon Sep  2 10:00:00 2024\n${patch}\n`;
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'mailbox-'));
  mbox = join(folder, 'big.mbox');
  const sink = createWriteStream(mbox);
  for (let n = 0; n < MAILS; n++) if (!sink.write(mailOf(n))) await once(sink, 'drain');
  sink.end();
  await once(sink, 'close');
}, 120_000);

afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

describe('a mailbox of 100 MB and 12,000 mails', () => {
  test('is streamed at 20 MB/s or more, with the first mail within 200 ms', async () => {
    const start = performance.now();
    let first = 0;
    let mails = 0;
    for await (const item of readInputs([mbox], { cwd: folder, kernel: null, repository: null, stdin: process.stdin })) {
      expect(item.type).toBe('unit');
      if (mails++ === 0) first = performance.now() - start;
    }
    expect(mails).toBe(MAILS);
    expect(first).toBeLessThan(200 * SLACK);
    expect(performance.now() - start).toBeLessThan((MEGABYTES / 20) * 1000 * SLACK);
  });

  test('is left within 100 ms', async () => {
    let since = 0;
    for await (const item of readInputs([mbox], { cwd: folder, kernel: null, repository: null, stdin: process.stdin })) {
      expect(item.type).toBe('unit');
      since = performance.now();
      break;
    }
    expect(performance.now() - since).toBeLessThan(100 * SLACK);
  });

  test('is looked at whole, and reviewed in part, within 300 MB', async () => {
    const ended = await measure(['review', mbox, '--format', 'json', '--shard', `1/${String(MAILS)}`]);
    expect(ended.status).toBe(1);
    expect(ended.parentMb).toBeLessThan(300);
    expect(ended.childMb).toBeLessThan(300);
  });
});
