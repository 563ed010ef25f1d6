// # helper-releases-caller-lock
//
// A function gives back a lock that its caller took, and nothing in its name says so.
//
// ## What it reports
//
// A function with a path on which a lock that is reached through a parameter is given back without having been taken: it was held at
// entry and is free at the exit. Of a function that only hunks show: a release that the patch adds, where a caller that holds the lock
// at the call loses its own. All places that give it back are the evidence. Lock functions by name (lock, unlock, begin, end,
// ...) or by `__releases`/`__acquires` are left out, and so are helpers that take the lock again before they return.
//
// ## Why it matters
//
// The caller reads as if it still held the lock: the next change adds an unlock or an access behind the call, and gets a double
// unlock or a race. Error paths of caller and helper must agree for ever on who unlocks.
//
// ## Known misses
//
// Locks that are reached through neither a parameter nor a field of one, such as a global mutex.
//
// ## Known false alarms
//
// A pair of functions of which one leaves the lock held and the other gives it back by design, where only the second is visible.
//
// ## Example that triggers
//
// ```c
// static int demo_change(struct demo *demo, int type)
// {
// 	int ret = demo_alloc(demo, type);
//
// 	mutex_unlock(&demo->lock);
// 	return ret;
// }
// ```
//
// ## Example that does not
//
// ```c
// static int demo_change(struct demo *demo, int type)
// {
// 	int ret;
//
// 	mutex_unlock(&demo->lock);
// 	ret = demo_alloc(demo, type);
// 	mutex_lock(&demo->lock);
// 	return ret;
// }
// ```
//
// ## Fix
//
// None offered: keep the lock and let the caller give it back, or do what must run without the lock in the caller.
//
// ## Sources
//
// - Review of "iommu: Add support to change default domain of an iommu group", May 2020: the lock should not be released in the helper.

import { throwIfCancelled } from '../base/cancel.ts';
import type { FlowFile, FlowFunction, LockWalk } from '../flow/program.ts';
import { recordOf } from '../flow/lock-state.ts';
import type { ValueId } from '../flow/values.ts';
import type { LockEvent } from '../flow/walk-events.ts';
import { isTakenFirst } from './locking/entry.ts';
import { askedWhetherHeld, chosenByFlag, locksAtExits, type LockAtExits } from './locking/exits.ts';
import { hasNoCaller, hasOtherHalf, isAnnotated, isDeclared, tellsByParameter } from './locking/handover.ts';
import { counterpartOf, lastWord } from './locking/told-by-patch.ts';
import { defineRule, type EvidenceStep, type Messages, type RuleContext, type RuleMeta, type SideFile } from './rule.ts';

const meta: RuleMeta = {
  id: 'helper-releases-caller-lock',
  title: "A function gives back its caller's lock, and its name does not say so",
  category: 'locking',
  level: 'med',
  confidence: 'high',
  evidence: 'static',
  needs: 'hunk',
  since: '0.1.0',
  sources: [
    {
      title: 'Review of "iommu: Add support to change default domain of an iommu group"',
      url: 'https://lists.linuxfoundation.org/pipermail/iommu/2020-May/thread.html',
    },
  ],
  refute: 'The function takes the lock itself in code that is not visible, or it is the releasing half of a documented pair.',
};

const messages: Messages = {
  always: '{function}() gives back {lock}, which its caller holds, on every path',
  moved: '{function}() gives back {lock} from now on, which {caller}() takes, and gave back itself before the patch',
  sometimes: '{function}() gives back {lock}, which its caller holds, on some paths and keeps it on others',
};

function check(context: RuleContext): void {
  for (const file of context.files) {
    const flow = context.flow(file);
    for (const fn of flow.functions) {
      throwIfCancelled(context.cancel);
      const locks = flow.locks(fn);
      if (!locks || locks.result.stopped || tellsByParameter(fn) || isAnnotated(flow, fn)) continue;
      // Whoever reviews a patch is asked whether it should be so at all.
      if (context.patch === null && isToldAbove(file, fn)) continue;
      if ((isDeclared(flow, fn, 'given') || isDeclared(flow, fn, 'held')) && !hasNoCaller(file, fn)) continue;
      for (const lock of locksAtExits(locks, 'given')) checkLock(context, file, flow, fn, locks, lock);
      for (const moved of movedReleases(context, file, flow, fn, locks)) reportMoved(context, file, fn, locks, moved);
    }
  }
}

/** A release that the patch moves from a caller into a function of which only parts are seen. */
interface MovedRelease {
  readonly release: LockEvent;
  readonly caller: string;
  /** The release that the caller loses, in the file before the patch. */
  readonly dropped: EvidenceStep['at'];
}

/** Such releases of a function: a caller holds the lock at the call, and gave it back itself before the patch. */
function movedReleases(context: RuleContext, file: SideFile, flow: FlowFile, fn: FlowFunction, locks: LockWalk): MovedRelease[] {
  const added = context.side === 'after' ? locks.events.filter((event) => file.isChanged(event.span.start) && !event.indirect) : [];
  const nameOf = (walk: LockWalk, lock: ValueId): string => lastWord(walk.result.values.printPlace(lock));
  const release = added.find(({ action, lock, state }) => action === 'release' && state.locks.allTouched && !recordOf(state.locks, lock));
  if (!release || added.some(({ action }) => action === 'acquire')) return [];
  const name = nameOf(locks, release.lock);
  for (const caller of flow.functions) {
    const others = caller !== fn && caller.callees.includes(fn.fn.name) ? flow.locks(caller) : null;
    const holds = others?.under.some(({ call, held }) => call.name === fn.fn.name && held.some((lock) => nameOf(others, lock) === name));
    const before = holds ? counterpartOf(context, file, caller) : null;
    const dropped = before?.changed.find(({ action, lock }) => action === 'release' && nameOf(before.locks, lock) === name);
    if (before && dropped) return [{ release, caller: caller.fn.name, dropped: { file: before.file, span: dropped.span } }];
  }
  return [];
}

function reportMoved(
  context: RuleContext,
  file: SideFile,
  fn: FlowFunction,
  { result: { values } }: LockWalk,
  { release, caller, dropped }: MovedRelease,
): void {
  const name = values.printPlace(release.lock);
  context.report({
    message: 'moved',
    data: { function: fn.fn.name, lock: name, caller },
    at: { file, span: release.span },
    function: fn.fn.name,
    fact: name,
    why: `${caller}() no longer holds ${name} when ${fn.fn.name}() comes back, and nothing at the call shows it.`,
    evidence: [
      { at: dropped, message: `${caller}() gave it back here before the patch` },
      { at: { file, span: release.span }, message: `${name} is given back here and was not taken in what is seen of ${fn.fn.name}()` },
    ],
    fixes: [],
    confidence: 'moderate',
  });
}

/** Whether the comment right above the function says what it does to a lock. */
function isToldAbove({ c }: SideFile, { fn }: FlowFunction): boolean {
  const above = c.comments.findLast((comment) => comment.end <= fn.span.start);
  if (!above || c.text.slice(above.end, fn.span.start).trim() !== '') return false;
  const text = c.text.slice(above.start, above.end);
  return /lock|mutex|\bsem/i.test(text) && /unlock|drop|releas|give/i.test(text);
}

function checkLock(context: RuleContext, file: SideFile, flow: FlowFile, fn: FlowFunction, locks: LockWalk, lock: LockAtExits): void {
  const { values, parameters } = locks.result;
  if (!values.symbolsOf(lock.lock).some((symbol) => parameters.includes(symbol))) return;
  if (lock.with.some(({ record }) => record.class === 'semaphore')) return;
  // Of a lock that only names tell of nobody knows how else it may be taken.
  if (values.printPlace(lock.lock).endsWith('()')) return;
  // Who takes the lock himself has it from nobody: a release too many is another finding.
  if (isTakenFirst(locks, lock.lock)) return;
  if (hasOtherHalf(file, flow, fn, locks, lock.lock, 'held')) return;
  if (chosenByFlag(fn, locks, lock) || lock.with.every(({ exit }) => askedWhetherHeld(exit.state))) return;
  const name = values.printPlace(lock.lock);
  const releases = new Map<number, EvidenceStep>();
  for (const { record } of lock.with) {
    const step = record.since?.step;
    if (step?.kind !== 'release') continue;
    // A callee that gives the lock back has its own finding.
    if (step.via !== null && !isReleaseByName(step.via)) return;
    releases.set(step.span.start, {
      at: { file, span: step.span },
      message: `${name} is given back here and was not taken in ${fn.fn.name}()`,
    });
  }
  const evidence = [...releases].sort(([a], [b]) => a - b).map(([, step]) => step);
  const first = evidence[0];
  if (!first) return;
  // At the heading, where the caller's author reads; at the first release where the patch leaves the heading alone.
  const named = context.patch === null || file.isChanged(fn.fn.nameSpan.start);
  context.report({
    message: lock.without.length === 0 ? 'always' : 'sometimes',
    data: { function: fn.fn.name, lock: name },
    at: named ? { file, span: fn.fn.nameSpan } : first.at,
    function: fn.fn.name,
    fact: name,
    why: `A caller that took ${name} no longer holds it when ${fn.fn.name}() comes back, and nothing at the call shows it.`,
    evidence,
    fixes: [],
    witness: true,
  });
}

function isReleaseByName(name: string): boolean {
  return /unlock|release|_end(?:_|$)|(?:^|_)up_/.test(name);
}

export const rule = defineRule({ meta, messages, check });
