// Which locks are held at each place of a function: over all paths that come there, with where they were taken.

import type { Span } from '../base/text.ts';
import { isSection, type LockClass } from '../kernel/locks.ts';
import { annotatedRequirements } from './annotated.ts';
import type { Instruction, Terminator } from './ir.ts';
import type { LockRecord } from './lock-state.ts';
import type { FlowFile, FlowFunction } from './flow-file.ts';
import { Store } from './store.ts';
import { isUnseenBalanced } from './summarise.ts';
import { resolvePath } from './summary.ts';
import { stepsOf, type Step, type Trail } from './trail.ts';
import type { ValueId, ValueTable } from './values.ts';
import type { LockEvent, PathState, WalkResult } from './walk-events.ts';

/** Where a lock was taken, or where something may have changed it unseen. */
export interface LockCause {
  readonly span: Span;
  /** The called function that did it, or may have; null for a lock primitive in this function. */
  readonly via: string | null;
}

/** A lock at a place. */
export interface PlacedLock {
  /** As C writes it: `group->mutex`; `rcu` for the RCU read side. */
  readonly name: string;
  readonly class: LockClass;
  readonly mode: 'exclusive' | 'shared';
  /** `held`: this function took it; `caller`: its caller holds it; `unknown`: something that is not visible may have changed it. */
  readonly state: 'held' | 'caller' | 'unknown';
  /** Whether it is so on all paths that come here, or on some of them. */
  readonly paths: 'all' | 'some';
  /** In the order of the text, each place once; empty for a lock of the caller's. */
  readonly causes: readonly LockCause[];
}

/** An instruction of the function, and the locks before it. */
export interface LockPoint {
  readonly span: Span;
  /** Sorted by name. Of any other lock of the caller's nothing is known. */
  readonly locks: readonly PlacedLock[];
  /** Some path came through code that is not visible: locks may be held of which nothing is known here. */
  readonly hidden: boolean;
  /** Names of the locks that this place takes and gives back, itself or by a function that it calls. */
  readonly takes: readonly string[];
  readonly releases: readonly string[];
}

export interface FunctionLockPoints {
  /** In the order of the graph: what stands first on a line also runs first. Places that no path reaches are left out. */
  readonly points: readonly LockPoint[];
  /** Locks that the caller must hold, by an assertion or an annotation. */
  readonly required: readonly string[];
  /** Null if all paths were walked; else there are no points. */
  readonly stopped: WalkResult['stopped'];
}

type Place = Instruction | Terminator;
/** What a place saw of a path. */
type Seen = Pick<PathState, 'locks' | 'trail' | 'gap'>;

/** Walks a function and tells for each place which locks are held there. */
export function lockPointsOf(file: FlowFile, flow: FlowFunction): FunctionLockPoints {
  const reached = new Map<Place, Seen[]>();
  const events: LockEvent[] = [];
  const result = file.walk(flow, {
    // The walk goes on with its state; what a place saw is kept as it was.
    reach: (place, { locks, trail, gap }) => {
      const states = reached.get(place);
      if (states) states.push({ locks, trail, gap });
      else reached.set(place, [{ locks, trail, gap }]);
    },
    lock: (event) => void events.push(event),
  });
  const required = requiredLocks(file, flow, result);
  const names = required.map((lock) => nameOf(result.values, lock));
  if (result.stopped !== null) return { points: [], required: names, stopped: result.stopped };
  const points: LockPoint[] = [];
  for (const block of flow.procedure.blocks)
    for (const place of [...block.instructions, block.terminator]) {
      const states = reached.get(place);
      if (states) points.push(pointAt(spanOf(place), states, required, events, result.values));
    }
  return { points, required: names, stopped: null };
}

/** The text that runs at a place: a release at the end of a scope stands where the scope is left, a test does not stand for its branches. */
function spanOf(place: Place): Span {
  switch (place.op) {
    case 'call':
      return place.scopeExit ?? place.span;
    case 'branch':
      return { start: place.span.start, end: Math.max(place.span.start, place.condition.end) };
    case 'switch':
      return { start: place.span.start, end: Math.max(place.span.start, place.value.end) };
    case 'jump':
      return { start: place.span.start, end: place.span.start };
    default:
      return place.span;
  }
}

function requiredLocks(file: FlowFile, { fn }: FlowFunction, { values, parameters }: WalkResult): ValueId[] {
  const paths = file.summaryOf(fn.name)?.requires ?? annotatedRequirements(fn);
  const locks = paths.map((path) => values.original(resolvePath(values, Store.empty(), path, parameters, values.unknown)));
  return [...new Set(locks)].filter((lock) => lock !== values.unknown);
}

function pointAt(
  span: Span,
  states: readonly Seen[],
  required: readonly ValueId[],
  events: readonly LockEvent[],
  values: ValueTable,
): LockPoint {
  const locks = new Set([
    ...required,
    ...states.flatMap(({ locks: { records } }) => records.flatMap((record) => (isSection(record.class) ? [] : [record.lock]))),
  ]);
  const here = events.filter((event) => event.span.start === span.start && event.span.end === span.end);
  const changed = (action: LockEvent['action']): string[] => [
    ...new Set(here.filter((event) => event.action === action).map((event) => nameOf(values, event.lock))),
  ];
  return {
    span,
    locks: [...locks]
      .flatMap((lock) => placed(lock, states, required.includes(lock), values) ?? [])
      .concat(touchedObjects(states, values))
      .sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0)),
    hidden: states.some((state) => state.gap),
    takes: changed('acquire'),
    releases: changed('release'),
  };
}

/** One lock over the states of a place; null where no path holds it and all know so. */
function placed(lock: ValueId, states: readonly Seen[], isRequired: boolean, values: ValueTable): PlacedLock | null {
  const seen = states.map(({ locks }) => locks.records.find((record) => record.lock === lock) ?? null);
  const state = (record: LockRecord | null): PlacedLock['state'] | 'free' => (record ? standing(record) : isRequired ? 'caller' : 'free');
  const found = seen.map(state);
  const shown = (['held', 'caller', 'unknown'] as const).find((one) => found.includes(one));
  if (shown === undefined) return null;
  const known = seen.find((record) => record !== null);
  return {
    name: nameOf(values, lock),
    class: known?.class ?? 'unknown',
    mode: known?.mode ?? 'exclusive',
    state: shown,
    paths: found.every((one) => one === shown) ? 'all' : 'some',
    causes: shown === 'caller' ? [] : causesOf(seen.flatMap((record) => (record && standing(record) === shown ? [record.since] : []))),
  };
}

function standing({ status }: LockRecord): PlacedLock['state'] | 'free' {
  switch (status) {
    case 'held':
    case 'retaken':
      return 'held';
    case 'required':
      return 'caller';
    case 'unknown':
      return 'unknown';
    case 'freed':
    case 'given':
      return 'free';
  }
}

/** Objects whose locks a function that is not visible may have taken, where no lock of theirs is spoken of. */
function touchedObjects(states: readonly Seen[], values: ValueTable): PlacedLock[] {
  const isOpen = ({ locks, trail }: Seen, symbol: ValueId): boolean =>
    locks.touched.includes(symbol) && !locks.records.some((record) => values.dependsOn(record.lock, symbol)) && !isUnseenBalanced(trail);
  const symbols = new Set(states.flatMap((state) => state.locks.touched.filter((symbol) => isOpen(state, symbol))));
  return [...symbols].map((symbol) => {
    const open = states.filter((state) => isOpen(state, symbol));
    const steps = open.flatMap(({ trail }) => stepsOf(trail).filter((step) => step.kind === 'unseen'));
    return {
      name: `a lock of ${nameOf(values, symbol, true)}`,
      class: 'unknown',
      mode: 'exclusive',
      state: 'unknown',
      paths: open.length === states.length ? 'all' : 'some',
      causes: unique(steps),
    };
  });
}

function causesOf(trails: readonly (Trail | null)[]): LockCause[] {
  return unique(trails.flatMap((trail) => trail?.step ?? []));
}

function unique(steps: readonly Step[]): LockCause[] {
  const causes = steps.map(causeOf).sort((a, b) => a.span.start - b.span.start);
  return causes.filter((cause, at) => causes.findIndex((one) => one.span.start === cause.span.start && one.via === cause.via) === at);
}

function causeOf(step: Step): LockCause {
  if (step.kind === 'acquire' || step.kind === 'release') return { span: step.span, via: step.via };
  return { span: step.span, via: step.kind === 'unseen' ? step.name : null };
}

/** A lock as C writes it. Values that were joined from several have no name of their own. */
function nameOf(values: ValueTable, lock: ValueId, isObject = false): string {
  const text = isObject ? values.print(lock) : values.printPlace(lock);
  return /joined:|\?/.test(text) ? text.replace(/joined:\d+:\d+|\?/g, 'some object') : text;
}
