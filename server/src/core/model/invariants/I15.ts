/**
 * I15: attach starts from NULL, default or blocking.
 *
 * What: an attach over a domain that somebody else attached is refused with -EBUSY. Only the replace calls of 612 may switch directly.
 *
 * Source: __iommu_attach_group [61, 612]
 * Holds: S000-18: the second attach gets -EBUSY.
 * Broken: an attach succeeds over a private domain.
 */
import type { Invariant } from './invariant.ts';
import { endedCall } from './invariant.ts';

export const I15: Invariant = {
  id: 'I15',
  title: 'attach starts from NULL, default or blocking',
  source: '__iommu_attach_group [61, 612]',
  holds: 'S000-18',
  fields: ['ret'],
  scope: 'call',
  check: (c, thread) => {
    const { action, failed, before } = endedCall(c, thread);
    if (failed || (action !== 'attach' && action !== 'attach_group')) return null;
    return before('private') === true ? 'an attach succeeded over a domain that somebody had attached' : null;
  },
  broken: (c) => {
    c.set('thread T1', 'action', 'attach');
    c.set('thread T1', 'args', ['dma2', 'A']);
    c.set('thread T1', 'ret', '0');
    c.set('thread T1', 'before private', true);
  },
};
