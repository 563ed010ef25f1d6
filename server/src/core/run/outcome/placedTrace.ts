// Schedules as people see them: a trace with its places in the code under review.

import type { Trace } from '../../../protocol/finding.ts';
import type { FoundViolation } from '../../model/explore/result.ts';
import { shortest } from '../../model/explore/shortest.ts';
import type { Violation } from '../../model/explore/program.ts';
import type { CodeRange } from '../../model/machine/code.ts';
import type { Machine, StepText } from '../../model/machine/machine.ts';
import type { ScenarioRun } from '../../model/scenario/run.ts';
import type { Scenario } from '../../model/scenario/scenario.ts';
import { traceOf } from '../../model/trace/build.ts';
import type { CodePlace, RunFile } from '../entry/files.ts';
import type { Assumption } from '../types.ts';
import { replay, type Followed } from './replay.ts';

/** A function on the stack of a step, with its place in the code under review; null for code of the model. */
export interface PlacedFrame {
  readonly function: string;
  readonly place: CodePlace | null;
  readonly locals: Readonly<Record<string, unknown>>;
}

/** Where a thread stands behind the last step. */
export interface PlacedEnd {
  readonly thread: string;
  readonly frames: readonly PlacedFrame[];
  readonly step: string;
  readonly blocked: boolean;
}

/** A trace whose places are still those of the code that ran; who knows lines and mails fills them in. */
export interface PlacedTrace {
  readonly trace: Trace;
  /** For each step its stack, outermost function first. */
  readonly frames: readonly (readonly PlacedFrame[])[];
  readonly ends: readonly PlacedEnd[];
  readonly assumptions: readonly { readonly text: string; readonly kind: Assumption['kind']; readonly place: CodePlace | null }[];
}

export interface RunOfScenario {
  readonly scenario: Scenario;
  readonly run: ScenarioRun;
  /** Whether places of the patch failed in it: a run without says nothing of one with. */
  readonly withFailures: boolean;
}

/** The run of the other side in the same scenario with the same failures; null without one. */
export function sameRun(others: readonly RunOfScenario[], { scenario, withFailures }: RunOfScenario): RunOfScenario | null {
  return (
    others.find((one) => one.scenario.id === scenario.id && one.scenario.title === scenario.title && one.withFailures === withFailures) ??
    null
  );
}

/** Finds the place of a range of code among the files of the side. */
export type PlaceOf = (range: CodeRange) => CodePlace | null;

export function placesIn(files: readonly RunFile[]): PlaceOf {
  const byPath = new Map(files.map((file) => [file.path, file]));
  return (range) => {
    const file = byPath.get(range.file);
    return file === undefined ? null : { file, function: range.function, span: { start: range.start, end: range.end } };
  };
}

/** The schedule of a violation that a run found, as short as its budget allows; null without one. */
export function placedTraceOf(ran: RunOfScenario, violation: FoundViolation | null, files: readonly RunFile[]): PlacedTrace | null {
  const { machine, states } = ran.run;
  if (machine === null || violation === null) return null;
  const maxStates = Math.max(states, 1_000);
  const replayed = replay(machine, shortest(machine, violation, maxStates).violation, { files, changed: new Set() });
  return placedTrace(ran, machine, replayed, { placeOf: placesIn(files), assumed: [], maxStates });
}

export interface Placing {
  readonly placeOf: PlaceOf;
  readonly assumed: readonly Assumption[];
  readonly maxStates: number;
}

/** The trace of a schedule that was followed on the machine of a run; `violation` null where it is only shown. */
export function placedTrace(
  { scenario, run }: Pick<RunOfScenario, 'scenario' | 'run'>,
  machine: Machine,
  { schedule, violation, steps, next }: Followed & { readonly violation: Violation | null },
  placing: Placing,
): PlacedTrace {
  const { placeOf, assumed, maxStates } = placing;
  const { states, finished } = run;
  return {
    trace: traceOf(scenario, run.era, machine, { schedule, violation }, { states, finished, maxStates }),
    frames: steps.map((step) => framesOf(step.text, placeOf)),
    ends: next
      .filter((one) => one.text.kind !== 'done')
      .map((one) => ({ thread: one.thread, frames: framesOf(one.text, placeOf), step: one.text.label, blocked: one.blocked })),
    assumptions: assumed.map((one) => ({ text: one.text, kind: one.kind, place: one.place === null ? null : placeOf(one.place) })),
  };
}

/** The stack without the scenario's own frame, and without procedures that only hand a call on to the code of the same name. */
function framesOf(text: StepText, placeOf: PlaceOf): PlacedFrame[] {
  const frames = text.frames.slice(1);
  return frames.flatMap((frame, index): PlacedFrame[] => {
    const next = frames[index + 1];
    if (next?.procedure === `c:${frame.procedure}`) return [];
    const locals: Record<string, unknown> = {};
    for (const [name, value] of frame.locals) if (/^[A-Za-z_]\w*(?:@\d+)?$/u.test(name)) locals[name] = value;
    return [{ function: frame.procedure.replace(/^c:/u, ''), place: frame.range === null ? null : placeOf(frame.range), locals }];
  });
}
