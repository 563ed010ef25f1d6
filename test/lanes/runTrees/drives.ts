// Small worlds, and the calls that are made in each, one behind another: what the shipped scenarios do not come to.

import type { Value } from '../../../server/src/core/model/machine/names.ts';

type Cells = Readonly<Record<string, Readonly<Record<string, Value>>>>;
type Call = readonly [name: string, ...args: readonly string[]];

export interface Drive {
  readonly id: string;
  readonly world: string;
  /** First cells of further objects: memory that a caller brings along. */
  readonly memory?: Cells;
  /** Cells of `world`. */
  readonly options?: Readonly<Record<string, Value>>;
  /** Cells of devices, beside those of the world. */
  readonly devices?: Cells;
  readonly calls: readonly Call[];
}

const ONE = '{ devices: { A: {pci: "01:00.0", max_pasids: 16, sva: true} }, groups: { G: [A] }, users: [u1], mms: [mm1] }';
const PLATFORM = '{ devices: { A: {max_pasids: 16} }, groups: { G: [A] } }';
const NONE = '{ devices: { A: {iommu: false} }, users: [u1] }';
const LATE = '{ devices: { A: {firmware_late: true} }, groups: { G: [A] } }';
const TWO =
  '{ devices: { A: {pci: "01:00.0", multifunction: true, max_pasids: 16, direct: [r0, r1]}, B: {pci: "01:00.1", multifunction: true, max_pasids: 16, direct: [r0]} }, groups: { G: [A, B] }, users: [u1] }';
const MIXED =
  '{ devices: { A: {pci: "01:00.0", multifunction: true, def_type: identity}, B: {pci: "01:00.1", multifunction: true, def_type: DMA} }, groups: { G: [A, B] } }';
const UNTRUSTED = '{ devices: { A: {pci: "01:00.0", untrusted: true, def_type: identity} } }';
const BRIDGED =
  '{ devices: { P: {pci: "00:01.0", type: root-port}, A: {pci: "01:00.0", under: P, absent: true}, B: {pci: "02:00.0", under: A, absent: true} }, groups: { G: [P] } }';
const ALIASED =
  '{ devices: { A: {pci: "01:00.0", aliases: [B]}, B: {pci: "01:01.0", absent: true}, C: {pci: "01:02.0", multifunction: true}, D: {pci: "01:02.1", multifunction: true, absent: true} } }';
const INSTANCE = '{ devices: { A: {instance: smmu}, B: {instance: smmu, absent: true} } }';
const SCAN = '{ devices: { A: {pci: "01:00.0"}, B: {pci: "02:00.0", absent: true}, C: {pci: "03:00.0", absent: true, iommu: false} } }';
const ABSENT = '{ devices: { A: {pci: "01:00.0", absent: true, direct: [r0], max_pasids: 16} } }';

const THERE = { present: true, refs: 1 } as const;
const BUSES: Cells = { 'mem:buses': { '*[0]': 'bus:platform', '*[1]': 'bus:pci' } };
const attribute = (show: string | null, store: string | null): Cells => ({
  'mem:attr': { ...(show === null ? {} : { show: `fn:${show}` }), ...(store === null ? {} : { store: `fn:${store}` }) },
});

/** A group of page faults of one process: the flags of each request, and what the mapping allows. */
function faults(requests: readonly { readonly flags: number; readonly perm: number }[], allowed: number): Cells {
  const names = requests.map((_, index) => `mem:iopf${String(index)}`);
  return {
    'mem:iopf_group': { 'faults.list': names.map((name) => `&${name}.list`), attach_handle: 'mem:iommu_sva1@T1', fault_param: 'mem:param' },
    'mem:param': { queue: 'mem:queue' },
    'mem:queue': { wq: 'mem:wq' },
    'mem:vma': { vm_flags: allowed },
    ...Object.fromEntries(
      requests.map((request, index) => [
        names[index] ?? '',
        { 'fault.prm.flags': request.flags, 'fault.prm.perm': request.perm, 'fault.prm.addr': 4096 },
      ]),
    ),
  };
}

const handled = (memory: Cells, more: readonly Call[] = []): Pick<Drive, 'world' | 'memory' | 'calls'> => ({
  world: ONE,
  memory,
  calls: [
    ['iommu_sva_bind_device', 'A', 'mm1'],
    ['iommu_sva_iopf_handler', 'mem:iopf_group'],
    ...more,
    ['iommu_sva_handle_iopf', '&mem:iopf_group.work'],
  ],
});

const scatter = (...pieces: readonly (readonly [address: number, length: number, isBus: boolean])[]): Cells =>
  Object.fromEntries(
    pieces.map(([phys, length, isBus], index) => [
      `mem:sg${String(index)}`,
      { phys, length, is_bus: isBus, next: index + 1 < pieces.length ? `mem:sg${String(index + 1)}` : null },
    ]),
  );

const alloc: Call = ['iommu_paging_domain_alloc', 'A'];
const domain = 'unmanaged1@T1';

export const drives: readonly Drive[] = [
  {
    id: 'questions',
    world: ONE,
    calls: [
      ['iommu_group_id', 'G'],
      ['iommu_group_get', 'A'],
      ['iommu_group_put', 'G'],
      ['iommu_group_ref_get', 'G'],
      ['iommu_group_put', 'G'],
      ['iommu_group_default_domain', 'G'],
      ['iommu_get_dma_domain', 'A'],
      ['iommu_get_domain_for_dev', 'A'],
      ['iommu_group_dma_owner_claimed', 'G'],
      ['iommu_group_has_isolated_msi', 'G'],
      ['iommu_group_mutex_assert', 'A'],
      ['device_iommu_capable', 'A', '0'],
      ['iommu_group_for_each_dev', 'G', 'NULL', 'fn:remove_iommu_group'],
      ['iommu_group_for_each_dev', 'G', '1', 'fn:iommu_deferred_attach'],
      ['iommu_group_set_iommudata', 'G', 'mem:data', 'fn:kfree'],
      ['iommu_group_get_iommudata', 'G'],
      ['iommu_dev_enable_feature', 'A', '0'],
      ['iommu_dev_disable_feature', 'A', '0'],
      ['iommu_default_passthrough'],
    ],
  },
  {
    id: 'questions without an IOMMU',
    world: NONE,
    calls: [
      ['iommu_group_get', 'A'],
      ['iommu_get_domain_for_dev', 'A'],
      ['device_iommu_capable', 'A', '0'],
      ['iommu_dev_enable_feature', 'A', '0'],
      ['iommu_dev_disable_feature', 'A', '0'],
      ['iommu_group_put', 'NULL'],
      ['iommu_attach_device', 'NULL', 'A'],
      ['iommu_detach_device', 'NULL', 'A'],
      ['iommu_sva_bind_device', 'A', 'mm1'],
      ['iommu_device_use_default_domain', 'A'],
      ['iommu_device_unuse_default_domain', 'A'],
      ['iommu_device_claim_dma_owner', 'A', 'u1'],
      ['iommu_paging_domain_alloc', 'A'],
      ['iommu_domain_alloc', 'A'],
      ['iommu_group_remove_device', 'A'],
      ['iommu_release_device', 'A'],
      ['iommu_probe_device', 'A'],
      ['mm_pasid_drop', 'mm1'],
      ['iommu_fwspec_add_ids', 'A', 'mem:ids', '1'],
    ],
  },
  {
    id: 'a driver without operations',
    world: ONE,
    options: {
      without_capable: true,
      without_dev_enable_feat: true,
      without_dev_disable_feat: true,
      without_def_domain_type: true,
      no_def_domain_type_op: true,
      no_pasid_op: true,
      without_attach_dev: true,
      without_probe_finalize: true,
      without_release_device: true,
      without_domain_alloc: true,
      without_get_resv_regions: true,
      without_enable_nesting: true,
      without_set_pgtable_quirks: true,
    },
    calls: [
      ['device_iommu_capable', 'A', '0'],
      ['iommu_dev_enable_feature', 'A', '0'],
      ['iommu_dev_disable_feature', 'A', '0'],
      ['iommu_paging_domain_alloc', 'A'],
      ['iommu_attach_device_pasid', 'dma1', 'A', '3', 'NULL'],
      ['iommu_get_resv_regions', 'A', '&mem:list.head'],
      ['iommu_device_claim_dma_owner', 'A', 'u1'],
    ],
  },
  {
    id: 'domains',
    world: ONE,
    calls: [
      alloc,
      ['iommu_enable_nesting', domain],
      ['iommu_enable_nesting', 'dma1'],
      ['iommu_set_pgtable_quirks', domain, '1'],
      ['iommu_set_pgtable_quirks', 'dma1', '1'],
      ['iommu_set_fault_handler', domain, 'fn:handler', 'mem:token'],
      ['report_iommu_fault', domain, 'A', '4096', '0'],
      ['report_iommu_fault', 'dma1', 'A', '4096', '0'],
      ['iommu_deferred_attach', 'A', domain],
      ['iommu_attach_group', domain, 'G'],
      ['iommu_attach_group', domain, 'G'],
      ['iommu_group_replace_domain', 'G', 'NULL'],
      ['iommu_group_replace_domain', 'G', 'dma1'],
      ['iommu_domain_free', domain],
    ],
  },
  {
    id: 'a domain without nesting',
    world: ONE,
    options: { without_enable_nesting: true, without_set_pgtable_quirks: true },
    calls: [alloc, ['iommu_enable_nesting', domain], ['iommu_set_pgtable_quirks', domain, '1']],
  },
  {
    id: 'a driver with one paging form',
    world: ONE,
    options: { with_domain_alloc_paging: true },
    calls: [alloc, ['iommu_domain_alloc', 'A']],
  },
  {
    id: 'static domains',
    world: ONE,
    options: { static_blocked_domain: true, static_identity_domain: true },
    calls: [
      ['iommu_group_claim_dma_owner', 'G', 'u1'],
      ['iommu_group_release_dma_owner', 'G'],
      ['write_type', 'G', 'identity'],
      ['iommu_iova_to_phys', 'identity', '4096'],
      ['iommu_iova_to_phys', 'blocked', '4096'],
      ['iommu_attach_device', 'identity', 'A'],
      ['iommu_release_device', 'A'],
    ],
  },
  { id: 'a release domain', world: ONE, options: { static_release_domain: true }, calls: [['iommu_release_device', 'A']] },
  {
    id: 'a static default domain',
    world: PLATFORM,
    options: { static_default_domain: 'IDENTITY' },
    calls: [
      ['write_type', 'G', 'DMA'],
      ['write_type', 'G', 'auto'],
    ],
  },
  {
    id: 'a driver that leaves operations and page sizes to the core',
    world: ONE,
    options: { bare_domains: true },
    calls: [alloc],
  },
  {
    id: 'mappings',
    world: ONE,
    calls: [
      alloc,
      ['iommu_map', domain, '65536', '65536', '8192', '3', '3264'],
      ['iommu_iova_to_phys', domain, '65536'],
      ['iommu_map', domain, '1', '65536', '4096', '3', '3264'],
      ['iommu_map', domain, '65536', '65536', '4096', '3', '4'],
      ['iommu_map', 'identity1', '65536', '65536', '4096', '3', '3264'],
      ['iommu_unmap', domain, '65536', '8192'],
      ['iommu_unmap', domain, '1', '4096'],
      ['iommu_unmap', 'identity1', '65536', '4096'],
      ['iommu_unmap_fast', domain, '65536', '4096', 'mem:gather'],
    ],
    memory: { identity1: { type: 'IDENTITY', ops_owner: 'iommu' } },
  },
  {
    id: 'mappings of several sizes',
    world: ONE,
    options: { pgsizes: 0x201000 },
    calls: [
      alloc,
      ['iommu_map', domain, '2097152', '2097152', '4194304', '3', '3264'],
      ['iommu_map', domain, '2093056', '2093056', '2101248', '3', '3264'],
      ['iommu_map', domain, '4096', '8192', '2097152', '3', '3264'],
      ['iommu_unmap', domain, '2093056', '2101248'],
    ],
  },
  {
    id: 'a driver without mappings',
    world: ONE,
    options: { without_map_pages: true, without_unmap_pages: true },
    calls: [alloc, ['iommu_map', domain, '65536', '65536', '4096', '3', '3264'], ['iommu_unmap', domain, '65536', '4096']],
  },
  {
    id: 'a driver that maps at once',
    world: ONE,
    options: { without_iotlb_sync_map: true },
    calls: [alloc, ['iommu_map', domain, '65536', '65536', '4096', '3', '3264']],
  },
  {
    id: 'scattered mappings',
    world: ONE,
    memory: scatter([65536, 4096, false], [69632, 4096, false], [131072, 4096, false], [262144, 4096, true]),
    calls: [
      alloc,
      ['iommu_map_sg', domain, '65536', 'mem:sg0', '4', '3', '3264'],
      ['iommu_map_sg', domain, '65536', 'mem:sg0', '4', '3', '4'],
      ['iommu_map_sg', 'dma1', '1', 'mem:sg0', '2', '3', '3264'],
    ],
  },
  {
    id: 'reserved ranges',
    world: TWO,
    calls: [
      ['iommu_get_group_resv_regions', 'G', '&mem:regions.head'],
      ['iommu_group_show_resv_regions', 'G', 'mem:buffer'],
      ['write_type', 'G', 'identity'],
      ['write_type', 'G', 'DMA'],
      ['iommu_group_claim_dma_owner', 'G', 'u1'],
    ],
  },
  {
    id: 'reserved ranges that overlap',
    world: ONE,
    memory: {
      'mem:first': { start: 65536, length: 8192, type: 2 },
      'mem:second': { start: 69632, length: 8192, type: 2 },
      'mem:third': { start: 4096, length: 4096, type: 3 },
      'mem:fourth': { start: 262144, length: 4096, type: 2 },
      'mem:fifth': { start: 65536, length: 4096, type: 2, free: 'fn:release_region' },
    },
    calls: [
      ...['mem:first', 'mem:second', 'mem:third', 'mem:fourth', 'mem:fifth'].map((one): Call => [
        'iommu_insert_resv_region',
        one,
        '&mem:regions.head',
      ]),
      ['iommu_put_resv_regions', 'A', '&mem:regions.head'],
    ],
  },
  {
    id: 'a range with a release of its own',
    world: ONE,
    memory: { 'mem:own': { free: 'fn:release_region' }, 'mem:regions': { 'head.list': ['&mem:own.list'] } },
    calls: [
      ['iommu_put_resv_regions', 'A', '&mem:regions.head'],
      ['iommu_alloc_resv_region', '4096', '4096', '3', '2', '3264'],
    ],
  },
  {
    id: 'names',
    world: ONE,
    calls: [
      ['iommu_group_set_name', 'G', '"one"'],
      ['iommu_group_show_name', 'G', 'mem:buffer'],
      ['iommu_group_set_name', 'G', '"two"'],
      ['iommu_group_set_name', 'G', 'NULL'],
    ],
  },
  ...['IDENTITY', 'UNMANAGED', 'DMA', 'DMA_FQ', 'BLOCKED', 'PLATFORM', 'SVA'].map((type): Drive => ({
    id: `the type ${type} as text`,
    world: ONE,
    memory: { shown: { type, ops_owner: 'iommu' }, ...attribute('iommu_group_show_type', null) },
    calls: [
      ['iommu_domain_type_str', type],
      ['show', 'shown'],
      ['iommu_group_attr_show', '&G.kobj', '&mem:attr.attr', 'mem:buffer'],
    ],
  })),
  {
    id: 'a file without methods',
    world: ONE,
    memory: attribute(null, null),
    calls: [
      ['iommu_group_attr_show', '&G.kobj', '&mem:attr.attr', 'mem:buffer'],
      ['iommu_group_attr_store', '&G.kobj', '&mem:attr.attr', '"DMA"', '4'],
    ],
  },
  {
    id: 'a file that is written',
    world: ONE,
    memory: attribute(null, 'iommu_group_store_type'),
    calls: [
      ['iommu_group_attr_store', '&G.kobj', '&mem:attr.attr', '"identity"', '9'],
      ['iommu_group_attr_store', '&G.kobj', '&mem:attr.attr', '"nonsense"', '9'],
    ],
  },
  {
    id: 'groups',
    world: ONE,
    calls: [
      ['generic_device_group', 'A'],
      ['iommu_group_put', 'mem:iommu_group1@T1'],
      ['iommu_group_release', '&G.kobj'],
      ['iommu_group_add_device', 'G', 'A'],
    ],
  },
  {
    id: 'a group with data of a driver',
    world: ONE,
    memory: {},
    calls: [
      ['iommu_group_set_iommudata', 'G', 'mem:data', 'fn:release_region'],
      ['iommu_group_release', '&G.kobj'],
    ],
  },
  {
    id: 'a group for each instance',
    world: INSTANCE,
    calls: [
      ['generic_single_device_group', 'A'],
      ['generic_single_device_group', 'B'],
    ],
    devices: { B: THERE },
  },
  { id: 'a first group of an instance', world: '{ devices: { A: {} } }', calls: [['generic_single_device_group', 'A']] },
  {
    id: 'a container',
    world: '{ devices: { P: {}, A: {absent: true} } }',
    devices: { A: { ...THERE, container: 'P' } },
    calls: [['fsl_mc_device_group', 'A']],
  },
  {
    id: 'a container without group',
    world: '{ devices: { P: {iommu: false}, A: {absent: true} } }',
    devices: { A: { ...THERE, container: 'P' } },
    calls: [['fsl_mc_device_group', 'A']],
  },
  {
    id: 'PCI groups below a port',
    world: BRIDGED,
    devices: { A: THERE, B: THERE },
    calls: [
      ['pci_device_group', 'A'],
      ['pci_device_group', 'B'],
      ['pci_device_group', 'P'],
    ],
  },
  {
    id: 'PCI groups by aliases and functions',
    world: ALIASED,
    devices: { B: THERE, D: THERE },
    calls: [
      ['pci_device_group', 'B'],
      ['pci_device_group', 'D'],
      ['pci_device_group', 'C'],
    ],
  },
  { id: 'PCI groups of a device that is none', world: PLATFORM, calls: [['pci_device_group', 'A']] },
  {
    id: 'PCI functions below a bridge to PCI',
    world:
      '{ devices: { P: {pci: "00:02.0", type: pcie-to-pci-bridge}, A: {pci: "01:00.0", type: conventional, under: P, absent: true} } }',
    devices: { A: THERE },
    calls: [['pci_device_group', 'A']],
  },
  {
    id: 'new PCI groups',
    world:
      '{ devices: { A: {pci: "01:00.0", multifunction: true, absent: true}, B: {pci: "01:00.1", multifunction: true, aliases: [C], absent: true}, C: {pci: "01:01.0", absent: true} } }',
    devices: { A: THERE, B: THERE, C: THERE },
    calls: [
      ['pci_device_group', 'A'],
      ['pci_device_group', 'C'],
    ],
  },
  {
    id: 'PCI functions whose alias has a group',
    world:
      '{ devices: { C: {pci: "01:01.0"}, A: {pci: "01:00.0", multifunction: true, absent: true}, B: {pci: "01:00.1", multifunction: true, aliases: [C], absent: true} } }',
    devices: { A: THERE, B: THERE },
    calls: [['pci_device_group', 'A']],
  },
  {
    id: 'PCI aliases with functions in a group',
    world:
      '{ devices: { D: {pci: "01:02.1", multifunction: true}, C: {pci: "01:02.0", multifunction: true, absent: true}, A: {pci: "01:00.0", aliases: [C], absent: true} } }',
    devices: { A: THERE, C: THERE },
    calls: [['pci_device_group', 'A']],
  },
  {
    id: 'notifications',
    world: ABSENT,
    devices: { A: THERE },
    calls: [
      ['iommu_bus_notifier', 'NULL', '1', 'A'],
      ['iommu_bus_notifier', 'NULL', '4', 'A'],
      ['iommu_bus_notifier', 'NULL', '3', 'A'],
      ['iommu_bus_notifier', 'NULL', '1', 'A'],
    ],
  },
  {
    id: 'a device that leaves before it was probed',
    world: LATE,
    calls: [
      ['iommu_fwspec_init', 'A', 'fwnode:hw'],
      ['iommu_release_device', 'A'],
    ],
  },
  {
    id: 'a scan',
    world: SCAN,
    memory: BUSES,
    devices: { B: THERE, C: THERE },
    calls: [
      ['bus_probe', 'bus:pci'],
      ['probe_iommu_group', 'C', '&mem:list.head'],
    ],
  },
  {
    id: 'an IOMMU comes and goes',
    world: SCAN,
    memory: BUSES,
    devices: { B: THERE, C: THERE },
    calls: [
      ['iommu_present', 'bus:pci'],
      ['iommu_device_register', 'iommu_hw', 'iommu', 'hw'],
      ['iommu_present', 'bus:pci'],
      ['iommu_present', 'bus:amba'],
      ['iommu_device_unregister', 'iommu_hw'],
    ],
  },
  {
    id: 'an IOMMU on one bus',
    world: SCAN,
    memory: BUSES,
    devices: { B: THERE },
    calls: [
      ['iommu_device_register_bus', 'iommu_hw', 'iommu', 'bus:pci', 'mem:nb'],
      ['iommu_device_unregister_bus', 'iommu_hw', 'bus:pci', 'mem:nb'],
    ],
  },
  {
    id: 'firmware data',
    world: LATE,
    memory: { ...BUSES, 'mem:ids': { '*[0]': 7, '*[1]': 8 } },
    calls: [
      ['iommu_fwspec_init', 'A', 'fwnode:hw'],
      ['iommu_fwspec_add_ids', 'A', 'mem:ids', '1'],
      ['iommu_device_register', 'iommu_hw', 'iommu', 'hw'],
      ['iommu_fwspec_init', 'A', 'fwnode:hw'],
      ['iommu_fwspec_init', 'A', 'fwnode:hw'],
      ['iommu_fwspec_add_ids', 'A', 'mem:ids', '1'],
      ['iommu_fwspec_add_ids', 'A', 'mem:ids', '2'],
      ['dev_iommu_priv_set', 'A', 'mem:data'],
      ['iommu_fwspec_free', 'A'],
      ['iommu_fwspec_free', 'A'],
      ['iommu_ops_from_fwnode', 'fwnode:other'],
    ],
  },
  {
    id: 'firmware data that goes with the device',
    world: LATE,
    memory: BUSES,
    calls: [
      ['iommu_device_register', 'iommu_hw', 'iommu', 'hw'],
      ['iommu_fwspec_init', 'A', 'fwnode:hw'],
      ['iommu_release_device', 'A'],
    ],
  },
  {
    id: 'members that ask for different types',
    world: MIXED,
    calls: [
      ['write_type', 'G', 'auto'],
      ['write_type', 'G', 'identity'],
      ['write_type', 'G', 'DMA'],
    ],
  },
  { id: 'an untrusted device with another wish', world: UNTRUSTED, calls: [['iommu_probe_device', 'A']] },
  {
    id: 'a driver that refuses the global default',
    world: '{ devices: { A: {pci: "01:00.0"} }, groups: { G: [A] }, options: { def_domain_type: identity, no_alloc: [identity] } }',
    calls: [['write_type', 'G', 'auto']],
  },
  {
    id: 'a driver that refuses all domains',
    world: '{ devices: { A: {pci: "01:00.0", absent: true} }, options: { no_alloc: [DMA, UNMANAGED] } }',
    devices: { A: THERE },
    calls: [['iommu_probe_device', 'A']],
  },
  {
    id: 'a second probe',
    world: ONE,
    calls: [
      ['iommu_probe_device', 'A'],
      ['probe_iommu_group', 'A', '&mem:list.head'],
    ],
  },
  {
    id: 'a device joins',
    world:
      '{ devices: { A: {pci: "01:00.0", multifunction: true}, B: {pci: "01:00.1", multifunction: true, absent: true, direct: [r0], attach_deferred: true} }, groups: { G: [A, B] }, users: [u1] }',
    calls: [
      ['device_add', 'B'],
      ['iommu_deferred_attach', 'B', 'dma1'],
      ['device_del', 'B'],
      ['device_del', 'A'],
    ],
  },
  {
    id: 'PASIDs',
    world: ONE,
    calls: [
      ['iommu_alloc_global_pasid', 'A'],
      ['iommu_free_global_pasid', '1'],
      ['iommu_free_global_pasid', '4294967295'],
      ['iommu_sva_bind_device', 'A', 'mm1'],
      ['mm_pasid_drop', 'mm1'],
    ],
  },
  { id: 'PASIDs of a platform device', world: PLATFORM, calls: [['iommu_alloc_global_pasid', 'A']] },
  {
    id: 'a domain of its own on a PASID',
    world: ONE,
    calls: [
      alloc,
      ['iommu_attach_device_pasid', domain, 'A', '1', 'mem:handle'],
      ['iommu_attach_handle_get', 'G', '1', '0'],
      ['iommu_attach_handle_get', 'G', '1', 'SVA'],
      ['iommu_sva_bind_device', 'A', 'mm1'],
      ['iommu_detach_device_pasid', domain, 'A', '1'],
    ],
  },
  {
    id: 'handles of the whole group',
    world: TWO,
    calls: [
      alloc,
      ['iommu_attach_group_handle', domain, 'G', 'mem:handle'],
      ['iommu_attach_group_handle', domain, 'G', 'mem:handle'],
      ['iommu_replace_group_handle', 'G', 'dma1', 'mem:handle'],
      ['iommu_replace_group_handle', 'G', 'dma1', 'NULL'],
      ['iommu_replace_group_handle', 'G', 'NULL', 'NULL'],
      ['iommu_detach_group_handle', domain, 'G'],
      ['iommu_attach_group', domain, 'G'],
      ['iommu_attach_group_handle', domain, 'G', 'mem:handle'],
    ],
  },
  {
    id: 'a process on a group of two',
    world:
      '{ devices: { A: {pci: "01:00.0", multifunction: true, max_pasids: 16}, B: {pci: "01:00.1", multifunction: true, max_pasids: 16} }, groups: { G: [A, B] }, mms: [mm1] }',
    calls: [
      ['iommu_sva_bind_device', 'A', 'mm1'],
      ['iommu_sva_bind_device', 'B', 'mm1'],
      ['iommu_sva_get_pasid', 'mem:iommu_sva1@T1'],
    ],
  },
  {
    id: 'a process on two groups',
    world:
      '{ devices: { A: {pci: "01:00.0", max_pasids: 16}, B: {pci: "02:00.0", max_pasids: 16} }, groups: { G: [A], H: [B] }, mms: [mm1] }',
    calls: [
      ['iommu_sva_bind_device', 'A', 'mm1'],
      ['iommu_sva_bind_device', 'B', 'mm1'],
      ['iommu_sva_unbind_device', 'mem:iommu_sva1@T1'],
      ['iommu_sva_unbind_device', 'mem:iommu_sva2@T1'],
    ],
  },
  {
    id: 'a driver without a form for processes',
    world: ONE,
    options: { without_domain_alloc_sva: true },
    calls: [['iommu_sva_bind_device', 'A', 'mm1']],
  },
  {
    id: 'faults that are served',
    ...handled(
      faults(
        [
          { flags: 1, perm: 1 },
          { flags: 1, perm: 2 },
          { flags: 1, perm: 4 },
          { flags: 1, perm: 9 },
        ],
        7,
      ),
    ),
  },
  {
    id: 'a fault that is not allowed',
    ...handled(
      faults(
        [
          { flags: 1, perm: 2 },
          { flags: 1, perm: 1 },
        ],
        1,
      ),
    ),
  },
  { id: 'a fault without PASID', ...handled(faults([{ flags: 0, perm: 1 }], 7)) },
  { id: 'a fault of a process that is gone', ...handled(faults([{ flags: 1, perm: 1 }], 7), [['exit_mmap', 'mm1']]) },
  {
    id: 'the command line',
    world: ONE,
    memory: { ...BUSES },
    calls: [
      ['iommu_set_def_domain_type', '"1"'],
      ['iommu_default_passthrough'],
      ['iommu_set_def_domain_type', '"0"'],
      ['iommu_set_def_domain_type', '"?"'],
      ['iommu_dma_setup', '"1"'],
      ['iommu_dma_setup', '"?"'],
      ['iommu_set_default_passthrough', '1'],
      ['iommu_set_default_translated', '1'],
      ['iommu_set_default_passthrough', '0'],
      ['iommu_set_default_translated', '0'],
      ['iommu_init'],
      ['iommu_subsys_init'],
      ['iommu_set_dma_strict'],
    ],
  },
  {
    id: 'the lazy default made strict',
    world: ONE,
    options: { def_domain_type: 'DMA_FQ', mem_encrypt: true },
    memory: BUSES,
    calls: [['iommu_set_dma_strict'], ['iommu_subsys_init']],
  },
  {
    id: 'a start with a command line',
    world: ONE,
    options: { def_domain_type: 'IDENTITY', iommu_cmd_line: 1, dma_strict: true },
    memory: BUSES,
    calls: [['iommu_subsys_init']],
  },
];
