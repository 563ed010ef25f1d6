/**
 * I9: a refused type write changes nothing.
 *
 * What: when the preconditions of a default-domain change do not hold, the default domain stays what it was.
 *
 * Source: iommu_group_store_type [merged, 61, 612]
 * Holds: S001-2: a bound driver, the write fails.
 * Broken: a refused write leaves another default domain.
 */
import type { Invariant } from './invariant.ts';
import { endedCall, text } from './invariant.ts';

export const I9: Invariant = {
  id: 'I9',
  title: 'a refused type write changes nothing',
  source: 'iommu_group_store_type [merged, 61, 612]',
  holds: 'S001-2',
  fields: ['ret'],
  scope: 'call',
  check: (c, thread) => {
    const { action, args, failed, before } = endedCall(c, thread);
    if (action !== 'write_type' || !failed) return null;
    const now = c.peek(args[0] ?? '', 'default_domain');
    return now === before('default_domain') ? null : `the write failed, and the default domain of ${args[0] ?? ''} became ${text(now)}`;
  },
  broken: (c) => {
    c.set('thread T1', 'action', 'write_type');
    c.set('thread T1', 'args', ['G', 'identity']);
    c.set('thread T1', 'ret', '-EBUSY');
    c.set('thread T1', 'before default_domain', 'dma0');
  },
};
