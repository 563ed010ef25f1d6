// The shipped scenarios, read, and runs over all of them.

import type { EraDifference } from '../../protocol/analysis.ts';
import type { Era } from './eras/era.ts';
import { readScenario } from './scenario/read.ts';
import type { RunOptions, ScenarioRun } from './scenario/run.ts';
import { erasOf, runScenario } from './scenario/run.ts';
import type { Scenario } from './scenario/scenario.ts';
import { shippedTexts } from './shipped.ts';

const read = new Map<number, Scenario>();

function shippedAt(index: number): Scenario {
  let scenario = read.get(index);
  if (scenario === undefined) {
    const [name = '', text = ''] = shippedTexts[index] ?? [];
    const result = readScenario(text);
    if (!result.ok) throw new Error(`${name}:${result.problems[0]?.line ?? 1}: ${result.problems[0]?.message ?? 'not a scenario'}`);
    read.set(index, (scenario = result.scenario));
  }
  return scenario;
}

/** All shipped scenarios, in the order of their ids. */
export function shippedScenarios(): readonly Scenario[] {
  return shippedTexts.map((_, index) => shippedAt(index));
}

/** The shipped scenarios that call one of these, in the order of their ids. The others are not even read, which takes its time. */
export function shippedCalling(calls: ReadonlySet<string>): readonly Scenario[] {
  return shippedTexts.flatMap(([, text], index) => {
    const names = text.matchAll(/\b([A-Za-z_]\w*)\(/gu);
    return [...names].some(([, name = '']) => calls.has(name)) ? [shippedAt(index)] : [];
  });
}

/** Runs scenarios, each in its eras, or only in `era` where it is one of them. In a fixed order. */
export function runAll(scenarios: readonly Scenario[], era: Era | null, options: RunOptions = {}): ScenarioRun[] {
  return scenarios.flatMap((scenario) =>
    erasOf(scenario)
      .filter((candidate) => era === null || candidate.id === era.id)
      .map((candidate) => runScenario(scenario, candidate, options)),
  );
}

/** Steps whose results differ between two eras, over the scenarios that both can run. */
export function compareEras(scenarios: readonly Scenario[], before: Era, after: Era, options: RunOptions = {}): EraDifference[] {
  const differences: EraDifference[] = [];
  for (const scenario of scenarios) {
    const left = runScenario(scenario, before, { ...options, shortest: false });
    const right = runScenario(scenario, after, { ...options, shortest: false });
    if (left.machine === null || right.machine === null) continue;
    left.steps.forEach((step, index) => {
      const other = right.steps[index]?.got ?? [];
      if (step.got.join() !== other.join()) {
        differences.push({ scenario: scenario.id, step: step.step, call: step.call, before: step.got, after: other });
      }
    });
  }
  return differences;
}
