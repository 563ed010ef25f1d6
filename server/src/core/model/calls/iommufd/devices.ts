// Devices bound to an iommufd context in v6.12, and the page tables that they use. [612: drivers/iommu/iommufd/device.c, fault.c]

import type { Procedure, Statement } from '../../machine/code.ts';
import { act, call, each, give, leave, lock, note, procedure, set, unlock, wait, when } from '../../machine/code.ts';
import { failed, isError, local } from '../terms.ts';
import { enforceReserved, unreserve } from './iopt.ts';
import { refuse } from './checks.ts';
import { ALL_KINDS, addUsers, allocObject, eraseObject, isHwpt, kindOf, lockIoas, lockIova } from './objects.ts';
import { makeObject, takes, pagingOf, source, unlockIoas, unlockIova } from './objects.ts';

const file = `${source}/device.c`;
const lockGroup = lock((c) => `${c.o('igroup')}.lock`);
const unlockGroup = unlock((c) => `${c.o('igroup')}.lock`);

export function deviceCalls(): Procedure[] {
  return [...binding(), ...attaching(), ...tables(), ...pageRequests()];
}

function binding(): Procedure[] {
  return [
    procedure('iommufd_device_bind', ['ctx', 'dev'], `${file} iommufd_device_bind`, [
      act('check', '{dev} cache coherent, with a group?', (c) => {
        const dev = c.o('dev');
        const coherent = c.flag(dev, 'iommu_dev') && c.peek(dev, 'not_cache_coherent') !== true;
        const group = c.ref(dev, 'group');
        c.put('group', group);
        c.put('ret', coherent ? (group === null ? '-ENODEV' : 0) : '-EINVAL');
      }),
      when(failed('ret'), [give(local('ret'))]),
      lock((c) => `${c.o('ctx')}.groups`),
      act('mutate', 'igroup of {group} in {ctx}', (c) => {
        const igroup = `${c.o('group')}@${c.o('ctx')}`;
        c.put('igroup', igroup);
        if (c.count(igroup, 'kref') === 0) {
          c.set(igroup, 'group', c.v('group'));
          c.set(igroup, 'ctx', c.v('ctx'));
          c.set(c.o('group'), 'refs', c.count(c.o('group'), 'refs') + 1);
          c.set(c.o('group'), 'igroups', c.count(c.o('group'), 'igroups') + 1);
        }
        c.set(igroup, 'kref', c.count(igroup, 'kref') + 1);
      }),
      unlock((c) => `${c.o('ctx')}.groups`),
      when(
        (c) => c.peek(c.o('dev'), 'no_isolated_msi') === true && c.peek('world', 'allow_unsafe_interrupts') !== true,
        [set('ret', () => '-EPERM')],
        [call('iommu_device_claim_dma_owner', [local('dev'), local('ctx')], 'ret')],
      ),
      when(failed('ret'), [call('iommufd_put_group', [local('igroup')]), give(local('ret'))]),
      allocObject('{dev} bound to {ctx}', (c) => {
        const idev = makeObject(c, 'idev', c.v('ctx'));
        addUsers(c, idev, 1);
        c.set(idev, 'dev', c.v('dev'));
        c.set(idev, 'igroup', c.v('igroup'));
        // A mock device lives and dies with its context: it holds no reference of it.
        if (c.peek(c.o('dev'), 'bus') !== 'mock') c.set(c.o('ctx'), 'refs', c.count(c.o('ctx'), 'refs') + 1);
        c.set(c.o('group'), 'idevs', [...c.list(c.o('group'), 'idevs'), idev].sort());
        c.put('idev', idev);
      }),
      when(failed('ret'), [
        call('iommu_device_release_dma_owner', [local('dev')]),
        call('iommufd_put_group', [local('igroup')]),
        give(local('ret')),
      ]),
      give(local('idev')),
    ]),
    procedure('iommufd_put_group', ['igroup'], `${file} iommufd_put_group`, [
      act('mutate', 'reference of {igroup} dropped', (c) => {
        const left = c.count(c.o('igroup'), 'kref') - 1;
        c.set(c.o('igroup'), 'kref', left);
        c.put('group', c.get(c.o('igroup'), 'group'));
        c.put('last', left === 0);
        if (left === 0) c.set(c.o('group'), 'igroups', c.count(c.o('group'), 'igroups') - 1);
      }),
      when((c) => c.v('last') === true, [call('iommu_group_put', [local('group')])]),
      give(null),
    ]),
    procedure('iommufd_device_unbind', ['idev'], `${file} iommufd_device_unbind`, [
      // W2: after a minute the kernel gives up and leaves the object to the end of its context.
      wait('calls that use {idev}', (c) => c.count(c.o('idev'), 'shortterm_users') === 0),
      note((c) => c.set(c.o('idev'), 'destroyed', true)),
      act('check', '{idev} detached?', (c) => {
        const users = c.count(c.o('idev'), 'users');
        if (users > 2) c.warn(`${c.o('idev')} unbound while attached`);
        c.put('ok', users === 2);
        c.set(c.o('idev'), 'destroyed', users === 2);
        if (users !== 2) return;
        c.set(c.o('idev'), 'users', 0);
        eraseObject(c, c.o('idev'));
      }),
      when((c) => c.v('ok') !== true, [give(null)]),
      call('iommufd_device_destroy', [local('idev')]),
      give(null),
    ]),
    procedure('iommufd_device_destroy', ['idev'], `${file} iommufd_device_destroy`, [
      set('dev', (c) => c.ref(c.o('idev'), 'dev')),
      set('igroup', (c) => c.ref(c.o('idev'), 'igroup')),
      set('group', (c) => c.ref(c.o('igroup'), 'group')),
      call('iommu_device_release_dma_owner', [local('dev')]),
      act('mutate', '{idev} gone', (c) => {
        const ctx = String(c.get(c.o('idev'), 'ctx'));
        if (c.peek(c.o('dev'), 'bus') !== 'mock') c.set(ctx, 'refs', c.count(ctx, 'refs') - 1);
        c.set(
          c.o('group'),
          'idevs',
          c.list(c.o('group'), 'idevs').filter((other) => other !== c.o('idev')),
        );
      }),
      call('iommufd_put_group', [local('igroup')]),
      give(null),
    ]),
  ];
}

/** Reserved regions of {device} in the IOAS behind {table}, with the igroup's lock held. */
const enforce = (device: string, table: string): Statement[] => [
  set('ioas', (c) => c.ref(pagingOf(c, c.o(table)), 'ioas')),
  lockIova,
  act('mutate', `reserved regions of {${device}} in {ioas}`, (c) =>
    c.put('ret', enforceReserved(c, c.o('ioas'), String(c.get(c.o(device), 'dev')))),
  ),
  unlockIova,
];
const unenforce = (device: string, table: string): Statement[] => [
  set('ioas', (c) => c.ref(pagingOf(c, c.o(table)), 'ioas')),
  lockIova,
  act('mutate', `reserved regions of {${device}} leave {ioas}`, (c) => unreserve(c, c.o('ioas'), String(c.get(c.o(device), 'dev')))),
  unlockIova,
];

function attaching(): Procedure[] {
  return [
    procedure('iommufd_hw_pagetable_attach', ['hwpt', 'idev'], `${file} iommufd_hw_pagetable_attach`, [
      set('igroup', (c) => c.get(c.o('idev'), 'igroup')),
      lockGroup,
      act('check', 'other page table on {igroup}?', (c) => {
        const current = c.ref(c.o('igroup'), 'hwpt');
        c.put('ret', current !== null && current !== c.v('hwpt') ? '-EINVAL' : 0);
        c.put('first', c.list(c.o('igroup'), 'device_list').length === 0);
      }),
      when(
        (c) => !isError(c.v('ret')),
        [
          ...enforce('idev', 'hwpt'),
          when(
            (c) => !isError(c.v('ret')) && c.v('first') === true,
            [
              when((c) => c.ref(c.o('hwpt'), 'fault') !== null, [call('iommufd_fault_iopf_enable', [local('idev')], 'ret')]),
              when(
                (c) => !isError(c.v('ret')),
                [
                  call(
                    'iommu_attach_group_handle',
                    [(c) => c.get(c.o('hwpt'), 'domain'), (c) => c.get(c.o('igroup'), 'group'), (c) => `handle_${c.o('idev')}`],
                    'ret',
                  ),
                  when(
                    (c) => isError(c.v('ret')) && c.ref(c.o('hwpt'), 'fault') !== null,
                    [call('iommufd_fault_iopf_disable', [local('idev')])],
                  ),
                ],
              ),
              when(failed('ret'), unenforce('idev', 'hwpt')),
            ],
          ),
        ],
      ),
      when(
        (c) => !isError(c.v('ret')),
        [
          act('mutate', '{idev} on {hwpt}', (c) => {
            c.set(c.o('igroup'), 'hwpt', c.v('hwpt'));
            addUsers(c, c.o('hwpt'), 1);
            c.set(c.o('igroup'), 'device_list', [...c.list(c.o('igroup'), 'device_list'), c.o('idev')]);
          }),
        ],
      ),
      unlockGroup,
      give(local('ret')),
    ]),
    // Gives the page table that the caller must put.
    procedure('iommufd_hw_pagetable_detach', ['idev'], `${file} iommufd_hw_pagetable_detach`, [
      set('igroup', (c) => c.get(c.o('idev'), 'igroup')),
      lockGroup,
      act('mutate', '{idev} leaves its page table', (c) => {
        const left = c.list(c.o('igroup'), 'device_list').filter((other) => other !== c.o('idev'));
        c.put('old', c.get(c.o('igroup'), 'hwpt'));
        c.set(c.o('igroup'), 'device_list', left);
        c.put('last', left.length === 0);
      }),
      when(
        (c) => c.v('last') === true,
        [
          call('iommu_detach_group_handle', [(c) => c.get(c.o('old'), 'domain'), (c) => c.get(c.o('igroup'), 'group')]),
          when((c) => c.ref(c.o('old'), 'fault') !== null, [call('iommufd_fault_iopf_disable', [local('idev')])]),
          act('mutate', '{igroup} without page table', (c) => c.set(c.o('igroup'), 'hwpt', null)),
        ],
      ),
      ...unenforce('idev', 'old'),
      unlockGroup,
      give(local('old')),
    ]),
    procedure('iommufd_device_do_replace', ['hwpt', 'idev'], `${file} iommufd_device_do_replace`, [
      set('igroup', (c) => c.get(c.o('idev'), 'igroup')),
      lockGroup,
      act('check', '{idev} attached?', (c) => {
        const old = c.ref(c.o('igroup'), 'hwpt');
        c.put('old', old);
        c.put('ret', old === null || !c.list(c.o('igroup'), 'device_list').includes(c.o('idev')) ? '-EINVAL' : 0);
      }),
      when((c) => isError(c.v('ret')) || c.v('old') === c.v('hwpt'), [unlockGroup, give(local('ret'))]),
      set('moves', (c) => c.ref(pagingOf(c, c.o('hwpt')), 'ioas') !== c.ref(pagingOf(c, c.o('old')), 'ioas')),
      when(
        (c) => c.v('moves') === true,
        each('device', (c) => c.list(c.o('igroup'), 'device_list'), [...enforce('device', 'hwpt'), when(failed('ret'), [leave('device')])]),
      ),
      when(
        (c) => !isError(c.v('ret')) && c.ref(c.o('hwpt'), 'fault') !== null && c.ref(c.o('old'), 'fault') === null,
        [call('iommufd_fault_iopf_enable', [local('idev')], 'ret'), set('paged', (c) => !isError(c.v('ret')))],
      ),
      when(
        (c) => !isError(c.v('ret')),
        [
          call(
            'iommu_replace_group_handle',
            [(c) => c.get(c.o('igroup'), 'group'), (c) => c.get(c.o('hwpt'), 'domain'), (c) => `handle_${c.o('idev')}`],
            'ret',
          ),
          when((c) => isError(c.v('ret')) && c.v('paged') === true, [call('iommufd_fault_iopf_disable', [local('idev')])]),
        ],
      ),
      when(failed('ret'), [
        when(
          (c) => c.v('moves') === true,
          each('device', (c) => c.list(c.o('igroup'), 'device_list'), unenforce('device', 'hwpt')),
        ),
        unlockGroup,
        give(local('ret')),
      ]),
      when(
        (c) => c.ref(c.o('old'), 'fault') !== null && c.ref(c.o('hwpt'), 'fault') === null,
        [call('iommufd_fault_iopf_disable', [local('idev')])],
      ),
      when(
        (c) => c.v('moves') === true,
        each('device', (c) => c.list(c.o('igroup'), 'device_list'), unenforce('device', 'old')),
      ),
      act('mutate', '{igroup} moves to {hwpt}', (c) => {
        const devices = c.list(c.o('igroup'), 'device_list').length;
        c.set(c.o('igroup'), 'hwpt', c.v('hwpt'));
        addUsers(c, c.o('hwpt'), devices);
        addUsers(c, c.o('old'), 1 - devices);
      }),
      unlockGroup,
      // The page table that the caller must put.
      give(local('old')),
    ]),
    // iommufd_hw_pagetable_put(): an automatic page table goes with its last device.
    procedure('iommufd_hw_pagetable_put', ['hwpt'], `${source}/iommufd_private.h iommufd_hw_pagetable_put`, [
      act('free', 'user of {hwpt} gone', (c) => {
        const hwpt = c.o('hwpt');
        addUsers(c, hwpt, -1);
        const ends = c.flag(hwpt, 'auto_domain') && c.count(hwpt, 'users') === 1;
        c.put('ends', ends);
        if (!ends) return;
        c.set(hwpt, 'users', 0);
        eraseObject(c, hwpt);
      }),
      when((c) => c.v('ends') === true, [call('iommufd_object_destroy', [local('hwpt')])]),
      give(null),
    ]),
  ];
}

function tables(): Procedure[] {
  return [
    procedure('iommufd_device_attach', ['idev', 'pt'], `${file} iommufd_device_attach`, [
      call('iommufd_device_change_pt', [local('idev'), local('pt'), () => 'attach'], 'ret'),
      when((c) => !isError(c.v('ret')), [act('mutate', '{idev} is attached', (c) => addUsers(c, c.o('idev'), 1))]),
      give(local('ret')),
    ]),
    procedure('iommufd_device_replace', ['idev', 'pt'], `${file} iommufd_device_replace`, [
      call('iommufd_device_change_pt', [local('idev'), local('pt'), () => 'replace'], 'ret'),
      give(local('ret')),
    ]),
    procedure('iommufd_device_detach', ['idev'], `${file} iommufd_device_detach`, [
      call('iommufd_hw_pagetable_detach', [local('idev')], 'old'),
      call('iommufd_hw_pagetable_put', [local('old')]),
      act('mutate', '{idev} is detached', (c) => addUsers(c, c.o('idev'), -1)),
      give(null),
    ]),
    procedure('iommufd_device_change_pt', ['idev', 'pt', 'how'], `${file} iommufd_device_change_pt`, [
      ...refuse('what is {pt}?', (c) => {
        if (!takes(c, c.v('pt'), c.get(c.o('idev'), 'ctx'), ALL_KINDS)) return '-ENOENT';
        const kind = kindOf(c, c.v('pt'));
        return isHwpt(kind) || kind === 'ioas' ? 0 : '-EINVAL';
      }),
      set('old', () => null),
      when(
        (c) => isHwpt(kindOf(c, c.v('pt'))),
        [call('iommufd_device_do', [local('idev'), local('pt'), local('how')], 'ret')],
        [call('iommufd_device_auto_get_domain', [local('idev'), local('pt'), local('how')], 'ret')],
      ),
      when(failed('ret'), [give(local('ret'))]),
      when((c) => c.v('ret') !== null, [call('iommufd_hw_pagetable_put', [local('ret')])]),
      give(0),
    ]),
    // An IO address space: try its automatic page tables, else make one. -EINVAL of a page table means "another one".
    procedure('iommufd_device_auto_get_domain', ['idev', 'ioas', 'how'], `${file} iommufd_device_auto_get_domain`, [
      lockIoas,
      set('ret', () => '-EINVAL'),
      ...each('candidate', (c) => c.list(c.o('ioas'), 'hwpts').filter((hwpt) => c.flag(hwpt, 'auto_domain')), [
        // iommufd_lock_obj(): one that is on its way out is passed over.
        act('check', '{candidate} lives?', (c) => c.put('lives', takes(c, c.v('candidate'), null, ['hwpt']))),
        when(
          (c) => c.v('lives') === true,
          [
            call('iommufd_device_do', [local('idev'), local('candidate'), local('how')], 'ret'),
            when((c) => c.v('ret') !== '-EINVAL', [leave('candidate')]),
          ],
        ),
      ]),
      when((c) => c.v('ret') !== '-EINVAL', [unlockIoas, give(local('ret'))]),
      call('iommufd_hwpt_paging_alloc', [local('ioas'), local('idev'), () => 0, (c) => c.v('how') === 'attach', () => 0], 'hwpt'),
      when(failed('hwpt'), [unlockIoas, give(local('hwpt'))]),
      set('ret', () => null),
      when(
        (c) => c.v('how') !== 'attach',
        [
          call('iommufd_device_do', [local('idev'), local('hwpt'), local('how')], 'ret'),
          when(failed('ret'), [call('iommufd_object_abort_and_destroy', [local('hwpt')]), unlockIoas, give(local('ret'))]),
        ],
      ),
      act('mutate', '{hwpt} is automatic', (c) => c.set(c.o('hwpt'), 'auto_domain', true)),
      unlockIoas,
      give(local('ret')),
    ]),
    procedure('iommufd_device_do', ['idev', 'hwpt', 'how'], `${file} iommufd_device_do_attach, iommufd_device_do_replace`, [
      when(
        (c) => c.v('how') === 'attach',
        [call('iommufd_hw_pagetable_attach', [local('hwpt'), local('idev')], 'ret')],
        [call('iommufd_device_do_replace', [local('hwpt'), local('idev')], 'ret')],
      ),
      give(local('ret')),
    ]),
  ];
}

function pageRequests(): Procedure[] {
  const lockIopf = lock((c) => `${c.o('idev')}.iopf_lock`);
  const unlockIopf = unlock((c) => `${c.o('idev')}.iopf_lock`);
  return [
    procedure('iommufd_fault_iopf_enable', ['idev'], `${source}/fault.c iommufd_fault_iopf_enable`, [
      set('dev', (c) => c.ref(c.o('idev'), 'dev')),
      when((c) => c.peek(c.o('dev'), 'is_virtfn') === true, [give('-EINVAL')]),
      lockIopf,
      act('callback', 'page requests of {dev} on', (c) => {
        const count = c.count(c.o('idev'), 'iopf_enabled');
        const can = count > 0 || c.peek(c.o('dev'), 'no_iopf') !== true;
        c.put('ret', can ? 0 : '-ENODEV');
        if (can) c.set(c.o('idev'), 'iopf_enabled', count + 1);
      }),
      unlockIopf,
      give(local('ret')),
    ]),
    procedure('iommufd_fault_iopf_disable', ['idev'], `${source}/fault.c iommufd_fault_iopf_disable`, [
      lockIopf,
      act('callback', 'page requests of {idev} off', (c) => {
        const count = c.count(c.o('idev'), 'iopf_enabled');
        if (count === 0) c.warn('page requests disabled more often than enabled');
        else c.set(c.o('idev'), 'iopf_enabled', count - 1);
      }),
      unlockIopf,
      give(null),
    ]),
  ];
}
