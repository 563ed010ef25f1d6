// # changed-result
//
// A scenario comes out differently with the patch.
//
// ## What it reports
//
// Running the same scenarios before and after the patch: a call inside the kernel that gives another result, a field of a group, a
// device or a domain that is not at the end what the scenario expects and was so before (or the other way round), and a call of a user
// or an administrator that the message speaks of. Both sides of the changed functions have to be visible as a whole. The place is the
// line at which the schedules part. It is no defect by itself: it says what the patch changes for its callers.
//
// ## Why it matters
//
// Callers of the core tell its errors apart: `-EINVAL` of an attach lets them try another domain, `-EBUSY` does not.
//
// ## Known misses
//
// Results that the scenarios do not ask for, and scenarios that are not explored to their end on both sides.
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
// @@ -100,16 +100,16 @@
//  int iommu_group_claim_dma_owner(struct iommu_group *group, void *owner)
//  {
//  	int ret;
//
//  	if (WARN_ON(!owner))
//  		return -EINVAL;
//
//  	mutex_lock(&group->mutex);
//  	if (group->owner_cnt)
// -		ret = -EPERM;
// +		ret = -EAGAIN;
//  	else
//  		ret = __iommu_take_dma_ownership(group, owner);
//  	mutex_unlock(&group->mutex);
//  	return ret;
//  }
// ```
//
// ## Example that does not
//
// ```diff
// diff --git a/drivers/iommu/iommu.c b/drivers/iommu/iommu.c
// --- a/drivers/iommu/iommu.c
// +++ b/drivers/iommu/iommu.c
// @@ -100,16 +100,16 @@
//  int iommu_group_claim_dma_owner(struct iommu_group *group, void *owner)
//  {
//  	int ret;
//
//  	if (WARN_ON(!owner))
//  		return -EINVAL;
//
//  	mutex_lock(&group->mutex);
// -	if (group->owner_cnt)
// +	if (group->owner_cnt > 0)
//  		ret = -EPERM;
//  	else
//  		ret = __iommu_take_dma_ownership(group, owner);
//  	mutex_unlock(&group->mutex);
//  	return ret;
//  }
// ```
//
// ## Fix
//
// None offered.
//
// ## Sources
//
// - iommu_attach_device(), drivers/iommu/iommu.c, Linux 6.12: what callers may take from its errors.

import { reportChanges } from './model/reportChanges.ts';
import { defineRule, type Messages, type RuleContext, type RuleMeta } from './rule.ts';

const meta: RuleMeta = {
  id: 'changed-result',
  title: 'A scenario comes out differently with the patch',
  category: 'iommu',
  level: 'low',
  confidence: 'high',
  evidence: 'model',
  needs: 'hunk',
  since: '0.1.0',
  sources: [{ title: 'VFIO - Virtual Function I/O', url: 'https://docs.kernel.org/driver-api/vfio.html' }],
  refute: 'The change is what the patch is for, or no caller can come to that state.',
};

const messages: Messages = {
  result: '{what} gave {before} and gives {after} with this patch ({scenario}: {title})',
  end: '{what} was {before} at the end and is {after} with this patch ({scenario}: {title})',
};

function check(context: RuleContext): void {
  reportChanges(context);
}

export const rule = defineRule({ meta, messages, check });
