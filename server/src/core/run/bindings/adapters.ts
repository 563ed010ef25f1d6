// How the model's programs call C functions in the place of procedures.

import type { Expr } from '../../model/machine/code.ts';
import type { Cpu } from '../../model/machine/cpu.ts';
import type { Value } from '../../model/machine/names.ts';
import { isError } from '../../model/calls/terms.ts';
import type { Adapter } from '../types.ts';

const given =
  (name: string): Expr<Value> =>
  (c) =>
    c.v(name);
const same = (_: Cpu, value: Value): Value => value;
const nothing = (): Value => null;

/** A function whose name, parameters and result the model shares. */
function plain(name: string, ...parameters: readonly string[]): Adapter {
  return { function: name, procedure: name, parameters, args: parameters.map(given), result: same };
}

/** The same, for a function that returns nothing. */
const silent = (name: string, ...parameters: readonly string[]): Adapter => ({ ...plain(name, ...parameters), result: nothing });

/** Number of bytes of a write to a sysfs file in all runs. */
const WRITTEN = 9;

/** A store method: all bytes taken is success; fewer are an answer that no user understands. */
function stored(_: Cpu, value: Value): Value {
  if (value === WRITTEN) return 0;
  return isError(value) ? value : `took ${String(value ?? 0)} of ${String(WRITTEN)} bytes`;
}

const storeType: Adapter = {
  function: 'iommu_group_store_type',
  procedure: 'iommu_group_store_type',
  parameters: ['group', 'word'],
  args: [given('group'), (c) => `"${String(c.v('word'))}"`, () => WRITTEN],
  result: stored,
};

const mustSucceed: Expr<Value> = (c) => (c.v('must_succeed') === true ? 1 : 0);
const pasid: Expr<Value> = (c) => Number(c.v('pasid'));

/** Calls of every era. */
const common: readonly Adapter[] = [
  plain('iommu_attach_device', 'domain', 'dev'),
  silent('iommu_detach_device', 'domain', 'dev'),
  plain('iommu_attach_group', 'domain', 'group'),
  silent('iommu_detach_group', 'domain', 'group'),
  plain('iommu_get_domain_for_dev', 'dev'),
  plain('iommu_group_get', 'dev'),
  silent('iommu_group_put', 'group'),
  plain('iommu_group_add_device', 'group', 'dev'),
  silent('iommu_group_remove_device', 'dev'),
  plain('iommu_group_default_domain', 'group'),
  plain('__iommu_attach_device', 'domain', 'dev'),
  plain('__iommu_attach_group', 'domain', 'group'),
  // A scenario names a device where C has its bus.
  { ...plain('iommu_domain_alloc', 'bus'), args: [(c) => `bus:${String(c.peek(String(c.v('bus')), 'bus') ?? 'pci')}`] },
  silent('iommu_domain_free', 'domain'),
  plain('iommu_probe_device', 'dev'),
  silent('iommu_release_device', 'dev'),
  storeType,
];

/** Ownership, from the merged form of 2022 on. */
const owners: readonly Adapter[] = [
  plain('iommu_device_use_default_domain', 'dev'),
  silent('iommu_device_unuse_default_domain', 'dev'),
  plain('iommu_group_claim_dma_owner', 'group', 'owner'),
  silent('iommu_group_release_dma_owner', 'group'),
  plain('iommu_group_dma_owner_claimed', 'group'),
  plain('iommu_group_ref_get', 'group'),
  { ...silent('__iommu_group_set_core_domain', 'domain', 'group'), procedure: '__iommu_detach_group', args: [given('group')] },
];

const features: readonly Adapter[] = [
  {
    ...plain('iommu_dev_enable_feature', 'dev', 'feature'),
    args: [given('dev'), (c) => (c.v('feature') === 'IOPF' ? 1 : 0)],
  },
  silent('iommu_sva_unbind_device', 'handle'),
  plain('iommu_sva_get_pasid', 'handle'),
];

export const adapters2020: readonly Adapter[] = [
  ...common,
  silent('__iommu_detach_device', 'domain', 'dev'),
  silent('__iommu_detach_group', 'domain', 'group'),
  plain('iommu_create_device_direct_mappings', 'group', 'dev'),
  { ...plain('iommu_group_alloc_default_domain', 'group', 'type'), args: [() => 'bus:pci', given('group'), given('type')] },
  plain('iommu_get_def_domain_type', 'dev'),
];

export const adapters61: readonly Adapter[] = [
  { ...plain('__iommu_probe_device', 'dev'), args: [given('dev'), nothing] },
  ...adapters2020.filter((one) => one.procedure !== '__iommu_detach_group'),
  ...owners,
  ...features,
  plain('__iommu_group_set_domain', 'group', 'new_domain'),
  plain('__iommu_group_alloc_blocking_domain', 'group'),
  plain('iommu_change_dev_def_domain', 'group', 'prev_dev', 'type'),
  { ...plain('iommu_sva_bind_device', 'dev', 'mm'), args: [given('dev'), given('mm'), nothing] },
];

export const adapters612: readonly Adapter[] = [
  ...common,
  ...owners,
  ...features,
  plain('iommu_sva_bind_device', 'dev', 'mm'),
  // The scan of a bus collects groups in a list; its own part of the work stays the model's.
  { ...plain('__iommu_probe_device', 'dev', 'scan'), args: [given('dev'), (c) => (c.v('scan') === true ? '&world.group_list' : null)] },
  plain('iommu_paging_domain_alloc', 'dev'),
  plain('iommu_create_device_direct_mappings', 'domain', 'dev'),
  plain('iommu_group_alloc_default_domain', 'group', 'type'),
  plain('iommu_setup_default_domain', 'group', 'target_type'),
  {
    ...plain('__iommu_group_set_domain_internal', 'group', 'new_domain', 'must_succeed'),
    procedure: '__iommu_group_set_domain',
    args: [given('group'), given('new_domain'), mustSucceed],
  },
  {
    ...plain('__iommu_device_set_domain', 'group', 'dev', 'new_domain', 'must_succeed'),
    args: [given('group'), given('dev'), given('new_domain'), mustSucceed],
  },
  plain('iommu_group_replace_domain', 'group', 'new_domain'),
  plain('__iommu_take_dma_ownership', 'group', 'owner'),
  silent('__iommu_release_dma_ownership', 'group'),
  plain('iommu_device_claim_dma_owner', 'dev', 'owner'),
  silent('iommu_device_release_dma_owner', 'dev'),
  plain('iommu_attach_group_handle', 'domain', 'group', 'handle'),
  silent('iommu_detach_group_handle', 'domain', 'group'),
  plain('iommu_replace_group_handle', 'group', 'new_domain', 'handle'),
  {
    ...plain('iommu_attach_device_pasid', 'domain', 'dev', 'pasid', 'handle'),
    args: [given('domain'), given('dev'), pasid, given('handle')],
  },
  {
    ...silent('iommu_detach_device_pasid', 'domain', 'dev', 'pasid'),
    args: [given('domain'), given('dev'), pasid],
  },
];

/** V3 of 2020 passes the previous domain along; the group mutex is its caller's. */
export const adaptersV3: readonly Adapter[] = [...adapters2020, plain('iommu_change_dev_def_domain', 'dev', 'group', 'prev_dom', 'type')];

export const adaptersMerged: readonly Adapter[] = [...adapters2020, plain('iommu_change_dev_def_domain', 'group', 'prev_dev', 'type')];
