// # toctou-unlocked-recheck
//
// After a lock was dropped and taken again, only a number is checked again, not which object it is about.
//
// ## What it reports
//
// A function tests a number (how many members, empty or not) under a lock, remembers an element of a container of the same object,
// gives the lock back and uses the element. Then the lock is taken again, by the function or by one that it calls with the same
// object, and the same number is tested again, while nothing compares the remembered element with what is in the container now. Where
// the function tests it and reads the element anew behind the test, nothing is said.
//
// ## Why it matters
//
// One element can have gone and another have come meanwhile: the number is the same, the object is not, and what follows is done
// with the wrong one.
//
// ## Known misses
//
// A recheck of another number than the first one; a recheck in a function that the patch or the file does not show.
//
// ## Known false alarms
//
// Elements that cannot be exchanged while the function holds what it took in between.
//
// ## Example that triggers
//
// ```c
// static int demo_change(struct iommu_group *group, int type)
// {
// 	struct group_device *member;
// 	struct device *dev;
// 	int ret = -EINVAL;
//
// 	mutex_lock(&group->mutex);
// 	if (demo_count(group) != 1) {
// 		mutex_unlock(&group->mutex);
// 		return -EINVAL;
// 	}
// 	member = list_first_entry(&group->devices, struct group_device, list);
// 	dev = member->dev;
// 	get_device(dev);
// 	mutex_unlock(&group->mutex);
//
// 	device_lock(dev);
// 	mutex_lock(&group->mutex);
// 	if (demo_count(group) == 1)
// 		ret = demo_apply(group, dev, type);
// 	mutex_unlock(&group->mutex);
// 	device_unlock(dev);
// 	put_device(dev);
// 	return ret;
// }
// ```
//
// ## Example that does not
//
// ```c
// static int demo_change(struct iommu_group *group, int type)
// {
// 	struct group_device *member;
// 	struct device *dev;
// 	int ret = -EINVAL;
//
// 	mutex_lock(&group->mutex);
// 	if (demo_count(group) != 1) {
// 		mutex_unlock(&group->mutex);
// 		return -EINVAL;
// 	}
// 	member = list_first_entry(&group->devices, struct group_device, list);
// 	dev = member->dev;
// 	get_device(dev);
// 	mutex_unlock(&group->mutex);
//
// 	device_lock(dev);
// 	mutex_lock(&group->mutex);
// 	member = list_first_entry(&group->devices, struct group_device, list);
// 	if (demo_count(group) == 1 && member->dev == dev)
// 		ret = demo_apply(group, dev, type);
// 	mutex_unlock(&group->mutex);
// 	device_unlock(dev);
// 	put_device(dev);
// 	return ret;
// }
// ```
//
// ## Fix
//
// None offered: compare the pointer with the container's element as well, or keep a generation count.
//
// ## Sources
//
// - "iommu: Add support to change default domain of an iommu group", 2020: V5 compares the device with the group's only member.

import { throwIfCancelled } from '../base/cancel.ts';
import type { Span } from '../base/text.ts';
import { successors, type Instruction, type Procedure, type Terminator, type Variable } from '../flow/ir.ts';
import { liveness } from '../flow/order.ts';
import type { FlowFile, FlowFunction } from '../flow/program.ts';
import { isComparedPointer } from './locking/pointers.ts';
import { mentions } from './locking/places.ts';
import type { QuantityTest } from './locking/quantities.ts';
import type { Hold, Reading } from './locking/reading-state.ts';
import { readingsOf } from './locking/readings.ts';
import { reportModelFacts } from './model/reportFacts.ts';
import { defineRule, type Messages, type RuleContext, type RuleMeta, type SideFile } from './rule.ts';

const meta: RuleMeta = {
  id: 'toctou-unlocked-recheck',
  title: 'After a lock was dropped, only a number is checked again, not the object',
  category: 'locking',
  level: 'high',
  confidence: 'moderate',
  evidence: 'static',
  needs: 'hunk',
  since: '0.1.0',
  sources: [
    {
      title: 'iommu: Add support to change default domain of an iommu group, v10',
      url: 'https://lore.kernel.org/linux-iommu/20201124130604.2912899-3-baolu.lu@linux.intel.com/',
    },
  ],
  refute: 'The element cannot be exchanged while the lock is dropped, or it is compared in code that is not visible.',
};

const messages: Messages = {
  here: '{test} is checked again after {lock} was dropped, but not that {pointer} is still the element it was',
  called: '{callee}() checks {test} again after {lock} was dropped, but nothing checks that {pointer} is still the element it was',
  model: 'between giving {lock} back and taking it here, {change}: what was checked before does not hold any more',
};

type Branch = Extract<Terminator, { op: 'branch' }>;
type Call = Extract<Instruction, { op: 'call' }>;

function check(context: RuleContext): void {
  for (const file of context.files) {
    const flow = context.flow(file);
    for (const fn of flow.functions) {
      throwIfCancelled(context.cancel);
      const readings = readingsOf(flow, fn);
      if (!readings) continue;
      const seen = new Set<string>();
      const found = (test: QuantityTest, again: Recheck, reading: Reading): void => {
        if (seen.has(reading.variable.name) || isComparedPointer(fn.procedure, reading.variable)) return;
        seen.add(reading.variable.name);
        report(context, file, fn, test, again, reading);
      };
      readings.visit({
        branch: (terminator, test, state) => {
          const before = test && state.tests.get(test.text);
          if (!before || before.hold.takenAt.start === test.hold.takenAt.start) return;
          for (const reading of state.readings.values())
            if (
              isOpen(reading, before) &&
              reading.retaken?.takenAt.start === test.hold.takenAt.start &&
              !isReadAnew(fn.procedure, terminator, reading.variable)
            )
              found(before, { at: test.at, callee: null, call: null }, reading);
        },
        instruction: (instruction, state) => {
          if (instruction.op !== 'call') return;
          for (const before of state.tests.values())
            for (const reading of state.readings.values()) {
              if (!isOpen(reading, before) || reading.retaken || state.may.has(reading.hold.lock)) continue;
              const again = recheckIn(flow, fn, instruction, before, reading);
              if (again) found(before, again, reading);
            }
        },
      });
    }
  }
  reportModelFacts(context, meta.id);
}

/** Whether the value was read under the hold of the first test and has been relied on since that hold ended. */
function isOpen(reading: Reading | null, before: QuantityTest): reading is Reading {
  return (
    reading?.kind === 'member' &&
    reading.releasedAt !== null &&
    reading.usedAt !== null &&
    reading.hold.takenAt.start === before.hold.takenAt.start
  );
}

/** Whether the ways behind a test read the variable's value anew before they use it: that is the element that was counted. */
function isReadAnew(procedure: Procedure, test: Branch, { id }: Variable): boolean {
  const behind = new Set([test.then, test.else]);
  const live = liveness(procedure);
  if ([...behind].some((to) => live[to]?.variables.has(id) === true)) return false;
  for (const at of behind) {
    const block = procedure.blocks[at];
    if (block?.instructions.some((one) => one.op === 'assign' && one.target.kind === 'variable' && one.target.variable.id === id))
      return true;
    if (block && !(block.terminator.op === 'jump' && block.terminator.back)) for (const to of successors(block.terminator)) behind.add(to);
  }
  return false;
}

interface Recheck {
  readonly at: Span;
  readonly callee: string | null;
  readonly call: Span | null;
}

/** The second test in a function that is called with the object, and that neither is given the element nor compares it. */
function recheckIn(flow: FlowFile, fn: FlowFunction, call: Call, before: QuantityTest, reading: Reading): Recheck | null {
  const callee = flow.functions.find((one) => one !== fn && one.fn.name === call.name);
  const inner = callee && readingsOf(flow, callee);
  if (!callee || !inner) return null;
  const { parameters } = callee.procedure;
  const object = call.args.findIndex((arg) => arg.kind === 'variable' && `${arg.variable.name}->` === before.hold.owner);
  const renamed = parameters[object]?.name;
  if (renamed === undefined) return null;
  const given = call.args.findIndex((arg) => mentions(arg, reading.variable));
  const parameter = given < 0 ? undefined : parameters[given];
  if (given >= 0 && (!parameter || isComparedPointer(callee.procedure, parameter))) return null;
  const wanted = `${renamed}->${before.hold.field}`;
  const name = before.hold.owner.slice(0, -2);
  const text = before.text.replace(/\w+/gu, (word) => (word === name ? renamed : word));
  let found: Recheck | null = null;
  inner.visit({
    branch: (_terminator, test) => {
      if (!found && test?.text === text && isHold(test.hold, wanted)) found = { at: test.at, callee: callee.fn.name, call: call.span };
    },
  });
  return found;
}

function isHold(hold: Hold, name: string): boolean {
  return hold.name === name;
}

function report(context: RuleContext, file: SideFile, fn: FlowFunction, test: QuantityTest, again: Recheck, reading: Reading): void {
  const pointer = reading.variable.name;
  const lock = reading.hold.name;
  context.report({
    message: again.callee === null ? 'here' : 'called',
    data: { test: test.text, lock, pointer, callee: again.callee ?? '' },
    at: { file, span: again.at },
    function: again.callee ?? fn.fn.name,
    fact: `${pointer} in ${fn.fn.name}`,
    why: `While ${lock} was dropped, ${pointer} can have left ${reading.container.owner}${reading.container.field} and another element have come: the number is the same, the object is not.`,
    evidence: [
      { at: { file, span: test.at }, message: `${test.text} is checked under ${lock}` },
      { at: { file, span: reading.readAt }, message: `${pointer} is remembered here` },
      ...(reading.releasedAt ? [{ at: { file, span: reading.releasedAt }, message: `${lock} is given back here` }] : []),
      ...(reading.usedAt ? [{ at: { file, span: reading.usedAt }, message: `${pointer} is relied on here` }] : []),
      ...(again.call ? [{ at: { file, span: again.call }, message: `${again.callee ?? ''}() takes ${lock} again` }] : []),
      { at: { file, span: again.at }, message: 'the number is checked again, the element is not' },
    ],
    fixes: [],
  });
}

export const rule = defineRule({ meta, messages, check });
