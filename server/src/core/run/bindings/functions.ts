// What functions of the kernel around the IOMMU core do on the model: references, sysfs, modules, memory of processes.

import type { Cpu } from '../../model/machine/cpu.ts';
import type { Value } from '../../model/machine/names.ts';
import { NO_PASID } from './constants.ts';
import { behind, memberOf, objectOf, storeThrough } from './objects.ts';
import type { FunctionRow } from '../types.ts';

type Row = Extract<FunctionRow, { how: 'value' }>;
type Work = Row['value'];
type Kind = Row['kind'];

export const works = (name: string, kind: Kind, label: string, value: Work): FunctionRow => ({ name, how: 'value', kind, label, value });
export const silent = (names: string, result: Value = null): FunctionRow[] =>
  names.split(' ').map((name) => ({ name, how: 'nothing', result }));
/** Results of a function that does nothing the model sees: the usual one, and its failures. */
export const either = (name: string, results: readonly Value[], fails: readonly Value[], why: string): FunctionRow => ({
  name,
  how: 'choice',
  results,
  fails,
  why,
});

const truth = (value: boolean): Value => (value ? 1 : 0);
const arg = (args: readonly Value[], index: number): string => objectOf(args[index]);

/** The group that a kobject counts references of; the kobject inside the group counts none of the model's. */
const groupOf = (_: Cpu, args: readonly Value[]): Value => behind('kobj', arg(args, 0));

const references: readonly FunctionRow[] = [
  works('kobject_get', 'mutate', 'reference of the group taken', (c, args) => {
    const group = behind('kobj', arg(args, 0));
    if (group !== null) c.set(group, 'refs', c.count(group, 'refs') + 1);
    return args[0] ?? null;
  }),
  { name: 'kobject_put', how: 'model', procedure: 'put_group_kobject', args: [groupOf] },
  { name: 'get_device', how: 'model', procedure: 'get_device', args: [0] },
  { name: 'put_device', how: 'model', procedure: 'put_device', args: [0] },
  works('kobject_create_and_add', 'mutate', 'the group can be held', (c, args) => {
    const place = memberOf(args[1]);
    if (!place) return null;
    // Its first reference; iommu_group_put() drops the last one.
    c.set(place.object, 'refs', 1);
    c.set(place.object, 'lives', 1);
    c.set('world', 'groups', [...c.list('world', 'groups').filter((one) => one !== place.object), place.object].sort());
    return `kobj:${place.object}`;
  }),
  either('kobject_init_and_add', [0], ['-ENOMEM'], 'adds an object to sysfs'),
  works('mmgrab', 'mutate', 'reference of the mm taken', (c, args) => {
    c.set(arg(args, 0), 'count', c.count(arg(args, 0), 'count') + 1);
    return null;
  }),
  works('mmdrop', 'mutate', 'reference of the mm dropped', (c, args) => {
    c.set(arg(args, 0), 'count', c.count(arg(args, 0), 'count') - 1);
    return null;
  }),
  works('mmget_not_zero', 'mutate', 'the mm is still in use?', (c, args) => truth(!c.flag(arg(args, 0), 'exited'))),
  ...silent('mmput module_put ida_free fwnode_handle_put pci_dev_put'),
  works('fwnode_handle_get', null, 'reference of the firmware node', (_, args) => args[0] ?? null),
  either('try_module_get', [1], [0], 'the driver of the IOMMU is being unloaded'),
];

const sysfs: readonly FunctionRow[] = [
  either('sysfs_create_link', [0], ['-ENOMEM'], 'makes a link in sysfs'),
  either('sysfs_create_link_nowarn', [0], ['-EEXIST', '-ENOMEM'], 'makes a link in sysfs, whose name may be taken'),
  either('sysfs_create_file', [0], ['-ENOMEM'], 'makes a file in sysfs'),
  ...silent('sysfs_remove_link sysfs_remove_file'),
  ...silent('sysfs_emit sysfs_emit_at', 8),
  either('kasprintf', ['"name"'], [null], 'allocates a string'),
  either('kstrdup', ['"name"'], [null], 'allocates a string'),
  works('kset_create_and_add', null, 'a folder of sysfs', () => 'kset:iommu_groups'),
  ...silent('kobject_name', '"name"'),
  works('to_iommu_group', null, 'the group around a kobject', (_, args) => memberOf(args[0])?.object ?? behind('kobj', arg(args, 0))),
  works('to_iommu_group_attr', null, 'the attribute around', (_, args) => memberOf(args[0])?.object ?? args[0] ?? null),
  works('capable', null, 'capability', (c, args) => truth(!(args[0] === 17 && c.peek('world', 'no_rawio') === true))),
];

const devices: readonly FunctionRow[] = [
  works('dev_is_pci', null, 'a PCI device?', (c, args) => truth(c.peek(arg(args, 0), 'bus') === 'pci')),
  works('to_pci_dev', null, 'the PCI device around', (_, args) => `pci:${arg(args, 0)}`),
  works('device_is_bound', 'check', 'a driver bound?', (c, args) => truth(c.flag(arg(args, 0), 'bound'))),
  ...silent('dev_name dev_bus_name', '"name"'),
  works('pci_max_pasids', null, 'PASIDs of the device', (c, args) => {
    const limit = c.peek(behind('pci', arg(args, 0)) ?? '', 'max_pasids');
    return typeof limit === 'number' ? limit : '-EINVAL';
  }),
  works('device_property_read_u32', null, 'a property of the firmware', (c, args) => {
    const limit = c.peek(arg(args, 0), 'max_pasids');
    if (typeof limit !== 'number') return '-EINVAL';
    storeThrough(c, args[2], Math.floor(Math.log2(limit)));
    return 0;
  }),
  works('msi_device_has_isolated_msi', null, 'interrupts kept apart?', (c, args) =>
    truth(c.peek(arg(args, 0), 'no_isolated_msi') !== true),
  ),
  // Firmware names the IOMMU of a device before the core is asked for it; for some only when their driver binds.
  works('dev_iommu_fwspec_get', 'read', 'IOMMU that the firmware names', (c, args) => {
    const dev = arg(args, 0);
    const named = c.peek(dev, 'iommu') === true && (c.peek(dev, 'firmware_late') !== true || c.flag(dev, 'firmware_seen'));
    return c.get(dev, 'fwspec') ?? (named ? `fwspec:${dev}` : null);
  }),
  works('dev_iommu_fwspec_set', 'mutate', 'IOMMU that the firmware names', (c, args) => {
    c.set(arg(args, 0), 'fwspec', args[1] ?? null);
    return null;
  }),
  works('iommu_fwspec_ops', null, 'driver of the IOMMU that the firmware names', (_, args) =>
    typeof args[0] === 'string' ? 'iommu' : null,
  ),
  works('dev_fwnode', null, 'firmware node', (_, args) => `fwnode:${arg(args, 0)}`),
  works('fsl_mc_cont_dev', null, 'container', (c, args) => c.peek(arg(args, 0), 'container')),
  ...silent('is_module_address cc_platform_has', 0),
  ...silent('bus_register_notifier', 0),
  ...silent('bus_unregister_notifier iommu_debugfs_setup iommu_device_unlink'),
  either('iommu_device_link', [0], ['-ENOMEM'], 'makes links in sysfs'),
];

const numbers: readonly FunctionRow[] = [
  either('ida_alloc', [1], ['-ENOMEM'], 'a free number'),
  works('ida_alloc_range', 'mutate', 'a free PASID', (c, args) => {
    const [first, last] = [typeof args[1] === 'number' ? args[1] : 0, typeof args[2] === 'number' ? args[2] : NO_PASID];
    const next = Math.max(first, c.count('world', 'last_pasid') + 1);
    if (next > last) return '-ENOSPC';
    c.set('world', 'last_pasid', next);
    return next;
  }),
  works('mm_get_enqcmd_pasid', 'read', 'PASID of the mm', (c, args) => {
    const pasid = c.get(arg(args, 0), 'pasid');
    return typeof pasid === 'number' ? pasid : NO_PASID;
  }),
  works('arch_pgtable_dma_compat', null, 'page tables that devices can walk?', (c, args) =>
    truth(c.peek(arg(args, 0), 'not_dma_compatible') !== true),
  ),
  either('vma_lookup', ['vma'], [null], 'the address may not be mapped'),
  either('handle_mm_fault', [0], [2], 'the fault may not be served'),
  either('queue_work', [1], [0], 'the work may be queued already'),
  ...silent('iopf_group_response iopf_free_group INIT_WORK'),
  ...silent('gfpflags_allow_blocking', 1),
  ...silent('might_sleep_if'),
  works('__fls', null, 'highest bit', (_, args) => {
    const [number] = args;
    return typeof number === 'number' && number > 0 ? Math.floor(Math.log2(number)) : `?__fls(${String(number ?? 0)})`;
  }),
  works('check_add_overflow', null, 'a sum', (c, args) => {
    storeThrough(c, args[2], Number(args[0] ?? 0) + Number(args[1] ?? 0));
    return 0;
  }),
];

/** Rows of every era. */
export const functionRows: readonly FunctionRow[] = [...references, ...sysfs, ...devices, ...numbers];
