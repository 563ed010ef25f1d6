import { createWriteStream, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { once } from 'node:events';
import { createGzip, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { stackLines } from '../cli/run.ts';
import { heldAtReturn } from '../cli/mails.ts';
import { measure, SLACK } from './measured.ts';

const mebibyte = 1024 * 1024;
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'limits-'));
});

afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** Writes `head`, then `total` bytes of `piece` over and over, packed. */
async function packed(name: string, head: string, piece: Uint8Array, total: number, level = 9): Promise<string> {
  const file = join(folder, name);
  const gzip = createGzip({ level });
  const sink = gzip.pipe(createWriteStream(file));
  gzip.write(head);
  for (let done = 0; done < total; done += piece.length) if (!gzip.write(piece)) await once(gzip, 'drain');
  gzip.end();
  await once(sink, 'close');
  return file;
}

/** Half noise, half repetition: packs about 100 to 1, which no ratio limit stops. */
function loose(size: number): Uint8Array {
  const bytes = Buffer.alloc(size, 'x');
  for (let at = 0; at < size; at += 100) bytes.writeUInt8(33 + ((Math.imul(at, 2_654_435_761) >>> 20) % 90), at);
  return bytes;
}

describe('gz bombs end within 2 s and 200 MB, with what came before them', () => {
  test('1 GiB of one letter is stopped by its ratio', async () => {
    const ended = await measure(['review', await packed('ratio.mbox.gz', heldAtReturn, Buffer.alloc(4 * mebibyte, 'a'), 1024 * mebibyte)]);
    expect(ended.stdout).toMatch(/note: it unpacks to more than 1000 times its size \[limit\]/);
    expect(ended.stdout).toContain('[lock-held-at-return]');
    expect(stackLines(ended)).toEqual([]);
    expect(ended.seconds).toBeLessThan(2 * SLACK);
    expect(Math.max(ended.parentMb, ended.childMb)).toBeLessThan(200);
  });

  test('300 MiB that pack worse are stopped by their size', async () => {
    const file = await packed(
      'size.mbox.gz',
      'From dev@example.org Mon Sep  2 10:00:00 2024\nFrom: dev@example.org\n\n',
      loose(4 * mebibyte),
      300 * mebibyte,
      1,
    );
    const ended = await measure(['review', file, '--format', 'json']);
    expect(ended.stdout).toContain('it unpacks to more than 256 MiB');
    expect(stackLines(ended)).toEqual([]);
    expect(ended.parentMb).toBeLessThan(200);
    expect(ended.seconds).toBeLessThan(2 * SLACK);
  });

  test('gz in gz, ten deep, is not unpacked', async () => {
    let bytes: Uint8Array = Buffer.from(heldAtReturn);
    for (let level = 0; level < 10; level++) bytes = gzipSync(bytes);
    const file = join(folder, 'nested.gz');
    writeFileSync(file, bytes);
    const ended = await measure(['review', file]);
    expect(ended.status).toBe(3);
    expect(ended.stdout).toContain('a binary file');
  });
});

describe('long inputs', () => {
  const kinds: [string, (index: number) => number][] = [
    ['bytes', (index) => (Math.imul(index, 2_654_435_761) >>> 13) & 0xff],
    ['letters on one line', (index) => 32 + (((Math.imul(index, 2_654_435_761) >>> 13) & 0xff) % 95)],
    ['letters on lines', (index) => (index % 61 === 60 ? 10 : 32 + (((Math.imul(index, 2_654_435_761) >>> 13) & 0xff) % 95))],
  ];
  test.each(kinds)('10 MB of %s are refused within 2 s', async (_, at) => {
    const ended = await measure(['review', '-'], [Uint8Array.from({ length: 10_000_000 }, (_unused, index) => at(index))]);
    expect(ended.status).toBe(3);
    expect(stackLines(ended)).toEqual([]);
    expect(ended.seconds).toBeLessThan(2 * SLACK);
  });

  test('an endless stream of noise is left within 2 s', async () => {
    function* endless(): Generator<Uint8Array> {
      const piece = Buffer.alloc(mebibyte, 'no mail and no patch\n');
      for (let pieces = 0; pieces < 10_000; pieces++) yield piece;
    }
    const ended = await measure(['review', '-'], endless());
    expect(ended.status).toBe(3);
    expect(ended.stdout).toContain('no mail header and no diff near its beginning');
    expect(ended.seconds).toBeLessThan(2 * SLACK);
  });

  test('a 200-line patch on standard input is answered within 1 s of a cold start', async () => {
    const body = Array.from({ length: 180 }, (_, index) => ` \tdemo_step(${String(index)});\n`).join('');
    const long = heldAtReturn
      .replace(' \tgroup->lent = borrower;\n', ` \tgroup->lent = borrower;\n${body}`)
      .replace('@@ -10,6 +10,8 @@', '@@ -10,186 +10,188 @@');
    const ended = await measure(['review', '-'], [Buffer.from(long)]);
    expect(ended.stdout).toContain('[lock-held-at-return]');
    expect(ended.seconds).toBeLessThan(1 * SLACK);
  });
});
