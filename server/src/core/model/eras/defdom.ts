// The change of the default domain through sysfs: the posted V3 of May 2020 and the form that was merged (v5.11), on the core of 2020.

import { actors } from '../calls/actors.ts';
import { own2020, shared61 } from '../calls/core61.ts';
import type { DriverCoreOptions } from '../calls/driverCore.ts';
import { driverCore } from '../calls/driverCore.ts';
import { driverOps } from '../calls/driverOps.ts';
import { lookups } from '../calls/lookups.ts';
import type { TypeStoreOptions } from '../calls/typeStore.ts';
import { typeStore, writeType } from '../calls/typeStore.ts';
import type { Era, EraVariant } from './era.ts';
import { actionsOf, override } from './era.ts';

const posted: TypeStoreOptions = {
  source: 'V3 1/3 (2020-05-28): drivers/iommu/iommu.c',
  defaultDomainFirst: false,
  flushQueue: false,
  getDevice: false,
  helper: 'v3',
};
const mergedForm: TypeStoreOptions = {
  source: 'V10 (merged in v5.11): drivers/iommu/iommu.c',
  defaultDomainFirst: false,
  flushQueue: false,
  getDevice: true,
  helper: 'merged',
};
const core: DriverCoreOptions = {
  ownershipHook: false,
  bindTakesGroupMutex: false,
  removedUnderDeviceLock: false,
  dmaOpsAtBind: false,
  vfio: false,
  cdxDropsError: false,
};

const base = [...driverOps(), ...shared61('2020:', false), ...own2020(), writeType, ...driverCore(core), ...lookups('2020:'), ...actors()];
const store = (changes: Partial<TypeStoreOptions>, form: TypeStoreOptions, title: string): EraVariant => ({
  title,
  procedures: typeStore({ ...form, ...changes }),
});
const bindLocks: EraVariant = {
  title: 'a bind takes the group mutex under device_lock',
  procedures: driverCore({ ...core, bindTakesGroupMutex: true }),
};

function variantsOf(form: TypeStoreOptions): Readonly<Record<string, EraVariant>> {
  const mutated = store({ groupThenDevice: true, helper: 'v3' }, form, 'the refused order: group mutex, then device_lock');
  return {
    'bind-takes-group-mutex': bindLocks,
    'removed-under-device-lock': {
      title: 'REMOVED is sent with device_lock held, as the comment of V3 says',
      procedures: driverCore({ ...core, removedUnderDeviceLock: true }),
    },
    'group-then-device': { title: mutated.title, procedures: [...mutated.procedures, ...bindLocks.procedures] },
    'group-then-device-and-removed-under-device-lock': {
      title: 'the refused order, and REMOVED sent with device_lock held',
      procedures: [...mutated.procedures, ...driverCore({ ...core, removedUnderDeviceLock: true })],
    },
    'all-device-locks': store({ allDeviceLocks: true }, form, 'the device_locks of all members, in list order'),
    'finalize-under-mutex': {
      ...store({ finalizeUnderMutex: true }, form, 'probe_finalize with the mutex held, and a driver that re-enters the core'),
      switches: { finalize_reenters_core: true },
    },
    'finalize-reenters': {
      title: 'a driver whose probe_finalize re-enters the core',
      procedures: [],
      switches: { finalize_reenters_core: true },
    },
    'get-device': store({ getDevice: true }, form, 'only get_device added'),
    'shorthand-1': store({ resolution: 'shorthand-1' }, form, "the review's first shorthand: no type for auto"),
    'shorthand-2': store({ resolution: 'shorthand-2' }, form, "the review's second shorthand: no validation"),
  };
}

function era(id: string, title: string, evidence: string, form: TypeStoreOptions): Era {
  const procedures = override(base, typeStore(form));
  return {
    id,
    title,
    evidence,
    procedures,
    actions: actionsOf(procedures, { alloc: 'iommu_domain_alloc', domain_alloc: 'iommu_domain_alloc' }),
    switches: { counts_owners: false },
    variants: variantsOf(form),
  };
}

export const defdom2020v3 = era(
  'defdom-2020-v3',
  'default-domain change, V3 as posted',
  'the mail of 2020-05-28 on the core of v5.7',
  posted,
);
export const defdomMerged = era('defdom-merged', 'default-domain change, as merged in v5.11', 'V10 (2020-11-24)', mergedForm);
