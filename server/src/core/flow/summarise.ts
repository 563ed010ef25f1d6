// From the walk of a function to its summary: ways of coming back with equal effects on locks become one.

import { intersect, isEverything, unite, everything, type Intervals } from './intervals.ts';
import type { LockRecord } from './lock-state.ts';
import { pathOf, type ExitClass, type LockEffect, type Path, type Summary } from './summary.ts';
import type { WalkExit, WalkResult } from './walk.ts';

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
    const lock = action && pathOf(result.values, record.lock, result.parameters, exit.value);
    if (action && lock) effects.push({ lock, class: record.class, mode: record.mode, action });
  }
  return effects;
}

/** The summary of a walked function; null if the walk did not end or saw code that is not visible. */
export function summarise(name: string, result: WalkResult): Summary | null {
  if (result.stopped !== null || result.exits.some((exit) => exit.state.gap)) return null;
  const { values } = result;
  const classes = new Map<string, { effects: LockEffect[]; returns: Intervals; parameters: Intervals[] }>();
  const requires = new Map<string, Path>();
  for (const exit of result.exits) {
    const effects = effectsOf(result, exit);
    const key = JSON.stringify(effects);
    const { store } = exit.state;
    const returns = exit.value === null ? everything : store.factOf(values, exit.value);
    const parameters = result.parameters.map((parameter) => store.factOf(values, parameter));
    const known = classes.get(key);
    if (!known) classes.set(key, { effects, returns, parameters });
    else {
      known.returns = unite(known.returns, returns);
      known.parameters = known.parameters.map((set, index) => unite(set, parameters[index] ?? everything));
    }
    for (const record of exit.state.locks.records) {
      if (record.status !== 'required' && record.status !== 'retaken') continue;
      const path = pathOf(values, record.lock, result.parameters, null);
      if (path && record.status === 'required') requires.set(JSON.stringify(path), path);
    }
  }
  const exits: ExitClass[] = [...classes.values()].map((one) => ({
    effects: one.effects,
    returns: one.returns,
    // Only flags tell ways apart; a fact about every way says nothing.
    parameters: one.parameters.flatMap((set, index) =>
      isEverything(set) || !tellsApart(index, set, [...classes.values()]) ? [] : [{ index, set }],
    ),
  }));
  return { name, exits, requires: [...requires.values()], source: 'code' };
}

function tellsApart(index: number, set: Intervals, classes: readonly { parameters: Intervals[] }[]): boolean {
  return classes.some((other) => intersect(set, other.parameters[index] ?? everything).length === 0);
}
