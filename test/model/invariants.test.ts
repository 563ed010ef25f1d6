import { describe, expect, it } from 'vitest';
import { shippedScenarios } from '../../server/src/core/model/catalogue.ts';
import { beforeAttach } from '../../server/src/core/model/invariants/I12.ts';
import { derefUnlocked } from '../../server/src/core/model/invariants/I8.ts';
import { invariants, stepInvariants } from '../../server/src/core/model/invariants/registry.ts';
import { v612 } from '../../server/src/core/model/eras/v6.12.ts';
import { explore } from '../../server/src/core/model/explore/explore.ts';
import { procedure } from '../../server/src/core/model/machine/code.ts';
import type { Value } from '../../server/src/core/model/machine/names.ts';
import { Machine } from '../../server/src/core/model/machine/machine.ts';
import { numbered } from '../../server/src/core/model/scenario/run.ts';
import { Cpu, Crash } from '../../server/src/core/model/machine/cpu.ts';
import { Names } from '../../server/src/core/model/machine/names.ts';
import { erasOf, runScenario } from '../../server/src/core/model/scenario/run.ts';

/** G = {A, B} on its default domain dma1, nobody bound. */
function quietWorld(): Cpu {
  const c = new Cpu(new Names(), new Set());
  c.begin([], 0, 'T1', []);
  c.set('world', 'groups', ['G']);
  c.set('world', 'all_devices', ['A', 'B']);
  c.set('world', 'counts_owners', true);
  c.set('G', 'devices', ['A', 'B']);
  for (const field of ['domain', 'default_domain']) c.set('G', field, 'dma1');
  c.set('dma1', 'type', 'DMA');
  ['A', 'B'].forEach((dev, fn) => {
    c.set(dev, 'bus', 'pci');
    c.set(dev, 'pci_type', 'endpoint');
    c.set(dev, 'multifunction', true);
    c.set(dev, 'bus_no', 1);
    c.set(dev, 'fn', fn);
    c.set(dev, 'group', 'G');
    c.set(dev, 'iommu_dev', true);
    c.set(dev, 'present', true);
    c.set(dev, 'dma_iommu', true);
    c.set(dev, 'hw_domain', 'dma1');
  });
  return c;
}

describe('every invariant', () => {
  const subject = { group: 'G', settled: 'world', call: 'T1' } as const;
  for (const invariant of invariants) {
    it(`${invariant.id} holds in a quiet world, and its broken step breaks it`, () => {
      const c = quietWorld();
      expect(invariant.check(c, subject[invariant.scope])).toBeNull();
      invariant.broken(c);
      expect(invariant.check(c, subject[invariant.scope])).toBeTypeOf('string');
    });

    it(`${invariant.id} holds in ${invariant.holds}`, () => {
      const scenario = shippedScenarios().find((candidate) => candidate.id === invariant.holds);
      expect(scenario, 'the scenario that its page names').toBeDefined();
      if (scenario === undefined) return;
      const eras = erasOf(scenario).filter(
        (era) => !runScenario(scenario, era).violations.some((violation) => violation.id === invariant.id),
      );
      expect(eras.length).toBeGreaterThan(0);
    });
  }

  const quiet: [string, string, Value][] = [
    ['world', 'groups', ['G']],
    ['G', 'devices', ['A', 'B']],
    ['G', 'domain', 'dma1'],
    ['G', 'default_domain', 'dma1'],
    ['dma1', 'type', 'DMA'],
    ['A', 'group', 'G'],
  ];
  for (const invariant of stepInvariants) {
    it(`${invariant.id}: its broken step is reported, and nothing is without it`, () => {
      const run = (broken: typeof invariant.broken): string[] => {
        const machine = new Machine({
          procedures: new Map(v612.procedures.map((item) => [item.name, item])),
          threads: [{ name: 'T1', main: procedure('T1', [], 'test', broken) }],
          initial: quiet,
          freeable: new Set(),
          monitor: null,
        });
        return explore(machine, { maxStates: 100 }).violations.map((violation) => numbered(violation.id));
      };
      expect(run(invariant.broken)).toContain(invariant.id);
      expect(run(invariant.broken.slice(0, -1))).toEqual([]);
    });

    it(`${invariant.id} holds in ${invariant.holds}`, () => {
      const scenario = shippedScenarios().find((candidate) => candidate.id === invariant.holds);
      expect(scenario, 'the scenario that its page names').toBeDefined();
      if (scenario === undefined) return;
      const eras = erasOf(scenario).filter(
        (era) => !runScenario(scenario, era).violations.some((violation) => numbered(violation.id) === invariant.id),
      );
      expect(eras.length).toBeGreaterThan(0);
    });
  }

  it('I12: an attach before the ranges are mapped is reported, after them it is not', () => {
    const c = quietWorld();
    c.set('A', 'resv_direct', ['r0']);
    beforeAttach(c, 'dma2', 'A');
    expect(c.violations).toEqual([]);
    c.set('dma2', 'type', 'DMA');
    beforeAttach(c, 'dma2', 'A');
    expect(c.violations.map((violation) => violation.id)).toEqual(['I12']);
    c.violations.length = 0;
    c.set('dma2', 'maps', ['r0']);
    beforeAttach(c, 'dma2', 'A');
    expect(c.violations).toEqual([]);
  });

  it('I8: a reader crashes on a freed domain only', () => {
    const c = quietWorld();
    expect(() => derefUnlocked(c, 'dma1')).not.toThrow();
    c.set('dma1', 'freed', true);
    expect(() => derefUnlocked(c, 'dma1')).toThrow(Crash);
  });
});
