/**
 * I33: a conflict of states is -EBUSY, a malformed request -EINVAL.
 *
 * What: checked where callers can tell them apart: a type write that could succeed as formed, refused because the group is bound, owned
 * or away from its default domain.
 *
 * Source: review of the default-domain series (2020); attach_dev of struct iommu_domain_ops [612]
 * Holds: S001-2: a bound driver gives -EBUSY or -EPERM.
 * Broken: -EINVAL for a group on a private domain.
 */
import type { Invariant } from './invariant.ts';
import { endedCall, list, name } from './invariant.ts';

export const I33: Invariant = {
  id: 'I33',
  title: 'a conflict of states is -EBUSY, a malformed request -EINVAL',
  source: 'review of the default-domain series (2020); attach_dev of struct iommu_domain_ops [612]',
  holds: 'S001-2',
  fields: ['ret'],
  scope: 'call',
  check: (c, thread) => {
    const { action, args, ret, before } = endedCall(c, thread);
    const [group = '', word = ''] = args;
    if (action !== 'write_type' || ret !== '-EINVAL' || before('private') !== true) return null;
    const members = list(c, group, 'devices');
    const fixed = members.some((dev) => name(c, dev, 'def_type') !== null || c.peek(dev, 'untrusted') === true);
    if (members.length !== 1 || fixed || !['DMA', 'identity', 'auto'].includes(word)) return null;
    return `${group} is on a private domain, which will pass; the write says -EINVAL, as if it never could succeed`;
  },
  broken: (c) => {
    c.set('thread T1', 'action', 'write_type');
    c.set('thread T1', 'args', ['G', 'DMA']);
    c.set('thread T1', 'ret', '-EINVAL');
    c.set('thread T1', 'before private', true);
    c.set('G', 'devices', ['A']);
  },
};
