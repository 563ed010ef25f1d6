// What is wrong with the calls of a scenario, before it is run: calls and arguments that its eras do not have, each on its line.

import { nearest } from '../../base/nearest.ts';
import type { Era } from '../eras/era.ts';
import { eraById, eras } from '../eras/eras.ts';
import { callErrors, callsOf, eraHasCalls } from './build.ts';
import type { Scenario, ScenarioProblem } from './scenario.ts';
import { shown } from './yamlReader.ts';

/**
 * Problems of a scenario's calls in the eras that it names, each told once. Where it names none, those of the eras that come nearest
 * to having its calls. Functions that only a patch has are problems too: this is not for a scenario that runs with one.
 */
export function callProblems(scenario: Scenario): ScenarioProblem[] {
  if (scenario.eras !== null) return merged(scenario.eras.flatMap((id) => eraById(id) ?? []).map((era) => callErrors(scenario, era)));
  const all = [...new Set(eras.flatMap(callsOf))];
  const nowhere = scenario.threads.flatMap(({ steps }) =>
    steps.flatMap(({ action, line }) =>
      all.includes(action) || action === 'ioctl' || action === 'IOMMU_TEST_CMD'
        ? []
        : [{ line, message: `no era has a call '${shown(action)}'${nearest(action, all)}` }],
    ),
  );
  const able = eras.filter((era) => eraHasCalls(era, scenario));
  const byEra = (able.length > 0 ? able : eras).map((era: Era) =>
    callErrors(scenario, era).filter(({ line }) => nowhere.every((other) => other.line !== line)),
  );
  const fewest = Math.min(...byEra.map((problems) => problems.length));
  return merged([nowhere, ...byEra.filter((problems) => problems.length === fewest)]);
}

function merged(lists: readonly (readonly ScenarioProblem[])[]): ScenarioProblem[] {
  const byText = new Map(lists.flat().map((problem) => [`${problem.line} ${problem.message}`, problem]));
  return [...byText.values()].sort((a, b) => a.line - b.line);
}
