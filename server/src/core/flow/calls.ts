// What a call does to the state of a path: lock primitives, functions with a summary, and functions that nobody knows.

import { lockOperation, type LockOperation } from '../kernel/locks.ts';
import { isSilentCall } from '../kernel/primitives.ts';
import { valueOf } from './evaluate.ts';
import { intersect, isEverything, nonZero, unite, zero, type Intervals } from './intervals.ts';
import type { Instruction } from './ir.ts';
import { acquire, blur, recordOf, release, touch, withRecord } from './lock-state.ts';
import { resolvePath, type ExitClass, type LockEffect, type Summary } from './summary.ts';
import type { ValueId } from './values.ts';
import type { Walker, WalkState } from './walk.ts';

type Call = Extract<Instruction, { op: 'call' }>;

/** The states behind a call; more than one where it can go in different ways. */
export function executeCall(walker: Walker, call: Call, state: WalkState): WalkState[] {
  const { values } = walker;
  const args = call.args.map((arg) => valueOf(values, state.store, arg));
  const name = call.name ?? (call.callee.kind === 'field' ? call.callee.name : '');
  const operation = call.name === null ? null : lockOperation(call.name);
  if (operation) {
    const result = call.result ? setResult(walker, call, args, state, name) : null;
    return executeLock(walker, call, operation, args, result, state);
  }
  const summary = call.name === null ? null : walker.summaryOf(call.name);
  const silent = isSilentCall(name);
  if (!silent) {
    forgetHandedOut(walker, call, args, state);
    state.store.markStale(values);
  }
  const result = setResult(walker, call, args, state, name);
  if (summary) return applySummary(walker, call, summary, args, result, state);
  if (!silent && seemsToLock(name)) {
    const trail = walker.step(state, { kind: 'unseen', name, span: call.span });
    const symbols = args.flatMap((arg) => values.symbolsOf(arg));
    state.locks = touch(values, state.locks, symbols, trail);
  }
  return [state];
}

/**
 * A new symbol for what a call returns. A question (`gfpflags_allow_blocking(gfp)`) asked twice of the same arguments has the same
 * answer as long as nothing speaks against it.
 */
function setResult(walker: Walker, call: Call, args: readonly ValueId[], state: WalkState, name: string): ValueId {
  const { values } = walker;
  if (call.result && call.name !== null && question.test(call.name)) {
    const answer = values.apply(call.name, args, true);
    state.store.write(values, values.local(call.result), answer);
    return answer;
  }
  const symbol = walker.fresh(state, `${name}@${String(call.span.start)}`);
  if (call.result) state.store.write(walker.values, walker.values.local(call.result), symbol);
  return symbol;
}

/** Variables of the function whose address a call is handed may hold anything afterwards. */
function forgetHandedOut(walker: Walker, call: Call, args: readonly ValueId[], state: WalkState): void {
  const { values } = walker;
  args.forEach((arg, index) => {
    const object = values.objectOf(arg);
    if (values.get(object).kind !== 'local') return;
    state.store.forgetObject(values, object, walker.fresh(state, `out@${String(call.span.start)}:${String(index)}`));
  });
}

function executeLock(
  walker: Walker,
  call: Call,
  operation: LockOperation,
  args: readonly ValueId[],
  result: ValueId | null,
  state: WalkState,
): WalkState[] {
  const { values } = walker;
  const argument = operation.argument === null ? null : (args[operation.argument] ?? values.unknown);
  const lock =
    argument === null
      ? values.global(operation.field ?? '')
      : argument !== values.unknown && operation.field !== null
        ? values.field(argument, operation.field)
        : argument;
  if (lock === values.unknown) return [state];
  const effect = { lock, class: operation.class, mode: operation.mode };
  const name = call.name ?? '';
  switch (operation.action) {
    case 'acquire': {
      if (operation.success === 'always' || !result) {
        take(walker, call, effect, name, false, state);
        return [state];
      }
      const failed = { ...state, store: state.store.clone() };
      take(walker, call, effect, name, false, state);
      state.store.setFact(result, operation.success === 'zero' ? zero : nonZero);
      failed.store.setFact(result, operation.success === 'zero' ? nonZero : zero);
      return [state, failed];
    }
    case 'release':
      give(walker, call, effect, name, false, state);
      return [state];
    case 'assert-held':
      if (!recordOf(state.locks, lock)) state.locks = withRecord(state.locks, { ...effect, status: 'required', depth: 1, since: null });
      return [state];
    default:
      return [state];
  }
}

interface Effect {
  readonly lock: ValueId;
  readonly class: LockOperation['class'];
  readonly mode: LockOperation['mode'];
}

function take(walker: Walker, call: Call, effect: Effect, name: string, indirect: boolean, state: WalkState): void {
  const before = { ...state };
  const trail = walker.step(state, { kind: 'acquire', lock: effect.lock, name, via: indirect ? name : null, span: call.span });
  const [locks, outcome] = acquire(walker.values, state.locks, effect.lock, effect.class, effect.mode, trail);
  state.locks = locks;
  state.store.markStale(walker.values);
  walker.observer.lock?.({ action: 'acquire', ...effect, outcome, name, indirect, span: call.span, state: before });
}

function give(walker: Walker, call: Call, effect: Effect, name: string, indirect: boolean, state: WalkState): void {
  const before = { ...state };
  const trail = walker.step(state, { kind: 'release', lock: effect.lock, name, via: indirect ? name : null, span: call.span });
  const [locks, outcome] = release(walker.values, state.locks, effect.lock, effect.class, effect.mode, trail);
  state.locks = locks;
  state.store.markStale(walker.values);
  walker.observer.lock?.({ action: 'release', ...effect, outcome, name, indirect, span: call.span, state: before });
}

/** A call of a function whose exits are known: one state for each way it can come back. */
function applySummary(
  walker: Walker,
  call: Call,
  summary: Summary,
  args: readonly ValueId[],
  result: ValueId,
  state: WalkState,
): WalkState[] {
  const { values } = walker;
  const possible = summary.exits.filter((exit) =>
    exit.parameters.every(({ index, set }) => {
      const arg = args[index];
      return arg === undefined || intersect(state.store.factOf(values, arg), set).length > 0;
    }),
  );
  if (possible.length === 0) return [state];
  if (possible.every((exit) => exit.effects.length === 0)) {
    const returns = possible.reduce<Intervals>((all, exit) => unite(all, exit.returns), []);
    if (!isEverything(returns)) state.store.setFact(result, returns);
    return [state];
  }
  const [first] = possible;
  if (first && possible.length === 1) return [applyExit(walker, call, summary, first, args, result, state)];
  if (!call.result || overlap(possible)) return [blurEffects(walker, call, summary, possible, args, result, state)];
  return possible.map((exit) => applyExit(walker, call, summary, exit, args, result, { ...state, store: state.store.clone() }));
}

/** Whether two ways of coming back cannot be told apart by the result. */
function overlap(exits: readonly ExitClass[]): boolean {
  return exits.some((exit, index) => exits.slice(index + 1).some((other) => intersect(exit.returns, other.returns).length > 0));
}

function lockOf(walker: Walker, effect: LockEffect, args: readonly ValueId[], result: ValueId, state: WalkState): ValueId {
  return walker.values.original(resolvePath(walker.values, state.store, effect.lock, args, result));
}

function applyExit(
  walker: Walker,
  call: Call,
  summary: Summary,
  exit: ExitClass,
  args: readonly ValueId[],
  result: ValueId,
  state: WalkState,
): WalkState {
  if (!isEverything(exit.returns)) state.store.setFact(result, exit.returns);
  for (const effect of exit.effects) {
    const lock = lockOf(walker, effect, args, result, state);
    if (lock === walker.values.unknown) continue;
    const one = { lock, class: effect.class, mode: effect.mode };
    if (effect.action === 'take') take(walker, call, one, summary.name, true, state);
    else if (effect.action === 'give') give(walker, call, one, summary.name, true, state);
    else state.locks = blur(state.locks, lock, effect.class, effect.mode, state.trail);
  }
  return state;
}

/** The call may or may not have changed some locks: their state is unknown from here on. */
function blurEffects(
  walker: Walker,
  call: Call,
  summary: Summary,
  exits: readonly ExitClass[],
  args: readonly ValueId[],
  result: ValueId,
  state: WalkState,
): WalkState {
  const trail = walker.step(state, { kind: 'unseen', name: summary.name, span: call.span });
  for (const exit of exits)
    for (const effect of exit.effects) {
      const lock = lockOf(walker, effect, args, result, state);
      if (lock !== walker.values.unknown) state.locks = blur(state.locks, lock, effect.class, effect.mode, trail);
    }
  return state;
}

/** Functions that by their name only answer a question. */
const question = /(?:^|_)(?:is|has|can|may|should|allow|allows|need|needs|want|wants|supports?|supported|enabled|capable|valid)(?:_|$)/;

const lockWord = /(?:^|_)(?:un)?lock(?:ed|s|all)?(?:_|$)|trylock|(?:^|_)(?:begin|end)$/;
const noLock = /(?:^|_)(?:init|destroy|assert|is_locked|lockdep|might_lock|class|key|name|stat)(?:_|$)/;

/** Whether a function whose code is not at hand may, by its name, take or give back a lock of what it is handed. */
export function seemsToLock(name: string): boolean {
  return lockWord.test(name) && !noLock.test(name);
}
