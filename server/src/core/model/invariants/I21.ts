/**
 * I21: one PASID for each mm, and no two share one.
 *
 * What: global, constant until the mm is destroyed, freed once.
 *
 * Source: iommu_sva_alloc_pasid [61], iommu_alloc_mm_data [612], mm_pasid_drop
 * Holds: S002-16: two processes bind one device.
 * Broken: two mms with the same PASID.
 */
import type { Invariant } from './invariant.ts';
import { count, list } from './invariant.ts';

export const I21: Invariant = {
  id: 'I21',
  title: 'one PASID for each mm, and no two share one',
  source: 'iommu_sva_alloc_pasid [61], iommu_alloc_mm_data [612], mm_pasid_drop',
  holds: 'S002-16',
  fields: ['pasid'],
  scope: 'settled',
  check: (c) => {
    const seen = new Map<number, string>();
    for (const mm of list(c, 'world', 'mms')) {
      const pasid = count(c, mm, 'pasid');
      if (pasid === 0) continue;
      const other = seen.get(pasid);
      if (other !== undefined) return `${mm} and ${other} share PASID ${pasid}`;
      seen.set(pasid, mm);
    }
    return null;
  },
  broken: (c) => {
    c.set('world', 'mms', ['mm1', 'mm2']);
    c.set('mm1', 'pasid', 1);
    c.set('mm2', 'pasid', 1);
  },
};
