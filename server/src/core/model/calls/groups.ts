// Forming, joining and leaving groups before v6.12, and the attach loops of those eras.

import type { Cpu } from '../machine/cpu.ts';
import type { Procedure, Statement } from '../machine/code.ts';
import { act, call, each, give, leave, procedure, set, when } from '../machine/code.ts';
import { groupToJoin } from '../world/topology.ts';
import { probeDevice } from './driverOps.ts';
import { failed, local, lockGroup, members, unlockGroup } from './terms.ts';
import { livesOf } from './lives.ts';
import { holdGroup } from './references.ts';

const iommu = 'drivers/iommu/iommu.c';

/** The name that the scenario gave to a group of this device; a second life of the name gets a number. */
function groupName(c: Cpu, dev: string): string {
  const declared = c.peek(dev, 'group_name');
  const base = typeof declared === 'string' ? declared : `group_${dev}`;
  const lives = c.count(base, 'lives');
  c.set(base, 'lives', lives + 1);
  if (lives === 0) return base;
  const name = `${base}'${lives + 1}`;
  c.set(livesOf(base), 'now', name);
  return name;
}

/** Whether the firmware has named an IOMMU for the device yet: for some only when their driver binds. */
export const iommuKnown = (c: Cpu): boolean =>
  c.peek(c.o('dev'), 'iommu') === true && (c.peek(c.o('dev'), 'firmware_late') !== true || c.flag(c.o('dev'), 'firmware_seen'));

/** iommu_group_alloc(): an empty group; the caller owns its one reference. */
export function allocGroup(c: Cpu, dev: string): string {
  const group = groupName(c, dev);
  c.set(group, 'refs', 1);
  const groups = [...c.list('world', 'groups'), group];
  // The boot scan goes over the groups as they came; later the list is a set, and two orders of arrival are one state.
  c.set('world', 'groups', c.threadName === 'boot' ? groups : groups.sort());
  const instance = c.peek(dev, 'instance');
  if (typeof instance === 'string') {
    // generic_single_device_group() and the drivers before it: the IOMMU instance keeps its group, with a reference.
    c.set(instance, 'group', group);
    c.set(group, 'refs', 2);
    c.set(group, 'other_holders', 1);
  }
  return group;
}

export const groupForming = (): Procedure[] => [
  procedure('device_group', ['dev'], `${iommu} pci_device_group, generic_device_group [61, 612]`, [
    act('callback', 'find or make the group of {dev}', (c) => {
      const dev = c.o('dev');
      const existing = groupToJoin(c, dev);
      if (existing !== null) holdGroup(c, existing);
      c.put('group', existing ?? allocGroup(c, dev));
    }),
    give(local('group')),
  ]),
  procedure('iommu_group_for_each_dev', ['group'], `${iommu} iommu_group_for_each_dev`, [
    lockGroup(),
    ...each('member', members(), [act('callback', 'fn({member})', () => undefined)]),
    unlockGroup(),
    give(0),
  ]),
  procedure('iommu_group_dma_owner_claimed', ['group'], `${iommu} iommu_group_dma_owner_claimed`, [
    lockGroup(),
    act('read', 'owner_cnt of {group}', (c) => c.put('user', c.count(c.o('group'), 'owner_cnt') > 0)),
    unlockGroup(),
    give((c) => (c.v('user') === true ? 1 : 0)),
  ]),
];

const unlinkMember = (list: readonly string[], dev: string): string[] => list.filter((other) => other !== dev);

/** Eras in which joining attaches `G.domain` and leaving detaches nothing: 2020 to v6.1. */
export function groupMembers61(source: string): Procedure[] {
  return [
    procedure('iommu_group_add_device', ['group', 'dev'], `${source} ${iommu} iommu_group_add_device`, [
      act('mutate', '{dev} refers to {group}', (c) => {
        holdGroup(c, c.o('group'));
        c.set(c.o('dev'), 'group', c.v('group'));
      }),
      lockGroup(),
      act('list', '{dev} listed in {group}', (c) => {
        c.set(c.o('group'), 'devices', [...c.list(c.o('group'), 'devices'), c.o('dev')]);
        c.put('domain', c.ref(c.o('group'), 'domain'));
      }),
      set('ret', () => 0),
      when(
        (c) => c.v('domain') !== null && !c.flag(c.o('dev'), 'attach_deferred'),
        [call('__iommu_attach_device', [local('domain'), local('dev')], 'ret')],
      ),
      unlockGroup(),
      when(failed('ret'), [
        lockGroup(),
        act('list', '{dev} unlisted', (c) => c.set(c.o('group'), 'devices', unlinkMember(c.list(c.o('group'), 'devices'), c.o('dev')))),
        unlockGroup(),
        act('mutate', '{dev} without group', (c) => c.set(c.o('dev'), 'group', null)),
        call('iommu_group_put', [local('group')]),
      ]),
      give(local('ret')),
    ]),
    procedure('iommu_group_remove_device', ['dev'], `${source} ${iommu} iommu_group_remove_device`, [
      act('read', 'group of {dev}', (c) => c.put('group', c.ref(c.o('dev'), 'group'))),
      when((c) => c.v('group') === null, [give(null)]),
      lockGroup(),
      act('list', '{dev} unlisted', (c) => c.set(c.o('group'), 'devices', unlinkMember(c.list(c.o('group'), 'devices'), c.o('dev')))),
      unlockGroup(),
      act('mutate', '{dev} without group', (c) => c.set(c.o('dev'), 'group', null)),
      call('iommu_group_put', [local('group')]),
      give(null),
    ]),
    procedure('iommu_group_get_for_dev', ['dev'], `${source} ${iommu} iommu_group_get_for_dev`, [
      call('iommu_group_get', [local('dev')], 'group'),
      when((c) => c.v('group') !== null, [give(local('group'))]),
      call('device_group', [local('dev')], 'group'),
      call('iommu_group_add_device', [local('group'), local('dev')], 'ret'),
      when(failed('ret'), [call('iommu_group_put', [local('group')]), give(local('ret'))]),
      give(local('group')),
    ]),
    procedure('__iommu_probe_device', ['dev'], `${source} ${iommu} __iommu_probe_device`, [
      when((c) => !iommuKnown(c), [give('-ENODEV')]),
      probeDevice(),
      when(failed('ret'), [give(local('ret'))]),
      call('iommu_group_get_for_dev', [local('dev')], 'group'),
      when(failed('group'), [
        act('callback', 'release_device of {dev}', (c) => {
          c.set(c.o('dev'), 'iommu_dev', null);
          c.set(c.o('dev'), 'hw_domain', null);
        }),
        give(local('group')),
      ]),
      call('iommu_group_put', [local('group')]),
      give(0),
    ]),
    procedure('iommu_release_device', ['dev'], `${source} ${iommu} iommu_release_device`, [
      when((c) => !c.flag(c.o('dev'), 'iommu_dev'), [give(null)]),
      act('callback', 'release_device of {dev}', (c) => {
        c.set(c.o('dev'), 'released', true);
        c.set(c.o('dev'), 'hw_domain', null);
        c.set(c.o('dev'), 'dma_iommu', null);
      }),
      call('iommu_group_remove_device', [local('dev')]),
      act('free', 'per-device IOMMU data of {dev}', (c) => {
        c.set(c.o('dev'), 'iommu_dev', null);
        c.set(c.o('dev'), 'released', null);
      }),
      give(null),
    ]),
  ];
}

/** A loop over the members that stops at the first failure; the result stands in `ret`. */
export const attachEach = (domain: string): Statement[] => [
  set('ret', () => 0),
  ...each('member', members(), [
    call('__iommu_attach_device', [local(domain), local('member')], 'ret'),
    when(failed('ret'), [leave('member')]),
  ]),
];

/** iommu_attach_device() and its siblings, the same from 2020 to v6.12 around a different core. */
export function attachCalls(source: string, options: { readonly takesReference: boolean }): Procedure[] {
  const enter: Statement[] = options.takesReference
    ? [call('iommu_group_get', [local('dev')], 'group')]
    : [act('read', 'group of {dev}', (c) => c.put('group', c.ref(c.o('dev'), 'group')))];
  const exit: Statement[] = options.takesReference ? [call('iommu_group_put', [local('group')])] : [];
  return [
    procedure('iommu_attach_device', ['domain', 'dev'], `${source} ${iommu} iommu_attach_device`, [
      ...enter,
      when((c) => c.v('group') === null, [give('-ENODEV')]),
      lockGroup(),
      act('check', 'one member in {group}?', (c) => c.put('ret', c.list(c.o('group'), 'devices').length === 1 ? 0 : '-EINVAL')),
      when((c) => c.v('ret') === null, [call('__iommu_attach_group', [local('domain'), local('group')], 'ret')]),
      unlockGroup(),
      ...exit,
      give(local('ret')),
    ]),
    procedure('iommu_detach_device', ['domain', 'dev'], `${source} ${iommu} iommu_detach_device`, [
      ...enter,
      when((c) => c.v('group') === null, [give(null)]),
      lockGroup(),
      act('check', '{domain} current, and one member?', (c) => {
        const current = c.ref(c.o('group'), 'domain') === c.v('domain');
        const single = c.list(c.o('group'), 'devices').length === 1;
        if (!current || !single) c.warn('iommu_detach_device: not the current domain, or not a group of one');
        c.put('ok', current && single);
      }),
      when((c) => c.v('ok') === true, [call('__iommu_detach_group', [local('domain'), local('group')])]),
      unlockGroup(),
      ...exit,
      give(null),
    ]),
    procedure('iommu_attach_group', ['domain', 'group'], `${source} ${iommu} iommu_attach_group`, [
      lockGroup(),
      call('__iommu_attach_group', [local('domain'), local('group')], 'ret'),
      unlockGroup(),
      give(local('ret')),
    ]),
    procedure('iommu_detach_group', ['domain', 'group'], `${source} ${iommu} iommu_detach_group`, [
      lockGroup(),
      call('__iommu_detach_group', [local('domain'), local('group')]),
      unlockGroup(),
      give(null),
    ]),
    procedure('iommu_get_domain_for_dev', ['dev'], `${source} ${iommu} iommu_get_domain_for_dev`, [
      act('read', 'current domain of the group of {dev}', (c) => {
        const group = c.ref(c.o('dev'), 'group');
        c.put('domain', group === null ? null : c.ref(group, 'domain'));
      }),
      give(local('domain')),
    ]),
  ];
}
