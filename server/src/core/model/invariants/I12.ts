/**
 * I12: direct ranges are mapped before the device is attached.
 *
 * What: firmware may have a device doing DMA to fixed addresses (IOMMU_RESV_DIRECT and its relaxable form). When the device is
 * attached to a translating kernel domain that does not map them yet, that DMA faults. So the ranges of a member are mapped in a
 * DMA-type domain before the first attach of that member to it.
 *
 * Source: review of the default-domain series (Joerg Roedel, 2020-09); iommu_create_device_direct_mappings() [61, 612].
 * Holds: S000-16, whose device has a direct range from the boot scan on.
 * Broken: an attach with nothing mapped, as in a hot-add in v6.1 (iommu_probe_device attaches, then maps).
 */
import { act } from '../machine/code.ts';
import type { Cpu } from '../machine/cpu.ts';
import type { StepInvariant } from './invariant.ts';

/** Called by the attach step of the driver. */
export function beforeAttach(c: Cpu, domain: string, dev: string): void {
  const type = c.peek(domain, 'type');
  if (type !== 'DMA' && type !== 'DMA_FQ') return;
  const wanted = c.peek(dev, 'resv_direct');
  if (typeof wanted !== 'object' || wanted === null || c.peek(dev, 'hw_domain') === domain) return;
  const maps = c.peek(domain, 'maps');
  const mapped = typeof maps === 'object' && maps !== null ? maps : [];
  const missing = wanted.filter((range) => !mapped.includes(range));
  if (missing.length > 0) c.violate('I12', `${dev} attached to ${domain} before ${missing.join(', ')} was mapped in it`);
}

export const I12: StepInvariant = {
  id: 'I12',
  title: 'direct ranges are mapped before the device is attached',
  source: 'review of the default-domain series (2020); iommu_create_device_direct_mappings [61, 612]',
  holds: 'S000-16',
  reportedBy: 'the attach',
  broken: [
    act('callback', 'A attached to dma2', (c) => {
      c.set('A', 'resv_direct', ['r0']);
      c.set('dma2', 'type', 'DMA');
      beforeAttach(c, 'dma2', 'A');
    }),
  ],
};
