// # sleep-in-atomic
//
// A call that may sleep is made under a lock that forbids it.
//
// ## What it reports
//
// A path that holds a spinning lock (spinlock, raw spinlock, rwlock, write seqlock, bit lock) or is inside an RCU read section, and on
// it a call that may sleep: a mutex or semaphore that is waited for, a wait for an event or a completion, an allocation with
// `GFP_KERNEL` or another flag that lets it wait, a copy to or from user memory, a function whose contract says that it takes a mutex,
// or a function of the same file that makes such a call whatever its flags.
//
// ## Why it matters
//
// The scheduler may not run there: the kernel reports "scheduling while atomic", and a thread that spins for the lock on the same
// processor waits for ever.
//
// ## Known misses
//
// Sections with interrupts or preemption switched off without a lock, flags that come through a variable, callees in other files,
// and callees that sleep only for some of their flags. Of several changed calls that sleep in the same function the first is reported.
//
// ## Known false alarms
//
// A callee that the caller's state keeps away from its sleeping part.
//
// ## Example that triggers
//
// ```c
// static int demo_add(struct demo *demo)
// {
// 	struct entry *entry;
//
// 	spin_lock(&demo->lock);
// 	entry = kzalloc(sizeof(*entry), GFP_KERNEL);
// 	if (entry)
// 		list_add(&entry->node, &demo->entries);
// 	spin_unlock(&demo->lock);
// 	return entry ? 0 : -ENOMEM;
// }
// ```
//
// ## Example that does not
//
// ```c
// static int demo_add(struct demo *demo)
// {
// 	struct entry *entry = kzalloc(sizeof(*entry), GFP_KERNEL);
//
// 	if (!entry)
// 		return -ENOMEM;
// 	spin_lock(&demo->lock);
// 	list_add(&entry->node, &demo->entries);
// 	spin_unlock(&demo->lock);
// 	return 0;
// }
// ```
//
// ## Fix
//
// None offered: make the call before the lock is taken, or give an allocation `GFP_ATOMIC`.
//
// ## Sources
//
// - Unreliable Guide To Locking, "Sleeping Things" (docs.kernel.org/kernel-hacking/locking.html).
// - Memory allocation guide, "Get Free Page flags" (docs.kernel.org/core-api/memory-allocation.html).

import { throwIfCancelled } from '../base/cancel.ts';
import type { LockRecord } from '../flow/lock-state.ts';
import type { FlowFile, FlowFunction } from '../flow/program.ts';
import { stepsOf } from '../flow/trail.ts';
import type { LockClass } from '../kernel/locks.ts';
import { copiesUserMemory } from '../kernel/sleeping.ts';
import { isOneObject } from './locking/entry.ts';
import { evidenceOf } from './locking/evidence.ts';
import { asksForContext, sleepOf, type Sleep } from './locking/may-sleep.ts';
import { callsOf, isHeld, pointsOf, stepsSince, type Call, type Point, type Points } from './locking/points.ts';
import { defineRule, type Messages, type RuleContext, type RuleMeta, type SideFile } from './rule.ts';

const meta: RuleMeta = {
  id: 'sleep-in-atomic',
  title: 'A call that may sleep is made under a spinning lock',
  category: 'locking',
  level: 'high',
  confidence: 'high',
  evidence: 'static',
  needs: 'hunk',
  since: '0.1.0',
  sources: [{ title: 'Unreliable Guide To Locking', url: 'https://docs.kernel.org/kernel-hacking/locking.html' }],
  refute: 'The lock is one that sleeps, or the callee cannot reach its sleeping part from here.',
};

const messages: Messages = {
  direct: '{call} may sleep, but {lock} is held here',
  through: '{function}() may sleep in {call}, but {lock} is held here',
};

const atomic: ReadonlySet<LockClass> = new Set(['spinlock', 'raw_spinlock', 'rwlock', 'seqlock', 'bit_spinlock', 'rcu']);

function check(context: RuleContext): void {
  for (const file of context.files) {
    const flow = context.flow(file);
    const told = new Set<string>();
    for (const fn of flow.functions) {
      throwIfCancelled(context.cancel);
      if (!flow.locks(fn)?.events.some((event) => event.action === 'acquire' && atomic.has(event.class))) continue;
      const sleeps = new Map<Call, Sleep>();
      for (const call of callsOf(fn)) {
        const sleep = sleepOf(flow, call, context.era.id);
        if (sleep && !(fn.callees.includes('pagefault_disable') && copiesUserMemory(call.name ?? ''))) sleeps.set(call, sleep);
      }
      if (sleeps.size === 0) continue;
      const points = pointsOf(flow, fn, { call: (call) => sleeps.has(call) });
      if (points) checkFunction({ context, file, flow, fn, points }, sleeps, told);
    }
  }
}

interface Place {
  readonly context: RuleContext;
  readonly file: SideFile;
  readonly flow: FlowFile;
  readonly fn: FlowFunction;
  readonly points: Points;
}

/** `told` has what the changed calls of the file were found to sleep in: one helper that sleeps is one defect, however many call it. */
function checkFunction(place: Place, sleeps: ReadonlyMap<Call, Sleep>, told: Set<string>): void {
  const { file, flow, fn, points } = place;
  const locks = flow.locks(fn);
  const seen = new Set<Call>();
  for (const point of points.calls) {
    const sleep = sleeps.get(point.node);
    const held = point.locks.records.find((record) => atomic.has(record.class) && isHeld(record) && record.since !== null);
    if (!sleep || !held || !locks || seen.has(point.node)) continue;
    if (!isOneObject(locks, held.lock) || asksOnTheWay(point, held)) continue;
    seen.add(point.node);
    if (sleep.chain.length > 0 && file.isChanged(point.node.span.start)) {
      if (told.has(sleep.text)) continue;
      told.add(sleep.text);
    }
    report(place, point, sleep, held);
  }
}

/** Whether a test on the way asks whether the code may sleep. */
function asksOnTheWay(point: Point<Call>, held: LockRecord): boolean {
  return stepsSince(point.trail, held.since?.step).some((step) => step.kind === 'branch' && asksForContext(step.condition));
}

function report({ context, file, fn, points }: Place, point: Point<Call>, sleep: Sleep, held: LockRecord): void {
  const { values } = points.result;
  const lock = held.class === 'rcu' ? 'the RCU read side' : values.printPlace(held.lock);
  const { span, name } = point.node;
  const chain = sleep.chain.map(({ call, function: inner }) => ({
    at: { file, span: call.span },
    message: call.name === null ? `${inner}() sleeps here` : `${inner}() calls ${call.name}()`,
  }));
  context.report({
    message: sleep.chain.length === 0 ? 'direct' : 'through',
    data: { call: sleep.text, function: name ?? '', lock },
    at: { file, span },
    function: fn.fn.name,
    fact: `${lock} ${name ?? ''}`,
    why: `Nobody may wait while ${lock} is held: the scheduler complains, and whoever spins for the lock on this processor never gets it.`,
    evidence: [
      ...evidenceOf(file, stepsSince(point.trail, held.since?.step), (step) => values.printPlace(step.lock)),
      { at: { file, span }, message: sleep.chain.length === 0 ? `${sleep.text} may sleep` : `${name ?? ''}() is called here` },
      ...chain,
    ],
    fixes: [],
    witness: stepsOf(point.trail).every((step) => step.kind !== 'gap'),
  });
}

export const rule = defineRule({ meta, messages, check });
