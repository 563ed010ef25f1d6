// What stands around the kernel's calls in a scenario: other holders of references, readers without a lock, character drivers, DMA.

import type { Procedure } from '../machine/code.ts';
import { act, call, give, lock, procedure, unlock } from '../machine/code.ts';
import { derefUnlocked } from '../invariants/I8.ts';
import { reaches } from '../world/topology.ts';
import { local, lockDevice, unlockDevice } from './terms.ts';

export function actors(): Procedure[] {
  return [
    procedure('group_hold', ['group'], 'another holder of a group reference (an open file, VFIO)', [
      act('mutate', 'another reference of {group} taken', (c) => {
        c.set(c.o('group'), 'refs', c.count(c.o('group'), 'refs') + 1);
        c.set(c.o('group'), 'other_holders', c.count(c.o('group'), 'other_holders') + 1);
      }),
      give(0),
    ]),
    procedure('group_drop', ['group'], 'the other holder lets go', [
      act('mutate', 'other holder of {group} lets go', (c) =>
        c.set(c.o('group'), 'other_holders', c.count(c.o('group'), 'other_holders') - 1),
      ),
      call('iommu_group_put', [local('group')]),
      give(0),
    ]),
    procedure('read_default_domain', ['group'], 'unlocked readers: iommu_get_dma_domain, iommu_group_default_domain', [
      act('read', 'default domain of {group}, without the mutex', (c) => c.put('domain', c.ref(c.o('group'), 'default_domain'))),
      act('read', 'type of {domain}', (c) => {
        const domain = c.v('domain');
        derefUnlocked(c, typeof domain === 'string' ? domain : null);
      }),
      give(0),
    ]),
    procedure('lock_both_devices', ['first', 'second'], 'another subsystem with two device_locks', [
      lockDevice('first'),
      lockDevice('second'),
      unlockDevice('second'),
      unlockDevice('first'),
      give(0),
    ]),
    procedure('dma', ['dev', 'mm'], 'a transaction of the device under the PASID of a process', [
      act('read', 'translation of {dev} for {mm}', (c) => {
        const pasid = c.get(c.o('mm'), 'pasid');
        c.put(
          'there',
          !c.flag(c.o('mm'), 'exited') &&
            typeof pasid === 'number' &&
            c.list(c.o('dev'), 'pasids').some((entry) => entry.startsWith(`${pasid}=`)),
        );
      }),
      give((c) => (c.v('there') === true ? 0 : '-EFAULT')),
    ]),
    procedure('reaches', ['from', 'to'], 'routing of requests between devices', [
      give((c) => (reaches(c, c.o('from'), c.o('to')) ? 1 : 0)),
    ]),
  ];
}

/** A character driver with a queue that a process maps and closes, where a process can be bound to a device. */
export function queues(): Procedure[] {
  return [
    procedure('queue_mmap', ['queue', 'mm'], 'mmap of a queue: mmap_lock, then the lock of the driver', [
      lock((c) => `${c.o('mm')}.mmap_lock`),
      lock((c) => `${c.o('queue')}.lock`),
      unlock((c) => `${c.o('queue')}.lock`),
      unlock((c) => `${c.o('mm')}.mmap_lock`),
      give(0),
    ]),
    procedure('queue_release', ['queue', 'handle'], 'release of a queue: the lock of the driver around the unbind', [
      lock((c) => `${c.o('queue')}.lock`),
      call('iommu_sva_unbind_device', [local('handle')]),
      unlock((c) => `${c.o('queue')}.lock`),
      give(0),
    ]),
  ];
}
