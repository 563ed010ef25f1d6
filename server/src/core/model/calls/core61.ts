// Domains and ownership of v6.1, and what 2020 already had of it.

import type { Procedure } from '../machine/code.ts';
import { act, call, each, give, procedure, set, when } from '../machine/code.ts';
import { isDmaType } from './driverOps.ts';
import { attachCalls, attachEach, groupForming, groupMembers61 } from './groups.ts';
import { references } from './references.ts';
import { failed, isError, local, lockGroup, lockNamed, members, orElse, unlockGroup, unlockNamed } from './terms.ts';

const iommu = 'drivers/iommu/iommu.c';

/** Calls that 2020 and v6.1 share. `owners`: whether groups have owners (v6.1). */
export function shared61(source: string, owners: boolean): Procedure[] {
  return [
    ...references({ releaseFreesDomains: true }),
    ...groupForming(),
    ...groupMembers61(source),
    ...attachCalls(source, { takesReference: true }),
    procedure('__iommu_attach_device', ['domain', 'dev'], `${source} ${iommu} __iommu_attach_device`, [
      call('attach_dev', [local('domain'), local('dev')], 'ret'),
      give(local('ret')),
    ]),
    procedure('__iommu_detach_device', ['domain', 'dev'], `${source} ${iommu} __iommu_detach_device`, [
      when((c) => !c.flag(c.o('dev'), 'attach_deferred'), [call('detach_dev', [local('dev')])]),
      give(null),
    ]),
    procedure('iommu_group_alloc_default_domain', ['group', 'type'], `${source} ${iommu} iommu_group_alloc_default_domain`, [
      call('domain_alloc', [local('type')], 'dom'),
      when(
        (c) => c.v('dom') === null && c.v('type') !== 'DMA',
        [
          call('domain_alloc', [() => 'DMA'], 'dom'),
          when(
            (c) => c.v('dom') !== null,
            [act('mutate', 'falls back to DMA', (c) => c.set(c.o('dom'), 'fallback_for', String(c.v('type'))))],
          ),
        ],
      ),
      when((c) => c.v('dom') === null, [give('-ENOMEM')]),
      act('mutate', '{group}.default_domain = {dom}', (c) => {
        c.set(c.o('group'), 'default_domain', c.v('dom'));
        if (c.ref(c.o('group'), 'domain') === null) c.set(c.o('group'), 'domain', c.v('dom'));
      }),
      give(0),
    ]),
    procedure('iommu_create_device_direct_mappings', ['group', 'dev'], `${source} ${iommu} iommu_create_device_direct_mappings`, [
      act('read', 'default domain of {group}', (c) => {
        const domain = c.ref(c.o('group'), 'default_domain');
        const wanted = domain !== null && isDmaType(c.get(domain, 'type')) && c.list(c.o('dev'), 'resv_direct').length > 0;
        c.put('domain', wanted ? domain : null);
      }),
      when((c) => c.v('domain') === null, [give(0)]),
      call('map_direct', [local('domain'), local('dev')], 'ret'),
      give(local('ret')),
    ]),
    procedure('iommu_group_do_probe_finalize', ['dev'], `${source} ${iommu} iommu_group_do_probe_finalize`, [
      call('probe_finalize', [local('dev')]),
      give(0),
    ]),
    // iommu_setup_dma_ops() of these eras looks at the current domain, and never takes the ops away again.
    procedure('probe_finalize', ['dev'], `${source} IOMMU driver: probe_finalize -> iommu_setup_dma_ops`, [
      act('callback', 'DMA ops of {dev}', (c) => {
        const group = c.ref(c.o('dev'), 'group');
        const domain = group === null ? null : c.ref(group, 'domain');
        if (domain !== null && isDmaType(c.get(domain, 'type'))) c.set(c.o('dev'), 'dma_iommu', true);
      }),
      when(
        (c) => c.peek('world', 'finalize_reenters_core') === true,
        [
          act('read', 'group of {dev}', (c) => c.put('group', c.ref(c.o('dev'), 'group'))),
          when((c) => c.v('group') !== null, [lockGroup(), unlockGroup()]),
        ],
      ),
      give(null),
    ]),
    procedure('iommu_get_def_domain_type', ['dev'], `${source} ${iommu} iommu_get_def_domain_type`, [
      give((c) => (c.peek(c.o('dev'), 'untrusted') === true ? 'DMA' : c.peek(c.o('dev'), 'def_type'))),
    ]),
    procedure('iommu_probe_device', ['dev'], `${source} ${iommu} iommu_probe_device`, [
      lockNamed('iommu_probe_device_lock'),
      call('__iommu_probe_device', [local('dev')], 'ret'),
      unlockNamed('iommu_probe_device_lock'),
      when(failed('ret'), [give(local('ret'))]),
      call('iommu_group_get', [local('dev')], 'group'),
      lockGroup(),
      when(
        (c) => c.ref(c.o('group'), 'default_domain') === null,
        [
          call('iommu_get_def_domain_type', [local('dev')], 'type'),
          call(
            'iommu_group_alloc_default_domain',
            [local('group'), (c) => orElse(c.v('type'), c.peek('world', 'def_domain_type'))],
            'ignored',
          ),
        ],
      ),
      when(
        (c) => c.ref(c.o('group'), 'default_domain') !== null && (!owners || c.ref(c.o('group'), 'owner') === null),
        [call('__iommu_attach_device', [(c) => c.ref(c.o('group'), 'default_domain'), local('dev')], 'ret')],
      ),
      when(failed('ret'), [
        unlockGroup(),
        call('iommu_group_put', [local('group')]),
        call('iommu_release_device', [local('dev')]),
        give(local('ret')),
      ]),
      call('iommu_create_device_direct_mappings', [local('group'), local('dev')], 'ignored'),
      unlockGroup(),
      call('iommu_group_put', [local('group')]),
      call('probe_finalize', [local('dev')]),
      give(0),
    ]),
    // The scan of a bus when its IOMMU appears: groups first, then their default domains.
    procedure('bus_iommu_probe', ['devices'], `${source} ${iommu} bus_iommu_probe`, [
      ...each('dev', (c) => c.listOf('devices'), [
        act('mutate', '{dev} is there', (c) => {
          c.set(c.o('dev'), 'present', true);
          c.set(c.o('dev'), 'refs', 1);
        }),
        lockNamed('iommu_probe_device_lock'),
        call('__iommu_probe_device', [local('dev')], 'ret'),
        unlockNamed('iommu_probe_device_lock'),
      ]),
      ...each('group', (c) => c.list('world', 'groups'), [
        lockGroup(),
        act('read', 'what the members of {group} ask for', (c) => {
          let type: string | null = null;
          let asked = false;
          for (const dev of c.list(c.o('group'), 'devices')) {
            const wish = c.peek(dev, 'untrusted') === true ? 'DMA' : c.peek(dev, 'def_type');
            if (typeof wish !== 'string') continue;
            if (asked && type !== null && type !== wish) {
              type = null;
              continue;
            }
            if (!asked) {
              asked = true;
              type = wish;
            }
          }
          c.put('type', type ?? c.peek('world', 'def_domain_type'));
        }),
        set('ret', () => 0),
        when(
          (c) => c.ref(c.o('group'), 'default_domain') === null && c.list(c.o('group'), 'devices').some((dev) => c.flag(dev, 'iommu_dev')),
          [call('iommu_group_alloc_default_domain', [local('group'), local('type')], 'ret')],
        ),
        when(
          (c) => c.ref(c.o('group'), 'default_domain') !== null,
          [
            ...each('member', members(), [call('iommu_create_device_direct_mappings', [local('group'), local('member')], 'ignored')]),
            ...each('member', members(), [
              when(
                (c) => !c.flag(c.o('member'), 'attach_deferred'),
                [call('__iommu_attach_device', [(c) => c.ref(c.o('group'), 'default_domain'), local('member')], 'ret')],
              ),
            ]),
          ],
        ),
        unlockGroup(),
        ...each('member', (c) => (c.v('ret') === null ? c.list(c.o('group'), 'devices') : []), [call('probe_finalize', [local('member')])]),
      ]),
      give(0),
    ]),
    procedure('iommu_domain_alloc', ['bus'], `${source} ${iommu} iommu_domain_alloc`, [
      call('domain_alloc', [() => 'UNMANAGED'], 'domain'),
      give(local('domain')),
    ]),
    procedure('iommu_domain_free', ['domain'], `${source} ${iommu} iommu_domain_free`, [
      act('free', '{domain} freed', (c) => c.set(c.o('domain'), 'freed', true)),
      give(null),
    ]),
    procedure('iommu_group_default_domain', ['group'], `${source} ${iommu} iommu_group_default_domain`, [
      act('read', 'default domain of {group}, without the mutex', (c) => c.put('domain', c.ref(c.o('group'), 'default_domain'))),
      give(local('domain')),
    ]),
  ];
}

/** v6.1's own: recovery, core domain, owners. */
export function own61(): Procedure[] {
  const source = '61:';
  return [
    procedure('__iommu_attach_group', ['domain', 'group'], `${source} ${iommu} __iommu_attach_group`, [
      act('check', 'current domain of {group} is default or blocking?', (c) => {
        const group = c.o('group');
        const current = c.ref(group, 'domain');
        const free = current === null || current === c.ref(group, 'default_domain') || current === c.ref(group, 'blocking_domain');
        c.put('old', current);
        c.put('ret', free ? 0 : '-EBUSY');
      }),
      when(failed('ret'), [give(local('ret'))]),
      ...attachEach('domain'),
      when(
        failed('ret'),
        [
          act('mutate', '{group}.domain = NULL, then back', (c) => c.set(c.o('group'), 'domain', null)),
          call('__iommu_group_set_domain', [local('group'), local('old')], 'back'),
        ],
        [act('mutate', '{group}.domain = {domain}', (c) => c.set(c.o('group'), 'domain', c.v('domain')))],
      ),
      give(local('ret')),
    ]),
    procedure('__iommu_group_set_domain', ['group', 'new_domain'], `${source} ${iommu} __iommu_group_set_domain`, [
      when((c) => c.ref(c.o('group'), 'domain') === c.v('new_domain'), [give(0)]),
      when(
        (c) => c.v('new_domain') === null,
        [
          ...each('member', members(), [call('__iommu_detach_device', [(c) => c.ref(c.o('group'), 'domain'), local('member')])]),
          act('mutate', '{group}.domain = NULL', (c) => c.set(c.o('group'), 'domain', null)),
          give(0),
        ],
      ),
      ...attachEach('new_domain'),
      when(failed('ret'), [give(local('ret'))]),
      act('mutate', '{group}.domain = {new_domain}', (c) => c.set(c.o('group'), 'domain', c.v('new_domain'))),
      give(0),
    ]),
    procedure('__iommu_detach_group', ['domain', 'group'], `${source} ${iommu} __iommu_group_set_core_domain`, [
      act('read', 'core domain of {group}', (c) => {
        const group = c.o('group');
        c.put('core', c.ref(group, c.ref(group, 'owner') === null ? 'default_domain' : 'blocking_domain'));
      }),
      call('__iommu_group_set_domain', [local('group'), local('core')], 'ret'),
      when(failed('ret'), [act('mutate', 'WARN', (c) => c.warn('failed to attach the default/blocking domain'))]),
      give(null),
    ]),
    procedure('iommu_device_use_default_domain', ['dev'], `${source} ${iommu} iommu_device_use_default_domain`, [
      call('iommu_group_get', [local('dev')], 'group'),
      when((c) => c.v('group') === null, [give(0)]),
      lockGroup(),
      act('check', 'owner and domain of {group}', (c) => {
        const group = c.o('group');
        const domain = c.ref(group, 'domain');
        const standard = c.ref(group, 'default_domain');
        const identities =
          domain !== null && standard !== null && c.get(domain, 'type') === 'IDENTITY' && c.get(standard, 'type') === 'IDENTITY';
        const usable = domain === standard || identities;
        if (c.count(group, 'owner_cnt') > 0 && (c.ref(group, 'owner') !== null || !usable)) c.put('ret', '-EBUSY');
        else {
          c.put('ret', 0);
          c.set(group, 'owner_cnt', c.count(group, 'owner_cnt') + 1);
        }
      }),
      unlockGroup(),
      call('iommu_group_put', [local('group')]),
      give(local('ret')),
    ]),
    procedure('iommu_device_unuse_default_domain', ['dev'], `${source} ${iommu} iommu_device_unuse_default_domain`, [
      call('iommu_group_get', [local('dev')], 'group'),
      when((c) => c.v('group') === null, [give(null)]),
      lockGroup(),
      act('mutate', 'owner_cnt of {group} - 1', (c) => {
        const count = c.count(c.o('group'), 'owner_cnt');
        if (count === 0) c.warn('unuse without use');
        else c.set(c.o('group'), 'owner_cnt', count - 1);
      }),
      unlockGroup(),
      call('iommu_group_put', [local('group')]),
      give(null),
    ]),
    procedure('__iommu_group_alloc_blocking_domain', ['group'], `${source} ${iommu} __iommu_group_alloc_blocking_domain`, [
      when((c) => c.ref(c.o('group'), 'blocking_domain') !== null, [give(0)]),
      when((c) => !c.list(c.o('group'), 'devices').some((dev) => c.peek(dev, 'iommu') === true), [give('-EINVAL')]),
      call('domain_alloc', [() => 'BLOCKED'], 'domain'),
      when((c) => c.v('domain') === null, [call('domain_alloc', [() => 'UNMANAGED'], 'domain')]),
      when((c) => c.v('domain') === null, [give('-EINVAL')]),
      act('mutate', '{group}.blocking_domain = {domain}', (c) => c.set(c.o('group'), 'blocking_domain', c.v('domain'))),
      give(0),
    ]),
    procedure('iommu_group_claim_dma_owner', ['group', 'owner'], `${source} ${iommu} iommu_group_claim_dma_owner`, [
      lockGroup(),
      act('check', 'may {owner} claim {group}?', (c) => {
        const group = c.o('group');
        const domain = c.ref(group, 'domain');
        if (c.count(group, 'owner_cnt') > 0) c.put('ret', '-EPERM');
        else c.put('ret', domain !== null && domain !== c.ref(group, 'default_domain') ? '-EBUSY' : 0);
      }),
      when((c) => !isError(c.v('ret')), [call('__iommu_group_alloc_blocking_domain', [local('group')], 'ret')]),
      when(
        (c) => !isError(c.v('ret')),
        [call('__iommu_group_set_domain', [local('group'), (c) => c.ref(c.o('group'), 'blocking_domain')], 'ret')],
      ),
      when(
        (c) => !isError(c.v('ret')),
        [
          act('mutate', '{group} belongs to {owner}', (c) => {
            c.set(c.o('group'), 'owner', c.v('owner'));
            c.set(c.o('group'), 'owner_cnt', c.count(c.o('group'), 'owner_cnt') + 1);
          }),
        ],
      ),
      unlockGroup(),
      give(local('ret')),
    ]),
    procedure('iommu_group_release_dma_owner', ['group'], `${source} ${iommu} iommu_group_release_dma_owner`, [
      lockGroup(),
      act('check', '{group} owned?', (c) => {
        const group = c.o('group');
        const owned = c.count(group, 'owner_cnt') > 0 && c.ref(group, 'owner') !== null;
        if (!owned) c.warn('release of a group that is not owned');
        else {
          c.set(group, 'owner_cnt', 0);
          c.set(group, 'owner', null);
        }
        c.put('owned', owned);
      }),
      when(
        (c) => c.v('owned') === true,
        [
          call('__iommu_group_set_domain', [local('group'), (c) => c.ref(c.o('group'), 'default_domain')], 'ret'),
          when(failed('ret'), [act('mutate', 'WARN', (c) => c.warn('failed to attach the default domain'))]),
        ],
      ),
      unlockGroup(),
      give(null),
    ]),
  ];
}

/** 2020's own attach core: no blocking domain, no recovery, detach to NULL where there is no default domain. */
export function own2020(): Procedure[] {
  const source = '2020:';
  return [
    procedure('__iommu_attach_group', ['domain', 'group'], `${source} ${iommu} __iommu_attach_group`, [
      act('check', 'current domain of {group} is default?', (c) => {
        const group = c.o('group');
        const standard = c.ref(group, 'default_domain');
        c.put('ret', standard !== null && c.ref(group, 'domain') !== standard ? '-EBUSY' : 0);
      }),
      when(failed('ret'), [give(local('ret'))]),
      ...attachEach('domain'),
      when(failed('ret'), [give(local('ret'))]),
      act('mutate', '{group}.domain = {domain}', (c) => c.set(c.o('group'), 'domain', c.v('domain'))),
      give(0),
    ]),
    procedure('__iommu_detach_group', ['domain', 'group'], `${source} ${iommu} __iommu_detach_group`, [
      act('read', 'default domain of {group}', (c) => {
        c.put('default', c.ref(c.o('group'), 'default_domain'));
        c.put('same', c.v('default') !== null && c.ref(c.o('group'), 'domain') === c.v('default'));
      }),
      when((c) => c.v('same') === true, [give(null)]),
      when(
        (c) => c.v('default') === null,
        [
          ...each('member', members(), [call('__iommu_detach_device', [local('domain'), local('member')])]),
          act('mutate', '{group}.domain = NULL', (c) => c.set(c.o('group'), 'domain', null)),
          give(null),
        ],
      ),
      ...attachEach('default'),
      when(
        failed('ret'),
        [act('mutate', 'WARN', (c) => c.warn('failed to attach the default domain'))],
        [act('mutate', '{group}.domain = {default}', (c) => c.set(c.o('group'), 'domain', c.v('default')))],
      ),
      give(null),
    ]),
  ];
}
