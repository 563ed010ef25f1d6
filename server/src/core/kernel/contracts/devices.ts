// Contracts of the driver core and of shared virtual addressing, as far as IOMMU code calls them.

import {
  allEras,
  conflict,
  deviceLock,
  fromDriver,
  groupMutexOfDevice,
  missing,
  neverValid,
  resource,
  row,
  trees,
  unsupported,
  type ContractLock,
  type ContractRow,
} from './row.ts';

const iommuC = 'drivers/iommu/iommu.c, Linux 6.1 and 6.12';
const iommuC61 = 'drivers/iommu/iommu.c, Linux 6.1';
const iommuC612 = 'drivers/iommu/iommu.c, Linux 6.12';
const dd = 'drivers/base/dd.c, Linux 6.1 and 6.12';

const svaLock: ContractLock = { lock: 'sva-lock', argument: null, path: 'iommu_sva_lock' };

function mmapLock(argument: number): ContractLock {
  return { lock: 'mmap-lock', argument, path: '->mmap_lock' };
}

export const deviceContracts: readonly ContractRow[] = [
  row({
    name: 'device_is_bound',
    eras: allEras,
    scope: 'device',
    returns: 'value',
    locks: { requires: [deviceLock(0)] },
    effect: 'true once probe succeeded; false while it runs',
    source: dd,
  }),
  row({
    name: 'device_bind_driver',
    eras: allEras,
    scope: 'device',
    returns: 'errno',
    locks: { requires: [deviceLock(0)] },
    errors: [fromDriver],
    effect: "binds without probe and without the bus's DMA hook",
    source: dd,
  }),
  row({
    name: 'really_probe',
    eras: trees,
    scope: 'device',
    returns: 'errno',
    locks: { requires: [deviceLock(0)], aroundCallback: [deviceLock(0)] },
    errors: [
      { code: '-EPROBE_DEFER', class: 'defer', when: 'probing is blocked, or a supplier is missing' },
      conflict('-EBUSY', 'managed resources are left from before'),
      fromDriver,
    ],
    effect: 'sets dev->driver, then calls the DMA hook of the bus, then the probe of the driver',
    source: dd,
  }),
  row({
    name: 'iommu_probe_device',
    eras: trees,
    scope: 'device',
    stateOf: 'group',
    returns: 'errno',
    locks: {
      takes: [{ lock: 'probe-device-lock', argument: null, path: 'iommu_probe_device_lock' }, groupMutexOfDevice(0)],
    },
    errors: [missing('no IOMMU for the device'), resource('no memory'), fromDriver],
    effect: 'the device joins or creates its group and gets its domain',
    pair: 'iommu_release_device',
    source: iommuC,
  }),
  row({
    name: 'iommu_release_device',
    eras: trees,
    scope: 'device',
    stateOf: 'group',
    returns: 'void',
    locks: { takes: [groupMutexOfDevice(0)] },
    effect: 'the device leaves its group and its IOMMU',
    source: iommuC,
  }),
];

/** Hooks of the buses that run inside of really_probe() and of the release, with the device lock held. */
export const busContracts: readonly ContractRow[] = ['pci', 'platform', 'amba', 'fsl_mc', 'cdx'].flatMap((bus) => {
  const eras = bus === 'cdx' ? (['v6.12'] as const) : trees;
  return [
    row({
      name: `${bus}_dma_configure`,
      eras,
      scope: 'device',
      stateOf: 'group',
      returns: 'errno',
      locks: { requires: [deviceLock(0)] },
      errors: [
        { code: '-EPROBE_DEFER', class: 'defer', when: 'the firmware tables ask for it, or the group has no default domain yet' },
        conflict('-EBUSY', 'the group is owned by a user'),
      ],
      effect: 'sets up DMA by the firmware tables, then counts the driver on the group unless it manages DMA itself',
      pair: `${bus}_dma_cleanup`,
      source: 'drivers/pci, drivers/base/platform.c, drivers/amba, drivers/bus/fsl-mc and drivers/cdx, Linux 6.1 and 6.12',
    }),
    row({
      name: `${bus}_dma_cleanup`,
      eras,
      scope: 'device',
      stateOf: 'group',
      returns: 'void',
      locks: { requires: [deviceLock(0)] },
      effect: 'counts the driver off the group unless it manages DMA itself',
      source: 'drivers/pci, drivers/base/platform.c, drivers/amba, drivers/bus/fsl-mc and drivers/cdx, Linux 6.1 and 6.12',
    }),
  ];
});

export const svaContracts: readonly ContractRow[] = [
  row({
    name: 'iommu_sva_bind_device',
    eras: ['sva-2018'],
    scope: 'device',
    returns: 'errno',
    errors: [unsupported('the device cannot share address spaces', '-ENODEV')],
    effect: 'a bond between device and process, or one more use of it',
    pair: 'iommu_sva_unbind_device',
    groupVariant: 'iommu_sva_bind_group',
    source: 'https://lore.kernel.org/linux-iommu/ (shared virtual addressing, 2018)',
  }),
  row({
    name: 'iommu_sva_bind_device',
    eras: ['v6.1'],
    scope: 'device',
    returns: 'pointer-or-error',
    // The driver registers an MMU notifier below the mutex.
    locks: { takes: [groupMutexOfDevice(0)], mustNotHold: [mmapLock(1)] },
    errors: [missing('no op or no group'), neverValid('the group has more than one member'), fromDriver],
    effect: 'a handle for the bond of device and process',
    pair: 'iommu_sva_unbind_device',
    source: 'drivers/iommu/iommu.c, Linux 6.1',
  }),
  row({
    name: 'iommu_sva_bind_device',
    eras: ['v6.12'],
    scope: 'device',
    returns: 'pointer-or-error',
    locks: { takes: [svaLock, groupMutexOfDevice(0)], mustNotHold: [mmapLock(1)] },
    errors: [
      missing('no group'),
      conflict('-EBUSY', 'the process cannot share its address space with this device, or the PASID holds another domain'),
      resource('no memory'),
      resource('no PASID left', '-ENOSPC'),
      fromDriver,
    ],
    effect: 'a counted handle for the bond of device and process',
    pair: 'iommu_sva_unbind_device',
    source: 'drivers/iommu/iommu-sva.c, Linux 6.12',
  }),
  row({
    name: 'iommu_sva_unbind_device',
    eras: ['v6.1'],
    scope: 'device',
    returns: 'void',
    effect: 'drops the bond; takes the mutex of the group of the handle',
    source: iommuC61,
  }),
  row({
    name: 'iommu_sva_unbind_device',
    eras: ['v6.12'],
    scope: 'device',
    returns: 'void',
    locks: { takes: [svaLock] },
    effect: 'drops one use of the bond, and the bond with the last',
    source: 'drivers/iommu/iommu-sva.c, Linux 6.12',
  }),
  row({
    name: 'iommu_sva_bind_group',
    eras: ['sva-2018'],
    scope: 'group',
    returns: 'errno',
    errors: [unsupported('a member cannot share address spaces', '-ENODEV')],
    effect: 'a bond for each member; what succeeded before a failure must be undone',
    pair: 'iommu_sva_unbind_group',
    source: 'https://lore.kernel.org/linux-iommu/ (shared virtual addressing, 2018)',
  }),
  row({
    name: 'iommu_dev_enable_feature',
    eras: ['v6.1', 'v6.12'],
    scope: 'device',
    returns: 'errno',
    errors: [unsupported('the driver does not know the feature', '-ENODEV'), fromDriver],
    effect: 'the feature is on; the I/O page fault feature comes before shared addressing',
    pair: 'iommu_dev_disable_feature',
    source: iommuC612,
  }),
  row({
    name: 'iommu_dev_disable_feature',
    eras: trees,
    scope: 'device',
    returns: 'errno',
    errors: [conflict('-EBUSY', 'the driver does not know the feature, or it is in use'), fromDriver],
    effect: 'the feature is off; shared addressing goes before the I/O page fault feature',
    source: iommuC612,
  }),
  row({
    name: 'iommu_sva_get_pasid',
    eras: trees,
    scope: 'device',
    returns: 'value',
    effect: 'the PASID of a handle; an invalid one where the driver cannot tell',
    source: iommuC612,
  }),
  row({
    name: 'iommu_sva_unbind_device',
    eras: ['sva-2018'],
    scope: 'device',
    returns: 'errno',
    effect: 'drops one use of the bond; called as often as the bond was asked for',
    source: 'https://lore.kernel.org/linux-iommu/ (shared virtual addressing, 2018)',
  }),
  row({
    name: 'iommu_sva_unbind_group',
    eras: ['sva-2018'],
    scope: 'group',
    returns: 'errno',
    effect: 'drops one use of the bond of each member',
    source: 'https://lore.kernel.org/linux-iommu/ (shared virtual addressing, 2018)',
  }),
  row({
    name: 'iommu_attach_device_pasid',
    eras: ['v6.12'],
    scope: 'device',
    stateOf: 'group',
    returns: 'errno',
    locks: { takes: [groupMutexOfDevice(1)] },
    errors: [
      unsupported('the driver has no op for PASIDs'),
      missing('no group'),
      neverValid('PASID 0, out of range, or a domain of another driver'),
      conflict('-EBUSY', 'the PASID is in use'),
      resource('no memory'),
      fromDriver,
    ],
    effect: 'every member that can use PASIDs gets the domain for this one',
    pair: 'iommu_detach_device_pasid',
    source: iommuC612,
  }),
  row({
    name: 'iommu_detach_device_pasid',
    eras: ['v6.12'],
    scope: 'device',
    stateOf: 'group',
    returns: 'void',
    locks: { takes: [groupMutexOfDevice(1)] },
    effect: 'every member loses the domain of this PASID',
    source: iommuC612,
  }),
  row({
    name: 'pci_enable_pasid',
    eras: ['v6.1', 'v6.12'],
    scope: 'device',
    returns: 'errno',
    errors: [conflict('-EBUSY', 'enabled already'), neverValid('no capability, no prefix support on the path, or an unknown feature')],
    effect: 'enables PASIDs of a PCI function',
    pair: 'pci_disable_pasid',
    source: 'drivers/pci/ats.c, Linux 6.1 and 6.12',
  }),
];
