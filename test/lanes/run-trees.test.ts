// The IOMMU core of real trees, run as code in the shipped scenarios: it must agree with the model's own programs.
// Run with `npm run lanes -- test/lanes/run-trees.test.ts`; needs the kernel trees that CONTRIBUTING.md names.

import { describe, expect, it } from 'vitest';
import { shippedScenarios } from '../../server/src/core/model/catalogue.ts';
import { eraById } from '../../server/src/core/model/eras/eras.ts';
import { erasOf } from '../../server/src/core/model/scenario/run.ts';
import { load } from './kernelC/measure.ts';
import { readTree } from './runTrees/code.ts';
import { compare, runnable, withCode } from './runTrees/compare.ts';

const parser = await load('auto');

/** What a tree's code shows beyond the model; docs/model.md explains each. */
const explained: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  '6.1': {
    'S001-12': ['code: violates I34'],
    'S001-23b': ['code: violates I34'],
    'S001-31': ['code: violates I34'],
  },
  '6.12': {},
};

describe.each(['6.1', '6.12'])('the IOMMU core of %s as code', (version) => {
  const tree = readTree(version, parser);
  const id = `v${version}`;
  const model = eraById(id);
  const { era, program } = withCode(tree, runnable(tree));
  // A variant of the era stands for a proposal that no tree has: its own procedures stay, the rest is the tree's.
  const scenarios = shippedScenarios().filter((one) => erasOf(one).some((other) => other.id === id));

  it('runs, every function of it', () => {
    expect(program.unrunnable).toEqual([]);
    for (const name of ['iommu_group_store_type', 'iommu_attach_device', 'iommu_group_claim_dma_owner', 'iommu_sva_bind_device'])
      expect(program.procedures.map((one) => one.name)).toContain(`c:${name}`);
    expect(scenarios.length).toBeGreaterThan(80);
  });

  it.each(scenarios.map((one) => [one.id, one.title, one] as const))('%s: %s', (scenario, _, data) => {
    if (model === null) throw new Error(`no era ${id}`);
    const compared = compare(data, model, era);
    const beyond = explained[version]?.[scenario] ?? [];
    expect(compared.differences).toEqual(beyond);
    // And both give what the scenario expects, but for what the code shows beyond it.
    expect(compared.code.differences.length).toBe(beyond.length);
    expect(compared.code.finished).toBe(true);
  });

  it('needs no assumption for any of them', () => {
    expect(program.assumptions()).toEqual([]);
  });
});

describe('what the trees are known for', () => {
  it('6.12: the store reads the default domain again under the mutex, after a test without it', () => {
    const tree = readTree('6.12', parser);
    const { era } = withCode(tree, runnable(tree));
    const model = eraById('v6.12');
    const race = shippedScenarios().find((one) => one.id === 'S001-23');
    if (model === null || race === undefined) throw new Error('S001-23 is gone');
    const { code } = compare(race, model, era);
    expect(code.violations.map((one) => `${one.id}: ${one.message}`)).toEqual(['panic: NULL dereference: group->default_domain->type']);
  });

  it('6.1: a bind that is refused on x86 keeps its reference of the group; 6.12 takes none', () => {
    const refused = shippedScenarios().find((one) => one.id === 'S002-13');
    if (refused === undefined) throw new Error('S002-13 is gone');
    const found = (version: string): readonly string[] => {
      const tree = readTree(version, parser);
      const { era } = withCode(tree, runnable(tree));
      const model = eraById(era.id);
      return model === null ? [] : compare(refused, model, era).code.violations.map((one) => one.id);
    };
    expect(found('6.1')).toEqual(['I32']);
    expect(found('6.12')).toEqual([]);
  });
});
