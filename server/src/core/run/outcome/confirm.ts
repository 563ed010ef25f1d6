// What looked suspicious, was explored to the end, and holds.

import type { CodeRange } from '../../model/machine/code.ts';
import type { Machine } from '../../model/machine/machine.ts';
import type { CodePlace, RunFile } from '../entry/files.ts';
import { assumptionsOf } from '../ledger.ts';
import type { Assumption } from '../types.ts';
import { lockWord } from './blame.ts';
import { placedTrace, placesIn, type PlacedTrace, type RunOfScenario } from './placedTrace.ts';
import { follow } from './replay.ts';
import { witnessOf, type IsThere, type Witness } from './witness.ts';

/** A place that was run in all schedules of some scenarios without a breach. */
export interface ModelConfirmation {
  /** Rule that would have spoken. */
  readonly rule: string;
  readonly at: CodePlace;
  readonly message: string;
  /** States explored, over all scenarios that show it. */
  readonly states: number;
  /** A schedule on which another thread gets in between at the place and nothing happens; null where none of the runs has one. */
  readonly trace: PlacedTrace | null;
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
  readonly at: CodeRange;
  readonly candidates: Candidate[];
  states: number;
  broken: boolean;
}

/** A thread of a run that comes to the place, and how to tell that it has. */
interface Candidate {
  readonly ran: RunOfScenario;
  readonly machine: Machine;
  readonly thread: number;
  readonly isThere: IsThere;
}

export interface ConfirmInput {
  readonly runs: readonly RunOfScenario[];
  readonly files: readonly RunFile[];
  /** What the program's runs took for granted, by the numbers that the states keep. */
  readonly assumptions: readonly Assumption[];
  /** Budget in states that each run had. */
  readonly maxStates: number;
}

/** What holds: lock orders against other threads, and windows between two holds of a lock against an unplug. */
export function confirmationsOf(input: ConfirmInput): ModelConfirmation[] {
  const orders = new Map<string, Tally>();
  const windows = new Map<string, Tally>();
  for (const ran of input.runs) {
    const { scenario, run } = ran;
    const { machine } = run;
    if (machine === null || scenario.threads.length < 2) continue;
    const looks = machine.threads.map((_, thread) => lookAt(machine, thread));
    const breaks = (id: string): boolean => run.violations.some((violation) => violation.id === id);
    const seen = new Set<string>();
    const add = (
      tallies: Map<string, Tally>,
      key: string,
      at: CodeRange,
      id: string,
      candidate: Omit<Candidate, 'ran' | 'machine'>,
    ): void => {
      if (seen.has(key)) return;
      seen.add(key);
      const known = tallies.get(key) ?? { at, candidates: [], states: 0, broken: false };
      known.states += run.states;
      known.candidates.push({ ran, machine, ...candidate });
      known.broken ||= breaks(id) || !run.finished;
      tallies.set(key, known);
    };
    looks.forEach(({ nestings }, thread) => {
      for (const { outer, inner, at } of nestings) {
        // The others move while the outer lock is held and the inner one is not.
        const isThere: IsThere = ({ start, held }) => start === at.start && held.some((lock) => lockWord(lock) === outer);
        add(orders, `${outer} before ${inner}`, at, 'deadlock', { thread, isThere });
      }
    });
    if (!scenario.threads.some((thread) => thread.steps.some((step) => step.action === 'unplug'))) continue;
    looks.forEach(({ windows: found }, thread) => {
      for (const { lock, at } of found) {
        const isThere: IsThere = (_next, last) => last?.start === at.start;
        add(windows, `${at.function} ${lock}`, at, 'use-after-free', { thread, isThere });
      }
    });
  }
  const placeOf = placesIn(input.files);
  const confirmed = (tallies: Map<string, Tally>, rule: string, message: (key: string, tally: Tally) => string): ModelConfirmation[] =>
    [...tallies].flatMap(([key, tally]) => {
      const at = placeOf(tally.at);
      if (tally.broken || at === null) return [];
      return [{ rule, at, message: message(key, tally), states: tally.states, trace: shownBy(tally.candidates, input) }];
    });
  const explored = ({ states, candidates }: Tally): string => `${counted(states, 'state')} in ${counted(candidates.length, 'scenario')}`;
  return [
    ...confirmed(orders, 'lock-order-inversion', (key, tally) => `${key}: ${explored(tally)}, no deadlock`),
    ...confirmed(
      windows,
      'stale-pointer-after-unlock-noref',
      (key, tally) =>
        `${key.slice(key.indexOf(' ') + 1)} given back and taken again, against an unplug: ${explored(tally)}, nothing freed is used`,
    ),
  ];
}

/** The schedule that shows most: of as many threads in C code as can be, one of which waits, and as short as that can be. */
function shownBy(candidates: readonly Candidate[], { files, assumptions, maxStates }: ConfirmInput): PlacedTrace | null {
  let best: { readonly candidate: Candidate; readonly witness: Witness } | null = null;
  const rank = ({ codeThreads, waits, schedule }: Witness): number => codeThreads * 1e6 + (waits ? 1e5 : 0) - schedule.length;
  for (const candidate of candidates) {
    const witness = witnessOf(candidate.machine, candidate.thread, candidate.isThere);
    if (witness !== null && (best === null || rank(witness) > rank(best.witness))) best = { candidate, witness };
  }
  if (best === null) return null;
  const { ran, machine } = best.candidate;
  const followed = follow(machine, best.witness.schedule, { files, changed: new Set() });
  const ids = new Set(assumptionsOf(machine, followed.end));
  const assumed = assumptions.filter((one) => ids.has(one.id));
  return placedTrace(ran, machine, { ...followed, violation: null }, { placeOf: placesIn(files), assumed, maxStates });
}

const counted = (number: number, noun: string): string => `${String(number)} ${noun}${number === 1 ? '' : 's'}`;
