// A device's own VFIO file in v6.12. [612: drivers/vfio/device_cdev.c, iommufd.c]

import type { Procedure, Statement } from '../machine/code.ts';
import { act, call, give, lock, procedure, set, unlock, when } from '../machine/code.ts';
import { failed, isError, local } from './terms.ts';

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
    procedure('vfio_df_ioctl_bind_iommufd', ['dev', 'user', 'ctx'], `${vfio} vfio_df_ioctl_bind_iommufd`, [
      act('read', 'group of {dev}', (c) => c.put('group', c.ref(c.o('dev'), 'group'))),
      when((c) => c.v('group') === null || !c.flag(c.o('dev'), 'vfio_registered'), [give('-ENODEV')]),
      lockVfio,
      act('check', 'file of {group} closed?', (c) => {
        const place = `${c.o('group')}.vfio`;
        c.put('ret', c.ref(place, 'opened_file') === null ? 0 : '-EBUSY');
        if (!isError(c.v('ret'))) c.set(place, 'cdev_device_open_cnt', c.count(place, 'cdev_device_open_cnt') + 1);
      }),
      unlockVfio,
      when(failed('ret'), [give(local('ret'))]),
      lockSet,
      // A second bind of this file, or an open through another file.
      act('check', '{dev} open already?', (c) => c.put('ret', c.count(c.o('dev'), 'open_count') > 0 ? '-EINVAL' : 0)),
      when((c) => !isError(c.v('ret')), [call('iommufd_device_bind', [local('ctx'), local('dev')], 'ret')]),
      when(
        (c) => !isError(c.v('ret')),
        [
          act('mutate', '{dev} open by {user}', (c) => {
            c.set(c.o('dev'), 'idev', c.v('ret'));
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
      lockSet,
      set('idev', (c) => c.ref(c.o('dev'), 'idev')),
      when((c) => c.v('idev') === null, [unlockSet, give('-EINVAL')]),
      when(
        (c) => c.flag(c.o('dev'), 'iommufd_attached'),
        [call('iommufd_device_replace', [local('idev'), local('pt')], 'ret')],
        [call('iommufd_device_attach', [local('idev'), local('pt')], 'ret')],
      ),
      when((c) => !isError(c.v('ret')), [act('mutate', '{dev} attached', (c) => c.set(c.o('dev'), 'iommufd_attached', true))]),
      unlockSet,
      give(local('ret')),
    ]),
    procedure('vfio_df_ioctl_detach_pt', ['dev'], `${vfio} vfio_df_ioctl_detach_pt`, [
      lockSet,
      set('idev', (c) => c.ref(c.o('dev'), 'idev')),
      when(
        (c) => c.v('idev') !== null && c.flag(c.o('dev'), 'iommufd_attached'),
        [
          call('iommufd_device_detach', [local('idev')]),
          act('mutate', '{dev} detached', (c) => c.set(c.o('dev'), 'iommufd_attached', null)),
        ],
      ),
      unlockSet,
      give(0),
    ]),
    procedure('vfio_df_close', ['dev', 'user'], `${vfio} vfio_df_unbind_iommufd`, [
      set('group', (c) => c.ref(c.o('dev'), 'group')),
      when((c) => c.get(c.o('dev'), 'cdev_user') !== c.v('user'), [give('-EBADF')]),
      lockSet,
      set('idev', (c) => c.ref(c.o('dev'), 'idev')),
      when((c) => c.flag(c.o('dev'), 'iommufd_attached'), [call('iommufd_device_detach', [local('idev')])]),
      call('iommufd_device_unbind', [local('idev')]),
      act('mutate', '{dev} closed', (c) => {
        for (const field of ['idev', 'iommufd_attached', 'open_count', 'cdev_user']) c.set(c.o('dev'), field, null);
      }),
      unlockSet,
      ...unblock,
      give(0),
    ]),
  ];
}
