// The group-wide bind of the SVA proposal of 2018, as a what-if on v6.1: a walk over the members, without a test for isolation.

import type { Procedure } from '../machine/code.ts';
import { call, each, give, leave, procedure, set, when } from '../machine/code.ts';
import { failed, local, lockGroup, members, unlockGroup } from './terms.ts';

export const bindGroup = (): Procedure[] => [
  procedure('iommu_sva_bind_group', ['group', 'mm'], '2018: iommu_sva_bind_group', [
    lockGroup(),
    set('ret', () => 0),
    ...each('member', members(), [call('sva_bind', [local('member'), local('mm')], 'ret'), when(failed('ret'), [leave('member')])]),
    unlockGroup(),
    give((c) => (failed('ret')(c) ? c.v('ret') : 0)),
  ]),
];
