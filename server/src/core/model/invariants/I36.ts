/**
 * I36: a driver that manages DMA itself does not touch the device before it owns it.
 *
 * What: such a driver can be bound while a user owns the group. Until its claim or bind has succeeded it must not touch the device, by
 * MMIO or otherwise: the device may be in that user's hands.
 *
 * Source: review of the ownership series (2021); kernel-doc of iommufd_device_bind [612].
 * Holds: S004-2: VFIO is bound late into an owned group.
 * Broken: a driver touches A in probe while u1 owns the group.
 */
import { act } from '../machine/code.ts';
import type { Cpu } from '../machine/cpu.ts';
import type { StepInvariant } from './invariant.ts';

/** Called by a driver with `managed_dma` that touches a device in probe. */
export function touches(c: Cpu, dev: string, drv: string): void {
  const group = c.ref(dev, 'group');
  if (group !== null && c.ref(group, 'owner') !== null) c.violate('I36', `${drv} touches ${dev} before it owns ${group}`);
}

export const I36: StepInvariant = {
  id: 'I36',
  title: 'a driver that manages DMA itself does not touch the device before it owns it',
  source: 'review of the ownership series (2021); kernel-doc of iommufd_device_bind [612]',
  holds: 'S004-2',
  reportedBy: 'the probe',
  broken: [
    act('callback', 'probe of A', (c) => {
      c.set('G', 'owner', 'u1');
      touches(c, 'A', 'vfio');
    }),
  ],
};
