/**
 * I18: a bond lives exactly as long as its count.
 *
 * What: each bind adds one, each unbind takes one; the translation exists while the count is above 0, and the PASID is the same every time.
 *
 * Source: kernel-doc of iommu_sva_bind_device [61, 612]
 * Holds: S002-4: two binds, two unbinds.
 * Broken: the translation is gone while a bond is counted.
 */
import type { Invariant } from './invariant.ts';
import { count, list, name } from './invariant.ts';

export const I18: Invariant = {
  id: 'I18',
  title: 'a bond lives exactly as long as its count',
  source: 'kernel-doc of iommu_sva_bind_device [61, 612]',
  holds: 'S002-4',
  fields: ['users', 'pasids', 'bonds'],
  scope: 'settled',
  check: (c) => {
    for (const bond of list(c, 'world', 'bonds')) {
      const dev = name(c, bond, 'dev');
      const mm = name(c, bond, 'mm');
      if (dev === null || mm === null || c.peek(dev, 'present') !== true || count(c, dev, 'max_pasids') === 0) continue;
      const pasid = `${count(c, mm, 'pasid')}=`;
      const lives = list(c, dev, 'pasids').some((entry) => entry.startsWith(pasid));
      const users = count(c, bond, 'users');
      if (users > 0 && !lives) return `${bond} is counted ${users} and ${dev} does not translate for ${mm}`;
      if (users === 0 && lives) return `${bond} is at 0 and ${dev} still translates for ${mm}`;
    }
    return null;
  },
  broken: (c) => {
    c.set('world', 'bonds', ['bond_A_mm1']);
    c.set('bond_A_mm1', 'users', 1);
    c.set('bond_A_mm1', 'dev', 'A');
    c.set('bond_A_mm1', 'mm', 'mm1');
    c.set('mm1', 'pasid', 1);
    c.set('A', 'max_pasids', 16);
  },
};
