/**
 * I17: no address under a PASID reaches the BAR of another device.
 *
 * What: a PASID takes no part in routing. Under a PASID a device uses addresses of a process; where a switch on the way up forwards a
 * request sideways, an address that equals a BAR of a neighbour goes to that neighbour and never to the IOMMU.
 *
 * Source: review of the SVA series (2018); pci_enable_pasid [612]
 * Holds: S002-8: PASIDs behind full ACS.
 * Broken: A is bound to mm1, and B has a BAR that A reaches.
 */
import type { Invariant } from './invariant.ts';
import { list } from './invariant.ts';
import { reaches } from '../world/topology.ts';

export const I17: Invariant = {
  id: 'I17',
  title: 'no address under a PASID reaches the BAR of another device',
  source: 'review of the SVA series (2018); pci_enable_pasid [612]',
  holds: 'S002-8',
  fields: ['pasids', 'present'],
  scope: 'settled',
  check: (c) => {
    for (const dev of list(c, 'world', 'all_devices')) {
      if (list(c, dev, 'pasids').length === 0) continue;
      for (const other of list(c, 'world', 'all_devices')) {
        if (c.peek(other, 'present') === true && reaches(c, dev, other)) {
          return `an address under PASID ${list(c, dev, 'pasids')[0] ?? ''} of ${dev} can be claimed by a BAR of ${other}`;
        }
      }
    }
    return null;
  },
  broken: (c) => {
    c.set('A', 'pasids', ['1=mm1']);
    c.set('B', 'bars', ['b0']);
    c.set('B', 'present', true);
  },
};
