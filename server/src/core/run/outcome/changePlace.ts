// Where in the patch a changed result comes from: the line at which the schedules before and after the patch part.

import type { ScenarioRun, Way } from '../../model/scenario/run.ts';
import type { CodePlace, RunFile } from '../entry/files.ts';
import type { Change } from './changes.ts';
import { lineOf } from './facts.ts';
import { placedTrace, placesIn, type PlacedTrace, type PlaceOf } from './placedTrace.ts';
import { follow, type ReplayedStep } from './replay.ts';

export interface PlacedChange extends Change {
  /** In a function that the patch changes. */
  readonly at: CodePlace;
  /** A schedule of the patched code to what is new; null where something went and nothing came. */
  readonly trace: PlacedTrace | null;
}

export interface PlacingChanges {
  /** Files of the two sides. */
  readonly before: readonly RunFile[];
  readonly after: readonly RunFile[];
  /** Names of the functions that the patch changes. */
  readonly changed: ReadonlySet<string>;
  readonly maxStates: number;
}

/** The change at its line; null where no schedule of the patched code runs one of the patch's functions. */
export function placeChange(change: Change, { before, after, changed, maxStates }: PlacingChanges): PlacedChange | null {
  const { scenario, before: oldRun, after: run } = change.sides;
  const { machine } = run;
  // A field that is right on one side has no schedule of its own there: any that ends will do.
  const [way, oldWay] = [change.now ?? anyWay(run), change.old ?? anyWay(oldRun)];
  if (machine === null || way === null) return null;
  const followed = follow(machine, way.schedule, { files: after, changed });
  const placeOf = placesIn(after);
  const ours = ofCall(followed.steps, change.step);
  const then =
    oldRun.machine === null || oldWay === null
      ? []
      : ofCall(follow(oldRun.machine, oldWay.schedule, { files: before, changed }).steps, change.step);
  const at = parting(linesOf(then, placesIn(before)), ours, placeOf, changed);
  if (at === null) return null;
  const shown = change.now === null ? null : { ...followed, violation: null };
  return {
    ...change,
    at,
    trace: shown === null ? null : placedTrace({ scenario, run }, machine, shown, { placeOf, assumed: [], maxStates }),
  };
}

/** Steps of one call of the scenario (`T1.2`), in C code; of all of them for null. */
function ofCall(steps: readonly ReplayedStep[], label: string | null): ReplayedStep[] {
  const marks = (field: string) => (step: ReplayedStep) => step.writes.some((write) => write.object === label && write.field === field);
  const begins = label === null ? 0 : steps.findIndex(marks('started'));
  const ends = label === null ? -1 : steps.findIndex(marks('ret'));
  const thread = label === null ? null : (steps[begins]?.thread ?? null);
  return steps
    .slice(Math.max(begins, 0), ends < 0 ? undefined : ends + 1)
    .filter((step) => step.range !== null && (thread === null || step.thread === thread));
}

function linesOf(steps: readonly ReplayedStep[], placeOf: PlaceOf): string[] {
  return steps.map((step) => lineKey(step, placeOf));
}

/** A step by its function and its text: line numbers differ between the sides. */
function lineKey({ range, text }: ReplayedStep, placeOf: PlaceOf): string {
  const place = range === null ? null : placeOf(range);
  return `${range?.function ?? ''}\0${place === null ? '' : lineOf(place)}\0${text.label}`;
}

/** Where the two part: the first added line that only the patched code runs, else a changed line between the steps, else the step before. */
function parting(then: readonly string[], ours: readonly ReplayedStep[], placeOf: PlaceOf, changed: ReadonlySet<string>): CodePlace | null {
  const place = ({ range }: ReplayedStep): CodePlace | null => (range !== null && changed.has(range.function) ? placeOf(range) : null);
  const differs = ours.findIndex((step, index) => lineKey(step, placeOf) !== then[index]);
  const end = differs < 0 ? ours.length : differs;
  const added = ours.find((step, index) => index >= end && step.isAdded && place(step) !== null);
  const next = ours[end] === undefined ? null : place(ours[end]);
  const before = ours.slice(0, end).flatMap((step) => place(step) ?? []);
  // What touches only the frame happens together with the step before it.
  for (let at = before.length - 1; at >= 0; at--) {
    const [from, to] = [before[at], before[at + 1] ?? next];
    // A call lies between steps of two functions; only behind the last step is what follows it meant.
    const isApart = from === undefined || (at < before.length - 1 && to?.function !== from.function);
    const between = isApart ? null : changedBetween(from, to ?? null);
    if (between !== null) return between;
  }
  const first = ours.find((step) => place(step) !== null);
  return (added === undefined ? null : place(added)) ?? next ?? before.at(-1) ?? (first === undefined ? null : place(first));
}

/** The first line behind a step that the patch adds, up to the next step or to the end of the function. */
function changedBetween({ file, function: name, span }: CodePlace, next: CodePlace | null): CodePlace | null {
  const { text, functions } = file.c;
  const own = functions.find((fn) => fn.name === name);
  const limit = next !== null && next.function === name && next.span.start > span.end ? next.span.start : (own?.span.end ?? span.end);
  for (let at = text.indexOf('\n', span.end); at >= 0 && at + 1 < limit; at = text.indexOf('\n', at + 1)) {
    if (!file.isChanged(at + 1)) continue;
    const line = text.slice(at + 1, text.indexOf('\n', at + 1));
    const start = at + 1 + line.length - line.trimStart().length;
    return { file, function: name, span: { start, end: start + line.trim().length } };
  }
  return null;
}

function anyWay(run: ScenarioRun): Way | null {
  return run.steps.flatMap((step) => [...step.ways.values()])[0] ?? null;
}
