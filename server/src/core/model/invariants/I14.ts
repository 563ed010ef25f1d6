/**
 * I14: detach leads to the core domain.
 *
 * What: after a detach the group is on its blocking domain if it has an owner, else on its default domain (before owners: none, if there
 * is no default domain). A detach that returns void and does nothing breaks this.
 *
 * Source: iommu_detach_device, iommu_detach_group [61, 612]
 * Holds: S000-17: attach, detach.
 * Broken: a detach ends with another domain current.
 */
import type { Invariant } from './invariant.ts';
import { endedCall, name, text } from './invariant.ts';

export const I14: Invariant = {
  id: 'I14',
  title: 'detach leads to the core domain',
  source: 'iommu_detach_device, iommu_detach_group [61, 612]',
  holds: 'S000-17',
  fields: ['ret'],
  scope: 'call',
  check: (c, thread) => {
    const { action, args } = endedCall(c, thread);
    if (action !== 'detach' && action !== 'detach_group') return null;
    const last = args[1] ?? '';
    const group = action === 'detach' ? name(c, last, 'group') : last;
    if (group === null) return null;
    const core = c.peek(group, name(c, group, 'owner') === null ? 'default_domain' : 'blocking_domain');
    const now = c.peek(group, 'domain');
    return now === core ? null : `after the detach ${group} is on ${text(now)}, not on ${text(core)}`;
  },
  broken: (c) => {
    c.set('G', 'domain', 'dma2');
    c.set('thread T1', 'action', 'detach_group');
    c.set('thread T1', 'args', ['dma2', 'G']);
    c.set('thread T1', 'ret', '0');
  },
};
