// # unstated-userspace-impact
//
// A call of a user or an administrator comes out differently, and the message does not say so.
//
// ## What it reports
//
// Running the same calls before and after the patch: a write to sysfs, a bind or unbind of a driver, an open or an ioctl that
// gives another result, where the message names neither the new result nor user space. Both sides of the changed functions have to
// be visible as a whole.
//
// ## Why it matters
//
// User space depends on results, not on intentions. Whoever reads the history to find why a tool fails does not find this change.
//
// ## Known misses
//
// Differences in what is read back, in times and in messages of the log. A message that speaks of user space and means something
// else.
//
// ## Known false alarms
//
// A result that no program can depend on.
//
// ## Example that triggers
//
// ```diff
// Subject: [PATCH] iommu: Tidy the test of a group's owner
//
// Whoever looks at the owner first needs to look no further.
//
// Signed-off-by: A Developer <dev@example.org>
// ---
// diff --git a/drivers/iommu/iommu.c b/drivers/iommu/iommu.c
// --- a/drivers/iommu/iommu.c
// +++ b/drivers/iommu/iommu.c
// @@ -100,17 +100,17 @@
//  int iommu_device_use_default_domain(struct device *dev)
//  {
//  	struct iommu_group *group = dev->iommu_group;
//  	int ret = 0;
//
//  	if (!group)
//  		return 0;
//
//  	mutex_lock(&group->mutex);
//  	if (group->owner || group->domain != group->default_domain)
// -		ret = -EBUSY;
// +		ret = -EPERM;
//  	else
//  		group->owner_cnt++;
//  	mutex_unlock(&group->mutex);
//  	return ret;
//  }
// ```
//
// ## Example that does not
//
// ```diff
// Subject: [PATCH] iommu: Tidy the test of a group's owner
//
// A driver that binds to a device of a group that a user owns gets -EPERM.
//
// Signed-off-by: A Developer <dev@example.org>
// ---
// diff --git a/drivers/iommu/iommu.c b/drivers/iommu/iommu.c
// --- a/drivers/iommu/iommu.c
// +++ b/drivers/iommu/iommu.c
// @@ -100,17 +100,17 @@
//  int iommu_device_use_default_domain(struct device *dev)
//  {
//  	struct iommu_group *group = dev->iommu_group;
//  	int ret = 0;
//
//  	if (!group)
//  		return 0;
//
//  	mutex_lock(&group->mutex);
//  	if (group->owner || group->domain != group->default_domain)
// -		ret = -EBUSY;
// +		ret = -EPERM;
//  	else
//  		group->owner_cnt++;
//  	mutex_unlock(&group->mutex);
//  	return ret;
//  }
// ```
//
// ## Fix
//
// None offered: say in the message what users see change, and why they can.
//
// ## Sources
//
// - Documentation/process/submitting-patches.rst: describe user-visible impact.

import { changeText, isSaid } from './model/reportChanges.ts';
import { defineRule, type At, type Messages, type RuleContext, type RuleMeta } from './rule.ts';

const meta: RuleMeta = {
  id: 'unstated-userspace-impact',
  title: 'A result that users see changes, and the message does not say so',
  category: 'text',
  level: 'med',
  confidence: 'moderate',
  evidence: 'model',
  needs: 'hunk',
  since: '0.1.0',
  sources: [{ title: 'Submitting patches: describe your changes', url: 'https://docs.kernel.org/process/submitting-patches.html' }],
  refute: 'No user can come to make the call in that state.',
};

const messages: Messages = {
  changed: '{call} gave {before} and gives {after} with this patch, and the message does not say so',
};

function check(context: RuleContext): void {
  if (context.side !== 'after' || context.patch === null) return;
  const [first] = context.patch.commitMessage;
  if (first === undefined) return;
  const changes = (context.model()?.run.changes ?? []).filter((change) => change.isOfPeople && !isSaid(context, change));
  const [main] = changes;
  if (main === undefined) return;
  const at: At = { mail: first.place, length: first.text.length };
  context.report({
    message: 'changed',
    data: { call: main.what, before: main.before.join(' or '), after: main.after.join(' or ') },
    at,
    function: null,
    fact: [...new Set(changes.flatMap((change) => change.action ?? []))].sort().join(' '),
    why: `The same calls were run on the model before and after the patch. ${changes.map(changeText).join(' ')}`,
    evidence: [],
    fixes: [],
    ...(main.trace === null ? {} : { trace: main.trace }),
  });
}

export const rule = defineRule({ meta, messages, check });
