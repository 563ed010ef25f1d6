/**
 * I4: an owned group is on its blocking domain, or on one that the owner attached.
 *
 * What: between claim and attach the devices must not reach any memory: neither through the default domain, nor through no domain
 * or an identity that the core put there. A fake group, none of whose devices is behind an IOMMU, has nothing to block.
 *
 * Source: the fix that always assigns a domain; __iommu_group_set_core_domain [61, 612]
 * Holds: S004-2: the user of A owns the group, B is opened late.
 * Broken: u1 owns G, which is still on its default domain.
 */
import type { Invariant } from './invariant.ts';
import { list, name } from './invariant.ts';

export const I4: Invariant = {
  id: 'I4',
  title: 'an owned group is on its blocking domain, or on one that the owner attached',
  source: 'the fix that always assigns a domain; __iommu_group_set_core_domain [61, 612]',
  holds: 'S004-2',
  fields: ['owner', 'domain', 'default_domain'],
  scope: 'group',
  check: (c, group) => {
    const owner = name(c, group, 'owner');
    if (owner === null || !list(c, group, 'devices').some((dev) => c.peek(dev, 'iommu_dev') === true)) return null;
    const domain = name(c, group, 'domain');
    if (domain === null) return `${owner} owns ${group}, which has no domain`;
    return domain === name(c, group, 'default_domain') ? `${owner} owns ${group}, which is on its default domain` : null;
  },
  broken: (c) => c.set('G', 'owner', 'u1'),
};
