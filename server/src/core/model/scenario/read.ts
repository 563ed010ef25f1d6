// Reads a scenario from YAML 1.2 (core schema). Duplicate keys, anchors, aliases and tags are refused. Every problem names its line.
// With yamlReader.ts, this is the only place of the model that knows YAML.

import { isAlias, isMap, isScalar, isSeq, parseDocument, visit } from 'yaml';
import type { Node, YAMLMap } from 'yaml';
import type { Value } from '../machine/names.ts';
import type { DeviceSpec, Expected, PerEra, Scenario, ScenarioProblem, Step, World } from './scenario.ts';
import { parseArgument } from './arguments.ts';
import { checkBounds, readBounds } from './bounds.ts';
import { namesOf } from './names.ts';
import { Reader, nestingOf, shown } from './yamlReader.ts';

const COMMAND = /^[A-Z][A-Z0-9_]{0,47}$/;

export type ReadResult =
  { readonly ok: true; readonly scenario: Scenario } | { readonly ok: false; readonly problems: readonly ScenarioProblem[] };

const MAX_TEXT = 65_536;
const MAX_NESTING = 24;
const CALL = /^(?:([A-Za-z_]\w{0,31}) = )?([A-Za-z_]\w{0,63})\(([^()]{0,400})\)$/;
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
const TOP_KEYS = new Set(['id', 'title', 'eras', 'variant', 'sources', 'bounds', 'world', 'threads', 'order', 'end', 'violates']);

/** Reads one scenario. Never throws; a file that is not a scenario gives its problems, each with its line. */
export function readScenario(text: string): ReadResult {
  const fail = (line: number, message: string): ReadResult => ({ ok: false, problems: [{ line, message }] });
  if (text.length > MAX_TEXT) return fail(1, `longer than ${MAX_TEXT} characters`);
  if (nestingOf(text) > MAX_NESTING) return fail(1, `nested deeper than ${MAX_NESTING}`);
  const reader = new Reader(text);
  const document = parseDocument(text, {
    version: '1.2',
    schema: 'core',
    uniqueKeys: true,
    strict: true,
    merge: false,
    prettyErrors: false,
  });
  for (const error of [...document.errors, ...document.warnings]) {
    const message = error.code === 'DUPLICATE_KEY' ? 'a key stands twice' : error.message.split('\n')[0];
    reader.problems.push({ line: reader.lineAt(error.pos[0]), message: shown(message ?? 'not YAML') });
  }
  visit(document, {
    Node: (_, node) => {
      if (isAlias(node)) reader.problem(node, 'aliases are not allowed');
      else if ('anchor' in node && node.anchor !== undefined) reader.problem(node, 'anchors are not allowed');
      if (node.tag !== undefined) reader.problem(node, 'tags are not allowed');
    },
  });
  if (reader.problems.length > 0) return { ok: false, problems: reader.problems };
  if (!isMap(document.contents)) return fail(1, 'a scenario is a map with id, world and threads');
  const scenario = readTop(reader, document.contents as YAMLMap);
  return reader.problems.length > 0 ? { ok: false, problems: byLine(reader.problems) } : { ok: true, scenario };
}

const byLine = (problems: ScenarioProblem[]): ScenarioProblem[] => problems.sort((a, b) => a.line - b.line);

function readTop(reader: Reader, top: YAMLMap): Scenario {
  const fields = new Map<string, Node | null>();
  for (const [key, value, node] of reader.map(top, 'scenario')) {
    if (!TOP_KEYS.has(key)) reader.problem(node, `unknown key '${shown(key)}'`);
    fields.set(key, value);
  }
  for (const needed of ['id', 'title', 'world', 'threads']) if (!fields.has(needed)) reader.problem(top, `'${needed}' is missing`);
  const world = readWorld(reader, fields.get('world') ?? null);
  const threads = readThreads(reader, fields.get('threads') ?? null);
  checkNames(reader, world, threads);
  checkBounds(reader, readBounds(reader, fields.get('bounds') ?? null), world, threads, top);
  const labels = new Set(threads.flatMap((thread) => thread.steps.map((step) => step.label)));
  return {
    id: fields.has('id') ? reader.text(fields.get('id'), 'id') : '',
    title: fields.has('title') ? reader.text(fields.get('title'), 'title') : '',
    eras: fields.has('eras') ? reader.texts(fields.get('eras'), 'eras') : null,
    variant: fields.has('variant') ? reader.text(fields.get('variant'), 'variant') : null,
    sources: reader.texts(fields.get('sources'), 'sources'),
    world,
    threads,
    order: reader.seq(fields.get('order'), 'order').flatMap((node) => readOrder(reader, node, labels)),
    end: readEnd(reader, fields.get('end') ?? null),
    violates: readViolates(reader, fields.get('violates') ?? null),
  };
}

function readWorld(reader: Reader, node: Node | null): World {
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
        devices = reader.map(value, 'devices').map(([name, spec, place]) => readDevice(reader, name, spec, place));
        break;
      case 'groups':
        for (const [name, list, place] of reader.map(value, 'groups'))
          groups[reader.name(name, place, 'group')] = reader.texts(list, `group ${name}`);
        break;
      case 'drivers':
        for (const [name, spec, place] of reader.map(value, 'drivers'))
          drivers[reader.name(name, place, 'driver')] = readCells(reader, spec, DRIVER_KEYS, 'driver');
        break;
      case 'bound':
        for (const [name, driver] of reader.map(value, 'bound')) bound[name] = reader.text(driver, 'driver');
        break;
      case 'users':
        users = reader.seq(value, 'users').map((item) => reader.name(reader.text(item, 'user'), item, 'user'));
        break;
      case 'held':
        held = reader.texts(value, 'held');
        break;
      case 'mms':
        if (isSeq(value)) for (const item of reader.seq(value, 'mms')) mms[reader.name(reader.text(item, 'mm'), item, 'mm')] = {};
        else
          for (const [name, spec, place] of reader.map(value, 'mms'))
            mms[reader.name(name, place, 'mm')] = readCells(
              reader,
              spec,
              { pasid: 'pasid', not_dma_compatible: 'not_dma_compatible' },
              'mm',
            );
        break;
      case 'options':
        for (const [name, option, place] of reader.map(value, 'options')) {
          if (!OPTION_KEYS.has(name)) reader.problem(place, `unknown option '${shown(name)}'`);
          options[name] = typed(name, reader.value(option, name));
        }
        break;
      default:
        reader.problem(at, `unknown key '${shown(key)}' in world`);
    }
  }
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
    if (field === undefined) reader.problem(at, `unknown key '${shown(key)}' of a ${what}`);
    else cells[field] = typed(key, reader.value(value, key));
  }
  return cells;
}

function readDevice(reader: Reader, name: string, node: Node | null, place: Node): DeviceSpec {
  reader.name(name, place, 'device');
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
    else if (key === 'under') under = reader.text(value, key);
    else if (key === 'iommu') cells['iommu'] = reader.scalar(value, key) === true;
    else if (field === undefined) reader.problem(at, `unknown key '${shown(key)}' of a device`);
    else cells[field] = typed(key, reader.value(value, key));
  }
  if (under !== null) cells['parent_bridge'] = under;
  return { name, absent, cells, under };
}

function readThreads(reader: Reader, node: Node | null): { name: string; steps: Step[] }[] {
  const threads = reader.map(node, 'threads').map(([name, list, place]) => {
    reader.name(name, place, 'thread');
    const steps = reader.seq(list, `thread ${name}`).flatMap((item, index) => {
      const step = readStep(reader, item, `${name}.${index + 1}`);
      return step === null ? [] : [step];
    });
    return { name, steps };
  });
  if (node !== null && threads.length === 0) reader.problem(node, 'there is no thread');
  return threads;
}

function readStep(reader: Reader, node: Node, label: string): Step | null {
  if (isScalar(node)) return readCall(reader, node, label, String(node.value), null, null);
  const entries = reader.map(node, 'a step');
  const long = entries.find(([key]) => key === 'call');
  if (long === undefined) {
    const [first, ...rest] = entries;
    if (first === undefined) return null;
    for (const [key, , at] of rest) reader.problem(at, `'${shown(key)}': a step has one call, or the keys call, returns and fail`);
    return readCall(reader, first[2], label, first[0], { default: readExpected(reader, first[1]) }, null);
  }
  let returns: PerEra<Expected> | null = null;
  let fail: string | null = null;
  for (const [key, value, at] of entries) {
    if (key === 'returns') {
      returns = isMap(value)
        ? Object.fromEntries(reader.map(value, 'returns').map(([era, expected]) => [era, readExpected(reader, expected)]))
        : { default: readExpected(reader, value) };
    } else if (key === 'fail') fail = readFail(reader, value);
    else if (key !== 'call') reader.problem(at, `unknown key '${shown(key)}' of a step`);
  }
  return readCall(reader, long[1] ?? long[2], label, reader.text(long[1], 'call'), returns, fail);
}

const FAIL = /^[a-z_]{1,24}(?:\([\w-]{1,32}\))?(?: [a-z-]{1,24})?$/;

function readFail(reader: Reader, node: Node | null): string {
  const text = reader.text(node, 'fail');
  if (!FAIL.test(text)) reader.problem(node, `'${shown(text)}': a failure looks like attach(B) after-detach`);
  return text;
}

function readExpected(reader: Reader, node: Node | null): Expected {
  if (isSeq(node)) return reader.texts(node, 'result');
  const value = reader.scalar(node, 'result');
  return [value === null ? 'NULL' : String(value)];
}

function readCall(
  reader: Reader,
  node: Node,
  label: string,
  text: string,
  returns: PerEra<Expected> | null,
  fail: string | null,
): Step | null {
  const parts = CALL.exec(text.trim());
  if (parts === null) {
    reader.problem(node, `'${shown(text)}' is not a call: write it as in C, name(arguments)`);
    return null;
  }
  const list = (parts[3] ?? '').trim();
  return {
    label,
    line: reader.lineOf(node),
    text: text.trim(),
    action: parts[2] ?? '',
    args: list === '' ? [] : list.split(',').map((arg) => arg.trim()),
    handle: parts[1] ?? null,
    returns,
    fail,
  };
}

const ORDER = /^([A-Za-z_]\w{0,31}\.\d{1,2}) ?< ?([A-Za-z_]\w{0,31}\.\d{1,2})$/;

function readOrder(reader: Reader, node: Node, labels: ReadonlySet<string>): (readonly [string, string])[] {
  const parts = ORDER.exec(reader.text(node, 'order').trim());
  if (parts === null) {
    reader.problem(node, 'an order looks like T1.1 < T2.1');
    return [];
  }
  const [, first = '', second = ''] = parts;
  for (const label of [first, second]) if (!labels.has(label)) reader.problem(node, `there is no step ${label}`);
  return [[first, second]];
}

/** `end` is one table for all eras, or a table by era whose values are tables. */
function readEnd(reader: Reader, node: Node | null): PerEra<readonly { path: string; value: Value }[]> {
  const entries = reader.map(node, 'end');
  const table = (pairs: [string, Node | null, Node][]): { path: string; value: Value }[] =>
    pairs.map(([path, value]) => ({ path, value: value === null ? null : reader.value(value, path) }));
  const byEra = entries.filter(([, value]) => isMap(value));
  if (byEra.length === 0) return { default: table(entries) };
  const shared = table(entries.filter(([, value]) => !isMap(value)));
  const result: Record<string, { path: string; value: Value }[]> = { default: shared };
  for (const [era, value] of byEra) result[era] = [...shared, ...table(reader.map(value, 'end'))];
  return result;
}

function readViolates(reader: Reader, node: Node | null): PerEra<readonly string[]> {
  if (node === null) return { default: [] };
  if (isSeq(node)) return { default: reader.texts(node, 'violates') };
  const result: Record<string, readonly string[]> = { default: [] };
  for (const [era, list] of reader.map(node, 'violates')) result[era] = reader.texts(list, 'violates');
  return result;
}

function checkNames(reader: Reader, world: World, threads: readonly { name: string; steps: Step[] }[]): void {
  const known = namesOf(world, threads);
  for (const { steps } of threads) {
    for (const step of steps) {
      for (const arg of step.args) {
        // What is written to a sysfs file is any text, and an unknown command of an ioctl is a case of its own.
        if (step.action === 'write_type' || (step.action === 'ioctl' && COMMAND.test(arg))) continue;
        if (parseArgument(arg, known) !== null) continue;
        const message = `'${shown(arg)}' is no device, group, driver, user, mm or result of this scenario, and no number or word of the calls`;
        reader.problems.push({ line: step.line, message });
      }
    }
  }
  const devices = new Set(world.devices.map((device) => device.name));
  const missing = (name: string, where: string): void => {
    if (!devices.has(name)) reader.problems.push({ line: 1, message: `${where} names '${shown(name)}', which is no device` });
  };
  for (const [group, list] of Object.entries(world.groups)) for (const dev of list) missing(dev, `group ${group}`);
  for (const dev of Object.keys(world.bound)) missing(dev, 'bound');
  for (const device of world.devices) if (device.under !== null) missing(device.under, `device ${device.name}`);
  for (const group of world.held) {
    if (world.groups[group] === undefined) reader.problems.push({ line: 1, message: `held names '${shown(group)}', which is no group` });
  }
}
