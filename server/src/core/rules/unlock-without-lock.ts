// # unlock-without-lock
//
// A path gives back a lock that it does not hold.
//
// ## What it reports
//
// A release on a path that gave the same lock back before; and a release that the path reaches without having taken the lock, in a
// function that takes it elsewhere from a state in which nobody holds it (a goto to a label behind the acquisition, an early exit in
// front of it). Where the release is right for other paths, the finding stands at the goto; several of them that lead to one release
// are one finding, and so are all releases of a lock that the function never takes. A lock of the whole system that a
// function gives back and never takes is reported too, unless its name, an annotation or another function of the file says that this
// is its job. Where a patch shows hunks alone, a new release is a warning too if every way from it gives the same lock back once more, and
// no hunk takes it. So is a lock that was taken for reading and is given back as by a writer, or the other way round.
//
// ## Why it matters
//
// Another thread may hold the lock at that moment: two are inside at once, and its own release corrupts the lock's state.
//
// ## Known misses
//
// Locks that are reached through a parameter and never taken in the function (`helper-releases-caller-lock` reports those); a
// function whose only acquisition is in code that is not visible.
//
// ## Known false alarms
//
// A function that is told through something other than a parameter whether its caller holds the lock.
//
// ## Example that triggers
//
// ```c
// static int demo_set(struct demo *demo, int type)
// {
// 	int ret = -EINVAL;
//
// 	if (type < 0)
// 		goto out;
// 	mutex_lock(&demo->lock);
// 	ret = demo_apply(demo, type);
// out:
// 	mutex_unlock(&demo->lock);
// 	return ret;
// }
// ```
//
// ## Example that does not
//
// ```c
// static int demo_set(struct demo *demo, int type)
// {
// 	int ret = -EINVAL;
//
// 	mutex_lock(&demo->lock);
// 	if (type < 0)
// 		goto out;
// 	ret = demo_apply(demo, type);
// out:
// 	mutex_unlock(&demo->lock);
// 	return ret;
// }
// ```
//
// ## Fix
//
// None offered: the release may stand at the wrong place, or the acquisition.
//
// ## Sources
//
// - Documentation/locking/mutex-design.rst, Linux 6.12: only the owner can unlock the mutex, and multiple unlocks are not permitted.

import { throwIfCancelled } from '../base/cancel.ts';
import { recordOf } from '../flow/lock-state.ts';
import type { FlowFile, FlowFunction, LockWalk } from '../flow/program.ts';
import type { ValueId } from '../flow/values.ts';
import { pathTo } from '../flow/walk.ts';
import { lockMarks } from '../kernel/lock-marks.ts';
import { lockOperation, sectionOf, type LockOperation } from '../kernel/locks.ts';
import type { LockEvent } from '../flow/walk-events.ts';
import { endsUnseenBlock, givenBackTwice, hiddenLocks, type HiddenLock } from './locking/behind-gap.ts';
import { goesBothWays } from './locking/both-ways.ts';
import { isOneObject, isTakenFirst } from './locking/entry.ts';
import { evidenceOf } from './locking/evidence.ts';
import { askedWhetherHeld, chosenByFlag, locksAtExits, takesOrGives } from './locking/exits.ts';
import { callerHolds, hasNoCaller, hasOtherHalf, isAnnotated, isDeclared, isSequenceStep, tellsByParameter } from './locking/handover.ts';
import { isLeftByLoop } from './locking/left-in-loop.ts';
import { callsOf, type Call } from './locking/points.ts';
import { isReversed } from './locking/reversed.ts';
import { reportModelFacts } from './model/reportFacts.ts';
import { defineRule, type Messages, type RuleContext, type RuleMeta, type SideFile } from './rule.ts';

const meta: RuleMeta = {
  id: 'unlock-without-lock',
  title: 'A path gives back a lock that it does not hold',
  category: 'locking',
  level: 'high',
  confidence: 'high',
  evidence: 'static',
  needs: 'hunk',
  since: '0.1.0',
  sources: [{ title: 'Generic mutex subsystem', url: 'https://docs.kernel.org/locking/mutex-design.html' }],
  refute: 'The lock is taken on this path in code that is not visible, or the caller holds it and is told to expect this.',
};

const messages: Messages = {
  again: '{lock} is given back by {giver}(), and this path has given it back before',
  twice: '{lock} is given back here, and once more by {giver}() on every way from here',
  notTaken: '{lock} is given back by {giver}() on a path that has not taken it',
  jump: 'this path goes to {label}, where {lock} is given back, and has not taken it',
  mode: '{lock} is given back by {giver}(), and {taker}() took it in the other mode',
  switches: '{lock} is given back by {giver}(), which switches {section} on, and {taker}() did not switch them off',
  reversed: '{lock} is given back by {giver}() first and taken after that: {function}() ends with it held',
  never: '{lock} is given back by {giver}(), and {function}() never takes it',
  model: '{lock} is given back here by a thread that does not hold it ({calls})',
};

function check(context: RuleContext): void {
  for (const file of context.files) {
    const flow = context.flow(file);
    for (const fn of flow.functions) {
      throwIfCancelled(context.cancel);
      for (const lock of hiddenLocks(context, file, flow, fn))
        for (const call of givenBackTwice(file, fn, lock)) reportTwice(context, file, fn, lock, call);
      const locks = flow.locks(fn);
      if (!locks || locks.result.stopped) continue;
      checkFunction(context, file, flow, fn, locks);
    }
  }
  reportModelFacts(context, meta.id);
}

function checkFunction(context: RuleContext, file: SideFile, flow: FlowFile, fn: FlowFunction, locks: LockWalk): void {
  const seen = new Set<string>();
  for (const event of locks.events) {
    if (event.action !== 'release' || event.class === 'semaphore' || !isOneObject(locks, event.lock)) continue;
    const kind = kindOf(file, flow, fn, locks, event);
    if (kind === null || goesBothWays(file.c.text, fn.procedure, locks, event.lock, event.state.trail)) continue;
    const steps = pathTo(event.state);
    const jump = kind === 'notTaken' && isSharedRelease(locks, event) ? steps.findLast((step) => step.kind === 'goto') : undefined;
    const at = jump ? jump.span : event.span;
    const key = `${String(at.start)} ${String(event.lock)}`;
    if (seen.has(key)) continue;
    seen.add(key);
    const { values } = locks.result;
    const name = values.printPlace(event.lock);
    const before = recordOf(event.state.locks, event.lock)?.since?.step;
    context.report({
      message: jump ? 'jump' : kind,
      data: {
        lock: name,
        giver: event.name,
        function: fn.fn.name,
        label: jump?.kind === 'goto' ? jump.label : '',
        taker: before?.kind === 'acquire' ? before.name : '',
        section: lockOperation(event.name)?.irq === 'bh' ? 'bottom halves' : 'interrupts',
      },
      at: { file, span: at },
      function: fn.fn.name,
      fact: name,
      ...(kind === 'again' || kind === 'mode' || kind === 'switches'
        ? {}
        : { defect: `${name} ${kind === 'never' ? kind : String(event.span.start)}` }),
      why:
        kind === 'switches'
          ? 'Who called with them off has them on from here: an interrupt may come in where nobody expects one.'
          : `Another thread may hold ${name} here: then two are inside at once, and its own release comes on top.`,
      evidence: [
        ...evidenceOf(file, before ? steps.slice(Math.max(0, steps.indexOf(before))) : steps, (step) => values.printPlace(step.lock)),
        { at: { file, span: event.span }, message: `${name} is given back here` },
      ],
      fixes: [],
      witness: kind !== 'never',
      ...(kind === 'never' ? { confidence: 'moderate' as const } : {}),
    });
  }
}

/** A release that the patch adds in front of another one, where no hunk shows the lock being taken. */
function reportTwice(context: RuleContext, file: SideFile, fn: FlowFunction, lock: HiddenLock, call: Call): void {
  const again = callsOf(fn).find((one) => lock.gave(one) && one.span.start > call.span.start);
  if (!again || endsUnseenBlock(fn, call.span.end, again.span.start)) return;
  context.report({
    message: 'twice',
    data: { lock: lock.text, giver: again.name ?? '' },
    at: { file, span: call.span },
    function: fn.fn.name,
    fact: lock.text,
    why: `Another thread may hold ${lock.text} by then: two are inside at once, and its own release comes on top.`,
    evidence: [{ at: { file, span: again.span }, message: `${lock.text} is given back again here` }],
    fixes: [],
    confidence: 'moderate',
    witness: false,
  });
}

type Kind = 'again' | 'mode' | 'switches' | 'reversed' | 'notTaken' | 'never';

/** What is wrong with a release; null if nothing is, or if the lock may be the caller's. */
function kindOf(file: SideFile, flow: FlowFile, fn: FlowFunction, locks: LockWalk, event: LockEvent): Kind | null {
  if (event.outcome === 'wrong-mode') return isSharedRelease(locks, event) ? null : 'mode';
  if (event.outcome === 'freed' && switchesOn(locks, event)) return 'switches';
  if (isLeftByLoop(locks, event.lock)) return null;
  // What is counted may be the caller's too, where the function says that it gives it back.
  if (event.outcome === 'free-again') {
    const first = recordOf(event.state.locks, event.lock)?.since?.step.span.end;
    if (first !== undefined && endsUnseenBlock(fn, first, event.span.start)) return null;
    return isCounted(event) && isDeclared(flow, fn, 'given') ? null : 'again';
  }
  if (isSequenceStep(fn) || isAssertedByTry(file, event)) return null;
  if (event.outcome !== 'given' || recordOf(event.state.locks, event.lock) || event.state.locks.allTouched) return null;
  if (isSharedRelease(locks, event)) return 'notTaken';
  if (!isMarked(flow, fn) && isReversed(flow, fn, locks, event)) return 'reversed';
  const isAlone = hasNoCaller(file, fn) && !isAnnotated(flow, fn);
  if (
    ((isDeclared(flow, fn, 'given') || isDeclared(flow, fn, 'held')) && !isAlone) ||
    tellsByParameter(fn) ||
    isChosen(fn, locks, event.lock)
  )
    return null;
  if (askedWhetherHeld(event.state)) return null;
  // Who takes the lock right at its beginning does not get it from its caller.
  if (isTakenFirst(locks, event.lock)) return 'notTaken';
  if (!isNobodysArgument(locks, event.lock) || (event.indirect && !isAlone) || hasOtherHalf(file, flow, fn, locks, event.lock, 'held'))
    return null;
  const taken = locks.events.some((other) => other.action === 'acquire' && other.lock === event.lock);
  return taken || callerHolds(flow, fn, locks, event.lock) ? null : 'never';
}

/**
 * Whether a release switches on interrupts or bottom halves that nothing on the path has switched off. Silent where the path gave back
 * a lock of its caller's: that one may have been taken with them off, and the two are given back crosswise.
 */
function switchesOn(locks: LockWalk, event: LockEvent): boolean {
  const giver = event.indirect ? null : lockOperation(event.name);
  const since = recordOf(event.state.locks, event.lock)?.since?.step;
  const taker = since?.kind === 'acquire' && since.via === null ? lockOperation(since.name) : null;
  const section = giver && sectionOf(giver);
  if (!section || !taker || taker.irq !== 'none') return false;
  const { values } = locks.result;
  const { records } = event.state.locks;
  if (recordOf(event.state.locks, values.global(section.name)) || records.some(({ status }) => status === 'given' || status === 'unknown'))
    return false;
  return locks.events.every((other) => other.span.start !== event.span.start || other.lock !== event.lock || isTakenBy(other, taker.irq));
}

/** Whether a release gives back what was taken with interrupts in one way. */
function isTakenBy(release: LockEvent, irq: LockOperation['irq']): boolean {
  const step = recordOf(release.state.locks, release.lock)?.since?.step;
  return step?.kind === 'acquire' && lockOperation(step.name)?.irq === irq;
}

/** Whether the heading speaks of any lock. */
function isMarked(flow: FlowFile, fn: FlowFunction): boolean {
  return isAnnotated(flow, fn) || fn.fn.annotations.some(({ name, argument }) => lockMarks(name, argument).length > 0);
}

/** Whether the path came through `WARN_ON(mutex_trylock(lock))`: a lock that can be taken there would be the mistake. */
function isAssertedByTry({ c }: SideFile, event: LockEvent): boolean {
  return pathTo(event.state).some((step) => {
    if (step.kind !== 'branch' || step.macro === null || !/^(?:WARN|BUG)_ON/.test(step.macro)) return false;
    const text = c.text.slice(step.span.start, step.span.end);
    return /^(?:(?:WARN|BUG)_ON\w*\(\s*)?\w*trylock/.test(text);
  });
}

/** Whether an annotation alone tells of the lock: it says how often it is held. */
function isCounted(event: LockEvent): boolean {
  return event.class === 'unknown' && event.mode === 'shared';
}

/** Whether other paths reach the same release with the lock that they took. */
function isSharedRelease(locks: LockWalk, event: LockEvent): boolean {
  return locks.events.some(
    (other) =>
      other.action === 'release' && other.span.start === event.span.start && other.lock === event.lock && other.outcome === 'freed',
  );
}

function isChosen(fn: FlowFunction, locks: LockWalk, lock: ValueId): boolean {
  return takesOrGives(fn, locks, lock) || locksAtExits(locks, 'given').some((one) => one.lock === lock && chosenByFlag(fn, locks, one));
}

/**
 * Whether a lock lies in a global variable, or a global points at it, or in one of the function's own that it hands to nobody: no caller
 * and no callee fills it in. A variable that is the lock itself is only handed to be locked.
 */
function isNobodysArgument(locks: LockWalk, lock: ValueId): boolean {
  const { values, parameters } = locks.result;
  // Of a table of locks the caller says which.
  if (values.symbolsOf(lock).some((symbol) => parameters.includes(symbol))) return false;
  const at = values.objectOf(lock);
  const object = values.get(at);
  if (object.kind === 'content') return values.get(object.address).kind === 'global';
  return object.kind === 'global' || (object.kind === 'local' && (!object.variable.addressTaken || at === lock));
}

export const rule = defineRule({ meta, messages, check });
