// What an IOMMU tells of a device in v6.12. [612: drivers/iommu/iommufd/device.c iommufd_get_hw_info]

import type { Procedure } from '../../machine/code.ts';
import { act, give, procedure, when } from '../../machine/code.ts';
import { failed, local } from '../terms.ts';
import { refuse } from './checks.ts';
import { flagSet, u64 } from './constants.ts';
import { copyOut, source, takes } from './objects.ts';
import { backed } from './userMemory.ts';

export function information(): Procedure {
  return procedure(
    'iommufd_get_hw_info',
    ['ctx', 'flags', 'idev', 'data_len', 'data_uptr', '__reserved', 'in_data_type'],
    `${source}/device.c iommufd_get_hw_info`,
    [
      ...refuse('{idev} is there?', (c) => {
        // This tree knows one type only: asking for another is a flag that it refuses.
        const typed = c.v('in_data_type') !== null && c.v('in_data_type') !== 'DEFAULT';
        if (typed || u64(c.v('__reserved')) !== 0n || flagSet(c.v('flags'), {}).unknown) return '-EOPNOTSUPP';
        return takes(c, c.v('idev'), c.v('ctx'), ['idev']) ? 0 : '-ENOENT';
      }),
      act('callback', 'what {idev} can do', (c) => {
        const idev = c.o('idev');
        const dev = String(c.get(idev, 'dev'));
        c.put('ret', u64(c.v('data_len')) > 0n && !backed(c, u64(c.v('data_uptr')), u64(c.v('data_len'))) ? '-EFAULT' : 0);
        c.set(idev, 'out_capabilities', c.peek(dev, 'no_dirty') === true ? null : 'DIRTY_TRACKING');
        const pasids = c.count(dev, 'max_pasids');
        c.set(idev, 'out_max_pasid_log2', pasids > 0 ? Math.floor(Math.log2(pasids)) : 0);
      }),
      when(failed('ret'), [give(local('ret'))]),
      copyOut(),
      give(local('ret')),
    ],
  );
}
