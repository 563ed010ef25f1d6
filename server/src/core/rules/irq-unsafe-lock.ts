// # irq-unsafe-lock
//
// A lock that needs interrupts off is taken or held with interrupts on, or their saved state is lost.
//
// ## What it reports
//
// A spinlock or rwlock of a class (structure and field, or a lock at file level) that a handler takes, itself or in a function that
// it calls by name, and that another function of the files at hand takes by the plain form while interrupts are on. A function is a
// handler if its registration is seen: `request_irq` and its relatives, of a threaded one the first function alone; timers, tasklets
// and RCU callbacks run in bottom halves, against which the `_bh` forms help too. That interrupts are on is known of a function that
// sleeps, of one that fills a field of a table whose functions are called so (`attach_dev`, `unlocked_ioctl`), and of what they call. A
// patch that makes `spin_lock_irqsave()` a plain `spin_lock()` is reported for other functions too, unless a handler or a caller with
// interrupts off comes to them; a note where its message speaks of the context.
//
// Two more forms need no handler: a call that switches interrupts on (`spin_unlock_irq`, `local_irq_enable`) while the function holds
// another lock that it took with interrupts off; and a call that saves the state of interrupts in a variable which still holds what an
// outer lock saved there.
//
// ## Why it matters
//
// The interrupt comes while the lock is held, on the same processor: the handler spins for ever. With a saved state that was written
// over, the last restore leaves interrupts off.
//
// ## Known misses
//
// Handlers that another file registers; functions that only other files, or other tables of functions, call and that
// never sleep.
//
// ## Known false alarms
//
// A place that only runs while the interrupt cannot come, for a reason that no call of the function shows.
//
// ## Example that triggers
//
// ```c
// static irqreturn_t demo_irq(int irq, void *data)
// {
// 	struct demo *demo = data;
//
// 	spin_lock(&demo->slock);
// 	demo->events++;
// 	spin_unlock(&demo->slock);
// 	return IRQ_HANDLED;
// }
//
// static int demo_reset(struct demo *demo)
// {
// 	mutex_lock(&demo->lock);
// 	spin_lock(&demo->slock);
// 	demo->events = 0;
// 	spin_unlock(&demo->slock);
// 	mutex_unlock(&demo->lock);
// 	return 0;
// }
//
// static int demo_probe(struct platform_device *pdev, struct demo *demo)
// {
// 	return request_irq(demo->irq, demo_irq, 0, "demo", demo);
// }
// ```
//
// ## Example that does not
//
// ```c
// static irqreturn_t demo_irq(int irq, void *data)
// {
// 	struct demo *demo = data;
//
// 	spin_lock(&demo->slock);
// 	demo->events++;
// 	spin_unlock(&demo->slock);
// 	return IRQ_HANDLED;
// }
//
// static int demo_reset(struct demo *demo)
// {
// 	mutex_lock(&demo->lock);
// 	spin_lock_irq(&demo->slock);
// 	demo->events = 0;
// 	spin_unlock_irq(&demo->slock);
// 	mutex_unlock(&demo->lock);
// 	return 0;
// }
//
// static int demo_probe(struct platform_device *pdev, struct demo *demo)
// {
// 	return request_irq(demo->irq, demo_irq, 0, "demo", demo);
// }
// ```
//
// ## Fix
//
// None offered: take the lock with `spin_lock_irqsave()` or `spin_lock_irq()` (`_bh` against bottom halves) outside of the handler.
//
// ## Sources
//
// - Lock types and their rules, spin locks and interrupts (docs.kernel.org/locking/spinlocks.html, lesson 3).

import { throwIfCancelled } from '../base/cancel.ts';
import { plainLockName } from '../flow/lock-names.ts';
import type { FlowFunction, LockWalk } from '../flow/program.ts';
import { pathTo } from '../flow/walk.ts';
import type { LockEvent } from '../flow/walk-events.ts';
import type { HandlerContext } from '../kernel/handlers.ts';
import { isSection, lockOperation, type LockClass } from '../kernel/locks.ts';
import { evidenceOf } from './locking/evidence.ts';
import { areOff, EntryContexts, handlersOf, type Handler } from './locking/interrupts.ts';
import { hiddenIrqLosses, irqLosses, type HiddenIrqLoss, type IrqLoss } from './locking/irq-state.ts';
import { isOwnNewObject, stepsSince } from './locking/points.ts';
import { counterpartOf, saysNeedless } from './locking/told-by-patch.ts';
import { defineRule, type EvidenceStep, type Messages, type RuleContext, type RuleMeta, type SideFile } from './rule.ts';

const meta: RuleMeta = {
  id: 'irq-unsafe-lock',
  title: 'A lock that needs interrupts off is held with interrupts on, or their state is lost',
  category: 'locking',
  level: 'med',
  confidence: 'moderate',
  evidence: 'static',
  needs: 'file',
  since: '0.1.0',
  sources: [{ title: 'Lesson 3: spinlocks revisited', url: 'https://docs.kernel.org/locking/spinlocks.html' }],
  refute: 'The interrupt cannot come while this function runs, or interrupts were off before it ran.',
};

const messages: Messages = {
  interrupt: '{lock} is taken by {taker}() with interrupts on, and the interrupt handler {handler}() takes it too',
  'bottom-half': '{lock} is taken by {taker}() with bottom halves on, and {handler}(), which runs in one, takes it too',
  weakened: '{lock} is taken by {taker}() and no more by {before}(), and {handler}(), which may interrupt this, takes it too',
  on: '{giver}() switches interrupts on, and {lock}, which {taker}() took with interrupts off, is still held',
  onHidden: '{giver}() switches interrupts on, and {lock}, which {later}() gives back below, is still held',
  flagsHidden: '{saver}() writes over {flags}, which {later}() still needs below for {lock}',
  flags: '{saver}() writes over {flags}, which holds the state of interrupts that {taker}() saved for {lock}',
};

const spinning: ReadonlySet<LockClass> = new Set(['spinlock', 'raw_spinlock', 'rwlock']);

function check(context: RuleContext): void {
  checkHandlers(context);
  for (const file of context.files) {
    const flow = context.flow(file);
    for (const fn of flow.functions) {
      throwIfCancelled(context.cancel);
      for (const loss of irqLosses(flow, fn)) reportLoss(context, file, fn, loss);
      for (const loss of hiddenIrqLosses(context, file, flow, fn)) reportHidden(context, file, fn, loss);
    }
  }
}

function reportLoss(
  context: RuleContext,
  file: SideFile,
  fn: FlowFunction,
  { kind, call, record, taker, flags, trail, values }: IrqLoss,
): void {
  const name = isSection(record.class) ? 'this stretch' : values.printPlace(record.lock);
  const [now, before] = [call.name ?? '', taker.name ?? ''];
  context.report({
    message: kind,
    data: { lock: name, taker: before, giver: now, saver: now, flags },
    at: { file, span: call.span },
    function: fn.fn.name,
    fact: `${kind} ${name} ${now}`,
    why:
      kind === 'on'
        ? `An interrupt whose handler takes ${name} can come from here on, while this processor holds it.`
        : `${flags} now says that interrupts were off: the last restore leaves them off.`,
    evidence: [
      ...evidenceOf(file, stepsSince(trail, record.since?.step), (step) => values.printPlace(step.lock)),
      { at: { file, span: call.span }, message: kind === 'on' ? 'interrupts are on from here' : `${flags} is written over here` },
    ],
    fixes: [],
    confidence: 'high',
  });
}

function reportHidden(context: RuleContext, file: SideFile, fn: FlowFunction, { kind, call, lock, flags }: HiddenIrqLoss): void {
  const [now, later] = [call.name ?? '', lock.release.name ?? ''];
  context.report({
    message: kind === 'on' ? 'onHidden' : 'flagsHidden',
    data: { lock: lock.text, giver: now, saver: now, later, flags },
    at: { file, span: call.span },
    function: fn.fn.name,
    fact: `${kind} ${lock.text} ${now}`,
    why:
      kind === 'on'
        ? `Every way from here gives ${lock.text} back, so it is held, and an interrupt whose handler takes it can come.`
        : `${flags} now says that interrupts were off: ${later}() leaves them off.`,
    evidence: [
      { at: { file, span: call.span }, message: kind === 'on' ? 'interrupts are on from here' : `${flags} is written over here` },
      { at: { file, span: lock.release.span }, message: `${lock.text} is given back here` },
    ],
    fixes: [],
  });
}

function checkHandlers(context: RuleContext): void {
  const handlers = handlersOf(context);
  if (handlers.length === 0) return;
  for (const file of context.files) {
    const flow = context.flow(file);
    // What keeps the interrupt out keeps bottom halves out as well.
    const told = new Set<number>();
    for (const kind of ['interrupt', 'bottom-half'] as const) {
      const wanted = handlers.filter((handler) => handler.context === kind);
      const takers = takersOf(wanted);
      if (takers.size === 0) continue;
      const contexts = new EntryContexts(flow, handlers, kind, context.era.id);
      for (const fn of flow.functions) {
        throwIfCancelled(context.cancel);
        const locks = flow.locks(fn);
        if (!locks || locks.result.stopped) continue;
        const seen = new Set<string>();
        for (const event of locks.events) {
          const name = locks.result.names.get(event.lock);
          const handler = name === undefined ? undefined : takers.get(name);
          if (name === undefined || !handler || seen.has(name) || !isPlain(event) || areOff(event.state, kind) !== false) continue;
          // A reader may be interrupted by a reader.
          if (event.mode === 'shared' && !handler.acquires.some((use) => use.lock.name === name && use.mode === 'exclusive')) continue;
          if (isOwnNewObject(locks.result.values, event.lock)) continue;
          const isOn = contexts.startsOn(fn);
          const before = isOn ? null : weakenedBy(context, file, fn, event, name, kind);
          if (!isOn && (!before || contexts.mayStartOff(fn))) continue;
          seen.add(name);
          if (told.has(event.span.start)) continue;
          told.add(event.span.start);
          report(context, file, fn, locks, event, name, handler, before);
        }
      }
    }
  }
}

/**
 * The acquisition by a form that switched interrupts off which the patch makes a plain one; null where it did not. Who wrote it held that
 * they may be on there.
 */
function weakenedBy(
  context: RuleContext,
  file: SideFile,
  fn: FlowFunction,
  event: LockEvent,
  name: string,
  kind: HandlerContext,
): { readonly file: SideFile; readonly event: LockEvent } | null {
  const other = context.side === 'after' && file.isChanged(event.span.start) ? counterpartOf(context, file, fn) : null;
  const found = other?.changed.find((one) => {
    const irq = one.action === 'acquire' && one.mode === event.mode ? lockOperation(one.name)?.irq : undefined;
    const isSafe = irq === 'irq' || irq === 'irqsave' || (irq === 'bh' && kind === 'bottom-half');
    return isSafe && other.locks.result.names.get(one.lock) === name && areOff(one.state, kind) === false;
  });
  return other && found ? { file: other.file, event: found } : null;
}

/** Whether the commit message speaks of where the function runs. */
function speaksOfContext({ patch }: RuleContext): boolean {
  const message = (patch?.commitMessage ?? []).map(({ text }) => text).join(' ');
  return /\bdisabl|\bcontext\b|\bhandlers?\b|\birq-?off/i.test(`${patch?.subject ?? ''} ${message}`);
}

/** Handlers by the locks that they take without regard to who holds them. */
function takersOf(handlers: readonly Handler[]): ReadonlyMap<string, Handler> {
  const takers = new Map<string, Handler>();
  for (const handler of handlers)
    for (const use of handler.acquires)
      if (use.lock.name !== null && spinning.has(use.class) && !use.isTry && !takers.has(use.lock.name)) takers.set(use.lock.name, handler);
  return takers;
}

/** Whether an acquisition leaves interrupts as they are. */
function isPlain(event: LockEvent): boolean {
  return event.action === 'acquire' && !event.indirect && spinning.has(event.class) && lockOperation(event.name)?.irq === 'none';
}

function report(
  context: RuleContext,
  file: SideFile,
  fn: FlowFunction,
  locks: LockWalk,
  event: LockEvent,
  name: string,
  handler: Handler,
  before: ReturnType<typeof weakenedBy>,
): void {
  const { values } = locks.result;
  const lock = plainLockName(name);
  const isExplained = before !== null && (saysNeedless(context) || speaksOfContext(context));
  context.report({
    message: before ? 'weakened' : handler.context,
    data: { lock, taker: event.name, handler: handler.name, before: before?.event.name ?? '' },
    at: { file, span: event.span },
    function: fn.fn.name,
    fact: `${name} ${handler.name}`,
    why: `If the interrupt comes on this processor while ${lock} is held, ${handler.name}() waits for it for ever.`,
    evidence: [
      { at: { file: handler.file, span: handler.call.span }, message: `${handler.name}() is registered here` },
      ...takenInHandler(handler, name),
      ...evidenceOf(file, pathTo(event.state), (step) => values.printPlace(step.lock)),
      ...(before
        ? [{ at: { file: before.file, span: before.event.span }, message: `before the patch ${before.event.name}() took it` }]
        : []),
      {
        at: { file, span: event.span },
        message: `${values.printPlace(event.lock)} is taken here ${before ? 'and leaves interrupts as they are' : 'with interrupts on'}`,
      },
    ],
    fixes: [],
    ...(isExplained ? { level: 'low' as const } : {}),
  });
}

/** The place in the handler's own text that takes the lock, or leads to it. */
function takenInHandler(handler: Handler, name: string): EvidenceStep[] {
  const fn = handler.flow.functions.find((one) => one.fn.name === handler.name);
  const locks = fn && handler.flow.locks(fn);
  const event = locks?.events.find((one) => one.action === 'acquire' && !one.indirect && locks.result.names.get(one.lock) === name);
  if (event) return [{ at: { file: handler.file, span: event.span }, message: `${handler.name}() takes ${plainLockName(name)} here` }];
  if (!fn) return [];
  const via = handler.acquires.find((use) => use.lock.name === name)?.via ?? null;
  const call = fn.procedure.blocks.flatMap((block) => block.instructions).find((one) => one.op === 'call' && one.name === via);
  return call && via !== null
    ? [{ at: { file: handler.file, span: call.span }, message: `${handler.name}() calls ${via}(), which takes ${plainLockName(name)}` }]
    : [];
}

export const rule = defineRule({ meta, messages, check });
