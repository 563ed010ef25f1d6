// The world of a scenario: devices, groups, drivers, users, processes and options at the start.

import { isSeq } from 'yaml';
import type { Node } from 'yaml';
import { nearest } from '../../base/nearest.ts';
import type { Value } from '../machine/names.ts';
import { BUILT_IN_DRIVERS } from './names.ts';
import type { DeviceSpec, World } from './scenario.ts';
import type { Reader } from './yamlReader.ts';
import { shown } from './yamlReader.ts';

const PCI = /^([0-9a-f]{1,2}):([0-9a-f]{1,2})\.([0-7])$/;

const DEVICE_KEYS: Readonly<Record<string, string>> = {
  type: 'pci_type',
  multifunction: 'multifunction',
  acs: 'acs',
  acs_quirk: 'acs_quirk',
  aliases: 'aliases',
  bars: 'bars',
  bus: 'bus',
  def_type: 'def_type',
  untrusted: 'untrusted',
  direct: 'resv_direct',
  max_pasids: 'max_pasids',
  sva: 'sva_feat',
  attach_deferred: 'attach_deferred',
  not_cache_coherent: 'not_cache_coherent',
  is_virtfn: 'is_virtfn',
  instance: 'instance',
  container: 'container',
  no_isolated_msi: 'no_isolated_msi',
  firmware_late: 'firmware_late',
  bus_without_hook: 'bus_without_hook',
  aperture: 'aperture',
  pgsize: 'pgsize',
  reserved: 'reserved',
  no_dirty: 'no_dirty',
  no_iopf: 'no_iopf',
  no_nesting: 'no_nesting',
  no_domain_alloc_user: 'no_domain_alloc_user',
};
const DRIVER_KEYS: Readonly<Record<string, string>> = {
  managed_dma: 'managed_dma',
  vfio: 'is_vfio',
  noiommu: 'noiommu',
  emulated: 'emulated',
  touches_device_in_probe: 'touches_device_in_probe',
  probe: 'probe_result',
};
const MM_KEYS: Readonly<Record<string, string>> = { pasid: 'pasid', not_dma_compatible: 'not_dma_compatible' };
const OPTION_KEYS = new Set([
  'def_domain_type',
  'x86',
  'no_rawio',
  'no_alloc',
  'static_blocked_domain',
  'static_default_domain',
  'no_def_domain_type_op',
  'finalize_reenters_core',
  'no_sva_op',
  'no_pasid_op',
  'no_sys_resource',
  'allow_unsafe_interrupts',
  'inject_failures',
]);
const TYPES: Readonly<Record<string, string>> = {
  identity: 'IDENTITY',
  DMA: 'DMA',
  'DMA-FQ': 'DMA_FQ',
  platform: 'PLATFORM',
  blocked: 'BLOCKED',
};

const WORLD_KEYS: readonly string[] = ['devices', 'groups', 'drivers', 'bound', 'users', 'held', 'mms', 'options'];
/** Names that mean something else in a call or in a state. */
const RESERVED: readonly string[] = ['NULL', 'true', 'false', 'world', 'handles', 'boot', '__proto__'];

/** Notes each name where it is given and where it is used, so that a wrong one is told on its line. */
class Mentions {
  private readonly given = new Map<string, string>();
  private readonly uses: { readonly name: string; readonly what: string; readonly where: string; readonly node: Node | null }[] = [];

  constructor(private readonly reader: Reader) {}

  give(name: string, what: string, node: Node): string {
    const other = this.given.get(name);
    if (RESERVED.includes(name)) this.reader.problem(node, `${what}: '${name}' has a meaning of its own`);
    else if (other !== undefined) this.reader.problem(node, `'${shown(name)}' is the name of a ${other} and of a ${what}`);
    this.given.set(name, what);
    return this.reader.name(name, node, what);
  }

  use(name: string, what: string, where: string, node: Node | null): void {
    this.uses.push({ name, what, where, node });
  }

  check(): void {
    for (const { name, what, where, node } of this.uses) {
      if (this.given.get(name) === what || (what === 'driver' && BUILT_IN_DRIVERS.includes(name))) continue;
      const known = [...this.given].flatMap(([other, kind]) => (kind === what ? [other] : []));
      if (what === 'driver') known.push(...BUILT_IN_DRIVERS);
      this.reader.problem(node, `${where} names '${shown(name)}', which is no ${what}${nearest(name, known)}`);
    }
  }
}

/** Reads `world`; names that it uses and does not describe are problems on their lines. */
export function readWorld(reader: Reader, node: Node | null): World {
  const names = new Mentions(reader);
  let devices: DeviceSpec[] = [];
  let users: string[] = [];
  let held: string[] = [];
  const groups: Record<string, readonly string[]> = {};
  const drivers: Record<string, Record<string, Value>> = {};
  const bound: Record<string, string> = {};
  const mms: Record<string, Record<string, Value>> = {};
  const options: Record<string, Value> = {};
  for (const [key, value, at] of reader.map(node, 'world')) {
    switch (key) {
      case 'devices':
        devices = reader.map(value, 'devices').map(([name, spec, place]) => readDevice(reader, names, name, spec, place));
        break;
      case 'groups':
        for (const [name, list, place] of reader.map(value, 'groups')) {
          groups[names.give(name, 'group', place)] = reader.texts(list, `group ${name}`);
          for (const item of reader.seq(list, `group ${name}`)) names.use(reader.text(item, 'device'), 'device', `group ${name}`, item);
        }
        break;
      case 'drivers':
        for (const [name, spec, place] of reader.map(value, 'drivers'))
          drivers[names.give(name, 'driver', place)] = readCells(reader, spec, DRIVER_KEYS, 'driver');
        break;
      case 'bound':
        for (const [name, driver, place] of reader.map(value, 'bound')) {
          bound[name] = reader.text(driver, 'driver');
          names.use(name, 'device', 'bound', place);
          names.use(bound[name], 'driver', 'bound', driver);
        }
        break;
      case 'users':
        users = reader.seq(value, 'users').map((item) => names.give(reader.text(item, 'user'), 'user', item));
        break;
      case 'held':
        held = reader.texts(value, 'held');
        for (const item of reader.seq(value, 'held')) names.use(reader.text(item, 'held'), 'group', 'held', item);
        break;
      case 'mms':
        if (isSeq(value)) for (const item of reader.seq(value, 'mms')) mms[names.give(reader.text(item, 'mm'), 'mm', item)] = {};
        else
          for (const [name, spec, place] of reader.map(value, 'mms'))
            mms[names.give(name, 'mm', place)] = readCells(reader, spec, MM_KEYS, 'mm');
        break;
      case 'options':
        for (const [name, option, place] of reader.map(value, 'options')) {
          if (!OPTION_KEYS.has(name)) reader.unknown(place, 'option', name, [...OPTION_KEYS]);
          options[name] = typed(name, reader.value(option, name));
        }
        break;
      default:
        reader.unknown(at, 'key', key, WORLD_KEYS, ' in world');
    }
  }
  names.check();
  return { devices, groups, drivers, bound, users, mms, held, options };
}

/** Domain types are written as in sysfs, and held by their kernel name. */
function typed(key: string, value: Value): Value {
  if (key === 'no_alloc' && typeof value === 'object' && value !== null) return value.map((entry) => TYPES[entry] ?? entry);
  const isType = key === 'def_type' || key === 'def_domain_type' || key === 'static_default_domain';
  return isType && typeof value === 'string' ? (TYPES[value] ?? value) : value;
}

function readCells(reader: Reader, node: Node | null, keys: Readonly<Record<string, string>>, what: string): Record<string, Value> {
  const cells: Record<string, Value> = {};
  for (const [key, value, at] of reader.map(node, what)) {
    const field = keys[key];
    if (field === undefined) reader.unknown(at, 'key', key, Object.keys(keys), ` of a ${what}`);
    else cells[field] = typed(key, reader.value(value, key));
  }
  return cells;
}

const RANGE = /^(0x[0-9a-fA-F]{1,16}|\d{1,20})-(0x[0-9a-fA-F]{1,16}|\d{1,20})$/;

/** Addresses with both ends in it, as decimal numbers. */
function readRange(reader: Reader, node: Node | null, text: string): string {
  const parts = RANGE.exec(text.trim());
  if (parts === null) {
    reader.problem(node, `'${shown(text)}': a range looks like 0xfee00000-0xfeefffff`);
    return '';
  }
  return `${BigInt(parts[1] ?? '0')}-${BigInt(parts[2] ?? '0')}`;
}

function readDevice(reader: Reader, names: Mentions, name: string, node: Node | null, place: Node): DeviceSpec {
  names.give(name, 'device', place);
  const cells: Record<string, Value> = { bus: 'platform', iommu: true };
  let absent = false;
  let under: string | null = null;
  for (const [key, value, at] of reader.map(node, `device ${name}`)) {
    const field = DEVICE_KEYS[key];
    if (key === 'pci') {
      const parts = PCI.exec(reader.text(value, 'pci'));
      if (parts === null) reader.problem(value, "a PCI address looks like '01:00.0', in quotes");
      else {
        cells['bus'] = 'pci';
        cells['bus_no'] = Number.parseInt(parts[1] ?? '0', 16);
        cells['slot'] = Number.parseInt(parts[2] ?? '0', 16);
        cells['fn'] = Number(parts[3]);
        cells['pci_type'] ??= 'endpoint';
      }
    } else if (key === 'absent') absent = reader.scalar(value, key) === true;
    else if (key === 'under') {
      under = reader.text(value, key);
      names.use(under, 'device', `device ${name}`, value);
    } else if (key === 'iommu') cells['iommu'] = reader.scalar(value, key) === true;
    else if (field === undefined)
      reader.unknown(at, 'key', key, ['pci', 'absent', 'under', 'iommu', ...Object.keys(DEVICE_KEYS)], ' of a device');
    else if (key === 'aperture') cells[field] = readRange(reader, value, reader.text(value, key));
    else if (key === 'reserved') cells[field] = reader.seq(value, key).map((item) => readRange(reader, item, reader.text(item, key)));
    else cells[field] = typed(key, reader.value(value, key));
  }
  if (under !== null) cells['parent_bridge'] = under;
  return { name, absent, cells, under };
}
