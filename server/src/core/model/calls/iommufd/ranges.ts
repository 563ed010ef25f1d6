// Which addresses of an IO address space of v6.12 can be used, and the options of spaces and contexts.
// [612: drivers/iommu/iommufd/ioas.c, io_pagetable.c, main.c]

import type { Cpu } from '../../machine/cpu.ts';
import type { Procedure } from '../../machine/code.ts';
import { act, call, give, procedure, set, when } from '../../machine/code.ts';
import type { Value } from '../../machine/names.ts';
import { failed, isError, local } from '../terms.ts';
import { needIoas, refuse } from './checks.ts';
import { U64_MAX, u64 } from './constants.ts';
import { alignmentOf, allowedOf, areasOf, calculateAlignment, holesIn, meets, reserve, reservedOf, toRange } from './iopt.ts';
import { backed } from './userMemory.ts';
import { copyOut, lockDomains, lockIova, source, unlockDomains, unlockIova } from './objects.ts';

/** struct iommu_iova_range. */
const RANGE_BYTES = 16n;

/** What of an IOAS can be used, and its options. */
export function rangeCalls(): Procedure[] {
  const file = `${source}/ioas.c`;
  return [
    procedure('iommufd_ioas_iova_ranges', ['ctx', 'ioas', 'num_iovas', '__reserved', 'allowed_iovas'], `${file} iommufd_ioas_iova_ranges`, [
      ...refuse('reserved field', (c) => (u64(c.v('__reserved')) === 0n ? 0 : '-EOPNOTSUPP')),
      ...needIoas(),
      lockIova,
      act('read', 'usable ranges of {ioas}', (c) => {
        const ioas = c.o('ioas');
        const used = reservedOf(c, ioas).sort((a, b) => (a.first < b.first ? -1 : 1));
        const holes = holesIn({ first: 0n, last: U64_MAX }, used);
        c.put('fits', BigInt(holes.length) <= u64(c.v('num_iovas')));
        c.set(ioas, 'num_iovas', holes.length);
        c.set(
          ioas,
          'iova_ranges',
          holes.map((hole) => `${hole.first}-${hole.last}`),
        );
        c.set(ioas, 'out_iova_alignment', Number(alignmentOf(c, ioas)));
        const written = BigInt(holes.length) < u64(c.v('num_iovas')) ? BigInt(holes.length) : u64(c.v('num_iovas'));
        const bad = written > 0n && !backed(c, u64(c.v('allowed_iovas')), written * RANGE_BYTES);
        c.put('ret', bad ? '-EFAULT' : 0);
      }),
      when(failed('ret'), [unlockIova, give(local('ret'))]),
      copyOut(),
      when((c) => !isError(c.v('ret')) && c.v('fits') !== true, [set('ret', () => '-EMSGSIZE')]),
      unlockIova,
      give(local('ret')),
    ]),
    procedure('iommufd_ioas_allow_iovas', ['ctx', 'ioas', 'num_iovas', '__reserved', 'ranges'], `${file} iommufd_ioas_allow_iovas`, [
      ...refuse('reserved field', (c) => (u64(c.v('__reserved')) === 0n ? 0 : '-EOPNOTSUPP')),
      ...needIoas(),
      ...refuse('ranges of the user', (c) => {
        const taken: { first: bigint; last: bigint }[] = [];
        for (const text of c.listOf('ranges').slice(0, c.number('num_iovas'))) {
          const range = toRange(text);
          if (range.first >= range.last || taken.some((other) => meets(other, range))) return '-EINVAL';
          taken.push(range);
        }
        return taken.length < c.number('num_iovas') ? '-EFAULT' : 0;
      }),
      lockIova,
      act('mutate', 'allowed ranges of {ioas}', (c) => {
        const ioas = c.o('ioas');
        const before = c.list(ioas, 'allowed');
        c.set(ioas, 'allowed', c.listOf('ranges').slice(0, c.number('num_iovas')));
        const clash = allowedOf(c, ioas).some((range) => reservedOf(c, ioas).some((other) => meets(other, range)));
        if (clash) c.set(ioas, 'allowed', before);
        c.put('ret', clash ? '-EADDRINUSE' : 0);
      }),
      unlockIova,
      give(local('ret')),
    ]),
    // The test command of CONFIG_IOMMUFD_TEST: a reserved range that nobody owns.
    procedure('iommufd_test_add_reserved', ['ctx', 'ioas', 'start', 'length'], `${source}/selftest.c iommufd_test_add_reserved`, [
      ...refuse('range to reserve', (c) => {
        if (u64(c.v('length')) === 0n) return '-EINVAL';
        return u64(c.v('start')) + u64(c.v('length')) - 1n > U64_MAX ? '-EOVERFLOW' : 0;
      }),
      ...needIoas(),
      lockIova,
      act('mutate', 'reserve {length} bytes at {start}', (c) => {
        const first = u64(c.v('start'));
        c.put('ret', reserve(c, c.o('ioas'), first, first + u64(c.v('length')) - 1n, 'nobody'));
      }),
      unlockIova,
      give(local('ret')),
    ]),
  ];
}

/** IOMMU_OPTION_OP_SET is 0, IOMMU_OPTION_OP_GET 1. */
const operationOf = (c: Cpu): Value => {
  const op = c.v('op');
  return op === null ? 'SET' : op === 1 ? 'GET' : op;
};

/** IOMMU_OPTION. */
export function optionCalls(): Procedure[] {
  return [
    procedure('iommufd_option', ['ctx', 'option_id', 'op', '__reserved', 'object_id', 'val64'], `${source}/main.c iommufd_option`, [
      ...refuse('option {option_id}', (c) => {
        const known = c.v('option_id') === 'RLIMIT_MODE' || c.v('option_id') === 'HUGE_PAGES';
        // RLIMIT_MODE is 0 in the interface, HUGE_PAGES 1.
        return u64(c.v('__reserved')) !== 0n || (!known && u64(c.v('option_id')) > 1n) ? '-EOPNOTSUPP' : 0;
      }),
      when(
        (c) => c.v('option_id') === 'HUGE_PAGES' || c.v('option_id') === 1,
        [
          set('ioas', local('object_id')),
          ...needIoas(),
          call('iommufd_ioas_option_huge_pages', [local('ctx'), local('ioas'), local('op'), local('val64')], 'ret'),
        ],
        [call('iommufd_option_rlimit_mode', [local('ctx'), local('op'), local('object_id'), local('val64')], 'ret')],
      ),
      when(failed('ret'), [give(local('ret'))]),
      copyOut(),
      give(local('ret')),
    ]),
    procedure('iommufd_option_rlimit_mode', ['ctx', 'op', 'object_id', 'val64'], `${source}/ioas.c iommufd_option_rlimit_mode`, [
      act('mutate', 'rlimit mode of {ctx}', (c) => {
        const ctx = c.o('ctx');
        const value = u64(c.v('val64'));
        const operation = operationOf(c);
        c.put('ret', 0);
        if (c.v('object_id') !== null || (operation !== 'GET' && operation !== 'SET')) c.put('ret', '-EOPNOTSUPP');
        else if (operation === 'GET') c.set(ctx, 'val64', c.flag(ctx, 'account_mm') ? 1 : 0);
        else if (c.peek('world', 'no_sys_resource') === true) c.put('ret', '-EPERM');
        else if (c.list(ctx, 'objects').length > 0) c.put('ret', '-EBUSY');
        else if (value > 1n) c.put('ret', '-EINVAL');
        else c.set(ctx, 'account_mm', value === 1n);
      }),
      give(local('ret')),
    ]),
    procedure('iommufd_ioas_option_huge_pages', ['ctx', 'ioas', 'op', 'val64'], `${source}/ioas.c iommufd_ioas_option_huge_pages`, [
      set('operation', operationOf),
      when((c) => c.v('operation') !== 'GET' && c.v('operation') !== 'SET', [give('-EOPNOTSUPP')]),
      when(
        (c) => c.v('operation') === 'GET',
        [
          act('read', 'large pages of {ioas}?', (c) => {
            const large = !c.flag(c.o('ioas'), 'disable_large_pages');
            c.set(c.o('ioas'), 'val64', large ? 1 : 0);
          }),
          give(0),
        ],
      ),
      when((c) => u64(c.v('val64')) > 1n, [give('-EINVAL')]),
      call('iopt_set_large_pages', [local('ioas'), (c) => u64(c.v('val64')) === 1n], 'ret'),
      give(local('ret')),
    ]),
    procedure('iopt_set_large_pages', ['ioas', 'on'], `${source}/io_pagetable.c iopt_disable_large_pages, iopt_enable_large_pages`, [
      lockDomains,
      lockIova,
      act('mutate', 'large pages of {ioas}', (c) => {
        const ioas = c.o('ioas');
        const on = c.v('on') === true;
        c.put('ret', 0);
        if (!on && c.flag(ioas, 'disable_large_pages')) return;
        if (!on && c.list(ioas, 'hwpts').length > 0 && areasOf(c, ioas).length > 0) {
          c.put('ret', '-EINVAL');
          return;
        }
        c.set(ioas, 'disable_large_pages', !on);
        const wrong = calculateAlignment(c, ioas);
        if (!on && wrong !== 0) c.set(ioas, 'disable_large_pages', null);
        c.put('ret', on ? 0 : wrong);
      }),
      unlockIova,
      unlockDomains,
      give(local('ret')),
    ]),
  ];
}
