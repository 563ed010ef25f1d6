// # silent-fallback-hides-request
//
// A user asks for one type of domain, gets another one, and is told that all went well.
//
// ## What it reports
//
// Running the patch, a write of a type that succeeds and leaves a default domain of another type: a function on the way falls back
// to a type that works and reports success.
//
// ## Why it matters
//
// An administrator who asks for translation, or for pass-through, believes to have it. The other way round devices are left
// unprotected without anybody knowing.
//
// ## Known misses
//
// Functions that are not wholly visible, worlds that no scenario forms, and what lies beyond the bounds of the exploration.
//
// ## Known false alarms
//
// A request that is documented as a hint.
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
// @@ -100,0 +101,42 @@
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
// +	ret = -EINVAL;
// +	if (type && group->default_domain->type != type)
// +		goto restore;
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
// None offered: fail an explicit request, and fall back only for a request that leaves the choice to the kernel.
//
// ## Sources
//
// - iommu_group_alloc_default_domain(), drivers/iommu/iommu.c, Linux 6.1: falls back to DMA. Linux 6.12 fails explicit requests.

import { defineModelRule } from './model/defineModelRule.ts';

export const rule = defineModelRule({
  id: 'silent-fallback-hides-request',
  title: 'An explicit request is answered with something else and success',
  category: 'iommu',
  level: 'med',
  since: '0.1.0',
  sources: [
    {
      title: 'Review of "iommu: Add support to change default domain of an iommu group", V3',
      url: 'https://lore.kernel.org/linux-iommu/f7a5d302-2dbe-29bd-0d1b-4560c6ae4688@linux.intel.com/',
    },
  ],
  refute: 'The fallback is documented for this interface.',
  message: 'the request is replaced without an error: {detail}',
});
