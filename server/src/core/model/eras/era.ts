// An era: which procedures stand behind the names, what the neutral actions map to, and the switches of the tree.

import type { CallForm } from '../calls/form.ts';
import type { Procedure } from '../machine/code.ts';
import type { Value } from '../machine/names.ts';

export interface Era {
  readonly id: string;
  readonly title: string;
  /** The tree or the mail that the tables were read in. */
  readonly evidence: string;
  readonly procedures: readonly Procedure[];
  /** Neutral action to procedure of this era; an action that is missing does not exist here. */
  readonly actions: Readonly<Record<string, string>>;
  /** How calls are written whose arguments are not simply those of their procedure. */
  readonly forms?: Readonly<Record<string, CallForm>>;
  /** Cells of `world` that the era sets: departures of the stable trees, options of the build. */
  readonly switches: Readonly<Record<string, Value>>;
  /** Named what-if forms of the code: procedures that replace those of the era, and switches. */
  readonly variants: Readonly<Record<string, EraVariant>>;
}

export interface EraVariant {
  readonly title: string;
  readonly procedures: readonly Procedure[];
  readonly switches?: Readonly<Record<string, Value>>;
}

/** Actions that mean the same call in every era with that call. */
const COMMON_ACTIONS: Readonly<Record<string, string>> = {
  attach: 'iommu_attach_device',
  detach: 'iommu_detach_device',
  attach_group: 'iommu_attach_group',
  detach_group: 'iommu_detach_group',
  bind: 'driver_attach',
  unbind: 'driver_detach',
  bind_past_probe: 'device_bind_driver',
  hot_add: 'device_add',
  unplug: 'device_del',
  write_type: 'write_type',
  free: 'iommu_domain_free',
  domain_free: 'iommu_domain_free',
  hold: 'group_hold',
  drop: 'group_drop',
  group_get: 'iommu_group_get',
  group_put: 'iommu_group_put',
  owner_claimed: 'iommu_group_dma_owner_claimed',
  get_domain: 'iommu_get_domain_for_dev',
  claim: 'iommu_group_claim_dma_owner',
  release: 'iommu_group_release_dma_owner',
  device_claim: 'iommu_device_claim_dma_owner',
  device_release: 'iommu_device_release_dma_owner',
  use: 'iommu_device_use_default_domain',
  unuse: 'iommu_device_unuse_default_domain',
  open: 'open',
  close: 'close',
  open_group: 'vfio_group_fops_open',
  close_group: 'vfio_group_fops_release',
  set_container: 'vfio_group_set_container',
  unset_container: 'vfio_group_unset_container',
  get_status: 'vfio_group_get_status',
  get_device_fd: 'vfio_get_device_fd',
  set_iommu: 'vfio_set_iommu',
  sva_bind: 'iommu_sva_bind_device',
  sva_unbind: 'iommu_sva_unbind_device',
  sva_pasid: 'iommu_sva_get_pasid',
  enable_feature: 'iommu_dev_enable_feature',
  attach_pasid: 'iommu_attach_device_pasid',
  detach_pasid: 'iommu_detach_device_pasid',
  iommufd_bind: 'iommufd_device_bind',
  iommufd_unbind: 'iommufd_device_unbind',
  iommufd_attach: 'iommufd_device_attach',
  iommufd_replace: 'iommufd_device_replace',
  iommufd_detach: 'iommufd_device_detach',
  access_attach: 'iommufd_access_attach',
  access_replace: 'iommufd_access_replace',
  access_detach: 'iommufd_access_detach',
  access_destroy: 'iommufd_access_destroy',
  cdev_bind: 'vfio_df_ioctl_bind_iommufd',
  cdev_attach: 'vfio_df_ioctl_attach_pt',
  cdev_detach: 'vfio_df_ioctl_detach_pt',
  cdev_close: 'vfio_df_close',
  mm_exit: 'exit_mmap',
  dma: 'dma',
};

/** The neutral actions that an era's procedures can carry. */
export function actionsOf(procedures: readonly Procedure[], own: Readonly<Record<string, string>> = {}): Record<string, string> {
  const names = new Set(procedures.map((procedure) => procedure.name));
  const actions: Record<string, string> = {};
  for (const [action, name] of Object.entries({ ...COMMON_ACTIONS, ...own })) if (names.has(name)) actions[action] = name;
  return actions;
}

/** Procedures of a list with some replaced by others of the same name; new ones are added. */
export function override(base: readonly Procedure[], changes: readonly Procedure[]): Procedure[] {
  const byName = new Map(base.map((procedure) => [procedure.name, procedure]));
  for (const change of changes) byName.set(change.name, change);
  return [...byName.values()];
}
