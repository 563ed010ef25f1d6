/**
 * I5: the owner count counts owners.
 *
 * What: 0 exactly when nobody uses the group: no user token, and no kernel DMA driver bound or probing in it.
 *
 * Source: iommu_device_use_default_domain, iommu_device_unuse_default_domain [61, 612]
 * Holds: S000-8: unbind, claim, release, bind.
 * Broken: a count without owner and without driver.
 */
import type { Invariant } from './invariant.ts';
import { count, list, name } from './invariant.ts';

export const I5: Invariant = {
  id: 'I5',
  title: 'the owner count counts owners',
  source: 'iommu_device_use_default_domain, iommu_device_unuse_default_domain [61, 612]',
  holds: 'S000-8',
  fields: ['owner_cnt', 'owner', 'drv', 'bound', 'devices', 'own_uses'],
  scope: 'group',
  check: (c, group) => {
    if (c.peek('world', 'counts_owners') !== true) return null;
    const cnt = count(c, group, 'owner_cnt');
    const owner = name(c, group, 'owner');
    // A call of its own to use the default domain counts like a driver.
    const uses = (dev: string): boolean => count(c, dev, 'own_uses') > 0;
    const drivers = list(c, group, 'devices').filter((dev) => {
      const drv = name(c, dev, 'drv');
      return uses(dev) || (drv !== null && c.peek(drv, 'managed_dma') !== true);
    });
    const bound = drivers.filter((dev) => c.peek(dev, 'bound') === true && c.peek(String(name(c, dev, 'drv')), 'managed_dma') !== true);
    if (cnt === 0 && (owner !== null || bound.length > 0)) return `owner_cnt of ${group} is 0 with ${owner ?? bound.join(', ')}`;
    return cnt > 0 && owner === null && drivers.length === 0
      ? `owner_cnt of ${group} is ${cnt} without owner and without kernel driver`
      : null;
  },
  broken: (c) => c.set('G', 'owner_cnt', 1),
};
