// # use-after-free
//
// Code uses what it has freed itself, frees it twice, or drops a reference that it does not hold.
//
// ## What it reports
//
// Running the patch, a step on an object that the same call freed before, a second free, or a put that takes the reference of
// somebody else. In any function, an object that is freed while a lock that lies in it is held, and a pointer that is returned while
// the end of its scope frees it, since `no_free_ptr()` is missing. Where another thread frees the object while a lock was dropped,
// `stale-pointer-after-unlock-noref` reports it.
//
// ## Why it matters
//
// The memory belongs to somebody else by then: reads give nonsense, writes destroy what is there now.
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
// +	return old->type == type ? -EALREADY : 0;
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
// None offered: use the object before it is freed, and keep a reference as long as it is used.
//
// ## Sources
//
// - Documentation/core-api/kref.rst, Linux 6.12.

import { throwIfCancelled } from '../base/cancel.ts';
import { valueOf } from '../flow/evaluate.ts';
import { intersect, validAddresses } from '../flow/intervals.ts';
import { printExpr } from '../flow/print.ts';
import type { FlowFile, FlowFunction } from '../flow/program.ts';
import { frees } from '../kernel/frees.ts';
import { lockOperation } from '../kernel/locks.ts';
import { freeClassOf } from './cleanup/frees.ts';
import { evidenceOf } from './locking/evidence.ts';
import { rootOf } from './locking/places.ts';
import { callsOf, isHeld, leadsTo, pointsOf, stepsSince, type Call } from './locking/points.ts';
import { reportModelFacts } from './model/reportFacts.ts';
import { defineRule, type Messages, type RuleContext, type RuleMeta, type SideFile } from './rule.ts';

const meta: RuleMeta = {
  id: 'use-after-free',
  title: 'An object is used after the same code freed it',
  category: 'pointer',
  level: 'crit',
  confidence: 'high',
  evidence: 'model',
  needs: 'hunk',
  since: '0.1.0',
  sources: [{ title: 'Adding reference counters (krefs) to kernel objects', url: 'https://docs.kernel.org/core-api/kref.html' }],
  refute: 'Something else holds a reference at that place.',
};

const messages: Messages = {
  locked: '{object} is freed by {free}() with {lock} held, which lies in it',
  returned: '{variable} is returned, and __free({class}) releases it at this very return',
  model: '{object} is used here after it was freed: {detail} ({calls})',
};

function check(context: RuleContext): void {
  for (const file of context.files) {
    const flow = context.flow(file);
    for (const fn of flow.functions) {
      throwIfCancelled(context.cancel);
      checkLocked(context, file, flow, fn);
      checkReturned(context, file, flow, fn);
    }
  }
  reportModelFacts(context, meta.id);
}

/** The argument of a call that frees it. */
function freedBy(call: Call): Call['args'][number] | undefined {
  const index = call.name === null ? null : frees(call.name);
  return index === null ? undefined : call.args[index];
}

/** An object that is freed with a lock of its own held: giving the lock back writes to freed memory, and keeping it is no better. */
function checkLocked(context: RuleContext, file: SideFile, flow: FlowFile, fn: FlowFunction): void {
  if (!fn.callees.some((name) => frees(name) !== null)) return;
  const calls = callsOf(fn);
  const owners = new Set(calls.flatMap((call) => (call.name !== null && lockOperation(call.name) ? call.args.map(rootOf) : [])));
  const wanted = calls.filter((call) => {
    const freed = freedBy(call);
    return freed?.kind === 'variable' && owners.has(freed.variable);
  });
  const points = wanted.length === 0 ? null : pointsOf(flow, fn, { call: (call) => wanted.includes(call) });
  if (!points) return;
  const { values } = points.result;
  const seen = new Set<Call>();
  for (const { node, store, locks, trail } of points.calls) {
    const freed = freedBy(node);
    if (!freed || seen.has(node)) continue;
    const object = values.original(valueOf(values, store, freed));
    const held = locks.records.find((record) => isHeld(record) && record.lock !== object && values.objectOf(record.lock) === object);
    if (!held) continue;
    seen.add(node);
    const lock = values.printPlace(held.lock);
    context.report({
      message: 'locked',
      data: { object: printExpr(freed), free: node.name ?? '', lock },
      at: { file, span: node.span },
      function: fn.fn.name,
      fact: lock,
      why: `Whoever waits for ${lock}, and the release of it, work on memory that may be somebody else's by then.`,
      evidence: [
        ...evidenceOf(file, stepsSince(trail, held.since?.step), (step) => values.printPlace(step.lock)),
        { at: { file, span: node.span }, message: `${printExpr(freed)} is freed here` },
      ],
      fixes: [],
      witness: true,
    });
  }
}

/** A pointer that a function returns though the end of its scope frees what it points at: `no_free_ptr()` is missing. */
function checkReturned(context: RuleContext, file: SideFile, flow: FlowFile, fn: FlowFunction): void {
  if (!fn.procedure.returnType.includes('*')) return;
  const wanted = callsOf(fn).filter((call) => freeClassOf(call) !== null && freedBy(call)?.kind === 'variable');
  const points = wanted.length === 0 ? null : pointsOf(flow, fn, { call: (call) => wanted.includes(call) });
  if (!points) return;
  const { values, exits } = points.result;
  const seen = new Set<number>();
  for (const { node, store, trail } of points.calls) {
    const freed = freedBy(node);
    const end = node.scopeExit;
    if (freed?.kind !== 'variable' || !end || seen.has(end.start)) continue;
    const value = valueOf(values, store, freed);
    if (value === values.unknown || intersect(store.factOf(values, value), validAddresses).length === 0) continue;
    const isReturned = exits.some(
      (exit) =>
        exit.terminator.span.start === end.start &&
        exit.value !== null &&
        values.original(exit.value) === values.original(value) &&
        leadsTo(trail, exit.state.trail),
    );
    if (!isReturned) continue;
    seen.add(end.start);
    const name = freed.variable.name;
    context.report({
      message: 'returned',
      data: { variable: name, class: freeClassOf(node) ?? '' },
      at: { file, span: end },
      function: fn.fn.name,
      fact: `returned ${name}`,
      defect: `returned ${name}`,
      why: 'The caller gets a pointer to memory that is free by then.',
      evidence: [
        { at: { file, span: node.span }, message: `${name} is to be released at the end of its scope` },
        ...evidenceOf(file, stepsSince(trail, undefined), (step) => values.printPlace(step.lock)),
        { at: { file, span: end }, message: 'the scope ends here' },
      ],
      fixes: [],
      witness: stepsSince(trail, undefined).every((step) => step.kind !== 'gap'),
    });
  }
}

export const rule = defineRule({ meta, messages, check });
