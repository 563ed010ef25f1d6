// # cleanup-definition-order
//
// A variable with `__free()` is defined before the guard that its release needs.
//
// ## What it reports
//
// The release at the end of a scope calls a function that asserts a lock (`lockdep_assert_held()`) or requires it by contract, and the
// guard of that lock was defined after the variable: scopes are undone in the reverse order of definition, so the lock is free by then.
//
// ## Why it matters
//
// The release changes state that the lock guards while others read it.
//
// ## Known misses
//
// Releases whose code is not at hand and that have no contract.
//
// ## Known false alarms
//
// None known.
//
// ## Example that triggers
//
// ```c
// DEFINE_FREE(demo_drop, struct entry *, if (_T) demo_drop(_T))
//
// static void demo_drop(struct entry *entry)
// {
// 	lockdep_assert_held(&demo_lock);
// 	list_del(&entry->node);
// }
//
// static int demo_add(struct demo *demo)
// {
// 	struct entry *entry __free(demo_drop) = NULL;
//
// 	guard(mutex)(&demo_lock);
// 	entry = demo_make(demo);
// 	if (!entry)
// 		return -ENOMEM;
// 	if (demo_fill(demo, entry))
// 		return -EIO;
// 	demo->entry = no_free_ptr(entry);
// 	return 0;
// }
// ```
//
// ## Example that does not
//
// ```c
// DEFINE_FREE(demo_drop, struct entry *, if (_T) demo_drop(_T))
//
// static void demo_drop(struct entry *entry)
// {
// 	lockdep_assert_held(&demo_lock);
// 	list_del(&entry->node);
// }
//
// static int demo_add(struct demo *demo)
// {
// 	guard(mutex)(&demo_lock);
//
// 	struct entry *entry __free(demo_drop) = demo_make(demo);
// 	if (!entry)
// 		return -ENOMEM;
// 	if (demo_fill(demo, entry))
// 		return -EIO;
// 	demo->entry = no_free_ptr(entry);
// 	return 0;
// }
// ```
//
// ## Fix
//
// None offered: define the variable behind the guard, with its value.
//
// ## Sources
//
// - include/linux/cleanup.h, Linux 6.12: the order of definition is the reverse order of release.

import { throwIfCancelled } from '../base/cancel.ts';
import { valueOf } from '../flow/evaluate.ts';
import { onlyValue } from '../flow/intervals.ts';
import type { FlowFile, FlowFunction } from '../flow/program.ts';
import { freeClassOf } from './cleanup/frees.ts';
import { callsOf, knownFree, pointsOf, type Points } from './locking/points.ts';
import { mayDemand, requiredAt } from './locking/requirements.ts';
import { defineRule, type Messages, type RuleContext, type RuleMeta, type SideFile } from './rule.ts';

const meta: RuleMeta = {
  id: 'cleanup-definition-order',
  title: 'A __free() variable is defined before the guard that its release needs',
  category: 'locking',
  level: 'high',
  confidence: 'high',
  evidence: 'static',
  needs: 'hunk',
  since: '0.1.0',
  sources: [{ title: 'Scope-based Cleanup Helpers', url: 'https://docs.kernel.org/core-api/cleanup.html' }],
  refute: 'The release does not need the lock for an object in that state.',
};

const messages: Messages = {
  order: '{variable} is released by {function}(), which needs {lock}, after the guard defined behind it gave that back',
};

function check(context: RuleContext): void {
  for (const file of context.files) {
    if (!file.c.annotations.some((one) => one.name === '__free')) continue;
    const flow = context.flow(file);
    for (const fn of flow.functions) {
      throwIfCancelled(context.cancel);
      const wanted = new Set(callsOf(fn).filter((call) => freeClassOf(call) !== null && mayDemand(flow, call, context.era.id)));
      if (wanted.size === 0) continue;
      const points = pointsOf(flow, fn, { call: (call) => wanted.has(call) });
      if (points) checkFunction(context, file, flow, fn, points);
    }
  }
}

function checkFunction(context: RuleContext, file: SideFile, flow: FlowFile, fn: FlowFunction, points: Points): void {
  const { values } = points.result;
  const seen = new Set<string>();
  for (const point of points.calls) {
    const variable = point.node.args[0];
    if (variable?.kind !== 'variable') continue;
    // The class leaves NULL alone.
    if (onlyValue(point.store.factOf(values, valueOf(values, point.store, variable))) === 0) continue;
    for (const demand of requiredAt(context, flow, values, point)) {
      const lock = demand.locks.find((one) => knownFree(points, one, point)?.how === 'given-back');
      const free = lock === undefined ? null : knownFree(points, lock, point);
      const name = variable.variable.name;
      if (lock === undefined || free?.how !== 'given-back' || seen.has(name)) continue;
      seen.add(name);
      context.report({
        message: 'order',
        data: { variable: name, function: point.node.name ?? '', lock: values.printPlace(lock) },
        at: { file, span: point.node.span },
        function: fn.fn.name,
        fact: name,
        why: 'What is defined first is released last: the lock is free by then.',
        evidence: [
          { at: { file, span: point.node.span }, message: `${name} is defined here and released last` },
          ...(free.step
            ? [{ at: { file, span: free.step.span }, message: 'the guard is defined here and gives the lock back first' }]
            : []),
          { at: { file, span: point.node.scopeExit ?? point.node.span }, message: 'the scope ends here' },
        ],
        fixes: [],
        witness: demand.from === 'code',
        ...(demand.certain ? {} : { level: 'low' as const }),
      });
    }
  }
}

export const rule = defineRule({ meta, messages, check });
