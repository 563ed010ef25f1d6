// Mutants that no run tells from the function as it is, each read.

export interface Survivor {
  /** As the lane names it: function, operator, what was done. */
  readonly name: string;
  readonly verdict: 'equivalent' | 'gap';
  readonly why: string;
}

const domainless =
  'No caller that can name a NULL domain hands the error on: __iommu_group_set_domain_nofail() and the undo of iommu_setup_default_domain() drop it, the others test the pointer first.';

const legacy =
  'A NULL domain to go to is the default domain of a driver without one: __iommu_group_set_core_domain() and iommu_group_release_dma_owner() warn of an error, whichever it is, and drop it.';
const noDefault =
  'The store has seen a default domain before it locks the device, and nothing in 6.1 takes the default domain of a living group away.';

const of612: readonly Survivor[] = [
  {
    name: '__iommu_group_set_domain_internal, exchange an error code: -EINVAL becomes -EBUSY',
    verdict: 'equivalent',
    why: domainless,
  },
  {
    name: '__iommu_group_set_domain_internal, exchange an error code: -EINVAL becomes -EPERM',
    verdict: 'equivalent',
    why: domainless,
  },
  {
    name: '__iommu_set_group_pasid, drop a loop member: the loop leaves out the last member',
    verdict: 'equivalent',
    why: 'The undo ends at the member that failed: the last one is that member, or stands behind it.',
  },
];

const of61: readonly Survivor[] = [
  { name: '__iommu_group_set_domain, exchange an error code: -EINVAL becomes -EBUSY', verdict: 'equivalent', why: legacy },
  { name: '__iommu_group_set_domain, exchange an error code: -EINVAL becomes -EPERM', verdict: 'equivalent', why: legacy },
  { name: 'iommu_change_dev_def_domain, exchange an error code: -EINVAL becomes -EBUSY', verdict: 'equivalent', why: noDefault },
  { name: 'iommu_change_dev_def_domain, exchange an error code: -EINVAL becomes -EPERM', verdict: 'equivalent', why: noDefault },
];

/** By version of the tree, in the order in which the mutants are made. */
export const survivors: Readonly<Record<string, readonly Survivor[]>> = { '6.1': of61, '6.12': of612 };
