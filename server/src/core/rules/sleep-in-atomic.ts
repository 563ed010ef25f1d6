// # sleep-in-atomic
//
// A call that may sleep is made under a lock that forbids it.
//
// ## What it reports
//
// A path that holds a spinning lock (spinlock, raw spinlock, rwlock, write seqlock, bit lock), is inside an RCU read section, or has
// interrupts, bottom halves or preemption off, and on it a call that may sleep: a mutex or semaphore that is waited for, a wait for an
// event or a completion, an allocation with `GFP_KERNEL` or another flag that lets it wait (named in the call, held by a variable, or
// handed to a function that allocates with it), a copy to or from user memory, a function whose contract says that it takes a mutex, or
// a function, of this file or another that is at hand, that makes such a call whatever its flags. And an allocator that falls back on
// `vmalloc()`, called with a flag that forbids to wait. Where a patch shows hunks alone, a new call of this kind is a warning too if every
// way from it gives a spinning lock back that no hunk takes. As mended also a call that a patch gives a form which does not sleep
// (`GFP_ATOMIC`, the flags of the caller, `x_atomic()`), where it does nothing else.
//
// ## Why it matters
//
// The scheduler may not run there: the kernel reports "scheduling while atomic", and a thread that spins for the lock on the same
// processor waits for ever.
//
// ## Known misses
//
// Callees that sleep only for some of their flags, and calls through a pointer. A helper that runs under its caller's spinlock where the
// caller is not visible: of `iommu_map()` in the place of `iommu_map_atomic()` one hunk alone does not tell whether the lock is still
// there. Of several changed calls that sleep in the same function the first is reported.
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
import { valueOf } from '../flow/evaluate.ts';
import type { Expr, Terminator } from '../flow/ir.ts';
import { asksForContext } from '../flow/sleeps.ts';
import { isSection, lockOperation, type LockClass } from '../kernel/locks.ts';
import { allocatesWithFlags, copiesUserMemory, isBlockingFlag, isVirtualAllocation } from '../kernel/sleeping.ts';
import { heldAtNewCall, hiddenLocks, isOnOtherSide } from './locking/behind-gap.ts';
import { isOneObject } from './locking/entry.ts';
import { evidenceOf } from './locking/evidence.ts';
import { atomicForms, type AtomicForms } from './locking/made-atomic.ts';
import { sleepOf, type Sleep } from './locking/may-sleep.ts';
import { callsOf, isHeld, pointsOf, stepsSince, type Call, type Point, type Points } from './locking/points.ts';
import { partsOf } from './locking/places.ts';
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
  direct: '{call} may sleep, but {state} here',
  through: '{function}() may sleep in {call}, but {state} here',
  hidden: '{call} may sleep, but {lock} is held here: {giver}() gives it back below, and nothing takes it before',
  mended: '{call} may sleep, and all that the patch does is to exchange it for {form}',
  virtual: '{function}() may fall back on vmalloc(), which sleeps: {flag} is no flag for it',
};

const atomic: ReadonlySet<LockClass> = new Set([
  'spinlock',
  'raw_spinlock',
  'rwlock',
  'seqlock',
  'bit_spinlock',
  'rcu',
  'irq-off',
  'bh-off',
  'preempt-off',
]);

function check(context: RuleContext): void {
  const forms = context.side === 'before' ? atomicForms(context.patch) : null;
  for (const file of context.files) {
    const flow = context.flow(file);
    const told = new Set<string>();
    for (const fn of flow.functions) {
      throwIfCancelled(context.cancel);
      if (forms) checkMended(context, file, fn, forms);
      checkFlags(context, file, fn);
      checkBehindGaps(context, file, flow, fn);
      if (!entersAtomic(flow, fn)) continue;
      const sleeps = new Map<Call, Sleep | null>();
      for (const call of callsOf(fn)) {
        const sleep = sleepOf(flow, call, context.era.id);
        if (sleep && !(fn.callees.includes('pagefault_disable') && copiesUserMemory(call.name ?? ''))) sleeps.set(call, sleep);
        else if (!sleep && call.name !== null && allocatesWithFlags(call.name) && call.args.some(isPlainVariable)) sleeps.set(call, null);
      }
      if (sleeps.size === 0) continue;
      const points = pointsOf(flow, fn, { call: (call) => sleeps.has(call) });
      if (points) checkFunction({ context, file, flow, fn, points }, sleeps, told);
    }
  }
}

/** Whether some path of a function takes a lock, or begins a stretch, in which nobody may sleep. */
function entersAtomic(flow: FlowFile, fn: FlowFunction): boolean {
  const takes = flow.locks(fn)?.events.some((event) => event.action === 'acquire' && atomic.has(event.class)) ?? false;
  return takes || fn.callees.some((name) => isSection(lockOperation(name)?.class ?? 'unknown'));
}

function isPlainVariable(arg: Expr): boolean {
  return arg.kind === 'variable' && !arg.variable.type.includes('*');
}

/** An allocator that cannot do without waiting, handed a flag that forbids it. */
function checkFlags(context: RuleContext, file: SideFile, fn: FlowFunction): void {
  if (!fn.callees.some(isVirtualAllocation)) return;
  for (const call of callsOf(fn)) {
    if (call.name === null || !isVirtualAllocation(call.name)) continue;
    const flag = call.args.flatMap((arg) => partsOf(arg)).find((part) => part.kind === 'global' && part.name === 'GFP_ATOMIC');
    if (flag?.kind !== 'global') continue;
    context.report({
      message: 'virtual',
      data: { function: call.name, flag: flag.name },
      at: { file, span: call.span },
      function: fn.fn.name,
      fact: `${call.name} ${flag.name}`,
      why: `A large size goes to vmalloc(), which takes mutexes; with ${flag.name} the call is made where nobody may wait, or the fallback is lost.`,
      evidence: [],
      fixes: [],
      level: 'med',
    });
  }
}

/** Calls that the patch gives a form which does not sleep, where it does nothing else. */
function checkMended(context: RuleContext, file: SideFile, fn: FlowFunction, forms: AtomicForms): void {
  for (const call of callsOf(fn)) {
    const flag = call.args.flatMap((arg) => partsOf(arg)).find((part) => part.kind === 'global' && forms.has(part.name));
    const name = flag?.kind === 'global' ? flag.name : (call.name ?? '');
    const form = forms.get(name);
    const at = flag?.start ?? call.span.start;
    if (form === undefined || call.name === null || !file.isChanged(at)) continue;
    const text = flag ? `${call.name}(${name})` : `${call.name}()`;
    context.report({
      message: 'mended',
      data: { call: text, form: flag ? form : `${form}()` },
      at: { file, span: call.span },
      function: fn.fn.name,
      fact: `mended ${text}`,
      why: 'Whoever comes here with a spinning lock held, or with interrupts off, must not wait.',
      evidence: [],
      fixes: [],
      level: 'med',
      confidence: 'moderate',
    });
  }
}

/** Calls that a patch adds to code which holds a lock, though no hunk shows where it is taken. */
function checkBehindGaps(context: RuleContext, file: SideFile, flow: FlowFile, fn: FlowFunction): void {
  const locks = hiddenLocks(context, file, flow, fn).filter((lock) => atomic.has(lock.class));
  if (locks.length === 0 || fn.procedure.blocks.some(({ terminator }) => asksInTest(file, terminator))) return;
  for (const call of callsOf(fn)) {
    const [lock] = heldAtNewCall(file, fn, locks, call);
    const sleep = lock ? sleepOf(flow, call, context.era.id) : null;
    if (
      !lock ||
      !sleep ||
      call.name === null ||
      isOnOtherSide(context, file, call.span.start, new RegExp(`\\b(?:${call.name}|GFP_KERNEL)\\b`, 'u'))
    )
      continue;
    const { span } = call;
    const name = lock.class === 'rcu' ? 'the RCU read side' : lock.text;
    context.report({
      message: 'hidden',
      data: { call: sleep.isDirect ? sleep.text : `${call.name}()`, lock: name, giver: lock.release.name ?? '' },
      at: { file, span },
      function: fn.fn.name,
      fact: `${name} ${call.name}`,
      why: `Every way from here gives ${name} back, so it is held: the scheduler complains, and whoever spins for it on this processor never gets it.`,
      evidence: [
        { at: { file, span }, message: sleep.isDirect ? `${sleep.text} may sleep` : `${call.name}() comes to ${sleep.text}` },
        { at: { file, span: lock.release.span }, message: `${name} is given back here` },
      ],
      fixes: [],
      confidence: 'moderate',
      witness: false,
    });
  }
}

function asksInTest(file: SideFile, terminator: Terminator): boolean {
  return terminator.op === 'branch' && asksForContext(terminator.condition, file.c.text);
}

interface Place {
  readonly context: RuleContext;
  readonly file: SideFile;
  readonly flow: FlowFile;
  readonly fn: FlowFunction;
  readonly points: Points;
}

/** `told` has what the changed calls of the file were found to sleep in: one helper that sleeps is one defect, however many call it. */
function checkFunction(place: Place, sleeps: ReadonlyMap<Call, Sleep | null>, told: Set<string>): void {
  const { file, flow, fn, points } = place;
  const locks = flow.locks(fn);
  const seen = new Set<Call>();
  for (const point of points.calls) {
    const sleep = sleeps.get(point.node) ?? sleepByVariable(points, point);
    const held = heldAtomic(points, point);
    if (!sleep || !held || !locks || seen.has(point.node)) continue;
    if (!isOneObject(locks, held.lock) || asksOnTheWay(file, point, held)) continue;
    seen.add(point.node);
    if (!sleep.isDirect && file.isChanged(point.node.span.start)) {
      if (told.has(sleep.text)) continue;
      told.add(sleep.text);
    }
    report(place, point, sleep, held);
  }
}

/** What forbids to sleep at a place: a lock rather than the stretch that began with it. */
function heldAtomic({ result: { values } }: Points, point: Point<Call>): LockRecord | null {
  // Who reads under tasks trace RCU may sleep.
  const held = point.locks.records.filter(
    (record) => atomic.has(record.class) && isHeld(record) && record.since !== null && values.printPlace(record.lock) !== 'rcu_trace',
  );
  return held.find((record) => !isSection(record.class)) ?? held[0] ?? null;
}

/** An allocation whose flags come through a variable that holds a constant here. */
function sleepByVariable({ result: { values } }: Points, { node, store }: Point<Call>): Sleep | null {
  for (const arg of node.args.filter(isPlainVariable)) {
    const value = values.get(values.original(valueOf(values, store, arg)));
    if (value.kind === 'name' && isBlockingFlag(value.name))
      return { text: `${node.name ?? ''}(${value.name})`, isDirect: true, chain: [] };
  }
  return null;
}

/** Whether a test on the way asks whether the code may sleep. */
function asksOnTheWay(file: SideFile, point: Point<Call>, held: LockRecord): boolean {
  return stepsSince(point.trail, held.since?.step).some((step) => step.kind === 'branch' && asksForContext(step.condition, file.c.text));
}

function report({ context, file, fn, points }: Place, point: Point<Call>, sleep: Sleep, held: LockRecord): void {
  const { values } = points.result;
  const lock = held.class === 'rcu' ? 'the RCU read side' : values.printPlace(held.lock);
  const state = sectionTexts.get(held.class) ?? `${lock} is held`;
  const { span, name } = point.node;
  const chain = sleep.chain.map(({ call, function: inner }) => ({
    at: { file, span: call.span },
    message: call.name === null ? `${inner}() sleeps here` : `${inner}() calls ${call.name}()`,
  }));
  context.report({
    message: sleep.isDirect ? 'direct' : 'through',
    data: { call: sleep.text, function: name ?? '', state },
    at: { file, span },
    function: fn.fn.name,
    fact: `${lock} ${name ?? ''}`,
    why: sectionTexts.has(held.class)
      ? `Nobody may wait while ${state}: the scheduler complains, and what waits for this processor never gets it.`
      : `Nobody may wait while ${lock} is held: the scheduler complains, and whoever spins for the lock on this processor never gets it.`,
    evidence: [
      ...evidenceOf(file, stepsSince(point.trail, held.since?.step), (step) => values.printPlace(step.lock)),
      { at: { file, span }, message: sleep.isDirect ? `${sleep.text} may sleep` : `${name ?? ''}() is called here` },
      ...chain,
    ],
    fixes: [],
    witness: stepsOf(point.trail).every((step) => step.kind !== 'gap'),
  });
}

const sectionTexts: ReadonlyMap<LockClass, string> = new Map([
  ['irq-off', 'interrupts are off'],
  ['bh-off', 'bottom halves are off'],
  ['preempt-off', 'preemption is off'],
]);

export const rule = defineRule({ meta, messages, check });
