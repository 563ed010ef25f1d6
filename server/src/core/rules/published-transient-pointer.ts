// # published-transient-pointer
//
// A pointer that is read without the lock shows an object that a failure frees again.
//
// ## What it reports
//
// Running the patch against a reader that takes no lock (`iommu_get_dma_domain()` and its like, which the kernel allows): the new
// object is put into the shared field first, a later step fails, and the object is freed while the reader still holds what it
// read.
//
// ## Why it matters
//
// The reader follows a pointer to freed memory.
//
// ## Known misses
//
// Functions that are not wholly visible, worlds that no scenario forms, and what lies beyond the bounds of the exploration.
//
// ## Known false alarms
//
// Readers that cannot run at that time, for instance since no driver is bound. That is why the finding is a note.
//
// ## Example that triggers
//
// ```diff
// diff --git a/drivers/iommu/iommu.c b/drivers/iommu/iommu.c
// --- a/drivers/iommu/iommu.c
// +++ b/drivers/iommu/iommu.c
// @@ -100,0 +101,39 @@
// +static int iommu_change_dev_def_domain(struct iommu_group *group,
// +				       struct device *prev_dev, int type)
// +{
// +	struct iommu_domain *old;
// +	struct group_device *member;
// +	int ret = -EBUSY;
// +
// +	mutex_lock(&group->mutex);
// +	old = group->default_domain;
// +	if (!old || old != group->domain)
// +		goto unlock;
// +	if (iommu_group_device_count(group) != 1)
// +		goto unlock;
// +	member = list_first_entry(&group->devices, struct group_device, list);
// +	if (member->dev != prev_dev)
// +		goto unlock;
// +	ret = iommu_group_alloc_default_domain(prev_dev->bus, group, type);
// +	if (ret)
// +		goto unlock;
// +	ret = iommu_create_device_direct_mappings(group, prev_dev);
// +	if (ret)
// +		goto restore;
// +	ret = __iommu_attach_device(group->default_domain, prev_dev);
// +	if (ret)
// +		goto restore;
// +	group->domain = group->default_domain;
// +	mutex_unlock(&group->mutex);
// +	iommu_group_do_probe_finalize(prev_dev, group->default_domain);
// +	iommu_domain_free(old);
// +	return 0;
// +
// +restore:
// +	iommu_domain_free(group->default_domain);
// +	group->default_domain = old;
// +	group->domain = old;
// +unlock:
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
// +static int iommu_change_dev_def_domain(struct iommu_group *group,
// +				       struct device *prev_dev, int type)
// +{
// +	struct iommu_domain *old;
// +	int ret = -EBUSY;
// +
// +	mutex_lock(&group->mutex);
// +	old = group->default_domain;
// +	if (old && old == group->domain && old->type == type)
// +		ret = 0;
// +	mutex_unlock(&group->mutex);
// +	return ret;
// +}
// ```
//
// ## Fix
//
// None offered: fill in the object first, and publish it last.
//
// ## Sources
//
// - Review of "iommu: Add support to change default domain of an iommu group", V8, November 2020: the readers without the mutex.

import { defineModelRule } from './model/defineModelRule.ts';

export const rule = defineModelRule({
  id: 'published-transient-pointer',
  title: 'A shared pointer shows an object that a failure frees',
  category: 'locking',
  level: 'low',
  confidence: 'moderate',
  since: '0.1.0',
  sources: [
    {
      title: 'iommu: Add support to change default domain of an iommu group, review of V8',
      url: 'https://lore.kernel.org/linux-iommu/20201118135153.GB2177@willie-the-truck/',
    },
  ],
  refute: 'All readers of the field hold the lock, or cannot run meanwhile.',
  message: 'a reader without the mutex can see the new domain, which a failure frees: {detail}',
});
