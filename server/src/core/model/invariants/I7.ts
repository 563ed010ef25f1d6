/**
 * I7: a failed switch puts every member back.
 *
 * What: a call that fails to change the domain of a group leaves every member attached to the old one, not only the pointer.
 *
 * Source: comment in __iommu_attach_group [61]; err_revert in __iommu_group_set_domain_internal [612]
 * Holds: S001-2: the write is refused before anything is switched.
 * Broken: a call fails, and A is left without domain.
 */
import type { Invariant } from './invariant.ts';
import { endedCall, list, strayMembers, text } from './invariant.ts';

export const I7: Invariant = {
  id: 'I7',
  title: 'a failed switch puts every member back',
  source: 'comment in __iommu_attach_group [61]; err_revert in __iommu_group_set_domain_internal [612]',
  holds: 'S001-2',
  fields: ['ret'],
  scope: 'call',
  check: (c, thread) => {
    const { failed, before } = endedCall(c, thread);
    if (!failed) return null;
    const known = before('strays');
    for (const group of list(c, 'world', 'groups')) {
      const stray = strayMembers(c, group).filter((dev) => !(typeof known === 'object' && known !== null && known.includes(dev)));
      if (stray.length > 0) return `the call failed and ${stray.join(', ')} did not go back to ${text(c.peek(group, 'domain'))}`;
    }
    return null;
  },
  broken: (c) => {
    c.set('A', 'hw_domain', null);
    c.set('thread T1', 'ret', '-ENOMEM');
  },
};
