/**
 * I2: kernel DMA and user DMA exclude each other in a group.
 *
 * What: a driver that uses the DMA API shares the fate of its group. While a user owns the group, its device would do DMA in the
 * user's address space, or the user's device in the kernel's.
 *
 * Source: iommu_device_use_default_domain, iommu_group_claim_dma_owner [61, 612]
 * Holds: S000-2: the bind of the second function is refused.
 * Broken: nic is bound to B while u1 owns G.
 */
import type { Invariant } from './invariant.ts';
import { list, name, text } from './invariant.ts';

export const I2: Invariant = {
  id: 'I2',
  title: 'kernel DMA and user DMA exclude each other in a group',
  source: 'iommu_device_use_default_domain, iommu_group_claim_dma_owner [61, 612]',
  holds: 'S000-2',
  fields: ['owner', 'drv', 'bound', 'devices'],
  scope: 'group',
  check: (c, group) => {
    if (name(c, group, 'owner') === null) return null;
    const kernel = list(c, group, 'devices').filter((dev) => {
      const drv = name(c, dev, 'drv');
      return drv !== null && c.peek(dev, 'bound') === true && c.peek(drv, 'managed_dma') !== true;
    });
    return kernel.length === 0
      ? null
      : `${kernel.join(', ')} bound to a kernel DMA driver while ${text(c.peek(group, 'owner'))} owns ${group}`;
  },
  broken: (c) => {
    c.set('B', 'drv', 'nic');
    c.set('B', 'bound', true);
    c.set('G', 'owner', 'u1');
  },
};
