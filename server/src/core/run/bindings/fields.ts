// Members of structs and the cells behind them.

import type { Cpu } from '../../model/machine/cpu.ts';
import type { Value } from '../../model/machine/names.ts';
import { domainWord } from './constants.ts';
import { DOMAIN_OPS, HARDWARE, IOMMU_OPS, STATIC_DOMAIN_OPS, behind, objectOf } from './objects.ts';
import type { FieldRow } from '../types.ts';

type Read = (c: Cpu, object: string) => Value;
type Write = (c: Cpu, object: string, value: Value) => void;

const cell = (struct: string, field: string, name = field): FieldRow => ({ struct, field, cell: name });
const worked = (struct: string, field: string, read: Read, write: Write | null = null): FieldRow => ({ struct, field, read, write });
/** Members that the model does not have, and that hold nothing until C writes them. */
const plain = (struct: string, ...fields: readonly string[]): FieldRow[] => fields.map((field) => cell(struct, field));

const isSet = (value: Value): boolean => value !== null && value !== 0 && value !== false;

/** The device that a `dev_iommu` belongs to: by its name, or for one that the code made by the pointer back. */
const devicesOf = (c: Cpu, bus: string): readonly string[] => {
  const all = c.peek('world', 'all_devices');
  return typeof all === 'object' && all !== null ? all.filter((dev) => c.peek(dev, 'bus') === behind('bus', bus)) : [];
};
const deviceOf = (c: Cpu, object: string): string => behind('iommu', object) ?? objectOf(c.get(object, 'of'));
export const instanceOf = (c: Cpu, dev: string): string => {
  const instance = c.peek(dev, 'instance');
  return typeof instance === 'string' ? instance : HARDWARE;
};

/** A bit of `dev_iommu` that the model keeps as a flag of the device. */
const deviceFlag = (field: string): FieldRow =>
  worked(
    'dev_iommu',
    field,
    (c, object) => (c.flag(deviceOf(c, object), field) ? 1 : 0),
    (c, object, value) => c.set(deviceOf(c, object), field, isSet(value)),
  );

const deviceRows: readonly FieldRow[] = [
  cell('device', 'iommu_group', 'group'),
  worked(
    'device',
    'iommu',
    (c, dev) => c.get(dev, 'dev_iommu') ?? (c.flag(dev, 'iommu_dev') ? `iommu:${dev}` : null),
    (c, dev, value) => {
      c.set(dev, 'dev_iommu', value);
      if (typeof value === 'string') {
        c.set(value, 'of', dev);
        return;
      }
      // What is known of the device's IOMMU goes with the memory that holds it.
      for (const field of ['iommu_dev', 'attach_deferred', 'require_direct']) c.set(dev, field, null);
    },
  ),
  worked(
    'device',
    'dma_iommu',
    (c, dev) => (c.flag(dev, 'dma_iommu') ? 1 : 0),
    (c, dev, value) => c.set(dev, 'dma_iommu', isSet(value)),
  ),
  worked('device', 'bus', (c, dev) => {
    const bus = c.peek(dev, 'bus');
    return typeof bus === 'string' ? `bus:${bus}` : null;
  }),
  cell('device', 'driver', 'drv'),
  worked(
    'dev_iommu',
    'iommu_dev',
    (c, object) => (c.flag(deviceOf(c, object), 'iommu_dev') ? instanceOf(c, deviceOf(c, object)) : null),
    (c, object, value) => c.set(deviceOf(c, object), 'iommu_dev', isSet(value)),
  ),
  worked(
    'dev_iommu',
    'max_pasids',
    (c, object) => c.count(deviceOf(c, object), 'max_pasids'),
    (c, object, value) => c.set(deviceOf(c, object), 'max_pasids', value),
  ),
  deviceFlag('attach_deferred'),
  deviceFlag('require_direct'),
  worked(
    'dev_iommu',
    'fwspec',
    (c, object) => c.get(deviceOf(c, object), 'fwspec'),
    (c, object, value) => c.set(deviceOf(c, object), 'fwspec', value),
  ),
  ...plain('dev_iommu', 'priv', 'fault_param', 'pci_32bit_workaround'),
  ...plain('iommu_fwspec', 'iommu_fwnode', 'num_ids', 'flags', 'ops'),
  { struct: 'pci_dev', field: 'dev', object: (object) => behind('pci', object) ?? object, embedded: true },
  ...['untrusted', 'multifunction', 'is_virtfn'].map((field) =>
    worked('pci_dev', field, (c, object) => (c.peek(behind('pci', object) ?? object, field) === true ? 1 : 0)),
  ),
];

/** Its own device for one that the code made; the one in its name for a member of the group. */
const groupDeviceRows: readonly FieldRow[] = [
  worked(
    'group_device',
    'dev',
    (c, object) => behind('gdev', object) ?? c.get(object, 'dev'),
    (c, object, value) => c.set(object, 'dev', value),
  ),
  ...plain('group_device', 'name'),
];

const groupRows: readonly FieldRow[] = [
  ...['default_domain', 'blocking_domain', 'domain', 'owner', 'owner_cnt'].map((field) => cell('iommu_group', field)),
  ...plain('iommu_group', 'name', 'id', 'iommu_data', 'iommu_data_release'),
  worked(
    'iommu_group',
    'devices_kobj',
    (c, group) => (c.get(group, 'devices_kobj') === 'none' ? null : `kobj:${group}`),
    (c, group, value) => c.set(group, 'devices_kobj', isSet(value) ? null : 'none'),
  ),
];

const domainRows: readonly FieldRow[] = [
  worked(
    'iommu_domain',
    'type',
    (c, domain) => c.get(domain, 'type'),
    (c, domain, value) => c.set(domain, 'type', domainWord(value)),
  ),
  worked(
    'iommu_domain',
    'ops',
    (c, domain) => {
      if (c.flag(domain, 'static')) return STATIC_DOMAIN_OPS;
      // A driver may leave its operations to the core.
      return c.flag(domain, 'without_ops') ? null : DOMAIN_OPS;
    },
    (c, domain) => c.set(domain, 'without_ops', null),
  ),
  cell('iommu_domain', 'owner', 'ops_owner'),
  worked(
    'iommu_domain',
    'pgsize_bitmap',
    (c, domain) => (c.flag(domain, 'without_pgsize') ? 0 : (c.get(domain, 'pgsize_bitmap') ?? 4096)),
    (c, domain, value) => {
      c.set(domain, 'without_pgsize', null);
      c.set(domain, 'pgsize_bitmap', value);
    },
  ),
  cell('iommu_domain', 'mm'),
  cell('iommu_domain', 'users'),
  ...plain('iommu_domain', 'handler', 'handler_token', 'iova_cookie', 'iopf_handler'),
];

/** A static domain that an IOMMU driver declares; it comes to life when it is first named. */
function declared(c: Cpu, name: string, type: Value): string {
  if (c.get(name, 'type') === null) {
    c.set(name, 'type', type);
    c.set(name, 'static', true);
  }
  return name;
}

/** An operation: there, unless the named option of the world says that the driver lacks it. */
const operation = (struct: string, field: string, option = `without_${field}`): FieldRow =>
  worked(struct, field, (c) => (c.peek('world', option) === true ? null : `fn:${field}`));

const opsRows: readonly FieldRow[] = [
  ...[
    'probe_device',
    'release_device',
    'probe_finalize',
    'device_group',
    'domain_alloc',
    'get_resv_regions',
    'is_attach_deferred',
    'dev_enable_feat',
    'dev_disable_feat',
    'capable',
    'remove_dev_pasid',
    'domain_alloc_sva',
    'sva_unbind',
    'sva_get_pasid',
  ].map((field) => operation('iommu_ops', field)),
  operation('iommu_ops', 'sva_bind', 'no_sva_op'),
  operation('iommu_ops', 'def_domain_type', 'no_def_domain_type_op'),
  worked('iommu_ops', 'domain_alloc_paging', (c) =>
    c.peek('world', 'with_domain_alloc_paging') === true ? 'fn:domain_alloc_paging' : null,
  ),
  worked('iommu_ops', 'blocked_domain', (c) =>
    c.peek('world', 'static_blocked_domain') === true ? declared(c, 'blocked', 'BLOCKED') : null,
  ),
  worked('iommu_ops', 'identity_domain', (c) =>
    c.peek('world', 'static_identity_domain') === true ? declared(c, 'identity', 'IDENTITY') : null,
  ),
  worked('iommu_ops', 'default_domain', (c) => {
    const type = c.peek('world', 'static_default_domain');
    return typeof type === 'string' ? declared(c, 'default_static', type) : null;
  }),
  worked('iommu_ops', 'release_domain', (c) =>
    c.peek('world', 'static_release_domain') === true ? declared(c, 'blocked', 'BLOCKED') : null,
  ),
  worked('iommu_ops', 'default_domain_ops', () => DOMAIN_OPS),
  worked('iommu_ops', 'pgsize_bitmap', () => 4096),
  worked('iommu_ops', 'owner', () => 'iommu_driver'),
  ...['attach_dev', 'detach_dev', 'map_pages', 'unmap_pages', 'iova_to_phys'].map((field) => operation('iommu_domain_ops', field)),
  operation('iommu_domain_ops', 'set_dev_pasid', 'no_pasid_op'),
  // Until v5.18 the operations of a domain are those of its IOMMU.
  operation('iommu_domain_ops', 'def_domain_type', 'no_def_domain_type_op'),
  ...['flush_iotlb_all', 'iotlb_sync_map', 'iotlb_sync', 'enable_nesting', 'set_pgtable_quirks'].map((field) =>
    operation('iommu_domain_ops', field),
  ),
  // Their forms for one page at a time: a driver has these or the others.
  ...['map', 'unmap'].map((field) => worked('iommu_domain_ops', field, () => null)),
  worked('iommu_domain_ops', 'free', (_, ops) => (ops === STATIC_DOMAIN_OPS ? null : 'fn:free')),
  worked(
    'iommu_device',
    'ops',
    () => IOMMU_OPS,
    () => undefined,
  ),
  cell('iommu_device', 'singleton_group', 'group'),
  worked('iommu_device', 'max_pasids', () => 1 << 20),
  ...plain('iommu_device', 'fwnode', 'dev'),
  worked(
    'bus_type',
    'iommu_ops',
    // Up to v6.1 a bus has the operations of the IOMMU that its devices are behind.
    (c, bus) => (devicesOf(c, bus).some((dev) => c.peek(dev, 'iommu') === true) ? IOMMU_OPS : null),
    () => undefined,
  ),
];

const processRows: readonly FieldRow[] = [
  worked(
    'mm_struct',
    'iommu_mm',
    (c, mm) => (typeof c.get(mm, 'pasid') === 'number' ? `iommu_mm:${mm}` : null),
    (c, mm, value) => {
      c.set(mm, 'iommu_mm', value);
      c.set(mm, 'pasid', typeof value === 'string' ? c.get(value, 'pasid') : null);
    },
  ),
  cell('mm_struct', 'pasid'),
  worked(
    'iommu_mm_data',
    'pasid',
    (c, object) => {
      const mm = behind('iommu_mm', object);
      return mm === null ? c.get(object, 'pasid') : c.get(mm, 'pasid');
    },
    (c, object, value) => c.set(object, 'pasid', value),
  ),
  // struct iommu_attach_handle is the first member, so that both have one address.
  { struct: 'iommu_sva', field: 'handle', object: (object) => object, embedded: true },
  cell('iommu_sva', 'dev'),
  cell('iommu_sva', 'domain'),
  // A refcount_t: its number is a member of it.
  worked('iommu_sva', 'users.count', (c, bond) => c.get(bond, 'users'), countBond),
  cell('iommu_attach_handle', 'domain'),
];

/** A bond that is counted stands among the world's bonds, with the process that its domain translates for. */
function countBond(c: Cpu, bond: string, users: Value): void {
  c.set(bond, 'users', users);
  const domain = c.get(bond, 'domain');
  const mm = typeof domain === 'string' ? c.get(domain, 'mm') : null;
  if (typeof mm !== 'string') return;
  c.set(bond, 'mm', mm);
  c.set(bond, 'pasid', String(c.get(mm, 'pasid')));
  const live = c.list('world', 'bonds').filter((other) => other !== bond && c.peek(other, 'users') !== null);
  c.set('world', 'bonds', [...live, bond].sort());
}

/** Rows that hold in every era; a member that an era lacks is never asked for. */
export const fieldRows: readonly FieldRow[] = [...deviceRows, ...groupDeviceRows, ...groupRows, ...domainRows, ...opsRows, ...processRows];
