// # unpaired-claim
//
// The count of those who use a group does not match who uses it.
//
// ## What it reports
//
// Running the patch, a count that stays up when nobody uses the group any more, or that falls to zero while a driver or a user
// does.
//
// ## Why it matters
//
// A group whose count stays up can never be claimed again; one whose count is too low can be claimed under a running driver.
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
// +void iommu_device_unuse_default_domain(struct device *dev)
// +{
// +	struct iommu_group *group = dev->iommu_group;
// +
// +	if (!group)
// +		return;
// +
// +	mutex_lock(&group->mutex);
// +	if (!WARN_ON(!group->owner_cnt) && group->owner_cnt > 1)
// +		group->owner_cnt--;
// +	mutex_unlock(&group->mutex);
// +}
// ```
//
// ## Example that does not
//
// ```diff
// diff --git a/drivers/iommu/iommu.c b/drivers/iommu/iommu.c
// --- a/drivers/iommu/iommu.c
// +++ b/drivers/iommu/iommu.c
// @@ -100,0 +101,12 @@
// +void iommu_device_unuse_default_domain(struct device *dev)
// +{
// +	struct iommu_group *group = dev->iommu_group;
// +
// +	if (!group)
// +		return;
// +
// +	mutex_lock(&group->mutex);
// +	if (!WARN_ON(!group->owner_cnt))
// +		group->owner_cnt--;
// +	mutex_unlock(&group->mutex);
// +}
// ```
//
// ## Fix
//
// None offered: count down exactly where the count went up, on every way out.
//
// ## Sources
//
// - iommu_device_use_default_domain() and iommu_device_unuse_default_domain(), drivers/iommu/iommu.c, Linux 6.12.

import { defineModelRule, outsideOfModel } from './model/defineModelRule.ts';

export const rule = defineModelRule({
  id: 'unpaired-claim',
  title: 'Claims and releases of a group do not pair',
  category: 'iommu',
  level: 'high',
  since: '0.1.0',
  sources: [{ title: 'VFIO - Virtual Function I/O', url: 'https://docs.kernel.org/driver-api/vfio.html' }],
  refute: outsideOfModel,
  message: 'the count of users does not match: {detail}',
});
