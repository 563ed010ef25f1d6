// # lock-held-at-return
//
// A function returns with a lock that it took and did not give back.
//
// ## What it reports
//
// A path from the place where a lock is taken to a return, on which the lock is given back nowhere: mutexes, rt_mutexes, rw
// semaphores, semaphores that are used like a mutex, spinlocks of all kinds, rwlocks, RCU and SRCU read sides, device_lock(), socket
// locks, interrupts, bottom halves or preemption that are left off, locks that a function named as a lock function takes, and locks that
// only an annotation or a pair of names (`bus_lock`, `bus_unlock`) tells of. Goto ladders, loops, trylock and interruptible forms, flags
// that are tested again, macros of the file and the guards of cleanup.h are followed. The finding stands at the return, or at the goto
// where the return is right for other paths. Several returns with the lock of one acquisition are one finding, at the first of them.
// Where a patch drops a release that hunks alone show, and neither its message nor any other line of it is about that lock, the return
// behind it is a warning too. As mended also a return where the lock is taken in code that is not visible, and the patch adds its release on the way.
//
// Where a patch shows hunks alone, a lock that no hunk takes counts too, as a warning: a new test leads to a new return, and without
// the test every way from there gives the lock back.
//
// ## Why it matters
//
// The next caller that wants the lock waits for ever; with a spinlock the processor spins, with RCU grace periods stop.
//
// ## Known misses
//
// Locks that are taken for all elements in one loop; a lock of an element that no way through the round gives back, or that the way
// which keeps it hands on; a lock of an object that is replaced by hand while it is held (`p = next_of(p)`); functions with more states
// than a walk keeps (reported as unknown).
//
// ## Known false alarms
//
// A function that hands the lock to its caller without saying so in its name (lock, begin, start, ...) or by `__acquires`, where
// neither a caller in the same file nor a function whose name belongs to it (`x_start`, `x_stop`) gives it back. A callback of a
// table of functions that gives the lock back for its caller. With hunks alone: a function that drops its caller's lock for a while, where no hunk says so.
//
// ## Example that triggers
//
// ```c
// static int demo_set(struct demo *demo, int type)
// {
// 	mutex_lock(&demo->lock);
// 	if (demo->busy)
// 		return -EBUSY;
// 	demo->type = type;
// 	mutex_unlock(&demo->lock);
// 	return 0;
// }
// ```
//
// ## Example that does not
//
// ```c
// static int demo_set(struct demo *demo, int type)
// {
// 	int ret = 0;
//
// 	mutex_lock(&demo->lock);
// 	if (demo->busy) {
// 		ret = -EBUSY;
// 		goto out;
// 	}
// 	demo->type = type;
// out:
// 	mutex_unlock(&demo->lock);
// 	return ret;
// }
// ```
//
// ## Fix
//
// Gives the lock back before the return (safe where the returned value is a constant), or sets the variable that the function
// returns and goes to the label that gives the lock back.
//
// ## Sources
//
// - Documentation/locking/mutex-design.rst and Documentation/process/coding-style.rst (centralized exiting of functions), Linux 6.12.

import { throwIfCancelled } from '../base/cancel.ts';
import type { FlowFile, FlowFunction, LockLeft, LockWalk } from '../flow/program.ts';
import { pathTo } from '../flow/walk.ts';
import type { WalkExit } from '../flow/walk-events.ts';
import { markedPrototype } from '../flow/annotated.ts';
import { recordOf, type LockRecord } from '../flow/lock-state.ts';
import type { Step } from '../flow/trail.ts';
import type { Value } from '../flow/values.ts';
import { isSection, lockOperation, sectionOf } from '../kernel/locks.ts';
import { isLockName, saysTake } from '../kernel/lock-names.ts';
import { goesBothWays } from './locking/both-ways.ts';
import { droppedReleases, type DroppedRelease } from './locking/dropped-release.ts';
import { evidenceOf } from './locking/evidence.ts';
import {
  chosenByFlag,
  locksAtExits,
  notesHeld,
  returnsError,
  returnsOwner,
  takesOrGives,
  tellsApart,
  type LockAtExits,
} from './locking/exits.ts';
import { isGivenInPart } from './locking/given-in-part.ts';
import {
  callerGivesBack,
  endsWith,
  handsGiverOn,
  hasNoCaller,
  hasOtherHalf,
  isAnnotated,
  isDeclared,
  leavesKeyWithCaller,
  tellsByParameter,
} from './locking/handover.ts';
import { leftBehindGaps, type LeftBehindGap } from './locking/left-behind-gap.ts';
import { leftInLoops, roundEnd } from './locking/left-in-loop.ts';
import { releaseFixes } from './locking/release-fix.ts';
import { missingReleases, type MissingRelease } from './locking/told-by-patch.ts';
import { reportModelFacts } from './model/reportFacts.ts';
import { defineRule, type Messages, type RuleContext, type RuleMeta, type SideFile } from './rule.ts';

const meta: RuleMeta = {
  id: 'lock-held-at-return',
  title: 'A function returns with a lock that it took and did not give back',
  category: 'locking',
  level: 'high',
  confidence: 'high',
  evidence: 'static',
  needs: 'hunk',
  since: '0.1.0',
  sources: [
    { title: 'Centralized exiting of functions, Linux kernel coding style', url: 'https://docs.kernel.org/process/coding-style.html' },
    { title: 'Generic mutex subsystem', url: 'https://docs.kernel.org/locking/mutex-design.html' },
  ],
  refute: 'The function hands the lock to its caller on purpose: then its name or __acquires() should say so.',
};

const messages: Messages = {
  off: '{lock}, which {taker}() began, has not ended at this return',
  return: '{lock}, taken by {taker}(), is still held at this return',
  goto: '{lock}, taken by {taker}(), is still held at the return behind {label}',
  round: '{lock}, taken by {taker}(), is still held where this round of the loop ends, and the next round forgets it',
  hidden: '{lock} is still held at this return, while the other way behind the test gives it back by {giver}()',
  hiddenGoto: '{lock} is still held at the return behind {label}, while the other way behind the test gives it back by {giver}()',
  end: '{lock}, taken by {taker}(), is still held where the function ends',
  dropped: '{lock} is still held at this return: the patch drops {giver}() on the way here',
  mended: '{lock} is still held at this return: the patch gives it back on the way here',
  model: '{lock} is still held when the call returns ({calls})',
};

type Acquire = Extract<Step, { kind: 'acquire' | 'release' }>;

function check(context: RuleContext): void {
  for (const file of context.files) {
    const flow = context.flow(file);
    const leaks = new LeaksOfFile(file, flow);
    for (const fn of flow.functions) {
      throwIfCancelled(context.cancel);
      for (const dropped of droppedReleases(context, file, flow, fn)) reportDropped(context, file, fn, dropped);
      for (const missing of missingReleases(context, file, flow, fn)) reportMended(context, file, fn, missing);
      const locks = flow.locks(fn);
      if (!locks) continue;
      for (const left of leftBehindGaps(context, file, flow, fn)) reportHidden(context, file, fn, left);
      if (locks.result.stopped) {
        context.unknown('states', `${fn.fn.name}() has more paths than a walk follows`, { file, span: fn.fn.nameSpan }, fn.fn.name);
        continue;
      }
      for (const { lock, wrong } of leaks.of(fn)) {
        const seen = new Set<number>();
        for (const { exit, record } of wrong) report(context, file, fn, locks, lock, exit, record, seen);
      }
      for (const left of leftInLoops(file.c.text, flow, fn, locks)) reportRound(context, file, fn, locks, left);
    }
  }
  reportModelFacts(context, meta.id);
}

/** Whether interrupts stay off with a lock that is still held: the lock says it. */
function goesWithLock(exit: WalkExit, section: LockRecord): boolean {
  return exit.state.locks.records.some(({ class: lockClass, status, since }) => {
    const operation = since?.step.kind === 'acquire' ? lockOperation(since.step.name) : null;
    return status === 'held' && !isSection(lockClass) && operation !== null && sectionOf(operation)?.class === section.class;
  });
}

/** Interrupts and the like that were switched off for themselves, and not with a lock. */
function isPlainSection({ class: lockClass, since }: LockRecord): boolean {
  const step = since?.step;
  const operation = step?.kind === 'acquire' ? lockOperation(step.name) : null;
  return isSection(lockClass) && (!operation || isSection(operation.class));
}

/** Whether the function uses a semaphore like a mutex: it waits for it once, and gives it back on some way. Others are waited for like events. */
function isUsedAsLock(locks: LockWalk, { lock, without }: LockAtExits, taker: string): boolean {
  if (taker.includes('trylock') || locks.events.some((event) => event.lock === lock && event.outcome === 'double')) return false;
  return without.some((exit) => recordOf(exit.state.locks, lock)?.status === 'freed');
}

/** Exits of a function by lock, each with a lock that it must not leave held. */
type Leaks = readonly { readonly lock: LockAtExits; readonly wrong: LockAtExits['with'] }[];

/** What one file's functions leave held, each worked out once: a caller asks whether its callee is the one to blame. */
class LeaksOfFile {
  private readonly known = new Map<FlowFunction, Leaks>();

  constructor(
    private readonly file: SideFile,
    private readonly flow: FlowFile,
  ) {}

  of(fn: FlowFunction): Leaks {
    const known = this.known.get(fn);
    if (known) return known;
    // Functions that call each other in a circle see nothing of each other.
    this.known.set(fn, []);
    const locks = this.flow.locks(fn);
    const leaks =
      !locks || locks.result.stopped
        ? []
        : locksAtExits(locks, 'held').flatMap((lock) => {
            const wrong = lock.with.filter(({ exit, record }) => {
              const step = record.since?.step;
              if (
                step?.kind !== 'acquire' ||
                (record.class === 'semaphore' && !(isUsedAsLock(locks, lock, step.name) && returnsError(locks, exit)))
              )
                return false;
              if (isSection(record.class) && goesWithLock(exit, record)) return false;
              if (step.via !== null && endsWith(exit, step.span)) return false;
              if (leavesKeyWithCaller(fn, step.span) && !returnsError(locks, exit)) return false;
              return (
                (step.via === null || this.handsOver(step.via)) &&
                this.isWrong(fn, locks, lock, exit) &&
                !isGivenInPart(this.flow, fn, locks, lock.lock, step.span.start) &&
                !goesBothWays(this.file.c.text, fn.procedure, locks, lock.lock, exit.state.trail) &&
                !handsGiverOn(this.flow, fn, locks.result.names.get(lock.lock))
              );
            });
            return wrong.length === 0 ? [] : [{ lock, wrong }];
          });
    this.known.set(fn, leaks);
    return leaks;
  }

  /** Whether a called function leaves its lock to the caller on purpose; what another leaves behind is its own finding. */
  private handsOver(name: string): boolean {
    const callee = this.flow.functions.find((one) => one.fn.name === name);
    return callee ? this.of(callee).length === 0 : saysTake(name) || markedPrototype(this.flow.c, name) !== null;
  }

  /** Whether nothing says that the lock may be held at an exit. */
  private isWrong(fn: FlowFunction, locks: LockWalk, lock: LockAtExits, exit: WalkExit): boolean {
    const { file, flow } = this;
    if (tellsByParameter(fn) || takesOrGives(fn, locks, lock.lock) || notesHeld(locks, exit)) return false;
    const other = hasOtherHalf(file, flow, fn, locks, lock.lock, 'given');
    // Interrupts that stay off on every way, or where the result says so, stay off for somebody.
    if (
      lock.with.some(({ record }) => isPlainSection(record)) &&
      !(lock.without.length > 0 && (tellsApart(locks, lock) === 'no' || returnsError(locks, exit)))
    )
      return false;
    if (hasNoCaller(file, fn) && !isAnnotated(flow, fn) && !other) return true;
    // Nobody who calls it can know on which paths the lock is held.
    const told = tellsApart(locks, lock) !== 'no' || returnsOwner(locks, lock.lock, exit) || chosenByFlag(fn, locks, lock);
    if (!told && !other && !isLockName(fn.fn.name)) return true;
    if (isDeclared(flow, fn, 'held')) return returnsError(locks, exit) && lock.without.some((one) => returnsError(locks, one));
    if (other) return false;
    if (returnsError(locks, exit) && lock.without.length > 0) return true;
    return !returnsOwner(locks, lock.lock, exit) && !callerGivesBack(flow, fn);
  }
}

function report(
  context: RuleContext,
  file: SideFile,
  fn: FlowFunction,
  locks: LockWalk,
  lock: LockAtExits,
  exit: WalkExit,
  record: LockRecord,
  seen: Set<number>,
): void {
  const taken = record.since?.step;
  if (taken?.kind !== 'acquire') return;
  const steps = pathTo(exit.state);
  const since = steps.slice(Math.max(0, steps.indexOf(taken)));
  const shared = lock.without.some((other) => other.terminator === exit.terminator);
  const jump = since.findLast((step) => step.kind === 'goto');
  const at = shared && jump ? jump.span : exit.terminator.span;
  if (seen.has(at.start)) return;
  seen.add(at.start);
  const name = locks.result.values.printPlace(lock.lock);
  const nameLock = (step: Acquire): string => locks.result.values.printPlace(step.lock);
  context.report({
    message: isSection(record.class) ? 'off' : shared && jump ? 'goto' : exit.terminator.implicit ? 'end' : 'return',
    data: { lock: name, taker: taken.name, label: jump?.kind === 'goto' ? jump.label : '' },
    at: { file, span: at },
    function: fn.fn.name,
    fact: name,
    defect: `${name} ${String(taken.span.start)}`,
    why: `Whoever wants ${name} next waits for ever: no later code gives it back.`,
    evidence: [
      ...evidenceOf(file, since, nameLock),
      {
        at: { file, span: exit.terminator.span },
        message: exit.terminator.implicit ? 'the function ends with the lock held' : 'returns with the lock held',
      },
    ],
    fixes: shared ? [] : releaseFixes(file, fn.procedure, taken, exit.terminator),
    witness: true,
    ...(isOfChangingAnswers(locks, lock.lock) ? { level: 'low' as const, confidence: 'low' as const } : {}),
    ...(lock.without.length === 0 ? { confidence: 'moderate' as const, witness: false } : {}),
  });
}

/** Where the patch drops a release, and nothing else of the lock, it is held. */
function reportDropped(context: RuleContext, file: SideFile, fn: FlowFunction, { lock, exit, release }: DroppedRelease): void {
  context.report({
    message: 'dropped',
    data: { lock, giver: release.name },
    at: { file, span: exit.span },
    function: fn.fn.name,
    fact: lock,
    why: `Whoever wants ${lock} next waits for ever: no later code gives it back.`,
    evidence: [{ at: { file: release.file, span: release.span }, message: `the patch drops ${release.name}() here` }],
    fixes: [],
    confidence: 'moderate',
    witness: false,
  });
}

/** What is known by the patch alone: where it adds a release, the lock was held. */
function reportMended(context: RuleContext, file: SideFile, fn: FlowFunction, { lock, exit, release }: MissingRelease): void {
  context.report({
    message: 'mended',
    data: { lock },
    at: { file, span: exit.span },
    function: fn.fn.name,
    fact: lock,
    why: `Whoever wants ${lock} next waits for ever: no later code gives it back.`,
    evidence: [{ at: { file: release.file, span: release.span }, message: `the patch adds ${release.name}() here` }],
    fixes: [],
    confidence: 'moderate',
  });
}

/** Whether the lock lies in what a call answered for arguments that differ from path to path: nobody knows which of the objects is still locked. */
function isOfChangingAnswers({ result: { values } }: LockWalk, lock: LockAtExits['lock']): boolean {
  const open = [lock];
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    const value = values.get(id);
    if (value.kind === 'field' || value.kind === 'element') open.push(value.base);
    else if (value.kind === 'content') open.push(value.address);
    else if (value.kind === 'copy' || value.kind === 'container') open.push(value.of);
    else if (value.kind === 'apply' && value.args.some((arg) => values.symbolsOf(arg).some((symbol) => isJoined(values.get(symbol)))))
      return true;
  }
  return false;
}

function isJoined(value: Value): boolean {
  return value.kind === 'symbol' && value.name.startsWith('joined:');
}

/** A lock of an element of a loop: the finding stands at the `continue`, or where the lock was taken if the round just ends. */
function reportRound(context: RuleContext, file: SideFile, fn: FlowFunction, locks: LockWalk, left: LockLeft): void {
  const { record, index, state } = left;
  const taken = record.since?.step;
  if (taken?.kind !== 'acquire') return;
  const nameLock = (step: Acquire): string => {
    const name = locks.result.values.printPlace(step.lock);
    return index === null ? name : name.replace(`[${index.from}]`, `[${index.to}]`);
  };
  const name = nameLock(taken);
  const steps = pathTo(state);
  const at = roundEnd(file.c.text, left.terminator);
  context.report({
    message: 'round',
    data: { lock: name, taker: taken.name },
    at: { file, span: at ?? taken.span },
    function: fn.fn.name,
    fact: name,
    why: `Whoever wants ${name} next waits for ever: another way through the round gives it back, this one does not.`,
    evidence: [
      ...evidenceOf(file, steps.slice(Math.max(0, steps.indexOf(taken))), nameLock),
      { at: { file, span: at ?? left.terminator.span }, message: 'the round ends with the lock held' },
    ],
    fixes: [],
    witness: true,
  });
}

/** A lock that only code between the hunks can have taken. */
function reportHidden(context: RuleContext, file: SideFile, fn: FlowFunction, { lock, test, exit, jump }: LeftBehindGap): void {
  const giver = lock.release.name ?? '';
  context.report({
    message: jump ? 'hiddenGoto' : 'hidden',
    data: { lock: lock.text, giver, label: jump?.label ?? '' },
    at: { file, span: (jump ?? exit).span },
    function: fn.fn.name,
    fact: lock.text,
    defect: `${lock.text} hidden`,
    why: `Every way from here gave ${lock.text} back before there was this test, so it is held: whoever wants it next waits for ever.`,
    evidence: [
      { at: { file, span: { start: test.condition.start, end: test.condition.end } }, message: `${lock.text} is held at this test` },
      { at: { file, span: lock.release.span }, message: 'the other way gives it back here' },
      { at: { file, span: exit.span }, message: 'returns with the lock held' },
    ],
    fixes: [],
    confidence: 'moderate',
    witness: false,
  });
}

export const rule = defineRule({ meta, messages, check });
