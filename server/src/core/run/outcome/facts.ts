// From the violations of a run to facts about the code: one for each rule and function, with the shortest schedule that shows it.

import type { FoundViolation } from '../../model/explore/result.ts';
import { shortest } from '../../model/explore/shortest.ts';
import type { CodeRange } from '../../model/machine/code.ts';
import type { Machine } from '../../model/machine/machine.ts';
import { numbered } from '../../model/scenario/run.ts';
import type { Scenario } from '../../model/scenario/scenario.ts';
import type { CodePlace, RunFile } from '../entry/files.ts';
import { assumptionsOf } from '../ledger.ts';
import type { Assumption } from '../types.ts';
import { placedTrace, placesIn, type PlacedTrace, type RunOfScenario } from './placedTrace.ts';
import { blame, blameOutcome, GENERAL_RULE, type Blame } from './blame.ts';
import { replay, type Replay } from './replay.ts';

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
  /** Whether the other side of the patch breaks the same in the same scenario; null where it was not run in it. */
  readonly isOnOtherSide: boolean | null;
}

/** Eras that stand for a proposal: what is known of them is known of the patch itself. */
const PROPOSALS: ReadonlySet<string> = new Set(['defdom-2020-v3', 'defdom-merged']);

/** A breach that cannot be told as a fact, because what decides it is not known. */
export interface DoubtfulFact {
  readonly at: CodePlace;
  readonly detail: string;
}

/** A breach that a run shows, before the shortest schedule of it is looked for. */
interface Candidate {
  readonly ran: RunOfScenario;
  readonly machine: Machine;
  readonly shown: Shown;
  readonly isKnown: boolean;
  readonly isOnOtherSide: boolean | null;
}

/** A schedule, where its line is, and what it took for granted. */
interface Shown {
  readonly replayed: Replay;
  readonly culprit: Blame;
  readonly at: CodePlace;
  readonly assumed: readonly Assumption[];
}

export interface FactsInput {
  readonly runs: readonly RunOfScenario[];
  readonly files: readonly RunFile[];
  /** Names of the functions that the patch changes. */
  readonly changed: ReadonlySet<string>;
  /** What the program's runs took for granted, by the numbers that the states keep. */
  readonly assumptions: readonly Assumption[];
  /** Budget in states for the search of each shortest schedule. */
  readonly maxStates: number;
  /** Whether the model's own code breaks the same in a scenario, without the code of the patch. */
  readonly breaksWithout: (scenario: Scenario, violation: string) => boolean;
  /** Whether the other side of the patch breaks the same in the same scenario; null where it was not run in it, or not to its end. */
  readonly isOnOtherSide: (scenario: Scenario, violation: string) => boolean | null;
}

/**
 * All facts of some runs: each rule and function once, with the shortest schedule; apart what the other side of the patch shows too. What rests on a call or on code that is not
 * understood is doubtful instead.
 */
export function factsOf(input: FactsInput): { readonly facts: readonly ModelFact[]; readonly doubtful: readonly DoubtfulFact[] } {
  const { runs } = input;
  const found = new Map<string, Candidate[]>();
  const doubtful = new Map<string, DoubtfulFact>();
  for (const ran of runs) {
    const { machine } = ran.run;
    if (machine === null) continue;
    for (const violation of ran.run.violations) {
      const isOnOtherSide = input.isOnOtherSide(ran.scenario, violation.id);
      const shown = look(machine, violation, isOnOtherSide, input);
      if (shown === null) continue;
      const { culprit, at, assumed } = shown;
      const isExpected = (): boolean => ran.run.expectedViolations.includes(numbered(violation.id));
      if (culprit.isWeak && (isExpected() || input.breaksWithout(ran.scenario, violation.id))) continue;
      const key = `${culprit.rule}\0${at.function}\0${isOnOtherSide === true ? 'both' : ''}`;
      const decisive = assumed.find(isDecisive);
      if (decisive !== undefined) {
        const detail = `${violation.message} (${ran.scenario.id}), unless this matters: ${decisive.text}`;
        if (!doubtful.has(key)) doubtful.set(key, { at, detail });
        continue;
      }
      const isKnown = !PROPOSALS.has(ran.run.era) && (isExpected() || input.breaksWithout(ran.scenario, violation.id));
      found.set(key, [...(found.get(key) ?? []), { ran, machine, shown, isKnown, isOnOtherSide }]);
    }
  }
  // What a scenario breaks besides a breach of its own rule is the consequence of that.
  const told = new Set([...found.values()].flat().flatMap((one) => (one.shown.culprit.rule === GENERAL_RULE ? [] : [one.ran])));
  for (const [key, candidates] of found) {
    const own = candidates.filter((one) => one.shown.culprit.rule !== GENERAL_RULE || !told.has(one.ran));
    if (own.length === 0) found.delete(key);
    else found.set(key, own);
  }
  // A shorter schedule of the same breach can lead to another function.
  const facts = new Map<string, ModelFact>();
  for (const fact of [...found.values()].map((candidates) => factOf(candidates, input))) {
    const key = `${fact.rule}\0${fact.at.function}\0${fact.isOnOtherSide === true ? 'both' : ''}`;
    const other = facts.get(key);
    if (other === undefined || other.trace.trace.steps.length > fact.trace.trace.steps.length) facts.set(key, fact);
  }
  return { facts: [...facts.values()], doubtful: [...doubtful].flatMap(([key, one]) => (found.has(key) ? [] : [one])) };
}

/** Whether nothing can be said as long as this is open. */
const isDecisive = ({ kind }: Assumption): boolean => kind !== 'contract' && kind !== 'value';

function look(
  machine: Machine,
  violation: FoundViolation,
  isOnOtherSide: boolean | null,
  { files, changed, assumptions }: FactsInput,
): Shown | null {
  const replayed = replay(machine, violation, { files, changed });
  const culprit = blame(replayed) ?? (isOnOtherSide === false ? blameOutcome(replayed, changed, changedLine(files, changed)) : null);
  const at = culprit === null ? null : placesIn(files)(culprit.at);
  if (culprit === null || at === null) return null;
  const ids = new Set(assumptionsOf(machine, replayed.end));
  return { replayed, culprit, at, assumed: assumptions.filter((one) => ids.has(one.id)) };
}

/** The first line of the functions that the patch changes which it adds or removes, else the name of the first of them. */
function changedLine(files: readonly RunFile[], changed: ReadonlySet<string>): CodeRange | null {
  let named: CodeRange | null = null;
  for (const file of files) {
    const { text } = file.c;
    for (const fn of file.c.functions) {
      if (!changed.has(fn.name)) continue;
      const place = { file: file.path, function: fn.name };
      named ??= { ...place, start: fn.nameSpan.start, end: fn.nameSpan.end };
      for (let at = text.indexOf('\n', fn.body.start) + 1; at > 0 && at < fn.body.end; at = text.indexOf('\n', at) + 1) {
        const line = text.slice(at, text.indexOf('\n', at));
        if (!file.isChanged(at) || line.trim() === '') continue;
        const start = at + line.length - line.trimStart().length;
        return { ...place, start, end: start + line.trim().length };
      }
    }
  }
  return named;
}

/** The fact of some candidates of one rule and function: the one that says most, with its shortest schedule. */
function factOf(candidates: readonly Candidate[], input: FactsInput): ModelFact {
  const rank = ({ isKnown, shown }: Candidate): number =>
    (isKnown ? 1e6 : 0) + (shown.assumed.length > 0 ? 1e5 : 0) + shown.replayed.steps.length;
  const [best, ...others] = [...candidates].sort((left, right) => rank(left) - rank(right));
  if (best === undefined) throw new RangeError('no candidate');
  const { scenario } = best.ran;
  const { rule } = best.shown.culprit;
  const { violation } = best.shown.replayed;
  const shorter = look(best.machine, shortest(best.machine, violation, input.maxStates).violation, best.isOnOtherSide, input);
  const isSame =
    shorter !== null &&
    shorter.culprit.rule === rule &&
    shorter.at.function === best.shown.at.function &&
    !shorter.assumed.some(isDecisive);
  const { replayed, culprit, at, assumed } = isSame ? shorter : best.shown;
  const placeOf = placesIn(input.files);
  return {
    rule,
    at,
    data: {
      ...culprit.data,
      used: lineOf(placeOf(culprit.evidence.at(-1)?.range ?? culprit.at) ?? at),
      calls: callsOf(scenario),
      code: lineOf(at),
      detail: culprit.data['detail'] ?? replayed.violation.message,
    },
    evidence: culprit.evidence.flatMap((step) => {
      const place = placeOf(step.range);
      return place === null ? [] : [{ place, message: step.message }];
    }),
    trace: placedTrace(best.ran, best.machine, replayed, { placeOf, assumed, maxStates: input.maxStates }),
    also: [...new Set(others.map((one) => one.ran.scenario.id))].filter((id) => id !== scenario.id),
    isKnown: best.isKnown,
    isOnOtherSide: best.isOnOtherSide,
  };
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
