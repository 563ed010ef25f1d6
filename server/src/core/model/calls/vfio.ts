// Legacy VFIO: the group file, its container, device files, and the driver's (un)registration.
// [61: drivers/vfio/vfio_main.c, container.c; 612: drivers/vfio/group.c, vfio_main.c, container.c]
//
// `G.vfio` is struct vfio_group of G, `container_u` the container that user u opened. The model's `open` is what a user does to get
// a device: open the group file, SET_CONTAINER, SET_IOMMU, GET_DEVICE_FD; `close` closes the device and, with the last one, the rest.

import type { Cpu } from '../machine/cpu.ts';
import type { Procedure, Statement } from '../machine/code.ts';
import { act, call, give, lock, note, procedure, set, unlock, wait, when } from '../machine/code.ts';
import { allocGroup } from './groups.ts';
import { BAD_POINTER } from './iommufd/constants.ts';
import { holdGroup } from './references.ts';
import { failed, fallible, isError, local, lockNamed, unlockNamed } from './terms.ts';
import { vfioDeviceFiles } from './vfioDevice.ts';

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
/** Bytes of struct vfio_group_status. */
const STATUS_BYTES = 8;
const lockVfio = lock((c) => `${c.o('group')}.group_lock`);
const unlockVfio = unlock((c) => `${c.o('group')}.group_lock`);
const container = (c: Cpu): string => `container_${c.o('user')}`;
const lockContainer = lock((c) => `${container(c)}.group_lock`);
const unlockContainer = unlock((c) => `${container(c)}.group_lock`);
const isReal = (c: Cpu): boolean => c.get(vfioOf(c), 'type') === 'IOMMU';
const isNoiommu = (c: Cpu): boolean => c.get(vfioOf(c), 'type') === 'NO_IOMMU';
const without = (list: readonly string[], name: string): string[] => list.filter((other) => other !== name);

/** The group's reference of an iommufd context. */
function dropIommufd(c: Cpu): void {
  const ctx = c.ref(vfioOf(c), 'iommufd');
  if (ctx !== null) c.set(ctx, 'refs', c.count(ctx, 'refs') - 1);
  c.set(vfioOf(c), 'iommufd', null);
}

export function vfio(options: VfioOptions): Procedure[] {
  const { source } = options;
  // A file that is no container: v6.12 takes an iommufd file for one, v6.1 does not know it.
  const otherFile: Statement[] = options.cdev
    ? [
        act('check', '{file} is an iommufd file?', (c) => c.put('ret', c.list('world', 'users').includes(c.o('file')) ? 0 : '-EBADFD')),
        when(
          (c) => !isError(c.v('ret')),
          [
            when(
              isNoiommu,
              [call('iommufd_vfio_compat_set_no_iommu', [local('file')], 'ret')],
              [call('iommufd_vfio_compat_ioas_create', [local('file')], 'ret')],
            ),
          ],
        ),
        when(
          (c) => !isError(c.v('ret')),
          [
            act('mutate', '{file} is the container of {group}', (c) => {
              c.set(vfioOf(c), 'iommufd', c.v('file'));
              c.set(c.o('file'), 'refs', c.count(c.o('file'), 'refs') + 1);
            }),
          ],
        ),
      ]
    : [set('ret', () => '-EINVAL')];
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
        dropIommufd(c);
      }),
      unlockVfio,
      give(0),
    ]),
    // `file`: nothing for the user's container; a user for an iommufd file; a number for a descriptor that is not open.
    procedure(
      'vfio_group_set_container',
      ['group', 'user', 'file'],
      `${source} vfio_group_ioctl_set_container, vfio_container_attach_group`,
      [
        when((c) => c.v('file') === Number(BAD_POINTER), [give('-EFAULT')]),
        when((c) => /^\d+$/.test(String(c.v('file'))), [give('-EBADF')]),
        lockVfio,
        act('check', '{group} without container, and not revoked?', (c) => {
          const group = vfioOf(c);
          if (c.ref(group, 'container') !== null || c.ref(group, 'iommufd') !== null) c.put('ret', '-EINVAL');
          else c.put('ret', c.ref(group, 'iommu_group') === null ? '-ENODEV' : 0);
        }),
        when(failed('ret'), [unlockVfio, give(local('ret'))]),
        when((c) => c.v('file') !== null, [...otherFile, unlockVfio, give(local('ret'))]),
        act('check', 'may {user} use {group} without IOMMU?', (c) =>
          c.put('ret', isNoiommu(c) && c.peek('world', 'no_rawio') === true ? '-EPERM' : 0),
        ),
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
              c.set(container(c), 'groups', [...c.list(container(c), 'groups'), c.o('group')]);
            }),
          ],
        ),
        unlockContainer,
        unlockVfio,
        give(local('ret')),
      ],
    ),
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
      when((c) => !isError(c.v('ret')), [act('mutate', 'iommufd of {group} dropped', dropIommufd)]),
      unlockVfio,
      give(local('ret')),
    ]),
    // The flags stand in `G.status` then. Viable can be said of a group whose device cannot be opened through iommufd.
    procedure('vfio_group_get_status', ['group', 'user', 'argsz'], `${source} vfio_group_ioctl_get_status`, [
      when((c) => c.v('argsz') === Number(BAD_POINTER), [give('-EFAULT')]),
      when((c) => typeof c.v('argsz') === 'number' && c.number('argsz') < STATUS_BYTES, [give('-EINVAL')]),
      lockVfio,
      when((c) => c.ref(vfioOf(c), 'iommu_group') === null, [unlockVfio, give('-ENODEV')]),
      set('set', (c) => c.ref(vfioOf(c), 'container') !== null || c.ref(vfioOf(c), 'iommufd') !== null),
      when((c) => c.v('set') !== true, [call('iommu_group_dma_owner_claimed', [local('group')], 'claimed')]),
      act('mutate', 'status of {group}', (c) => {
        const viable = c.v('claimed') === 1 ? '' : 'VIABLE';
        c.set(c.o('group'), 'status', c.v('set') === true ? 'CONTAINER_SET|VIABLE' : viable);
      }),
      unlockVfio,
      fallible(
        'callback',
        'status to the user',
        'copy_out',
        () => 'user',
        ['fails'],
        (c, how) => c.put('ret', how === null ? 0 : '-EFAULT'),
      ),
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
    ...vfioDeviceFiles(options),
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
          // This user opened the group for the sake of the device, and closes it with the last one.
          note((c) => c.set(vfioOf(c), 'opened_for_device', true)),
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
        (c) =>
          c.flag(vfioOf(c), 'opened_for_device') &&
          c.ref(vfioOf(c), 'opened_file') === c.v('user') &&
          c.count(vfioOf(c), 'container_users') <= 1,
        [note((c) => c.set(vfioOf(c), 'opened_for_device', null)), call('vfio_group_fops_release', [local('group'), local('user')])],
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
