// # stale-pointer-after-unlock-noref
//
// An element of a locked container is used after the lock was given back, and nothing keeps it alive.
//
// ## What it reports
//
// A pointer to an element of a container (or what such an element points to) that was read while the container's lock was held, and
// that is dereferenced or locked after the lock was given back, where between the two nobody took a reference, removed the element
// from the container, marked it or handed it to another function. No other lock may span the two places. The container's lock has to
// be known from the contract tables, or the file has to show that elements are removed and freed. Where all that the file shows is the
// end of a registration (others call it with an object of theirs, and the element that points to it is removed), it is a note: when they
// may do that is agreed upon elsewhere. Likewise a pointer that was read by `rcu_dereference()`, or an element of a list that is walked
// under RCU, and that is dereferenced after the read side ended.
//
// ## Why it matters
//
// Whoever removes the element meanwhile drops the last reference to it: the use is one of freed memory.
//
// ## Known misses
//
// Containers whose elements are removed in another file and that no table names; pointers that are passed on after the lock was given
// back and dereferenced only there; elements of which a field was written before.
//
// ## Known false alarms
//
// A lifetime that something outside of the function and of the file guarantees, such as a removal that waits for this caller.
//
// ## Example that triggers
//
// ```c
// static void demo_stop(struct iommu_group *group)
// {
// 	struct group_device *member;
// 	struct device *dev;
//
// 	mutex_lock(&group->mutex);
// 	member = list_first_entry(&group->devices, struct group_device, list);
// 	dev = member->dev;
// 	mutex_unlock(&group->mutex);
// 	device_lock(dev);
// 	demo_quiesce(dev);
// 	device_unlock(dev);
// }
// ```
//
// ## Example that does not
//
// ```c
// static void demo_stop(struct iommu_group *group)
// {
// 	struct group_device *member;
// 	struct device *dev;
//
// 	mutex_lock(&group->mutex);
// 	member = list_first_entry(&group->devices, struct group_device, list);
// 	dev = member->dev;
// 	get_device(dev);
// 	mutex_unlock(&group->mutex);
// 	device_lock(dev);
// 	demo_quiesce(dev);
// 	device_unlock(dev);
// 	put_device(dev);
// }
// ```
//
// ## Fix
//
// None offered: take a reference before the lock is given back (`get_device()`, `kref_get()`), and drop it at the end.
//
// ## Sources
//
// - Documentation/core-api/kref.rst, Linux 6.12: a pointer that is passed on or kept needs a reference of its own.
// - Review of "iommu: Add support to change default domain of an iommu group", 2020: V5 takes a reference to the device.

import { throwIfCancelled } from '../base/cancel.ts';
import type { Span } from '../base/text.ts';
import { lockOperation } from '../kernel/locks.ts';
import type { Expr } from '../flow/ir.ts';
import type { FlowFile, FlowFunction } from '../flow/program.ts';
import { rootOf } from './locking/places.ts';
import { isFollowed } from './locking/pointers.ts';
import { isCalledUnderLock, removalOf, spansOtherLock, type Removal } from './locking/guarded.ts';
import type { LockedState, Reading } from './locking/reading-state.ts';
import { isReadSide, readingsOf } from './locking/readings.ts';
import { reportModelFacts } from './model/reportFacts.ts';
import { defineRule, type Messages, type RuleContext, type RuleMeta, type SideFile } from './rule.ts';

const meta: RuleMeta = {
  id: 'stale-pointer-after-unlock-noref',
  title: "An element of a container is used after the container's lock was given back, without a reference",
  category: 'locking',
  level: 'crit',
  confidence: 'moderate',
  evidence: 'static',
  needs: 'hunk',
  since: '0.1.0',
  sources: [
    { title: 'Adding reference counters (krefs) to kernel objects', url: 'https://docs.kernel.org/core-api/kref.html' },
    {
      title: 'iommu: Add support to change default domain of an iommu group, V5',
      url: 'https://lore.kernel.org/linux-iommu/20201121135620.3496419-3-baolu.lu@linux.intel.com/',
    },
  ],
  refute: 'Something keeps the element alive: a reference of the caller, or a removal that waits for this path.',
};

const messages: Messages = {
  locked: '{pointer} is locked after {lock} was given back, without a reference to it',
  used: '{pointer} is dereferenced after {lock} was given back, without a reference to it',
  rcu: '{pointer} is dereferenced after the RCU read side ended, without a reference to it',
  model: '{lock} is given back here, nothing keeps the object alive, and "{used}" uses it after it was freed ({calls})',
};

function check(context: RuleContext): void {
  for (const file of context.files) {
    const flow = context.flow(file);
    for (const fn of flow.functions) {
      throwIfCancelled(context.cancel);
      const readings = readingsOf(flow, fn);
      if (!readings) continue;
      const seen = new Set<string>();
      const look = (exprs: readonly Expr[], locked: Expr | null, span: Span, state: LockedState): void => {
        for (const reading of state.readings.values()) {
          if (reading.kind === 'field' || reading.referenced || !reading.releasedAt || seen.has(reading.variable.name)) continue;
          const takes = locked !== null && rootOf(locked) === reading.variable;
          if (!takes && !isFollowed(exprs, reading.variable)) continue;
          if (spansOtherLock(reading, state)) continue;
          const removal = reading.kind === 'rcu' ? rcuRemoval(flow, fn) : removalOf(context, file, flow, fn, reading);
          if (removal === null) continue;
          seen.add(reading.variable.name);
          report(context, file, { function: fn.fn.name, reading, span, locked: takes, removal });
        }
      };
      readings.visit({
        instruction: (instruction, state) => {
          if (instruction.op === 'assign') look([instruction.target, instruction.value], null, instruction.span, state);
          if (instruction.op !== 'call') return;
          const operation = instruction.name === null ? null : lockOperation(instruction.name);
          const argument =
            operation?.action === 'acquire' && operation.argument !== null ? instruction.args[operation.argument] : undefined;
          look([instruction.callee, ...instruction.args], argument ?? null, instruction.span, state);
        },
        branch: (terminator, _test, state) => {
          look([terminator.condition], null, terminator.span, state);
        },
        return: (terminator, state) => {
          if (terminator.value) look([terminator.value], null, terminator.span, state);
        },
      });
    }
  }
  reportModelFacts(context, meta.id);
}

/** What is read under RCU may go at any time, unless a caller keeps it. */
function rcuRemoval(flow: FlowFile, fn: FlowFunction): Removal | null {
  return isCalledUnderLock(flow, fn) ? null : 'any time';
}

interface StaleUse {
  readonly function: string;
  readonly reading: Reading;
  readonly span: Span;
  /** Whether it is locked there, and not only dereferenced. */
  readonly locked: boolean;
  readonly removal: Removal;
}

function report(context: RuleContext, file: SideFile, { function: functionName, reading, span, locked, removal }: StaleUse): void {
  const pointer = reading.variable.name;
  const isRcu = isReadSide(reading.hold);
  const lock = isRcu ? 'the RCU read side' : reading.hold.name;
  context.report({
    message: isRcu ? 'rcu' : locked ? 'locked' : 'used',
    data: { pointer, lock },
    at: { file, span },
    function: functionName,
    fact: pointer,
    why: isRcu
      ? `Once no reader is in a read side any more, whoever takes ${reading.kind === 'rcu' ? reading.source : `an element out of ${reading.container.owner}${reading.container.field}`} away frees what ${pointer} points to.`
      : `Once ${lock} is given back, whoever takes the element out of ${reading.container.owner}${reading.container.field} can drop the last reference to ${pointer}.`,
    evidence: [
      { at: { file, span: reading.hold.takenAt }, message: isRcu ? 'the RCU read side begins here' : `${lock} is taken here` },
      { at: { file, span: reading.readAt }, message: `${pointer} is read here, and no reference is taken` },
      ...(reading.releasedAt
        ? [{ at: { file, span: reading.releasedAt }, message: isRcu ? 'it ends here' : `${lock} is given back here` }]
        : []),
    ],
    fixes: [],
    ...(removal === 'any time' ? {} : { level: 'low' as const, assumptions: [`who registered ${pointer} may take it back meanwhile`] }),
  });
}

export const rule = defineRule({ meta, messages, check });
