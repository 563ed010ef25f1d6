// Which lock a field needs, and which documented places read it without.

import { allEras, trees } from './row.ts';
import type { EraId } from '../eras.ts';

export interface FieldContract {
  /** Tag of the structure that has the field; null for a variable at file level. */
  readonly struct: string | null;
  readonly field: string;
  readonly eras: readonly EraId[];
  /** C path of the lock from the object that has the field (`->mutex`, `->dev_set->lock`), or the name of a lock at file level. */
  readonly lock: string;
  /** Functions that are known to read it without the lock, and may. */
  readonly unlockedReaders: readonly string[];
  /** Loop macros that walk it without naming it; none if absent. */
  readonly loops?: readonly string[];
  readonly source: string;
}

/**
 * Fields whose name no other structure of the kernel has beside such a lock: in code that does not show the type of an object its field
 * and its lock tell what it is.
 */
const telling: ReadonlySet<string> = new Set(
  'default_domain blocking_domain owner_cnt pasid_array ioas_unpin area_itree allowed_itree reserved_itree next_domain_id access_itree domains_itree iommufd_attached container_users opened_file'.split(
    ' ',
  ),
);

/** Whether the name of a guarded field is enough to know its structure, where its lock is seen in the same object. */
export function isTelling(field: string): boolean {
  return telling.has(field);
}

const iommu = 'drivers/iommu/iommu.c, Linux 6.1 and 6.12';
const readers = ['iommu_get_domain_for_dev', 'iommu_get_dma_domain', 'iommu_group_default_domain'];

const groupFields: readonly FieldContract[] = (
  [
    ['devices', allEras, []],
    ['domain', allEras, readers],
    ['default_domain', allEras, [...readers, 'iommu_group_store_type']],
    ['blocking_domain', ['owner-merged', 'v6.1', 'v6.12'], []],
    ['owner', ['owner-merged', 'v6.1', 'v6.12'], []],
    ['owner_cnt', ['owner-v1-2021-11', 'owner-v2v3-2021-12', 'owner-merged', 'v6.1', 'v6.12'], []],
    ['pasid_array', ['v6.12'], []],
  ] as const
).map(([field, eras, unlockedReaders]) => ({ struct: 'iommu_group', field, eras, lock: '->mutex', unlockedReaders, source: iommu }));

/** Fields of a structure for which code that works on them asserts the lock (lockdep_assert_held), in the kernels of `eras`. */
function asserted(struct: string, fields: readonly string[], lock: string, eras: readonly EraId[], source: string): FieldContract[] {
  return fields.map((field) => ({ struct, field, eras, lock, unlockedReaders: [], source }));
}

/** Lists of the DMAR table; readers hold the lock or are in an RCU read side. */
const dmarLists: readonly FieldContract[] = (
  [
    ['dmar_drhd_units', ['for_each_drhd_unit', 'for_each_active_drhd_unit', 'for_each_iommu', 'for_each_active_iommu']],
    ['dmar_rmrr_units', ['for_each_rmrr_units']],
  ] as const
).map(([field, loops]) => ({
  struct: null,
  field,
  eras: allEras,
  lock: 'dmar_global_lock',
  unlockedReaders: [],
  loops,
  source: 'drivers/iommu/intel/dmar.c, Linux 6.1 and 6.12',
}));

const iommufd = 'drivers/iommu/iommufd, Linux 6.12';
const newest: readonly EraId[] = ['v6.12'];

export const fieldContracts: readonly FieldContract[] = [
  ...groupFields,
  { struct: null, field: 'iommu_device_list', eras: trees, lock: 'iommu_device_lock', unlockedReaders: [], source: iommu },
  ...dmarLists,
  ...asserted('iommufd_group', ['hwpt', 'device_list'], '->lock', newest, `${iommufd}/device.c`),
  ...asserted('iommufd_access', ['ioas', 'ioas_unpin'], '->ioas_lock', newest, `${iommufd}/device.c`),
  ...asserted('iommufd_ioas', ['hwpt_list'], '->mutex', newest, `${iommufd}/hw_pagetable.c`),
  ...asserted('io_pagetable', ['area_itree', 'allowed_itree', 'reserved_itree'], '->iova_rwsem', newest, `${iommufd}/io_pagetable.c`),
  ...asserted('io_pagetable', ['next_domain_id'], '->domains_rwsem', newest, `${iommufd}/io_pagetable.c`),
  ...asserted('iopt_pages', ['access_itree', 'domains_itree', 'npinned'], '->mutex', newest, `${iommufd}/pages.c`),
  ...asserted(
    'vfio_group',
    ['container', 'container_users', 'opened_file'],
    '->group_lock',
    trees,
    'drivers/vfio/container.c, Linux 6.1 and 6.12',
  ),
  ...asserted('vfio_group', ['iommufd'], '->group_lock', newest, 'drivers/vfio/group.c, Linux 6.12'),
  ...asserted('vfio_device', ['open_count'], '->dev_set->lock', trees, 'drivers/vfio/vfio_main.c, Linux 6.1 and 6.12'),
  ...asserted('vfio_device', ['iommufd_attached'], '->dev_set->lock', newest, 'drivers/vfio/iommufd.c, Linux 6.12'),
  ...asserted('vfio_device_set', ['device_list'], '->lock', trees, 'drivers/vfio/vfio_main.c, Linux 6.1 and 6.12'),
  ...asserted('protection_domain', ['dev_list'], '->lock', newest, 'drivers/iommu/amd/iommu.c, Linux 6.12'),
  ...asserted('arm_smmu_domain', ['devices'], '->devices_lock', newest, 'drivers/iommu/arm/arm-smmu-v3/arm-smmu-v3.c, Linux 6.12'),
  ...asserted('arm_smmu_device', ['streams'], '->streams_mutex', trees, 'drivers/iommu/arm/arm-smmu-v3/arm-smmu-v3.c, Linux 6.1 and 6.12'),
];
