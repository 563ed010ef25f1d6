/**
 * dma-routing: the DMA API of a device goes where its IOMMU expects it.
 *
 * What: a device that a kernel DMA driver uses, on a translating default domain, has its DMA API routed to the IOMMU code. When it is
 * not, the driver hands out physical addresses and the IOMMU faults them. (It has no number of its own in the list of invariants.)
 *
 * Source: iommu_setup_dma_ops [61, 612: drivers/iommu/dma-iommu.c].
 * Holds: S000-8, where no device is added meanwhile. Broken: B is bound to nic and its DMA ops were never set.
 */
import type { Invariant } from './invariant.ts';
import { list, name } from './invariant.ts';

export const dmaRouting: Invariant = {
  id: 'dma-routing',
  title: 'the DMA API of a device goes where its IOMMU expects it',
  source: 'iommu_setup_dma_ops [61, 612]',
  holds: 'S000-8',
  fields: ['bound', 'dma_iommu', 'domain'],
  scope: 'group',
  check: (c, group) => {
    const domain = name(c, group, 'domain');
    if (domain === null || domain !== name(c, group, 'default_domain')) return null;
    const type = c.peek(domain, 'type');
    if (type !== 'DMA' && type !== 'DMA_FQ') return null;
    const direct = list(c, group, 'devices').filter((dev) => {
      const drv = name(c, dev, 'drv');
      const kernel = c.peek(dev, 'bound') === true && drv !== null && c.peek(drv, 'managed_dma') !== true;
      return kernel && c.peek(dev, 'dma_iommu') !== true;
    });
    return direct.length === 0 ? null : `${direct.join(', ')} does DMA past the IOMMU while ${group} is on ${domain}`;
  },
  broken: (c) => {
    c.set('B', 'drv', 'nic');
    c.set('B', 'bound', true);
    c.set('B', 'dma_iommu', null);
  },
};
