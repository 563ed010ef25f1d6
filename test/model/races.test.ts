// The races and deadlocks of the default-domain series: which schedule, who holds what, and how short it can be.

import { describe, expect, it } from 'vitest';
import type { Trace } from '../../server/src/protocol/finding.ts';
import { shippedScenarios } from '../../server/src/core/model/catalogue.ts';
import { eraById } from '../../server/src/core/model/eras/eras.ts';
import { runScenario } from '../../server/src/core/model/scenario/run.ts';
import { readScenario } from '../../server/src/core/model/scenario/read.ts';
import { shippedTexts } from '../../server/src/core/model/shipped.ts';
import { lockAndListSteps, traceOf } from '../../server/src/core/model/trace/build.ts';

function scenarioText(id: string): string {
  return shippedTexts.find(([name]) => name === `${id}.yaml`)?.[1] ?? '';
}

function run(id: string, eraId: string) {
  const scenario = shippedScenarios().find((candidate) => candidate.id === id);
  const era = eraById(eraId);
  if (scenario === undefined || era === null) throw new Error(`${id} ${eraId}`);
  return { scenario, result: runScenario(scenario, era) };
}

function trace(id: string, era: string, violation: string): Trace {
  const { scenario, result } = run(id, era);
  const found = result.violations.find((candidate) => candidate.id === violation);
  if (found === undefined || result.machine === null) throw new Error(`${id} does not show ${violation}`);
  return traceOf(
    scenario,
    era,
    result.machine,
    { schedule: found.schedule, violation: found },
    { states: result.states, finished: true, maxStates: 0 },
  );
}

describe('lock order', () => {
  it('the refused order deadlocks with a bind after 3 completed lock and list steps', () => {
    const found = trace('S001-14', 'defdom-2020-v3', 'deadlock');
    expect(lockAndListSteps(found).map((step) => `${step.thread} ${step.step}`)).toEqual([
      'T1 lock G.mutex',
      'T1 one member in G? which?',
      'T2 lock A.device_lock',
    ]);
  });

  it('and with an unplug that holds device_lock', () => {
    const found = trace('S001-14b', 'defdom-2020-v3', 'deadlock');
    expect(lockAndListSteps(found)).toHaveLength(3);
    expect(found.steps.at(-1)?.locks).toEqual({ T1: ['G.mutex'], T2: ['A.device_lock'] });
  });

  it('two device_locks without an order deadlock when each is held once', () => {
    const found = trace('S001-14d', 'defdom-2020-v3', 'deadlock');
    expect(found.steps.at(-1)?.locks).toEqual({ T1: ['A.device_lock'], T2: ['B.device_lock'] });
  });

  it('the wait of the last group put deadlocks after 7 lock and list steps', () => {
    for (const era of ['defdom-2020-v3', 'defdom-merged']) {
      const found = trace('S001-14g', era, 'deadlock');
      expect(lockAndListSteps(found)).toHaveLength(7);
      expect(found.steps.at(-1)?.locks).toEqual({ T1: [], T2: ['A.device_lock'] });
    }
  });

  it('V3 as posted has no deadlock with any of bind, unplug, replug', () => {
    for (const id of ['S001-12', 'S001-12b', 'S001-12c', 'S001-14c']) {
      expect(
        run(id, 'defdom-2020-v3').result.violations.some((violation) => violation.id === 'deadlock'),
        id,
      ).toBe(false);
    }
  });

  it('three edges make a circle, no two of them do', () => {
    const found = trace('S002-12', 'v6.1', 'deadlock');
    expect(found.violation?.message).toMatch(/^T\d waits for T\d waits for T\d waits for T\d$/);
    const text = scenarioText('S002-12');
    const drop: readonly [string, RegExp][] = [
      ['without the bind', / {2}T1:\n {4}- sva_bind\(A, mm1\): any\n/],
      ['without the mmap', / {2}T2:\n {4}- queue_mmap\(Q, mm1\): any\n/],
      ['without the release', / {4}- queue_release\(Q, h\): any\n/],
    ];
    const era = eraById('v6.1');
    for (const [what, part] of drop) {
      const changed = text
        .replace(part, '')
        .replace(/order: .*\n/, '')
        .replace('violates: [deadlock]', '');
      const read = readScenario(changed);
      if (!read.ok || era === null) throw new Error(what);
      expect(runScenario(read.scenario, era).violations, what).toEqual([]);
    }
  });
});

describe('time of check, time of use', () => {
  it('V3 uses a freed device where the group survives', () => {
    expect(trace('S001-12', 'defdom-2020-v3', 'use-after-free').violation?.message).toContain('A');
    expect(trace('S001-12c', 'defdom-2020-v3', 'use-after-free').steps.some((step) => step.step === 'B listed in G')).toBe(true);
  });

  it('and does not where the last put waits for the store', () => {
    expect(run('S001-12b', 'defdom-2020-v3').result.violations).toEqual([]);
  });

  it('with only get_device added, the domain is attached through A although the only member is B, in both orders', () => {
    for (const id of ['S001-13', 'S001-13b']) {
      const found = trace(id, 'defdom-2020-v3', 'I1');
      expect(found.violation?.message).toMatch(/^B uses dma1, G says identity/);
    }
  });

  it('the merged form shows nothing', () => {
    for (const id of ['S001-12', 'S001-12b', 'S001-12c', 'S001-13c']) expect(run(id, 'defdom-merged').result.violations, id).toEqual([]);
  });
});

describe('one failure anywhere', () => {
  const writes = (members: string): string =>
    `id: inject\ntitle: inject\nworld:\n  devices:\n    A: {pci: "01:00.0", multifunction: true, direct: [r0]}\n    B: {pci: "01:00.1", multifunction: true}\n  groups: { G: [${members}] }\n  users: [u1]\n  options: { def_domain_type: identity }\nthreads:\n  T1:\n`;
  const ids = (eraId: string, steps: string): string[] => {
    const read = readScenario(writes('A, B') + steps);
    const era = eraById(eraId);
    if (!read.ok || era === null) throw new Error(read.ok ? eraId : (read.problems[0]?.message ?? ''));
    return runScenario(read.scenario, era, { injectFailures: true, shortest: false })
      .violations.map((violation) => violation.id)
      .sort();
  };

  it('v6.12 undoes a failed attach at every member of a type write', () => {
    expect(ids('v6.12', '    - write_type(G, DMA): any\n').filter((id) => id !== 'I12')).toEqual([]);
  });

  it('v6.1 leaves members behind when a group attach of a claim fails at the second one', () => {
    const read = readScenario(
      'id: i\ntitle: i\nworld:\n  devices:\n    A: {pci: "01:00.0", multifunction: true}\n    B: {pci: "01:00.1", multifunction: true}\n  groups: { G: [A, B] }\n  users: [u1]\nthreads:\n  T1:\n    - claim(G, u1): any\n',
    );
    if (!read.ok) throw new Error('not read');
    const found = (eraId: string): string[] => {
      const era = eraById(eraId);
      return era === null
        ? []
        : runScenario(read.scenario, era, { injectFailures: true, shortest: false })
            .violations.map((violation) => violation.id)
            .sort();
    };
    expect(found('v6.1')).toEqual(['I1', 'I7']);
    expect(found('v6.12')).toEqual([]);
  });
});
