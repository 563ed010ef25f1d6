// Linux 6.12 (the stable tree 6.12.117 of Debian).

import { actors, queues } from '../calls/actors.ts';
import { core612 } from '../calls/core612.ts';
import { driverCore } from '../calls/driverCore.ts';
import { driverOps } from '../calls/driverOps.ts';
import { iommufdForms } from '../calls/iommufd/commands.ts';
import { iommufd } from '../calls/iommufd/iommufd.ts';
import { enablePasid, lookups } from '../calls/lookups.ts';
import { sva612 } from '../calls/sva.ts';
import { writeType } from '../calls/typeStore.ts';
import { vfio } from '../calls/vfio.ts';
import type { Era } from './era.ts';
import { actionsOf } from './era.ts';

const vfioOptions = { source: '612:', deviceSetOutside: false, cdev: true, closeNeedsDeviceLock: false } as const;

const procedures = [
  ...driverOps(),
  ...core612(),
  writeType,
  ...driverCore({
    ownershipHook: true,
    bindTakesGroupMutex: false,
    removedUnderDeviceLock: false,
    dmaOpsAtBind: false,
    vfio: true,
    cdxDropsError: true,
  }),
  ...lookups('612:'),
  ...enablePasid('612:', true),
  ...sva612(),
  ...vfio(vfioOptions),
  ...iommufd(),
  ...actors(),
  ...queues(),
];

export const v612: Era = {
  id: 'v6.12',
  title: 'Linux 6.12',
  evidence: 'drivers/iommu/iommu.c, iommu-sva.c, drivers/vfio, drivers/base/dd.c of 6.12.117',
  procedures,
  actions: actionsOf(procedures, { alloc: 'iommu_paging_domain_alloc', domain_alloc: 'iommu_paging_domain_alloc' }),
  forms: iommufdForms,
  switches: {
    sva_disabled_on_x86: true,
    counts_owners: true,
    probe_defer_without_default_domain: true,
    pasids_of_groups: true,
    pasid_skip_non_pasid_members: true,
  },
  variants: {
    'close-needs-device-lock': {
      title: 'a user cannot close without the device_lock that the unbind holds',
      procedures: vfio({ ...vfioOptions, closeNeedsDeviceLock: true }),
    },
  },
};
