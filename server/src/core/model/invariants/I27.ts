/**
 * I27: bound devices of one group belong to one context.
 *
 * What: iommufd claims the group with the context as token, and attaches all devices of the group to one page table.
 *
 * Source: iommufd_device_bind, iommufd_hw_pagetable_attach [612]
 * Holds: S003-9: the second context gets -EPERM.
 * Broken: two devices of G bound to two contexts.
 */
import type { Invariant } from './invariant.ts';
import { list, name } from './invariant.ts';

export const I27: Invariant = {
  id: 'I27',
  title: 'bound devices of one group belong to one context',
  source: 'iommufd_device_bind, iommufd_hw_pagetable_attach [612]',
  holds: 'S003-9',
  fields: ['idevs'],
  scope: 'group',
  check: (c, group) => {
    const contexts = new Set(list(c, group, 'idevs').map((idev) => name(c, idev, 'ctx')));
    return contexts.size <= 1 ? null : `devices of ${group} are bound to ${[...contexts].join(' and ')}`;
  },
  broken: (c) => {
    c.set('G', 'idevs', ['d1', 'd2']);
    c.set('d1', 'ctx', 'fd1');
    c.set('d2', 'ctx', 'fd2');
  },
};
