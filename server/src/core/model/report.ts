// What `model list` and `model run` print: lines for people, objects for programs.

import type { EraDifference, ModelRunEntry } from '../../protocol/analysis.ts';
import type { Trace } from '../../protocol/finding.ts';
import type { CallRow } from './callTable.ts';
import { DEFAULT_MAX_STATES } from './explore/explore.ts';
import type { ScenarioRun } from './scenario/run.ts';
import { erasOf, numbered } from './scenario/run.ts';
import type { Scenario } from './scenario/scenario.ts';
import { traceOf } from './trace/build.ts';
import { traceText } from './trace/text.ts';

/** The trace of a run's first violation (an unexpected one before expected ones), or null. */
export function firstTrace(scenario: Scenario, run: ScenarioRun, maxStates = DEFAULT_MAX_STATES): Trace | null {
  if (run.machine === null) return null;
  const unexpected = run.violations.find((violation) => !run.expectedViolations.includes(numbered(violation.id)));
  const violation = unexpected ?? run.violations[0];
  if (violation === undefined) return null;
  return traceOf(
    scenario,
    run.era,
    run.machine,
    { schedule: violation.schedule, violation },
    { states: run.states, finished: run.finished, maxStates },
  );
}

export function runEntry(scenario: Scenario, run: ScenarioRun): ModelRunEntry {
  return {
    scenario: run.scenario,
    era: run.era,
    result: run.result,
    expected: { returns: run.steps.map((step) => step.expected), violates: run.expectedViolations },
    got: {
      returns: run.steps.map((step) => step.got),
      violates: [...new Set(run.violations.map((violation) => violation.id))],
      differences: run.differences,
    },
    states: run.states,
    trace: firstTrace(scenario, run),
  };
}

/** `model list`: id, eras and title, a line each. */
export function listText(scenarios: readonly Scenario[]): string {
  const width = Math.max(...scenarios.map((scenario) => scenario.id.length), 0);
  return scenarios
    .map((scenario) => {
      const eras = erasOf(scenario)
        .map((era) => era.id)
        .join(', ');
      return `${scenario.id.padEnd(width)}  ${scenario.title} (${eras}${scenario.variant === null ? '' : `; variant ${scenario.variant}`})\n`;
    })
    .join('');
}

/** `model list --calls`: what a scenario can call, with its arguments, a line each. */
export function callsText(rows: readonly CallRow[]): string {
  const lines = rows.map((row) => {
    const args = row.args.map((arg) => {
      const value = row.defaults[arg];
      return value === undefined ? arg : `${arg} = ${String(value)}`;
    });
    return `${row.call}(${args.join(', ')})  ${row.target === row.call ? '' : `${row.target}; `}${row.eras.join(', ')}\n`;
  });
  return lines.join('');
}

/** `model run`: a line for each run, what is not as expected, and the schedule behind it. */
export function runText(scenario: Scenario, run: ScenarioRun, withTrace: boolean): string {
  const found = run.violations.length === 0 ? '' : `, ${[...new Set(run.violations.map((violation) => violation.id))].join(', ')}`;
  const result = run.result === 'not finished' ? `not finished: ${run.states} states` : `${run.result}, ${run.states} states${found}`;
  let text = `${run.scenario} ${run.era}: ${result}\n`;
  for (const difference of run.differences) text += `  ${difference}\n`;
  const trace = withTrace || run.result === 'unexpected' ? firstTrace(scenario, run) : null;
  return trace === null ? text : `${text}\n${traceText(trace)}\n`;
}

/** `model run --against`: steps that return something else in the other era. */
export function differencesText(differences: readonly EraDifference[]): string {
  return differences
    .map((entry) => `${entry.scenario} ${entry.step} ${entry.call}: ${entry.before.join(' or ')} -> ${entry.after.join(' or ')}\n`)
    .join('');
}
