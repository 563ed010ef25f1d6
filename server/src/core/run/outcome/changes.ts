// Scenarios that come out differently after the patch: calls with another result, and fields that end otherwise than expected.

import type { ScenarioRun, StepResult, Way } from '../../model/scenario/run.ts';
import type { Scenario } from '../../model/scenario/scenario.ts';

/** A call whose results differ between the two sides of the patch, or a field that differs at the end. */
export interface Change {
  /** The first scenario that shows it, with its runs. */
  readonly sides: SidesOfScenario;
  /** Ids of the others. */
  readonly also: readonly string[];
  /** The step as the scenario counts it (`T1.2`); null for a field at the end. */
  readonly step: string | null;
  /** The call as the scenario writes it, or the path of the field. */
  readonly what: string;
  /** The call's name; null for a field. */
  readonly action: string | null;
  /** Whether a user or an administrator makes the call. */
  readonly isOfPeople: boolean;
  /** Every result that some schedule gives, sorted; of a field the value at the end. */
  readonly before: readonly string[];
  readonly after: readonly string[];
  /** Schedules to what is new and to what was there before; null where that side has nothing to show. */
  readonly old: Way | null;
  readonly now: Way | null;
}

/** Actions of people: of an administrator through sysfs, of a user through files. The others are calls inside the kernel. */
const ACTIONS_OF_PEOPLE: ReadonlySet<string> = new Set([
  'write_type',
  'bind',
  'unbind',
  'open',
  'close',
  'open_group',
  'close_group',
  'set_container',
  'unset_container',
  'set_iommu',
  'ioas_alloc',
  'ioas_map',
  'ioas_unmap',
  'hwpt_alloc',
  'destroy',
  'cdev_bind',
  'cdev_attach',
  'cdev_detach',
  'cdev_close',
]);

export interface SidesOfScenario {
  readonly scenario: Scenario;
  readonly before: ScenarioRun;
  readonly after: ScenarioRun;
}

/**
 * What comes out differently, in the order of the scenarios, each call with the same difference once. Only runs that both came to their
 * end are compared.
 */
export function changesOf(pairs: readonly SidesOfScenario[], isCut: Cut): Change[] {
  const found = new Map<string, Change>();
  const add = (change: Omit<Change, 'also'>): void => {
    const key = [change.action ?? change.what, change.isOfPeople, change.before.join(), change.after.join()].join('\0');
    const known = found.get(key);
    const { id } = change.sides.scenario;
    if (known === undefined) found.set(key, { ...change, also: [] });
    else if (known.sides.scenario.id !== id && !known.also.includes(id)) found.set(key, { ...known, also: [...known.also, id] });
  };
  for (const sides of pairs) {
    const { scenario, before, after } = sides;
    if (!before.finished || !after.finished || before.machine === null || after.machine === null) continue;
    const steps = scenario.threads.flatMap((thread) => thread.steps);
    steps.forEach((step, index) => {
      const [then, now] = [before.steps[index], after.steps[index]];
      if (then === undefined || now === undefined || !isChanged(then, now, isCut)) return;
      const isOfPeople = ACTIONS_OF_PEOPLE.has(step.action);
      const [old, shown] = [namedResults(then), namedResults(now)];
      const come = [...shown].find(([result]) => !old.has(result)) ?? [...shown][0];
      const gone = [...old].find(([result]) => !shown.has(result)) ?? [...old][0];
      const [was, is] = [[...old.keys()].sort(), [...shown.keys()].sort()];
      const ways = { old: gone?.[1] ?? null, now: come?.[1] ?? null };
      add({ sides, step: step.label, what: step.text, action: step.action, isOfPeople, before: was, after: is, ...ways });
    });
    for (const change of changedEnds(sides, isCut)) add(change);
  }
  return [...found.values()];
}

/** Results by what a caller sees of them: which object a success gives is no difference. */
function namedResults(step: StepResult): Map<string, Way> {
  const named = new Map<string, Way>();
  for (const [result, way] of step.ways) {
    const name = /^(?:-|\d|blocks$)/u.test(result) ? result : 'an object';
    const known = named.get(name);
    if (known === undefined || way.doubt < known.doubt) named.set(name, way);
  }
  return named;
}

/** Of each side, whether some path of a run was given up: then what the side does not show can exist. */
export interface Cut {
  readonly before: boolean;
  readonly after: boolean;
}

/** Whether a result came or went for certain: the schedule that has it takes nothing for granted, and the other side has all of its own. */
function isChanged(then: StepResult, now: StepResult, isCut: Cut): boolean {
  const [old, shown] = [namedResults(then), namedResults(now)];
  if (old.size === 0 || shown.size === 0) return false;
  const isNew = (one: ReadonlyMap<string, Way>, other: ReadonlyMap<string, Way>): boolean =>
    [...one].some(([result, { doubt }]) => doubt === 0 && !other.has(result));
  return (!then.isOpen && !isCut.before && isNew(shown, old)) || (!now.isOpen && !isCut.after && isNew(old, shown));
}

/** Fields at the end that one side leaves as the scenario expects, and the other does not. */
function changedEnds(sides: SidesOfScenario, isCut: Cut): Omit<Change, 'also'>[] {
  const { before, after } = sides;
  const isOpen = (run: ScenarioRun): boolean => run.steps.some((step) => step.isOpen);
  const ofOne = (wrong: ScenarioRun, right: ScenarioRun, isNew: boolean): Omit<Change, 'also'>[] => {
    if (isOpen(right) || isCut[isNew ? 'before' : 'after']) return [];
    // What only one side breaks is told as a breach: its fields follow from that.
    const broken = (run: ScenarioRun): string => [...new Set(run.violations.map((one) => one.id))].sort().join();
    if (broken(wrong) !== broken(right)) return [];
    return wrong.wrongEnds.flatMap(({ path, got, expected, way }): Omit<Change, 'also'>[] => {
      if (way.doubt > 0 || right.wrongEnds.some((one) => one.path === path)) return [];
      const [was, is] = isNew ? [expected, got] : [got, expected];
      const ways = isNew ? { old: null, now: way } : { old: way, now: null };
      return [{ sides, step: null, what: path, action: null, isOfPeople: false, before: [was], after: [is], ...ways }];
    });
  };
  return [...ofOne(after, before, true), ...ofOne(before, after, false)];
}
