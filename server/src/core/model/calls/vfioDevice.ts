// Files of VFIO devices that are opened through their group: GET_DEVICE_FD and close.
// [61: drivers/vfio/vfio_main.c; 612: drivers/vfio/group.c, vfio_main.c, iommufd.c]

import type { Cpu } from '../machine/cpu.ts';
import type { Procedure, Statement } from '../machine/code.ts';
import { act, call, give, lock, procedure, set, unlock, when } from '../machine/code.ts';
import { failed, fallible, isError, local } from './terms.ts';
import type { VfioOptions } from './vfio.ts';

const vfioOf = (c: Cpu): string => `${c.o('group')}.vfio`;
const lockVfio = lock((c) => `${c.o('group')}.group_lock`);
const unlockVfio = unlock((c) => `${c.o('group')}.group_lock`);
const lockSet = lock((c) => `${c.o('dev')}.dev_set`);
const unlockSet = unlock((c) => `${c.o('dev')}.dev_set`);
const isNoiommu = (c: Cpu): boolean => c.get(vfioOf(c), 'type') === 'NO_IOMMU';
const throughIommufd = (c: Cpu): boolean => c.ref(vfioOf(c), 'iommufd') !== null;

const addContainerUser = (c: Cpu, by: number): void => c.set(vfioOf(c), 'container_users', c.count(vfioOf(c), 'container_users') + by);

/** The container drives an IOMMU, and the user may have the device: counts the user of the container. */
const useContainer: Statement = act('check', '{group} has an IOMMU for {dev}?', (c) => {
  const container = c.ref(vfioOf(c), 'container') ?? '';
  if (!c.flag(container, 'iommu_driver')) c.put('ret', '-EINVAL');
  else if (isNoiommu(c) && c.peek('world', 'no_rawio') === true) c.put('ret', '-EPERM');
  else {
    c.put('ret', 0);
    addContainerUser(c, 1);
  }
});

export const moduleGet: Statement = fallible(
  'callback',
  'module of the driver of {dev}',
  'module_get',
  (c) => c.o('dev'),
  ['fails'],
  (c, how) => c.put('ret', how === null ? 0 : '-ENODEV'),
);

/** The driver's open_device(). */
export const openDevice: Statement = fallible(
  'callback',
  'open_device of {dev}',
  'open_device',
  (c) => c.o('dev'),
  ['fails'],
  (c, how) => c.put('ret', how === null ? 0 : '-EIO'),
);

const counted: Statement = act('mutate', '{dev} open by {user}', (c) => {
  c.set(c.o('dev'), 'open_count', c.count(c.o('dev'), 'open_count') + 1);
  c.set(c.o('dev'), 'open_by', [...c.list(c.o('dev'), 'open_by'), c.o('user')].sort());
});

/** GET_DEVICE_FD of v6.1: the container first, then the device under the lock of its set. */
const open61: Statement[] = [
  when((c) => !c.flag(c.o('dev'), 'vfio_registered'), [give('-ENODEV')]),
  lockVfio,
  useContainer,
  unlockVfio,
  when(failed('ret'), [give(local('ret'))]),
  moduleGet,
  when((c) => !isError(c.v('ret')), [lockSet, lockVfio, openDevice, when((c) => !isError(c.v('ret')), [counted]), unlockVfio, unlockSet]),
  when(failed('ret'), [lockVfio, act('mutate', 'container user of {group} gone', (c) => addContainerUser(c, -1)), unlockVfio]),
  give(local('ret')),
];

/** GET_DEVICE_FD of v6.12: everything under the group's lock; only the first open does anything besides counting. */
const open612: Statement[] = [
  when((c) => !c.flag(c.o('dev'), 'vfio_registered'), [give('-ENODEV')]),
  lockVfio,
  when((c) => c.ref(vfioOf(c), 'container') === null && !throughIommufd(c), [unlockVfio, give('-EINVAL')]),
  lockSet,
  act('check', 'first open of {dev}, and may the user?', (c) => {
    c.put('first', c.count(c.o('dev'), 'open_count') === 0);
    const ctx = c.ref(vfioOf(c), 'iommufd');
    const refused = ctx !== null && isNoiommu(c) && (c.peek('world', 'no_rawio') === true || c.ref(ctx, 'vfio_ioas') !== null);
    c.put('ctx', ctx);
    c.put('ret', refused && c.v('first') === true ? '-EPERM' : 0);
  }),
  when(
    (c) => !isError(c.v('ret')) && c.v('first') === true,
    [
      moduleGet,
      when(
        (c) => !isError(c.v('ret')),
        [
          when(throughIommufd, [call('vfio_iommufd_bind', [local('dev'), local('ctx')], 'ret')], [useContainer]),
          when(
            (c) => !isError(c.v('ret')),
            [
              openDevice,
              when(
                (c) => !isError(c.v('ret')) && throughIommufd(c),
                [call('vfio_iommufd_compat_attach', [local('dev'), local('ctx')], 'ret')],
              ),
              when(failed('ret'), [
                when(
                  throughIommufd,
                  [call('vfio_iommufd_unbind', [local('dev')])],
                  [act('mutate', 'container user of {group} gone', (c) => addContainerUser(c, -1))],
                ),
              ]),
            ],
          ),
        ],
      ),
    ],
  ),
  when((c) => !isError(c.v('ret')), [counted]),
  unlockSet,
  unlockVfio,
  give(local('ret')),
];

export function vfioDeviceFiles(options: VfioOptions): Procedure[] {
  const { source } = options;
  const outer = options.deviceSetOutside ? lockSet : lockVfio;
  const inner = options.deviceSetOutside ? lockVfio : lockSet;
  const innerOut = options.deviceSetOutside ? unlockVfio : unlockSet;
  const outerOut = options.deviceSetOutside ? unlockSet : unlockVfio;
  const closing: Statement = act('callback', 'close_device of {dev}', (c) => {
    const left = c.count(c.o('dev'), 'open_count') - 1;
    c.set(c.o('dev'), 'open_count', left);
    const files = [...c.list(c.o('dev'), 'open_by')];
    files.splice(files.indexOf(c.o('user')), 1);
    c.set(c.o('dev'), 'open_by', files);
    c.put('last', left === 0);
  });
  // v6.1 counts a user of the container for each file, v6.12 for each open device.
  const uncount: Statement[] = options.deviceSetOutside
    ? [act('mutate', 'container user of {group} gone', (c) => addContainerUser(c, -1))]
    : [
        when(
          (c) => c.v('last') === true,
          [
            when(
              throughIommufd,
              [call('vfio_iommufd_unbind', [local('dev')])],
              [act('mutate', 'container user of {group} gone', (c) => addContainerUser(c, -1))],
            ),
          ],
        ),
      ];
  const needsLock = options.closeNeedsDeviceLock;
  return [
    procedure(
      'vfio_device_open',
      ['dev', 'group', 'user'],
      `${source} vfio_group_ioctl_get_device_fd`,
      options.deviceSetOutside ? open61 : open612,
    ),
    procedure('vfio_device_close', ['dev', 'group', 'user'], `${source} vfio_device_fops_release`, [
      ...(needsLock ? [lock((c) => `${c.o('dev')}.device_lock`)] : []),
      outer,
      inner,
      closing,
      ...uncount,
      innerOut,
      outerOut,
      ...(needsLock ? [unlock((c) => `${c.o('dev')}.device_lock`)] : []),
      give(null),
    ]),
    // GET_DEVICE_FD alone, for a user who holds the group's file.
    procedure('vfio_get_device_fd', ['dev', 'user'], `${source} vfio_group_ioctl_get_device_fd`, [
      set('group', (c) => c.ref(c.o('dev'), 'group')),
      when((c) => c.v('group') === null || c.get(vfioOf(c), 'opened_file') !== c.v('user'), [give('-EBADF')]),
      call('vfio_device_open', [local('dev'), local('group'), local('user')], 'ret'),
      give(local('ret')),
    ]),
  ];
}
