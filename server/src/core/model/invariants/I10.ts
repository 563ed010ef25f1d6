/**
 * I10: an explicit type is the type that you get.
 *
 * What: after a successful write of an explicit type, the default domain has that type: no silent downgrade.
 *
 * Source: fallback in iommu_group_alloc_default_domain [2020, 61]; removed for explicit types in 612
 * Holds: S001-1: identity asked, identity given.
 * Broken: the write of identity succeeds and the domain is DMA.
 */
import type { Invariant } from './invariant.ts';
import { endedCall, name, text } from './invariant.ts';

const WORDS: Readonly<Record<string, string>> = { identity: 'IDENTITY', DMA: 'DMA', 'DMA-FQ': 'DMA_FQ' };

export const I10: Invariant = {
  id: 'I10',
  title: 'an explicit type is the type that you get',
  source: 'fallback in iommu_group_alloc_default_domain [2020, 61]; removed for explicit types in 612',
  holds: 'S001-1',
  fields: ['ret'],
  scope: 'call',
  check: (c, thread) => {
    const { action, args, failed } = endedCall(c, thread);
    if (action !== 'write_type' || failed) return null;
    const [group = '', word = ''] = args;
    const wanted = WORDS[word];
    const domain = name(c, group, 'default_domain');
    if (wanted === undefined || domain === null) return null;
    const type = c.peek(domain, 'type');
    return type === wanted ? null : `${word} was written with success, and ${group} has ${text(type)}`;
  },
  broken: (c) => {
    c.set('thread T1', 'action', 'write_type');
    c.set('thread T1', 'args', ['G', 'identity']);
    c.set('thread T1', 'ret', '0');
  },
};
