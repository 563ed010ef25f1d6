// A device's own VFIO file in v6.12. [612: drivers/vfio/device_cdev.c, iommufd.c]

import type { Cpu } from '../machine/cpu.ts';
import type { Procedure, Statement } from '../machine/code.ts';
import { act, call, give, lock, procedure, set, unlock, when } from '../machine/code.ts';
import type { Value } from '../machine/names.ts';
import { BAD_POINTER } from './iommufd/constants.ts';
import { failed, fallible, isError, local } from './terms.ts';
import { moduleGet, openDevice } from './vfioDevice.ts';

/** Bytes of struct vfio_device_bind_iommufd. */
const BIND_BYTES = 16;
/** A negative number of a file, as 64 bits. */
const isNegative = (value: Value): boolean => typeof value === 'string' && /^1844674407370955\d{4}$/.test(value);

const lockSet = lock((c) => `${c.o('dev')}.dev_set`);
const unlockSet = unlock((c) => `${c.o('dev')}.dev_set`);

/** A device's own VFIO file: bound to a context instead of its group to a container. */
export function vfioCdev(): Procedure[] {
  const vfio = '612: drivers/vfio/device_cdev.c';
  const lockVfio = lock((c) => `${c.o('group')}.group_lock`);
  const unlockVfio = unlock((c) => `${c.o('group')}.group_lock`);
  const unblock: Statement[] = [
    lockVfio,
    act('mutate', 'one device file of {group} less', (c) => {
      const place = `${c.o('group')}.vfio`;
      c.set(place, 'cdev_device_open_cnt', c.count(place, 'cdev_device_open_cnt') - 1);
    }),
    unlockVfio,
  ];
  return [
    procedure('vfio_df_ioctl_bind_iommufd', ['dev', 'user', 'ctx', 'argsz', 'flags'], `${vfio} vfio_df_ioctl_bind_iommufd`, [
      act('read', 'group of {dev}', (c) => c.put('group', c.ref(c.o('dev'), 'group'))),
      // The open of the device's file.
      when((c) => c.v('group') === null || !c.flag(c.o('dev'), 'vfio_registered'), [give('-ENODEV')]),
      when((c) => c.v('argsz') === Number(BAD_POINTER), [give('-EFAULT')]),
      when(
        (c) => (typeof c.v('argsz') === 'number' && c.number('argsz') < BIND_BYTES) || c.v('flags') !== null || isNegative(c.v('ctx')),
        [give('-EINVAL')],
      ),
      lockVfio,
      act('check', 'file of {group} closed?', (c) => {
        const place = `${c.o('group')}.vfio`;
        c.put('ret', c.ref(place, 'opened_file') === null ? 0 : '-EBUSY');
        if (!isError(c.v('ret'))) c.set(place, 'cdev_device_open_cnt', c.count(place, 'cdev_device_open_cnt') + 1);
      }),
      unlockVfio,
      when(failed('ret'), [give(local('ret'))]),
      lockSet,
      act('check', '{dev} bound by this file, an iommufd file, {dev} open already?', (c) => {
        const ctx = c.v('ctx');
        const open = c.count(c.o('dev'), 'open_count') > 0;
        if (open && c.get(c.o('dev'), 'cdev_user') === c.v('user')) c.put('ret', '-EINVAL');
        else if (typeof ctx !== 'string') c.put('ret', '-EBADF');
        else if (!c.list('world', 'users').includes(ctx)) c.put('ret', '-EBADFD');
        else c.put('ret', open ? '-EINVAL' : 0);
      }),
      when(
        (c) => !isError(c.v('ret')),
        [
          moduleGet,
          when((c) => !isError(c.v('ret')), [call('vfio_iommufd_bind', [local('dev'), local('ctx')], 'ret')]),
          when(
            (c) => !isError(c.v('ret')),
            [
              openDevice,
              when(
                (c) => !isError(c.v('ret')),
                [
                  fallible(
                    'callback',
                    'id of {dev} to the user',
                    'copy_out',
                    () => 'user',
                    ['fails'],
                    (c, how) => c.put('ret', how === null ? 0 : '-EFAULT'),
                  ),
                ],
              ),
              when(failed('ret'), [call('vfio_iommufd_unbind', [local('dev')])]),
            ],
          ),
        ],
      ),
      when(
        (c) => !isError(c.v('ret')),
        [
          act('mutate', '{dev} open by {user}', (c) => {
            c.set(c.o('dev'), 'open_count', 1);
            c.set(c.o('dev'), 'cdev_user', c.v('user'));
          }),
        ],
      ),
      unlockSet,
      when(failed('ret'), [...unblock, give(local('ret'))]),
      give(0),
    ]),
    procedure('vfio_df_ioctl_attach_pt', ['dev', 'pt'], `${vfio} vfio_df_ioctl_attach_pt`, [
      // Without access to the device its ioctls are refused.
      when((c) => c.ref(c.o('dev'), 'cdev_user') === null, [give('-EINVAL')]),
      lockSet,
      call('vfio_iommufd_attach', [local('dev'), local('pt')], 'ret'),
      when(
        (c) => !isError(c.v('ret')),
        [
          fallible(
            'callback',
            'page table of {dev} to the user',
            'copy_out',
            () => 'user',
            ['fails'],
            (c, how) => c.put('ret', how === null ? 0 : '-EFAULT'),
          ),
          when(failed('ret'), [call('vfio_iommufd_detach', [local('dev')])]),
        ],
      ),
      unlockSet,
      give(local('ret')),
    ]),
    procedure('vfio_df_ioctl_detach_pt', ['dev'], `${vfio} vfio_df_ioctl_detach_pt`, [
      when((c) => c.ref(c.o('dev'), 'cdev_user') === null, [give('-EINVAL')]),
      lockSet,
      call('vfio_iommufd_detach', [local('dev')]),
      unlockSet,
      give(0),
    ]),
    procedure('vfio_df_close', ['dev', 'user'], `${vfio} vfio_df_unbind_iommufd`, [
      set('group', (c) => c.ref(c.o('dev'), 'group')),
      when((c) => c.get(c.o('dev'), 'cdev_user') !== c.v('user'), [give('-EBADF')]),
      lockSet,
      call('vfio_iommufd_unbind', [local('dev')]),
      act('mutate', '{dev} closed', (c) => {
        for (const field of ['open_count', 'cdev_user']) c.set(c.o('dev'), field, null);
      }),
      unlockSet,
      ...unblock,
      give(0),
    ]),
    ...iommufdOps(),
  ];
}

/** What VFIO does with an iommufd context for a device: a physical one is bound, an emulated one gets an access. */
function iommufdOps(): Procedure[] {
  const file = '612: drivers/vfio/iommufd.c';
  const kind = set('kind', (c) => c.get(`${String(c.get(c.o('dev'), 'group'))}.vfio`, 'type'));
  const emulated = (c: Cpu): boolean => c.v('kind') === 'EMULATED_IOMMU';
  return [
    procedure('vfio_iommufd_bind', ['dev', 'ctx'], `${file} vfio_df_iommufd_bind`, [
      kind,
      when((c) => c.v('kind') === 'NO_IOMMU', [give(0)]),
      when(
        emulated,
        [call('iommufd_access_create', [local('ctx'), () => 'NEEDS_PIN_PAGES'], 'ret')],
        [call('iommufd_device_bind', [local('ctx'), local('dev')], 'ret')],
      ),
      when(failed('ret'), [give(local('ret'))]),
      act('mutate', '{dev} has {ret}', (c) => c.set(c.o('dev'), emulated(c) ? 'iommufd_access' : 'idev', c.v('ret'))),
      give(0),
    ]),
    procedure('vfio_iommufd_attach', ['dev', 'pt'], `${file} vfio_iommufd_physical_attach_ioas, vfio_iommufd_emulated_attach_ioas`, [
      kind,
      set('again', (c) => c.flag(c.o('dev'), 'iommufd_attached')),
      set('object', (c) => c.ref(c.o('dev'), emulated(c) ? 'iommufd_access' : 'idev')),
      when((c) => c.v('object') === null, [give('-EINVAL')]),
      when(
        emulated,
        [
          when(
            (c) => c.v('again') === true,
            [call('iommufd_access_replace', [local('object'), local('pt')], 'ret')],
            [call('iommufd_access_attach', [local('object'), local('pt')], 'ret')],
          ),
        ],
        [
          when(
            (c) => c.v('again') === true,
            [call('iommufd_device_replace', [local('object'), local('pt')], 'ret')],
            [call('iommufd_device_attach', [local('object'), local('pt')], 'ret')],
          ),
        ],
      ),
      when((c) => !isError(c.v('ret')), [act('mutate', '{dev} attached', (c) => c.set(c.o('dev'), 'iommufd_attached', true))]),
      give(local('ret')),
    ]),
    // The group's way: to the IOAS that the container's ioctls use.
    procedure('vfio_iommufd_compat_attach', ['dev', 'ctx'], `${file} vfio_iommufd_compat_attach_ioas`, [
      kind,
      when((c) => c.v('kind') === 'NO_IOMMU', [give(0)]),
      act('read', 'compat IOAS of {ctx}', (c) => c.put('ioas', c.ref(c.o('ctx'), 'vfio_ioas'))),
      when((c) => c.v('ioas') === null, [give('-ENODEV')]),
      call('vfio_iommufd_attach', [local('dev'), local('ioas')], 'ret'),
      give(local('ret')),
    ]),
    procedure('vfio_iommufd_detach', ['dev'], `${file} vfio_iommufd_physical_detach_ioas, vfio_iommufd_emulated_detach_ioas`, [
      kind,
      when((c) => !c.flag(c.o('dev'), 'iommufd_attached'), [give(null)]),
      when(
        emulated,
        [call('iommufd_access_detach', [(c) => c.ref(c.o('dev'), 'iommufd_access')])],
        [call('iommufd_device_detach', [(c) => c.ref(c.o('dev'), 'idev')])],
      ),
      act('mutate', '{dev} detached', (c) => c.set(c.o('dev'), 'iommufd_attached', null)),
      give(null),
    ]),
    procedure('vfio_iommufd_unbind', ['dev'], `${file} vfio_iommufd_physical_unbind, vfio_iommufd_emulated_unbind`, [
      kind,
      when((c) => c.v('kind') === 'NO_IOMMU', [give(null)]),
      when(
        emulated,
        [call('iommufd_access_destroy', [(c) => c.ref(c.o('dev'), 'iommufd_access')])],
        [call('vfio_iommufd_detach', [local('dev')]), call('iommufd_device_unbind', [(c) => c.ref(c.o('dev'), 'idev')])],
      ),
      act('mutate', '{dev} without context', (c) => {
        for (const field of ['idev', 'iommufd_access', 'iommufd_attached']) c.set(c.o('dev'), field, null);
      }),
      give(null),
    ]),
  ];
}
