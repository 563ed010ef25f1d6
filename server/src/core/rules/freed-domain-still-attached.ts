// # freed-domain-still-attached
//
// A domain is freed while a device, a group or a PASID still uses it.
//
// ## What it reports
//
// Running the patch on the model, a schedule or a failure that leads to a free of a domain that the hardware of a device, a
// pointer of its group or one of its PASIDs still names when the lock is given back.
//
// ## Why it matters
//
// The IOMMU walks page tables in memory that belongs to somebody else, and the next use of the pointer in the kernel is a use
// after free.
//
// ## Known misses
//
// Functions that are not wholly visible, worlds that no scenario forms, and what lies beyond the bounds of the exploration.
//
// ## Known false alarms
//
// A driver that keeps its own count of users of a domain.
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
// +	ret = __iommu_attach_device(group->default_domain, prev_dev);
// +	if (ret)
// +		goto restore;
// +	group->domain = group->default_domain;
// +	ret = iommu_create_device_direct_mappings(group, prev_dev);
// +	if (ret)
// +		goto restore;
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
// ## Fix
//
// None offered: attach the previous domain first, or fail before the attach.
//
// ## Sources
//
// - Review of "iommu: Add support to change default domain of an iommu group", 2020: V4 maps before it attaches.
// - iommu_domain_free(), drivers/iommu/iommu.c, Linux 6.12.

import { defineModelRule, outsideOfModel } from './model/defineModelRule.ts';

export const rule = defineModelRule({
  id: 'freed-domain-still-attached',
  title: 'A domain is freed while something still uses it',
  category: 'pointer',
  level: 'crit',
  since: '0.1.0',
  sources: [
    {
      title: 'iommu: Add support to change default domain of an iommu group: map before the attach',
      url: 'https://lore.kernel.org/linux-iommu/20200630091601.GB28824@8bytes.org/',
    },
  ],
  refute: outsideOfModel,
  message: 'the domain that is freed here is still in use: {detail} ({calls})',
});
