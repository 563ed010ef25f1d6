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
    case 'retaken':
      // The caller has it in another mode now, which no effect can say.
      return record.callers === undefined || record.callers === record.mode ? null : 'unknown';
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
    if (action && lock)
      effects.push({ lock, name: result.names.get(record.lock) ?? null, class: record.class, mode: record.callers ?? record.mode, action });
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
  const classes = new Map<string, Way>();
  const requires = new Map<string, Path>(annotatedRequirements(fn).map((path) => [JSON.stringify(path), path]));
  for (const lock of callersLocks(result)) {
    const path = pathOf(values, lock, result.parameters, null);
    if (path) requires.set(JSON.stringify(path), path);
  }
  for (const exit of result.exits) {
    const effects = effectsOf(result, exit);
    for (const declared of annotatedLocks(fn)) {
      const known = effects.some((effect) => JSON.stringify(effect.lock) === JSON.stringify(declared));
      if (!known) effects.push({ lock: declared, name: null, class: 'unknown', mode: 'exclusive', action: 'unknown' });
    }
    const touches = touchesOf(result, exit);
    const key = JSON.stringify([effects, touches]);
    const known = classes.get(key);
    if (!known) classes.set(key, { effects, touches, from: [exit] });
    else known.from.push(exit);
    for (const record of exit.state.locks.records) {
      // A lock that another path takes is asked for only on the way that asserts it: `if (locked) lockdep_assert_held(...)`.
      if (record.status !== 'required' || taken.includes(record.lock)) continue;
      const path = pathOf(values, record.lock, result.parameters, null);
      if (path) requires.set(JSON.stringify(path), path);
    }
  }
  const ways = splitByFlags(result, [...classes.values()]).map((one) => ({ ...one, ...setsOf(result, one) }));
  const exits: ExitClass[] = ways.map((one) => ({
    ...storesOfExits(result, one.from),
    effects: one.effects,
    touches: one.touches,
    value: valueOfExits(result, one.from),
    returns: one.returns,
    // Only flags tell ways apart; a fact about every way says nothing.
    parameters: one.parameters.flatMap((set, index) => (isEverything(set) || !tellsApart(index, set, ways) ? [] : [{ index, set }])),
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

/** Locks that are the caller's on every way: each asserts one, or gives it back and takes it again. */
function callersLocks({ exits }: WalkResult): ValueId[] {
  const [first, ...others] = exits;
  const isCallers = ({ status }: LockRecord): boolean => status === 'required' || status === 'retaken';
  const own = first?.state.locks.records.filter(isCallers) ?? [];
  return own.flatMap(({ lock }) =>
    others.every(({ state }) => state.locks.records.some((record) => record.lock === lock && isCallers(record))) ? [lock] : [],
  );
}

function takesOf({ values, parameters }: WalkResult, taken: readonly ValueId[]): Path[] {
  return [...new Set(taken)].flatMap((lock) => pathOf(values, lock, parameters, null) ?? []);
}

function tellsApart(index: number, set: Intervals, classes: readonly { parameters: Intervals[] }[]): boolean {
  return classes.some((other) => intersect(set, other.parameters[index] ?? everything).length === 0);
}

/** Exits with equal effects on locks. */
interface Way {
  readonly effects: LockEffect[];
  readonly touches: Path[];
  readonly from: WalkExit[];
}

/** Ways of one function above which flags do not tell more of them apart. */
const maxWays = 8;

/** With other flags a way may return other things: `need` false and 0, `need` true and an error. Ways of equal effects stay one where no flag decides. */
function splitByFlags(result: WalkResult, ways: readonly Way[]): readonly Way[] {
  const factOf = (exit: WalkExit, index: number): Intervals =>
    exit.state.store.factOf(result.values, result.parameters[index] ?? result.values.unknown);
  const decides = (index: number): boolean =>
    ways.some(({ from }, at) =>
      ways.some(
        (other, after) =>
          after > at && from.some((one) => other.from.some((two) => intersect(factOf(one, index), factOf(two, index)).length === 0)),
      ),
    );
  const flags = [...result.parameters.keys()].filter(decides);
  if (flags.length === 0) return ways;
  const split = ways.flatMap((way) => {
    const parts = new Map<string, WalkExit[]>();
    for (const exit of way.from) {
      const key = JSON.stringify(flags.map((index) => factOf(exit, index)));
      parts.set(key, [...(parts.get(key) ?? []), exit]);
    }
    return [...parts.values()].map((from) => ({ ...way, from }));
  });
  return split.length <= maxWays ? split : ways;
}

/** What a way returns, and for which arguments. */
function setsOf({ values, parameters }: WalkResult, { from }: Way): { readonly returns: Intervals; readonly parameters: Intervals[] } {
  const union = (factOf: (exit: WalkExit) => Intervals): Intervals => from.reduce<Intervals>((all, exit) => unite(all, factOf(exit)), []);
  return {
    returns: union(({ value, state }) => (value === null ? everything : state.store.factOf(values, value))),
    parameters: parameters.map((parameter) => union(({ state }) => state.store.factOf(values, parameter))),
  };
}
