// Names that C's objects have on the model, and which struct stands behind a name.
//
// A device is one name (`A`); what the kernel keeps beside it are names made of it: `pci:A` (struct pci_dev around it), `gdev:A` (its
// place in a group), `iommu:A` (struct dev_iommu), `fwspec:A`. The kobject that counts references of group G is `kobj:G`.

import type { Cpu } from '../../model/machine/cpu.ts';
import type { Value } from '../../model/machine/names.ts';

export const IOMMU_OPS = 'iommu';
export const DOMAIN_OPS = 'iommu_domain_ops';
/** Operations of domains that are not allocated: nothing to free. */
export const STATIC_DOMAIN_OPS = 'static_domain_ops';
/** The IOMMU instance of devices that name none. */
export const HARDWARE = 'iommu_hw';

const PREFIXES: ReadonlyMap<string, string> = new Map([
  ['pci', 'pci_dev'],
  ['gdev', 'group_device'],
  ['iommu', 'dev_iommu'],
  ['fwspec', 'iommu_fwspec'],
  ['kobj', 'kobject'],
  ['bus', 'bus_type'],
  ['pbus', 'pci_bus'],
  ['iommu_mm', 'iommu_mm_data'],
]);

const FIXED: ReadonlyMap<string, string> = new Map([
  [IOMMU_OPS, 'iommu_ops'],
  [DOMAIN_OPS, 'iommu_domain_ops'],
  [STATIC_DOMAIN_OPS, 'iommu_domain_ops'],
  [HARDWARE, 'iommu_device'],
  ['pci_devices', 'pci_devices'],
]);

/** The name behind a prefix: `A` of `gdev:A`; null without that prefix. */
export function behind(prefix: string, object: string): string | null {
  return object.startsWith(`${prefix}:`) ? object.slice(prefix.length + 1) : null;
}

/** A value as an object's name; the empty name for anything else. */
export const objectOf = (value: Value | undefined): string => (typeof value === 'string' ? value : '');

/** Object and member of a pointer to a member: `&G.kobj` is `G`, `kobj`. Null for any other value. */
export function memberOf(value: Value | undefined): { readonly object: string; readonly field: string } | null {
  if (typeof value !== 'string' || !value.startsWith('&')) return null;
  const dot = value.indexOf('.');
  return dot < 0 ? null : { object: value.slice(1, dot), field: value.slice(dot + 1) };
}

/** Stores through a pointer that C handed to a function (`&ret`); nothing happens for NULL. */
export function storeThrough(c: Cpu, pointer: Value | undefined, value: Value): void {
  const place = memberOf(pointer);
  if (place) c.set(place.object, place.field, value);
}

const names = (c: Cpu, field: string): readonly string[] => {
  const value = c.peek('world', field);
  return typeof value === 'object' && value !== null ? value : [];
};

/** Struct of an object of the model; null for a name that the tables do not know. */
export function structOf(c: Cpu, object: string): string | null {
  const fixed = FIXED.get(object);
  if (fixed !== undefined) return fixed;
  const colon = object.indexOf(':');
  const prefixed = colon < 0 ? undefined : PREFIXES.get(object.slice(0, colon));
  if (prefixed !== undefined) return prefixed;
  if (names(c, 'all_devices').includes(object)) return 'device';
  if (names(c, 'groups').includes(object) || c.peek(object, 'lives') !== null) return 'iommu_group';
  if (names(c, 'mms').includes(object)) return 'mm_struct';
  if (names(c, 'all_devices').some((dev) => c.peek(dev, 'instance') === object)) return 'iommu_device';
  // A domain's words are in a list of their own; a bond is made for a device and a process.
  if (c.peek(object, 'ops_owner') !== null || c.peek(object, 'static') === true) return 'iommu_domain';
  if (typeof c.peek(object, 'users') === 'number' || (c.peek(object, 'dev') !== null && c.peek(object, 'mm') !== null)) return 'iommu_sva';
  return null;
}
