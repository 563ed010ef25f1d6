// What the IOMMU driver behind the core does: its operations, by the member of the table that names them. Those that can fail are
// procedures with the places at which a scenario can make them fail.

import { directRanges, isDmaType } from '../../model/calls/driverOps.ts';
import { iommuKnown } from '../../model/calls/groups.ts';
import { freeDomain } from '../../model/calls/references.ts';
import { fallible, local } from '../../model/calls/terms.ts';
import type { Cpu } from '../../model/machine/cpu.ts';
import type { Procedure } from '../../model/machine/code.ts';
import { call, give, procedure, when } from '../../model/machine/code.ts';
import type { Value } from '../../model/machine/names.ts';
import { domainWord } from './constants.ts';
import { instanceOf } from './fields.ts';
import { silent, works } from './functions.ts';
import { objectOf, storeThrough } from './objects.ts';
import type { FunctionRow } from '../types.ts';

/** Bytes of a range that the firmware wants mapped one to one, and where the first range lies. */
const RANGE = 0x1000;
const FIRST = 0x10000;
/** IOMMU_RESV_DIRECT. */
const DIRECT = 0;

/** All ranges of a world in a fixed order: a range's place in it gives its address. */
function rangesOf(c: Cpu): readonly string[] {
  const devices = c.peek('world', 'all_devices');
  const names = typeof devices === 'object' && devices !== null ? devices : [];
  return [...new Set(names.flatMap((name) => directRanges(c, name)))].sort();
}

const addressOf = (c: Cpu, range: string): number => FIRST + 2 * RANGE * rangesOf(c).indexOf(range);

/** The range at an address, and a device that asks for it. */
function rangeAt(c: Cpu, address: Value): { readonly range: string; readonly dev: string } | null {
  const range = rangesOf(c).find((one) => addressOf(c, one) === address);
  const devices = c.list('world', 'all_devices');
  const owner = range === undefined ? undefined : devices.find((name) => directRanges(c, name).includes(range));
  return range === undefined || owner === undefined ? null : { range, dev: owner };
}

const mapped = (c: Cpu, domain: string, address: Value): boolean => {
  const at = rangeAt(c, address);
  return c.list(domain, 'maps').includes(at === null ? String(address) : at.range);
};

function map(c: Cpu, domain: string, address: Value): void {
  const at = rangeAt(c, address);
  const name = at === null ? String(address) : at.range;
  const maps = c.list(domain, 'maps');
  if (!maps.includes(name)) c.set(domain, 'maps', [...maps, name].sort());
}

/** Procedures of the driver that the eras do not have. */
export function driverProcedures(): Procedure[] {
  return [
    procedure('driver_probe_device', ['dev'], 'IOMMU driver: probe_device', [
      // A driver that finds no IOMMU of its own for the device.
      when((c) => !iommuKnown(c), [give('-ENODEV')]),
      fallible(
        'callback',
        'probe_device of {dev}',
        'probe',
        (c) => c.o('dev'),
        ['fails'],
        (c, how) => c.put('ret', how === null ? instanceOf(c, c.o('dev')) : '-ENODEV'),
      ),
      give(local('ret')),
    ]),
    procedure('driver_map', ['domain', 'iova', 'size', 'mapped'], 'IOMMU driver: map_pages', [
      fallible(
        'callback',
        'map {iova} in {domain}',
        'map',
        (c) => rangeAt(c, c.v('iova'))?.dev ?? '',
        ['fails'],
        (c, how) => {
          if (how === null) map(c, c.o('domain'), c.v('iova'));
          storeThrough(c, c.v('mapped'), how === null ? c.v('size') : 0);
          c.put('ret', how === null ? 0 : '-ENOMEM');
        },
      ),
      give(local('ret')),
    ]),
    procedure('driver_paging_domain', [], 'IOMMU driver: domain_alloc_paging', [
      call('domain_alloc', [() => 'UNMANAGED'], 'domain'),
      give((c) => c.v('domain')),
    ]),
  ];
}

const product = (args: readonly Value[], left: number, right: number): number => Number(args[left] ?? 0) * Number(args[right] ?? 0);

function unmap(c: Cpu, domain: string, iova: Value): void {
  const name = rangeAt(c, iova)?.range ?? String(iova);
  c.set(
    domain,
    'maps',
    c.list(domain, 'maps').filter((one) => one !== name),
  );
}

/** Operations of `struct iommu_ops` and `struct iommu_domain_ops`, and helpers of drivers that the core calls. */
export const driverRows: readonly FunctionRow[] = [
  { name: 'attach_dev', how: 'model', procedure: 'attach_dev', args: [0, 1] },
  { name: 'detach_dev', how: 'model', procedure: 'detach_dev', args: [1] },
  { name: 'domain_alloc', how: 'model', procedure: 'domain_alloc', args: [(_, args) => domainWord(args[0])] },
  { name: 'domain_alloc_paging', how: 'model', procedure: 'driver_paging_domain', args: [] },
  { name: 'domain_alloc_sva', how: 'model', procedure: 'domain_alloc_sva', args: [0, 1] },
  works('free', 'free', 'the domain is freed', (c, args) => {
    freeDomain(c, objectOf(args[0]));
    return null;
  }),
  { name: 'probe_device', how: 'model', procedure: 'driver_probe_device', args: [0] },
  { name: 'probe_finalize', how: 'model', procedure: 'probe_finalize', args: [0] },
  { name: 'device_group', how: 'model', procedure: 'device_group', args: [0] },
  { name: 'set_dev_pasid', how: 'model', procedure: 'set_dev_pasid', args: [0, 1, 2] },
  { name: 'remove_dev_pasid', how: 'model', procedure: 'remove_dev_pasid', args: [0, 1, 2] },
  { name: 'dev_enable_feat', how: 'model', procedure: 'dev_enable_feat', args: [0, 1] },
  works('dev_disable_feat', 'callback', 'feature disabled', (c, args) => {
    c.set(objectOf(args[0]), 'sva_feat', null);
    return 0;
  }),
  { name: 'sva_bind', how: 'model', procedure: 'sva_bind', args: [0, 1] },
  { name: 'sva_unbind', how: 'model', procedure: 'sva_unbind', args: [0] },
  works('sva_get_pasid', 'read', 'PASID of the bond', (c, args) => c.get(objectOf(c.get(objectOf(args[0]), 'mm')), 'pasid')),
  works('def_domain_type', 'callback', 'type that the driver asks for', (c, args) => c.peek(objectOf(args[0]), 'def_type')),
  works('is_attach_deferred', 'callback', 'attach deferred?', (c, args) => (c.flag(objectOf(args[0]), 'attach_deferred') ? 1 : 0)),
  works('iova_to_phys', 'callback', 'translation', (c, args) => (mapped(c, objectOf(args[0]), args[1] ?? null) ? (args[1] ?? null) : 0)),
  {
    name: 'map_pages',
    how: 'model',
    procedure: 'driver_map',
    args: [0, 1, (_, args) => product(args, 3, 4), 7],
  },
  works('unmap_pages', 'callback', 'mapping taken away', (c, args) => {
    unmap(c, objectOf(args[0]), args[1] ?? null);
    return product(args, 2, 3);
  }),
  // What page tables do below these two is the driver's, whichever kernel it is.
  { name: 'iommu_map', how: 'model', procedure: 'driver_map', args: [0, 1, 3, (): Value => null] },
  works('iommu_unmap', 'callback', 'mapping taken away', (c, args) => {
    unmap(c, objectOf(args[0]), args[1] ?? null);
    return args[2] ?? null;
  }),
  works('get_resv_regions', 'callback', 'reserved ranges of the device', (c, args, memory) => {
    for (const range of directRanges(c, objectOf(args[0]))) {
      const region = memory.make('iommu_resv_region');
      c.set(region, 'start', addressOf(c, range));
      c.set(region, 'length', RANGE);
      c.set(region, 'type', DIRECT);
      memory.append(args[1] ?? null, `&${region}.list`);
    }
    return null;
  }),
  { name: 'iommu_dma_init_fq', how: 'model', procedure: 'iommu_dma_init_fq', args: [0] },
  { name: 'iommu_get_dma_cookie', how: 'choice', results: [0], fails: ['-ENOMEM'], why: 'allocates what the DMA API keeps of a domain' },
  works('iommu_is_dma_domain', 'read', 'a domain of the DMA API?', (c, args) => (isDmaType(c.get(objectOf(args[0]), 'type')) ? 1 : 0)),
  ...silent('enable_nesting set_pgtable_quirks iotlb_sync_map', 0),
  ...silent('iommu_put_dma_cookie iommu_flush_iotlb_all flush_iotlb_all iotlb_sync iommu_iotlb_gather_init iommu_iotlb_sync iopf_handler'),
];
