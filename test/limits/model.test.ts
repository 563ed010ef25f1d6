// Any scenario that can be read ends within two seconds and 600 MB at the budget that nobody changed.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { v61 } from '../../server/src/core/model/eras/v6.1.ts';
import { v612 } from '../../server/src/core/model/eras/v6.12.ts';
import { readScenario } from '../../server/src/core/model/scenario/read.ts';
import { runScenario } from '../../server/src/core/model/scenario/run.ts';
import { SLACK } from './measured.ts';

const SECONDS = 2;

const head = [
  'id: random',
  'title: random calls',
  'world:',
  '  devices: { A: {pci: "01:00.0", multifunction: true}, B: {pci: "01:00.1", multifunction: true}, C: {pci: "02:00.0"} }',
  '  groups: { G: [A, B], H: [C] }',
  '  bound: { A: vfio, C: vfio }',
  '  users: [u1, u2]',
  'threads:',
].join('\n');
const call = fc.constantFrom(
  'open(A, u1)',
  'close(A, u1)',
  'open(C, u2)',
  'close(C, u2)',
  'bind(B, nic)',
  'unbind(B)',
  'unbind(A)',
  'claim(G, u2)',
  'release(G)',
  'write_type(G, identity)',
  'write_type(H, auto)',
  'unplug(B)',
  'hot_add(B)',
  'owner_claimed(G)',
);
const threads = fc
  .array(fc.array(call, { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 3 })
  .filter((lists) => lists.flat().length <= 14);

describe('a search over schedules', () => {
  test('of a thousand random scenarios ends in time, with an answer or without one', () => {
    let longest = 0;
    let unfinished = 0;
    fc.assert(
      fc.property(threads, fc.boolean(), (lists, newer) => {
        const text = `${head}\n${lists.map((calls, at) => `  T${at + 1}:\n${calls.map((one) => `    - ${one}: any\n`).join('')}`).join('')}`;
        const read = readScenario(text);
        if (!read.ok) throw new Error(read.problems[0]?.message);
        const before = process.cpuUsage();
        const run = runScenario(read.scenario, newer ? v612 : v61);
        const { user, system } = process.cpuUsage(before);
        const seconds = (user + system) / 1e6;
        expect(run.result === 'not finished').toBe(!run.finished);
        longest = Math.max(longest, seconds);
        if (!run.finished) unfinished++;
        expect(seconds).toBeLessThan(SECONDS * SLACK);
      }),
      { numRuns: 1000, seed: 17 },
    );
    process.stdout.write(`  longest ${longest.toFixed(2)} s of CPU, ${unfinished} of 1000 not finished\n`);
    expect(process.memoryUsage().rss).toBeLessThan(600 * SLACK * 1024 * 1024);
  }, 3_600_000);
});
