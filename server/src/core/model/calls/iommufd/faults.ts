// Queues of page requests of v6.12: their file, what the device asks, what the user answers. [612: drivers/iommu/iommufd/fault.c]

import type { Procedure } from '../../machine/code.ts';
import { act, call, give, lock, procedure, unlock, when } from '../../machine/code.ts';
import { failed, local, newName } from '../terms.ts';
import { u64 } from './constants.ts';
import { refuse } from './checks.ts';
import { addUsers, allocObject, copyOut, kindOf, makeObject, takes, source } from './objects.ts';

export function faultCalls(): Procedure[] {
  const file = `${source}/fault.c`;
  const lockFault = lock((c) => `${c.o('fault')}.mutex`);
  const unlockFault = unlock((c) => `${c.o('fault')}.mutex`);
  const isOpen = refuse('{fault} is an open queue?', (c) =>
    kindOf(c, c.v('fault')) === 'fault' && !c.flag(c.o('fault'), 'closed') ? 0 : '-EBADF',
  );
  return [
    procedure('iommufd_fault_alloc', ['ctx', 'flags'], `${file} iommufd_fault_alloc`, [
      ...refuse('flags of the allocation', (c) => (c.v('flags') === null ? 0 : '-EOPNOTSUPP')),
      // The open file is a user besides the table, and holds the context.
      allocObject('fault queue of {ctx}', (c) => {
        c.put('fault', makeObject(c, 'fault', c.v('ctx')));
        addUsers(c, c.o('fault'), 1);
        c.set(c.o('ctx'), 'refs', c.count(c.o('ctx'), 'refs') + 1);
      }),
      when(failed('ret'), [give(local('ret'))]),
      copyOut(),
      when(failed('ret'), [
        act('mutate', 'file of {fault} gone', (c) => {
          addUsers(c, c.o('fault'), -1);
          c.set(c.o('ctx'), 'refs', c.count(c.o('ctx'), 'refs') - 1);
        }),
        call('iommufd_object_abort_and_destroy', [local('fault')]),
        give(local('ret')),
      ]),
      give(local('fault')),
    ]),
    // The test command that lets a mock device ask for a page.
    procedure(
      'iommufd_test_trigger_iopf',
      ['ctx', 'idev', 'pasid', 'grpid', 'perm', 'addr'],
      `${source}/selftest.c iommufd_test_trigger_iopf`,
      [
        ...refuse('{idev} is a mock device?', (c) => {
          if (!takes(c, c.v('idev'), c.v('ctx'), ['idev'])) return '-ENOENT';
          return c.peek(String(c.get(c.o('idev'), 'dev')), 'bus') === 'mock' ? 0 : '-EINVAL';
        }),
        act('callback', '{idev} asks for a page', (c) => {
          const hwpt = c.ref(String(c.get(c.o('idev'), 'igroup')), 'hwpt');
          const fault = hwpt === null ? null : c.ref(hwpt, 'fault');
          if (fault !== null) c.set(fault, 'deliver', [...c.list(fault, 'deliver'), newName(c, 'request')]);
        }),
        give(0),
      ],
    ),
    // read(): one request, whose name is its cookie; 0 where none waits.
    procedure('iommufd_fault_fops_read', ['fault'], `${file} iommufd_fault_fops_read`, [
      ...isOpen,
      lockFault,
      act('mutate', 'first request of {fault}', (c) => {
        const [first = null, ...rest] = c.list(c.o('fault'), 'deliver');
        c.put('request', first);
        if (first === null) return;
        c.set(c.o('fault'), 'deliver', rest);
        c.set(c.o('fault'), 'response', [...c.list(c.o('fault'), 'response'), first]);
      }),
      unlockFault,
      give(local('request')),
    ]),
    procedure('iommufd_fault_fops_write', ['fault', 'cookie', 'code'], `${file} iommufd_fault_fops_write`, [
      ...isOpen,
      lockFault,
      act('mutate', 'answer {cookie} of {fault}', (c) => {
        const code = c.v('code');
        const known = code === null || code === 'SUCCESS' || code === 'INVALID' || u64(code) === 1n;
        const waits = c.list(c.o('fault'), 'response').includes(String(c.v('cookie')));
        c.put('ret', known && waits ? 0 : '-EINVAL');
        if (!known || !waits) return;
        c.set(
          c.o('fault'),
          'response',
          c.list(c.o('fault'), 'response').filter((request) => request !== c.v('cookie')),
        );
      }),
      unlockFault,
      give(local('ret')),
    ]),
  ];
}
