/**
 * I24: user access implies ownership.
 *
 * What: a user who has a device open owns its group as long as it is open.
 *
 * Source: last paragraph of the ownership proposal (2021); vfio_container_attach_group [61, 612]
 * Holds: S004-2: two devices of one group opened by one user.
 * Broken: u1 has A open and owns nothing.
 */
import type { Invariant } from './invariant.ts';
import { list, name, text } from './invariant.ts';

export const I24: Invariant = {
  id: 'I24',
  title: 'user access implies ownership',
  source: 'last paragraph of the ownership proposal (2021); vfio_container_attach_group [61, 612]',
  holds: 'S004-2',
  fields: ['open_by', 'owner', 'devices'],
  scope: 'group',
  section: 'group_lock',
  check: (c, group) => {
    if (c.peek(group, 'fake') === true) return null;
    const owner = name(c, group, 'owner');
    for (const dev of list(c, group, 'devices')) {
      const ctx = name(c, name(c, dev, 'idev') ?? '', 'ctx');
      const user = list(c, dev, 'open_by').find((opener) => opener !== owner && (ctx === null || ctx !== owner));
      if (user !== undefined) return `${user} has ${dev} open, ${group} belongs to ${text(owner)}`;
    }
    return null;
  },
  broken: (c) => c.set('A', 'open_by', ['u1']),
};
