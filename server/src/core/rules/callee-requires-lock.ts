// # callee-requires-lock
//
// A function is called without the lock that it needs, or with one that it must not find held.
//
// ## What it reports
//
// A call on a path where a lock that the called function asserts (`lockdep_assert_held()`), or that its contract requires, is known to
// be free: the path gave it back before, or takes it only later; several such calls behind one release, or before one acquisition, are
// one finding. And a call of a function or of a driver operation that takes a group mutex itself, or may come to take it, on a path
// that holds it, or behind a call that needs the same mutex held. A lock that no hunk takes is held at a new call from which every way
// gives it back. A call that a lock is taken for on one side of the patch alone: who took it there did not have it from the caller.
// Where nobody knows whether the caller holds the lock, nothing is said.
// A contract that was read in later kernels than that of the patch makes a note, not a warning.
//
// ## Why it matters
//
// Without the lock the callee changes what others read at the same time. With a lock that the callee takes as well, the thread waits
// for itself.
//
// ## Known misses
//
// Locks that the caller of the shown function holds or does not hold, and objects that two names stand for.
//
// ## Known false alarms
//
// An object that no other thread can reach at that place.
//
// ## Example that triggers
//
// ```c
// static void demo_unlink(struct demo *demo)
// {
// 	lockdep_assert_held(&demo->lock);
// 	list_del(&demo->node);
// }
//
// void demo_remove(struct demo *demo)
// {
// 	mutex_lock(&demo->lock);
// 	demo->dead = true;
// 	mutex_unlock(&demo->lock);
// 	demo_unlink(demo);
// }
// ```
//
// ## Example that does not
//
// ```c
// static void demo_unlink(struct demo *demo)
// {
// 	lockdep_assert_held(&demo->lock);
// 	list_del(&demo->node);
// }
//
// void demo_remove(struct demo *demo)
// {
// 	mutex_lock(&demo->lock);
// 	demo->dead = true;
// 	demo_unlink(demo);
// 	mutex_unlock(&demo->lock);
// }
// ```
//
// ## Fix
//
// None offered: take the lock around the call, or make the call where the lock is held; a callback that takes the lock is called
// after it was given back.
//
// ## Sources
//
// - Lockdep design, "Annotations" (docs.kernel.org/locking/lockdep-design.html).
// - drivers/iommu/iommu.c, Linux 6.1 and 6.12: locks of groups and of their members.

import { throwIfCancelled } from '../base/cancel.ts';
import { valueOf } from '../flow/evaluate.ts';
import { recordOf, type LockRecord } from '../flow/lock-state.ts';
import type { FlowFile, FlowFunction } from '../flow/program.ts';
import type { Trail } from '../flow/trail.ts';
import type { ValueId } from '../flow/values.ts';
import { lockOperation } from '../kernel/locks.ts';
import { heldAtNewCall, hiddenLocks, type HiddenLock } from './locking/behind-gap.ts';
import { isOneObject } from './locking/entry.ts';
import { evidenceOf } from './locking/evidence.ts';
import {
  callsOf,
  isHeld,
  isOwnNewObject,
  knownFree,
  pointsOf,
  stepsSince,
  type Call,
  type Free,
  type Point,
  type Points,
} from './locking/points.ts';
import { forbiddenUnderGroupMutex } from '../kernel/contracts/ops.ts';
import { freeByPatch, takenOnOtherSide, type TakenOnOtherSide } from './locking/required-by-patch.ts';
import { forbiddenAt, isGroupMutex, mayDemand, requiredAt, type Demand } from './locking/requirements.ts';
import { saysNeedless } from './locking/told-by-patch.ts';
import { defineRule, type EvidenceStep, type Messages, type RuleContext, type RuleMeta, type SideFile } from './rule.ts';

const meta: RuleMeta = {
  id: 'callee-requires-lock',
  title: 'A function is called without the lock that it needs, or with one that it must not find held',
  category: 'locking',
  level: 'high',
  confidence: 'high',
  evidence: 'static',
  needs: 'hunk',
  since: '0.1.0',
  sources: [{ title: 'Lockdep design', url: 'https://docs.kernel.org/locking/lockdep-design.html' }],
  refute: 'Another name for the same lock is held here, or the object is not yet or no longer known to others.',
};

const messages: Messages = {
  freed: '{function}() needs {lock}, which this path gave back before the call',
  later: '{function}() needs {lock}, which this path takes only after the call',
  dropped: '{function}() needs {lock}, which the patch no longer takes for it',
  missing: '{function}() needs {lock}, which nothing takes for it before the patch',
  held: '{function}() takes {lock} itself, or may come to take it, and it is held here',
  deviceLock: '{function}() waits for a device lock under {lock}: everywhere else the device lock is taken first',
  userMemory: '{function}() may wait for user memory, and {lock} is held here',
  both: '{function}() takes {lock} itself, or may come to take it, but {other}() above needs it held',
};

interface Place {
  readonly context: RuleContext;
  readonly file: SideFile;
  readonly flow: FlowFile;
  readonly fn: FlowFunction;
  readonly points: Points;
  /** Locks that only code between the hunks can have taken. */
  readonly hidden: readonly HiddenLock[];
  readonly otherSide: TakenOnOtherSide;
}

function check(context: RuleContext): void {
  for (const file of context.files) {
    const flow = context.flow(file);
    for (const fn of flow.functions) {
      throwIfCancelled(context.cancel);
      const asking = new Set(callsOf(fn).filter((call) => call.scopeExit === null && mayDemand(flow, call, context.era.id)));
      if (asking.size === 0) continue;
      const points = pointsOf(flow, fn, { call: (call) => asking.has(call) || isLockCall(call) });
      if (!points) continue;
      const hidden = hiddenLocks(context, file, flow, fn);
      checkFunction({ context, file, flow, fn, points, hidden, otherSide: takenOnOtherSide(context, file, flow, fn) }, asking);
    }
  }
}

function isLockCall(call: Call): boolean {
  return call.name !== null && isGroupMutex(call.args[0]) && lockOperation(call.name) !== null;
}

function checkFunction(place: Place, asking: ReadonlySet<Call>): void {
  const { context, flow, points } = place;
  const { values } = points.result;
  const groupMutexes = new Set(
    points.calls.filter(({ node }) => isLockCall(node)).map(({ node, store }) => valueOf(values, store, node.args[0] ?? node.callee)),
  );
  const seen = new Set<Call>();
  const required: { demand: Demand; point: Point<Call> }[] = [];
  for (const point of points.calls) {
    if (!asking.has(point.node) || seen.has(point.node)) continue;
    for (const demand of requiredAt(context, flow, values, point)) {
      required.push({ demand, point });
      if (checkRequired(place, point, demand)) seen.add(point.node);
    }
    if (!seen.has(point.node) && checkGroupMutex(place, point, groupMutexes)) seen.add(point.node);
    for (const demand of forbiddenAt(context, flow, values, point))
      if (!seen.has(point.node) && checkForbidden(place, point, demand, groupMutexes, required)) seen.add(point.node);
  }
}

/** Reports a call without its lock; false where the lock is held or nobody knows. */
function checkRequired(place: Place, point: Point<Call>, demand: Demand): boolean {
  const { points, flow, fn } = place;
  const { values } = points.result;
  if (demand.locks.some((lock) => isHeld(recordOf(point.locks, lock)))) return false;
  const walked = flow.locks(fn);
  for (const lock of demand.locks) {
    const free = knownFree(points, lock, point);
    if (!free || isOwnNewObject(values, lock) || (walked && !isOneObject(walked, lock))) continue;
    reportFree(place, point, demand, lock, free);
    return true;
  }
  const byPatch = freeByPatch(points, point, demand, place.otherSide);
  if (!byPatch || isOwnNewObject(values, byPatch.lock)) return false;
  const name = values.printPlace(byPatch.lock);
  const { context } = place;
  if (context.side === 'before') report(place, point, demand, 'missing', name, [byPatch.step]);
  else report(place, point, { ...demand, certain: demand.certain && !saysNeedless(context) }, 'dropped', name, [byPatch.step]);
  return true;
}

function reportFree(place: Place, point: Point<Call>, demand: Demand, lock: ValueId, free: Free): void {
  const { file, points } = place;
  const { values } = points.result;
  const name = values.printPlace(lock);
  const nameLock = (step: { readonly lock: ValueId }): string => values.printPlace(step.lock);
  const way =
    free.how === 'given-back'
      ? evidenceOf(file, stepsSince(point.trail, free.step), nameLock)
      : [{ at: { file, span: free.event.span }, message: `${name} is taken here, after the call` }];
  const since = free.how === 'given-back' ? free.step?.span : free.event.span;
  report(place, point, demand, free.how === 'given-back' ? 'freed' : 'later', name, way, '', since?.start ?? null);
}

/** Reports a call under a lock that it must not find held; false where the lock is free or nobody knows. */
function checkForbidden(
  place: Place,
  point: Point<Call>,
  demand: Demand,
  groupMutexes: ReadonlySet<ValueId>,
  required: readonly { readonly demand: Demand; readonly point: Point<Call> }[],
): boolean {
  const { file, points } = place;
  const { values } = points.result;
  const held = heldLock(point, demand, groupMutexes);
  if (held) {
    const nameLock = (step: { readonly lock: ValueId }): string => values.printPlace(step.lock);
    report(
      place,
      point,
      demand,
      'held',
      values.printPlace(held.lock),
      evidenceOf(file, stepsSince(point.trail, held.since?.step), nameLock),
    );
    return true;
  }
  const hidden = hiddenLock(place, point, demand);
  if (hidden) {
    const giver = {
      at: { file, span: hidden.release.span },
      message: `every way from here gives ${hidden.text} back, and nothing takes it before`,
    };
    report(place, point, demand, 'held', hidden.text, [giver]);
    return true;
  }
  if (point.locks.allTouched || demand.locks.some((lock) => recordOf(point.locks, lock))) return false;
  // What another call on the way needs is held there, and nothing gave it back since.
  const before = required.find(
    (one) => leadsUnchanged(one.point.trail, point.trail) && one.demand.locks.some((lock) => demand.locks.includes(lock)),
  );
  const lock = before?.demand.locks[0];
  if (!before || lock === undefined || before.point.node === point.node) return false;
  const name = values.printPlace(lock);
  const both = { ...demand, certain: demand.certain && before.demand.certain };
  report(
    place,
    point,
    both,
    'both',
    name,
    [{ at: { file, span: before.point.node.span }, message: `${nameOf(before.point.node)}() is called here and needs ${name}` }],
    nameOf(before.point.node),
  );
  return true;
}

/** Reports a device lock or a copy of user memory under the mutex of a group. */
function checkGroupMutex(place: Place, point: Point<Call>, groupMutexes: ReadonlySet<ValueId>): boolean {
  const what = point.node.name === null ? null : forbiddenUnderGroupMutex(point.node.name);
  const held = what === null ? undefined : point.locks.records.find((record) => groupMutexes.has(record.lock) && isHeld(record));
  if (what === null || !held) return false;
  const { file, points } = place;
  const { values } = points.result;
  const way = evidenceOf(file, stepsSince(point.trail, held.since?.step), (step) => values.printPlace(step.lock));
  const demand: Demand = { locks: [held.lock], kind: 'group-mutex', from: 'contract', certain: true };
  report(place, point, demand, what === 'device-lock' ? 'deviceLock' : 'userMemory', values.printPlace(held.lock), way);
  return true;
}

/** Whether a path leads from one place to another and neither takes nor gives back a lock between. */
function leadsUnchanged(earlier: Trail | null, later: Trail | null): boolean {
  for (let at = later; at !== earlier; at = at.previous)
    if (at === null || (at.step.kind !== 'branch' && at.step.kind !== 'case' && at.step.kind !== 'goto')) return false;
  return true;
}

function nameOf(call: Call): string {
  return call.name ?? (call.callee.kind === 'field' ? call.callee.name : '');
}

/** The record of a held lock that a demand forbids; a device may be a member of any group whose mutex is held. */
function heldLock(point: Point<Call>, demand: Demand, groupMutexes: ReadonlySet<ValueId>): LockRecord | null {
  const exact = point.locks.records.find((record) => demand.locks.includes(record.lock) && isHeld(record));
  if (exact) return exact;
  if (demand.kind !== 'group-mutex' || demand.locks.length < 2) return null;
  return point.locks.records.find((record) => groupMutexes.has(record.lock) && isHeld(record)) ?? null;
}

/** A forbidden lock that code between the hunks has taken. */
function hiddenLock({ file, fn, points, hidden }: Place, { node }: Point<Call>, demand: Demand): HiddenLock | undefined {
  const names = demand.locks.map((lock) => points.result.values.printPlace(lock));
  const isMember = demand.kind === 'group-mutex' && demand.locks.length > 1;
  return heldAtNewCall(file, fn, hidden, node).find(
    ({ text, release }) => names.includes(text) || (isMember && isGroupMutex(release.args[0])),
  );
}

const waits = (name: string, lock: string): string =>
  `${name}() or what it calls waits for ${lock}, which only this thread could give back.`;
const unguarded = (name: string, lock: string): string =>
  `${name}() relies on ${lock}: without it others read and change the same state meanwhile.`;

/** Why each kind of finding matters, for a called function and a lock. */
const reasons = {
  freed: unguarded,
  later: unguarded,
  dropped: unguarded,
  missing: unguarded,
  held: waits,
  both: waits,
  deviceLock: (_: string, lock: string): string =>
    `A driver that is bound at this moment holds the device lock and waits for ${lock}: neither goes on.`,
  userMemory: (_: string, lock: string): string =>
    `Reading the memory in takes as long as its owner likes, and all that need ${lock} wait.`,
};

function report(
  { context, file, fn }: Place,
  point: Point<Call>,
  demand: Demand,
  message: keyof typeof reasons,
  lock: string,
  way: readonly EvidenceStep[],
  other = '',
  freeSince: number | null = null,
): void {
  const { node } = point;
  const name = nameOf(node);
  context.report({
    message,
    data: { function: name, lock, other },
    at: { file, span: node.span },
    function: fn.fn.name,
    fact: `${name} ${lock}`,
    ...(freeSince === null ? {} : { defect: `${message} ${lock} ${String(freeSince)} ${String(demand.certain)}` }),
    why: reasons[message](name, lock),
    evidence: [...way, { at: { file, span: node.span }, message: `${name}() is called here` }],
    fixes: [],
    witness: demand.from === 'code' && message !== 'dropped' && message !== 'missing',
    ...(demand.certain ? {} : { level: 'low' as const }),
    ...(demand.from === 'contract' ? { assumptions: [`the contract of ${name}()`] } : {}),
  });
}

export const rule = defineRule({ meta, messages, check });
