// Ownership of groups in v6.12, and the RID handles of iommufd.

import type { Cpu } from '../machine/cpu.ts';
import type { Procedure, Statement } from '../machine/code.ts';
import { act, call, give, procedure, when } from '../machine/code.ts';
import { failed, isError, local, lockGroup, unlockGroup } from './terms.ts';

const source = '612: drivers/iommu/iommu.c';

/** Whether RID or PASID handles stand in the group's array; a reserved slot counts. */
export const pasidsInUse = (c: Cpu, group: string): boolean => c.list(group, 'pasid_array').length > 0;

export function owner612(): Procedure[] {
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
export function handles612(): Procedure[] {
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
