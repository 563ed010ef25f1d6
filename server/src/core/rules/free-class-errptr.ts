// # free-class-errptr
//
// A variable with `__free()` holds an error pointer where its scope ends, and the release does not take one.
//
// ## What it reports
//
// A path on which a variable declared with `__free(class)` is known to be an error pointer (it was tested with `IS_ERR()`) when the
// scope ends, and the class only leaves NULL alone: `put_device`, `device_node`, `pci_dev_put` and others of the kernel, and classes
// of the file whose body does not test `IS_ERR()`.
//
// ## Why it matters
//
// The release takes the error number for an address and writes to it: the error path crashes.
//
// ## Known misses
//
// Variables that are never tested, and classes that neither the kernel's tables nor the file define.
//
// ## Known false alarms
//
// A class that the tree changed to take error pointers.
//
// ## Example that triggers
//
// ```c
// static int demo_bind(struct demo *demo)
// {
// 	struct device *dev __free(put_device) = demo_find(demo);
//
// 	if (IS_ERR(dev))
// 		return PTR_ERR(dev);
// 	return demo_use(demo, dev);
// }
// ```
//
// ## Example that does not
//
// ```c
// static int demo_bind(struct demo *demo)
// {
// 	struct device *dev __free(put_device) = demo_find(demo);
//
// 	if (!dev)
// 		return -ENODEV;
// 	return demo_use(demo, dev);
// }
// ```
//
// ## Fix
//
// None offered: test a plain variable first and hand it to the one with `__free()`, or let the class test `IS_ERR_OR_NULL()`.
//
// ## Sources
//
// - include/linux/cleanup.h, Linux 6.12, and the `DEFINE_FREE()` of each class.

import { throwIfCancelled } from '../base/cancel.ts';
import { valueOf } from '../flow/evaluate.ts';
import { errorValues, intersect, sameIntervals } from '../flow/intervals.ts';
import type { FlowFunction } from '../flow/program.ts';
import { freeClassOf, toleratesErrors } from './cleanup/frees.ts';
import { evidenceOf } from './locking/evidence.ts';
import { callsOf, pointsOf, stepsSince, type Call, type Point, type Points } from './locking/points.ts';
import { defineRule, type Messages, type RuleContext, type RuleMeta, type SideFile } from './rule.ts';

const meta: RuleMeta = {
  id: 'free-class-errptr',
  title: '__free() runs on an error pointer that its class does not take',
  category: 'pointer',
  level: 'crit',
  confidence: 'high',
  evidence: 'static',
  needs: 'hunk',
  since: '0.1.0',
  sources: [{ title: 'Scope-based Cleanup Helpers', url: 'https://docs.kernel.org/core-api/cleanup.html' }],
  refute: 'The DEFINE_FREE() of the class tests for error pointers.',
};

const messages: Messages = {
  returned: '{variable} is an error pointer at this return, and __free({class}) gives it to {function}()',
};

function check(context: RuleContext): void {
  for (const file of context.files) {
    if (!file.c.annotations.some((one) => one.name === '__free')) continue;
    const flow = context.flow(file);
    for (const fn of flow.functions) {
      throwIfCancelled(context.cancel);
      const wanted = new Set(callsOf(fn).filter((call) => isAtRisk(call, file)));
      if (wanted.size === 0) continue;
      const points = pointsOf(flow, fn, { call: (call) => wanted.has(call) });
      if (points) checkFunction(context, file, fn, points);
    }
  }
}

function isAtRisk(call: Call, file: SideFile): boolean {
  const name = freeClassOf(call);
  return name !== null && toleratesErrors(name, file.c.text) === false;
}

function checkFunction(context: RuleContext, file: SideFile, fn: FlowFunction, points: Points): void {
  const { values } = points.result;
  const seen = new Set<string>();
  for (const point of points.calls) {
    const variable = point.node.args[0];
    if (variable?.kind !== 'variable') continue;
    const fact = point.store.factOf(values, valueOf(values, point.store, variable));
    const errors = intersect(fact, errorValues);
    const key = `${variable.variable.name} ${String(point.node.scopeExit?.start)}`;
    if (errors.length === 0 || !sameIntervals(errors, fact) || seen.has(key)) continue;
    seen.add(key);
    report(context, file, fn, points, point, variable.variable.name);
  }
}

function report(context: RuleContext, file: SideFile, fn: FlowFunction, points: Points, point: Point<Call>, variable: string): void {
  const { node, trail } = point;
  const exit = node.scopeExit ?? node.span;
  context.report({
    message: 'returned',
    data: { variable, class: freeClassOf(node) ?? '', function: node.name ?? '' },
    at: { file, span: exit },
    function: fn.fn.name,
    fact: variable,
    why: `${node.name ?? ''}() leaves only NULL alone and takes the error number for an address.`,
    evidence: [
      { at: { file, span: node.span }, message: `${variable} is released at the end of its scope` },
      ...evidenceOf(file, stepsSince(trail, undefined), (step) => points.result.values.printPlace(step.lock)),
    ],
    fixes: [],
    witness: !stepsSince(trail, undefined).some((step) => step.kind === 'gap'),
  });
}

export const rule = defineRule({ meta, messages, check });
