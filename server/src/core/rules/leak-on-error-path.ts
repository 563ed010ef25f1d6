// # leak-on-error-path
//
// A reference that a call takes is not given back on one of its ways out.
//
// ## What it reports
//
// Running the patch to the end of all calls and counting references: a group or a device has more references than holders, and the
// code of the patch took one that it did not give back.
//
// ## Why it matters
//
// The object is never freed: the device cannot be removed, the group stays, and memory is lost with every call.
//
// ## Known misses
//
// Memory, files and other objects whose holders the model does not count; functions that are not wholly visible.
//
// ## Known false alarms
//
// A reference that is handed to somebody whom the model does not know.
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
// +	get_device(prev_dev);
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
// +	put_device(prev_dev);
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
// +	get_device(prev_dev);
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
// +	put_device(prev_dev);
// +	return 0;
// +
// +restore:
// +	iommu_domain_free(group->default_domain);
// +	group->default_domain = old;
// +	group->domain = old;
// +unlock:
// +	mutex_unlock(&group->mutex);
// +	put_device(prev_dev);
// +	return ret;
// +}
// ```
//
// ## Fix
//
// None offered: give the reference back behind the label that this way goes through.
//
// ## Sources
//
// - Documentation/process/coding-style.rst, Linux 6.12: centralized exiting of functions.
// - iommu_sva_bind_device(), Linux 6.1.y: a return on x86 that keeps the reference of the group.

import { defineModelRule } from './model/defineModelRule.ts';

export const rule = defineModelRule({
  id: 'leak-on-error-path',
  title: 'A reference is not given back on one way out',
  category: 'leak',
  level: 'high',
  since: '0.1.0',
  sources: [
    { title: 'Linux kernel coding style: centralized exiting of functions', url: 'https://docs.kernel.org/process/coding-style.html' },
  ],
  refute: 'The reference is kept on purpose, and somebody gives it back later.',
  message: 'the reference that is taken here is not given back: {detail} ({calls})',
});
