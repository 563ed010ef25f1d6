/**
 * I20: a PASID is in the range of every member.
 *
 * What: not 0, which is the RID, and below what each PASID-capable member supports.
 *
 * Source: iommu_attach_device_pasid [612]
 * Holds: S002-15: PASIDs 0 and 16 of 16 are refused.
 * Broken: PASID 20 on a device with 16.
 */
import type { Invariant } from './invariant.ts';
import { count, list } from './invariant.ts';

export const I20: Invariant = {
  id: 'I20',
  title: 'a PASID is in the range of every member',
  source: 'iommu_attach_device_pasid [612]',
  holds: 'S002-15',
  fields: ['pasids'],
  scope: 'group',
  check: (c, group) => {
    for (const dev of list(c, group, 'devices')) {
      const limit = count(c, dev, 'max_pasids');
      const bad = list(c, dev, 'pasids').find((entry) => Number.parseInt(entry, 10) === 0 || Number.parseInt(entry, 10) >= limit);
      if (bad !== undefined) return `${dev} has PASID ${bad}, its limit is ${limit}`;
    }
    return null;
  },
  broken: (c) => {
    c.set('A', 'max_pasids', 16);
    c.set('A', 'pasids', ['20=sva1']);
  },
};
