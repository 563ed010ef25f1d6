// Legacy VFIO: the group file, its container, device files, and the driver's (un)registration.
// [61: drivers/vfio/vfio_main.c, container.c; 612: drivers/vfio/group.c, vfio_main.c, container.c]
//
// `G.vfio` is struct vfio_group of G, `container_u` the container that user u opened. The model's `open` is what a user does to get
// a device: open the group file, SET_CONTAINER, SET_IOMMU, GET_DEVICE_FD; `close` closes the device and, with the last one, the rest.

import type { Cpu } from '../machine/cpu.ts';
import type { Procedure, Statement } from '../machine/code.ts';
import { act, call, give, lock, procedure, set, unlock, wait, when } from '../machine/code.ts';
import { allocGroup } from './groups.ts';
import { holdGroup } from './references.ts';
import { failed, fallible, isError, local, lockNamed, unlockNamed } from './terms.ts';

export interface VfioOptions {
  readonly source: string;
  /** v6.1: dev_set.lock, then group_lock. v6.12: the other way round. */
  readonly deviceSetOutside: boolean;
  /** v6.12: a group whose devices are bound through their own files cannot be opened. */
  readonly cdev: boolean;
  /** What-if: closing needs the device_lock that the unregistering driver holds. */
  readonly closeNeedsDeviceLock: boolean;
}

const vfioOf = (c: Cpu): string => `${c.o('group')}.vfio`;
const lockVfio = lock((c) => `${c.o('group')}.group_lock`);
const unlockVfio = unlock((c) => `${c.o('group')}.group_lock`);
const lockSet = lock((c) => `${c.o('dev')}.dev_set`);
const unlockSet = unlock((c) => `${c.o('dev')}.dev_set`);
const container = (c: Cpu): string => `container_${c.o('user')}`;
const lockContainer = lock((c) => `${container(c)}.group_lock`);
const unlockContainer = unlock((c) => `${container(c)}.group_lock`);
const isReal = (c: Cpu): boolean => c.get(vfioOf(c), 'type') === 'IOMMU';
const isNoiommu = (c: Cpu): boolean => c.get(vfioOf(c), 'type') === 'NO_IOMMU';
const without = (list: readonly string[], name: string): string[] => list.filter((other) => other !== name);

export function vfio(options: VfioOptions): Procedure[] {
  const { source } = options;
  return [
    ...registration(options),
    procedure('vfio_group_fops_open', ['group', 'user'], `${source} vfio_group_fops_open`, [
      lockVfio,
      act('check', '{group} can be opened?', (c) => {
        const group = vfioOf(c);
        if (c.count(group, 'drivers') === 0) c.put('ret', '-ENODEV');
        else if (isNoiommu(c) && c.peek('world', 'no_rawio') === true) c.put('ret', '-EPERM');
        else if (c.count(group, 'cdev_device_open_cnt') > 0 || c.ref(group, 'opened_file') !== null) c.put('ret', '-EBUSY');
        else {
          c.put('ret', 0);
          c.set(group, 'opened_file', c.v('user'));
        }
      }),
      unlockVfio,
      give(local('ret')),
    ]),
    procedure('vfio_group_fops_release', ['group', 'user'], `${source} vfio_group_fops_release`, [
      lockVfio,
      when((c) => c.ref(vfioOf(c), 'container') !== null, [call('vfio_group_detach_container', [local('group'), local('user')])]),
      act('mutate', 'group file of {group} closed', (c) => {
        c.set(vfioOf(c), 'opened_file', null);
        c.set(vfioOf(c), 'iommufd', null);
      }),
      unlockVfio,
      give(0),
    ]),
    procedure('vfio_group_set_container', ['group', 'user'], `${source} vfio_group_ioctl_set_container, vfio_container_attach_group`, [
      lockVfio,
      act('check', '{group} without container, and not revoked?', (c) => {
        const group = vfioOf(c);
        if (c.ref(group, 'container') !== null || c.ref(group, 'iommufd') !== null) c.put('ret', '-EINVAL');
        else if (c.ref(group, 'iommu_group') === null) c.put('ret', '-ENODEV');
        else c.put('ret', isNoiommu(c) && c.peek('world', 'no_rawio') === true ? '-EPERM' : 0);
      }),
      when(failed('ret'), [unlockVfio, give(local('ret'))]),
      lockContainer,
      act('check', 'real and fake groups do not mix', (c) => {
        const mixed = c.list(container(c), 'groups').length > 0 && c.flag(container(c), 'noiommu') !== isNoiommu(c);
        c.put('ret', mixed ? '-EPERM' : 0);
      }),
      when((c) => !isError(c.v('ret')) && isReal(c), [call('iommu_group_claim_dma_owner', [local('group'), local('user')], 'ret')]),
      when(
        (c) => !isError(c.v('ret')) && c.flag(container(c), 'iommu_driver') && isReal(c),
        [
          call('type1_attach_group', [local('user'), local('group')], 'ret'),
          when(failed('ret'), [call('iommu_group_release_dma_owner', [local('group')])]),
        ],
      ),
      when(
        (c) => !isError(c.v('ret')),
        [
          act('mutate', '{group} in the container of {user}', (c) => {
            c.set(vfioOf(c), 'container', container(c));
            c.set(vfioOf(c), 'container_users', 1);
            c.set(container(c), 'noiommu', isNoiommu(c));
            c.set(container(c), 'groups', [...c.list(container(c), 'groups'), c.o('group')].sort());
          }),
        ],
      ),
      unlockContainer,
      unlockVfio,
      give(local('ret')),
    ]),
    procedure('vfio_group_unset_container', ['group', 'user'], `${source} vfio_group_ioctl_unset_container`, [
      lockVfio,
      act('check', '{group} has a container without users?', (c) => {
        const group = vfioOf(c);
        if (c.ref(group, 'container') === null && c.ref(group, 'iommufd') === null) c.put('ret', '-EINVAL');
        else c.put('ret', c.ref(group, 'container') !== null && c.count(group, 'container_users') !== 1 ? '-EBUSY' : 0);
      }),
      when(
        (c) => !isError(c.v('ret')) && c.ref(vfioOf(c), 'container') !== null,
        [call('vfio_group_detach_container', [local('group'), local('user')])],
      ),
      when((c) => !isError(c.v('ret')), [act('mutate', 'iommufd of {group} dropped', (c) => c.set(vfioOf(c), 'iommufd', null))]),
      unlockVfio,
      give(local('ret')),
    ]),
    procedure('vfio_group_detach_container', ['group', 'user'], `${source} vfio_group_detach_container`, [
      lockContainer,
      when((c) => c.flag(container(c), 'iommu_driver') && isReal(c), [call('type1_detach_group', [local('user'), local('group')])]),
      when((c) => isReal(c), [call('iommu_group_release_dma_owner', [local('group')])]),
      act('mutate', '{group} leaves the container', (c) => {
        c.set(vfioOf(c), 'container', null);
        c.set(vfioOf(c), 'container_users', 0);
        c.set(container(c), 'groups', without(c.list(container(c), 'groups'), c.o('group')));
        if (c.list(container(c), 'groups').length === 0) c.set(container(c), 'iommu_driver', null);
      }),
      unlockContainer,
      give(null),
    ]),
    procedure('vfio_set_iommu', ['user'], `${source} vfio_ioctl_set_iommu`, [
      lockContainer,
      act('check', 'container with groups and without driver?', (c) =>
        c.put('ret', c.list(container(c), 'groups').length === 0 || c.flag(container(c), 'iommu_driver') ? '-EINVAL' : 0),
      ),
      when(failed('ret'), [unlockContainer, give(local('ret'))]),
      lockNamed('vfio.iommu_drivers_lock'),
      set('group', (c) => c.list(container(c), 'groups')[0] ?? null),
      when((c) => isReal(c), [call('type1_attach_group', [local('user'), local('group')], 'ret')]),
      when(
        (c) => !isError(c.v('ret')),
        [act('mutate', 'type1 drives the container of {user}', (c) => c.set(container(c), 'iommu_driver', true))],
      ),
      unlockNamed('vfio.iommu_drivers_lock'),
      unlockContainer,
      give(local('ret')),
    ]),
    // One domain for each container; the real driver may need several for IOMMUs that differ.
    procedure('type1_attach_group', ['user', 'group'], `${source} vfio_iommu_type1.c vfio_iommu_type1_attach_group`, [
      lock((c) => `${container(c)}.type1`),
      set('domain', (c) => c.ref(container(c), 'domain')),
      when((c) => c.v('domain') === null, [call('iommu_domain_alloc', [() => 'pci'], 'domain')]),
      when((c) => c.v('domain') === null, [unlock((c) => `${container(c)}.type1`), give('-EIO')]),
      call('iommu_attach_group', [local('domain'), local('group')], 'ret'),
      when(
        failed('ret'),
        [when((c) => c.ref(container(c), 'domain') === null, [call('iommu_domain_free', [local('domain')])])],
        [act('mutate', 'domain of the container of {user}', (c) => c.set(container(c), 'domain', c.v('domain')))],
      ),
      unlock((c) => `${container(c)}.type1`),
      give(local('ret')),
    ]),
    procedure('type1_detach_group', ['user', 'group'], `${source} vfio_iommu_type1.c vfio_iommu_type1_detach_group`, [
      lock((c) => `${container(c)}.type1`),
      set('domain', (c) => c.ref(container(c), 'domain')),
      call('iommu_detach_group', [local('domain'), local('group')]),
      when(
        (c) => c.list(container(c), 'groups').length <= 1,
        [call('iommu_domain_free', [local('domain')]), act('mutate', 'no domain left', (c) => c.set(container(c), 'domain', null))],
      ),
      unlock((c) => `${container(c)}.type1`),
      give(null),
    ]),
    ...deviceFiles(options),
    procedure('open', ['dev', 'user'], `${source} what a user does to open a device`, [
      act('read', 'group of {dev}', (c) => c.put('group', c.ref(c.o('dev'), 'group'))),
      when((c) => c.v('group') === null, [give('-ENODEV')]),
      act('read', 'group file of {group} open by {user}?', (c) => c.put('mine', c.ref(vfioOf(c), 'opened_file') === c.v('user'))),
      when(
        (c) => c.v('mine') !== true,
        [
          call('vfio_group_fops_open', [local('group'), local('user')], 'ret'),
          when(failed('ret'), [give(local('ret'))]),
          call('vfio_group_set_container', [local('group'), local('user')], 'ret'),
          when((c) => !isError(c.v('ret')) && !c.flag(container(c), 'iommu_driver'), [call('vfio_set_iommu', [local('user')], 'ret')]),
          when(failed('ret'), [call('vfio_group_fops_release', [local('group'), local('user')]), give(local('ret'))]),
        ],
      ),
      call('vfio_device_open', [local('dev'), local('group'), local('user')], 'ret'),
      when((c) => isError(c.v('ret')) && c.v('mine') !== true, [call('vfio_group_fops_release', [local('group'), local('user')])]),
      give(local('ret')),
    ]),
    procedure('close', ['dev', 'user'], `${source} what a user does to close a device`, [
      act('read', 'group of {dev}', (c) => c.put('group', c.ref(c.o('dev'), 'group'))),
      when((c) => !c.list(c.o('dev'), 'open_by').includes(c.o('user')), [give('-EBADF')]),
      call('vfio_device_close', [local('dev'), local('group'), local('user')]),
      when(
        (c) => c.ref(vfioOf(c), 'opened_file') === c.v('user') && c.count(vfioOf(c), 'container_users') <= 1,
        [call('vfio_group_fops_release', [local('group'), local('user')])],
      ),
      give(0),
    ]),
  ];
}

function registration(options: VfioOptions): Procedure[] {
  const { source } = options;
  return [
    procedure('vfio_register_group_dev', ['dev', 'drv'], `${source} vfio_register_group_dev`, [
      set('group', (c) => c.ref(c.o('dev'), 'group')),
      when(
        (c) => c.v('group') === null && c.peek(c.o('drv'), 'noiommu') === true,
        [
          act('mutate', 'fake group for {dev}', (c) => {
            c.put('group', allocGroup(c, c.o('dev')));
            c.set(c.o('group'), 'fake', true);
          }),
          call('iommu_group_add_device', [local('group'), local('dev')], 'ret'),
          act('mutate', 'VFIO holds {group}', (c) =>
            c.set(vfioOf(c), 'type', c.peek(c.o('drv'), 'emulated') === true ? 'EMULATED_IOMMU' : 'NO_IOMMU'),
          ),
        ],
      ),
      when((c) => c.v('group') === null, [give('-EINVAL')]),
      act('check', '{dev} cache coherent?', (c) => {
        const fake = c.flag(c.o('group'), 'fake');
        c.put('ret', !fake && (c.peek(c.o('dev'), 'not_cache_coherent') === true || !c.flag(c.o('dev'), 'iommu_dev')) ? '-EINVAL' : 0);
      }),
      when(failed('ret'), [give(local('ret'))]),
      lockNamed('vfio.group_lock'),
      act('mutate', '{dev} registered with VFIO', (c) => {
        const group = vfioOf(c);
        const drivers = c.count(group, 'drivers');
        if (drivers === 0) {
          if (!c.flag(c.o('group'), 'fake')) {
            c.set(group, 'type', 'IOMMU');
            holdGroup(c, c.o('group'));
          }
          c.set(group, 'iommu_group', c.v('group'));
        }
        c.set(group, 'drivers', drivers + 1);
        c.set(c.o('dev'), 'vfio_registered', true);
      }),
      unlockNamed('vfio.group_lock'),
      give(0),
    ]),
    procedure('vfio_unregister_group_dev', ['dev'], `${source} vfio_unregister_group_dev`, [
      set('group', (c) => c.ref(c.o('dev'), 'group')),
      act('mutate', '{dev} not offered any more', (c) => c.set(c.o('dev'), 'vfio_registered', null)),
      wait('all users of {dev} closed it', (c) => c.count(c.o('dev'), 'open_count') === 0),
      when((c) => c.flag(c.o('group'), 'fake'), [call('iommu_group_remove_device', [local('dev')])]),
      lockNamed('vfio.group_lock'),
      act('mutate', 'driver of {group} gone', (c) => {
        const left = c.count(vfioOf(c), 'drivers') - 1;
        c.set(vfioOf(c), 'drivers', left);
        c.put('last', left === 0);
      }),
      when((c) => c.v('last') !== true, [unlockNamed('vfio.group_lock'), give(null)]),
      lockVfio,
      set('user', (c) => c.ref(vfioOf(c), 'opened_file')),
      when((c) => c.ref(vfioOf(c), 'container') !== null, [call('vfio_group_detach_container', [local('group'), local('user')])]),
      act('mutate', '{group} revoked', (c) => c.set(vfioOf(c), 'iommu_group', null)),
      unlockVfio,
      unlockNamed('vfio.group_lock'),
      call('iommu_group_put', [local('group')]),
      give(null),
    ]),
  ];
}

function deviceFiles(options: VfioOptions): Procedure[] {
  const { source } = options;
  const outer = options.deviceSetOutside ? lockSet : lockVfio;
  const inner = options.deviceSetOutside ? lockVfio : lockSet;
  const innerOut = options.deviceSetOutside ? unlockVfio : unlockSet;
  const outerOut = options.deviceSetOutside ? unlockSet : unlockVfio;
  const check: Statement = act('check', '{group} has an IOMMU for {dev}?', (c) => {
    const group = vfioOf(c);
    if (!c.flag(c.o('dev'), 'vfio_registered')) c.put('ret', '-ENODEV');
    else if (c.ref(group, 'container') === null) c.put('ret', '-EINVAL');
    else c.put('ret', c.flag(c.ref(group, 'container') ?? '', 'iommu_driver') ? 0 : '-EINVAL');
    if (!isError(c.v('ret'))) c.set(group, 'container_users', c.count(group, 'container_users') + 1);
  });
  const uncount: Statement = act('mutate', 'container user of {group} gone', (c) =>
    c.set(vfioOf(c), 'container_users', c.count(vfioOf(c), 'container_users') - 1),
  );
  const opening: Statement[] = [
    fallible(
      'callback',
      'open_device of {dev}',
      'open_device',
      (c) => c.o('dev'),
      ['fails'],
      (c, how) => {
        c.put('ret', how === null ? 0 : '-EIO');
        if (how !== null) return;
        c.set(c.o('dev'), 'open_count', c.count(c.o('dev'), 'open_count') + 1);
        c.set(c.o('dev'), 'open_by', [...c.list(c.o('dev'), 'open_by'), c.o('user')].sort());
      },
    ),
  ];
  const closing: Statement = act('callback', 'close_device of {dev}', (c) => {
    c.set(c.o('dev'), 'open_count', c.count(c.o('dev'), 'open_count') - 1);
    c.set(c.o('dev'), 'open_by', without(c.list(c.o('dev'), 'open_by'), c.o('user')));
  });
  const body: Statement[] = options.deviceSetOutside
    ? [
        lockVfio,
        check,
        unlockVfio,
        when(failed('ret'), [give(local('ret'))]),
        lockSet,
        lockVfio,
        ...opening,
        unlockVfio,
        unlockSet,
        when(failed('ret'), [lockVfio, uncount, unlockVfio]),
        give(local('ret')),
      ]
    : [
        lockVfio,
        check,
        when(failed('ret'), [unlockVfio, give(local('ret'))]),
        lockSet,
        ...opening,
        when(failed('ret'), [uncount]),
        unlockSet,
        unlockVfio,
        give(local('ret')),
      ];
  const needsLock = options.closeNeedsDeviceLock;
  return [
    procedure('vfio_device_open', ['dev', 'group', 'user'], `${source} vfio_group_ioctl_get_device_fd`, body),
    procedure('vfio_device_close', ['dev', 'group', 'user'], `${source} vfio_device_fops_release`, [
      ...(needsLock ? [lock((c) => `${c.o('dev')}.device_lock`)] : []),
      outer,
      inner,
      closing,
      uncount,
      innerOut,
      outerOut,
      ...(needsLock ? [unlock((c) => `${c.o('dev')}.device_lock`)] : []),
      give(null),
    ]),
  ];
}
