// Groups, domains and ownership of v6.12.

import type { Cpu } from '../machine/cpu.ts';
import type { Procedure, Statement } from '../machine/code.ts';
import { act, call, each, give, leave, procedure, set, when } from '../machine/code.ts';
import type { Value } from '../machine/names.ts';
import { directRanges, isDmaType } from './driverOps.ts';
import { attachCalls, groupForming, iommuKnown } from './groups.ts';
import { freeDomain, holdGroup, references } from './references.ts';
import { failed, fallible, isError, local, lockGroup, lockNamed, members, unlockGroup, unlockNamed } from './terms.ts';
import { wordToType } from './typeStore.ts';

const source = '612: drivers/iommu/iommu.c';

/** Whether RID or PASID handles stand in the group's array; a reserved slot counts. */
export const pasidsInUse = (c: Cpu, group: string): boolean => c.list(group, 'pasid_array').length > 0;

/** iommu_get_default_domain_type(): a mandatory type of any member wins; null means "the global default", -1 is a refusal. */
function defaultType(c: Cpu, group: string, target: Value): string | null | -1 {
  let type: string | null = null;
  let untrusted = false;
  for (const dev of c.list(group, 'devices')) {
    const fixed = c.peek('world', 'static_default_domain');
    const wish = typeof fixed === 'string' ? fixed : c.peek(dev, 'def_type');
    if (typeof wish === 'string' && wish !== type) {
      if (type === null) type = wish;
      else if (wish === 'IDENTITY') type = wish;
    }
    if (c.peek(dev, 'bus') === 'pci' && c.peek(dev, 'untrusted') === true) untrusted = true;
  }
  if (untrusted) {
    if (type !== null && type !== 'DMA') return -1;
    type = 'DMA';
  }
  if (typeof target === 'string') return type !== null && type !== target ? -1 : target;
  return type;
}

/** What a member's DMA ops follow from: the *current* domain. */
function setupDmaOps(c: Cpu, dev: string): void {
  const group = c.ref(dev, 'group');
  const domain = group === null ? null : c.ref(group, 'domain');
  if (domain === null) return c.crash('panic', `NULL dereference of the current domain of ${dev}`);
  c.set(dev, 'dma_iommu', isDmaType(c.get(domain, 'type')));
}

const unlist = (c: Cpu, group: string, dev: string): void =>
  c.set(
    group,
    'devices',
    c.list(group, 'devices').filter((other) => other !== dev),
  );

/** iommu_deinit_device() and the check of __iommu_group_free_device(), with the mutex held. */
const leaveGroup: Statement = act('list', '{dev} leaves {group}', (c) => {
  const group = c.o('group');
  const dev = c.o('dev');
  unlist(c, group, dev);
  const empty = c.list(group, 'devices').length === 0;
  if (empty && (c.count(group, 'owner_cnt') > 0 || c.ref(group, 'domain') !== c.ref(group, 'default_domain'))) {
    c.warn(`last member left ${group} while it is owned, or not on its default domain`);
    c.violate('I23', `last member left ${group} with owner_cnt ${c.count(group, 'owner_cnt')}`);
  }
  c.set(dev, 'hw_domain', null);
  if (c.flag(dev, 'iommu_dev')) {
    if (empty) {
      for (const pointer of ['default_domain', 'blocking_domain']) {
        const domain = c.ref(group, pointer);
        if (domain !== null) freeDomain(c, domain);
        c.set(group, pointer, null);
      }
      c.set(group, 'domain', null);
    }
    c.set(dev, 'iommu_dev', null);
    c.set(dev, 'dma_iommu', null);
    c.set(dev, 'require_direct', null);
  }
  c.set(dev, 'group', null);
});

function mappings(): Procedure {
  return procedure('iommu_create_device_direct_mappings', ['domain', 'dev'], `${source} iommu_create_device_direct_mappings`, [
    act('read', 'reserved ranges of {dev}', (c) => {
      if (directRanges(c, c.o('dev')).length > 0) c.set(c.o('dev'), 'require_direct', true);
      c.put('needed', directRanges(c, c.o('dev')).length > 0 && isDmaType(c.get(c.o('domain'), 'type')));
    }),
    when((c) => c.v('needed') !== true, [give(0)]),
    call('map_direct', [local('domain'), local('dev')], 'ret'),
    give(local('ret')),
  ]);
}

export function core612(): Procedure[] {
  return [
    ...references({ releaseFreesDomains: false }),
    ...groupForming(),
    ...attachCalls('612:', { takesReference: false }),
    mappings(),
    procedure('iommu_group_ref_get', ['group'], `${source} iommu_group_ref_get`, [
      act('mutate', 'reference of {group} taken', (c) => holdGroup(c, c.o('group'))),
      give(local('group')),
    ]),
    procedure('__iommu_group_domain_alloc', ['group', 'type'], `${source} __iommu_domain_alloc`, [
      when(
        (c) => !c.list(c.o('group'), 'devices').some((dev) => c.flag(dev, 'iommu_dev')),
        [act('read', 'ops of the first member', (c) => c.crash('panic', `NULL dereference: no member of ${c.o('group')} has an IOMMU`))],
      ),
      when(
        (c) => c.v('type') === 'BLOCKED' && c.peek('world', 'static_blocked_domain') === true,
        [
          act('callback', 'the static blocked domain', (c) => {
            if (c.get('blocked', 'type') === null) {
              c.set('blocked', 'type', 'BLOCKED');
              c.set('blocked', 'static', true);
            }
          }),
          give('blocked'),
        ],
      ),
      call('domain_alloc', [local('type')], 'domain'),
      give((c) => c.v('domain') ?? '-ENOMEM'),
    ]),
    procedure('iommu_paging_domain_alloc', ['dev'], `${source} iommu_paging_domain_alloc`, [
      when((c) => !c.flag(c.o('dev'), 'iommu_dev'), [give('-ENODEV')]),
      call('domain_alloc', [() => 'UNMANAGED'], 'domain'),
      give((c) => c.v('domain') ?? '-ENOMEM'),
    ]),
    procedure('iommu_domain_alloc', ['bus'], `${source} iommu_domain_alloc`, [
      call('domain_alloc', [() => 'UNMANAGED'], 'domain'),
      give(local('domain')),
    ]),
    procedure('iommu_domain_free', ['domain'], `${source} iommu_domain_free`, [
      act('free', '{domain} freed', (c) => freeDomain(c, c.o('domain'))),
      give(null),
    ]),
    procedure('iommu_group_default_domain', ['group'], `${source} iommu_group_default_domain`, [
      act('read', 'default domain of {group}, without the mutex', (c) => c.put('domain', c.ref(c.o('group'), 'default_domain'))),
      give(local('domain')),
    ]),
    procedure('__iommu_attach_device', ['domain', 'dev'], `${source} __iommu_attach_device`, [
      call('attach_dev', [local('domain'), local('dev')], 'ret'),
      when((c) => !isError(c.v('ret')), [act('mutate', '{dev} attached', (c) => c.set(c.o('dev'), 'attach_deferred', null))]),
      give(local('ret')),
    ]),
    procedure('__iommu_device_set_domain', ['group', 'dev', 'new_domain', 'must_succeed'], `${source} __iommu_device_set_domain`, [
      act('check', '{dev} may get {new_domain}?', (c) => {
        const group = c.o('group');
        const domain = c.o('new_domain');
        const blocks = c.get(domain, 'type') === 'BLOCKED' || domain === c.ref(group, 'blocking_domain');
        c.put('ret', c.flag(c.o('dev'), 'require_direct') && blocks ? '-EINVAL' : 0);
        const deferred = c.flag(c.o('dev'), 'attach_deferred');
        c.put('skip', deferred && domain === c.ref(group, 'default_domain'));
      }),
      when(failed('ret'), [give(local('ret'))]),
      when((c) => c.v('skip') === true, [give(0)]),
      call('__iommu_attach_device', [local('new_domain'), local('dev')], 'ret'),
      when(
        (c) => isError(c.v('ret')) && c.v('must_succeed') === true,
        [
          set('blocking', (c) => c.ref(c.o('group'), 'blocking_domain')),
          when(
            (c) => c.v('blocking') !== null && c.v('blocking') !== c.v('new_domain'),
            [call('__iommu_attach_device', [local('blocking'), local('dev')], 'ignored')],
          ),
        ],
      ),
      give(local('ret')),
    ]),
    procedure('__iommu_group_set_domain', ['group', 'new_domain', 'must_succeed'], `${source} __iommu_group_set_domain_internal`, [
      when((c) => c.ref(c.o('group'), 'domain') === c.v('new_domain'), [give(0)]),
      when((c) => c.v('new_domain') === null, [act('check', 'WARN', (c) => c.warn('switch to a NULL domain')), give('-EINVAL')]),
      set('result', () => 0),
      ...each('member', members(), [
        call('__iommu_device_set_domain', [local('group'), local('member'), local('new_domain'), local('must_succeed')], 'ret'),
        when(failed('ret'), [
          set('result', local('ret')),
          set('last', local('member')),
          when((c) => c.v('must_succeed') !== true, [leave('member')]),
        ]),
      ]),
      when(
        (c) => c.v('result') === null || c.v('must_succeed') === true,
        [act('mutate', '{group}.domain = {new_domain}', (c) => c.set(c.o('group'), 'domain', c.v('new_domain'))), give(local('result'))],
      ),
      set('old', (c) => c.ref(c.o('group'), 'domain')),
      when(
        (c) => c.v('old') !== null,
        each('member', members(), [
          call('__iommu_device_set_domain', [local('group'), local('member'), local('old'), () => true], 'ret'),
          when(failed('ret'), [act('mutate', 'WARN', (c) => c.warn('a member did not go back to its old domain'))]),
          when((c) => c.v('member') === c.v('last'), [leave('member')]),
        ]),
      ),
      give(local('result')),
    ]),
    procedure('__iommu_attach_group', ['domain', 'group'], `${source} __iommu_attach_group`, [
      act('check', 'current domain of {group} is default or blocking?', (c) => {
        const group = c.o('group');
        const current = c.ref(group, 'domain');
        const free = current === null || current === c.ref(group, 'default_domain') || current === c.ref(group, 'blocking_domain');
        const first = c.list(group, 'devices')[0] ?? '';
        if (!free) c.put('ret', '-EBUSY');
        else c.put('ret', c.flag(first, 'iommu_dev') && c.get(c.o('domain'), 'ops_owner') === 'iommu' ? 0 : '-EINVAL');
      }),
      when(failed('ret'), [give(local('ret'))]),
      call('__iommu_group_set_domain', [local('group'), local('domain'), () => false], 'ret'),
      give(local('ret')),
    ]),
    procedure('__iommu_detach_group', ['domain', 'group'], `${source} __iommu_group_set_core_domain`, [
      act('read', 'core domain of {group}', (c) => {
        const group = c.o('group');
        c.put('core', c.ref(group, c.ref(group, 'owner') === null ? 'default_domain' : 'blocking_domain'));
      }),
      call('__iommu_group_set_domain', [local('group'), local('core'), () => true], 'ret'),
      when(failed('ret'), [act('mutate', 'WARN', (c) => c.warn('the core domain could not be attached'))]),
      give(null),
    ]),
    procedure('iommu_group_replace_domain', ['group', 'new_domain'], `${source} iommu_group_replace_domain`, [
      when((c) => c.v('new_domain') === null, [give('-EINVAL')]),
      lockGroup(),
      call('__iommu_group_set_domain', [local('group'), local('new_domain'), () => false], 'ret'),
      unlockGroup(),
      give(local('ret')),
    ]),
    ...probe612(),
    ...typeStore612(),
    ...owner612(),
    ...handles612(),
  ];
}

function probe612(): Procedure[] {
  return [
    procedure('__iommu_probe_device', ['dev', 'scan'], `${source} __iommu_probe_device`, [
      when((c) => !iommuKnown(c), [give('-ENODEV')]),
      act('check', '{dev} in a group already?', (c) => c.put('group', c.ref(c.o('dev'), 'group'))),
      when((c) => c.v('group') !== null, [give(0)]),
      fallible(
        'callback',
        'probe_device of {dev}',
        'probe',
        (c) => c.o('dev'),
        ['fails'],
        (c, how) => {
          if (how === null) c.set(c.o('dev'), 'iommu_dev', true);
          c.put('ret', how === null ? 0 : '-ENODEV');
        },
      ),
      when(failed('ret'), [give(local('ret'))]),
      call('device_group', [local('dev')], 'group'),
      act('mutate', '{dev} refers to {group}', (c) => c.set(c.o('dev'), 'group', c.v('group'))),
      lockGroup(),
      act('list', '{dev} listed in {group}', (c) => c.set(c.o('group'), 'devices', [...c.list(c.o('group'), 'devices'), c.o('dev')])),
      when(
        (c) => c.ref(c.o('group'), 'default_domain') !== null,
        [call('iommu_create_device_direct_mappings', [(c) => c.ref(c.o('group'), 'default_domain'), local('dev')], 'ignored')],
      ),
      set('ret', () => 0),
      when(
        (c) => c.ref(c.o('group'), 'domain') !== null,
        [call('__iommu_device_set_domain', [local('group'), local('dev'), (c) => c.ref(c.o('group'), 'domain'), () => false], 'ret')],
        [
          when(
            (c) => c.ref(c.o('group'), 'default_domain') === null && c.v('scan') !== true,
            [call('iommu_setup_default_domain', [local('group'), () => null], 'ret')],
          ),
        ],
      ),
      when(failed('ret'), [leaveGroup, unlockGroup(), call('iommu_group_put', [local('group')]), give(local('ret'))]),
      when((c) => c.ref(c.o('group'), 'default_domain') !== null, [act('mutate', 'DMA ops of {dev}', (c) => setupDmaOps(c, c.o('dev')))]),
      unlockGroup(),
      give(0),
    ]),
    procedure('iommu_probe_device', ['dev'], `${source} iommu_probe_device`, [
      lockNamed('iommu_probe_device_lock'),
      call('__iommu_probe_device', [local('dev'), () => false], 'ret'),
      unlockNamed('iommu_probe_device_lock'),
      give(local('ret')),
    ]),
    procedure('bus_iommu_probe', ['devices'], `${source} bus_iommu_probe`, [
      ...each('dev', (c) => c.listOf('devices'), [
        act('mutate', '{dev} is there', (c) => {
          c.set(c.o('dev'), 'present', true);
          c.set(c.o('dev'), 'refs', 1);
        }),
        lockNamed('iommu_probe_device_lock'),
        call('__iommu_probe_device', [local('dev'), () => true], 'ret'),
        unlockNamed('iommu_probe_device_lock'),
      ]),
      ...each(
        'group',
        (c) => c.list('world', 'groups').filter((group) => c.list(group, 'devices').some((dev) => c.flag(dev, 'iommu_dev'))),
        [
          lockGroup(),
          call('iommu_setup_default_domain', [local('group'), () => null], 'ret'),
          when(
            (c) => !isError(c.v('ret')),
            each('member', members(), [act('mutate', 'DMA ops of {member}', (c) => setupDmaOps(c, c.o('member')))]),
          ),
          unlockGroup(),
        ],
      ),
      give(0),
    ]),
    procedure('iommu_release_device', ['dev'], `${source} iommu_release_device`, [
      act('read', 'group of {dev}', (c) => c.put('group', c.ref(c.o('dev'), 'group'))),
      when((c) => c.v('group') === null, [give(null)]),
      lockGroup(),
      leaveGroup,
      unlockGroup(),
      call('iommu_group_put', [local('group')]),
      give(null),
    ]),
    procedure('iommu_group_add_device', ['group', 'dev'], `${source} iommu_group_add_device`, [
      act('mutate', '{dev} refers to {group}', (c) => {
        holdGroup(c, c.o('group'));
        c.set(c.o('dev'), 'group', c.v('group'));
      }),
      lockGroup(),
      act('list', '{dev} listed in {group}', (c) => c.set(c.o('group'), 'devices', [...c.list(c.o('group'), 'devices'), c.o('dev')])),
      unlockGroup(),
      give(0),
    ]),
    procedure('iommu_group_remove_device', ['dev'], `${source} iommu_group_remove_device`, [
      call('iommu_release_device', [local('dev')]),
      give(null),
    ]),
    procedure('probe_finalize', ['dev'], 'IOMMU driver: probe_finalize', [give(null)]),
  ];
}

function typeStore612(): Procedure[] {
  return [
    procedure('iommu_group_alloc_default_domain', ['group', 'type'], `${source} iommu_group_alloc_default_domain`, [
      set('fixed', (c) => c.peek('world', 'static_default_domain')),
      when(
        (c) => c.v('fixed') !== null,
        [
          when((c) => c.v('fixed') !== c.v('type'), [give('-EINVAL')]),
          act('callback', 'the static default domain', (c) => {
            if (c.get('default_static', 'type') === null) {
              c.set('default_static', 'type', c.v('fixed'));
              c.set('default_static', 'static', true);
            }
          }),
          give('default_static'),
        ],
      ),
      set('auto', (c) => c.v('type') === null),
      set('type', (c) => c.v('type') ?? c.peek('world', 'def_domain_type')),
      set('current', (c) => c.ref(c.o('group'), 'default_domain')),
      when((c) => c.v('current') !== null && c.get(c.o('current'), 'type') === c.v('type'), [give(local('current'))]),
      call('__iommu_group_domain_alloc', [local('group'), local('type')], 'dom'),
      when((c) => !isError(c.v('dom')) || c.v('auto') !== true, [give(local('dom'))]),
      when((c) => c.v('type') === 'DMA', [give('-EINVAL')]),
      when((c) => c.v('current') !== null && c.get(c.o('current'), 'type') === 'DMA', [give(local('current'))]),
      call('__iommu_group_domain_alloc', [local('group'), () => 'DMA'], 'dom'),
      give(local('dom')),
    ]),
    procedure('iommu_setup_default_domain', ['group', 'target_type'], `${source} iommu_setup_default_domain`, [
      act('check', 'type that {group} can have', (c) => {
        const type = defaultType(c, c.o('group'), c.v('target_type'));
        c.put('ret', type === -1 ? '-EINVAL' : 0);
        c.put('type', type === -1 ? null : type);
        c.put('old_dom', c.ref(c.o('group'), 'default_domain'));
      }),
      when(failed('ret'), [give(local('ret'))]),
      call('iommu_group_alloc_default_domain', [local('group'), local('type')], 'dom'),
      when(failed('dom'), [give(local('dom'))]),
      when((c) => c.v('dom') === c.v('old_dom'), [give(0)]),
      set('direct_failed', () => false),
      ...each('member', members(), [
        call('iommu_create_device_direct_mappings', [local('dom'), local('member')], 'ret'),
        when(failed('ret'), [set('direct_failed', () => true)]),
      ]),
      act('mutate', '{group}.default_domain = {dom}', (c) => c.set(c.o('group'), 'default_domain', c.v('dom'))),
      set('first', (c) => c.ref(c.o('group'), 'domain') === null),
      call('__iommu_group_set_domain', [local('group'), local('dom'), local('first')], 'ret'),
      when(failed('ret'), [
        when(
          (c) => c.v('first') === true,
          [act('mutate', 'WARN', (c) => c.warn('the first attach failed'))],
          [act('free', '{dom} freed, {old_dom} back', (c) => restoreDefault(c))],
        ),
        give(local('ret')),
      ]),
      set('ret', () => 0),
      when(
        (c) => c.v('direct_failed') === true,
        each('member', members(), [
          call('iommu_create_device_direct_mappings', [local('dom'), local('member')], 'ret'),
          when(failed('ret'), [leave('member')]),
        ]),
      ),
      when(failed('ret'), [
        when(
          (c) => c.v('old_dom') !== null,
          [
            call('__iommu_group_set_domain', [local('group'), local('old_dom'), () => true], 'ignored'),
            act('free', '{dom} freed, {old_dom} back', (c) => restoreDefault(c)),
          ],
        ),
        give(local('ret')),
      ]),
      when((c) => c.v('old_dom') !== null, [act('free', '{old_dom} freed', (c) => freeDomain(c, c.o('old_dom')))]),
      give(0),
    ]),
    procedure('iommu_group_store_type', ['group', 'word'], `${source} iommu_group_store_type`, [
      when((c) => c.peek('world', 'no_rawio') === true, [give('-EACCES')]),
      act('check', 'default domain of {group}, without the mutex', (c) => c.put('none', c.ref(c.o('group'), 'default_domain') === null)),
      when((c) => c.v('none') === true, [give('-EINVAL')]),
      when((c) => wordToType(c.v('word'), true) === undefined, [give('-EINVAL')]),
      set('type', (c) => wordToType(c.v('word'), true) ?? null),
      lockGroup(),
      act('check', 'DMA to DMA-FQ in place?', (c) => {
        c.put('in_place', false);
        if (c.v('type') !== 'DMA_FQ') return;
        const domain = c.ref(c.o('group'), 'default_domain');
        if (domain === null) return c.crash('panic', `NULL dereference of ${c.o('group')}.default_domain`);
        c.put('current', domain);
        c.put('in_place', c.get(domain, 'type') === 'DMA');
      }),
      when(
        (c) => c.v('in_place') === true,
        [
          fallible(
            'callback',
            'flush queue for {current}',
            'flush_queue',
            () => 'domain',
            ['fails'],
            (c, how) => {
              c.put('ret', how === null ? 0 : '-ENOMEM');
              if (how === null) c.set(c.o('current'), 'type', 'DMA_FQ');
            },
          ),
          unlockGroup(),
          give(local('ret')),
        ],
      ),
      act('list', 'members, and no driver or user?', (c) => {
        const group = c.o('group');
        c.put('ret', c.list(group, 'devices').length === 0 || c.count(group, 'owner_cnt') > 0 ? '-EPERM' : 0);
      }),
      when((c) => !isError(c.v('ret')), [call('iommu_setup_default_domain', [local('group'), local('type')], 'ret')]),
      when(
        (c) => !isError(c.v('ret')),
        each('member', members(), [act('mutate', 'DMA ops of {member}', (c) => setupDmaOps(c, c.o('member')))]),
      ),
      unlockGroup(),
      give(local('ret')),
    ]),
  ];
}

function restoreDefault(c: Cpu): void {
  if (c.v('old_dom') === null) return;
  freeDomain(c, c.o('dom'));
  c.set(c.o('group'), 'default_domain', c.v('old_dom'));
}

function owner612(): Procedure[] {
  const take: Statement[] = [call('__iommu_take_dma_ownership', [local('group'), local('owner')], 'ret')];
  return [
    procedure('iommu_device_use_default_domain', ['dev'], `${source} iommu_device_use_default_domain`, [
      act('read', 'group of {dev}', (c) => c.put('group', c.ref(c.o('dev'), 'group'))),
      when((c) => c.v('group') === null, [give(0)]),
      lockGroup(),
      act('check', 'owner, domain and PASIDs of {group}', (c) => {
        const group = c.o('group');
        const standard = c.ref(group, 'default_domain');
        if (standard === null && c.peek('world', 'probe_defer_without_default_domain') === true) {
          c.put('ret', '-EPROBE_DEFER');
          return;
        }
        const busy = c.ref(group, 'domain') !== standard || c.ref(group, 'owner') !== null || pasidsInUse(c, group);
        if (c.count(group, 'owner_cnt') > 0 && busy) c.put('ret', '-EBUSY');
        else {
          c.put('ret', 0);
          c.set(group, 'owner_cnt', c.count(group, 'owner_cnt') + 1);
        }
      }),
      unlockGroup(),
      give(local('ret')),
    ]),
    procedure('iommu_device_unuse_default_domain', ['dev'], `${source} iommu_device_unuse_default_domain`, [
      act('read', 'group of {dev}', (c) => c.put('group', c.ref(c.o('dev'), 'group'))),
      when((c) => c.v('group') === null, [give(null)]),
      lockGroup(),
      act('mutate', 'owner_cnt of {group} - 1', (c) => {
        const count = c.count(c.o('group'), 'owner_cnt');
        if (count === 0 || pasidsInUse(c, c.o('group'))) c.warn('unuse without use, or with a PASID attached');
        else c.set(c.o('group'), 'owner_cnt', count - 1);
      }),
      unlockGroup(),
      give(null),
    ]),
    procedure('__iommu_take_dma_ownership', ['group', 'owner'], `${source} __iommu_take_dma_ownership`, [
      act('check', '{group} on its default domain, no PASIDs?', (c) => {
        const group = c.o('group');
        const domain = c.ref(group, 'domain');
        const away = domain !== null && domain !== c.ref(group, 'default_domain');
        c.put('ret', away || pasidsInUse(c, group) ? '-EBUSY' : 0);
      }),
      when(failed('ret'), [give(local('ret'))]),
      when(
        (c) => c.ref(c.o('group'), 'blocking_domain') === null,
        [
          call('__iommu_group_domain_alloc', [local('group'), () => 'BLOCKED'], 'domain'),
          when(failed('domain'), [call('__iommu_group_domain_alloc', [local('group'), () => 'UNMANAGED'], 'domain')]),
          when(failed('domain'), [give(local('domain'))]),
          act('mutate', '{group}.blocking_domain = {domain}', (c) => c.set(c.o('group'), 'blocking_domain', c.v('domain'))),
        ],
      ),
      call('__iommu_group_set_domain', [local('group'), (c) => c.ref(c.o('group'), 'blocking_domain'), () => false], 'ret'),
      when(failed('ret'), [give(local('ret'))]),
      act('mutate', '{group} belongs to {owner}', (c) => {
        c.set(c.o('group'), 'owner', c.v('owner'));
        c.set(c.o('group'), 'owner_cnt', c.count(c.o('group'), 'owner_cnt') + 1);
      }),
      give(0),
    ]),
    procedure('iommu_group_claim_dma_owner', ['group', 'owner'], `${source} iommu_group_claim_dma_owner`, [
      when((c) => c.v('owner') === null, [act('check', 'WARN', (c) => c.warn('claim without an owner')), give('-EINVAL')]),
      lockGroup(),
      act('check', '{group} free?', (c) => c.put('ret', c.count(c.o('group'), 'owner_cnt') > 0 ? '-EPERM' : 0)),
      when((c) => !isError(c.v('ret')), take),
      unlockGroup(),
      give(local('ret')),
    ]),
    procedure('iommu_device_claim_dma_owner', ['dev', 'owner'], `${source} iommu_device_claim_dma_owner`, [
      when((c) => c.v('owner') === null, [act('check', 'WARN', (c) => c.warn('claim without an owner')), give('-EINVAL')]),
      act('read', 'group of {dev}', (c) => c.put('group', c.ref(c.o('dev'), 'group'))),
      when((c) => c.v('group') === null, [give('-ENODEV')]),
      lockGroup(),
      act('check', '{group} free, or {owner}s already?', (c) => {
        const group = c.o('group');
        c.put('ret', 0);
        c.put('counted', false);
        if (c.count(group, 'owner_cnt') === 0) return;
        if (c.ref(group, 'owner') !== c.v('owner')) c.put('ret', '-EPERM');
        else {
          c.set(group, 'owner_cnt', c.count(group, 'owner_cnt') + 1);
          c.put('counted', true);
        }
      }),
      when((c) => !isError(c.v('ret')) && c.v('counted') !== true, take),
      unlockGroup(),
      give(local('ret')),
    ]),
    procedure('__iommu_release_dma_ownership', ['group'], `${source} __iommu_release_dma_ownership`, [
      act('check', '{group} owned, no PASIDs?', (c) => {
        const group = c.o('group');
        const owned = c.count(group, 'owner_cnt') > 0 && c.ref(group, 'owner') !== null && !pasidsInUse(c, group);
        if (!owned) c.warn('release of a group that is not owned, or with a PASID attached');
        else {
          c.set(group, 'owner_cnt', 0);
          c.set(group, 'owner', null);
        }
        c.put('owned', owned);
      }),
      when(
        (c) => c.v('owned') === true,
        [
          call('__iommu_group_set_domain', [local('group'), (c) => c.ref(c.o('group'), 'default_domain'), () => true], 'ret'),
          when(failed('ret'), [act('mutate', 'WARN', (c) => c.warn('the default domain could not be attached'))]),
        ],
      ),
      give(null),
    ]),
    procedure('iommu_group_release_dma_owner', ['group'], `${source} iommu_group_release_dma_owner`, [
      lockGroup(),
      call('__iommu_release_dma_ownership', [local('group')]),
      unlockGroup(),
      give(null),
    ]),
    procedure('iommu_device_release_dma_owner', ['dev'], `${source} iommu_device_release_dma_owner`, [
      act('read', 'group of {dev}', (c) => c.put('group', c.ref(c.o('dev'), 'group'))),
      lockGroup(),
      act('check', 'more than one claim on {group}?', (c) => {
        const count = c.count(c.o('group'), 'owner_cnt');
        c.put('last', count <= 1);
        if (count > 1) c.set(c.o('group'), 'owner_cnt', count - 1);
      }),
      when((c) => c.v('last') === true, [call('__iommu_release_dma_ownership', [local('group')])]),
      unlockGroup(),
      give(null),
    ]),
  ];
}

/** The RID handles that iommufd uses: slot 0 of the group's PASID array. */
function handles612(): Procedure[] {
  return [
    procedure('iommu_attach_group_handle', ['domain', 'group', 'handle'], `${source} iommu_attach_group_handle`, [
      lockGroup(),
      act('check', 'slot 0 of {group} free?', (c) => {
        const slots = c.list(c.o('group'), 'pasid_array');
        c.put('ret', slots.includes('0') ? '-EBUSY' : 0);
        if (!slots.includes('0')) {
          c.set(c.o('group'), 'pasid_array', [...slots, '0'].sort());
          c.set(c.o('group'), 'handle_0', c.v('handle'));
        }
      }),
      when(
        (c) => !isError(c.v('ret')),
        [call('__iommu_attach_group', [local('domain'), local('group')], 'ret'), when(failed('ret'), [eraseSlotZero])],
      ),
      unlockGroup(),
      give(local('ret')),
    ]),
    procedure('iommu_detach_group_handle', ['domain', 'group'], `${source} iommu_detach_group_handle`, [
      lockGroup(),
      call('__iommu_detach_group', [local('domain'), local('group')]),
      eraseSlotZero,
      unlockGroup(),
      give(null),
    ]),
    procedure('iommu_replace_group_handle', ['group', 'new_domain', 'handle'], `${source} iommu_replace_group_handle`, [
      when((c) => c.v('new_domain') === null, [give('-EINVAL')]),
      lockGroup(),
      call('__iommu_group_set_domain', [local('group'), local('new_domain'), () => false], 'ret'),
      when(
        (c) => !isError(c.v('ret')),
        [
          act('mutate', 'slot 0 of {group}', (c) => {
            const slots = c.list(c.o('group'), 'pasid_array').filter((slot) => slot !== '0');
            c.set(c.o('group'), 'pasid_array', c.v('handle') === null ? slots : ['0', ...slots].sort());
            c.set(c.o('group'), 'handle_0', c.v('handle'));
          }),
        ],
      ),
      unlockGroup(),
      give(local('ret')),
    ]),
  ];
}

const eraseSlotZero: Statement = act('mutate', 'slot 0 of {group} emptied', (c) => {
  c.set(
    c.o('group'),
    'pasid_array',
    c.list(c.o('group'), 'pasid_array').filter((slot) => slot !== '0'),
  );
  c.set(c.o('group'), 'handle_0', null);
});
