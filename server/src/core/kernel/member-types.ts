// Structures that members of other structures point at, for code whose headers are not at hand.
// Sources: include/linux/{device,vfio,pci}.h, drivers/vfio/vfio.h, drivers/iommu/iommufd/iommufd_private.h of 6.12 and 6.1.

const pointers: Readonly<Record<string, string>> = {
  'device.iommu_group': 'iommu_group',
  'device.iommu': 'dev_iommu',
  'device.parent': 'device',
  'device.driver': 'device_driver',
  'device.bus': 'bus_type',
  'group_device.dev': 'device',
  'iommu_domain.ops': 'iommu_domain_ops',
  'vfio_device.dev': 'device',
  'vfio_device.group': 'vfio_group',
  'vfio_device.dev_set': 'vfio_device_set',
  'vfio_device.ops': 'vfio_device_ops',
  'vfio_group.container': 'vfio_container',
  'vfio_group.iommu_group': 'iommu_group',
  'vfio_container.iommu_driver': 'vfio_iommu_driver',
  'vfio_iommu_driver.ops': 'vfio_iommu_driver_ops',
  'iommufd_device.igroup': 'iommufd_group',
  'iommufd_device.ictx': 'iommufd_ctx',
  'iommufd_device.dev': 'device',
  'iommufd_group.group': 'iommu_group',
  'iommufd_hwpt_paging.ioas': 'iommufd_ioas',
};

/** Tag of the structure that a member points at, or null where the table has none. */
export function memberPointsAt(tag: string, member: string): string | null {
  return pointers[`${tag}.${member}`] ?? null;
}
