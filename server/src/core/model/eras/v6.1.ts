// Linux 6.1 (the stable tree 6.1.192 of Debian).

import { actors, queues } from '../calls/actors.ts';
import { own61, shared61 } from '../calls/core61.ts';
import { driverCore } from '../calls/driverCore.ts';
import { driverOps } from '../calls/driverOps.ts';
import { sva61 } from '../calls/sva.ts';
import { bindGroup } from '../calls/svaProposals.ts';
import { enablePasid, lookups } from '../calls/lookups.ts';
import { typeStore, writeType } from '../calls/typeStore.ts';
import { vfio } from '../calls/vfio.ts';
import type { Era } from './era.ts';
import { actionsOf } from './era.ts';

const tree = '61:';
const vfioOptions = { source: tree, deviceSetOutside: true, cdev: false, closeNeedsDeviceLock: false } as const;
const store = {
  source: `${tree} drivers/iommu/iommu.c`,
  defaultDomainFirst: true,
  flushQueue: true,
  getDevice: true,
  helper: 'merged',
} as const;

const procedures = [
  ...driverOps(),
  ...shared61(tree, true),
  ...own61(),
  ...typeStore(store),
  writeType,
  ...driverCore({
    ownershipHook: true,
    bindTakesGroupMutex: false,
    removedUnderDeviceLock: false,
    dmaOpsAtBind: true,
    vfio: true,
    cdxDropsError: false,
  }),
  ...lookups(tree),
  ...enablePasid(tree, false),
  ...sva61(),
  ...vfio(vfioOptions),
  ...actors(),
  ...queues(),
];

export const v61: Era = {
  id: 'v6.1',
  title: 'Linux 6.1',
  evidence: 'drivers/iommu/iommu.c, drivers/vfio, drivers/base/dd.c of 6.1.192',
  procedures,
  actions: actionsOf(procedures, { alloc: 'iommu_domain_alloc', domain_alloc: 'iommu_domain_alloc' }),
  switches: { sva_disabled_on_x86: true, counts_owners: true },
  variants: {
    'bind-group': { title: 'the group-wide SVA bind that was proposed in 2018', procedures: bindGroup() },
    'first-unbind-ends': {
      title: 'the first unbind ends the bond, as proposed in between in 2018',
      procedures: [],
      switches: { first_unbind_ends: true },
    },
    'close-needs-device-lock': {
      title: 'a user cannot close without the device_lock that the unbind holds',
      procedures: vfio({ ...vfioOptions, closeNeedsDeviceLock: true }),
    },
    'removed-under-device-lock': {
      title: 'REMOVED is sent with device_lock held',
      procedures: driverCore({
        ownershipHook: true,
        bindTakesGroupMutex: false,
        removedUnderDeviceLock: true,
        dmaOpsAtBind: true,
        vfio: true,
        cdxDropsError: false,
      }),
    },
  },
};
