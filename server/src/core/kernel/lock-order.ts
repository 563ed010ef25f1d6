// The order in which the kernel takes locks of the IOMMU and VFIO area, era by era: what it takes last stands last. Orders of two eras
// may be opposite (`iommu_sva_lock` and the group's mutex, a device set's lock and its group's), so they are never put together.

import { allEras, trees } from './contracts/row.ts';
import type { EraId } from './eras.ts';

/**
 * `inner` is taken while `outer` is held. Names are those of classes: structure tag and field, or the name of a lock at file level.
 */
export interface LockOrder {
  readonly id: string;
  readonly outer: string;
  readonly inner: string;
  readonly eras: readonly EraId[];
  /** The way that takes both. */
  readonly where: string;
  readonly source: string;
}

const device = 'device.mutex';
const probe = 'iommu_probe_device_lock';
const group = 'iommu_group.mutex';
const sva = 'iommu_sva_lock';
const mmap = 'mm_struct.mmap_lock';
const set = 'vfio_device_set.lock';
const user = 'vfio_group.group_lock';
const container = 'vfio_container.group_lock';
const ioas = 'iommufd_ioas.mutex';
const hwGroup = 'iommufd_group.lock';
const iova = 'io_pagetable.iova_rwsem';

const v61: readonly EraId[] = ['v6.1'];
const v612: readonly EraId[] = ['v6.12'];

function chain(id: string, locks: readonly string[], eras: readonly EraId[], where: string, source: string): LockOrder[] {
  return locks.slice(1).map((inner, index) => ({ id, outer: locks[index] ?? '', inner, eras, where, source }));
}

const core = 'drivers/base/dd.c and drivers/iommu/iommu.c';
const svaFiles = 'drivers/iommu/iommu-sva.c, Linux 6.12';
const vfio = 'drivers/vfio';

/** All orders that are known, by their number in the list of locks. */
export const lockOrders: readonly LockOrder[] = [
  ...chain(
    'K1',
    [device, device],
    allEras,
    'a parent before its children, where the bus or SR-IOV asks for it',
    'drivers/base/dd.c, drivers/pci/iov.c',
  ),
  ...chain('K2', [device, probe], trees, 'really_probe() through dma_configure() to iommu_probe_device()', core),
  ...chain('K3', [device, group], allEras, 'a driver that is bound or unbound attaches, detaches or claims', core),
  ...chain('K4', [probe, group], trees, 'iommu_probe_device() adds the device to its group', 'drivers/iommu/iommu.c'),
  ...chain(
    'K6',
    [group, sva],
    v61,
    'iommu_sva_bind_device() through sva_bind() to iommu_sva_alloc_pasid()',
    'drivers/iommu/iommu.c, Linux 6.1',
  ),
  ...chain(
    'K7',
    [group, mmap],
    v61,
    'iommu_sva_bind_device() through sva_bind() to mmu_notifier_register()',
    'drivers/iommu/iommu.c, Linux 6.1',
  ),
  ...chain('K8', [sva, group], v612, 'iommu_sva_bind_device() to iommu_attach_device_pasid()', svaFiles),
  ...chain('K9', [sva, mmap], v612, 'iommu_sva_domain_alloc() to mmu_notifier_register()', svaFiles),
  ...chain('K10', [set, user], v61, 'vfio_device_open()', 'drivers/vfio/vfio_main.c, Linux 6.1'),
  ...chain('K11', [user, set], v612, 'vfio_df_group_open() and vfio_df_group_close()', 'drivers/vfio/group.c, Linux 6.12'),
  ...chain('K12', [user, container, 'vfio_iommu.lock', group], trees, 'a group joins or leaves a container', vfio),
  ...chain('K12', [container, group], trees, 'vfio_container_attach_group() claims the group', vfio),
  ...chain('K13', ['vfio.group_lock', user], trees, 'vfio_device_remove_group()', vfio),
  ...chain('K14', [set, group], v612, 'iommufd_device_bind() claims the device', vfio),
  ...chain('K15', [set, ioas, hwGroup, group], v612, 'iommufd_device_attach()', 'drivers/iommu/iommufd/device.c, Linux 6.12'),
  ...chain('K16', [hwGroup, 'iommufd_device.iopf_lock'], v612, 'iommufd_fault_iopf_enable()', 'drivers/iommu/iommufd/fault.c, Linux 6.12'),
  ...chain('K16', [hwGroup, iova], v612, 'reserved regions of a device that is attached', 'drivers/iommu/iommufd/device.c, Linux 6.12'),
  ...chain(
    'K17',
    ['io_pagetable.domains_rwsem', iova, 'iopt_pages.mutex'],
    v612,
    'a domain is filled from the pages of an IO address space',
    'drivers/iommu/iommufd/iommufd_private.h, Linux 6.12',
  ),
];

const names = new Set(lockOrders.flatMap((order) => [order.outer, order.inner]));

/** Whether a name is that of a class in the list. */
export function knownLock(name: string): boolean {
  return names.has(name);
}

/** The orders of an era; none for an era that is not known. */
export function lockOrdersOf(era: string): readonly LockOrder[] {
  return lockOrders.filter((order) => order.eras.some((id) => id === era));
}
