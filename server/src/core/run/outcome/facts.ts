// From the violations of a run to facts about the code: one for each rule and function, with the shortest schedule that shows it.

import type { Trace } from '../../../protocol/finding.ts';
import type { CodeRange } from '../../model/machine/code.ts';
import type { StepText } from '../../model/machine/machine.ts';
import { numbered, type ScenarioRun } from '../../model/scenario/run.ts';
import type { Scenario } from '../../model/scenario/scenario.ts';
import { traceOf } from '../../model/trace/build.ts';
import type { CodePlace, RunFile } from '../entry/files.ts';
import { assumptionsOf } from '../ledger.ts';
import type { Assumption } from '../types.ts';
import { blame } from './blame.ts';
import { replay } from './replay.ts';

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
  readonly assumptions: readonly { readonly text: string; readonly place: CodePlace | null }[];
}

/** A breach that some schedule shows, told at the line that causes it. */
export interface ModelFact {
  /** Id of the rule that speaks of it. */
  readonly rule: string;
  readonly at: CodePlace;
  /** Words for the rule's message. */
  readonly data: Readonly<Record<string, string>>;
  readonly evidence: readonly { readonly place: CodePlace; readonly message: string }[];
  readonly trace: PlacedTrace;
  /** Other scenarios that show the same. */
  readonly also: readonly string[];
  /** The kernel of the era is known to allow it in this scenario. */
  readonly isKnown: boolean;
}

/** Eras that stand for a proposal: what is known of them is known of the patch itself. */
const PROPOSALS: ReadonlySet<string> = new Set(['defdom-2020-v3', 'defdom-merged']);

/** A breach that cannot be told as a fact, because what decides it is not known. */
export interface DoubtfulFact {
  readonly at: CodePlace;
  readonly detail: string;
}

export interface RunOfScenario {
  readonly scenario: Scenario;
  readonly run: ScenarioRun;
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

/**
 * All facts of some runs: each rule and function once, with the shortest schedule. What rests on a call or on code that is not
 * understood is doubtful instead.
 */
export function factsOf(
  runs: readonly RunOfScenario[],
  files: readonly RunFile[],
  known: readonly Assumption[],
  maxStates: number,
): { readonly facts: readonly ModelFact[]; readonly doubtful: readonly DoubtfulFact[] } {
  const placeOf = placesIn(files);
  const paths = new Set(files.map((file) => file.path));
  const byId = new Map(known.map((one) => [one.id, one]));
  const found = new Map<string, ModelFact>();
  const doubtful: DoubtfulFact[] = [];
  for (const { scenario, run } of runs) {
    const { machine } = run;
    if (machine === null) continue;
    for (const violation of run.violations) {
      const replayed = replay(machine, violation, (file) => paths.has(file));
      const culprit = blame(replayed);
      const at = culprit === null ? null : placeOf(culprit.at);
      if (culprit === null || at === null) continue;
      const assumed = assumptionsOf(machine, replayed.end).flatMap((id) => byId.get(id) ?? []);
      const decisive = assumed.find((one) => one.kind !== 'contract' && one.kind !== 'value');
      if (decisive !== undefined) {
        doubtful.push({ at, detail: `${violation.message} (${scenario.id}), unless this matters: ${decisive.text}` });
        continue;
      }
      const key = `${culprit.rule}\0${at.function}`;
      const other = found.get(key);
      const isKnown = !PROPOSALS.has(run.era) && run.expectedViolations.includes(numbered(violation.id));
      const isBetter =
        other === undefined ||
        (other.isKnown && !isKnown) ||
        (other.isKnown === isKnown && violation.schedule.length < other.trace.trace.steps.length);
      if (other !== undefined && !isBetter) {
        found.set(key, { ...other, also: withAlso(other, scenario.id) });
        continue;
      }
      const { states, finished } = run;
      found.set(key, {
        rule: culprit.rule,
        at,
        data: { ...culprit.data, calls: callsOf(scenario), code: lineOf(at), detail: culprit.data['detail'] ?? violation.message },
        evidence: culprit.evidence.flatMap((step) => {
          const place = placeOf(step.range);
          return place === null ? [] : [{ place, message: step.message }];
        }),
        trace: {
          trace: traceOf(scenario, run.era, machine, violation, { states, finished, maxStates }),
          frames: replayed.steps.map((step) => framesOf(step.text, placeOf)),
          ends: replayed.next
            .filter((one) => one.text.kind !== 'done')
            .map((one) => ({ thread: one.thread, frames: framesOf(one.text, placeOf), step: one.text.label, blocked: one.blocked })),
          assumptions: assumed.map((one) => ({ text: one.text, place: one.place === null ? null : placeOf(one.place) })),
        },
        also: other === undefined ? [] : withAlso(other, other.trace.trace.scenario).filter((id) => id !== scenario.id),
        isKnown,
      });
    }
  }
  return { facts: [...found.values()], doubtful };
}

function withAlso(fact: ModelFact, scenario: string): readonly string[] {
  return fact.also.includes(scenario) || fact.trace.trace.scenario === scenario ? fact.also : [...fact.also, scenario];
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

/** The calls of a scenario as a reader says them: `write_type(G, identity) against unplug(A)`. */
export function callsOf(scenario: Scenario): string {
  return scenario.threads.map((thread) => thread.steps.map((step) => step.text.replace(/^\w+ = /u, '')).join(', ')).join(' against ');
}

/** The source line of a place, without white space at its ends. */
export function lineOf({ file, span }: CodePlace): string {
  const { text } = file.c;
  const start = text.lastIndexOf('\n', span.start - 1) + 1;
  const end = text.indexOf('\n', span.start);
  return text.slice(start, end < 0 ? text.length : end).trim();
}
