// # double-release
//
// A variable with `__free()` is released by hand and once more where its scope ends.
//
// ## What it reports
//
// A path that calls the release of a variable's `__free()` class on it, and ends the scope with the same object still in the variable.
// `no_free_ptr()`, `return_ptr()`, an assignment of NULL or of another object end the care of the scope for it. Where the path takes
// one more reference on the object, nothing is said.
//
// ## Why it matters
//
// The second release works on memory that is free, or drops a reference of somebody else.
//
// ## Known misses
//
// Releases inside called functions, and classes that neither the kernel's tables nor the file define.
//
// ## Known false alarms
//
// References that were taken in a way that does not name the object.
//
// ## Example that triggers
//
// ```c
// static int demo_load(struct demo *demo)
// {
// 	struct entry *entry __free(kfree) = kzalloc(sizeof(*entry), GFP_KERNEL);
//
// 	if (!entry)
// 		return -ENOMEM;
// 	if (demo_fill(demo, entry)) {
// 		kfree(entry);
// 		return -EIO;
// 	}
// 	demo->entry = no_free_ptr(entry);
// 	return 0;
// }
// ```
//
// ## Example that does not
//
// ```c
// static int demo_load(struct demo *demo)
// {
// 	struct entry *entry __free(kfree) = kzalloc(sizeof(*entry), GFP_KERNEL);
//
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
// None offered: drop the call, or hand it `no_free_ptr()` of the variable.
//
// ## Sources
//
// - include/linux/cleanup.h, Linux 6.12.

import { throwIfCancelled } from '../base/cancel.ts';
import { valueOf } from '../flow/evaluate.ts';
import type { Expr } from '../flow/ir.ts';
import { onlyValue } from '../flow/intervals.ts';
import type { FlowFunction } from '../flow/program.ts';
import type { ValueId } from '../flow/values.ts';
import { freeClassOf } from './cleanup/frees.ts';
import { callsOf, leadsTo, pointsOf, type Call, type Point, type Points } from './locking/points.ts';
import { defineRule, type Messages, type RuleContext, type RuleMeta, type SideFile } from './rule.ts';

const meta: RuleMeta = {
  id: 'double-release',
  title: 'An object is released by hand and again by __free()',
  category: 'pointer',
  level: 'crit',
  confidence: 'high',
  evidence: 'static',
  needs: 'hunk',
  since: '0.1.0',
  sources: [{ title: 'Scope-based Cleanup Helpers', url: 'https://docs.kernel.org/core-api/cleanup.html' }],
  refute: 'The path holds two references on the object, or the variable holds another one at the end of its scope.',
};

const messages: Messages = {
  twice: '{function}() releases {variable}, and __free({class}) releases it again at the end of its scope',
};

const anyFree = /^(?:kfree|kvfree|kfree_sensitive|vfree)$/;

function check(context: RuleContext): void {
  for (const file of context.files) {
    if (!file.c.annotations.some((one) => one.name === '__free')) continue;
    const flow = context.flow(file);
    for (const fn of flow.functions) {
      throwIfCancelled(context.cancel);
      const atExit = callsOf(fn).filter((call) => freeClassOf(call) !== null);
      if (!callsOf(fn).some((call) => atExit.some((exit) => releasesLike(call, exit)))) continue;
      const points = pointsOf(flow, fn, { call: (call) => call.args.length > 0 });
      if (points) checkFunction(context, file, fn, points);
    }
  }
}

/** Whether a call in the text does what a scope will do. */
function releasesLike(call: Call, exit: Call): boolean {
  if (call.scopeExit !== null || call.name === null || exit.name === null) return false;
  return call.name === exit.name || (anyFree.test(call.name) && anyFree.test(exit.name));
}

function checkFunction(context: RuleContext, file: SideFile, fn: FlowFunction, points: Points): void {
  const seen = new Set<Call>();
  for (const exit of points.calls) {
    const object = objectOf(points, exit);
    if (freeClassOf(exit.node) === null || object === null) continue;
    const first = points.calls.find(
      (one) => releasesLike(one.node, exit.node) && objectOf(points, one) === object && leadsTo(one.trail, exit.trail),
    );
    if (!first || seen.has(first.node) || isTakenAgain(fn, points, first, exit, object)) continue;
    seen.add(first.node);
    report(context, file, fn, first, exit);
  }
}

/** The object that a call is handed first; null where it is none or nobody knows. */
function objectOf(points: Points, { node, store }: Point<Call>): ValueId | null {
  const { values } = points.result;
  const arg = node.args[0];
  const value = arg ? valueOf(values, store, arg) : values.unknown;
  return value === values.unknown || onlyValue(store.factOf(values, value)) === 0 ? null : values.original(value);
}

/** Whether a function gives a relative or a property of what it is asked (`of_get_parent(node)`, `demo_get_value(demo, index)`). */
function getsAnother({ name, args }: Call): boolean {
  return name !== null && (/^(?:acpi|device|fwnode|of|pci|platform)_get_/.test(name) || (args.length > 1 && /\w_get_/.test(name)));
}

/** Whether the path takes another reference on the object, by a function that says so. */
function isTakenAgain(fn: FlowFunction, points: Points, first: Point<Call>, exit: Point<Call>, object: ValueId): boolean {
  if (anyFree.test(first.node.name ?? '')) return false;
  const { values } = points.result;
  return points.calls.some(
    ({ node, store, trail }) =>
      /(?:^|_)(?:get|ref|hold|grab)(?:_|$)/.test(node.name ?? '') &&
      !getsAnother(node) &&
      leadsTo(trail, exit.trail) &&
      node.args.some((arg) => values.original(valueOf(values, store, arg)) === object && !isKeptAsAnother(fn, node, arg)),
  );
}

/** Whether the result of a call is kept as an object of another type than the argument: it is no reference on that. */
function isKeptAsAnother({ procedure: { blocks } }: FlowFunction, { result }: Call, arg: Expr): boolean {
  if (!result || arg.kind !== 'variable') return false;
  const plain = (type: string): string => type.replace(/\bconst\b/g, '').trim();
  return blocks.some(({ instructions }) =>
    instructions.some(
      (one) =>
        one.op === 'assign' &&
        one.value.kind === 'variable' &&
        one.value.variable === result &&
        one.target.kind === 'variable' &&
        plain(one.target.variable.type) !== plain(arg.variable.type),
    ),
  );
}

function report(context: RuleContext, file: SideFile, fn: FlowFunction, first: Point<Call>, exit: Point<Call>): void {
  const variable = exit.node.args[0];
  const name = variable?.kind === 'variable' ? variable.variable.name : '';
  context.report({
    message: 'twice',
    data: { function: first.node.name ?? '', variable: name, class: freeClassOf(exit.node) ?? '' },
    at: { file, span: first.node.span },
    function: fn.fn.name,
    fact: name,
    why: `The end of the scope releases ${name} on every path that does not hand it on.`,
    evidence: [
      { at: { file, span: exit.node.span }, message: `${name} is to be released at the end of its scope` },
      { at: { file, span: first.node.span }, message: 'released here by hand' },
      { at: { file, span: exit.node.scopeExit ?? exit.node.span }, message: 'the scope ends here and releases it again' },
    ],
    fixes: [],
    witness: true,
  });
}

export const rule = defineRule({ meta, messages, check });
