// Tests that ask for a state or for the form of a request, and what the kernel answers to each. Data for rules about error codes.

import { allEras } from './row.ts';
import type { EraId } from '../eras.ts';

/**
 * How a test looks in C. `call`: the call's result is non-zero; `empty`: the container that the call is asked about is not empty;
 * `field`: a field is non-zero or not NULL; `differ`: two fields of one object are not equal. `struct` names the type of the object
 * that has the field; `distinct` says that no other kernel structure has a field of this name, so that the object's type need not be known.
 */
export type ConditionForm =
  | { readonly kind: 'call'; readonly name: string }
  | { readonly kind: 'empty'; readonly call: string; readonly struct: string; readonly field: string; readonly distinct: boolean }
  | { readonly kind: 'field'; readonly struct: string; readonly field: string; readonly distinct: boolean }
  | { readonly kind: 'differ'; readonly struct: string; readonly fields: readonly [string, string]; readonly distinct: boolean };

export interface ConditionContract {
  readonly form: ConditionForm;
  readonly eras: readonly EraId[];
  /** What holds where the test is true: "a driver is bound to the device". */
  readonly means: string;
  /** Codes that fit, the usual one first. */
  readonly answers: readonly string[];
  readonly source: string;
}

const ownerEras: readonly EraId[] = ['owner-merged', 'v6.1', 'v6.12'];
const groupC = 'drivers/iommu/iommu.c, Linux 6.1 and 6.12';

/** The request is right and the moment is wrong. -EINVAL tells the caller never to try again. */
export const stateConflicts: readonly ConditionContract[] = [
  {
    form: { kind: 'call', name: 'device_is_bound' },
    eras: allEras,
    means: 'a driver is bound to the device',
    answers: ['-EBUSY'],
    source: 'iommu_group_store_type(), Linux 6.1',
  },
  {
    form: { kind: 'field', struct: 'device', field: 'driver', distinct: false },
    eras: allEras,
    means: 'the device has a driver',
    answers: ['-EBUSY'],
    source: 'device_bind_driver() and bus attributes, drivers/base, Linux 6.12',
  },
  {
    form: { kind: 'call', name: 'pci_dev_driver' },
    eras: allEras,
    means: 'the PCI function has a driver',
    answers: ['-EBUSY'],
    source: 'drivers/pci, Linux 6.12',
  },
  {
    form: { kind: 'differ', struct: 'iommu_group', fields: ['domain', 'default_domain'], distinct: true },
    eras: allEras,
    means: 'another domain than the default one is attached to the group',
    answers: ['-EBUSY'],
    source: '__iommu_attach_group() and iommu_change_dev_def_domain(), Linux 6.1',
  },
  {
    form: { kind: 'field', struct: 'iommu_group', field: 'owner_cnt', distinct: true },
    eras: ['owner-v1-2021-11', 'owner-v2v3-2021-12', ...ownerEras],
    means: 'the group is owned or used',
    answers: ['-EBUSY', '-EPERM'],
    source: groupC,
  },
  {
    form: { kind: 'field', struct: 'iommu_group', field: 'owner', distinct: false },
    eras: ownerEras,
    means: 'the group has an owner',
    answers: ['-EBUSY', '-EPERM'],
    source: groupC,
  },
  {
    form: { kind: 'field', struct: 'iommu_group', field: 'dma_owner', distinct: true },
    eras: ['owner-v1-2021-11', 'owner-v2v3-2021-12'],
    means: 'the group has an owner',
    answers: ['-EBUSY', '-EPERM'],
    source: 'DMA ownership proposals, November and December 2021',
  },
  {
    form: { kind: 'call', name: 'iommu_group_dma_owner_claimed' },
    eras: ownerEras,
    means: 'the group is owned or used',
    answers: ['-EBUSY', '-EPERM'],
    source: groupC,
  },
  {
    form: { kind: 'empty', call: 'xa_empty', struct: 'iommu_group', field: 'pasid_array', distinct: true },
    eras: ['v6.12'],
    means: 'a PASID of the group is attached',
    answers: ['-EBUSY'],
    source: 'iommu_group_claim_dma_owner(), Linux 6.12',
  },
  {
    form: { kind: 'field', struct: 'vfio_group', field: 'opened_file', distinct: true },
    eras: ['owner-merged', 'v6.1', 'v6.12'],
    means: 'the group file is open already',
    answers: ['-EBUSY'],
    source: 'vfio_group_fops_open(), Linux 6.12',
  },
  {
    form: { kind: 'field', struct: 'vfio_group', field: 'cdev_device_open_cnt', distinct: true },
    eras: ['v6.12'],
    means: 'a device of the group is open by its own file',
    answers: ['-EBUSY'],
    source: 'vfio_group_fops_open(), Linux 6.12',
  },
];

/** Requests that no moment makes right: -EBUSY tells the caller to try again, for ever. */
export interface NeverValidContract {
  /** `null-argument`: a pointer argument is NULL; `unknown-flags`: bits outside a mask are set. */
  readonly form: 'null-argument' | 'unknown-flags';
  readonly means: string;
  readonly answers: readonly string[];
  readonly source: string;
}

export const neverValid: readonly NeverValidContract[] = [
  {
    form: 'null-argument',
    means: 'an argument is missing',
    answers: ['-EINVAL'],
    source: 'iommu_group_replace_domain() and iommu_group_claim_dma_owner(), Linux 6.12',
  },
  {
    form: 'unknown-flags',
    means: 'a flag is set that does not exist',
    answers: ['-EINVAL', '-EOPNOTSUPP'],
    source: 'vfio_df_ioctl_bind_iommufd(), Linux 6.12',
  },
];

/** A field that names the owner, compared with the caller's own token (`group->owner != owner`). */
export interface OwnerTokenContract {
  readonly struct: string;
  readonly field: string;
  readonly eras: readonly EraId[];
  readonly means: string;
  readonly answers: readonly string[];
  readonly source: string;
}

export const ownerTokens: readonly OwnerTokenContract[] = [
  {
    struct: 'iommu_group',
    field: 'owner',
    eras: ownerEras,
    means: 'the group belongs to another owner',
    answers: ['-EPERM', '-EBUSY'],
    source: groupC,
  },
  {
    struct: 'iommu_group',
    field: 'dma_owner',
    eras: ['owner-v1-2021-11', 'owner-v2v3-2021-12'],
    means: 'the group has another kind of owner',
    answers: ['-EBUSY', '-EPERM'],
    source: 'DMA ownership proposals, November and December 2021',
  },
  {
    struct: 'iommu_group',
    field: 'owner_cookie',
    eras: ['owner-v2v3-2021-12'],
    means: 'the group belongs to another owner',
    answers: ['-EBUSY', '-EPERM'],
    source: 'DMA ownership proposal, December 2021',
  },
  {
    struct: 'iommu_group',
    field: 'owner_user_file',
    eras: ['owner-v1-2021-11'],
    means: 'the group belongs to another file',
    answers: ['-EPERM', '-EBUSY'],
    source: 'DMA ownership proposal, November 2021',
  },
];
