// Small worlds written as scenario texts, for table-driven tests.

import { eraById } from '../../server/src/core/model/eras/eras.ts';
import { readScenario } from '../../server/src/core/model/scenario/read.ts';
import type { ScenarioRun } from '../../server/src/core/model/scenario/run.ts';
import { runScenario } from '../../server/src/core/model/scenario/run.ts';

export interface SmallWorld {
  /** Keys of the device A, as in a scenario. */
  readonly device?: string;
  readonly members?: 0 | 1 | 2;
  readonly bound?: string | null;
  readonly options?: string;
  readonly variant?: string;
}

/** Runs steps (YAML lines without indentation) in one thread, and gives the run. Throws where the text is no scenario. */
export function runSteps(eraId: string, world: SmallWorld, steps: readonly string[]): ScenarioRun {
  const members = world.members ?? 1;
  const two = members === 2;
  const keys = world.device === undefined ? '' : `, ${world.device}`;
  const many = two ? ', multifunction: true' : '';
  const before = members === 0 ? ['unplug(A): 0'] : [];
  const text = [
    'id: table',
    'title: a row of a table',
    ...(world.variant === undefined ? [] : [`variant: ${world.variant}`]),
    'world:',
    '  devices:',
    `    A: {pci: "01:00.0"${many}${keys}}`,
    ...(two ? ['    B: {pci: "01:00.1", multifunction: true}'] : []),
    `  groups: { G: [A${two ? ', B' : ''}] }`,
    '  held: [G]',
    ...(world.bound === undefined || world.bound === null ? [] : [`  bound: { A: ${world.bound} }`]),
    '  users: [u1, u2]',
    ...(world.options === undefined ? [] : [`  options: {${world.options}}`]),
    'threads:',
    '  T1:',
    ...[...before, ...steps].map((step) => `    - ${step}`),
    '',
  ].join('\n');
  const read = readScenario(text);
  const era = eraById(eraId);
  if (!read.ok) throw new Error(`line ${read.problems[0]?.line ?? 0}: ${read.problems[0]?.message ?? ''}\n${text}`);
  if (era === null) throw new Error(`no era ${eraId}`);
  return runScenario(read.scenario, era, { shortest: false });
}

/** The only result of the last step. */
export function lastResult(run: ScenarioRun): string {
  const last = run.steps.at(-1);
  if (last?.got.length !== 1) throw new Error(`${last?.call ?? '?'} has ${last?.got.length ?? 0} results: ${run.differences.join('; ')}`);
  return last.got[0] ?? '';
}
