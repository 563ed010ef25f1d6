// The functions of iommu.c that mutants are made of.

export const mutatedFunctions: readonly string[] = [
  '__iommu_attach_group',
  '__iommu_group_set_domain_internal',
  'iommu_group_store_type',
  'iommu_setup_default_domain',
  '__iommu_group_alloc_blocking_domain',
  '__iommu_take_dma_ownership',
  'iommu_group_claim_dma_owner',
  'iommu_device_claim_dma_owner',
  '__iommu_release_dma_ownership',
  'iommu_group_release_dma_owner',
  'iommu_device_release_dma_owner',
  'iommu_device_use_default_domain',
  'iommu_device_unuse_default_domain',
  '__iommu_set_group_pasid',
  'iommu_attach_device_pasid',
];

/** Their like in 6.1, where references and the device lock play a part too. */
export const mutatedFunctions61: readonly string[] = [
  '__iommu_attach_group',
  '__iommu_group_set_domain',
  'iommu_attach_device',
  'iommu_detach_device',
  'iommu_change_dev_def_domain',
  'iommu_group_store_type',
  'iommu_group_claim_dma_owner',
  'iommu_group_release_dma_owner',
  'iommu_device_use_default_domain',
  'iommu_device_unuse_default_domain',
  'iommu_sva_bind_device',
  'iommu_sva_unbind_device',
];
