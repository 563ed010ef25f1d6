/**
 * I23: a group that empties is free.
 *
 * What: when the last member leaves, nobody owns the group, and its domain is the default one (or none).
 *
 * Source: __iommu_group_free_device [612]
 * Holds: S001-20: the last member leaves, then a write.
 * Broken: an empty group with an owner.
 */
import type { Invariant } from './invariant.ts';
import { count, list, text } from './invariant.ts';

export const I23: Invariant = {
  id: 'I23',
  title: 'a group that empties is free',
  source: '__iommu_group_free_device [612]',
  holds: 'S001-20',
  fields: ['devices', 'owner_cnt', 'domain'],
  scope: 'group',
  check: (c, group) => {
    if (list(c, group, 'devices').length > 0 || c.peek(group, 'fake') === true) return null;
    if (count(c, group, 'owner_cnt') > 0) return `the last member left ${group}, which is owned by ${text(c.peek(group, 'owner'))}`;
    return c.peek(group, 'domain') === c.peek(group, 'default_domain')
      ? null
      : `the last member left ${group} on ${text(c.peek(group, 'domain'))}`;
  },
  broken: (c) => {
    c.set('G', 'devices', []);
    c.set('G', 'owner_cnt', 1);
    c.set('G', 'owner', 'u1');
  },
};
