// Lists that the model keeps in a cell, and the locks with another name there.

import type { Cpu } from '../../model/machine/cpu.ts';
import type { Value } from '../../model/machine/names.ts';
import { behind, objectOf } from './objects.ts';
import { pciList, pciWalk } from './pci.ts';
import type { ListRow, LockRow } from '../types.ts';

const same = (name: string): string => name;

export const listRows: readonly ListRow[] = [
  pciList,
  {
    struct: 'iommu_group',
    field: 'devices',
    cell: 'devices',
    element: 'group_device',
    node: 'list',
    toObject: (name) => `gdev:${name}`,
    // A place in the group that the code has just made is known by the device that it points to.
    toName: (c, object) => behind('gdev', object) ?? objectOf(c.get(object, 'dev')),
    owners: (c) => c.list('world', 'groups'),
  },
  {
    struct: 'iommu_mm_data',
    field: 'sva_domains',
    cell: 'sva_domains',
    element: 'iommu_domain',
    node: 'next',
    toObject: same,
    toName: (_, object) => object,
    owners: (c) => c.list('world', 'mms').map((mm) => `iommu_mm:${mm}`),
  },
];

export const lockRows: readonly LockRow[] = [
  { struct: 'iommu_group', field: 'mutex', lock: 'mutex' },
  { struct: 'device', field: 'mutex', lock: 'device_lock' },
  { struct: 'mm_struct', field: 'mmap_lock', lock: 'mmap_lock' },
  { struct: null, field: 'iommu_sva_lock', lock: 'iommu_sva_lock' },
  { struct: null, field: 'iommu_probe_device_lock', lock: 'iommu_probe_device_lock' },
];

/** Loop macros without a list head in their arguments. */
export const walks: ReadonlyMap<string, (c: Cpu, args: readonly Value[]) => Value> = new Map([
  ['for_each_group_device', (_: Cpu, args: readonly Value[]): Value => `&${objectOf(args[0])}.devices`],
  ['for_each_pci_dev', pciWalk],
]);
