// One piece of work for the model: a scenario's text in, its runs or differences out. What the analysis process does.

import type { ModelReport, ModelTask } from '../../protocol/analysis.ts';
import type { CancelToken } from '../base/cancel.ts';
import { compareEras, runAll } from '../model/catalogue.ts';
import { eraById } from '../model/eras/eras.ts';
import { firstTrace, runEntry, runText } from '../model/report.ts';
import { readScenario } from '../model/scenario/read.ts';
import type { RunOptions, ScenarioRun } from '../model/scenario/run.ts';
import type { Scenario } from '../model/scenario/scenario.ts';
import { traceItf } from '../model/trace/itf.ts';
import { traceMermaid } from '../model/trace/mermaid.ts';

function textOf(task: ModelTask, scenario: Scenario, run: ScenarioRun): string {
  if (task.format === 'json') return '';
  if (task.format === 'text') return runText(scenario, run, task.trace);
  const trace = firstTrace(scenario, run);
  if (trace === null) return '';
  return task.format === 'itf' ? traceItf(trace) : traceMermaid(trace);
}

/**
 * Runs one scenario as the task says. `onProgress` gets the number of states of the search under way. Throws `Cancelled`, and an
 * error for a text that is no scenario or an era that is not there: the door has tested both.
 */
export function runModelTask(task: ModelTask, cancel: CancelToken, onProgress: (states: number) => void): ModelReport {
  const read = readScenario(task.text);
  if (!read.ok) throw new Error(`line ${read.problems[0]?.line ?? 1}: ${read.problems[0]?.message ?? 'no scenario'}`);
  const { scenario } = read;
  const options: RunOptions = { cancel, onProgress, ...(task.maxStates === null ? {} : { maxStates: task.maxStates }) };
  const era = task.era === null ? null : eraById(task.era);
  if (task.era !== null && era === null) throw new Error(`there is no era ${task.era}`);
  if (task.against !== null) {
    const other = eraById(task.against);
    if (era === null || other === null) throw new Error('two eras are compared');
    return { runs: [], differences: compareEras([scenario], era, other, options) };
  }
  const runs = runAll([scenario], era, options);
  return { runs: runs.map((run) => ({ entry: runEntry(scenario, run), text: textOf(task, scenario, run) })), differences: [] };
}
