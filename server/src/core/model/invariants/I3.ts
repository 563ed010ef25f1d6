/**
 * I3: one user token for each group.
 *
 * What: a claim with another token than the current one never succeeds.
 *
 * Source: iommu_group_claim_dma_owner [61, 612], iommu_device_claim_dma_owner [612]
 * Holds: S000-3: the second user gets -EPERM.
 * Broken: u2 is told that its claim succeeded while u1 owns G.
 */
import type { Invariant } from './invariant.ts';
import { endedCall, name, text } from './invariant.ts';

export const I3: Invariant = {
  id: 'I3',
  title: 'one user token for each group',
  source: 'iommu_group_claim_dma_owner [61, 612], iommu_device_claim_dma_owner [612]',
  holds: 'S000-3',
  fields: ['ret'],
  scope: 'call',
  check: (c, thread) => {
    const { action, args, failed } = endedCall(c, thread);
    if (failed || (action !== 'claim' && action !== 'device_claim')) return null;
    const [object = '', token = ''] = args;
    const group = action === 'claim' ? object : name(c, object, 'group');
    const owner = group === null ? null : name(c, group, 'owner');
    return owner === null || owner === token ? null : `${token} claims ${text(group)} with success, ${owner} owns it`;
  },
  broken: (c) => {
    c.set('G', 'owner', 'u1');
    c.set('thread T1', 'action', 'claim');
    c.set('thread T1', 'args', ['G', 'u2']);
    c.set('thread T1', 'ret', '0');
  },
};
