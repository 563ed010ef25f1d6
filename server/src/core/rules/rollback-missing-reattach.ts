// # rollback-missing-reattach
//
// A switch of domains fails half way, and the way back restores pointers without attaching the old domain.
//
// ## What it reports
//
// Running the patch with each fallible call failing once: the call returns an error and the pointers of the group name the old
// domain, while the hardware of a member uses the new one or none, because a driver has let go of the old one before it failed.
//
// ## Why it matters
//
// What the group says and what the hardware does differ from then on: DMA is blocked or goes through a domain that is freed next.
//
// ## Known misses
//
// Functions that are not wholly visible, worlds that no scenario forms, and what lies beyond the bounds of the exploration.
//
// ## Known false alarms
//
// Drivers whose attach keeps the old domain whenever it fails; the model tries both ways.
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
// +	ret = iommu_group_alloc_default_domain(prev_dev->bus, group, type);
// +	if (ret)
// +		goto unlock;
// +	ret = iommu_create_device_direct_mappings(group, prev_dev);
// +	if (ret)
// +		goto restore;
// +	ret = __iommu_attach_device(group->default_domain, prev_dev);
// +	if (ret) {
// +		WARN_ON(__iommu_attach_device(old, prev_dev));
// +		goto restore;
// +	}
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
// None offered: attach the old domain again to each member, the failing one included, and warn if that fails too.
//
// ## Sources
//
// - __iommu_group_set_domain_internal(), drivers/iommu/iommu.c, Linux 6.12: the loop behind err_revert.
// - __iommu_attach_group(), Linux 6.1: the comment on recovery.

import { defineModelRule } from './model/defineModelRule.ts';

export const rule = defineModelRule({
  id: 'rollback-missing-reattach',
  title: 'A failed switch restores pointers and attaches nothing',
  category: 'iommu',
  level: 'high',
  since: '0.1.0',
  sources: [
    {
      title: 'Review of "iommu: Add support to change default domain of an iommu group", V3',
      url: 'https://lore.kernel.org/linux-iommu/f7a5d302-2dbe-29bd-0d1b-4560c6ae4688@linux.intel.com/',
    },
  ],
  refute: 'The driver keeps the old domain attached when its attach fails.',
  message: 'after "{failure}" fails, pointers are put back and no device is attached again: {detail}',
});
