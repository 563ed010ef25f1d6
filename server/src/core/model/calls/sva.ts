// Shared virtual addressing and PASIDs of v6.1 (one call into the driver) and v6.12 (domains on PASIDs of the group).
// [61: drivers/iommu/iommu.c, arm-smmu-v3-sva.c, iommu-sva-lib.c; 612: drivers/iommu/iommu-sva.c, iommu.c; drivers/pci/ats.c]

import type { Cpu } from '../machine/cpu.ts';
import type { Procedure } from '../machine/code.ts';
import { act, call, each, give, leave, procedure, set, when } from '../machine/code.ts';
import { acsPathOk } from '../world/topology.ts';
import { makeDomain } from './driverOps.ts';
import { freeDomain } from './references.ts';
import { failed, fallible, isError, local, lockGroup, lockNamed, members, unlockGroup, unlockNamed } from './terms.ts';
import { lock, unlock } from '../machine/code.ts';

/** PASIDs of a device, as `pasid=domain`, sorted. */
export function setPasid(c: Cpu, dev: string, pasid: string, domain: string | null): void {
  const rest = c.list(dev, 'pasids').filter((entry) => !entry.startsWith(`${pasid}=`));
  c.set(dev, 'pasids', domain === null ? rest : [...rest, `${pasid}=${domain}`].sort());
}

/** What the kernel keeps of a process for its devices: struct iommu_mm_data [612]. */
const mmData = (mm: string): string => `iommu_mm:${mm}`;

/** The PASID is cleared on each member that can have PASIDs, in the order of the list. */
export const clearMembers = () =>
  each('member', members(), [
    when((c) => c.count(c.o('member'), 'max_pasids') > 0, [call('remove_dev_pasid', [local('member'), local('pasid'), local('domain')])]),
  ]);

/** The PASID of a process, as a word; a new one where it has none, or null where none is left below the limit. */
export const takePasid = (c: Cpu, mm: string, limit: number): string | null => {
  const known = c.get(mm, 'pasid');
  if (typeof known === 'number') return String(known);
  const next = c.count('world', 'last_pasid') + 1;
  if (next >= limit) return null;
  c.set('world', 'last_pasid', next);
  c.set(mm, 'pasid', next);
  return String(next);
};

/** iommu_dev_enable_feature(SVA): where PASID could not be enabled, this is where it shows. */
function enableFeature(source: string, needsAcs: boolean): Procedure[] {
  return [
    procedure('iommu_dev_enable_feature', ['dev', 'feature'], `${source} iommu_dev_enable_feature`, [
      when((c) => !c.flag(c.o('dev'), 'iommu_dev'), [give('-ENODEV')]),
      call('dev_enable_feat', [local('dev'), local('feature')], 'ret'),
      give(local('ret')),
    ]),
    procedure('dev_enable_feat', ['dev', 'feature'], `${source} IOMMU driver: dev_enable_feat -> pci_enable_pasid`, [
      act('callback', 'enable {feature} on {dev}', (c) => {
        const dev = c.o('dev');
        const capable = typeof c.peek(dev, 'max_pasids') === 'number';
        const isolated = !needsAcs || c.peek(dev, 'bus') !== 'pci' || c.peek(dev, 'is_virtfn') === true || acsPathOk(c, dev, ['RR', 'UF']);
        c.put('ret', capable && isolated ? 0 : '-EINVAL');
        if (capable && isolated) c.set(dev, 'sva_feat', true);
      }),
      give(local('ret')),
    ]),
  ];
}

const mmExit = (source: string): Procedure =>
  procedure('exit_mmap', ['mm'], `${source} mm teardown`, [
    act('mutate', '{mm} exits', (c) => {
      c.set(c.o('mm'), 'exited', true);
      c.set(c.o('mm'), 'count', c.count(c.o('mm'), 'count') - 1);
    }),
    give(0),
  ]);

export function sva61(): Procedure[] {
  const source = '61: drivers/iommu/iommu.c';
  return [
    ...enableFeature('61:', false),
    mmExit('61:'),
    procedure('iommu_sva_bind_device', ['dev', 'mm'], `${source} iommu_sva_bind_device`, [
      act('check', 'the IOMMU of {dev} has sva_bind?', (c) => {
        if (!c.flag(c.o('dev'), 'iommu_dev')) c.crash('panic', `NULL dereference: ${c.o('dev')} has no IOMMU`);
        c.put('ret', c.peek('world', 'no_sva_op') === true ? '-ENODEV' : 0);
      }),
      when(failed('ret'), [give(local('ret'))]),
      call('iommu_group_get', [local('dev')], 'group'),
      when((c) => c.v('group') === null, [give('-ENODEV')]),
      // The stable tree's switch stands between the get and the lock, without a put.
      when((c) => c.peek('world', 'sva_disabled_on_x86') === true && c.peek('world', 'x86') === true, [give('-EOPNOTSUPP')]),
      lockGroup(),
      act('check', 'one member in {group}?', (c) => c.put('ret', c.list(c.o('group'), 'devices').length === 1 ? 0 : '-EINVAL')),
      when((c) => !isError(c.v('ret')), [call('sva_bind', [local('dev'), local('mm')], 'ret')]),
      unlockGroup(),
      call('iommu_group_put', [local('group')]),
      give(local('ret')),
    ]),
    procedure('sva_bind', ['dev', 'mm'], '61: arm-smmu-v3-sva.c arm_smmu_sva_bind', [
      lockNamed('sva_lock'),
      act('check', '{dev} ready for SVA?', (c) => {
        const dev = c.o('dev');
        const domain = c.ref(dev, 'hw_domain');
        if (domain !== null && c.get(domain, 'type') === 'IDENTITY') c.put('ret', '-EINVAL');
        else c.put('ret', c.flag(dev, 'sva_feat') ? 0 : '-ENODEV');
        c.put('bond', `bond_${dev}_${c.o('mm')}`);
        c.put('known', c.count(c.o('bond'), 'users') > 0);
      }),
      when((c) => isError(c.v('ret')), [unlockNamed('sva_lock'), give(local('ret'))]),
      when(
        (c) => c.v('known') === true,
        [
          act('mutate', '{bond}.users + 1', (c) => c.set(c.o('bond'), 'users', c.count(c.o('bond'), 'users') + 1)),
          unlockNamed('sva_lock'),
          give(local('bond')),
        ],
      ),
      lockNamed('iommu_sva_lock'),
      act('mutate', 'PASID of {mm}', (c) => {
        const limit = c.count(c.o('dev'), 'max_pasids');
        const known = c.get(c.o('mm'), 'pasid');
        if (typeof known === 'number' && known >= limit) c.put('ret', '-EOVERFLOW');
        else {
          const pasid = takePasid(c, c.o('mm'), limit);
          c.put('ret', pasid === null ? '-ENOSPC' : 0);
          c.put('pasid', pasid);
        }
      }),
      unlockNamed('iommu_sva_lock'),
      when((c) => isError(c.v('ret')), [unlockNamed('sva_lock'), give(local('ret'))]),
      lock((c) => `${c.o('mm')}.mmap_lock`),
      act('callback', 'notifier on {mm}', () => undefined),
      unlock((c) => `${c.o('mm')}.mmap_lock`),
      act('mutate', '{dev} translates PASID {pasid} by {mm}', (c) => {
        c.set(c.o('bond'), 'users', 1);
        c.set(c.o('bond'), 'dev', c.v('dev'));
        c.set(c.o('bond'), 'mm', c.v('mm'));
        c.set('world', 'bonds', [...c.list('world', 'bonds'), c.o('bond')].sort());
        setPasid(c, c.o('dev'), String(c.v('pasid')), c.o('mm'));
      }),
      unlockNamed('sva_lock'),
      give(local('bond')),
    ]),
    procedure('sva_unbind', ['handle'], '61: arm-smmu-v3-sva.c arm_smmu_sva_unbind', [
      lockNamed('sva_lock'),
      act('mutate', '{handle}.users - 1', (c) => dropBond(c, c.o('handle'))),
      unlockNamed('sva_lock'),
      give(null),
    ]),
    procedure('iommu_sva_unbind_device', ['handle'], `${source} iommu_sva_unbind_device`, [
      set('dev', (c) => c.get(c.o('handle'), 'dev')),
      call('iommu_group_get', [local('dev')], 'group'),
      when((c) => c.v('group') === null, [give(null)]),
      lockGroup(),
      call('sva_unbind', [local('handle')]),
      unlockGroup(),
      call('iommu_group_put', [local('group')]),
      give(null),
    ]),
    procedure('iommu_sva_get_pasid', ['handle'], `${source} iommu_sva_get_pasid`, [
      act('read', 'PASID of {handle}', (c) => c.put('pasid', c.get(String(c.get(c.o('handle'), 'mm')), 'pasid'))),
      give(local('pasid')),
    ]),
  ];
}

function dropBond(c: Cpu, bond: string): void {
  const users = c.count(bond, 'users');
  if (users === 0) return c.crash('use-after-free', `${bond} unbound more often than bound`);
  const first = c.peek('world', 'first_unbind_ends') === true;
  const left = first ? 0 : users - 1;
  c.set(bond, 'users', left);
  if (first && users > 1) c.violate('I18', `${bond} ended by the first of ${users} unbinds`);
  if (left > 0) return;
  const dev = String(c.get(bond, 'dev'));
  setPasid(c, dev, String(c.get(String(c.get(bond, 'mm')), 'pasid')), null);
  c.set(
    'world',
    'bonds',
    c.list('world', 'bonds').filter((other) => other !== bond),
  );
}

const erase = (c: Cpu, group: string, pasid: string): void => {
  c.set(
    group,
    'pasid_array',
    c.list(group, 'pasid_array').filter((slot) => slot !== pasid),
  );
  c.set(group, `handle_${pasid}`, null);
};

export function sva612(): Procedure[] {
  const source = '612: drivers/iommu/iommu-sva.c';
  const core = '612: drivers/iommu/iommu.c';
  const out = [unlockNamed('iommu_sva_lock'), give(local('ret'))];
  return [
    ...enableFeature('612:', true),
    mmExit('612:'),
    procedure('iommu_sva_bind_device', ['dev', 'mm'], `${source} iommu_sva_bind_device`, [
      act('read', 'group of {dev}', (c) => c.put('group', c.ref(c.o('dev'), 'group'))),
      when((c) => c.v('group') === null, [give('-ENODEV')]),
      when((c) => c.peek('world', 'sva_disabled_on_x86') === true && c.peek('world', 'x86') === true, [give('-EOPNOTSUPP')]),
      lockNamed('iommu_sva_lock'),
      act('mutate', 'PASID of {mm}', (c) => {
        const limit = c.count(c.o('dev'), 'max_pasids');
        const known = c.get(c.o('mm'), 'pasid');
        c.put('ret', 0);
        if (c.peek(c.o('mm'), 'not_dma_compatible') === true) c.put('ret', '-EBUSY');
        else if (typeof known === 'number') {
          if (known >= limit) c.put('ret', '-EOVERFLOW');
          c.put('pasid', String(known));
        } else {
          const pasid = limit === 0 ? null : takePasid(c, c.o('mm'), limit);
          c.put('ret', pasid === null ? '-ENOSPC' : 0);
          c.put('pasid', pasid);
        }
      }),
      when((c) => isError(c.v('ret')), out),
      act('check', 'bond on PASID {pasid} of {group}?', (c) => {
        const group = c.o('group');
        const pasid = String(c.v('pasid'));
        c.put('found', null);
        if (!c.list(group, 'pasid_array').includes(pasid)) return;
        const handle = c.ref(group, `handle_${pasid}`);
        const domain = handle === null ? null : c.ref(handle, 'domain');
        if (handle === null || domain === null) return;
        if (c.get(domain, 'type') !== 'SVA' || c.get(domain, 'mm') !== c.v('mm')) {
          c.put('ret', '-EBUSY');
          return;
        }
        c.set(handle, 'users', c.count(handle, 'users') + 1);
        c.put('found', handle);
      }),
      when((c) => isError(c.v('ret')), out),
      when((c) => c.v('found') !== null, [unlockNamed('iommu_sva_lock'), give(local('found'))]),
      set('handle', (c) => `sva_${c.o('group')}_${c.o('mm')}`),
      set('attached', () => false),
      ...each('domain', (c) => c.list(mmData(c.o('mm')), 'sva_domains'), [
        call('iommu_attach_device_pasid', [local('domain'), local('dev'), local('pasid'), local('handle')], 'ret'),
        when(
          (c) => !isError(c.v('ret')),
          [
            act('mutate', '{domain}.users + 1', (c) => c.set(c.o('domain'), 'users', c.count(c.o('domain'), 'users') + 1)),
            set('attached', () => true),
            leave('domain'),
          ],
        ),
      ]),
      when(
        (c) => c.v('attached') !== true,
        [
          call('domain_alloc_sva', [local('dev'), local('mm')], 'new'),
          set('ret', (c) => (isError(c.v('new')) ? c.v('new') : 0)),
          when((c) => isError(c.v('ret')), out),
          act('mutate', '{new} holds {mm}', (c) => {
            c.set(c.o('new'), 'mm', c.v('mm'));
            c.set(c.o('mm'), 'count', c.count(c.o('mm'), 'count') + 1);
          }),
          call('iommu_attach_device_pasid', [local('new'), local('dev'), local('pasid'), local('handle')], 'ret'),
          when((c) => isError(c.v('ret')), [act('free', '{new} freed', (c) => freeSvaDomain(c, c.o('new'))), ...out]),
          act('mutate', '{new} serves {mm}', (c) => {
            c.set(c.o('new'), 'users', 1);
            c.set(mmData(c.o('mm')), 'sva_domains', [c.o('new'), ...c.list(mmData(c.o('mm')), 'sva_domains')]);
          }),
        ],
      ),
      act('mutate', '{handle} bound', (c) => {
        c.set(c.o('handle'), 'users', 1);
        c.set(c.o('handle'), 'dev', c.v('dev'));
        c.set(c.o('handle'), 'mm', c.v('mm'));
        c.set(c.o('handle'), 'pasid', c.v('pasid'));
        c.set('world', 'bonds', [...c.list('world', 'bonds'), c.o('handle')].sort());
      }),
      unlockNamed('iommu_sva_lock'),
      give(local('handle')),
    ]),
    procedure('iommu_sva_unbind_device', ['handle'], `${source} iommu_sva_unbind_device`, [
      set('domain', (c) => c.get(c.o('handle'), 'domain')),
      set('dev', (c) => c.get(c.o('handle'), 'dev')),
      lockNamed('iommu_sva_lock'),
      act('mutate', '{handle}.users - 1', (c) => {
        const users = c.count(c.o('handle'), 'users');
        if (users === 0) return c.crash('use-after-free', `${c.o('handle')} unbound more often than bound`);
        c.set(c.o('handle'), 'users', users - 1);
        c.put('last', users === 1);
      }),
      when((c) => c.v('last') !== true, [unlockNamed('iommu_sva_lock'), give(null)]),
      call('iommu_detach_device_pasid', [local('domain'), local('dev'), (c) => c.get(c.o('handle'), 'pasid')]),
      act('mutate', 'bond {handle} ends', (c) => {
        const domain = c.o('domain');
        const users = c.count(domain, 'users') - 1;
        c.set(domain, 'users', users);
        const mm = String(c.get(domain, 'mm'));
        if (users === 0) {
          c.set(
            mmData(mm),
            'sva_domains',
            c.list(mmData(mm), 'sva_domains').filter((other) => other !== domain),
          );
          freeSvaDomain(c, domain);
        }
        c.set(
          'world',
          'bonds',
          c.list('world', 'bonds').filter((other) => other !== c.o('handle')),
        );
      }),
      unlockNamed('iommu_sva_lock'),
      give(null),
    ]),
    procedure('iommu_sva_get_pasid', ['handle'], `${source} iommu_sva_get_pasid`, [
      act('read', 'PASID of {handle}', (c) => c.put('pasid', c.get(String(c.get(c.o('handle'), 'mm')), 'pasid'))),
      give(local('pasid')),
    ]),
    procedure('domain_alloc_sva', ['dev', 'mm'], '612: IOMMU driver: domain_alloc_sva', [
      lock((c) => `${c.o('mm')}.mmap_lock`),
      fallible(
        'callback',
        'SVA domain for {mm}',
        'alloc',
        () => 'SVA',
        ['fails'],
        (c, how) => c.put('new', how === null ? makeDomain(c, 'SVA') : '-ENOMEM'),
      ),
      unlock((c) => `${c.o('mm')}.mmap_lock`),
      give(local('new')),
    ]),
    procedure('set_dev_pasid', ['domain', 'dev', 'pasid'], '612: IOMMU driver: set_dev_pasid', [
      fallible(
        'callback',
        '{domain} on PASID {pasid} of {dev}',
        'set_dev_pasid',
        (c) => c.o('dev'),
        ['fails'],
        (c, how) => {
          c.put('ret', how === null ? 0 : '-ENOMEM');
          if (how === null) setPasid(c, c.o('dev'), String(c.v('pasid') ?? 0), c.o('domain'));
        },
      ),
      give(local('ret')),
    ]),
    procedure('remove_dev_pasid', ['dev', 'pasid', 'domain'], '612: IOMMU driver: remove_dev_pasid', [
      act('callback', 'PASID {pasid} of {dev} cleared', (c) => {
        // Drivers look up what they keep of the device in the domain.
        if (c.v('domain') !== null) c.get(c.o('domain'), 'type');
        const had = c.list(c.o('dev'), 'pasids').some((entry) => entry.startsWith(`${String(c.v('pasid') ?? 0)}=`));
        if (!had) c.warn(`remove_dev_pasid on ${c.o('dev')}, which never had it`);
        setPasid(c, c.o('dev'), String(c.v('pasid') ?? 0), null);
      }),
      give(null),
    ]),
    procedure('iommu_attach_device_pasid', ['domain', 'dev', 'pasid', 'handle'], `${core} iommu_attach_device_pasid`, [
      when((c) => c.peek('world', 'no_pasid_op') === true, [give('-EOPNOTSUPP')]),
      act('check', '{dev} with a group and an IOMMU of {domain}?', (c) => {
        const group = c.ref(c.o('dev'), 'group');
        c.put('group', group);
        if (group === null) c.put('ret', '-ENODEV');
        else if (!c.flag(c.o('dev'), 'iommu_dev') || c.get(c.o('domain'), 'ops_owner') !== 'iommu' || Number(c.v('pasid')) === 0)
          c.put('ret', '-EINVAL');
        else c.put('ret', 0);
      }),
      when(failed('ret'), [give(local('ret'))]),
      lockGroup(),
      act('check', 'PASID {pasid} in range and free?', (c) => {
        const group = c.o('group');
        const pasid = Number(c.v('pasid'));
        const limits = c.list(group, 'devices').map((dev) => c.count(dev, 'max_pasids'));
        const skip = c.peek('world', 'pasid_skip_non_pasid_members') === true;
        if (limits.some((limit) => (limit > 0 || !skip) && pasid >= limit)) c.put('ret', '-EINVAL');
        else if (c.list(group, 'pasid_array').includes(String(pasid))) c.put('ret', '-EBUSY');
        else {
          c.put('ret', 0);
          c.set(group, 'pasid_array', [...c.list(group, 'pasid_array'), String(pasid)].sort());
          c.set(group, `handle_${pasid}`, c.v('handle'));
          if (typeof c.v('handle') === 'string') c.set(c.o('handle'), 'domain', c.v('domain'));
        }
      }),
      when(failed('ret'), [unlockGroup(), give(local('ret'))]),
      ...each('member', members(), [
        when(
          (c) => c.count(c.o('member'), 'max_pasids') > 0,
          [call('set_dev_pasid', [local('domain'), local('member'), local('pasid')], 'ret'), when(failed('ret'), [leave('member')])],
        ),
      ]),
      when(failed('ret'), [
        act('mutate', 'members unwound, slot {pasid} emptied', (c) => {
          for (const dev of c.list(c.o('group'), 'devices')) setPasid(c, dev, String(c.v('pasid')), null);
          erase(c, c.o('group'), String(c.v('pasid')));
        }),
      ]),
      unlockGroup(),
      give(local('ret')),
    ]),
    procedure('iommu_detach_device_pasid', ['domain', 'dev', 'pasid'], `${core} iommu_detach_device_pasid`, [
      set('group', (c) => c.ref(c.o('dev'), 'group')),
      lockGroup(),
      ...clearMembers(),
      act('mutate', 'slot {pasid} of {group} emptied', (c) => erase(c, c.o('group'), String(c.v('pasid')))),
      unlockGroup(),
      give(null),
    ]),
  ];
}

function freeSvaDomain(c: Cpu, domain: string): void {
  const mm = String(c.get(domain, 'mm'));
  c.set(mm, 'count', c.count(mm, 'count') - 1);
  freeDomain(c, domain);
}
