// Which devices share a group: the walk of pci_device_group() [61, 612: drivers/iommu/iommu.c], over the topology that the cells
// of the devices describe.

import type { Cpu } from '../machine/cpu.ts';

export type AcsBit = 'SV' | 'RR' | 'CR' | 'UF';
/** What groups are formed by: source validation, request and completer redirect, upstream forwarding. */
export const REQ_ACS: readonly AcsBit[] = ['SV', 'RR', 'CR', 'UF'];

const ALWAYS_ISOLATED_ALONE = new Set(['endpoint', 'legacy-endpoint', 'rc-endpoint', 'upstream-port']);
const PORTS = new Set(['root-port', 'downstream-port']);

function text(c: Cpu, dev: string, field: string): string {
  const value = c.peek(dev, field);
  return typeof value === 'string' ? value : '';
}

function number(c: Cpu, dev: string, field: string): number {
  const value = c.peek(dev, field);
  return typeof value === 'number' ? value : 0;
}

function list(c: Cpu, dev: string, field: string): readonly string[] {
  const value = c.peek(dev, field);
  return typeof value === 'object' && value !== null ? value : [];
}

/** Whether a function keeps the traffic of its own functions apart for these bits: pci_acs_enabled() [612: drivers/pci/pci.c]. */
export function acsOk(c: Cpu, dev: string, bits: readonly AcsBit[]): boolean {
  const quirk = c.peek(dev, 'acs_quirk');
  if (quirk === 'isolated') return true;
  if (quirk === 'not-isolated') return false;
  const type = text(c, dev, 'pci_type');
  const acs = list(c, dev, 'acs');
  const covered = bits.every((bit) => acs.includes(bit));
  if (PORTS.has(type)) return covered;
  if (ALWAYS_ISOLATED_ALONE.has(type)) return c.peek(dev, 'multifunction') !== true || covered;
  return false;
}

/** The bridge above a device; null on the root bus. */
export function bridgeAbove(c: Cpu, dev: string): string | null {
  const bridge = c.peek(dev, 'parent_bridge');
  return typeof bridge === 'string' ? bridge : null;
}

/** `acsOk` of a device and of every bridge up to the root bus: pci_acs_path_enabled(). */
export function acsPathOk(c: Cpu, dev: string, bits: readonly AcsBit[]): boolean {
  for (let at: string | null = dev; at !== null; at = bridgeAbove(c, at)) if (!acsOk(c, at, bits)) return false;
  return true;
}

/** Devices that are there now, on the same bus as `dev`, in the order in which they were described. */
function busMates(c: Cpu, dev: string): string[] {
  return list(c, 'world', 'all_devices').filter(
    (other) =>
      other !== dev &&
      c.peek(other, 'bus') === 'pci' &&
      number(c, other, 'bus_no') === number(c, dev, 'bus_no') &&
      c.see(other, 'present') === true,
  );
}

function aliasOfEachOther(c: Cpu, left: string, right: string): boolean {
  return list(c, left, 'aliases').includes(right) || list(c, right, 'aliases').includes(left);
}

/** The group of a device or of any of its same-bus aliases, followed in both directions; `seen` keeps circles out. */
function aliasGroup(c: Cpu, dev: string, seen: Set<string>): string | null {
  const work = [dev];
  for (let at = work.shift(); at !== undefined; at = work.shift()) {
    if (seen.has(at)) continue;
    seen.add(at);
    const group = c.ref(at, 'group');
    if (group !== null) return group;
    for (const other of busMates(c, at)) {
      if (!aliasOfEachOther(c, at, other)) continue;
      work.push(other);
      if (functionsMix(c, other)) work.push(...slotMates(c, other));
    }
  }
  return null;
}

function functionsMix(c: Cpu, dev: string): boolean {
  return c.peek(dev, 'multifunction') === true && !acsOk(c, dev, REQ_ACS);
}

function slotMates(c: Cpu, dev: string): string[] {
  return busMates(c, dev).filter((other) => number(c, other, 'slot') === number(c, dev, 'slot') && !acsOk(c, other, REQ_ACS));
}

/** The existing group that a device must join, or null where it gets its own. */
export function groupToJoin(c: Cpu, dev: string): string | null {
  const bus = text(c, dev, 'bus');
  if (bus === 'fsl_mc') {
    const container = c.ref(dev, 'container');
    return container === null ? null : c.ref(container, 'group');
  }
  if (bus !== 'pci') {
    const instance = text(c, dev, 'instance');
    return instance === '' ? null : c.ref(instance, 'group');
  }
  let cursor = dev;
  // A PCIe-to-PCI bridge speaks for everything below it: it is the alias under which the IOMMU sees the device.
  for (let at: string | null = dev; at !== null; at = bridgeAbove(c, at)) {
    if (at !== dev && text(c, at, 'pci_type') !== 'pcie-to-pci-bridge') continue;
    const group = c.ref(at, 'group');
    if (group !== null) return group;
    cursor = at;
  }
  for (let bridge = bridgeAbove(c, cursor); bridge !== null; bridge = bridgeAbove(c, bridge)) {
    if (acsPathOk(c, bridge, REQ_ACS)) break;
    cursor = bridge;
    const group = c.ref(bridge, 'group');
    if (group !== null) return group;
  }
  const seen = new Set<string>();
  const alias = aliasGroup(c, cursor, seen);
  if (alias !== null) return alias;
  if (!functionsMix(c, cursor)) return null;
  for (const other of slotMates(c, cursor)) {
    const group = aliasGroup(c, other, seen);
    if (group !== null) return group;
  }
  return null;
}

/**
 * Whether a request that `from` sends to an address in a BAR of `to` can get there without passing the IOMMU: some port on the way
 * up forwards it sideways because it does not redirect (RR), or does not forward upwards (UF). A PASID plays no part in this.
 */
export function reaches(c: Cpu, from: string, to: string): boolean {
  if (from === to || list(c, to, 'bars').length === 0) return false;
  if (c.peek(from, 'bus') !== 'pci' || c.peek(to, 'bus') !== 'pci') return false;
  const sameSlot = number(c, from, 'bus_no') === number(c, to, 'bus_no') && number(c, from, 'slot') === number(c, to, 'slot');
  if (sameSlot && !acsOk(c, from, ['RR'])) return true;
  const above = new Set<string>();
  for (let at: string | null = to; at !== null; at = bridgeAbove(c, at)) above.add(at);
  for (let at: string | null = from; at !== null; at = bridgeAbove(c, at)) {
    const bridge = bridgeAbove(c, at);
    if (bridge === null || !above.has(bridge)) {
      if (bridge === null) return false;
      continue;
    }
    return !acsOk(c, bridge, ['RR']) || !acsOk(c, bridge, ['UF']);
  }
  return false;
}
