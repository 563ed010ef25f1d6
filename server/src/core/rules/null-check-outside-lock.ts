// # null-check-outside-lock
//
// A field is tested for NULL before the lock is taken that guards it, and followed under the lock without a new test.
//
// ## What it reports
//
// A pointer field that is tested while no lock is held, and followed after the lock of its object was taken, with no test of it in
// between, where another function sets the field of such an object to NULL under that lock.
//
// ## Why it matters
//
// Between the test and the acquisition the other function can run: the pointer is NULL then, and the kernel oopses.
//
// ## Known misses
//
// Fields that are set to NULL in another file; pointers that are passed on and followed only there.
//
// ## Known false alarms
//
// Fields that are not set to NULL as long as the caller has what it has: a reference, an open file. Where the tables of the kernel's
// contracts name the function as one that may read the field without the lock, the finding is a note.
//
// ## Example that triggers
//
// ```c
// static void demo_stop(struct demo *demo)
// {
// 	mutex_lock(&demo->lock);
// 	demo->ops = NULL;
// 	mutex_unlock(&demo->lock);
// }
//
// static int demo_run(struct demo *demo)
// {
// 	int ret;
//
// 	if (!demo->ops)
// 		return -ENODEV;
// 	mutex_lock(&demo->lock);
// 	ret = demo->ops->run(demo);
// 	mutex_unlock(&demo->lock);
// 	return ret;
// }
// ```
//
// ## Example that does not
//
// ```c
// static void demo_stop(struct demo *demo)
// {
// 	mutex_lock(&demo->lock);
// 	demo->ops = NULL;
// 	mutex_unlock(&demo->lock);
// }
//
// static int demo_run(struct demo *demo)
// {
// 	int ret = -ENODEV;
//
// 	mutex_lock(&demo->lock);
// 	if (demo->ops)
// 		ret = demo->ops->run(demo);
// 	mutex_unlock(&demo->lock);
// 	return ret;
// }
// ```
//
// ## Fix
//
// None offered: test the field again under the lock, or move the test there.
//
// ## Sources
//
// - Documentation/kernel-hacking/locking.rst, Linux 6.12: data that a lock protects is only stable while the lock is held.

import { throwIfCancelled } from '../base/cancel.ts';
import { fieldContracts } from '../kernel/contracts/fields.ts';
import type { FlowFunction } from '../flow/program.ts';
import { usesOfUnlockedChecks, type FieldUse } from './locking/field-checks.ts';
import { isCalledUnderLock, writersUnderLock } from './locking/guarded.ts';
import { readingsOf } from './locking/readings.ts';
import { reportModelFacts } from './model/reportFacts.ts';
import { defineRule, type Messages, type RuleContext, type RuleMeta, type SideFile } from './rule.ts';

const meta: RuleMeta = {
  id: 'null-check-outside-lock',
  title: 'A field is tested before its lock is taken, and followed under the lock without a new test',
  category: 'locking',
  level: 'high',
  confidence: 'moderate',
  evidence: 'static',
  needs: 'hunk',
  since: '0.1.0',
  sources: [{ title: 'Unreliable Guide To Locking', url: 'https://docs.kernel.org/kernel-hacking/locking.html' }],
  refute: 'The field cannot become NULL while this caller exists.',
};

const messages: Messages = {
  followed: '{field} is followed under {lock}, but was tested before {lock} was taken, and {writer}() sets it to NULL under that lock',
  model: '{detail}: another thread clears it behind the test ({calls})',
};

function check(context: RuleContext): void {
  for (const file of context.files) {
    const flow = context.flow(file);
    for (const fn of flow.functions) {
      throwIfCancelled(context.cancel);
      const readings = readingsOf(flow, fn);
      if (!readings) continue;
      for (const use of usesOfUnlockedChecks(fn, readings)) {
        const { container, hold } = use.check;
        const field = { name: container.field, lock: hold.field, ownerType: container.ownerType };
        const [writer] = writersUnderLock(context, field, fn, true);
        if (writer && !isCalledUnderLock(flow, fn)) report(context, file, fn, use, writer);
      }
    }
  }
  reportModelFacts(context, meta.id);
}

function report(
  context: RuleContext,
  file: SideFile,
  fn: FlowFunction,
  use: FieldUse,
  writer: ReturnType<typeof writersUnderLock>[number],
): void {
  const { place, hold, testedAt, container } = use.check;
  const documented = fieldContracts.some((row) => row.field === container.field && row.unlockedReaders.includes(fn.fn.name));
  context.report({
    message: 'followed',
    data: { field: place, lock: hold.name, writer: writer.fn.fn.name },
    at: { file, span: use.usedAt },
    function: fn.fn.name,
    fact: place,
    why: `If ${writer.fn.fn.name}() runs between the test and the acquisition, ${place} is NULL here.`,
    evidence: [
      { at: { file, span: testedAt }, message: `${place} is tested here, without the lock` },
      { at: { file, span: hold.takenAt }, message: `${hold.name} is taken here` },
      { at: { file: writer.file, span: writer.span }, message: `${writer.fn.fn.name}() sets it to NULL under the lock` },
    ],
    fixes: [],
    ...(documented ? { level: 'low' as const, assumptions: [`${fn.fn.name}() is known to read ${container.field} without the lock`] } : {}),
  });
}

export const rule = defineRule({ meta, messages, check });
