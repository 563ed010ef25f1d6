// Helpers of v6.12 for the PASIDs of a group and of a process, for patches that change their callers and do not show them.

import { clearMembers, takePasid } from '../../model/calls/sva.ts';
import { failed, local, members } from '../../model/calls/terms.ts';
import type { Procedure } from '../../model/machine/code.ts';
import { act, call, each, give, leave, procedure, set, when } from '../../model/machine/code.ts';
import { domainWord } from './constants.ts';
import { works } from './functions.ts';
import { memberOf, objectOf } from './objects.ts';
import type { FunctionRow } from '../types.ts';

const source = '612: drivers/iommu/iommu.c';

/** What the rows below call: each member that can have PASIDs is asked, in the order of the list. */
export function pasidProcedures(): Procedure[] {
  return [
    procedure('set_group_pasid', ['domain', 'group', 'pasid'], `${source} __iommu_set_group_pasid`, [
      set('ret', () => 0),
      ...each('member', members(), [
        when(
          (c) => c.count(c.o('member'), 'max_pasids') > 0,
          [
            call('set_dev_pasid', [local('domain'), local('member'), local('pasid')], 'ret'),
            when(failed('ret'), [set('last', local('member')), leave('member')]),
          ],
        ),
      ]),
      when((c) => c.v('last') === null, [give(local('ret'))]),
      ...each('member', members(), [
        when((c) => c.v('member') === c.v('last'), [leave('member')]),
        when(
          (c) => c.count(c.o('member'), 'max_pasids') > 0,
          [call('remove_dev_pasid', [local('member'), local('pasid'), local('domain')])],
        ),
      ]),
      give(local('ret')),
    ]),
    procedure('remove_group_pasid', ['group', 'pasid', 'domain'], `${source} __iommu_remove_group_pasid`, [...clearMembers(), give(null)]),
    procedure('sva_domain_alloc', ['dev', 'mm'], '612: drivers/iommu/iommu-sva.c iommu_sva_domain_alloc', [
      call('domain_alloc_sva', [local('dev'), local('mm')], 'new'),
      when(failed('new'), [give(local('new'))]),
      act('mutate', '{new} holds {mm}', (c) => {
        c.set(c.o('new'), 'mm', c.v('mm'));
        c.set(c.o('mm'), 'count', c.count(c.o('mm'), 'count') + 1);
      }),
      give(local('new')),
    ]),
  ];
}

export const pasidStandIns: readonly FunctionRow[] = [
  { name: '__iommu_set_group_pasid', how: 'model', procedure: 'set_group_pasid', args: [0, 1, 2] },
  { name: '__iommu_remove_group_pasid', how: 'model', procedure: 'remove_group_pasid', args: [0, 1, 2] },
  { name: 'iommu_sva_domain_alloc', how: 'model', procedure: 'sva_domain_alloc', args: [0, 1] },
  works('iommu_alloc_mm_data', 'mutate', 'PASID of the process', (c, args) => {
    const [mm, limit] = [objectOf(args[0]), c.count(objectOf(args[1]), 'max_pasids')];
    if (c.peek(mm, 'not_dma_compatible') === true) return '-EBUSY';
    const known = c.get(mm, 'pasid');
    if (typeof known === 'number') return known >= limit ? '-EOVERFLOW' : `iommu_mm:${mm}`;
    return limit === 0 || takePasid(c, mm, limit) === null ? '-ENOSPC' : `iommu_mm:${mm}`;
  }),
  works('iommu_attach_handle_get', 'read', 'what is attached on the PASID', (c, args) => {
    const group = memberOf(args[0])?.object ?? objectOf(args[0]);
    const handle = c.get(group, `handle_${String(args[1] ?? 0)}`);
    if (typeof handle !== 'string') return '-ENOENT';
    const domain = c.ref(handle, 'domain');
    const wanted = args[2] ?? 0;
    return wanted !== 0 && domain !== null && domainWord(c.get(domain, 'type')) !== domainWord(wanted) ? '-EBUSY' : handle;
  }),
];
