// # double-lock
//
// A lock that only one may hold is taken on a path that holds it already.
//
// ## What it reports
//
// A path on which the same instance of a mutex, rt_mutex, rw semaphore, spinlock or rwlock is taken twice without being given back
// in between: directly, by a called function whose code takes it, or in a function that asserts at its beginning that the caller
// holds it. Where a patch shows hunks alone, a new call of a function that takes a lock is a warning too if every way from it gives that
// lock back, and no hunk takes it. Locks that their holder may take again (RCU and SRCU read sides, read sides of rwlocks) are left out, and so are
// counting semaphores.
//
// ## Why it matters
//
// The thread waits for itself: a sleeping lock never comes back, and with a spinlock the processor spins for ever.
//
// ## Known misses
//
// Two names of one object that the function does not connect; a called function that takes the lock only on some of its ways, or whose
// code is in another file.
//
// ## Known false alarms
//
// Two tests that belong together in a way that the function's own text does not show.
//
// ## Example that triggers
//
// ```c
// static int demo_set(struct demo *demo, int type)
// {
// 	mutex_lock(&demo->lock);
// 	demo->type = type;
// 	mutex_lock(&demo->lock);
// 	return 0;
// }
// ```
//
// ## Example that does not
//
// ```c
// static int demo_set(struct demo *demo, struct demo *parent, int type)
// {
// 	mutex_lock(&parent->lock);
// 	mutex_lock_nested(&demo->lock, SINGLE_DEPTH_NESTING);
// 	demo->type = type;
// 	mutex_unlock(&demo->lock);
// 	mutex_unlock(&parent->lock);
// 	return 0;
// }
// ```
//
// ## Fix
//
// None offered: which of the two acquisitions is one too many is the author's to say.
//
// ## Sources
//
// - Documentation/locking/mutex-design.rst, Linux 6.12: only one task can hold the mutex at a time, and recursive locking is not permitted.

import { throwIfCancelled } from '../base/cancel.ts';
import type { Span } from '../base/text.ts';
import type { FlowFile, FlowFunction, LockWalk } from '../flow/program.ts';
import type { ValueId } from '../flow/values.ts';
import { pathTo } from '../flow/walk.ts';
import type { CalleeEvent, PathState } from '../flow/walk-events.ts';
import { isRecursive, lockOperation } from '../kernel/locks.ts';
import { recordOf } from '../flow/lock-state.ts';
import { alwaysTaken } from './locking/always.ts';
import { heldAtNewCall, hiddenLocks } from './locking/behind-gap.ts';
import { isOneObject } from './locking/entry.ts';
import { evidenceOf } from './locking/evidence.ts';
import { callsOf } from './locking/points.ts';
import { reportModelFacts } from './model/reportFacts.ts';
import { defineRule, type Messages, type RuleContext, type RuleMeta, type SideFile } from './rule.ts';

const meta: RuleMeta = {
  id: 'double-lock',
  title: 'A lock is taken by a path that holds it already',
  category: 'locking',
  level: 'high',
  confidence: 'high',
  evidence: 'static',
  needs: 'hunk',
  since: '0.1.0',
  sources: [{ title: 'Generic mutex subsystem', url: 'https://docs.kernel.org/locking/mutex-design.html' }],
  refute: 'The two names stand for two instances, or the lock is given back in code that is not visible.',
};

const messages: Messages = {
  taken: '{lock} is taken by {taker}() while this path still holds it from {first}()',
  asserted: '{lock} is taken by {taker}(), but the function asserts that its caller holds it',
  called: '{taker}() takes {lock}, which this path still holds from {first}()',
  calledAsserted: '{taker}() takes {lock}, which the function asserts that its caller holds',
  hidden: '{taker}() takes {lock}, which is held here: {giver}() gives it back below, and nothing takes it before',
  model: '{lock} is taken here by a thread that holds it: {calls}',
};

function check(context: RuleContext): void {
  for (const file of context.files) {
    const flow = context.flow(file);
    for (const fn of flow.functions) {
      throwIfCancelled(context.cancel);
      const locks = flow.locks(fn);
      if (!locks || locks.result.stopped) continue;
      reportHidden(context, file, flow, fn, locks);
      const seen = new Set<string>();
      for (const event of locks.events) {
        if (event.action !== 'acquire' || event.outcome !== 'double' || event.class === 'semaphore') continue;
        if (!isOneObject(locks, event.lock)) continue;
        const key = `${String(event.span.start)} ${String(event.lock)}`;
        if (seen.has(key)) continue;
        seen.add(key);
        report(context, file, fn, locks, event);
      }
      for (const event of locks.callees)
        for (const lock of takenAgain(flow, locks, event)) {
          const key = `${String(event.span.start)} ${String(lock)}`;
          if (seen.has(key)) continue;
          seen.add(key);
          report(context, file, fn, locks, { lock, name: event.summary.name, indirect: true, span: event.span, state: event.state });
        }
    }
  }
  reportModelFacts(context, meta.id);
}

/** New calls of functions that take a lock which only code between the hunks can have taken, and which is held there. */
function reportHidden(context: RuleContext, file: SideFile, flow: FlowFile, fn: FlowFunction, locks: LockWalk): void {
  const hidden = hiddenLocks(context, file, flow, fn).filter(
    ({ class: kind, release }) => !isRecursive(kind, lockOperation(release.name ?? '')?.mode ?? 'exclusive'),
  );
  if (hidden.length === 0) return;
  const { values } = locks.result;
  const seen = new Set<string>();
  for (const event of locks.callees) {
    const call = callsOf(fn).find(({ span }) => span.start === event.span.start && span.end === event.span.end);
    const taken = alwaysTakenAt(flow, event).map((lock) => values.printPlace(lock));
    const held = call && heldAtNewCall(file, fn, hidden, call).find(({ text }) => taken.includes(text));
    if (!held || seen.has(`${String(event.span.start)} ${held.text}`)) continue;
    seen.add(`${String(event.span.start)} ${held.text}`);
    context.report({
      message: 'hidden',
      data: { lock: held.text, taker: event.summary.name, giver: held.release.name ?? '' },
      at: { file, span: event.span },
      function: fn.fn.name,
      fact: held.text,
      why: `The thread waits for itself: every way from here gives ${held.text} back, so it is held, and only it could give it back.`,
      evidence: [{ at: { file, span: held.release.span }, message: `${held.text} is given back here` }],
      fixes: [],
      confidence: 'moderate',
      witness: false,
    });
  }
}

/** Locks that a called function of the file takes whenever it does not fail before, as this function names them. */
function alwaysTakenAt(flow: FlowFile, { takes, summary }: CalleeEvent): ValueId[] {
  if (takes.length !== summary.takes.length) return [];
  const always = new Set(alwaysTaken(flow, summary.name).map((path) => JSON.stringify(path)));
  return takes.filter((_, index) => always.has(JSON.stringify(summary.takes[index])));
}

/** Locks that this path holds and that a called function of the file takes whenever it does not fail before. */
function takenAgain(flow: FlowFile, locks: LockWalk, event: CalleeEvent): ValueId[] {
  return alwaysTakenAt(flow, event).filter((lock) => {
    const record = recordOf(event.state.locks, lock);
    if (!record || !['held', 'required', 'retaken'].includes(record.status)) return false;
    return record.class !== 'semaphore' && !isRecursive(record.class, record.mode) && isOneObject(locks, lock);
  });
}

interface Acquisition {
  readonly lock: ValueId;
  readonly name: string;
  readonly indirect: boolean;
  readonly span: Span;
  readonly state: PathState;
}

function report(context: RuleContext, file: SideFile, fn: FlowFunction, locks: LockWalk, event: Acquisition): void {
  const { values } = locks.result;
  const name = values.printPlace(event.lock);
  const first = recordOf(event.state.locks, event.lock)?.since?.step;
  const steps = pathTo(event.state);
  const since = first ? steps.slice(Math.max(0, steps.indexOf(first))) : steps;
  const taken = first?.kind === 'acquire' ? first.name : null;
  context.report({
    message: event.indirect ? (taken === null ? 'calledAsserted' : 'called') : taken === null ? 'asserted' : 'taken',
    data: { lock: name, taker: event.name, first: taken ?? '' },
    at: { file, span: event.span },
    function: fn.fn.name,
    fact: name,
    why: `The thread waits for itself: only it could give ${name} back.`,
    evidence: [
      ...evidenceOf(file, since, (step) => values.printPlace(step.lock)),
      { at: { file, span: event.span }, message: `${name} is taken again here` },
    ],
    fixes: [],
    witness: true,
  });
}

export const rule = defineRule({ meta, messages, check });
