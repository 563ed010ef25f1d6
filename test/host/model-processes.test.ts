import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, test } from 'vitest';
import { shippedTexts } from '../../server/src/core/model/shipped.ts';
import { AnalysisPool } from '../../server/src/host/analysis/pool.ts';
import type { ModelTask } from '../../server/src/protocol/analysis.ts';

const entry = fileURLToPath(new URL('../../dist/analysis.js', import.meta.url));
const pools: AnalysisPool[] = [];

function poolOf(children: number): AnalysisPool {
  const pool = new AnalysisPool({ entry, children, configure: { kernel: null, trusted: false, parser: 'auto' } });
  pools.push(pool);
  return pool;
}
afterEach(() => {
  for (const pool of pools.splice(0)) pool.close();
});

const task = (text: string): ModelTask => ({ text, era: null, against: null, format: 'text', trace: true, maxStates: null });

/** Three users of one group: far more states than any budget here. */
const endless = [
  'id: endless',
  'title: three threads',
  'eras: [v6.12]',
  'world:',
  '  devices: { A: {pci: "01:00.0", multifunction: true}, B: {pci: "01:00.1", multifunction: true} }',
  '  groups: { G: [A, B] }',
  '  bound: { A: vfio, B: vfio }',
  '  users: [u1, u2]',
  'threads:',
  '  T1:',
  ...['open(A, u1)', 'close(A, u1)', 'open(B, u1)', 'close(B, u1)'].map((call) => `    - ${call}: any`),
  '  T2:',
  ...['open(B, u2)', 'close(B, u2)', 'open(A, u2)', 'close(A, u2)'].map((call) => `    - ${call}: any`),
  '  T3:',
  ...['write_type(G, identity)', 'unbind(B)', 'bind(B, nic)', 'unbind(B)'].map((call) => `    - ${call}: any`),
  '',
].join('\n');

describe('scenarios in the analysis processes', () => {
  test('all of them give the same on one process and on two: results, state counts, schedules', async () => {
    const runs = async (children: number): Promise<string> => {
      const pool = poolOf(children);
      const results = await Promise.all(shippedTexts.map(([, text]) => pool.model(task(text))));
      return JSON.stringify(results);
    };
    const [one, two] = [await runs(1), await runs(2)];
    expect(two === one).toBe(true);
    expect(one).not.toContain('"ok":false');
  }, 120_000);

  test('a search says how far it is, ends at its budget, and can be cancelled', async () => {
    const pool = poolOf(1);
    const counts: number[] = [];
    const ended = await pool.model(task(endless), undefined, (states) => counts.push(states));
    expect(ended).toMatchObject({ ok: true, value: { runs: [{ entry: { result: 'not finished' } }] } });
    if (ended.ok) expect(ended.value.runs[0]?.text).toMatch(/^endless v6\.12: not finished: \d+ states$/mu);
    expect(counts.length).toBeGreaterThan(0);
    expect(counts).toEqual([...counts].sort((a, b) => a - b));
    const stop = new AbortController();
    const cancelled = await pool.model({ ...task(endless), maxStates: 1_000_000 }, stop.signal, () => {
      stop.abort();
    });
    expect(cancelled).toMatchObject({ ok: false, reason: 'cancelled' });
    expect(await pool.model(task(shippedTexts[0]?.[1] ?? ''))).toMatchObject({ ok: true });
  }, 60_000);

  test('a text that is no scenario fails alone, with its line', async () => {
    const pool = poolOf(1);
    expect(await pool.model(task('id: X\n'))).toMatchObject({ ok: false, reason: 'failed', message: "line 1: 'title' is missing" });
  }, 60_000);
});
