// # double-lock
//
// A lock that only one may hold is taken on a path that holds it already.
//
// ## What it reports
//
// A path on which the same instance of a mutex, rt_mutex, rw semaphore, spinlock or rwlock is taken twice without being given back
// in between: directly, by a called function whose code takes it, or in a function that asserts at its beginning that the caller
// holds it. Locks that their holder may take again (RCU and SRCU read sides, read sides of rwlocks) are left out, and so are
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
import { isRecursive } from '../kernel/locks.ts';
import { recordOf } from '../flow/lock-state.ts';
import { alwaysTaken } from './locking/always.ts';
import { isOneObject } from './locking/entry.ts';
import { evidenceOf } from './locking/evidence.ts';
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
  model: '{lock} is taken here by a thread that holds it: {calls}',
};

function check(context: RuleContext): void {
  for (const file of context.files) {
    const flow = context.flow(file);
    for (const fn of flow.functions) {
      throwIfCancelled(context.cancel);
      const locks = flow.locks(fn);
      if (!locks || locks.result.stopped) continue;
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

/** Locks that this path holds and that a called function of the file takes whenever it does not fail before. */
function takenAgain(flow: FlowFile, locks: LockWalk, event: CalleeEvent): ValueId[] {
  if (event.takes.length !== event.summary.takes.length) return [];
  const always = new Set(alwaysTaken(flow, event.summary.name).map((path) => JSON.stringify(path)));
  return event.takes.filter((lock, index) => {
    const record = recordOf(event.state.locks, lock);
    if (!record || !['held', 'required', 'retaken'].includes(record.status)) return false;
    if (record.class === 'semaphore' || isRecursive(record.class, record.mode) || !isOneObject(locks, lock)) return false;
    return always.has(JSON.stringify(event.summary.takes[index]));
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
