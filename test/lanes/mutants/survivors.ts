// Mutants that no run tells from the function as it is, each read.

export interface Survivor {
  /** As the lane names it: function, operator, what was done. */
  readonly name: string;
  readonly verdict: 'equivalent' | 'gap';
  readonly why: string;
}

const domainless =
  'No caller that can name a NULL domain hands the error on: __iommu_group_set_domain_nofail() and the undo of iommu_setup_default_domain() drop it, the others test the pointer first.';

export const survivors: readonly Survivor[] = [
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
];
