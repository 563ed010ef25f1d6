// Devices of the kernel's own iommufd tests in v6.12: a mock bus and IOMMU, made, bound and attached by one command.
// [612: drivers/iommu/iommufd/selftest.c]

import type { Procedure } from '../../machine/code.ts';
import { act, call, give, lock, procedure, set, unlock, when } from '../../machine/code.ts';
import { failed, isError, local, newName } from '../terms.ts';
import { DEVICE_FLAGS, flagSet, u64 } from './constants.ts';
import { allocObject, copyOut, eraseObject, makeObject, takes, source } from './objects.ts';
import { refuse } from './checks.ts';

const file = `${source}/selftest.c`;
const lockDevice = lock((c) => `${c.o('dev')}.iopf_rwsem`);
const unlockDevice = unlock((c) => `${c.o('dev')}.iopf_rwsem`);

export function mockDeviceCalls(): Procedure[] {
  return [
    // The result is the test's own object; `.idev` and `.hwpt` of it are the other two ids.
    procedure('iommufd_test_mock_domain', ['ctx', 'pt', 'dev_flags'], `${file} iommufd_test_mock_domain`, [
      allocObject('test object of {ctx}', (c) => c.put('object', makeObject(c, 'selftest', c.v('ctx')))),
      when(failed('ret'), [give(local('ret'))]),
      call('mock_dev_create', [local('dev_flags')], 'dev'),
      set('ret', (c) => (isError(c.v('dev')) ? c.v('dev') : 0)),
      when(
        (c) => !isError(c.v('ret')),
        [
          call('iommufd_device_bind', [local('ctx'), local('dev')], 'idev'),
          set('ret', (c) => (isError(c.v('idev')) ? c.v('idev') : 0)),
          when(
            (c) => !isError(c.v('ret')),
            [
              lockDevice,
              call('iommufd_device_attach', [local('idev'), local('pt')], 'ret'),
              unlockDevice,
              when(
                (c) => !isError(c.v('ret')),
                [copyOut(), when(failed('ret'), [lockDevice, call('iommufd_device_detach', [local('idev')]), unlockDevice])],
              ),
              when(failed('ret'), [call('iommufd_device_unbind', [local('idev')])]),
            ],
          ),
          when(failed('ret'), [call('device_del', [local('dev')])]),
        ],
      ),
      when(failed('ret'), [act('free', '{object} aborted', (c) => eraseObject(c, c.o('object'))), give(local('ret'))]),
      act('mutate', '{object} complete', (c) => {
        const object = c.o('object');
        c.set(object, 'idev', c.v('idev'));
        c.set(object, 'dev', c.v('dev'));
        c.set(object, 'hwpt', c.get(String(c.get(c.o('idev'), 'igroup')), 'hwpt'));
      }),
      give(local('object')),
    ]),
    procedure('mock_dev_create', ['dev_flags'], `${file} mock_dev_create`, [
      when((c) => flagSet(c.v('dev_flags'), DEVICE_FLAGS).unknown, [give('-EINVAL')]),
      act('mutate', 'a mock device', (c) => {
        const dev = newName(c, 'mock');
        const flags = flagSet(c.v('dev_flags'), DEVICE_FLAGS);
        c.makeFreeable(dev);
        c.set(dev, 'bus', 'mock');
        c.set(dev, 'iommu', true);
        c.set(dev, 'no_dirty', flags.has('NO_DIRTY'));
        c.set('world', 'all_devices', [...c.list('world', 'all_devices'), dev]);
        c.put('dev', dev);
      }),
      lockDevice,
      call('device_add', [local('dev')]),
      unlockDevice,
      give(local('dev')),
    ]),
    procedure('iommufd_test_mock_domain_replace', ['ctx', 'object', 'pt'], `${file} iommufd_test_mock_domain_replace`, [
      ...refuse('{object} is a test object?', (c) => (takes(c, c.v('object'), c.v('ctx'), ['selftest']) ? 0 : '-ENOENT')),
      set('dev', (c) => c.ref(c.o('object'), 'dev')),
      lockDevice,
      call('iommufd_device_replace', [(c) => c.ref(c.o('object'), 'idev'), local('pt')], 'ret'),
      unlockDevice,
      when(failed('ret'), [give(local('ret'))]),
      copyOut(),
      give(local('ret')),
    ]),
    procedure('iommufd_selftest_destroy', ['object'], `${file} iommufd_selftest_destroy`, [
      set('dev', (c) => c.ref(c.o('object'), 'dev')),
      set('idev', (c) => c.ref(c.o('object'), 'idev')),
      lockDevice,
      call('iommufd_device_detach', [local('idev')]),
      unlockDevice,
      call('iommufd_device_unbind', [local('idev')]),
      call('device_del', [local('dev')]),
      give(null),
    ]),
    procedure('iommufd_test_set_temp_memory_limit', ['ctx', 'limit'], `${file} IOMMU_TEST_OP_SET_TEMP_MEMORY_LIMIT`, [
      give((c) => (u64(c.v('limit')) < 12n ? '-EINVAL' : 0)),
    ]),
  ];
}
