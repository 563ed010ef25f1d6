// What looked suspicious, was explored to the end, and holds.

import type { Machine } from '../../model/machine/machine.ts';
import { lockWord } from './blame.ts';
import type { RunOfScenario } from './facts.ts';
import { placesIn } from './facts.ts';
import type { CodePlace, RunFile } from '../entry/files.ts';
import type { CodeRange } from '../../model/machine/code.ts';

/** A place that was run in all schedules of some scenarios without a breach. */
export interface ModelConfirmation {
  /** Rule that would have spoken. */
  readonly rule: string;
  readonly at: CodePlace;
  readonly message: string;
  /** States explored, over all scenarios that show it. */
  readonly states: number;
}

/** Longest schedule that is followed for a look at the locks that code takes. */
const MAX_LOOK = 2_000;

interface Nesting {
  readonly outer: string;
  readonly inner: string;
  readonly at: CodeRange;
}

interface Look {
  readonly nestings: readonly Nesting[];
  /** Where the code gives a lock back that it takes again later in the same call. */
  readonly windows: readonly { readonly lock: string; readonly at: CodeRange }[];
}

/** Follows each thread alone, first alternatives only, and notes how its code nests locks. */
function lookAt(machine: Machine, thread: number): Look {
  const nestings: Nesting[] = [];
  const released: { lock: string; call: number; at: CodeRange }[] = [];
  const windows: { lock: string; at: CodeRange }[] = [];
  let state = machine.initial();
  for (let n = 0; n < MAX_LOOK && machine.enabled(thread, state).status === 'ready'; n++) {
    const text = machine.describe(thread, state, 0);
    const range = text.frames.at(-1)?.range ?? null;
    const [, verb, lock = ''] = /^(lock|unlock) (\S+)$/u.exec(text.label) ?? [];
    // A window is one of a call: between two calls of a scenario nothing is carried over.
    const call = text.frames[0]?.at ?? 0;
    if (range !== null && verb === 'unlock') released.push({ lock, call, at: range });
    if (range !== null && verb === 'lock') {
      const held = machine.locks(thread, state);
      for (const outer of held) nestings.push({ outer: lockWord(outer), inner: lockWord(lock), at: range });
      const window = released.find((one) => one.lock === lock && one.call === call);
      if (window !== undefined) windows.push({ lock: lockWord(lock), at: window.at });
    }
    const applied = machine.apply(thread, state, 0);
    if (applied.fatal) break;
    state = applied.state;
  }
  return { nestings, windows };
}

interface Tally {
  at: CodeRange;
  states: number;
  scenarios: number;
  broken: boolean;
}

/** What holds: lock orders against other threads, and windows between two holds of a lock against an unplug. */
export function confirmationsOf(runs: readonly RunOfScenario[], files: readonly RunFile[]): ModelConfirmation[] {
  const placeOf = placesIn(files);
  const orders = new Map<string, Tally>();
  const windows = new Map<string, Tally>();
  for (const { scenario, run } of runs) {
    const { machine } = run;
    if (machine === null || scenario.threads.length < 2) continue;
    const looks = machine.threads.map((_, thread) => lookAt(machine, thread));
    const add = (tallies: Map<string, Tally>, key: string, at: CodeRange, broken: boolean): void => {
      const known = tallies.get(key) ?? { at, states: 0, scenarios: 0, broken: false };
      known.states += run.states;
      known.scenarios++;
      known.broken ||= broken || !run.finished;
      tallies.set(key, known);
    };
    const seen = new Set<string>();
    for (const { nestings } of looks) {
      for (const { outer, inner, at } of nestings) {
        const key = `${outer} before ${inner}`;
        if (seen.has(key)) continue;
        seen.add(key);
        add(
          orders,
          key,
          at,
          run.violations.some((violation) => violation.id === 'deadlock'),
        );
      }
    }
    if (!scenario.threads.some((thread) => thread.steps.some((step) => step.action === 'unplug'))) continue;
    for (const { windows: found } of looks) {
      for (const { lock, at } of found) {
        const key = `${at.function} ${lock}`;
        if (seen.has(key)) continue;
        seen.add(key);
        add(
          windows,
          key,
          at,
          run.violations.some((violation) => violation.id === 'use-after-free'),
        );
      }
    }
  }
  const confirmed = (tallies: Map<string, Tally>, rule: string, message: (key: string, tally: Tally) => string): ModelConfirmation[] =>
    [...tallies].flatMap(([key, tally]) => {
      const at = placeOf(tally.at);
      return tally.broken || at === null ? [] : [{ rule, at, message: message(key, tally), states: tally.states }];
    });
  return [
    ...confirmed(
      orders,
      'lock-order-inversion',
      (key, { states, scenarios }) => `${key}: ${counted(states, 'state')} in ${counted(scenarios, 'scenario')}, no deadlock`,
    ),
    ...confirmed(
      windows,
      'stale-pointer-after-unlock-noref',
      (key, { states, scenarios }) =>
        `${key.slice(key.indexOf(' ') + 1)} given back and taken again, against an unplug: ${counted(states, 'state')} in ${counted(scenarios, 'scenario')}, nothing freed is used`,
    ),
  ];
}

const counted = (number: number, noun: string): string => `${String(number)} ${noun}${number === 1 ? '' : 's'}`;
