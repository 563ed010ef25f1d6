/**
 * I12: direct ranges are mapped before the device is attached.
 *
 * What: firmware may have a device doing DMA to fixed addresses (IOMMU_RESV_DIRECT and its relaxable form). When the device is
 * attached to a translating kernel domain that does not map them yet, that DMA faults. So the ranges of a member are mapped in a
 * DMA-type domain before the first attach of that member to it.
 *
 * Source: review of the default-domain series (Joerg Roedel, 2020-09); iommu_create_device_direct_mappings() [61, 612].
 * Holds: a group of one device, boot scan in every era. Broken: hot-add in v6.1 (iommu_probe_device attaches, then maps).
 */
import type { Cpu } from '../machine/cpu.ts';

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
