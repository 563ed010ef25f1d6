// How much of the IOMMU core of 6.12 is executed as code on some explored path with nothing unknown before it.
// Run with `npm run lanes -- test/lanes/run-coverage.test.ts`; needs the kernel trees that CONTRIBUTING.md names.

import { beforeAll, describe, expect, it } from 'vitest';
import { shippedScenarios } from '../../server/src/core/model/catalogue.ts';
import { erasOf, runScenario } from '../../server/src/core/model/scenario/run.ts';
import type { RunProgram } from '../../server/src/core/run/types.ts';
import { load } from './kernelC/measure.ts';
import { readTree } from './runTrees/code.ts';
import { runnable, withCode } from './runTrees/compare.ts';
import { driveScenarios, drivable } from './runTrees/drive.ts';

const parser = await load('auto');
const tree = readTree('6.12', parser);

interface Row {
  readonly function: string;
  readonly statements: number;
  readonly clean: number;
}

/** Statements of the core by function: those that any of the programs has executed with nothing unknown before. */
function rows(programs: readonly RunProgram[]): Row[] {
  const core = new Set(tree.names);
  const executed = new Map<string, Map<string, boolean>>();
  for (const program of programs)
    for (const one of program.coverage()) {
      if (!core.has(one.function)) continue;
      const spans = executed.get(one.function) ?? new Map<string, boolean>();
      executed.set(one.function, spans);
      one.statements.forEach(({ span, executed: how }, at) => {
        const key = `${String(span.start)}-${String(span.end)}-${String(at)}`;
        spans.set(key, (spans.get(key) ?? false) || how === 'clean');
      });
    }
  return [...executed].map(([name, spans]) => ({
    function: name,
    statements: spans.size,
    clean: [...spans.values()].filter(Boolean).length,
  }));
}

describe('the IOMMU core of 6.12, executed', () => {
  const driven = withCode(tree, tree.names, drivable);
  const shipped = withCode(tree, runnable(tree));

  beforeAll(() => {
    const drives = driveScenarios(driven.era);
    for (const scenario of drives.scenarios)
      for (const injectFailures of [false, true]) runScenario(scenario, drives.era, { shortest: false, injectFailures, maxStates: 3000 });
    for (const scenario of shippedScenarios()) {
      if (scenario.variant !== null || scenario.threads.length > 1 || !erasOf(scenario).some((one) => one.id === 'v6.12')) continue;
      if (!/^S00[012]-/.test(scenario.id)) continue;
      for (const injectFailures of [false, true]) runScenario(scenario, shipped.era, { shortest: false, injectFailures, maxStates: 3000 });
    }
  });

  it('covers at least 80 % of its statements, with nothing unknown before them', () => {
    const all = rows([driven.program, shipped.program]);
    const [statements, clean] = [all.reduce((sum, one) => sum + one.statements, 0), all.reduce((sum, one) => sum + one.clean, 0)];
    const share = (part: number, whole: number): string => `${((100 * part) / whole).toFixed(1)} %`;
    const lines = all
      .filter((one) => one.clean < one.statements)
      .sort((left, right) => left.clean / left.statements - right.clean / right.statements)
      .map((one) => `  ${share(one.clean, one.statements)} ${one.function}\n`);
    process.stdout.write(
      `${share(clean, statements)} of ${String(statements)} statements in ${String(all.length)} functions\n${lines.join('')}`,
    );
    expect(all.map((one) => one.function).sort()).toEqual([...new Set(tree.names)].sort());
    expect(clean / statements).toBeGreaterThanOrEqual(0.8);
  });

  it('leaves no function less than half executed', () => {
    const poor = rows([driven.program, shipped.program]).filter((one) => 2 * one.clean < one.statements);
    expect(poor.map((one) => `${one.function}: ${String(one.clean)} of ${String(one.statements)}`)).toEqual([]);
  });

  it('meets nothing unknown on the way', () => {
    expect(driven.program.assumptions()).toEqual([]);
    expect(shipped.program.assumptions()).toEqual([]);
  });
});
