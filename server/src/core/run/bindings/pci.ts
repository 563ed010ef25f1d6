// PCI devices and their buses: the topology that the model forms groups by, as the kernel's code asks for it.

import type { Cpu } from '../../model/machine/cpu.ts';
import type { Value } from '../../model/machine/names.ts';
import { acsOk, acsPathOk, bridgeAbove, type AcsBit } from '../../model/world/topology.ts';
import { acsNumbers } from './constants.ts';
import { works } from './functions.ts';
import { behind, memberOf, objectOf } from './objects.ts';
import type { FieldRow, FunctionRow } from '../types.ts';

const deviceOf = (object: Value | undefined): string => behind('pci', objectOf(object)) ?? objectOf(object);
const numberAt = (c: Cpu, dev: string, field: string): number => {
  const value = c.peek(dev, field);
  return typeof value === 'number' ? value : 0;
};
const namesAt = (c: Cpu, dev: string, field: string): readonly string[] => {
  const value = c.peek(dev, field);
  return typeof value === 'object' && value !== null ? value : [];
};
const truth = (value: boolean): Value => (value ? 1 : 0);

/** PCI devices that are there, in the order in which the world describes them. */
const present = (c: Cpu): readonly string[] =>
  namesAt(c, 'world', 'all_devices').filter((dev) => c.peek(dev, 'bus') === 'pci' && c.see(dev, 'present') === true);

/** The bridge to a bus; null for the root bus. */
function bridgeTo(c: Cpu, bus: string): string | null {
  const number = Number(behind('pbus', bus) ?? -1);
  const below = namesAt(c, 'world', 'all_devices').find((dev) => c.peek(dev, 'bus') === 'pci' && numberAt(c, dev, 'bus_no') === number);
  return below === undefined ? null : bridgeAbove(c, below);
}

const bitsOf = (flags: Value | undefined): AcsBit[] =>
  (['SV', 'RR', 'CR', 'UF'] as const).filter((bit) => (Number(flags ?? 0) & acsNumbers[bit]) !== 0);

export const pciFields: readonly FieldRow[] = [
  { struct: 'pci_dev', field: 'bus', read: (c, pdev) => `pbus:${String(numberAt(c, deviceOf(pdev), 'bus_no'))}`, write: null },
  {
    struct: 'pci_dev',
    field: 'devfn',
    read: (c, pdev) => numberAt(c, deviceOf(pdev), 'slot') * 8 + numberAt(c, deviceOf(pdev), 'fn'),
    write: null,
  },
  {
    struct: 'pci_bus',
    field: 'self',
    read: (c, bus) => {
      const bridge = bridgeTo(c, bus);
      return bridge === null ? null : `pci:${bridge}`;
    },
    write: null,
  },
  {
    struct: 'pci_bus',
    field: 'parent',
    read: (c, bus) => {
      const bridge = bridgeTo(c, bus);
      return bridge === null ? null : `pbus:${String(numberAt(c, bridge, 'bus_no'))}`;
    },
    write: null,
  },
];

export const pciRows: readonly FunctionRow[] = [
  works('pci_acs_enabled', 'read', 'ACS of the device', (c, args) => truth(acsOk(c, deviceOf(args[0]), bitsOf(args[1])))),
  works('pci_acs_path_enabled', 'read', 'ACS up to the root', (c, args) => truth(acsPathOk(c, deviceOf(args[0]), bitsOf(args[2])))),
  works('pci_is_root_bus', null, 'the root bus?', (c, args) => truth(bridgeTo(c, objectOf(args[0])) === null)),
  works('pci_devs_are_dma_aliases', null, 'aliases of each other?', (c, args) => {
    const [left, right] = [deviceOf(args[0]), deviceOf(args[1])];
    return truth(namesAt(c, left, 'aliases').includes(right) || namesAt(c, right, 'aliases').includes(left));
  }),
  works('PCI_SLOT', null, 'slot of a device number', (_, args) => Math.floor(Number(args[0] ?? 0) / 8) % 32),
  // A PCIe-to-PCI bridge speaks for what is below it; the device itself comes first.
  {
    name: 'pci_for_each_dma_alias',
    how: 'each',
    items: (c, args) => {
      const found = [deviceOf(args[0])];
      for (let at = bridgeAbove(c, found[0] ?? ''); at !== null; at = bridgeAbove(c, at))
        if (c.peek(at, 'pci_type') === 'pcie-to-pci-bridge') found.push(at);
      return found.map((dev) => `pci:${dev}`);
    },
    callback: 1,
    pass: (c, pdev, args) => [pdev, numberAt(c, deviceOf(pdev), 'slot') * 8, args[2] ?? null],
    count: 3,
  },
  // The bits of a map stand as numbers beside it.
  works('test_and_set_bit', 'mutate', 'bit set already?', (c, args) => {
    const map = memberOf(args[1]);
    if (!map) return 0;
    const [bits, bit] = [c.list(map.object, `${map.field}.bits`), String(args[0] ?? 0)];
    if (!bits.includes(bit)) c.set(map.object, `${map.field}.bits`, [...bits, bit].sort());
    return truth(bits.includes(bit));
  }),
];

/** `for_each_pci_dev(pdev)`: a list that stands for all PCI devices. */
export const pciWalk = (c: Cpu): Value => {
  const now = present(c);
  if (c.list('pci_devices', 'present').join() !== now.join()) c.set('pci_devices', 'present', now);
  return '&pci_devices.all';
};
export const pciList = {
  struct: 'pci_devices',
  field: 'all',
  cell: 'present',
  element: 'pci_dev',
  node: 'all',
  toObject: (name: string): string => `pci:${name}`,
  toName: (_: Cpu, object: string): string => deviceOf(object),
  owners: (): readonly string[] => ['pci_devices'],
} as const;
