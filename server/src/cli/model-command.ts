// `iommu-review model list` and `model run`: the shipped scenarios and those of files, on the eras of the model.

import { readFileSync, statSync } from 'node:fs';
import { compareEras, runAll, shippedScenarios } from '../core/model/catalogue.ts';
import type { Era } from '../core/model/eras/era.ts';
import { eraById, eras } from '../core/model/eras/eras.ts';
import { differencesText, firstTrace, listText, runEntry, runText } from '../core/model/report.ts';
import { readScenario } from '../core/model/scenario/read.ts';
import type { ScenarioRun } from '../core/model/scenario/run.ts';
import type { Scenario } from '../core/model/scenario/scenario.ts';
import { traceItf } from '../core/model/trace/itf.ts';
import { traceMermaid } from '../core/model/trace/mermaid.ts';
import { safeJson, visible } from '../core/report/terminal.ts';
import { nearest } from './nearest.ts';
import { Exit, UsageError, say, writeResult } from './output.ts';

export interface ModelFlags {
  readonly era?: string;
  readonly against?: string;
  readonly format: 'text' | 'json' | 'itf' | 'mermaid';
  readonly trace?: boolean;
}

const MAX_BYTES = 1_000_000;

function eraOf(id: string): Era {
  const era = eraById(id);
  if (era === null) throw new UsageError(`there is no era '${id}' in the model (there are ${eras.map((known) => known.id).join(', ')})`);
  return era;
}

/** A scenario of a file; null where it cannot be read, which has been said then. */
function fromFile(path: string): Scenario | null {
  let text: string;
  try {
    if (statSync(path).size > MAX_BYTES) {
      say(`${path}: larger than ${MAX_BYTES} bytes`);
      return null;
    }
    text = readFileSync(path, 'utf8');
  } catch (error) {
    const code = error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
    say(`${path}: cannot be read${code === undefined ? '' : ` (${code})`}`);
    return null;
  }
  const read = readScenario(text);
  if (read.ok) return read.scenario;
  for (const problem of read.problems) say(`${path}:${problem.line}: ${problem.message}`);
  return null;
}

/** Prints the shipped scenarios, a line each. */
export async function modelList(format: 'text' | 'json'): Promise<number> {
  const scenarios = shippedScenarios();
  const entries = scenarios.map(({ id, title, eras: named, variant, sources }) => ({ id, title, eras: named, variant, sources }));
  await writeResult(format === 'json' ? `${safeJson(JSON.stringify(entries, null, 2))}\n` : listText(scenarios), null);
  return Exit.ok;
}

function runsText(scenarios: readonly Scenario[], runs: readonly ScenarioRun[], withTrace: boolean): string {
  const byId = new Map(scenarios.map((scenario) => [scenario.id, scenario]));
  const lines = runs.map((run) => {
    const scenario = byId.get(run.scenario);
    return scenario === undefined ? '' : runText(scenario, run, withTrace);
  });
  const right = runs.filter((run) => run.result === 'as expected').length;
  return `${lines.join('')}${right} of ${runs.length} runs as expected\n`;
}

/** Runs scenarios by id or by file (a name that ends in .yaml), all shipped ones without a name. Exit 1 if any is not as expected. */
export async function modelRun(names: readonly string[], flags: ModelFlags): Promise<number> {
  const era = flags.era === undefined ? null : eraOf(flags.era);
  const shipped = shippedScenarios();
  let unreadable = false;
  const scenarios = names.flatMap((name) => {
    if (/\.ya?ml$/u.test(name)) {
      const scenario = fromFile(name);
      unreadable ||= scenario === null;
      return scenario ?? [];
    }
    const found = shipped.find((scenario) => scenario.id === name);
    if (found !== undefined) return found;
    const ids = shipped.map((scenario) => scenario.id);
    throw new UsageError(`there is no scenario '${visible(name)}'${nearest(name, ids)} (iommu-review model list shows them)`);
  });
  const chosen = names.length === 0 ? shipped : scenarios;
  for (const scenario of chosen) {
    for (const id of scenario.eras ?? [])
      if (eraById(id) === null) say(`${scenario.id}: the model has no era '${id}', it is not run there`);
  }
  if (flags.against !== undefined) {
    if (era === null) throw new UsageError('--against needs --era');
    const differences = compareEras(chosen, era, eraOf(flags.against));
    await writeResult(flags.format === 'json' ? `${safeJson(JSON.stringify(differences, null, 2))}\n` : differencesText(differences), null);
    return unreadable ? Exit.unreadable : Exit.ok;
  }
  const runs = runAll(chosen, era);
  await writeResult(runsIn(flags, chosen, runs), null);
  if (unreadable) return Exit.unreadable;
  return runs.every((run) => run.result === 'as expected') ? Exit.ok : Exit.findings;
}

function runsIn(flags: ModelFlags, scenarios: readonly Scenario[], runs: readonly ScenarioRun[]): string {
  const byId = new Map(scenarios.map((scenario) => [scenario.id, scenario]));
  const withScenario = runs.flatMap((run) => {
    const scenario = byId.get(run.scenario);
    return scenario === undefined ? [] : [{ scenario, run }];
  });
  if (flags.format === 'text') return visible(runsText(scenarios, runs, flags.trace === true));
  if (flags.format === 'json') {
    return `${safeJson(
      JSON.stringify(
        withScenario.map(({ scenario, run }) => runEntry(scenario, run)),
        null,
        2,
      ),
    )}\n`;
  }
  const traces = withScenario.flatMap(({ scenario, run }) => firstTrace(scenario, run) ?? []);
  return traces.map((trace) => (flags.format === 'itf' ? traceItf(trace) : traceMermaid(trace))).join('\n');
}
