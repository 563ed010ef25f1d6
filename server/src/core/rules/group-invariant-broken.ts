// # group-invariant-broken
//
// A schedule or a failure leaves a group in a state that the core excludes.
//
// ## What it reports
//
// Running the patch, a breach of an invariant that has no rule of its own: members on different domains, a private domain that two
// parties attach, kernel DMA and user DMA in one group, ownership by two users, a refused request that changed something, a domain
// type that a device does not allow.
//
// ## Why it matters
//
// Every other function of the core relies on the invariant: what follows is DMA to the wrong memory or a crash in code that is
// right.
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
// @@ -100,0 +101,12 @@
// +int iommu_device_use_default_domain(struct device *dev)
// +{
// +	struct iommu_group *group = dev->iommu_group;
// +
// +	if (!group)
// +		return 0;
// +
// +	mutex_lock(&group->mutex);
// +	group->owner_cnt++;
// +	mutex_unlock(&group->mutex);
// +	return 0;
// +}
// ```
//
// ## Example that does not
//
// ```diff
// diff --git a/drivers/iommu/iommu.c b/drivers/iommu/iommu.c
// --- a/drivers/iommu/iommu.c
// +++ b/drivers/iommu/iommu.c
// @@ -100,0 +101,16 @@
// +int iommu_device_use_default_domain(struct device *dev)
// +{
// +	struct iommu_group *group = dev->iommu_group;
// +	int ret = 0;
// +
// +	if (!group)
// +		return 0;
// +
// +	mutex_lock(&group->mutex);
// +	if (group->owner || group->domain != group->default_domain)
// +		ret = -EBUSY;
// +	else
// +		group->owner_cnt++;
// +	mutex_unlock(&group->mutex);
// +	return ret;
// +}
// ```
//
// ## Fix
//
// None offered.
//
// ## Sources
//
// - docs/model.md: the invariants with their sources.

import { defineModelRule, outsideOfModel } from './model/defineModelRule.ts';

export const rule = defineModelRule({
  id: 'group-invariant-broken',
  title: 'A group is left in a state that the core excludes',
  category: 'iommu',
  level: 'high',
  since: '0.1.0',
  sources: [{ title: 'VFIO - Virtual Function I/O', url: 'https://docs.kernel.org/driver-api/vfio.html' }],
  refute: outsideOfModel,
  message: '{invariant}: {detail} ({calls})',
});
