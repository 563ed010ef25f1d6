// # claim-without-blocking-domain
//
// A user gets to own a group whose devices still use a domain of the kernel.
//
// ## What it reports
//
// Running the patch, an owner of a group while the domain of the group is its default domain or none.
//
// ## Why it matters
//
// The devices of the new owner can do DMA through the mappings of the kernel, or none of the two knows what they may reach.
//
// ## Known misses
//
// Functions that are not wholly visible, worlds that no scenario forms, and what lies beyond the bounds of the exploration.
//
// ## Known false alarms
//
// None known.
//
// ## Example that triggers
//
// ```diff
// diff --git a/drivers/iommu/iommu.c b/drivers/iommu/iommu.c
// --- a/drivers/iommu/iommu.c
// +++ b/drivers/iommu/iommu.c
// @@ -100,0 +101,16 @@
// +int iommu_group_claim_dma_owner(struct iommu_group *group, void *owner)
// +{
// +	int ret = -EPERM;
// +
// +	if (WARN_ON(!owner))
// +		return -EINVAL;
// +
// +	mutex_lock(&group->mutex);
// +	if (!group->owner_cnt) {
// +		group->owner = owner;
// +		group->owner_cnt = 1;
// +		ret = 0;
// +	}
// +	mutex_unlock(&group->mutex);
// +	return ret;
// +}
// ```
//
// ## Example that does not
//
// ```diff
// diff --git a/drivers/iommu/iommu.c b/drivers/iommu/iommu.c
// --- a/drivers/iommu/iommu.c
// +++ b/drivers/iommu/iommu.c
// @@ -100,0 +101,13 @@
// +int iommu_group_claim_dma_owner(struct iommu_group *group, void *owner)
// +{
// +	int ret = -EPERM;
// +
// +	if (WARN_ON(!owner))
// +		return -EINVAL;
// +
// +	mutex_lock(&group->mutex);
// +	if (!group->owner_cnt)
// +		ret = __iommu_take_dma_ownership(group, owner);
// +	mutex_unlock(&group->mutex);
// +	return ret;
// +}
// ```
//
// ## Fix
//
// None offered: attach the blocking domain before the owner is set.
//
// ## Sources
//
// - __iommu_take_dma_ownership(), drivers/iommu/iommu.c, Linux 6.12.

import { defineModelRule } from './model/defineModelRule.ts';

export const rule = defineModelRule({
  id: 'claim-without-blocking-domain',
  title: 'A group is owned while it is on a domain of the kernel',
  category: 'iommu',
  level: 'crit',
  since: '0.1.0',
  sources: [
    {
      title: 'iommu: iommu_group_claim_dma_owner() must always assign a domain',
      url: 'https://lore.kernel.org/linux-iommu/0-v3-db7f0785022b+149-iommu_dma_block_jgg@nvidia.com/',
    },
  ],
  refute: 'The domain is switched by somebody else before the owner can use the devices.',
  message: 'the group gets an owner and keeps a domain of the kernel: {detail}',
});
