import { describe, expect, it } from 'vitest';
import { eraById } from '../../server/src/core/model/eras/eras.ts';
import { buildScenario } from '../../server/src/core/model/scenario/build.ts';
import { readScenario } from '../../server/src/core/model/scenario/read.ts';
import { runScenario } from '../../server/src/core/model/scenario/run.ts';
import { shippedScenarios } from '../../server/src/core/model/catalogue.ts';
import { shippedTexts } from '../../server/src/core/model/shipped.ts';

/** The partition into groups that a list of devices gives, in the order of the list. */
function partition(devices: readonly string[], era = 'v6.12'): string[] {
  const text = `id: t\ntitle: t\nworld:\n  devices:\n${devices.map((device) => `    ${device}\n`).join('')}threads:\n  T1:\n    - bind(${devices[0]?.split(':')[0] ?? ''}, nic): any\n`;
  const read = readScenario(text);
  const table = eraById(era);
  if (!read.ok || table === null) throw new Error(read.ok ? era : `${read.problems[0]?.line ?? 0}: ${read.problems[0]?.message ?? ''}`);
  const { machine } = buildScenario(read.scenario, table);
  const state = machine.initial();
  const byGroup = new Map<string, string[]>();
  for (const { name } of read.scenario.world.devices) {
    const group = String(machine.read(state, name, 'group'));
    byGroup.set(group, [...(byGroup.get(group) ?? []), name].sort());
  }
  return [...byGroup.values()].map((members) => members.join('+')).sort();
}

function permutations<T>(items: readonly T[]): T[][] {
  if (items.length <= 1) return [[...items]];
  return items.flatMap((item, at) => permutations([...items.slice(0, at), ...items.slice(at + 1)]).map((rest) => [item, ...rest]));
}

const full = 'acs: [SV, RR, CR, UF]';

describe('groups from the topology', () => {
  const cases: readonly [string, readonly string[], readonly string[]][] = [
    [
      'functions without ACS share, single functions do not',
      ['A: {pci: "01:00.0", multifunction: true}', 'B: {pci: "01:00.1", multifunction: true}', 'C: {pci: "01:01.0"}'],
      ['A+B', 'C'],
    ],
    [
      'functions with full ACS do not share',
      [`A: {pci: "01:00.0", multifunction: true, ${full}}`, `B: {pci: "01:00.1", multifunction: true, ${full}}`],
      ['A', 'B'],
    ],
    [
      'one function with ACS stays apart from two without',
      [
        'A: {pci: "01:00.0", multifunction: true}',
        `B: {pci: "01:00.1", multifunction: true, ${full}}`,
        'C: {pci: "01:00.2", multifunction: true}',
      ],
      ['A+C', 'B'],
    ],
    [
      'a quirk replaces ACS',
      ['A: {pci: "01:00.0", multifunction: true, acs_quirk: isolated}', 'B: {pci: "01:00.1", multifunction: true, acs_quirk: isolated}'],
      ['A', 'B'],
    ],
    [
      'everything below a port without ACS joins it',
      ['P: {pci: "00:01.0", type: root-port}', 'A: {pci: "01:00.0", under: P}', 'B: {pci: "01:01.0", under: P}'],
      ['A+B+P'],
    ],
    [
      'a port with full ACS separates',
      [`P: {pci: "00:01.0", type: root-port, ${full}}`, 'A: {pci: "01:00.0", under: P}', 'B: {pci: "01:01.0", under: P}'],
      ['A', 'B', 'P'],
    ],
    ['one missing bit is enough', ['P: {pci: "00:01.0", type: root-port, acs: [SV, CR, UF]}', 'A: {pci: "01:00.0", under: P}'], ['A+P']],
    [
      'a bridge to conventional PCI speaks for its bus',
      [
        'P: {pci: "00:01.0", type: pcie-to-pci-bridge}',
        'A: {pci: "01:00.0", type: conventional, under: P}',
        'B: {pci: "01:01.0", type: conventional, under: P}',
      ],
      ['A+B+P'],
    ],
    [
      'an alias joins two slots, in either direction',
      ['A: {pci: "01:00.0"}', 'B: {pci: "01:01.0", aliases: [A]}', 'C: {pci: "01:02.0"}'],
      ['A+B', 'C'],
    ],
    ['each platform device is alone', ['A: {}', 'B: {}'], ['A', 'B']],
    ['one group for an IOMMU instance', ['A: {instance: smmu}', 'B: {instance: smmu}', 'C: {instance: other}'], ['A+B', 'C']],
  ];
  for (const [what, devices, expected] of cases) {
    it(`${what}, whatever the order of arrival, in both trees`, () => {
      for (const order of permutations(devices)) {
        expect(partition(order), order.join(' ')).toEqual([...expected].sort());
        expect(partition(order, 'v6.1'), order.join(' ')).toEqual([...expected].sort());
      }
    });
  }

  it('refuses a scenario whose groups are not those of its topology, and says which device is where', () => {
    const read = readScenario(
      'id: t\ntitle: t\nworld:\n  devices: { A: {pci: "01:00.0"}, B: {pci: "02:00.0"} }\n  groups: { G: [A, B] }\nthreads:\n  T1:\n    - bind(A, nic): 0\n',
    );
    const era = eraById('v6.12');
    if (!read.ok || era === null) throw new Error('not read');
    const run = runScenario(read.scenario, era);
    expect(run.result).toBe('unexpected');
    expect(run.differences[0]).toContain('the topology does not give group G = [A, B]');
  });
});

describe('names mean nothing', () => {
  const rename = (text: string): string =>
    text
      .replace(/(\b|_)u1\b/g, '$1u9')
      .replace(/(\b|_)u2\b/g, '$1u1')
      .replace(/(\b|_)u9\b/g, '$1u2')
      .replace(/\bA\b/g, 'Z9')
      .replace(/\bB\b/g, 'A')
      .replace(/\bZ9\b/g, 'B');
  it('with devices and users renamed, every scenario has the same results, violations and number of states', () => {
    const texts = new Map(shippedTexts.map(([name, text]) => [name.replace('.yaml', ''), text]));
    for (const scenario of shippedScenarios()) {
      const other = readScenario(rename(texts.get(scenario.id) ?? ''));
      if (!other.ok) throw new Error(`${scenario.id}: ${other.problems[0]?.message ?? ''}`);
      for (const id of scenario.eras ?? ['v6.1']) {
        const era = eraById(id);
        if (era === null) throw new Error(id);
        const left = runScenario(scenario, era, { shortest: false });
        const right = runScenario(other.scenario, era, { shortest: false });
        expect([right.result, right.states, right.violations.map((violation) => violation.id)], `${scenario.id} ${id}`).toEqual([
          left.result,
          left.states,
          left.violations.map((violation) => violation.id),
        ]);
      }
    }
  });
});
