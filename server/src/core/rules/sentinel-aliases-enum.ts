// # sentinel-aliases-enum
//
// A value that stands for "not chosen" reaches code in which it is the number of something else.
//
// ## What it reports
//
// Running the patch, a request that leaves the type of a domain open, and an allocator that is asked for type 0: that is the
// number of `IOMMU_DOMAIN_BLOCKED`.
//
// ## Why it matters
//
// The devices of the group get a domain that blocks all DMA, or whatever else the number means, although nobody asked for it.
//
// ## Known misses
//
// Functions that are not wholly visible, worlds that no scenario forms, and what lies beyond the bounds of the exploration.
//
// ## Known false alarms
//
// Code behind that takes the value for "not chosen" as well, by its documentation.
//
// ## Example that triggers
//
// ```diff
// diff --git a/drivers/iommu/iommu.c b/drivers/iommu/iommu.c
// --- a/drivers/iommu/iommu.c
// +++ b/drivers/iommu/iommu.c
// @@ -100,0 +101,41 @@
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
// +	if (!type)
// +		type = iommu_get_def_domain_type(prev_dev);
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
// @@ -100,0 +101,41 @@
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
// +	if (!type)
// +		type = iommu_get_def_domain_type(prev_dev) ?: iommu_def_domain_type;
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
// ## Fix
//
// None offered: replace the value by a real one before it is handed on.
//
// ## Sources
//
// - include/linux/iommu.h, Linux 6.12: IOMMU_DOMAIN_BLOCKED is 0.
// - Review of "iommu: Add support to change default domain of an iommu group", V3, May 2020.

import { defineModelRule } from './model/defineModelRule.ts';

export const rule = defineModelRule({
  id: 'sentinel-aliases-enum',
  title: 'A value for "not chosen" is the number of something else',
  category: 'iommu',
  level: 'med',
  since: '0.1.0',
  sources: [
    {
      title: 'Review of "iommu: Add support to change default domain of an iommu group", V3',
      url: 'https://lore.kernel.org/linux-iommu/f7a5d302-2dbe-29bd-0d1b-4560c6ae4688@linux.intel.com/',
    },
  ],
  refute: 'The code that gets the value knows it as "not chosen".',
  message: 'no type was chosen, and 0 is the number of a type: {detail} ({calls})',
});
