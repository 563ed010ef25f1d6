// What a call does to the state of a path: lock primitives, functions with a summary, and functions that nobody knows.

import { dropsLocks, failuresOf, lockOperation, needsPlaceToTell, type LockOperation } from '../kernel/locks.ts';
import { isSilentCall } from '../kernel/primitives.ts';
import { addressOf, valueOf } from './evaluate.ts';
import { errorValues, intersect, exactlyOne, nonZero, single, unite, validAddresses, zero, type Intervals } from './intervals.ts';
import { answerHeld } from './held-questions.ts';
import type { Expr, Instruction } from './ir.ts';
import { fillPlaces, forgetHandedOut, keepParts } from './handed-memory.ts';
import { give, take } from './lock-effects.ts';
import { lockNameOfCall, lockNameOfPointer } from './lock-names.ts';
import { blur, downgrade, forgetFreed, recordOf, touch, withRecord } from './lock-state.ts';
import type { Store } from './store.ts';
import { areToldApart, mergeEqual, overlap } from './summary-ways.ts';
import { resolvePath, type ExitClass, type LockEffect, type Path, type Summary } from './summary.ts';
import type { ValueId, ValueTable } from './values.ts';
import { handOnLocks, handsOnLock, loseHeld, loseToCounterpart, noLock, seemsToLock, tellsOfLock } from './unseen-locks.ts';
import type { Walker } from './walk.ts';
import type { WalkState } from './walk-events.ts';

type Call = Extract<Instruction, { op: 'call' }>;

/** The states behind a call; more than one where it can go in different ways. */
export function executeCall(walker: Walker, call: Call, state: WalkState): WalkState[] {
  const { values } = walker;
  const args = call.args.map((arg) => valueOf(values, state.store, arg));
  const name = call.name ?? (call.callee.kind === 'field' ? call.callee.name : '');
  const operation = call.name === null ? null : lockOperation(call.name);
  if (operation) {
    const result = call.result ? setResult(walker, call, args, null, state, name) : null;
    return executeLock(walker, call, operation, args, result, state);
  }
  if (name === '__context__') {
    countContext(walker, call, args, state);
    return [state];
  }
  const told = call.name === null ? null : walker.summaryOf(call.name);
  // A lock function whose result is asked for may fail: its name does not say when.
  const summary = told?.source === 'name' && call.result ? null : told;
  if (told && !summary) blurNamed(walker, told, args, state);
  if (summary) tellCallee(walker, call, summary, args, state);
  const silent = isSilentCall(name);
  // Paths of a summary start from what the function found.
  const handsOut = summary !== null && !silent && args.some((arg) => values.get(values.objectOf(arg)).kind === 'local');
  const found = handsOut ? state.store.clone() : state.store;
  if (!silent) {
    forgetHandedOut(walker, call, args, summary !== null, state);
    state.store.markStale(values);
  }
  // Without a `locked` to tell the caller in, pages are got with the lock kept.
  const keeps = needsPlaceToTell(name) && isZero(values, args.at(-1));
  const drops = !keeps && dropsLocks(name);
  const result = setResult(walker, call, args, summary, state, name);
  answerHeld(values, name, args, result, state);
  if (summary) {
    // A lock that is given back for some results only is given back in an object that the code names in other words.
    if (drops || tellsOfLock(call)) loseHeld(walker, name, call, args, state);
    return applySummary(walker, call, keeps ? withoutLocks(summary) : summary, args, result, found, state);
  }
  if (!silent && (seemsToLock(name) || drops || handsOnLock(call))) {
    if (tellsOfLock(call)) loseHeld(walker, name, call, args, state);
    const trail = walker.step(state, { kind: 'unseen', name, span: call.span });
    const symbols = args.flatMap((arg) => values.symbolsOf(arg));
    state.locks = touch(values, state.locks, symbols, trail);
  } else if (!silent && !noLock.test(name)) {
    handOnLocks(walker, call, args, state);
  }
  if (!silent) loseToCounterpart(name, state);
  return [state];
}

/** A function that leaves the locks of its caller alone this time. */
function withoutLocks(summary: Summary): Summary {
  return { ...summary, exits: summary.exits.map((exit) => ({ ...exit, effects: [], touches: [] })) };
}

/** After a lock function that may have failed nobody knows. */
function blurNamed({ values }: Walker, told: Summary, args: readonly ValueId[], state: WalkState): void {
  for (const exit of told.exits)
    for (const effect of exit.effects) {
      const lock = resolvePath(values, state.store, effect.lock, args, values.unknown);
      if (lock !== values.unknown) state.locks = blur(state.locks, lock, effect.class, effect.mode, state.trail);
    }
}

/** sparse's `__context__(lock, change)`, or `__context__(change)` for the one lock without a name. */
function countContext(walker: Walker, call: Call, args: readonly ValueId[], state: WalkState): void {
  const { values } = walker;
  const change = values.get(args.at(-1) ?? values.unknown);
  const lock = args.length > 1 ? values.original(args[0] ?? values.unknown) : values.global('context');
  if (change.kind !== 'number' || lock === values.unknown) return;
  // It counts: who has it may take it again.
  const effect = { lock, class: 'unknown' as const, mode: 'shared' as const };
  if (change.value > 0) take(walker, call, effect, '__context__', false, state);
  else if (change.value < 0) give(walker, call, effect, '__context__', false, state);
}

/** Tells an observer which locks a called function asks for and takes. */
function tellCallee(walker: Walker, call: Call, summary: Summary, args: readonly ValueId[], state: WalkState): void {
  if (!walker.observer.callee || summary.requires.length + summary.takes.length + summary.drops.length === 0) return;
  const { values } = walker;
  const named = (paths: readonly Path[]): ValueId[] =>
    paths
      .map((path) => values.original(resolvePath(values, state.store, path, args, values.unknown)))
      .filter((lock) => lock !== values.unknown);
  const [requires, takes] = [named(summary.requires), named(summary.takes)];
  walker.observer.callee({ summary, requires, takes, span: call.span, state: { ...state } });
}

/** Functions whose results are new objects each time. */
const makesNew = /alloc|create|new|dup|clone|next|pop|dequeue|first|last|open|random/;

/**
 * What a call returns. The same function asked of the same arguments names the same object again (`file_inode(filp)`), and answers
 * alike as long as nothing speaks against it; each answer is a value of its own, since others may change what it rests on.
 */
function setResult(walker: Walker, call: Call, args: readonly ValueId[], summary: Summary | null, state: WalkState, name: string): ValueId {
  const { values } = walker;
  const path = summary?.exits.length === 1 ? summary.exits[0]?.value : null;
  const named = path ? resolvePath(values, state.store, path, args, values.unknown) : values.unknown;
  const asked =
    named !== values.unknown
      ? named
      : call.name === null || makesNew.test(name)
        ? values.unknown
        : values.apply(
            call.name,
            args.map((arg) => values.original(arg)),
            true,
          );
  // Code that is not at hand may hand out another object this time, and may have locked it.
  if (values.get(asked).kind === 'apply') state.locks = forgetFreed(values, state.locks, asked);
  const site = `${name}@${String(call.span.start)}`;
  const result = asked === values.unknown ? walker.fresh(state, site) : walker.copy(asked, site, state);
  if (call.result) state.store.write(values, values.local(call.result), result);
  return result;
}

/** A place in what a call stands for: `lock_of(p)`, `ids_of(ns).rwsem`. Null for other places. */
function placeInResult(values: ValueTable, state: WalkState, place: Expr): ValueId | null {
  const fields: string[] = [];
  let at = place;
  for (; at.kind === 'field' && !at.arrow; at = at.base) fields.push(at.name);
  if (at.kind !== 'variable' || at.variable.kind !== 'temporary') return null;
  const object = values.apply('&', [values.original(valueOf(values, state.store, at))], true);
  return fields.reduceRight((base, field) => values.field(base, field), object);
}

function isZero(values: ValueTable, value: ValueId | undefined): boolean {
  const known = value === undefined ? null : values.get(value);
  return known?.kind === 'number' && known.value === 0;
}

/** The lock that an argument names: where it points to, or, for a lock that is passed by value, the place that it is read from. */
function lockArgument(values: ValueTable, state: WalkState, expr: Expr | undefined, value: ValueId | undefined): ValueId {
  if (!expr || value === undefined) return values.unknown;
  // `&lock_of(p)`: a macro that stands for the lock itself.
  const inResult = expr.kind === 'address' ? placeInResult(values, state, expr.of) : null;
  if (inResult !== null) return inResult;
  const read = values.get(values.original(value));
  const place = expr.kind === 'field' && !expr.arrow ? addressOf(values, state.store, expr) : null;
  const byValue = read.kind === 'number' || (read.kind === 'content' && read.address === place);
  return byValue ? addressOf(values, state.store, expr) : value;
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
  const argument =
    operation.argument === null ? null : lockArgument(values, state, call.args[operation.argument], args[operation.argument]);
  let lock = values.original(argument ?? values.global(operation.field ?? ''));
  if (argument !== null && lock !== values.unknown) for (const field of operation.field?.split('.') ?? []) lock = values.field(lock, field);
  if (lock === values.unknown) return [state];
  if (isNowhere(values, lock)) return [];
  // Each bit is a lock of its own.
  const bit = operation.class === 'bit_spinlock' && operation.argument === 1 ? args[0] : undefined;
  if (bit !== undefined && bit !== values.unknown) lock = values.element(lock, bit);
  const effect = { lock, class: operation.class, mode: operation.mode };
  const name = call.name ?? '';
  if (walker.naming && !walker.names.has(lock)) {
    const known = lockNameOfCall(call, walker.naming)?.name ?? null;
    if (known !== null) walker.names.set(lock, known);
  }
  switch (operation.action) {
    case 'acquire': {
      if (!assumeValid(walker, call, operation, state)) return [];
      // Without a context nobody can be told to back off.
      const cannotFail = operation.class === 'ww_mutex' && operation.success === 'zero' && isZero(values, args[1]);
      if (operation.success === 'always' || cannotFail) {
        take(walker, call, effect, name, false, state);
        return [state];
      }
      const failed = { ...state, store: state.store.clone() };
      take(walker, call, effect, name, false, state);
      if (!result) return [state, failed];
      const failure = operation.success === 'nonzero' ? zero : failureSet(name, operation);
      state.store.setFact(result, operation.success === 'zero' ? zero : exactlyOne);
      failed.store.setFact(result, failure);
      return [state, failed];
    }
    case 'release':
      // A guard gives back what it took: where nothing was taken its scope was not entered (`#ifdef` around its declaration).
      if (call.scopeExit === null || recordOf(state.locks, lock)) give(walker, call, effect, name, false, state);
      return [state];
    case 'assert-held':
      if (!recordOf(state.locks, lock)) state.locks = withRecord(state.locks, { ...effect, status: 'required', depth: 1, since: null });
      return [state];
    case 'downgrade':
      state.locks = downgrade(state.locks, lock);
      return [state];
    case 'assert-free': {
      // Somebody who was called gave it back.
      const record = recordOf(state.locks, lock);
      if (record) state.locks = withRecord(state.locks, { ...record, status: 'freed', depth: 0 });
      else walker.observer.assertFree?.(lock);
      return [state];
    }
  }
}

/** Results of an acquisition that says by 0 that it got its lock, where it did not get it. */
function failureSet(name: string, operation: LockOperation): Intervals {
  const numbers = failuresOf(name);
  if (numbers === null) return operation.sleeps && !name.startsWith('pthread_') ? errorValues : nonZero;
  return numbers.reduce<Intervals>((all, number) => unite(all, single(number)), []);
}

/** Whoever takes `p->lock` knows that `p` is an object. False where it is known to be none: no path goes on from there. */
function assumeValid(walker: Walker, call: Call, operation: LockOperation, state: WalkState): boolean {
  let expr = operation.argument === null ? undefined : call.args[operation.argument];
  if (expr?.kind === 'address') expr = expr.of;
  while (expr && ((expr.kind === 'field' && !expr.arrow) || expr.kind === 'index')) expr = expr.base;
  const pointer = expr?.kind === 'field' ? expr.base : expr;
  return !pointer || state.store.constrain(walker.values, valueOf(walker.values, state.store, pointer), validAddresses);
}

/** A call of a function whose exits are known: one state for each way it can come back. */
function applySummary(
  walker: Walker,
  call: Call,
  summary: Summary,
  args: readonly ValueId[],
  result: ValueId,
  found: Store,
  state: WalkState,
): WalkState[] {
  const { values } = walker;
  const possible = summary.exits.filter((exit) =>
    exit.parameters.every(({ index, set }) => {
      const arg = args[index];
      return arg === undefined || intersect(state.store.factOf(values, arg), set).length > 0;
    }),
  );
  if (summary.exits.length === 0) return [];
  if (possible.length === 0) return [state];
  for (const exit of possible) touchAll(walker, summary, exit, args, state, call);
  if (possible.every((exit) => exit.effects.length === 0)) {
    const returns = possible.reduce<Intervals>((all, exit) => unite(all, exit.returns), []);
    state.store.narrow(values, result, returns);
    return [state];
  }
  const ways = mergeEqual(possible);
  const [first] = ways;
  if (first && ways.length === 1) return [applyExit(walker, call, summary, first, args, result, found, state)];
  if (call.result && !overlap(ways))
    return ways.map((exit) => applyExit(walker, call, summary, exit, args, result, found, { ...state, store: state.store.clone() }));
  if (!areToldApart(possible, args, values.unknown, call.result !== null))
    return [blurEffects(walker, call, summary, ways, args, result, found, state)];
  return possible.flatMap((exit) => {
    const next = { ...state, store: state.store.clone() };
    const fits = exit.parameters.every(({ index, set }) => next.store.constrain(values, args[index] ?? values.unknown, set));
    return fits ? [applyExit(walker, call, summary, exit, args, result, found, next)] : [];
  });
}

/** Locks that an unseen function below the called one may have changed. */
function touchAll(walker: Walker, summary: Summary, exit: ExitClass, args: readonly ValueId[], state: WalkState, call: Call): void {
  if (exit.touches.length === 0) return;
  const { values } = walker;
  const trail = walker.step(state, { kind: 'unseen', name: summary.name, span: call.span });
  const objects = exit.touches.map((path) => resolvePath(values, state.store, path, args, values.unknown));
  const symbols = objects.flatMap((object) => values.symbolsOf(object));
  const own =
    summary.source === 'name' ? exit.effects.map((effect) => resolvePath(values, state.store, effect.lock, args, values.unknown)) : [];
  const kept = state.locks.records.filter((record) => own.includes(record.lock));
  state.locks = touch(values, state.locks, symbols, trail);
  for (const record of kept) state.locks = withRecord(state.locks, record);
}

function lockOf(walker: Walker, effect: LockEffect, args: readonly ValueId[], result: ValueId, found: Store): ValueId {
  return walker.values.original(resolvePath(walker.values, found, effect.lock, args, result));
}

/** On this way the callee returns something that has a name here. */
function nameResult(walker: Walker, call: Call, exit: ExitClass, args: readonly ValueId[], state: WalkState): void {
  if (!exit.value || !call.result) return;
  const { values } = walker;
  const named = resolvePath(values, state.store, exit.value, args, values.unknown);
  if (named === values.unknown) return;
  state.store.write(values, values.local(call.result), walker.copy(named, `${call.name ?? ''}@${String(call.span.start)}`, state));
}

function applyExit(
  walker: Walker,
  call: Call,
  summary: Summary,
  exit: ExitClass,
  args: readonly ValueId[],
  result: ValueId,
  found: Store,
  state: WalkState,
): WalkState {
  nameResult(walker, call, exit, args, state);
  fillPlaces(walker, call, exit, args, found, state);
  const returned = call.result ? state.store.read(walker.values, walker.values.local(call.result)) : result;
  state.store.narrow(walker.values, returned, exit.returns);
  for (const effect of exit.effects) {
    const lock = lockOf(walker, effect, args, result, found);
    if (lock === walker.values.unknown || isNowhere(walker.values, lock)) continue;
    nameLock(walker, call, effect, lock);
    const one = { lock, class: effect.class, mode: effect.mode };
    if (effect.action === 'take') take(walker, call, one, summary.name, true, state);
    else if (effect.action === 'give') give(walker, call, one, summary.name, true, state);
    else state.locks = blur(state.locks, lock, effect.class, effect.mode, state.trail);
  }
  keepParts(walker, found, state);
  return state;
}

/** Whether a lock lies behind a null pointer. */
function isNowhere(values: ValueTable, lock: ValueId): boolean {
  for (let at = lock; ;) {
    const value = values.get(at);
    if (value.kind === 'field' || value.kind === 'element') at = value.base;
    else if (value.kind === 'content') at = value.address;
    else return value.kind === 'number' && value.value === 0;
  }
}

/** Remembers which class a lock is of that a called function takes or gives back. */
function nameLock(walker: Walker, call: Call, effect: LockEffect, lock: ValueId): void {
  if (!walker.naming || walker.names.has(lock)) return;
  const arg = effect.lock.kind === 'parameter' ? call.args[effect.lock.index] : undefined;
  const name = effect.name ?? (arg && lockNameOfPointer(arg, walker.naming)?.name) ?? null;
  if (name !== null) walker.names.set(lock, name);
}

/** The call may or may not have changed some locks: their state is unknown from here on. */
function blurEffects(
  walker: Walker,
  call: Call,
  summary: Summary,
  exits: readonly ExitClass[],
  args: readonly ValueId[],
  result: ValueId,
  found: Store,
  state: WalkState,
): WalkState {
  const trail = walker.step(state, { kind: 'unseen', name: summary.name, span: call.span });
  for (const exit of exits)
    for (const effect of exit.effects) {
      const lock = lockOf(walker, effect, args, result, found);
      if (lock !== walker.values.unknown) state.locks = blur(state.locks, lock, effect.class, effect.mode, trail);
    }
  return state;
}
