// # self-deadlock-callback
//
// A callback is called with a lock held that the callback takes itself.
//
// ## What it reports
//
// Running the patch, a call into a driver under the mutex of a group, from which the driver comes back into the IOMMU core and
// asks for the same mutex. In the code alone: a call with a lock held,
//
// - through a table of functions, where a function of the files at hand that fills the field takes the lock of the same object on every
//   way on which it does not fail before;
// - that waits for a work item, a timer or a tasklet (`cancel_work_sync()`, `timer_delete_sync()`, `tasklet_kill()`) whose function
//   takes the lock of the same object;
// - of `iommu_group_for_each_dev()`, which holds the mutex of the group around its callback, with a callback that takes the mutex of
//   the group of the device that it is handed.
//
// ## Why it matters
//
// The thread waits for itself, for ever, and everybody else who needs the mutex waits too.
//
// ## Known misses
//
// Functions that are not wholly visible, worlds that no scenario forms, and what lies beyond the bounds of the exploration. In the code
// alone: drivers of files that the change does not touch, and objects that more than one function is set up for.
//
// ## Known false alarms
//
// Callbacks of drivers that never come back into the core; a work item that a flag keeps away from the lock.
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
// +	iommu_group_do_probe_finalize(prev_dev, group->default_domain);
// +	mutex_unlock(&group->mutex);
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
// None offered: call back after the lock was given back.
//
// ## Sources
//
// - iommu_group_do_probe_finalize(), drivers/iommu/iommu.c, Linux 5.11: called without the mutex, since arm_iommu_attach_device() takes it.

import { throwIfCancelled } from '../base/cancel.ts';
import type { FlowFunction } from '../flow/program.ts';
import { calledAroundIn, selfDeadlocksOf, setUpsOf, type CalledAround, type SelfDeadlock } from './locking/callbacks.ts';
import { evidenceOf } from './locking/evidence.ts';
import { stepsSince } from './locking/points.ts';
import { reportModelFacts } from './model/reportFacts.ts';
import { defineRule, type Messages, type RuleContext, type RuleMeta, type SideFile } from './rule.ts';

const meta: RuleMeta = {
  id: 'self-deadlock-callback',
  title: 'A callback under a lock takes the lock itself',
  category: 'locking',
  level: 'crit',
  confidence: 'high',
  evidence: 'model',
  needs: 'hunk',
  since: '0.1.0',
  sources: [
    {
      title: 'Review of "iommu: Add support to change default domain of an iommu group", V3',
      url: 'https://lore.kernel.org/linux-iommu/f7a5d302-2dbe-29bd-0d1b-4560c6ae4688@linux.intel.com/',
    },
  ],
  refute: 'No driver with this callback takes the lock.',
};

const messages: Messages = {
  model: '{held} is held across a callback that takes it again: {calls}',
  operation: '{lock} is held at the call of {call}(), and {callback}(), which it may come to, takes it again',
  waited: '{call}() waits for {callback}(), which takes {lock}, and {lock} is held here',
  around: '{call}() holds the mutex of the group around {callback}(), which takes it itself',
};

function check(context: RuleContext): void {
  const setUps = setUpsOf(context);
  for (const file of context.files) {
    const flow = context.flow(file);
    for (const fn of flow.functions) {
      throwIfCancelled(context.cancel);
      for (const one of selfDeadlocksOf(flow, fn, setUps)) report(context, file, fn, one);
      for (const one of calledAroundIn(context, flow, fn)) reportAround(context, file, fn, one);
    }
  }
  reportModelFacts(context, meta.id);
}

function report(
  context: RuleContext,
  file: SideFile,
  fn: FlowFunction,
  { how, call, point, record, callback, values }: SelfDeadlock,
): void {
  const lock = values.printPlace(record.lock);
  const name = call.name ?? (call.callee.kind === 'field' ? call.callee.name : '');
  const way = evidenceOf(file, stepsSince(point.trail, record.since?.step), (step) => values.printPlace(step.lock));
  const home = context.files.find((one) => one.c === callback.flow.c);
  const taker = callback.flow.functions.find((one) => one.fn.name === callback.name);
  context.report({
    message: how,
    data: { lock, call: name, callback: callback.name },
    at: { file, span: call.span },
    function: fn.fn.name,
    fact: `${name} ${callback.name} ${lock}`,
    why:
      how === 'waited'
        ? `If ${callback.name}() runs by now it waits for ${lock}, and this thread waits for ${callback.name}().`
        : `The thread waits for itself: only it could give ${lock} back.`,
    evidence: [
      ...way,
      { at: { file, span: call.span }, message: `${name}() is called here` },
      ...(home && taker ? [{ at: { file: home, span: taker.fn.nameSpan }, message: `${callback.name}() takes the lock` }] : []),
    ],
    fixes: [],
    level: 'high',
    witness: false,
  });
}

function reportAround(context: RuleContext, file: SideFile, fn: FlowFunction, { call, callback, via }: CalledAround): void {
  const name = call.name ?? '';
  context.report({
    message: 'around',
    data: { call: name, callback },
    at: { file, span: call.span },
    function: fn.fn.name,
    fact: `${name} ${callback}`,
    why: `The thread waits for itself: ${name}() gives the mutex back only when ${callback}()${via === null ? '' : `, which calls ${via}(),`} has returned.`,
    evidence: [{ at: { file, span: call.span }, message: `${callback}() is handed on here` }],
    fixes: [],
    level: context.era.certain ? 'high' : 'low',
    witness: false,
    assumptions: [`the contract of ${name}()`],
  });
}

export const rule = defineRule({ meta, messages, check });
