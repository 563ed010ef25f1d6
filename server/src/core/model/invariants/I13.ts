/**
 * I13: a device that needs direct ranges never gets the blocking domain.
 *
 * What: the blocking domain maps nothing, and firmware still uses the ranges. So such a group cannot be claimed. The last resort after a
 * failed attach that must succeed is excepted.
 *
 * Source: __iommu_device_set_domain [612]
 * Holds: S000-16: the claim of such a group is refused.
 * Broken: A needs direct ranges and is blocked.
 */
import type { Invariant } from './invariant.ts';
import { list, name } from './invariant.ts';

export const I13: Invariant = {
  id: 'I13',
  title: 'a device that needs direct ranges never gets the blocking domain',
  source: '__iommu_device_set_domain [612]',
  holds: 'S000-16',
  fields: ['hw_domain', 'domain', 'require_direct'],
  scope: 'group',
  check: (c, group) => {
    const blocking = name(c, group, 'blocking_domain');
    if (blocking === null || name(c, group, 'domain') !== blocking) return null;
    const bad = list(c, group, 'devices').filter((dev) => c.peek(dev, 'require_direct') === true && c.peek(dev, 'hw_domain') === blocking);
    return bad.length === 0 ? null : `${bad.join(', ')} needs direct ranges and is on the blocking domain`;
  },
  broken: (c) => {
    c.set('A', 'require_direct', true);
    c.set('G', 'blocking_domain', 'blocked1');
    c.set('A', 'hw_domain', 'blocked1');
    c.set('G', 'domain', 'blocked1');
  },
};
