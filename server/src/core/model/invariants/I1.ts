/**
 * I1: the hardware of every member uses the domain of the group.
 *
 * What: DMA of a member goes through whatever its IOMMU really uses. When a group says one domain and a member uses another,
 * ownership, unmapping and freeing all act on the wrong one. Members with a deferred attach are excepted.
 *
 * Source: __iommu_attach_group, __iommu_group_set_domain [61, 612]
 * Holds: S000-2: a claim moves both members to the blocking domain.
 * Broken: A is attached elsewhere behind the back of the group.
 */
import type { Invariant } from './invariant.ts';
import { strayMembers, text } from './invariant.ts';

export const I1: Invariant = {
  id: 'I1',
  title: 'the hardware of every member uses the domain of the group',
  source: '__iommu_attach_group, __iommu_group_set_domain [61, 612]',
  holds: 'S000-2',
  fields: ['hw_domain', 'domain', 'devices', 'attach_deferred'],
  scope: 'group',
  check: (c, group) => {
    const stray = strayMembers(c, group);
    return stray.length === 0
      ? null
      : `${stray.map((dev) => `${dev} uses ${text(c.peek(dev, 'hw_domain'))}`).join(', ')}, ${group} says ${text(c.peek(group, 'domain'))}`;
  },
  broken: (c) => c.set('A', 'hw_domain', 'dma2'),
};
