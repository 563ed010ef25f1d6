// Hostile C: a result or "too complex" in 1.2 s and 300 MB, and no stack overflow, on both parsers.

import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { build } from 'esbuild';
import { beforeAll, describe, expect, it } from 'vitest';
import { loadParser } from '../../server/src/host/parser/load-parser.ts';
import { ALLOWANCE } from './measure.ts';
import { hostileTexts } from './probes/hostileTexts.ts';

interface Probe {
  readonly said: {
    readonly seconds: number;
    readonly megabytes: number;
    readonly nodes: number;
    readonly problems: readonly string[];
    readonly messages: readonly string[];
    readonly fragmentNodes: number;
    readonly printed: boolean;
  };
}

// Inside the checkout, so that the bundle finds the parser's packages.
const outfile = join(import.meta.dirname, '../../.build/limits/hostileC.mjs');

beforeAll(async () => {
  await build({
    entryPoints: [join(import.meta.dirname, 'probes/hostileC.ts')],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    logLevel: 'error',
  });
});

const hasNative = await loadParser('native').then(
  () => true,
  () => false,
);

describe.each(hasNative ? ['native', 'wasm'] : ['wasm'])('%s parser', (kind) => {
  it.each(Object.keys(hostileTexts))('reads or refuses: %s', (name) => {
    const { said } = JSON.parse(execFileSync(process.execPath, [outfile, kind, name], { encoding: 'utf8' })) as Probe;
    // The parser's own budget ends a parse after 0.5 s, give or take its longest step.
    expect(said.seconds).toBeLessThan(1.2 * ALLOWANCE);
    expect(said.megabytes).toBeLessThan(300 * ALLOWANCE);
    expect(said.printed).toBe(true);
    const hasCode = name !== 'open comments' && name !== 'defines';
    if (said.nodes === 1 && hasCode) expect(said.problems).toEqual(['limit']);
    if (process.env.IOMMU_REVIEW_SHOW) process.stdout.write(`${kind} ${name}: ${JSON.stringify(said)}\n`);
  });
});

describe.each(hasNative ? (['native', 'wasm'] as const) : (['wasm'] as const))('the budget of the %s parser', (kind) => {
  it('ends a slow parse within 800 ms, and the next text is read', async () => {
    const parser = await loadParser(kind, { maxLength: 1 << 24 });
    const slow = `int a[${'1,'.repeat(900_000)}`;
    const start = performance.now();
    const outcome = parser.parse(slow);
    const seconds = (performance.now() - start) / 1000;
    expect(outcome).toMatchObject({ ok: false, reason: 'budget' });
    expect(seconds).toBeLessThan(0.8 * ALLOWANCE);
    expect(parser.parse('int a;').ok).toBe(true);
  });
});
