// A scenario run twice: on the model's own programs, and with functions of a tree as code.

import type { Era } from '../../../server/src/core/model/eras/era.ts';
import { eraById } from '../../../server/src/core/model/eras/eras.ts';
import { explore } from '../../../server/src/core/model/explore/explore.ts';
import type { Scenario } from '../../../server/src/core/model/scenario/scenario.ts';
import { numbered, runScenario, type RunOptions, type ScenarioRun } from '../../../server/src/core/model/scenario/run.ts';
import { bindingFor } from '../../../server/src/core/run/bindings/bindings.ts';
import { compileProgram, eraWith } from '../../../server/src/core/run/program.ts';
import type { Binding, RunProgram } from '../../../server/src/core/run/types.ts';
import type { Tree } from './code.ts';

export interface CodeEra {
  readonly era: Era;
  readonly program: RunProgram;
}

/**
 * The functions of a tree that run as code. The scan of a bus is left to the model, which brings up the world with it: its walk over
 * the devices of a bus marks them as there.
 */
export const runnable = (tree: Tree): readonly string[] => tree.names.filter((name) => name !== 'bus_iommu_probe');

/** The era of a tree with some of its functions as code; what they call is found in the tree. */
export function withCode(tree: Tree, names: readonly string[], adjust: (binding: Binding) => Binding = (binding) => binding): CodeEra {
  const id = `v${tree.version}`;
  const era = eraById(id);
  const plain = bindingFor(id);
  const binding = plain === null ? null : adjust(plain);
  if (era === null || binding === null) throw new Error(`no era ${id}`);
  const functions = new Map(
    names.flatMap((name) => {
      const source = tree.find(name);
      return source === null ? [] : [[name, source] as const];
    }),
  );
  const program = compileProgram({ binding, functions, find: (name) => tree.find(name), depth: 8 });
  return { era: eraWith(era, program), program };
}

/** An object's name in a result says who made it: C's memory has other names than the model's. */
const neutral = (result: string): string => (/^(?:-E|-?\d|blocks|took )/.test(result) ? result : 'an object');

/** What a run says, in words that two runs of one scenario can be compared by. */
export function verdict(run: ScenarioRun): string[] {
  return [
    ...run.steps.map((step) => `${step.step} ${step.call}: ${[...new Set(step.got.map(neutral))].sort().join(' or ')}`),
    ...[...new Set(run.violations.map((violation) => numbered(violation.id)))].sort().map((id) => `violates ${id}`),
    ...run.differences.filter((one) => one.startsWith('at the end') && !one.includes('world.warnings')),
    `${String(warnings(run))} warnings at most`,
    ...(run.finished ? [] : ['not finished']),
  ];
}

/** The largest number of kernel warnings in any end. Their words differ: the model has its own. */
function warnings(run: ScenarioRun): number {
  const { machine } = run;
  if (machine === null) return 0;
  let most = 0;
  const result = explore(machine, { maxStates: 200_000, reduce: true });
  for (const end of result.ends) {
    const value = machine.read(end.state, 'world', 'warnings');
    if (typeof value === 'object' && value !== null) most = Math.max(most, value.length);
  }
  return most;
}

export interface Comparison {
  readonly scenario: string;
  readonly model: ScenarioRun;
  readonly code: ScenarioRun;
  /** Lines that only one of the two says: `model: ...`, `code: ...`. */
  readonly differences: readonly string[];
}

export function compare(scenario: Scenario, model: Era, code: Era, options: RunOptions = {}): Comparison {
  const how: RunOptions = { shortest: false, ...options };
  const left = runScenario(scenario, model, how);
  const right = runScenario(scenario, code, how);
  const [said, ran] = [verdict(left), verdict(right)];
  return {
    scenario: scenario.id,
    model: left,
    code: right,
    differences: [
      ...said.filter((line) => !ran.includes(line)).map((line) => `model: ${line}`),
      ...ran.filter((line) => !said.includes(line)).map((line) => `code: ${line}`),
    ],
  };
}
