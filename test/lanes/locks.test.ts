// The lock rules over real trees. Run with `npm run lanes`; needs the kernel trees that CONTRIBUTING.md names.

import { describe, expect, it } from 'vitest';
import { readFileSync } from 'node:fs';
import { neverCancelled } from '../../server/src/core/base/cancel.ts';
import { reviewUnit } from '../../server/src/core/review/unit.ts';
import { createOutside } from '../../server/src/host/outside.ts';
import { filesUnder, kernelTree, load } from './kernelC/measure.ts';

const parser = await load('auto');
const outside = createOutside({
  parser,
  configure: { kernel: null, trusted: false },
  observer: { parseBegins: () => undefined, parseEnds: () => undefined },
  quarantined: new Set(),
});
/**
 * Read and right: of a client that is still attached the lock would be taken again by __sysmmu_disable(), and its clocks would be
 * unprepared, which sleeps, under two spinlocks.
 */
const right = [
  'drivers/iommu/exynos-iommu.c exynos_iommu_domain_free double-lock',
  'drivers/iommu/exynos-iommu.c exynos_iommu_domain_free sleep-in-atomic',
];

describe.each(['6.12', '6.1'])('Linux %s', (version) => {
  it('has no lock finding in drivers/iommu and drivers/vfio but those that were read, and every function is walked to its end', () => {
    const tree = kernelTree(version);
    const said: string[] = [];
    for (const path of filesUnder(tree, ['drivers/iommu', 'drivers/vfio'], '.c')) {
      const treePath = path.slice(tree.length + 1);
      const report = reviewUnit(
        [{ kind: 'source', path, treePath, bytes: readFileSync(path) }],
        outside,
        { era: 'auto', rulesOn: [], rulesOff: [], model: false },
        neverCancelled,
      );
      for (const finding of report.findings)
        if (finding.category === 'locking' && (finding.severity === 'error' || finding.severity === 'warning'))
          said.push(`${treePath} ${finding.location?.function ?? ''} ${finding.rule}`);
      for (const unknown of report.unknowns)
        if (unknown.reason === 'states') said.push(`${treePath} ${unknown.function ?? ''}: ${unknown.detail}`);
    }
    expect(said.sort()).toEqual(right);
  });
});
