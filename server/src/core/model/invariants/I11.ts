/**
 * I11: the default domain has a type that every member may have.
 *
 * What: a mandatory type of the driver, and DMA for an untrusted device, are respected; and no default domain is a blocking one unless
 * the driver declares a static default. Groups whose members contradict each other are excepted.
 *
 * Source: iommu_get_def_domain_type [61], iommu_get_default_domain_type [612]
 * Holds: S001-5: the write of another type is refused.
 * Broken: A must be DMA and the default domain is an identity.
 */
import type { Invariant } from './invariant.ts';
import { list, name, text } from './invariant.ts';

export const I11: Invariant = {
  id: 'I11',
  title: 'the default domain has a type that every member may have',
  source: 'iommu_get_def_domain_type [61], iommu_get_default_domain_type [612]',
  holds: 'S001-5',
  fields: ['default_domain', 'type', 'devices'],
  scope: 'group',
  check: (c, group) => {
    const domain = name(c, group, 'default_domain');
    if (domain === null) return null;
    const type = name(c, domain, 'type');
    if (type === 'BLOCKED' && c.peek(domain, 'static') !== true) return `the default domain of ${group} is a blocking one`;
    const wishes = new Map<string, string>();
    for (const dev of list(c, group, 'devices')) {
      const wish = c.peek(dev, 'untrusted') === true ? 'DMA' : name(c, dev, 'def_type');
      if (wish !== null) wishes.set(wish, dev);
    }
    if (wishes.size !== 1) return null;
    const [[wish, dev]] = [...wishes] as [[string, string]];
    return type === wish || (wish === 'DMA' && type === 'DMA_FQ') ? null : `${dev} must have ${wish}, ${group} has ${text(type)}`;
  },
  broken: (c) => {
    c.set('A', 'def_type', 'DMA');
    c.set('dma1', 'type', 'IDENTITY');
  },
};
