// Functions of the IOMMU core whose code is not run: calls of C to the model's procedures of the same name, with C's arguments put in
// the model's order. A row counts only in eras that have its procedure.

import { holdGroup } from '../../model/calls/references.ts';
import type { Cpu } from '../../model/machine/cpu.ts';
import type { Value } from '../../model/machine/names.ts';
import { works } from './functions.ts';
import { objectOf } from './objects.ts';
import type { FunctionRow } from '../types.ts';

type Argument = Extract<FunctionRow, { how: 'model' }>['args'][number];

const model = (name: string, args: readonly Argument[], procedure = name): FunctionRow => ({ name, how: 'model', procedure, args });
const nothing = (): Value => null;
/** C's truth as the model's. */
const flag =
  (index: number): Argument =>
  (_: Cpu, args: readonly Value[]) =>
    args[index] !== null && args[index] !== 0;

/** The same in every era. */
const common: readonly FunctionRow[] = [
  works('iommu_group_ref_get', 'mutate', 'reference of the group taken', (c, args) => {
    holdGroup(c, objectOf(args[0]));
    return args[0] ?? null;
  }),
  ...['iommu_attach_device', 'iommu_detach_device', 'iommu_attach_group', 'iommu_detach_group'].map((name) => model(name, [0, 1])),
  ...['__iommu_attach_device', '__iommu_detach_device', '__iommu_attach_group'].map((name) => model(name, [0, 1])),
  ...['iommu_group_get', 'iommu_group_put', 'iommu_group_ref_get', 'iommu_group_remove_device'].map((name) => model(name, [0])),
  ...['iommu_domain_alloc', 'iommu_paging_domain_alloc', 'iommu_domain_free', 'iommu_get_domain_for_dev'].map((name) => model(name, [0])),
  ...['iommu_group_default_domain', 'iommu_group_dma_owner_claimed', 'iommu_group_get_for_dev'].map((name) => model(name, [0])),
  ...['iommu_probe_device', 'iommu_release_device', 'iommu_group_do_probe_finalize', 'iommu_get_def_domain_type'].map((name) =>
    model(name, [0]),
  ),
  ...['iommu_device_use_default_domain', 'iommu_device_unuse_default_domain', 'iommu_group_release_dma_owner'].map((name) =>
    model(name, [0]),
  ),
  ...['iommu_device_release_dma_owner', '__iommu_release_dma_ownership', '__iommu_group_alloc_blocking_domain'].map((name) =>
    model(name, [0]),
  ),
  ...['iommu_sva_unbind_device', 'iommu_sva_get_pasid'].map((name) => model(name, [0])),
  ...['iommu_group_claim_dma_owner', 'iommu_device_claim_dma_owner', '__iommu_take_dma_ownership'].map((name) => model(name, [0, 1])),
  ...['iommu_group_add_device', 'iommu_sva_bind_device', 'iommu_setup_default_domain', 'iommu_group_replace_domain'].map((name) =>
    model(name, [0, 1]),
  ),
  model('iommu_attach_device_pasid', [0, 1, 2, 3]),
  model('iommu_detach_device_pasid', [0, 1, 2]),
  model('iommu_attach_group_handle', [0, 1, 2]),
  model('iommu_detach_group_handle', [0, 1]),
  model('iommu_replace_group_handle', [0, 1, 2]),
  works('iommu_group_device_count', 'list', 'members of the group', (c, args) => c.list(objectOf(args[0]), 'devices').length),
  works('iommu_domain_type_str', null, 'name of a domain type', () => '"type"'),
  {
    name: 'bus_for_each_dev',
    how: 'each',
    items: (c) => c.list('world', 'all_devices').filter((dev) => c.flag(dev, 'present')),
    callback: 3,
    pass: (_, dev, args) => [dev, args[2] ?? null],
    count: 2,
  },
  {
    name: 'iommu_group_for_each_dev',
    how: 'each',
    items: (c, args) => c.list(objectOf(args[0]), 'devices'),
    callback: 2,
    pass: (_, dev, args) => [dev, args[1] ?? null],
    count: 2,
    under: (_, args) => `${objectOf(args[0])}.mutex`,
  },
  works('iommu_group_has_isolated_msi', null, 'interrupts kept apart?', () => 1),
];

/** As the core had them up to v6.1. */
const coreCalls61: readonly FunctionRow[] = [
  ...common,
  model('__iommu_detach_group', [0, 1]),
  model('iommu_group_alloc_default_domain', [1, 2]),
  model('iommu_create_device_direct_mappings', [0, 1]),
  model('__iommu_group_set_domain', [0, 1]),
  model('__iommu_group_set_core_domain', [nothing, 0], '__iommu_detach_group'),
];

/** The posted helper of 2020 beside them. */
export const coreCallsV3: readonly FunctionRow[] = [...coreCalls61, model('iommu_change_dev_def_domain', [0, 1, 2, 3])];
export const coreCallsMerged: readonly FunctionRow[] = [...coreCalls61, model('iommu_change_dev_def_domain', [0, 1, 2])];

export const coreCalls612: readonly FunctionRow[] = [
  ...common,
  model('iommu_group_alloc_default_domain', [0, 1]),
  model('iommu_create_device_direct_mappings', [0, 1]),
  model('__iommu_group_set_domain', [0, 1, nothing]),
  model('__iommu_group_set_domain_nofail', [0, 1, () => true], '__iommu_group_set_domain'),
  model('__iommu_group_set_domain_internal', [0, 1, flag(2)], '__iommu_group_set_domain'),
  model('__iommu_device_set_domain', [0, 1, 2, flag(3)]),
  model('__iommu_group_domain_alloc', [0, 1]),
  model('__iommu_group_set_core_domain', [nothing, 0], '__iommu_detach_group'),
];
