// iommufd of v6.12: contexts, IO address spaces, hardware page tables, bound devices, accesses without a device.
// [612: drivers/iommu/iommufd/main.c, device.c, hw_pagetable.c, ioas.c, io_pagetable.c; drivers/vfio/device_cdev.c, iommufd.c]
//
// A context is a user's file and the owner token of its groups. Objects count their users as the kernel does: one for the table of
// the context, so an object can be destroyed by id when exactly that one is left.

import type { Cpu } from '../machine/cpu.ts';
import type { Procedure, Statement } from '../machine/code.ts';
import { act, call, each, give, leave, lock, procedure, set, unlock, when } from '../machine/code.ts';
import type { Value } from '../machine/names.ts';
import { failed, isError, local, newName } from './terms.ts';

const source = '612: drivers/iommu/iommufd';
const lockGroup = lock((c) => `${c.o('igroup')}.lock`);
const unlockGroup = unlock((c) => `${c.o('igroup')}.lock`);
const lockIoas = lock((c) => `${c.o('ioas')}.ioas_mutex`);
const unlockIoas = unlock((c) => `${c.o('ioas')}.ioas_mutex`);
const lockSet = lock((c) => `${c.o('dev')}.dev_set`);
const unlockSet = unlock((c) => `${c.o('dev')}.dev_set`);

function makeObject(c: Cpu, kind: string, ctx: Value): string {
  const object = newName(c, kind);
  c.set(object, 'kind', kind);
  c.set(object, 'ctx', ctx);
  c.set(object, 'users', 1);
  return object;
}

const addUsers = (c: Cpu, object: string, by: number): void => c.set(object, 'users', c.count(object, 'users') + by);

/** The kind of a live object that a value names, or null: then the kernel says -ENOENT. */
function kindOf(c: Cpu, value: Value): string | null {
  if (typeof value !== 'string') return null;
  return c.flag(value, 'destroyed') ? null : c.ref(value, 'kind');
}

const isHwpt = (kind: string | null): boolean => kind === 'hwpt' || kind === 'hwpt_nested';

/** Frees what stands behind an object that has lost its last user. */
function destroyObject(c: Cpu, object: string): void {
  c.set(object, 'destroyed', true);
  const kind = c.ref(object, 'kind');
  if (kind === 'hwpt' || kind === 'hwpt_nested') {
    const domain = c.ref(object, 'domain');
    if (domain !== null) c.set(domain, 'freed', true);
    const above = c.ref(object, kind === 'hwpt' ? 'ioas' : 'parent');
    if (above !== null) addUsers(c, above, -1);
    if (kind === 'hwpt' && above !== null) {
      c.set(
        above,
        'hwpts',
        c.list(above, 'hwpts').filter((other) => other !== object),
      );
    }
  }
}

/** iommufd_hw_pagetable_put(): an automatic page table goes with its last device. */
const putHwpt: Statement = act('free', 'user of {old} gone', (c) => {
  addUsers(c, c.o('old'), -1);
  if (c.flag(c.o('old'), 'auto_domain') && c.count(c.o('old'), 'users') === 1) destroyObject(c, c.o('old'));
});

export function iommufd(): Procedure[] {
  return [...objects(), ...devices(), ...accesses(), ...cdev()];
}

function objects(): Procedure[] {
  return [
    procedure('iommufd_ioas_alloc', ['ctx'], `${source}/ioas.c iommufd_ioas_alloc_ioctl`, [
      act('mutate', 'new IO address space of {ctx}', (c) => c.put('ioas', makeObject(c, 'ioas', c.v('ctx')))),
      give(local('ioas')),
    ]),
    procedure('iommufd_destroy', ['ctx', 'object'], `${source}/main.c iommufd_destroy, iommufd_object_remove`, [
      act('check', '{object} unused?', (c) => {
        const object = c.v('object');
        if (typeof object !== 'string' || kindOf(c, object) === null || c.get(object, 'ctx') !== c.v('ctx')) {
          c.put('ret', '-ENOENT');
          return;
        }
        c.put('ret', c.count(object, 'users') === 1 ? 0 : '-EBUSY');
        if (!isError(c.v('ret'))) destroyObject(c, object);
      }),
      give(local('ret')),
    ]),
    procedure('iommufd_hwpt_alloc', ['idev', 'pt', 'flags'], `${source}/hw_pagetable.c iommufd_hwpt_alloc`, [
      act('check', '{idev} and {pt} are there?', (c) => {
        c.put('ret', 0);
        c.put('kind', null);
        if (kindOf(c, c.v('idev')) !== 'idev') {
          c.put('ret', '-ENOENT');
          return;
        }
        const kind = kindOf(c, c.v('pt'));
        c.put('kind', kind);
        if (kind !== 'ioas' && kind !== 'hwpt') c.put('ret', '-EINVAL');
        else if (kind === 'hwpt' && (c.flag(c.o('pt'), 'auto_domain') || !c.flag(c.o('pt'), 'nest_parent'))) c.put('ret', '-EINVAL');
      }),
      when(failed('ret'), [give(local('ret'))]),
      set('ioas', local('pt')),
      when((c) => c.v('kind') === 'ioas', [lockIoas]),
      call('domain_alloc', [(c) => (c.v('kind') === 'ioas' ? 'UNMANAGED' : 'NESTED')], 'domain'),
      when(
        (c) => c.v('domain') !== null,
        [
          act('mutate', 'page table on {pt}', (c) => {
            const nested = c.v('kind') === 'hwpt';
            const hwpt = makeObject(c, nested ? 'hwpt_nested' : 'hwpt', c.get(c.o('idev'), 'ctx'));
            c.set(hwpt, 'domain', c.v('domain'));
            c.set(hwpt, nested ? 'parent' : 'ioas', c.v('pt'));
            c.set(hwpt, 'nest_parent', c.v('flags') === 'nest_parent');
            addUsers(c, c.o('pt'), 1);
            if (!nested) c.set(c.o('pt'), 'hwpts', [...c.list(c.o('pt'), 'hwpts'), hwpt]);
            c.put('ret', hwpt);
          }),
        ],
        [set('ret', () => '-ENOMEM')],
      ),
      when((c) => c.v('kind') === 'ioas', [unlockIoas]),
      give(local('ret')),
    ]),
    procedure('iommufd_ioas_map', ['ioas', 'iova', 'length'], `${source}/io_pagetable.c iopt_map_pages`, [
      act('mutate', 'map {iova}+{length} in {ioas}', (c) => {
        const start = c.number('iova');
        const end = start + c.number('length');
        if (kindOf(c, c.v('ioas')) !== 'ioas') c.put('ret', '-ENOENT');
        else if (end === start) c.put('ret', '-EINVAL');
        else if (areas(c).some(([first, last]) => first < end && start < last)) c.put('ret', '-EEXIST');
        else {
          c.put('ret', 0);
          c.set(c.o('ioas'), 'areas', [...c.list(c.o('ioas'), 'areas'), `${start}-${end}`].sort());
        }
      }),
      give(local('ret')),
    ]),
    procedure('iommufd_ioas_unmap', ['ioas', 'iova', 'length'], `${source}/io_pagetable.c iopt_unmap_iova`, [
      act('mutate', 'unmap {iova}+{length} of {ioas}', (c) => {
        const start = c.number('iova');
        const end = start + c.number('length');
        if (kindOf(c, c.v('ioas')) !== 'ioas') {
          c.put('ret', '-ENOENT');
          return;
        }
        if (end === start) {
          c.put('ret', '-EINVAL');
          return;
        }
        const touched = areas(c).filter(([first, last]) => first < end && start < last);
        const whole = touched.length > 0 && touched.every(([first, last]) => first >= start && last <= end);
        c.put('ret', whole ? 0 : '-ENOENT');
        if (whole) {
          const gone = new Set(touched.map(([first, last]) => `${first}-${last}`));
          c.set(
            c.o('ioas'),
            'areas',
            c.list(c.o('ioas'), 'areas').filter((area) => !gone.has(area)),
          );
        }
      }),
      give(local('ret')),
    ]),
  ];
}

const areas = (c: Cpu): (readonly [number, number])[] =>
  c.list(c.o('ioas'), 'areas').map((area) => {
    const [first = '0', last = '0'] = area.split('-');
    return [Number(first), Number(last)] as const;
  });

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

/** A device's own VFIO file: bound to a context instead of its group to a container. */
function cdev(): Procedure[] {
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
