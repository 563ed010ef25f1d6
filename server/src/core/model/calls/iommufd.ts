// iommufd of v6.12: contexts, IO address spaces, hardware page tables, bound devices, accesses without a device.
// [612: drivers/iommu/iommufd/main.c, device.c, hw_pagetable.c, ioas.c, io_pagetable.c; drivers/vfio/device_cdev.c, iommufd.c]
//
// A context is a user's file and the owner token of its groups. Objects count their users as the kernel does: one for the table of
// the context, so an object can be destroyed by id when exactly that one is left.

import type { Cpu } from '../machine/cpu.ts';
import type { Procedure, Statement } from '../machine/code.ts';
import { act, call, each, give, leave, lock, procedure, set, unlock, when } from '../machine/code.ts';
import { addUsers, destroyObject, iommufdObjects, isHwpt, kindOf, lockIoas, makeObject, unlockIoas } from './iommufdObjects.ts';
import { failed, isError, local } from './terms.ts';
import { vfioCdev } from './vfioCdev.ts';

const source = '612: drivers/iommu/iommufd';
const lockGroup = lock((c) => `${c.o('igroup')}.lock`);
const unlockGroup = unlock((c) => `${c.o('igroup')}.lock`);

/** iommufd_hw_pagetable_put(): an automatic page table goes with its last device. */
const putHwpt: Statement = act('free', 'user of {old} gone', (c) => {
  addUsers(c, c.o('old'), -1);
  if (c.flag(c.o('old'), 'auto_domain') && c.count(c.o('old'), 'users') === 1) destroyObject(c, c.o('old'));
});

export function iommufd(): Procedure[] {
  return [...iommufdObjects(), ...devices(), ...accesses(), ...vfioCdev()];
}

function devices(): Procedure[] {
  const attachOne: Statement[] = [
    // With the igroup's lock held: iommufd_hw_pagetable_attach().
    lockGroup,
    act('check', 'other page table on {igroup}?', (c) => {
      const current = c.ref(c.o('igroup'), 'hwpt');
      c.put('ret', current !== null && current !== c.v('hwpt') ? '-EINVAL' : 0);
      c.put('first', c.list(c.o('igroup'), 'device_list').length === 0);
    }),
    when(
      (c) => !isError(c.v('ret')) && c.v('first') === true,
      [
        call(
          'iommu_attach_group_handle',
          [(c) => c.get(c.o('hwpt'), 'domain'), (c) => c.get(c.o('igroup'), 'group'), (c) => `handle_${c.o('idev')}`],
          'ret',
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
  ];
  const replaceOne: Statement[] = [
    lockGroup,
    act('check', '{idev} attached?', (c) => {
      const old = c.ref(c.o('igroup'), 'hwpt');
      c.put('old', old);
      c.put('ret', old === null || !c.list(c.o('igroup'), 'device_list').includes(c.o('idev')) ? '-EINVAL' : 0);
      c.put('same', old === c.v('hwpt'));
    }),
    when(
      (c) => !isError(c.v('ret')) && c.v('same') !== true,
      [
        call(
          'iommu_replace_group_handle',
          [(c) => c.get(c.o('igroup'), 'group'), (c) => c.get(c.o('hwpt'), 'domain'), (c) => `handle_${c.o('idev')}`],
          'ret',
        ),
        when(
          (c) => !isError(c.v('ret')),
          [
            act('mutate', '{igroup} moves to {hwpt}', (c) => {
              const devices = c.list(c.o('igroup'), 'device_list').length;
              c.set(c.o('igroup'), 'hwpt', c.v('hwpt'));
              addUsers(c, c.o('hwpt'), devices);
              addUsers(c, c.o('old'), 1 - devices);
            }),
            putHwpt,
          ],
        ),
      ],
    ),
    unlockGroup,
  ];
  return [
    procedure('iommufd_device_bind', ['ctx', 'dev'], `${source}/device.c iommufd_device_bind`, [
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
        (c) => c.peek(c.o('dev'), 'no_isolated_msi') === true,
        [set('ret', () => '-EPERM')],
        [call('iommu_device_claim_dma_owner', [local('dev'), local('ctx')], 'ret')],
      ),
      when(failed('ret'), [call('iommufd_put_group', [local('igroup')]), give(local('ret'))]),
      act('mutate', '{dev} bound to {ctx}', (c) => {
        const idev = makeObject(c, 'idev', c.v('ctx'));
        addUsers(c, idev, 1);
        c.set(idev, 'dev', c.v('dev'));
        c.set(idev, 'igroup', c.v('igroup'));
        c.set(c.o('ctx'), 'refs', c.count(c.o('ctx'), 'refs') + 1);
        c.set(c.o('group'), 'idevs', [...c.list(c.o('group'), 'idevs'), idev].sort());
        c.put('idev', idev);
      }),
      give(local('idev')),
    ]),
    procedure('iommufd_put_group', ['igroup'], `${source}/device.c iommufd_put_group`, [
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
    procedure('iommufd_device_unbind', ['idev'], `${source}/device.c iommufd_device_unbind, iommufd_device_destroy`, [
      act('check', '{idev} detached?', (c) => {
        const users = c.count(c.o('idev'), 'users');
        if (users > 2) c.warn(`${c.o('idev')} unbound while attached`);
        c.put('ok', users === 2);
        c.put('dev', c.get(c.o('idev'), 'dev'));
        c.put('igroup', c.get(c.o('idev'), 'igroup'));
        c.put('group', c.get(c.o('igroup'), 'group'));
        if (users === 2) destroyObject(c, c.o('idev'));
      }),
      when((c) => c.v('ok') !== true, [give(null)]),
      call('iommu_device_release_dma_owner', [local('dev')]),
      act('mutate', '{idev} gone', (c) => {
        const ctx = String(c.get(c.o('idev'), 'ctx'));
        c.set(ctx, 'refs', c.count(ctx, 'refs') - 1);
        c.set(
          c.o('group'),
          'idevs',
          c.list(c.o('group'), 'idevs').filter((other) => other !== c.o('idev')),
        );
      }),
      call('iommufd_put_group', [local('igroup')]),
      give(null),
    ]),
    procedure('iommufd_device_attach', ['idev', 'pt'], `${source}/device.c iommufd_device_attach`, [
      call('iommufd_device_change_pt', [local('idev'), local('pt'), () => 'attach'], 'ret'),
      when((c) => !isError(c.v('ret')), [act('mutate', '{idev} is attached', (c) => addUsers(c, c.o('idev'), 1))]),
      give(local('ret')),
    ]),
    procedure('iommufd_device_replace', ['idev', 'pt'], `${source}/device.c iommufd_device_replace`, [
      call('iommufd_device_change_pt', [local('idev'), local('pt'), () => 'replace'], 'ret'),
      give(local('ret')),
    ]),
    procedure('iommufd_device_change_pt', ['idev', 'pt', 'how'], `${source}/device.c iommufd_device_change_pt`, [
      act('check', 'what is {pt}?', (c) => {
        const kind = kindOf(c, c.v('pt'));
        const own = kind !== null && c.get(c.o('pt'), 'ctx') === c.get(c.o('idev'), 'ctx');
        c.put('kind', kind);
        if (!own) c.put('ret', '-ENOENT');
        else c.put('ret', isHwpt(kind) || kind === 'ioas' ? 0 : '-EINVAL');
        c.put('igroup', c.get(c.o('idev'), 'igroup'));
      }),
      when(failed('ret'), [give(local('ret'))]),
      when(
        (c) => isHwpt(kindOf(c, c.v('pt'))),
        [set('hwpt', local('pt')), call('iommufd_device_do', [local('idev'), local('hwpt'), local('how')], 'ret'), give(local('ret'))],
      ),
      // An IO address space: try its automatic page tables, else make one.
      set('ioas', local('pt')),
      lockIoas,
      set('ret', () => '-EINVAL'),
      ...each('candidate', (c) => c.list(c.o('ioas'), 'hwpts').filter((hwpt) => c.flag(hwpt, 'auto_domain')), [
        call('iommufd_device_do', [local('idev'), local('candidate'), local('how')], 'ret'),
        when((c) => c.v('ret') !== '-EINVAL', [leave('candidate')]),
      ]),
      when((c) => c.v('ret') !== '-EINVAL', [unlockIoas, give(local('ret'))]),
      call('domain_alloc', [() => 'UNMANAGED'], 'domain'),
      when((c) => c.v('domain') === null, [unlockIoas, give('-ENOMEM')]),
      act('mutate', 'automatic page table on {ioas}', (c) => {
        const hwpt = makeObject(c, 'hwpt', c.get(c.o('ioas'), 'ctx'));
        c.set(hwpt, 'domain', c.v('domain'));
        c.set(hwpt, 'ioas', c.v('ioas'));
        c.set(hwpt, 'auto_domain', true);
        addUsers(c, c.o('ioas'), 1);
        c.set(c.o('ioas'), 'hwpts', [...c.list(c.o('ioas'), 'hwpts'), hwpt]);
        c.put('hwpt', hwpt);
      }),
      call('iommufd_device_do', [local('idev'), local('hwpt'), local('how')], 'ret'),
      when(failed('ret'), [act('free', '{hwpt} aborted', (c) => destroyObject(c, c.o('hwpt')))]),
      unlockIoas,
      give(local('ret')),
    ]),
    procedure('iommufd_device_do', ['idev', 'hwpt', 'how'], `${source}/device.c iommufd_hw_pagetable_attach, iommufd_device_do_replace`, [
      set('igroup', (c) => c.get(c.o('idev'), 'igroup')),
      when((c) => c.v('how') === 'attach', attachOne, replaceOne),
      give(local('ret')),
    ]),
    procedure('iommufd_device_detach', ['idev'], `${source}/device.c iommufd_device_detach`, [
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
          act('mutate', '{igroup} without page table', (c) => c.set(c.o('igroup'), 'hwpt', null)),
        ],
      ),
      unlockGroup,
      putHwpt,
      act('mutate', '{idev} is detached', (c) => addUsers(c, c.o('idev'), -1)),
      give(null),
    ]),
  ];
}

function accesses(): Procedure[] {
  const lockAccess = lock((c) => `${c.o('access')}.ioas_lock`);
  const unlockAccess = unlock((c) => `${c.o('access')}.ioas_lock`);
  const change = act('mutate', '{access} on {ioas}', (c) => {
    if (kindOf(c, c.v('ioas')) !== 'ioas' || c.get(c.o('ioas'), 'ctx') !== c.get(c.o('access'), 'ctx')) {
      c.put('ret', '-ENOENT');
      return;
    }
    const old = c.ref(c.o('access'), 'ioas');
    c.put('ret', 0);
    if (old === c.v('ioas')) return;
    if (old !== null) addUsers(c, old, -1);
    addUsers(c, c.o('ioas'), 1);
    c.set(c.o('access'), 'ioas', c.v('ioas'));
  });
  const drop = (c: Cpu): void => {
    const old = c.ref(c.o('access'), 'ioas');
    if (old !== null) addUsers(c, old, -1);
    c.set(c.o('access'), 'ioas', null);
  };
  return [
    procedure('iommufd_access_create', ['ctx'], `${source}/device.c iommufd_access_create`, [
      act('mutate', 'access of {ctx}', (c) => {
        c.put('access', makeObject(c, 'access', c.v('ctx')));
        addUsers(c, c.o('access'), 1);
        c.set(c.o('ctx'), 'refs', c.count(c.o('ctx'), 'refs') + 1);
      }),
      give(local('access')),
    ]),
    procedure('iommufd_access_attach', ['access', 'ioas'], `${source}/device.c iommufd_access_attach`, [
      lockAccess,
      act('check', '{access} free?', (c) => {
        const attached = c.ref(c.o('access'), 'ioas') !== null;
        if (attached) c.warn('access attached twice');
        c.put('ret', attached ? '-EINVAL' : 0);
      }),
      when((c) => !isError(c.v('ret')), [change]),
      unlockAccess,
      give(local('ret')),
    ]),
    procedure('iommufd_access_replace', ['access', 'ioas'], `${source}/device.c iommufd_access_replace`, [
      lockAccess,
      act('check', '{access} attached?', (c) => c.put('ret', c.ref(c.o('access'), 'ioas') === null ? '-ENOENT' : 0)),
      when((c) => !isError(c.v('ret')), [change]),
      unlockAccess,
      give(local('ret')),
    ]),
    procedure('iommufd_access_detach', ['access'], `${source}/device.c iommufd_access_detach`, [
      lockAccess,
      act('mutate', '{access} detached', (c) => {
        if (c.ref(c.o('access'), 'ioas') === null) c.warn('access detached without attach');
        drop(c);
      }),
      unlockAccess,
      give(null),
    ]),
    procedure('iommufd_access_destroy', ['access'], `${source}/device.c iommufd_access_destroy`, [
      lockAccess,
      act('mutate', '{access} destroyed', (c) => {
        drop(c);
        destroyObject(c, c.o('access'));
        const ctx = String(c.get(c.o('access'), 'ctx'));
        c.set(ctx, 'refs', c.count(ctx, 'refs') - 1);
      }),
      unlockAccess,
      give(null),
    ]),
  ];
}
