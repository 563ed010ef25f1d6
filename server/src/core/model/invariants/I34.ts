/**
 * I34: an ordinary action of a privileged user does not stop the kernel.
 *
 * What: no BUG(), and no dereference of NULL, can be reached by binding, unbinding, opening, or writing to sysfs.
 *
 * Source: review of the user DMA series (2021), where a BUG_ON stood behind the bind of a driver; the NULL dereferences of S001-23 and
 * S004-14 [612].
 * Holds: S004-3: a kernel driver binds into an owned group.
 * Broken: a look at the type of the default domain of a group that has none.
 */
import { act } from '../machine/code.ts';
import type { StepInvariant } from './invariant.ts';

export const I34: StepInvariant = {
  id: 'I34',
  title: 'an ordinary action of a privileged user does not stop the kernel',
  source: 'review of the user DMA series (2021); iommu_group_store_type, __iommu_group_alloc_blocking_domain [612]',
  holds: 'S004-3',
  reportedBy: 'the machine',
  broken: [
    act('read', 'type of the default domain', (c) => {
      c.put('domain', c.ref('EMPTY', 'default_domain'));
      c.get(c.o('domain'), 'type');
    }),
  ],
};
