// From the walk of a function to its summary: ways of coming back with equal effects on locks become one.

import { intersect, isEverything, unite, everything, type Intervals } from './intervals.ts';
import { heldObjects, type LockRecord } from './lock-state.ts';
import type { CFunction } from '../syntax/types.ts';
import type { LockUses } from './lock-uses.ts';
import { annotatedExclusions, annotatedLocks, annotatedRequirements } from './annotated.ts';
import { stepsOf, type Trail } from './trail.ts';
import { pathOf, type ExitClass, type LockEffect, type Path, type StoredObject, type Summary } from './summary.ts';
import type { ValueId } from './values.ts';
import type { WalkExit, WalkResult } from './walk-events.ts';

function actionOf(record: LockRecord): LockEffect['action'] | null {
  switch (record.status) {
    case 'held':
      return 'take';
    case 'given':
      return 'give';
    case 'unknown':
      return 'unknown';
    default:
      return null;
  }
}

function effectsOf(result: WalkResult, exit: WalkExit): LockEffect[] {
  const effects: LockEffect[] = [];
  for (const record of exit.state.locks.records) {
    const action = actionOf(record);
    // The caller's own names first: the result may be the same object, and is a new name for it.
    const lock =
      action &&
      (pathOf(result.values, record.lock, result.parameters, null) ?? pathOf(result.values, record.lock, result.parameters, exit.value));
    if (action && lock) effects.push({ lock, name: result.names.get(record.lock) ?? null, class: record.class, mode: record.mode, action });
  }
  return effects;
}

/** Objects that unseen lock functions were handed, unless as many took as gave back. */
function touchesOf(result: WalkResult, exit: WalkExit): Path[] {
  const { touched } = exit.state.locks;
  if (touched.length === 0) return [];
  if (isUnseenBalanced(exit.state.trail)) return [];
  return touched.flatMap((symbol) => pathOf(result.values, symbol, result.parameters, null) ?? []);
}

/** Whether as many unseen functions took locks on a way, by their names, as gave some back. */
export function isUnseenBalanced(trail: Trail | null): boolean {
  let balance = 0;
  for (const step of stepsOf(trail)) if (step.kind === 'unseen') balance += /unlock|(?:^|_)end$/.test(step.name) ? -1 : 1;
  return balance === 0;
}

/** What exits return, where it is one thing that the caller can name. */
export function valueOfExits(result: WalkResult, exits: readonly WalkExit[]): Path | null {
  let found: Path | null = null;
  for (const exit of exits) {
    const path = exit.value === null ? null : pathOf(result.values, exit.value, result.parameters, null);
    if (!path || path.kind === 'number' || (found && JSON.stringify(found) !== JSON.stringify(path))) return null;
    found = path;
  }
  return found;
}

/** Places of the caller's that all of some exits leave one object in whose lock they hold. */
function storesOfExits(result: WalkResult, exits: readonly WalkExit[]): Pick<ExitClass, 'stores'> {
  let common: ReadonlyMap<string, StoredObject> | null = null;
  for (const { state } of exits) {
    const held = heldObjects(result.values, state.locks);
    const found = new Map<string, StoredObject>();
    for (const [address, value] of held.size === 0 ? [] : state.store.contents()) {
      if (!held.has(result.values.original(value)) || result.values.isLocalAddress(address)) continue;
      const place = pathOf(result.values, address, result.parameters, null);
      const object = pathOf(result.values, value, result.parameters, null);
      const key = JSON.stringify([place, object]);
      if (place && object && (!common || common.has(key))) found.set(key, { place, object });
    }
    common = found;
  }
  return common && common.size > 0 ? { stores: [...common.values()] } : {};
}

/** What a walk and the instructions of a function told beside its exits. */
export interface SummaryParts {
  /** Locks that it, or a function below it, took. */
  readonly taken: readonly ValueId[];
  readonly uses: LockUses;
  readonly drops: readonly string[];
  /** Locks that it asserts not to be held. */
  readonly free: readonly ValueId[];
}

/** The summary of a walked function; null if the walk did not end or saw code that is not visible. */
export function summarise(fn: CFunction, result: WalkResult, { taken, free, uses, drops }: SummaryParts): Summary | null {
  if (result.stopped !== null || result.exits.some((exit) => exit.state.gap)) return null;
  const { values } = result;
  const classes = new Map<
    string,
    { effects: LockEffect[]; touches: Path[]; from: WalkExit[]; returns: Intervals; parameters: Intervals[] }
  >();
  const requires = new Map<string, Path>(annotatedRequirements(fn).map((path) => [JSON.stringify(path), path]));
  for (const exit of result.exits) {
    const effects = effectsOf(result, exit);
    for (const declared of annotatedLocks(fn)) {
      const known = effects.some((effect) => JSON.stringify(effect.lock) === JSON.stringify(declared));
      if (!known) effects.push({ lock: declared, name: null, class: 'unknown', mode: 'exclusive', action: 'unknown' });
    }
    const touches = touchesOf(result, exit);
    const key = JSON.stringify([effects, touches]);
    const { store } = exit.state;
    const returns = exit.value === null ? everything : store.factOf(values, exit.value);
    const parameters = result.parameters.map((parameter) => store.factOf(values, parameter));
    const known = classes.get(key);
    if (!known) classes.set(key, { effects, touches, from: [exit], returns, parameters });
    else {
      known.from.push(exit);
      known.returns = unite(known.returns, returns);
      known.parameters = known.parameters.map((set, index) => unite(set, parameters[index] ?? everything));
    }
    for (const record of exit.state.locks.records) {
      // A lock that another path takes is asked for only on the way that asserts it: `if (locked) lockdep_assert_held(...)`.
      if (record.status !== 'required' || taken.includes(record.lock)) continue;
      const path = pathOf(values, record.lock, result.parameters, null);
      if (path) requires.set(JSON.stringify(path), path);
    }
  }
  const exits: ExitClass[] = [...classes.values()].map((one) => ({
    ...storesOfExits(result, one.from),
    effects: one.effects,
    touches: one.touches,
    value: valueOfExits(result, one.from),
    returns: one.returns,
    // Only flags tell ways apart; a fact about every way says nothing.
    parameters: one.parameters.flatMap((set, index) =>
      isEverything(set) || !tellsApart(index, set, [...classes.values()]) ? [] : [{ index, set }],
    ),
  }));
  // A lock that one way asks for and another forbids is the business of a flag.
  const forbids = [...annotatedExclusions(fn), ...takesOf(result, free)];
  const both = forbids.map((path) => JSON.stringify(path)).filter((text) => requires.has(text));
  for (const text of both) requires.delete(text);
  return {
    name: fn.name,
    exits,
    requires: [...requires.values()],
    forbids: forbids.filter((path) => !both.includes(JSON.stringify(path))),
    takes: takesOf(result, taken),
    uses,
    drops,
    sleeps: null,
    source: 'code',
  };
}

function takesOf({ values, parameters }: WalkResult, taken: readonly ValueId[]): Path[] {
  return [...new Set(taken)].flatMap((lock) => pathOf(values, lock, parameters, null) ?? []);
}

function tellsApart(index: number, set: Intervals, classes: readonly { parameters: Intervals[] }[]): boolean {
  return classes.some((other) => intersect(set, other.parameters[index] ?? everything).length === 0);
}
