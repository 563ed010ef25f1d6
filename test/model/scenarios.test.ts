import { describe, expect, it } from 'vitest';
import { runAll, shippedScenarios, compareEras } from '../../server/src/core/model/catalogue.ts';
import { eraById } from '../../server/src/core/model/eras/eras.ts';
import { erasOf, runScenario } from '../../server/src/core/model/scenario/run.ts';
import { shippedTexts } from '../../server/src/core/model/shipped.ts';
import { shippedSource } from '../../scripts/gen-scenarios.mjs';
import { readFileSync } from 'node:fs';

const scenarios = shippedScenarios();

describe('shipped scenarios', () => {
  it('are the files of scenarios/', () => {
    const table = readFileSync(new URL('../../server/src/core/model/shipped.ts', import.meta.url), 'utf8');
    expect(table === shippedSource()).toBe(true);
    expect(shippedTexts.map(([name]) => name.replace('.yaml', ''))).toEqual(scenarios.map((scenario) => scenario.id));
  });

  for (const scenario of scenarios) {
    for (const era of erasOf(scenario)) {
      it(`${scenario.id} in ${era.id}: ${scenario.title}`, () => {
        const run = runScenario(scenario, era, { shortest: false });
        expect(run.differences).toEqual([]);
        expect(run.result).toBe('as expected');
      });
    }
  }

  it('give the same results, violations and ends without the reduction, with at most 30 % of its states', () => {
    let reduced = 0;
    let full = 0;
    for (const scenario of scenarios) {
      for (const era of erasOf(scenario)) {
        const fast = runScenario(scenario, era, { shortest: false });
        const slow = runScenario(scenario, era, { reduce: false, maxStates: 100_000 });
        const verdict = (run: typeof fast): unknown => [
          run.result,
          run.steps.map((step) => step.got),
          run.violations.map((violation) => violation.id).sort(),
        ];
        expect(verdict(fast), `${scenario.id} ${era.id}`).toEqual(verdict(slow));
        reduced += fast.states;
        full += slow.states;
      }
    }
    expect(reduced / full).toBeLessThanOrEqual(0.3);
  });

  it('come out the same a hundred times: states, transitions, schedules', () => {
    const race = scenarios.filter((scenario) => scenario.id === 'S001-12c');
    const once = (): string =>
      JSON.stringify(
        runAll(race, null, { shortest: false }).map((run) => [run.era, run.states, run.transitions, run.steps, run.violations]),
      );
    const first = once();
    for (let round = 1; round < 100; round++) expect(once()).toBe(first);
  });

  it('say "not finished" when the budget ends, never that nothing was found', () => {
    const race = scenarios.find((scenario) => scenario.id === 'S001-12b');
    const era = eraById('defdom-merged');
    if (race === undefined || era === null) throw new Error('the scenario is gone');
    const run = runScenario(race, era, { maxStates: 5 });
    expect(run.result).toBe('not finished');
    expect(run.states).toBe(5);
    expect(runScenario(race, era).result).toBe('as expected');
  });

  it('show what changed for users between two eras', () => {
    const v61 = eraById('v6.1');
    const v612 = eraById('v6.12');
    if (v61 === null || v612 === null) throw new Error('no eras');
    const some = scenarios.filter((scenario) => ['S001-2', 'S001-16', 'S000-3'].includes(scenario.id));
    expect(compareEras(some, v61, v612)).toEqual([
      { scenario: 'S001-2', step: 'T1.1', call: 'write_type(G, identity)', before: ['-EBUSY'], after: ['-EPERM'] },
      { scenario: 'S001-16', step: 'T1.1', call: 'write_type(G, identity)', before: ['-EBUSY'], after: ['0'] },
    ]);
  });
});
