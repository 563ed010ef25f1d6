// # null-dereference
//
// A schedule of the patch follows a pointer that is NULL.
//
// ## What it reports
//
// Running the patch, a step that follows a pointer which holds NULL in that schedule. Where another thread has cleared it behind a
// test, `null-check-outside-lock` reports it.
//
// ## Why it matters
//
// The kernel oopses; with the mutex of the group held, nobody else gets any further.
//
// ## Known misses
//
// Functions that are not wholly visible, worlds that no scenario forms, and what lies beyond the bounds of the exploration.
//
// ## Known false alarms
//
// Pointers that the model leaves empty and that the kernel always fills.
//
// ## Example that triggers
//
// ```diff
// diff --git a/drivers/iommu/iommu.c b/drivers/iommu/iommu.c
// --- a/drivers/iommu/iommu.c
// +++ b/drivers/iommu/iommu.c
// @@ -100,0 +101,13 @@
// +int iommu_device_use_default_domain(struct device *dev)
// +{
// +	struct iommu_group *group = dev->iommu_group;
// +	int ret = 0;
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
// None offered: test the pointer, or do not come here without it.
//
// ## Sources
//
// - iommu_device_use_default_domain(), drivers/iommu/iommu.c, Linux 6.12: devices without a group are let through.

import { defineModelRule } from './model/defineModelRule.ts';

export const rule = defineModelRule({
  id: 'null-dereference',
  title: 'A schedule follows a NULL pointer',
  category: 'pointer',
  level: 'high',
  since: '0.1.0',
  sources: [{ title: 'VFIO - Virtual Function I/O', url: 'https://docs.kernel.org/driver-api/vfio.html' }],
  refute: 'Something keeps the pointer set wherever this code can be called.',
  message: '{detail} ({calls})',
});
