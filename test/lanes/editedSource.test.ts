// The same over a real file: iommu.c of 6.12 with its tree behind it, edited at random. IOMMU_REVIEW_SEED chooses other edits.

import fc from 'fast-check';
import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { neverCancelled } from '../../server/src/core/base/cancel.ts';
import { EditedSources } from '../../server/src/core/review/edited-source.ts';
import { reviewUnit } from '../../server/src/core/review/unit.ts';
import { createOutside } from '../../server/src/host/outside.ts';
import { loadParser } from '../../server/src/host/parser/load-parser.ts';
import type { UnitInput } from '../../server/src/protocol/analysis.ts';

const cache = process.env['IOMMU_REVIEW_CACHE'] ?? join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'iommu-review');
const tree = join(cache, 'linux-source-6.12');
const path = 'drivers/iommu/iommu.c';

it('the kernel tree is there', () => {
  expect(existsSync(join(tree, path)), `${join(tree, path)} is missing`).toBe(true);
});

it.skipIf(!existsSync(join(tree, path)))('equals a fresh review after each of 500 random edits of iommu.c', async () => {
  const parser = await loadParser('auto');
  const observer = { parseBegins: () => undefined, parseEnds: () => undefined };
  const configure = { kernel: tree, trusted: false, oneRun: true };
  const world = createOutside({ parser, configure, observer, quarantined: new Set(), cacheFolder: cache });
  const whole = readFileSync(join(tree, path), 'utf8');
  const options = { era: 'auto', rulesOn: [], rulesOff: [], model: true };
  const review = (text: string, edited: EditedSources | null): string => {
    const unit: UnitInput[] = [{ kind: 'source', path, treePath: path, bytes: new TextEncoder().encode(text) }];
    return JSON.stringify(reviewUnit(unit, world, options, neverCancelled, edited));
  };
  const statements = [
    '\tmutex_lock(&group->mutex);',
    '\tmutex_unlock(&group->mutex);',
    '\tif (!dev)\n\t\treturn -EINVAL;',
    '\tgroup->domain = NULL;',
  ];
  const lines = whole.split('\n');
  const locks = lines.flatMap((line, at) => (line.includes('mutex_lock(') ? [at] : []));
  const nearLock = fc.tuple(fc.constantFrom(...locks), fc.nat(20)).map(([at, by]) => at + by - 5);
  const edit = fc.record({
    line: fc.oneof(fc.nat(lines.length - 1), nearLock),
    what: fc.constantFrom('drop', 'double', ...statements, '{', '}', '#if 0', '/*'),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(edit, { minLength: 50, maxLength: 50 }), async (edits) => {
      const edited = new EditedSources();
      let text = whole;
      for (const [index, { line, what }] of edits.entries()) {
        const lines = text.split('\n');
        if (what === 'drop') lines.splice(line, 1);
        else lines.splice(line, 0, what === 'double' ? (lines[line] ?? '') : what);
        text = index % 5 === 4 ? whole : lines.join('\n');
        expect(review(text, edited)).toBe(review(text, null));
        // Native trees are given back between two turns of the event loop.
        await new Promise(setImmediate);
      }
    }),
    { numRuns: 10, seed: Number(process.env['IOMMU_REVIEW_SEED'] ?? 6012) },
  );
});
