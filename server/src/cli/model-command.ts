// `iommu-review model list` and `model run`: the shipped scenarios and those of files, on the eras of the model.

import { shippedScenarios } from '../core/model/catalogue.ts';
import { callTable, functionTable } from '../core/model/callTable.ts';
import type { Era } from '../core/model/eras/era.ts';
import { eraById, eras } from '../core/model/eras/eras.ts';
import { callsText, differencesText, listText } from '../core/model/report.ts';
import { callProblems } from '../core/model/scenario/callProblems.ts';
import { erasOf } from '../core/model/scenario/run.ts';
import type { Scenario } from '../core/model/scenario/scenario.ts';
import { shippedTexts } from '../core/model/shipped.ts';
import { safeJson, visible } from '../core/report/terminal.ts';
import type { EraDifference, ModelReport } from '../protocol/analysis.ts';
import { withAnalysis } from './analysis.ts';
import { nearest } from '../core/base/nearest.ts';
import { runsOfPatch } from './patch-runs.ts';
import { makeProgress } from './progress.ts';
import { Exit, UsageError, say, writeResult } from './output.ts';
import { scenarioOfFile } from './scenario-files.ts';

export interface ModelFlags {
  readonly era?: string;
  readonly against?: string;
  readonly format: 'text' | 'json' | 'itf' | 'mermaid';
  readonly trace?: boolean;
  /** Budget of each search, in states. */
  readonly states?: number;
  readonly jobs?: number;
  /** Run the code of this patch in the scenarios. */
  readonly patch?: string;
  readonly kernel?: string;
}

/** A search is bounded by states and bytes; this only ends one that hangs. */
const SEARCH_MS = 1_800_000;

function eraOf(id: string): Era {
  const era = eraById(id);
  if (era === null) throw new UsageError(`there is no era '${id}' in the model (there are ${eras.map((known) => known.id).join(', ')})`);
  return era;
}

/** Prints the shipped scenarios, a line each. */
export async function modelList(format: 'text' | 'json'): Promise<number> {
  const scenarios = shippedScenarios();
  const entries = scenarios.map(({ id, title, eras: named, variant, sources }) => ({ id, title, eras: named, variant, sources }));
  await writeResult(format === 'json' ? `${safeJson(JSON.stringify(entries, null, 2))}\n` : listText(scenarios), null);
  return Exit.ok;
}

/** Prints what a scenario can call, by the names for scenarios and then by those of the kernel, a line each. */
export async function modelCalls(format: 'text' | 'json'): Promise<number> {
  const rows = [...callTable(eras), ...functionTable(eras)];
  await writeResult(format === 'json' ? `${safeJson(JSON.stringify(rows, null, 2))}\n` : callsText(rows), null);
  return Exit.ok;
}

interface Chosen {
  readonly id: string;
  readonly text: string;
}

/** The scenarios that the names mean, all shipped ones without a name; `unreadable` where a file could not be used. */
function choose(
  names: readonly string[],
  withPatch: boolean,
  era: string | null,
): { readonly chosen: Chosen[]; readonly unreadable: boolean } {
  const shipped = shippedScenarios();
  let unreadable = false;
  const warnOfEras = (scenario: Scenario): void => {
    const known = erasOf(scenario).map((known) => known.id);
    if (era !== null && !known.includes(era))
      say(`${visible(scenario.id)}: not run in ${era} (it is for ${known.join(', ') || 'none of the eras of the model'})`);
    for (const id of scenario.eras ?? [])
      if (eraById(id) === null) say(`${scenario.id}: the model has no era '${visible(id)}', it is not run there`);
  };
  const chosen = names.flatMap((name): Chosen[] => {
    if (/\.ya?ml$/u.test(name)) {
      const read = scenarioOfFile(name);
      // What only the patch has can be called where one is run.
      const wrong = read === null || withPatch ? [] : callProblems(read.scenario);
      for (const { line, message } of wrong) say(`${name}:${String(line)}: ${visible(message)}`);
      unreadable ||= read === null || wrong.length > 0;
      if (read === null || wrong.length > 0) return [];
      warnOfEras(read.scenario);
      return [{ id: read.scenario.id, text: read.text }];
    }
    const at = shipped.findIndex((scenario) => scenario.id === name);
    const text = shippedTexts[at]?.[1];
    const found = shipped[at];
    if (text !== undefined && found !== undefined) {
      warnOfEras(found);
      return [{ id: name, text }];
    }
    const ids = shipped.map((scenario) => scenario.id);
    throw new UsageError(`there is no scenario '${visible(name)}'${nearest(name, ids)} (iommu-review model list shows them)`);
  });
  if (names.length > 0) return { chosen, unreadable };
  return { chosen: shipped.map((scenario, at) => ({ id: scenario.id, text: shippedTexts[at]?.[1] ?? '' })), unreadable };
}

/**
 * Runs scenarios by id or by file (a name that ends in .yaml), all shipped ones without a name, in the analysis processes. Exit 1 if
 * any is not as expected, 3 if a file could not be used.
 */
export async function modelRun(names: readonly string[], flags: ModelFlags): Promise<number> {
  if (flags.patch !== undefined) return modelRunPatch(names, { ...flags, patch: flags.patch });
  if (flags.era !== undefined) eraOf(flags.era);
  if (flags.against !== undefined) {
    eraOf(flags.against);
    if (flags.era === undefined) throw new UsageError('--against needs --era');
  }
  const { chosen, unreadable } = choose(names, false, flags.against === undefined ? (flags.era ?? null) : null);
  const task = {
    era: flags.era ?? null,
    against: flags.against ?? null,
    format: flags.format,
    trace: flags.trace === true,
    maxStates: flags.states ?? null,
  };
  const children = Math.max(1, Math.min(flags.jobs ?? 1, chosen.length));
  const reports = await withAnalysis({ kernel: null, trusted: false, children, workMs: SEARCH_MS }, async (pool) => {
    const progress = makeProgress(process.stderr, 'ran');
    let done = 0;
    const results = await Promise.all(
      chosen.map(async ({ id, text }) => {
        const result = await pool.model({ ...task, text }, undefined, (states) => {
          progress.showWith(done, chosen.length, `${id}: ${String(states)} states`);
        });
        done++;
        progress.show(done, chosen.length);
        return { id, result };
      }),
    );
    progress.clear();
    return results;
  });
  const runs: ModelReport['runs'][number][] = [];
  const differences: EraDifference[] = [];
  let broken = false;
  for (const { id, result } of reports) {
    if (result.ok) {
      runs.push(...result.value.runs);
      differences.push(...result.value.differences);
    } else {
      broken = true;
      say(`${visible(id)}: not finished: ${result.message}`);
    }
  }
  await writeResult(flags.against === undefined ? runsIn(flags.format, runs) : differencesIn(flags.format, differences), null);
  if (broken) return Exit.internal;
  if (unreadable) return Exit.unreadable;
  return runs.every((run) => run.entry.result === 'as expected') ? Exit.ok : Exit.findings;
}

/**
 * Runs a patch: in these scenarios (with their schedules), or in those that come to call what it changes. Exit 1 if any run is not as its scenario expects, 3 if
 * an input or a file could not be used.
 */
async function modelRunPatch(names: readonly string[], flags: ModelFlags & { readonly patch: string }): Promise<number> {
  if (flags.against !== undefined) throw new UsageError('--against compares eras of the model and takes no --patch');
  const named = names.length === 0 ? null : choose(names, true, null);
  const scenarios = named?.chosen.map((one) => one.text) ?? null;
  const result = await runsOfPatch(flags, { scenarios, format: flags.format, trace: flags.trace === true || named !== null });
  await writeResult(runsIn(flags.format, result.runs), null);
  if (result.broken) return Exit.internal;
  if (result.unreadable || named?.unreadable === true) return Exit.unreadable;
  return result.runs.every((run) => run.entry.result === 'as expected') ? Exit.ok : Exit.findings;
}

function differencesIn(format: ModelFlags['format'], differences: readonly EraDifference[]): string {
  return format === 'json' ? `${safeJson(JSON.stringify(differences, null, 2))}\n` : visible(differencesText(differences));
}

function runsIn(format: ModelFlags['format'], runs: ModelReport['runs']): string {
  if (format === 'json') {
    const entries = runs.map((run) => run.entry);
    return `${safeJson(JSON.stringify(entries, null, 2))}\n`;
  }
  if (format === 'text') {
    const right = runs.filter((run) => run.entry.result === 'as expected').length;
    return visible(`${runs.map((run) => run.text).join('')}${String(right)} of ${String(runs.length)} runs as expected\n`);
  }
  return runs.flatMap((run) => (run.text === '' ? [] : [run.text])).join('\n');
}
