// The parser dies in the analysis process itself: by a bad pointer, by an abort, for want of memory.

import { join } from 'node:path';
import { build, type Plugin } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AnalysisPool, type JobResult } from '../../server/src/host/analysis/pool.ts';
import type { UnitReport } from '../../server/src/protocol/analysis.ts';
import { ALLOWANCE } from './measure.ts';

const root = join(import.meta.dirname, '../..');
// Inside the checkout, so that the bundle finds the parser's packages.
const entry = join(root, '.build/limits/dyingAnalysis.mjs');
const options = { era: 'auto', rulesOn: [], rulesOff: [], model: false } as const;
let pool: AnalysisPool;

/** The analysis process as it ships, with another parser. */
const withDyingParser: Plugin = {
  name: 'dying-parser',
  setup({ onResolve }) {
    const dying = join(import.meta.dirname, 'probes/dyingParser.ts');
    onResolve({ filter: /\/load-parser\.ts$/ }, ({ importer }) => (importer === dying ? null : { path: dying }));
  },
};

beforeAll(async () => {
  await build({
    entryPoints: [join(root, 'server/src/host/analysis-main.ts')],
    outfile: entry,
    bundle: true,
    platform: 'node',
    format: 'esm',
    external: ['tree-sitter', 'tree-sitter-c', 'web-tree-sitter'],
    banner: { js: "import { createRequire as bundledRequire } from 'node:module';\nconst require = bundledRequire(import.meta.url);" },
    plugins: [withDyingParser],
    logLevel: 'error',
  });
  pool = new AnalysisPool({ entry, children: 1, configure: { kernel: null, trusted: false, parser: 'auto' }, limits: { heapMb: 128 } });
});

afterAll(() => pool.close());

function review(path: string, name: string): Promise<JobResult<UnitReport>> {
  const text = `static int ${name}(struct demo *d)\n{\n\tmutex_lock(&d->lock);\n\treturn 0;\n}\n`;
  return pool.review([{ kind: 'source', path, treePath: null, bytes: Buffer.from(text) }], options);
}

function valueOf(result: JobResult<UnitReport>): UnitReport {
  if (!result.ok) throw new Error(result.message);
  return result.value;
}

const rulesOf = (report: UnitReport): string[] => report.findings.map((one) => one.rule);

describe.each(['dies_by_segv', 'dies_by_abort', 'dies_out_of_memory'])('a text on which the parser %s', (name) => {
  it('is named and set aside by its content, and the next file is analysed within 500 ms', async () => {
    expect(rulesOf(valueOf(await review('good.c', 'good')))).toEqual(['lock-held-at-return']);
    const before = new Set(pool.quarantine);
    const dead = valueOf(await review('bad.c', name));
    expect(JSON.stringify([dead.inputs, dead.unknowns])).toContain('the parser died on this text');
    expect(rulesOf(dead)).toEqual([]);
    const start = performance.now();
    const next = valueOf(await review('next.c', `after_${name.length}`));
    expect(performance.now() - start).toBeLessThan(500 * ALLOWANCE);
    expect(rulesOf(next)).toEqual(['lock-held-at-return']);
    const added = [...pool.quarantine].filter((one) => !before.has(one));
    expect(added).not.toEqual([]);
    // The same text under another name does not reach the parser: no process dies once more.
    const again = valueOf(await review('copy.c', name));
    expect(JSON.stringify(again.unknowns)).toContain('the parser died on this text');
    expect([...pool.quarantine].length).toBe(before.size + added.length);
    if (process.env.IOMMU_REVIEW_SHOW) process.stdout.write(`${name}: next file after ${(performance.now() - start).toFixed(0)} ms\n`);
  });
});
