// What a patch tells by the lock operations that it adds or drops: where one side takes a lock nobody holds it on the other, and where it
// gives one back it is held there. That is told only where the patch moves nothing: what it changes elsewhere may be the same operation.

import type { Span } from '../../base/text.ts';
import type { Terminator } from '../../flow/ir.ts';
import { recordOf, type LockRecord } from '../../flow/lock-state.ts';
import type { FlowFile, FlowFunction, LockWalk } from '../../flow/program.ts';
import { stepsOf } from '../../flow/trail.ts';
import type { LockEvent, PathState } from '../../flow/walk-events.ts';
import type { MailPlace } from '../../patch/types.ts';
import { UNSEEN } from '../../syntax/fragments.ts';
import type { RuleContext, SideFile } from '../rule.ts';

/** A function on the other side of the patch, where only that side has some of its lock operations. */
export interface Counterpart {
  readonly file: SideFile;
  readonly flow: FlowFile;
  readonly fn: FlowFunction;
  readonly locks: LockWalk;
  /** Operations on lines that the patch adds, or drops for the side before it. */
  readonly changed: readonly LockEvent[];
}

/** Functions of a file that have changed lock operations, by name; null where a name stands twice. */
const changedOnes = new WeakMap<FlowFile, ReadonlyMap<string, Counterpart | null>>();

/** The function of the same name and file on the other side; null without one, and where all its lock operations are on both sides. */
export function counterpartOf(context: RuleContext, { path }: SideFile, { fn: { name } }: FlowFunction): Counterpart | null {
  const view = context.after ?? context.before;
  const file = view?.files.find((one) => one.path === path);
  if (!view || !file || name === UNSEEN) return null;
  const flow = view.flow(file);
  let known = changedOnes.get(flow);
  if (!known) changedOnes.set(flow, (known = changedIn(file, flow)));
  return known.get(name) ?? null;
}

function changedIn(file: SideFile, flow: FlowFile): ReadonlyMap<string, Counterpart | null> {
  const found = new Map<string, Counterpart | null>();
  const names = new Set<string>();
  for (const fn of flow.functions) {
    const locks = flow.locks(fn);
    const changed =
      locks?.result.stopped === null ? locks.events.filter((event) => !event.indirect && file.isChanged(event.span.start)) : [];
    const one = locks && changed.length > 0 ? { file, flow, fn, locks, changed } : null;
    const { name } = fn.fn;
    if (names.has(name)) found.set(name, null);
    else if (one) found.set(name, one);
    names.add(name);
  }
  return found;
}

/**
 * Whether an operation of the other side alone may be one that only this side has elsewhere, on a lock of the same name, in a caller or
 * at another place; for a release also whether the patch changes anything else about such locks: then it may be held over another
 * stretch.
 */
export function isMoved(context: RuleContext, place: string, action: LockEvent['action']): boolean {
  const drops = (event: LockEvent): boolean => action === 'release' || event.action === action;
  if (changesLock(context.files, context.flow, place, drops)) return true;
  const { after } = context;
  return action === 'release' && after !== null && changesLock(after.files, after.flow, place, (event) => event.action === 'acquire');
}

export function changesLock(
  files: readonly SideFile[],
  flowOf: RuleContext['flow'],
  place: string,
  wanted: (event: LockEvent) => boolean,
): boolean {
  const name = lastWord(place);
  return files.some((file) => {
    const flow = flowOf(file);
    return flow.functions.some((fn) => {
      const locks = flow.locks(fn);
      const isChange = (event: LockEvent): boolean => !event.indirect && file.isChanged(event.span.start) && wanted(event);
      return locks?.events.some((event) => isChange(event) && lastWord(locks.result.values.printPlace(event.lock)) === name) ?? false;
    });
  });
}

/** The name of a lock as it prints, without its object: `lock` of `demo->lock`. */
export function lastWord(place: string): string {
  return place.slice(Math.max(place.lastIndexOf('>'), place.lastIndexOf('.')) + 1);
}

/** Whether a path holds a lock by an acquisition that only this side has. */
export function isTakenByPatch({ file }: Counterpart, record: LockRecord | null): boolean {
  const step = record?.status === 'held' ? record.since?.step : undefined;
  return step?.kind === 'acquire' && step.via === null && file.isChanged(step.span.start);
}

/** A return of the code before the patch at which a lock is held, since the patch gives it back on the way there. */
export interface MissingRelease {
  /** The lock as it prints. */
  readonly lock: string;
  readonly exit: Extract<Terminator, { op: 'return' }>;
  /** What the patch adds, in its own file. */
  readonly release: { readonly file: SideFile; readonly span: Span; readonly name: string };
}

/**
 * Releases that the patch adds on the way to a return that it leaves alone, of locks that the code in sight does not take: it was held at
 * that return before. Both have to be shown by the patch, and nothing but them may touch the lock.
 */
export function missingReleases(context: RuleContext, file: SideFile, flow: FlowFile, fn: FlowFunction): MissingRelease[] {
  const later = context.after === null ? null : counterpartOf(context, file, fn);
  const added = (later?.changed ?? []).filter(
    ({ action, outcome, lock, state }) => action === 'release' && outcome !== 'freed' && !recordOf(state.locks, lock),
  );
  if (!later || added.length === 0) return [];
  const { values, exits } = later.locks.result;
  const found = new Map<number, MissingRelease>();
  for (const event of added) {
    const lock = values.printPlace(event.lock);
    for (const { terminator, state } of exits) {
      if (terminator.implicit || later.file.isChanged(terminator.span.start) || !givesBack(state, event)) continue;
      const exit = sameReturn(file, fn, later.file.mailPlace(terminator.span.start));
      if (!exit || found.has(exit.span.start) || isTouched(flow, fn, exit, lock) || isMoved(context, lock, 'release')) continue;
      found.set(exit.span.start, { lock, exit, release: { file: later.file, span: event.span, name: event.name } });
    }
  }
  return [...found.values()];
}

/** Whether a path gave a lock back by an operation, and neither touched it since nor passed code that cannot be seen. */
export function givesBack({ trail }: PathState, { lock, span }: LockEvent): boolean {
  const last = stepsOf(trail).findLast(
    (step) => step.kind === 'gap' || ((step.kind === 'acquire' || step.kind === 'release') && step.lock === lock),
  );
  return last?.kind === 'release' && last.span.start === span.start;
}

/** The return that stands at a place of the mail. */
export function sameReturn(file: SideFile, fn: FlowFunction, place: MailPlace | null): MissingRelease['exit'] | null {
  for (const { terminator } of fn.procedure.blocks) {
    const own = terminator.op === 'return' && !terminator.implicit ? file.mailPlace(terminator.span.start) : null;
    if (terminator.op === 'return' && place !== null && own?.line === place.line && own.column === place.column) return terminator;
  }
  return null;
}

/** Whether the code before the patch takes the lock or gives it back on some way to a return. */
export function isTouched(flow: FlowFile, fn: FlowFunction, exit: MissingRelease['exit'], lock: string): boolean {
  const result = flow.locks(fn)?.result;
  return (
    result?.exits.some(
      ({ terminator, state }) =>
        terminator.span.start === exit.span.start && state.locks.records.some((record) => result.values.printPlace(record.lock) === lock),
    ) ?? false
  );
}

/**
 * Whether the patch, or another of its series, changes who calls a function or takes locks of a name: then a caller may hold the lock now.
 */
export function changesCallers({ patch, series }: RuleContext, name: string, place: string): boolean {
  const lock = lastWord(place);
  return [...(patch ? [patch] : []), ...series].some((one) =>
    one.files.some(({ hunks }) =>
      hunks.some(({ lines }) =>
        lines.some(
          ({ kind, text }) =>
            (kind !== 'context' && text.includes(`${name}(`)) || (kind === 'added' && text.includes(lock) && /lock|held/.test(text)),
        ),
      ),
    ),
  );
}

/** Whether the commit message says that the lock is of no use there, or that it is held already. */
export function saysNeedless({ patch }: RuleContext): boolean {
  const message = (patch?.commitMessage ?? []).map(({ text }) => text).join(' ');
  return /already|dead-?lock|recurs|redundan|unnecessar|unneeded|needless|superfluous|useless|need(?:ed)? (?:not|no)|n.t need|no (?:longer )?need|lockless/i.test(
    `${patch?.subject ?? ''} ${message}`,
  );
}
