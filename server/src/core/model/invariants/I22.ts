/**
 * I22: a device that joins gets the domain of the group.
 *
 * What: whatever its kind: blocking, of a user, or private to a kernel driver. Or the join is refused and the device has no group.
 *
 * Source: __iommu_probe_device [612], iommu_probe_device [61]
 * Holds: S004-6: a device is added under a port whose group is owned.
 * Broken: B was added and uses another domain.
 */
import type { Invariant } from './invariant.ts';
import { endedCall, name, text } from './invariant.ts';

export const I22: Invariant = {
  id: 'I22',
  title: 'a device that joins gets the domain of the group',
  source: '__iommu_probe_device [612], iommu_probe_device [61]',
  holds: 'S004-6',
  fields: ['ret'],
  scope: 'call',
  check: (c, thread) => {
    const { action, args } = endedCall(c, thread);
    if (action !== 'hot_add') return null;
    const dev = args[0] ?? '';
    const group = name(c, dev, 'group');
    if (group === null || c.peek(dev, 'attach_deferred') === true) return null;
    const hw = c.peek(dev, 'hw_domain');
    return hw === c.peek(group, 'domain') ? null : `${dev} joined ${group} and uses ${text(hw)}, not ${text(c.peek(group, 'domain'))}`;
  },
  broken: (c) => {
    c.set('B', 'hw_domain', 'dma2');
    c.set('thread T1', 'action', 'hot_add');
    c.set('thread T1', 'args', ['B']);
    c.set('thread T1', 'ret', '0');
  },
};
