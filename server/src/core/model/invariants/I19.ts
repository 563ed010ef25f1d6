/**
 * I19: a PASID of the group is set on every member that can have it.
 *
 * What: the slot in the array of the group is used exactly when all members with PASIDs have it in their tables.
 *
 * Source: __iommu_set_group_pasid [612]
 * Holds: S002-8: the member without PASIDs is skipped.
 * Broken: a slot is used and A, which has PASIDs, does not have it.
 */
import type { Invariant } from './invariant.ts';
import { count, list } from './invariant.ts';

export const I19: Invariant = {
  id: 'I19',
  title: 'a PASID of the group is set on every member that can have it',
  source: '__iommu_set_group_pasid [612]',
  holds: 'S002-8',
  fields: ['pasid_array', 'pasids', 'devices'],
  scope: 'group',
  check: (c, group) => {
    const slots = list(c, group, 'pasid_array');
    for (const slot of slots) {
      if (slot === '0') continue;
      const without = list(c, group, 'devices').filter(
        (dev) => count(c, dev, 'max_pasids') > 0 && !list(c, dev, 'pasids').some((entry) => entry.startsWith(`${slot}=`)),
      );
      if (without.length > 0) return `PASID ${slot} of ${group} is not set on ${without.join(', ')}`;
    }
    // Where a bond is one of the driver with a device, groups have no slots.
    if (c.peek('world', 'pasids_of_groups') !== true) return null;
    for (const dev of list(c, group, 'devices')) {
      const left = list(c, dev, 'pasids').find((entry) => !entry.startsWith('0=') && !slots.includes(entry.slice(0, entry.indexOf('='))));
      if (left !== undefined) return `PASID ${left} is set on ${dev}, and no slot of ${group} knows it`;
    }
    return null;
  },
  broken: (c) => {
    c.set('A', 'max_pasids', 16);
    c.set('G', 'pasid_array', ['5']);
  },
};
