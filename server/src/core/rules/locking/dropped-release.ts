// Returns at which a lock is held since the patch drops its release on the way there, where only code between the hunks takes it.

import type { Span } from '../../base/text.ts';
import type { Block, Terminator } from '../../flow/ir.ts';
import { recordOf } from '../../flow/lock-state.ts';
import type { FlowFile, FlowFunction } from '../../flow/program.ts';
import { seemsToLock } from '../../flow/unseen-locks.ts';
import { isSection } from '../../kernel/locks.ts';
import type { Patch } from '../../patch/types.ts';
import { UNSEEN } from '../../syntax/fragments.ts';
import type { RuleContext, SideFile } from '../rule.ts';
import { nameIn } from './behind-gap.ts';
import { partsOf } from './places.ts';
import { callsOf } from './points.ts';
import { changesLock, givesBack, isTouched, sameReturn } from './told-by-patch.ts';

export interface DroppedRelease {
  /** The lock as it prints. */
  readonly lock: string;
  readonly exit: Extract<Terminator, { op: 'return' }>;
  /** What the patch drops, in the file before it. */
  readonly release: { readonly file: SideFile; readonly span: Span; readonly name: string };
}

/**
 * Such returns of a function that the patch leaves its tests, gotos and returns. Silent where the message speaks of locks (the release
 * may have been one too many), where the patch changes anything else about locks of this name, and where what it adds may give it back.
 */
export function droppedReleases(context: RuleContext, file: SideFile, flow: FlowFile, fn: FlowFunction): DroppedRelease[] {
  const { before, patch } = context;
  const old = before?.files.find((one) => one.path === file.path);
  if (!before || !old || !patch || old.gaps.length === 0 || fn.fn.name === UNSEEN) return [];
  const oldFlow = before.flow(old);
  const [oldFn, ...more] = oldFlow.functions.filter((one) => one.fn.name === fn.fn.name);
  if (!oldFn || more.length > 0 || !callsOf(oldFn).some((call) => old.isChanged(call.span.start))) return [];
  const locks = oldFlow.locks(oldFn);
  const dropped = (locks?.events ?? []).filter(
    (event) =>
      event.action === 'release' &&
      !event.indirect &&
      !isSection(event.class) &&
      event.class !== 'semaphore' &&
      old.isChanged(event.span.start) &&
      event.state.locks.allTouched &&
      !recordOf(event.state.locks, event.lock),
  );
  if (!locks || locks.result.stopped || dropped.length === 0) return [];
  if (changesWays(old, oldFn) || changesWays(file, fn) || speaksOfLocks(patch)) return [];
  const { values, exits } = locks.result;
  const found = new Map<number, DroppedRelease>();
  for (const event of dropped) {
    const lock = values.printPlace(event.lock);
    if (isChangedElsewhere(context, lock) || mayGiveBack(file, fn, lock)) continue;
    for (const { terminator, state } of exits) {
      if (terminator.implicit || !givesBack(state, event)) continue;
      const exit = sameReturn(file, fn, old.mailPlace(terminator.span.start));
      if (!exit || found.has(exit.span.start) || isTouched(flow, fn, exit, lock)) continue;
      found.set(exit.span.start, { lock, exit, release: { file: old, span: event.span, name: event.name } });
    }
  }
  return [...found.values()];
}

/** Whether a test, a goto or a return of a function is on changed lines. */
function changesWays(file: SideFile, { procedure: { blocks } }: FlowFunction): boolean {
  const isChanged = ({ terminator: one }: Block): boolean => {
    if (one.op === 'jump') return one.label !== null && file.isChanged(one.span.start);
    return file.isChanged(one.op === 'branch' ? one.condition.start : one.span.start);
  };
  return blocks.some(isChanged);
}

function speaksOfLocks({ subject, commitMessage }: Patch): boolean {
  return [subject ?? '', ...commitMessage.map(({ text }) => text)].some((line) => /lock|mutex|sem\b|held/iu.test(line));
}

/** Whether the patch adds any operation on locks of this name, or drops an acquisition of one. */
function isChangedElsewhere({ before, files, flow }: RuleContext, lock: string): boolean {
  if (changesLock(files, flow, lock, () => true)) return true;
  return before !== null && changesLock(before.files, before.flow, lock, (event) => event.action === 'acquire');
}

/** Whether the patch adds a call that may give the lock back: by its name, or since it is handed the lock's object. */
function mayGiveBack(file: SideFile, fn: FlowFunction, lock: string): boolean {
  const [root] = /^\w+/u.exec(lock) ?? [''];
  return callsOf(fn).some(
    ({ name, args, span }) =>
      file.isChanged(span.start) &&
      (name === null || seemsToLock(name) || args.some((arg) => partsOf(arg).some((part) => nameIn(part) === root))),
  );
}
