// A call under a spinlock of a function that another file of the tree has.

import { expect, it } from 'vitest';
import { neverCancelled } from '../../server/src/core/base/cancel.ts';
import { reviewUnit } from '../../server/src/core/review/unit.ts';
import { worldOf } from './treeWorld.ts';

const ring = `int ring_add(struct ring *ring, struct request *request, gfp_t gfp)
{
	ring->slots[ring->next] = ring_map(ring, request, gfp);
	return ring->slots[ring->next++] ? 0 : -ENOMEM;
}
`;
const source = `static int demo_send(struct demo *demo, struct request *request)
{
	int ret;

	spin_lock(&demo->lock);
	ret = ring_add(demo->ring, request, GFP_KERNEL);
	spin_unlock(&demo->lock);
	return ret;
}
`;

it('a function of the tree that is handed GFP_KERNEL under a spinlock may sleep', () => {
  const path = 'drivers/iommu/demo.c';
  const unit = { kind: 'source', path, treePath: path, bytes: new TextEncoder().encode(source) } as const;
  const report = reviewUnit(
    [unit],
    worldOf({ [path]: source, 'drivers/iommu/ring.c': ring }),
    { era: 'v6.12', rulesOn: [], rulesOff: [], model: false },
    neverCancelled,
  );
  expect(report.findings.map((one) => one.message)).toEqual(['ring_add(GFP_KERNEL) may sleep, but demo->lock is held here']);
});
