// Rules about the order of locks, callbacks and interrupts over real trees. Run with `npm run lanes`; needs the kernel trees that
// CONTRIBUTING.md names.

import { describe, expect, it } from 'vitest';
import { readFileSync } from 'node:fs';
import { neverCancelled } from '../../server/src/core/base/cancel.ts';
import { reviewUnit } from '../../server/src/core/review/unit.ts';
import { createOutside } from '../../server/src/host/outside.ts';
import { filesUnder, kernelTree, load } from './kernelC/measure.ts';

const parser = await load('auto');
const rules = ['lock-order-inversion', 'self-deadlock-callback', 'irq-unsafe-lock'];

/**
 * Read and right. 6.1, intel: domain_attach_iommu() takes the lock of a domain under the one of its IOMMU (to ask for the domain's node),
 * domain_set_force_snooping() the one of each IOMMU under the one of the domain. What keeps the two apart are locks of some callers.
 */
const right: Readonly<Record<string, readonly string[]>> = {
  '6.1': ['drivers/iommu/intel/iommu.c lock-order-inversion domain_attach_iommu()'],
  '6.12': [],
};

describe.each(['6.12', '6.1'])('Linux %s', (version) => {
  it('has no finding in drivers/iommu and drivers/vfio but those that were read, with calls followed into the tree', () => {
    const tree = kernelTree(version);
    const outside = createOutside({
      parser,
      configure: { kernel: tree, trusted: false },
      observer: { parseBegins: () => undefined, parseEnds: () => undefined },
      quarantined: new Set(),
    });
    const said: string[] = [];
    for (const path of filesUnder(tree, ['drivers/iommu', 'drivers/vfio'], '.c')) {
      const treePath = path.slice(tree.length + 1);
      const unit = { kind: 'source', path, treePath, bytes: readFileSync(path) } as const;
      const report = reviewUnit([unit], outside, { era: 'auto', rulesOn: [], rulesOff: [], model: false }, neverCancelled);
      for (const finding of report.findings)
        if (rules.includes(finding.rule)) said.push(`${treePath} ${finding.rule} ${finding.message.split(' ')[0] ?? ''}`);
    }
    expect(said).toEqual(right[version]);
  });
});
