// Groups, domains and ownership of v6.12.

import type { Cpu } from '../machine/cpu.ts';
import type { Procedure, Statement } from '../machine/code.ts';
import { act, call, each, give, leave, procedure, set, when } from '../machine/code.ts';
import { directRanges, isDmaType, probeDevice } from './driverOps.ts';
import { attachCalls, groupForming, iommuKnown } from './groups.ts';
import { freeDomain, holdGroup, references } from './references.ts';
import { failed, isError, local, lockGroup, lockNamed, members, unlockGroup, unlockNamed } from './terms.ts';
import { handles612, owner612 } from './owner612.ts';
import { setupDmaOps, typeStore612 } from './typeStore612.ts';

const source = '612: drivers/iommu/iommu.c';

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
      // A flush queue is the core's affair: the driver is asked for a plain DMA domain.
      call('domain_alloc', [(c) => (c.v('type') === 'DMA_FQ' ? 'DMA' : c.v('type'))], 'domain'),
      when(
        (c) => c.v('domain') !== null && c.v('type') === 'DMA_FQ',
        [act('mutate', '{domain} gets its type', (c) => c.set(c.o('domain'), 'type', 'DMA_FQ'))],
      ),
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
      act('free', '{domain} freed', (c) => {
        // An SVA domain holds the mm that it translates for.
        const mm = c.get(c.o('domain'), 'type') === 'SVA' ? c.ref(c.o('domain'), 'mm') : null;
        if (mm !== null) c.set(mm, 'count', c.count(mm, 'count') - 1);
        freeDomain(c, c.o('domain'));
      }),
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
      probeDevice(),
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
