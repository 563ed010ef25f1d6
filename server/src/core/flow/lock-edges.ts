// The order in which a function takes locks: which class is taken, here or in a function below, while which other is held.

import type { Span } from '../base/text.ts';
import { isSection, lockOperation, type LockClass, type LockOperation } from '../kernel/locks.ts';
import type { FlowFile, FlowFunction } from './flow-file.ts';
import type { ChainLink } from './lock-reach.ts';
import type { ValueId } from './values.ts';
import type { PathState } from './walk-events.ts';

/** `inner` is taken, or may be, while `outer` is held. Locks that are only tried are left out: nobody waits for them. */
export interface LockEdge {
  readonly outer: string;
  readonly inner: string;
  readonly outerMode: LockOperation['mode'];
  readonly innerMode: LockOperation['mode'];
  /** The held lock, as the function names it. */
  readonly outerLock: ValueId;
  /** The lock that is taken, where the function itself takes it. */
  readonly innerLock: ValueId | null;
  /** The acquisition, or the call that leads to it. */
  readonly span: Span;
  /** Functions from the called one to the one that takes the lock; empty where the function itself does. */
  readonly chain: readonly ChainLink[];
  /** The way leads through a table of functions or a function that is handed on. */
  readonly isGuess: boolean;
  /** Classes of all locks that are held there. */
  readonly held: readonly string[];
  readonly state: PathState;
}

/**
 * The edges of a function, each pair of classes once; ways that the code names itself before guesses, and those alone without `guess`.
 * None if its walk did not end.
 */
export function lockEdges(file: FlowFile, fn: FlowFunction, guess: boolean): readonly LockEdge[] {
  const locks = file.locks(fn);
  if (!locks || locks.result.stopped) return [];
  const { names } = locks.result;
  const edges = new Map<string, LockEdge>();
  const add = (edge: LockEdge): void => {
    const key = `${edge.outer} ${edge.inner}`;
    const known = edges.get(key);
    if (!known || (known.isGuess && !edge.isGuess)) edges.set(key, edge);
  };
  const heldAt = (state: PathState): readonly { readonly lock: ValueId; readonly name: string; readonly mode: LockOperation['mode'] }[] =>
    state.locks.records.flatMap(({ lock, status, mode, class: kind }) => {
      const name = names.get(lock);
      const isHeld = status === 'held' || status === 'required' || status === 'retaken';
      return isHeld && name !== undefined && isWaitedFor(kind) ? [{ lock, name, mode }] : [];
    });
  for (const event of locks.events) {
    if (event.action !== 'acquire' || event.indirect || event.outcome !== 'taken' || !isWaitedFor(event.class)) continue;
    const operation = lockOperation(event.name);
    const inner = names.get(event.lock);
    if (inner === undefined || !operation || isTried(operation)) continue;
    const held = heldAt(event.state);
    for (const one of held) {
      if (one.lock === event.lock) continue;
      add({
        outer: one.name,
        inner,
        outerMode: one.mode,
        innerMode: event.mode,
        outerLock: one.lock,
        innerLock: event.lock,
        span: event.span,
        chain: [],
        isGuess: false,
        held: held.map((other) => other.name),
        state: event.state,
      });
    }
  }
  for (const { call, state } of locks.under) {
    const held = heldAt(state);
    if (held.length === 0) continue;
    const drops = call.name === null ? [] : (file.summaryOf(call.name)?.drops ?? []);
    for (const reached of file.reachOf(fn, call, guess)) {
      if (reached.use.isTry || !isWaitedFor(reached.use.class)) continue;
      for (const one of held)
        if (!drops.includes(one.name))
          add({
            outer: one.name,
            inner: reached.name,
            outerMode: one.mode,
            innerMode: reached.use.mode,
            outerLock: one.lock,
            innerLock: null,
            span: call.span,
            chain: reached.chain,
            isGuess: reached.isGuess,
            held: held.map((other) => other.name),
            state,
          });
    }
  }
  return [...edges.values()];
}

/** Read sides of RCU and SRCU, and sequence counts, wait for nobody; a semaphore has no holder. */
const withoutWaiters: ReadonlySet<LockClass> = new Set(['rcu', 'srcu', 'seqcount', 'semaphore']);

function isWaitedFor(kind: LockClass): boolean {
  return !withoutWaiters.has(kind) && !isSection(kind);
}

function isTried(operation: LockOperation): boolean {
  return operation.success !== 'always' && !operation.sleeps;
}
