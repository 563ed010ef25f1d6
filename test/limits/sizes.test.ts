// Large but honest input: speed and memory.

import { expect, test } from 'vitest';
import { ALLOWANCE, measureProbe } from './measure.ts';

test('an mbox of 100 MB is streamed: 20 MB/s, 300 MB of memory, the first mail within 200 ms', async () => {
  const { cpu, rss, said } = await measureProbe('bigMbox', '100');
  process.stdout.write(`100 MB: ${Math.round(100_000 / cpu)} MB/s of processor time, ${Math.round(rss)} MB, ${String(said.mails)} mails\n`);
  expect(said.patches).toBe(said.mails);
  expect(Number(said.mails)).toBeGreaterThan(10_000);
  expect(cpu).toBeLessThan((100_000 / 20) * ALLOWANCE);
  expect(rss).toBeLessThan(300);
  expect(said.firstMs).toBeLessThan(200 * ALLOWANCE);
}, 600_000);

test('memory does not grow with the mbox', async () => {
  const small = await measureProbe('bigMbox', '20');
  const large = await measureProbe('bigMbox', '60');
  expect(large.rss - small.rss).toBeLessThan(50);
}, 600_000);

test('a hunk of a million lines is read within a second and 400 MB more than nothing', async () => {
  const { rss, said } = await measureProbe('bigDiff', 'lines', '1000000');
  expect(said).toMatchObject({ lines: 1_000_000, refusal: null });
  expect(said.parseMs).toBeLessThan(1000 * ALLOWANCE);
  expect(rss).toBeLessThan(400 * ALLOWANCE);
});

test('a line of a megabyte is read within a second', async () => {
  const { said } = await measureProbe('bigDiff', 'line', '1000000');
  expect(said).toMatchObject({ longest: 1_000_000, refusal: null });
  expect(said.parseMs).toBeLessThan(1000 * ALLOWANCE);
});
