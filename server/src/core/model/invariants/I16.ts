/**
 * I16: per-device attach only in groups of one.
 *
 * What: iommu_attach_device() speaks of a device and acts on its group; so it succeeds only where these are the same.
 *
 * Source: iommu_attach_device [61, 612]
 * Holds: S000-19: attach to one of two members.
 * Broken: A is attached alone although B is a member.
 */
import type { Invariant } from './invariant.ts';
import { endedCall, list, name, text } from './invariant.ts';

export const I16: Invariant = {
  id: 'I16',
  title: 'per-device attach only in groups of one',
  source: 'iommu_attach_device [61, 612]',
  holds: 'S000-19',
  fields: ['ret'],
  scope: 'call',
  check: (c, thread) => {
    const { action, args, failed } = endedCall(c, thread);
    if (failed || action !== 'attach') return null;
    const group = name(c, args[1] ?? '', 'group');
    const members = group === null ? 1 : list(c, group, 'devices').length;
    return members === 1 ? null : `${args[1] ?? ''} was attached alone, ${text(group)} has ${members} members`;
  },
  broken: (c) => {
    c.set('thread T1', 'action', 'attach');
    c.set('thread T1', 'args', ['dma2', 'A']);
    c.set('thread T1', 'ret', '0');
  },
};
