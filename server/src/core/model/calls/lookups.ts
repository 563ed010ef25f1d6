// Small functions of the core that patches and drivers call by name: they look something up, or count a reference.
// [2020, 61, 612: drivers/iommu/iommu.c, include/linux/device.h, drivers/pci/ats.c]

import type { Procedure } from '../machine/code.ts';
import { act, call, give, procedure, set, when } from '../machine/code.ts';
import { acsPathOk } from '../world/topology.ts';
import { holdGroup } from './references.ts';
import { local, newName } from './terms.ts';

const iommu = 'drivers/iommu/iommu.c';

/** In every era. */
export function lookups(source: string): Procedure[] {
  return [
    procedure('iommu_group_alloc', [], `${source} ${iommu} iommu_group_alloc`, [
      act('mutate', 'an empty group', (c) => {
        const group = newName(c, 'group');
        c.set(group, 'refs', 1);
        c.set('world', 'groups', [...c.list('world', 'groups'), group].sort());
        c.put('group', group);
      }),
      give(local('group')),
    ]),
    procedure('iommu_group_ref_get', ['group'], `${source} ${iommu} iommu_group_ref_get`, [
      act('mutate', 'reference of {group} taken', (c) => holdGroup(c, c.o('group'))),
      give(local('group')),
    ]),
    procedure('iommu_get_dma_domain', ['dev'], `${source} ${iommu} iommu_get_dma_domain`, [
      act('read', 'default domain of the group of {dev}', (c) => {
        const group = c.ref(c.o('dev'), 'group');
        if (group === null) c.crash('panic', `NULL dereference: ${c.o('dev')} has no group`);
        c.put('domain', c.ref(String(group), 'default_domain'));
      }),
      give(local('domain')),
    ]),
    procedure('iommu_deferred_attach', ['dev', 'domain'], `${source} ${iommu} iommu_deferred_attach`, [
      act('check', 'attach of {dev} deferred?', (c) => {
        c.put('deferred', c.flag(c.o('dev'), 'iommu_dev') && c.flag(c.o('dev'), 'attach_deferred'));
      }),
      set('ret', () => 0),
      when((c) => c.v('deferred') === true, [call('__iommu_attach_device', [local('domain'), local('dev')], 'ret')]),
      give(local('ret')),
    ]),
    procedure('iommu_group_device_count', ['group'], `${source} ${iommu} iommu_group_device_count`, [
      act('list', 'members of {group}', (c) => c.put('count', c.list(c.o('group'), 'devices').length)),
      give(local('count')),
    ]),
    procedure('device_is_bound', ['dev'], `${source} drivers/base/dd.c device_is_bound`, [
      act('read', 'is {dev} bound?', (c) => c.put('bound', c.flag(c.o('dev'), 'bound') ? 1 : 0)),
      give(local('bound')),
    ]),
  ];
}

/** pci_enable_pasid(): from 6.12 on only where requests with a PASID are redirected and filtered on the whole way up. */
export function enablePasid(source: string, needsAcs: boolean): Procedure[] {
  return [
    procedure('pci_enable_pasid', ['dev'], `${source} drivers/pci/ats.c pci_enable_pasid`, [
      act('callback', 'PASIDs of {dev} on', (c) => {
        const dev = c.o('dev');
        const capable = typeof c.peek(dev, 'max_pasids') === 'number' && c.peek(dev, 'bus') === 'pci';
        // A virtual function follows its physical one, which has them on where the function has any.
        if (c.peek(dev, 'is_virtfn') === true) c.put('ret', capable ? 0 : '-EINVAL');
        else if (c.flag(dev, 'pasid_enabled')) {
          c.warn(`pci_enable_pasid: ${dev} has PASIDs on`);
          c.put('ret', '-EBUSY');
        } else if (!capable || (needsAcs && !acsPathOk(c, dev, ['RR', 'UF']))) c.put('ret', '-EINVAL');
        else {
          c.put('ret', 0);
          c.set(dev, 'pasid_enabled', true);
        }
      }),
      give(local('ret')),
    ]),
  ];
}
