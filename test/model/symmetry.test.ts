import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { shippedScenarios } from '../../server/src/core/model/catalogue.ts';
import type { Era } from '../../server/src/core/model/eras/era.ts';
import { eraById } from '../../server/src/core/model/eras/eras.ts';
import { explore } from '../../server/src/core/model/explore/explore.ts';
import { buildScenario } from '../../server/src/core/model/scenario/build.ts';
import { interchangeable } from '../../server/src/core/model/scenario/interchangeable.ts';
import { readScenario } from '../../server/src/core/model/scenario/read.ts';
import type { ScenarioRun } from '../../server/src/core/model/scenario/run.ts';
import { erasOf, runScenario } from '../../server/src/core/model/scenario/run.ts';
import type { Scenario } from '../../server/src/core/model/scenario/scenario.ts';
import { unequalStep } from './equivariance.ts';

const era = (id: string): Era => {
  const found = eraById(id);
  if (found === null) throw new Error(`no era ${id}`);
  return found;
};

function scenarioOf(world: string, threads: readonly (readonly string[])[], rest = ''): Scenario {
  const lists = threads.map((steps, at) => `  T${at + 1}:\n${steps.map((step) => `    - '${step}': any\n`).join('')}`).join('');
  const read = readScenario(`id: X\ntitle: generated\nbounds: {users: 3, mms: 3, groups: 3}\nworld:\n${world}threads:\n${lists}${rest}`);
  if (!read.ok) throw new Error(`${read.problems[0]?.line ?? 0}: ${read.problems[0]?.message ?? ''}`);
  return read.scenario;
}

/** The renamings of a scenario, as words: `T1>T2 u1>u2`. */
function found(scenario: Scenario, id = 'v6.12'): string[] {
  const { machine, problems } = buildScenario(scenario, era(id));
  expect(problems).toEqual([]);
  return interchangeable(scenario, machine).map(({ words }) =>
    [...words]
      .map((pair) => pair.join('>'))
      .sort()
      .join(' '),
  );
}

const verdict = (run: ScenarioRun): unknown => [
  run.result,
  run.steps.map((step) => [step.step, step.got]),
  run.violations.map((violation) => violation.id).sort(),
  run.differences.map((difference) => difference.replace(/violates (\S+):.*/, '$1')).sort(),
];

/** The ends of a scenario as text, without marks and numbers of no meaning. */
function endsOf(scenario: Scenario, id: string, symmetric: boolean): string[] {
  const { machine } = buildScenario(scenario, era(id));
  const renamings = symmetric ? interchangeable(scenario, machine) : [];
  const result = explore(machine, { maxStates: 100_000, reduce: symmetric }, renamings.length === 0 ? null : machine.renamed(renamings));
  expect(result.finished).toBe(true);
  const texts = result.ends.map((end) => {
    let state = machine.initial();
    for (const move of end.schedule()) state = machine.apply(move.thread, state, move.choice).state;
    expect(machine.same(state, end.state)).toBe(true);
    const cells = [...machine.contents(end.state)].map(([path, value]) => `${path} = ${JSON.stringify(value)}`);
    return [...cells.sort(), `blocked ${end.blocked.join()}`].join('\n');
  });
  return [...new Set(texts)].sort();
}

const plain = `  devices: {A: {pci: "01:00.0", multifunction: true}, B: {pci: "01:00.1", multifunction: true}}
  groups: {G: [A, B]}
  users: [u1, u2, u3]
`;

describe('interchangeable actors of a scenario', () => {
  it('are threads that make the same calls for different users', () => {
    expect(found(scenarioOf(plain, [['claim(G, u1)'], ['claim(G, u2)']]))).toEqual(['T1>T2 T2>T1 u1>u2 u2>u1']);
    expect(found(scenarioOf(plain, [['claim(G, u1)'], ['claim(G, u2)'], ['claim(G, u3)']]))).toHaveLength(5);
    expect(found(scenarioOf(plain, [['claim(G, u1)'], ['bind(B, nic)'], ['claim(G, u3)']]))).toEqual(['T1>T3 T3>T1 u1>u3 u3>u1']);
  });

  it('are not threads that differ in a call, a number, a word, or what comes first', () => {
    expect(found(scenarioOf(plain, [['claim(G, u1)'], ['release(G)']]))).toEqual([]);
    expect(found(scenarioOf(plain, [['claim(G, u1)'], ['claim(G, u2)', 'release(G)']]))).toEqual([]);
    expect(found(scenarioOf(plain, [['write_type(G, identity)'], ['write_type(G, DMA)']]))).toEqual([]);
    expect(found(scenarioOf(plain, [['get_status(G, u1, 4)'], ['get_status(G, u2, 8)']]))).toEqual([]);
    expect(found(scenarioOf(plain, [['claim(G, u1)'], ['claim(G, u2)']], 'order: [T1.1 < T2.1]\n'))).toEqual([]);
  });

  it('are not users of whom a third thread names one', () => {
    expect(found(scenarioOf(plain, [['claim(G, u1)'], ['claim(G, u2)'], ['open(A, u1)']]))).toEqual([]);
  });

  it('are not devices that stand in an order, in a list or on a bus', () => {
    expect(found(scenarioOf(plain, [['bind(A, nic)'], ['bind(B, nic)']]))).toEqual([]);
    const mates = '  devices: {A: {instance: S, iommu: true}, B: {instance: S, iommu: true}, S: {iommu: true}}\n  groups: {G: [A, B]}\n';
    expect(found(scenarioOf(mates, [['unplug(A)'], ['unplug(B)']]))).toEqual([]);
  });

  it('are devices of two groups, with the groups and their default domains', () => {
    const apart = '  devices: {A: {}, B: {}}\n  groups: {G: [A], H: [B]}\n';
    expect(found(scenarioOf(apart, [['write_type(G, identity)'], ['write_type(H, identity)']]))).toEqual([
      'A>B B>A G>H H>G T1>T2 T2>T1 dma1>dma2 dma2>dma1',
    ]);
    expect(found(scenarioOf(`${apart}  bound: {A: nic}\n`, [['write_type(G, identity)'], ['write_type(H, identity)']]))).toEqual([]);
  });
});

/** Calls of one thread, `U` its user and `M` its process. */
const lists: Readonly<Record<string, readonly string[]>> = {
  'claim and release': ['claim(G, U)', 'release(G)'],
  'claims of a device': ['device_claim(A, U)', 'device_release(A)'],
  'open and close': ['open(A, U)', 'close(A, U)'],
  'open of the group file': ['open_group(G, U)', 'set_container(G, U)', 'unset_container(G, U)', 'close_group(G, U)'],
  'a domain of its own': ['d = alloc(A)', 'attach_group(d, G)', 'detach_group(d, G)', 'free(d)'],
  'types written': ['write_type(G, identity)'],
  'a bind': ['bind(B, nic)', 'unbind(B)'],
  'a process bound': ['h = sva_bind(C, M)', 'sva_unbind(h)'],
  'a process bound twice': ['h = sva_bind(C, M)', 'sva_bind(C, M)', 'dma(C, M)'],
  'address spaces': ['i = ioas_alloc(U)', 'destroy(U, i)'],
};

const world = `  devices:
    A: {pci: "01:00.0", multifunction: true}
    B: {pci: "01:00.1", multifunction: true}
    C: {pci: "02:00.0", max_pasids: 16, sva: true}
  groups: {G: [A, B], K: [C]}
  users: [u1, u2, u3]
  mms: [mm1, mm2, mm3]
`;

/** Threads that make the same calls, each with its user, process and results; and others beside them. */
function symmetric(names: readonly string[], threads: number, bound: string, cut: number, others: readonly string[][] = []): Scenario {
  const steps = names.flatMap((name) => lists[name] ?? []).slice(0, cut);
  const own = Array.from({ length: threads }, (_, at) =>
    steps.map((step) =>
      step
        .replace(/\bU\b/, `u${at + 1}`)
        .replace(/\bM\b/, `mm${at + 1}`)
        .replace(/\b([dhi])\b/, `$1${at + 1}`),
    ),
  );
  return scenarioOf(`${world}${bound}`, [...own, ...others]);
}

const bindings = (names: readonly string[]): string =>
  names.some((name) => name.startsWith('open')) ? '  bound: {A: vfio, B: vfio}\n' : '';

/** Compares a search of a scenario by interchangeable actors with one that knows of none. Skips a case that the budget ends. */
function compare(scenario: Scenario, id: string, maxStates: number): void {
  const { machine, problems } = buildScenario(scenario, era(id));
  expect(problems).toEqual([]);
  const renamings = interchangeable(scenario, machine);
  expect(renamings.length).toBeGreaterThan(0);
  expect(unequalStep(machine, machine.renamed(renamings), 200)).toBeNull();
  const once = runScenario(scenario, era(id), { shortest: false, maxStates });
  const each = runScenario(scenario, era(id), { shortest: false, maxStates, symmetry: false });
  fc.pre(each.finished);
  expect(verdict(once)).toEqual(verdict(each));
  expect(once.states).toBeLessThanOrEqual(each.states);
}

describe('a search by interchangeable actors', () => {
  const cases = Object.keys(lists).flatMap((name) =>
    [2, 3].map((threads) => ({ name, threads, scenario: symmetric([name], threads, bindings([name]), threads === 2 ? 4 : 2) })),
  );

  for (const { name, threads, scenario } of cases) {
    for (const { id } of erasOf(scenario)) {
      it(`${name}, ${threads} threads, ${id}: the same results and violations, and a renamed step is one`, () => {
        compare(scenario, id, 100_000);
      });
      if (threads === 3) continue;
      it(`${name}, ${id}: the ends of the full search, each with a schedule to it`, () => {
        expect(endsOf(scenario, id, true)).toEqual(endsOf(scenario, id, false));
      });
    }
  }

  it('visits fewer states than one by every actor', () => {
    let merged = 0;
    let apart = 0;
    for (const { scenario } of cases) {
      const last = erasOf(scenario).at(-1);
      if (last === undefined) throw new Error('no era');
      merged += runScenario(scenario, last, { shortest: false }).states;
      apart += runScenario(scenario, last, { shortest: false, symmetry: false }).states;
    }
    process.stdout.write(
      `states with interchangeable actors searched once: ${merged} of ${apart} (${((100 * merged) / apart).toFixed(1)} %)\n`,
    );
    expect(merged / apart).toBeLessThan(1);
  });

  it('gives the same for mixed lists of calls, with failures and with another thread beside', () => {
    const some = fc.subarray(Object.keys(lists), { minLength: 1, maxLength: 2 });
    const beside = fc.constantFrom(null, 'bind(B, nic)', 'write_type(G, DMA)', 'unplug(B)', 'claim(G, u3)');
    fc.assert(
      fc.property(
        some,
        fc.integer({ min: 1, max: 3 }),
        beside,
        fc.boolean(),
        fc.constantFrom('v6.1', 'v6.12'),
        (names, cut, other, inject, id) => {
          const bound = `${bindings(names)}${inject ? '  options: {inject_failures: true}\n' : ''}`;
          const scenario = symmetric(names, 2, bound, cut, other === null ? [] : [[other]]);
          fc.pre(erasOf(scenario).some((one) => one.id === id));
          compare(scenario, id, 1500);
        },
      ),
      { numRuns: 20, seed: 3 },
    );
  });

  it('gives the same for all shipped scenarios, and searches some of them once for two actors', () => {
    const smaller: string[] = [];
    for (const scenario of shippedScenarios()) {
      for (const one of erasOf(scenario)) {
        const once = runScenario(scenario, one, { shortest: false });
        const each = runScenario(scenario, one, { shortest: false, symmetry: false });
        expect(verdict(once), `${scenario.id} ${one.id}`).toEqual(verdict(each));
        if (once.states < each.states) smaller.push(scenario.id);
      }
    }
    expect([...new Set(smaller)]).toEqual(['S000-21', 'S001-15', 'S002-16']);
  });

  it('starts again where a list in the order of names would come into another order', () => {
    const shared = scenarioOf(world, [['i1 = ioas_alloc(u1)'], ['i2 = ioas_alloc(u1)']]);
    expect(found(shared)).toEqual(['T1>T2 T2>T1 i1>i2 i2>i1']);
    const once = runScenario(shared, era('v6.12'), { shortest: false });
    const each = runScenario(shared, era('v6.12'), { shortest: false, symmetry: false });
    expect([once.states, once.transitions]).toEqual([each.states, each.transitions]);
    expect(once.steps.map((step) => step.got)).toEqual([['ioas1@T1'], ['ioas1@T2']]);
  });

  it('gives the same shortest schedules', () => {
    const race = symmetric(['claim and release'], 2, '  held: [G]\n', 2);
    const schedules = (symmetry: boolean): unknown => runScenario(race, era('v6.1'), { symmetry }).violations;
    expect(schedules(true)).toEqual(schedules(false));
  });
});
