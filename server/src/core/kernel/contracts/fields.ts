// Which lock a field needs, and which documented places read it without.

import { allEras, type ContractLock } from './row.ts';
import type { EraId } from '../eras.ts';

export interface FieldContract {
  readonly struct: string;
  readonly field: string;
  readonly eras: readonly EraId[];
  /** Path of the lock from the object that has the field. */
  readonly lock: Pick<ContractLock, 'lock' | 'path'>;
  /** Functions that are known to read it without the lock, and may. */
  readonly unlockedReaders: readonly string[];
  readonly source: string;
}

const mutex = { lock: 'group-mutex', path: '->mutex' } as const;
const source = 'drivers/iommu/iommu.c, Linux 6.1 and 6.12';
const readers = ['iommu_get_domain_for_dev', 'iommu_get_dma_domain', 'iommu_group_default_domain'];

export const fieldContracts: readonly FieldContract[] = [
  { struct: 'iommu_group', field: 'devices', eras: allEras, lock: mutex, unlockedReaders: [], source },
  { struct: 'iommu_group', field: 'domain', eras: allEras, lock: mutex, unlockedReaders: readers, source },
  {
    struct: 'iommu_group',
    field: 'default_domain',
    eras: allEras,
    lock: mutex,
    unlockedReaders: [...readers, 'iommu_group_store_type'],
    source,
  },
  { struct: 'iommu_group', field: 'blocking_domain', eras: ['owner-merged', 'v6.1', 'v6.12'], lock: mutex, unlockedReaders: [], source },
  { struct: 'iommu_group', field: 'owner', eras: ['owner-merged', 'v6.1', 'v6.12'], lock: mutex, unlockedReaders: [], source },
  {
    struct: 'iommu_group',
    field: 'owner_cnt',
    eras: ['owner-v1-2021-11', 'owner-v2v3-2021-12', 'owner-merged', 'v6.1', 'v6.12'],
    lock: mutex,
    unlockedReaders: [],
    source,
  },
  {
    struct: 'iommu_group',
    field: 'pasid_array',
    eras: ['v6.12'],
    lock: mutex,
    unlockedReaders: [],
    source: 'drivers/iommu/iommu.c, Linux 6.12',
  },
];
