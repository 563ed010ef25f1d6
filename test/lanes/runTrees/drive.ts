// The calls of drives.ts as scenarios, and what they need beside the tables of the product.

import type { Era } from '../../../server/src/core/model/eras/era.ts';
import { override } from '../../../server/src/core/model/eras/era.ts';
import type { Procedure } from '../../../server/src/core/model/machine/code.ts';
import { act, call, give, procedure } from '../../../server/src/core/model/machine/code.ts';
import type { Cpu } from '../../../server/src/core/model/machine/cpu.ts';
import type { Value } from '../../../server/src/core/model/machine/names.ts';
import { readScenario } from '../../../server/src/core/model/scenario/read.ts';
import type { Scenario } from '../../../server/src/core/model/scenario/scenario.ts';
import type { Adapter, Binding, FunctionRow } from '../../../server/src/core/run/types.ts';
import { drives } from './drives.ts';

const valueOf = (argument: string): Value => {
  if (argument === 'NULL') return null;
  return /^\d+$/.test(argument) ? Number(argument) : argument;
};

/** An era that can make the calls of the drives, and the drives as scenarios: one thread, one call behind another, nothing expected. */
export function driveScenarios(era: Era): { readonly era: Era; readonly scenarios: readonly Scenario[] } {
  const known = new Set([...era.procedures.map((one) => one.name), 'show']);
  // Gives the group another default domain, past the core: to show a type that the core never sets.
  const show = procedure('show', ['domain'], 'test', [
    act('mutate', 'G.default_domain = {domain}', (c) => c.set('G', 'default_domain', c.v('domain'))),
    give(0),
  ]);
  const calls: Procedure[] = [show];
  const scenarios = drives.map((drive): Scenario => {
    const read = readScenario(
      `id: D\ntitle: ${JSON.stringify(drive.id)}\nsources: []\nworld: ${drive.world}\nthreads:\n  T1:\n    - boot()\n`,
    );
    if (!read.ok) throw new Error(`${drive.id}: ${read.problems.map((one) => one.message).join('; ')}`);
    const { world } = read.scenario;
    const own: Record<string, Record<string, Value>> = {};
    for (const cells of [drive.memory ?? {}, drive.devices ?? {}])
      for (const [object, values] of Object.entries(cells)) own[object] = { ...own[object], ...values };
    const steps = drive.calls.map(([name, ...args], index) => {
      const action = `${drive.id}, call ${String(index + 1)}`;
      // C's own arguments go to the function itself; what is no function of the core is the model's.
      const target = known.has(`c:${name}`) ? `c:${name}` : name;
      if (!known.has(target)) throw new Error(`${drive.id}: no function ${name}`);
      const values = args.map((one) => () => valueOf(one));
      calls.push(procedure(action, [], 'test', [call(target, values, 'ret'), give((c) => c.v('ret'))]));
      const text = `${name}(${args.join(', ')})`;
      return { label: `T1.${String(index + 1)}`, line: index + 1, text, action, args: [], handle: null, returns: null, fail: null };
    });
    return {
      ...read.scenario,
      id: drive.id,
      title: drive.id,
      // What a scenario gives as drivers are objects with first cells.
      world: { ...world, drivers: { ...world.drivers, ...own }, options: { iommu_buses: 'mem:buses', ...world.options, ...drive.options } },
      threads: [{ name: 'T1', steps }],
    };
  });
  return { era: { ...era, procedures: override(era.procedures, calls) }, scenarios };
}

const text = (value: Value | undefined): string => (typeof value === 'string' ? value : '');

/** Rows for what only the drives call: the command line, scatter lists, and callbacks of users. */
const rows: readonly FunctionRow[] = [
  { name: 'ARRAY_SIZE', how: 'value', kind: null, label: 'places of an array', value: () => 2 },
  {
    name: 'kstrtobool',
    how: 'value',
    kind: 'mutate',
    label: 'a truth value',
    value: (c, args) => {
      if (args[0] === '"?"') return '-EINVAL';
      const [object = '', field = ''] = text(args[1]).slice(1).split('.');
      if (field === '') c.set('world', 'dma_strict', args[0] === '"1"');
      else c.set(object, field, args[0] === '"1"' ? 1 : null);
      return 0;
    },
  },
  { name: 'krealloc', how: 'value', kind: 'callback', label: 'memory grows', value: (_, args) => args[0] ?? null },
  {
    name: 'cc_platform_has',
    how: 'value',
    kind: null,
    label: 'memory encrypted?',
    value: (c) => (c.peek('world', 'mem_encrypt') === true ? 1 : 0),
  },
  { name: 'vma_lookup', how: 'choice', results: ['mem:vma'], fails: [null], why: 'the address may not be mapped' },
  { name: 'sg_phys', how: 'value', kind: 'read', label: 'address', value: (c: Cpu, args) => c.get(text(args[0]), 'phys') },
  { name: 'sg_next', how: 'value', kind: 'read', label: 'next piece', value: (c: Cpu, args) => c.get(text(args[0]), 'next') },
  {
    name: 'sg_dma_is_bus_address',
    how: 'value',
    kind: 'read',
    label: 'on the bus?',
    value: (c, args) => (c.peek(text(args[0]), 'is_bus') === true ? 1 : 0),
  },
  { name: 'handler', how: 'nothing', result: 0 },
  { name: 'iommu_data_release', how: 'nothing' },
];

const adapters: readonly Adapter[] = [
  { function: 'bus_iommu_probe', procedure: 'bus_probe', parameters: ['bus'], args: [(c) => c.v('bus')], result: (_, value) => value },
];

/** A binding with what the drives need beside it. */
export function drivable(binding: Binding): Binding {
  return {
    ...binding,
    functions: new Map([...binding.functions, ...rows.map((row) => [row.name, row] as const)]),
    globals: new Map([...binding.globals, ['iommu_buses', { object: 'world', cell: 'iommu_buses' }]]),
    adapters: [...binding.adapters, ...adapters],
  };
}
