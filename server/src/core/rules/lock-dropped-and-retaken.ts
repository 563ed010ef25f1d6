// # lock-dropped-and-retaken
//
// A value that was read under a lock is relied on after the lock was dropped and taken again.
//
// ## What it reports
//
// A local variable that got the value of a field while the lock of the field's object was held, in a function that gives the lock
// back and takes it again, and that then follows the old pointer or bases a new value of the field on the old one. Or the value is
// passed, after the lock was given back, to a function that takes the lock again and replaces the field. A value that is read again, compared with another one, or kept alive by a reference is left alone. The lock has to be known to guard the field:
// from the contract tables, or since another function of the file writes the field of the same structure under it.
//
// ## Why it matters
//
// Between the two holds anybody may have changed the field: the old pointer may be freed, and a value based on the old one undoes
// what others did.
//
// ## Known misses
//
// Values that are passed on to another function after the second acquisition; locks that are dropped and taken again by a called
// function whose code is not at hand; elements of containers (`stale-pointer-after-unlock-noref` and `toctou-unlocked-recheck`).
//
// ## Known false alarms
//
// Fields that are written only before the object is published, by a function that takes the lock all the same.
//
// ## Example that triggers
//
// ```c
// static int demo_replace(struct iommu_group *group)
// {
// 	struct iommu_domain *domain;
//
// 	mutex_lock(&group->mutex);
// 	domain = group->default_domain;
// 	mutex_unlock(&group->mutex);
//
// 	demo_prepare();
//
// 	mutex_lock(&group->mutex);
// 	domain->type = 0;
// 	mutex_unlock(&group->mutex);
// 	return 0;
// }
// ```
//
// ## Example that does not
//
// ```c
// static int demo_replace(struct iommu_group *group)
// {
// 	struct iommu_domain *domain;
//
// 	demo_prepare();
//
// 	mutex_lock(&group->mutex);
// 	domain = group->default_domain;
// 	domain->type = 0;
// 	mutex_unlock(&group->mutex);
// 	return 0;
// }
// ```
//
// ## Fix
//
// None offered: read the field again, or hold a reference and compare.
//
// ## Sources
//
// - Documentation/kernel-hacking/locking.rst, Linux 6.12: data that a lock protects is only stable while the lock is held.

import { throwIfCancelled } from '../base/cancel.ts';
import type { Span } from '../base/text.ts';
import type { Instruction } from '../flow/ir.ts';
import { printExpr } from '../flow/print.ts';
import type { FlowFile, FlowFunction } from '../flow/program.ts';
import { isComparedPointer, isFollowed } from './locking/pointers.ts';
import { isGuardedByContract, isWrittenUnderLock, spansOtherLock } from './locking/guarded.ts';
import { mentions } from './locking/places.ts';
import type { LockedState, Reading } from './locking/reading-state.ts';
import { readingsOf } from './locking/readings.ts';
import { defineRule, type Messages, type RuleContext, type RuleMeta, type SideFile } from './rule.ts';

type Call = Extract<Instruction, { op: 'call' }>;

const meta: RuleMeta = {
  id: 'lock-dropped-and-retaken',
  title: 'A value read under a lock is relied on after the lock was dropped and taken again',
  category: 'locking',
  level: 'med',
  confidence: 'moderate',
  evidence: 'static',
  needs: 'hunk',
  since: '0.1.0',
  sources: [{ title: 'Unreliable Guide To Locking', url: 'https://docs.kernel.org/kernel-hacking/locking.html' }],
  refute: 'The field cannot change while the lock is dropped, or the value is checked in code that is not visible.',
};

const messages: Messages = {
  followed: '{value} was read before {lock} was dropped, and is followed after {lock} was taken again',
  passed: '{value} was read before {lock} was dropped, and {callee}() takes {lock} again and replaces {field} on the strength of it',
  written: '{field} is set from {value}, which was read before {lock} was dropped',
};

function check(context: RuleContext): void {
  for (const file of context.files) {
    const flow = context.flow(file);
    for (const fn of flow.functions) {
      throwIfCancelled(context.cancel);
      const readings = readingsOf(flow, fn);
      if (!readings) continue;
      const seen = new Set<string>();
      const found = (message: string, reading: Reading, span: Span, state: LockedState, callee: string | null = null): void => {
        if (seen.has(reading.variable.name) || reading.referenced || spansOtherLock(reading, state)) return;
        // What was compared before the lock was dropped says nothing to a function that takes it again.
        if (callee === null && isComparedPointer(fn.procedure, reading.variable)) return;
        if (!isGuardedByContract(context, reading) && !isWrittenUnderLock(context, fn, reading)) return;
        seen.add(reading.variable.name);
        report(context, file, fn, message, reading, span, callee);
      };
      readings.visit({
        instruction: (instruction, state) => {
          for (const reading of state.readings.values()) {
            if (reading.kind !== 'field' || !reading.releasedAt) continue;
            if (!state.may.has(reading.hold.lock) && instruction.op === 'call' && replacesField(flow, fn, instruction, reading))
              found('passed', reading, instruction.span, state, instruction.name);
            if (!reading.retaken || !state.held.has(reading.hold.lock)) continue;
            if (writesBack(instruction, reading)) found('written', reading, instruction.span, state);
            else if (isFollowed(partsOf(instruction), reading.variable)) found('followed', reading, instruction.span, state);
          }
        },
        branch: (terminator, _test, state) => {
          for (const reading of state.readings.values())
            if (
              reading.kind === 'field' &&
              reading.retaken &&
              state.held.has(reading.hold.lock) &&
              isFollowed([terminator.condition], reading.variable)
            )
              found('followed', reading, terminator.span, state);
        },
      });
    }
  }
}

function partsOf(instruction: Instruction): Parameters<typeof isFollowed>[0] {
  if (instruction.op === 'assign') return [instruction.target, instruction.value];
  return instruction.op === 'call' ? [instruction.callee, ...instruction.args] : [];
}

/** Whether the field that was read gets a value that is worked out from the old one. The old value itself put back is an undo. */
function writesBack(instruction: Instruction, reading: Reading): boolean {
  if (instruction.op !== 'assign' || instruction.target.kind !== 'field' || instruction.target.name !== reading.container.field)
    return false;
  const { value } = instruction;
  if (value.kind === 'variable') return reading.derived && value.variable === reading.variable;
  return value.kind === 'binary' && mentions(value, reading.variable);
}

/** Whether a function of the file is called with the object and the value, takes the object's lock and sets the field under it, and does not compare. */
function replacesField(flow: FlowFile, fn: FlowFunction, call: Call, reading: Reading): boolean {
  const callee = flow.functions.find((one) => one !== fn && one.fn.name === call.name);
  const inner = callee && readingsOf(flow, callee);
  const given = call.args.findIndex((arg) => arg.kind === 'variable' && arg.variable === reading.variable);
  const parameter = callee?.procedure.parameters[given];
  const object = callee?.procedure.parameters[call.args.findIndex((arg) => `${printExpr(arg)}->` === reading.container.owner)];
  if (!callee || !inner || !parameter || !object || isComparedPointer(callee.procedure, parameter)) return false;
  let replaced = false;
  inner.visit({
    instruction: (instruction, state) => {
      if (instruction.op !== 'assign' || printExpr(instruction.target) !== `${object.name}->${reading.container.field}`) return;
      for (const hold of state.held.values()) if (hold.name === `${object.name}->${reading.hold.field}`) replaced = true;
    },
  });
  return replaced;
}

function report(
  context: RuleContext,
  file: SideFile,
  fn: FlowFunction,
  message: string,
  reading: Reading,
  span: Span,
  callee: string | null,
): void {
  const lock = reading.hold.name;
  const field = `${reading.container.owner}${reading.container.field}`;
  context.report({
    message,
    data: { value: reading.variable.name, lock, field, callee: callee ?? '' },
    at: { file, span },
    function: fn.fn.name,
    fact: reading.variable.name,
    why: `While ${lock} was dropped, ${field} may have changed.`,
    evidence: [
      { at: { file, span: reading.readAt }, message: `${reading.variable.name} is read under ${lock}` },
      ...(reading.releasedAt ? [{ at: { file, span: reading.releasedAt }, message: `${lock} is given back here` }] : []),
      ...(reading.retaken ? [{ at: { file, span: reading.retaken.takenAt }, message: `${lock} is taken again here` }] : []),
      { at: { file, span }, message: 'the old value is used here' },
    ],
    fixes: [],
  });
}

export const rule = defineRule({ meta, messages, check });
