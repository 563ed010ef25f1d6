// Accesses of v6.12: software that reads and writes an IOAS without a device, as the drivers of mediated devices do.
// [612: drivers/iommu/iommufd/device.c; the driver around it: selftest.c]

import type { Cpu } from '../../machine/cpu.ts';
import type { Procedure } from '../../machine/code.ts';
import { act, call, each, give, lock, procedure, set, unlock, when } from '../../machine/code.ts';
import type { Value } from '../../machine/names.ts';
import { failed, fallible, isError, local, newName } from '../terms.ts';
import { ACCESS_FLAGS, PAGE_SIZE, RW_FLAGS, U64_MAX, flagSet, u64 } from './constants.ts';
import type { Area, Range } from './iopt.ts';
import { areasOf, calculateAlignment, contiguous, meets, putAreas, toRange } from './iopt.ts';
import { refuse } from './checks.ts';
import { backed, present } from './userMemory.ts';
import { addUsers, allocObject, copyOut, eraseObject, kindOf, lockDomains, lockIova, makeObject, takes, source } from './objects.ts';
import { unlockDomains, unlockIova } from './objects.ts';

const file = `${source}/device.c`;
const lockAccess = lock((c) => `${c.o('access')}.ioas_lock`);
const unlockAccess = unlock((c) => `${c.o('access')}.ioas_lock`);

/** A range of bytes of a call; 0 where it is well formed. */
function refuseRange(c: Cpu): string | 0 {
  const length = u64(c.v('length'));
  if (length === 0n) return '-EINVAL';
  return u64(c.v('iova')) + length - 1n > U64_MAX ? '-EOVERFLOW' : 0;
}
const rangeOf = (c: Cpu): Range => ({ first: u64(c.v('iova')), last: u64(c.v('iova')) + u64(c.v('length')) - 1n });

/** Adds to the pins of every area in a range. */
function pin(c: Cpu, ioas: string, range: Range, by: number): void {
  putAreas(
    c,
    ioas,
    areasOf(c, ioas).map((area) => (meets(area, range) ? { ...area, accesses: Math.max(0, area.accesses + by) } : area)),
  );
}

/** Why the pages of a part of an area cannot be pinned, or 0. */
function refusePin(c: Cpu, part: Area, write: boolean, isLast: boolean): string | 0 {
  const misaligned = part.uptr % PAGE_SIZE !== 0n || (!isLast && (part.uptr + (part.last - part.first) + 1n) % PAGE_SIZE !== 0n);
  if (part.preventAccess || misaligned) return '-EINVAL';
  if (write ? !part.write || !part.pagesWritable : !part.read) return '-EPERM';
  return present(c, part.pages, part.uptr, part.last - part.first + 1n) ? 0 : '-EFAULT';
}

/** Whether bytes of an area can be copied: straight from the caller's own memory, or through pages that are pinned. */
function reachable(c: Cpu, area: Area, first: bigint, last: bigint): boolean {
  const slow = flagSet(c.v('flags'), RW_FLAGS).has('SLOW_PATH') || c.ref(area.pages, 'source_mm') !== null;
  const uptr = area.uptr + (first - area.first);
  return slow ? present(c, area.pages, uptr, last - first + 1n) : backed(c, uptr, last - first + 1n);
}

export function accessCalls(): Procedure[] {
  return [...life(), ...changing(), ...pages(), ...testDriver()];
}

function life(): Procedure[] {
  return [
    procedure('iommufd_access_create', ['ctx', 'flags'], `${file} iommufd_access_create`, [
      allocObject('access of {ctx}', (c) => {
        c.put('access', makeObject(c, 'access', c.v('ctx')));
        c.set(c.o('access'), 'needs_pin_pages', flagSet(c.v('flags'), ACCESS_FLAGS).has('NEEDS_PIN_PAGES'));
        addUsers(c, c.o('access'), 1);
        c.set(c.o('ctx'), 'refs', c.count(c.o('ctx'), 'refs') + 1);
      }),
      when(failed('ret'), [give(local('ret'))]),
      give(local('access')),
    ]),
    procedure('iommufd_access_destroy', ['access'], `${file} iommufd_access_destroy`, [
      when((c) => kindOf(c, c.v('access')) !== 'access', [give('-EBADF')]),
      act('mutate', '{access} out of its table', (c) => {
        c.set(c.o('access'), 'users', 0);
        eraseObject(c, c.o('access'));
      }),
      call('iommufd_access_destroy_object', [local('access')]),
      give(0),
    ]),
    procedure('iommufd_access_destroy_object', ['access'], `${file} iommufd_access_destroy_object`, [
      lockAccess,
      when((c) => c.ref(c.o('access'), 'ioas') !== null, [call('iommufd_access_change_ioas', [local('access'), () => null], 'ignored')]),
      unlockAccess,
      act('mutate', 'context without {access}', (c) => {
        const ctx = String(c.get(c.o('access'), 'ctx'));
        c.set(ctx, 'refs', c.count(ctx, 'refs') - 1);
      }),
      give(null),
    ]),
  ];
}

function changing(): Procedure[] {
  const changeById = call('iommufd_access_change_ioas_id', [local('access'), local('ioas')], 'ret');
  return [
    procedure('iommufd_access_attach', ['access', 'ioas'], `${file} iommufd_access_attach`, [
      lockAccess,
      act('check', '{access} free?', (c) => {
        const attached = c.ref(c.o('access'), 'ioas') !== null;
        if (attached) c.warn('access attached twice');
        c.put('ret', attached ? '-EINVAL' : 0);
      }),
      when((c) => !isError(c.v('ret')), [changeById]),
      unlockAccess,
      give(local('ret')),
    ]),
    procedure('iommufd_access_replace', ['access', 'ioas'], `${file} iommufd_access_replace`, [
      lockAccess,
      act('check', '{access} attached?', (c) => c.put('ret', c.ref(c.o('access'), 'ioas') === null ? '-ENOENT' : 0)),
      when((c) => !isError(c.v('ret')), [changeById]),
      unlockAccess,
      give(local('ret')),
    ]),
    procedure('iommufd_access_detach', ['access'], `${file} iommufd_access_detach`, [
      lockAccess,
      set('ret', () => 0),
      when(
        (c) => c.ref(c.o('access'), 'ioas') === null,
        [act('check', 'WARN', (c) => c.warn('access detached without attach'))],
        [call('iommufd_access_change_ioas', [local('access'), () => null], 'ret')],
      ),
      unlockAccess,
      give(null),
    ]),
    procedure('iommufd_access_change_ioas_id', ['access', 'ioas'], `${file} iommufd_access_change_ioas_id`, [
      ...refuse('{ioas} is an IOAS?', (c) => (takes(c, c.v('ioas'), c.get(c.o('access'), 'ctx'), ['ioas']) ? 0 : '-ENOENT')),
      call('iommufd_access_change_ioas', [local('access'), local('ioas')], 'ret'),
      give(local('ret')),
    ]),
    // With the access's lock held; it is dropped around the driver's unmap.
    procedure('iommufd_access_change_ioas', ['access', 'new'], `${file} iommufd_access_change_ioas`, [
      act('check', '{access} not being detached?', (c) => {
        const access = c.o('access');
        c.put('old', c.ref(access, 'ioas'));
        // A concurrent detach has cleared one of the two pointers and not yet the other.
        c.put('ret', c.ref(access, 'ioas') === c.ref(access, 'ioas_unpin') ? 0 : '-EBUSY');
        c.put('same', c.ref(access, 'ioas') === c.v('new'));
        if (c.v('ret') === null && c.v('same') !== true) c.set(access, 'ioas', null);
      }),
      when((c) => isError(c.v('ret')) || c.v('same') === true, [give(local('ret'))]),
      when(
        (c) => c.v('new') !== null,
        [
          call('iopt_add_access', [local('new'), local('access')], 'ret'),
          when(failed('ret'), [act('mutate', '{access} stays', (c) => c.set(c.o('access'), 'ioas', c.v('old'))), give(local('ret'))]),
          act('mutate', 'user of {new}', (c) => addUsers(c, c.o('new'), 1)),
        ],
      ),
      when(
        (c) => c.v('old') !== null,
        [
          unlockAccess,
          call('iommufd_test_access_unmap', [local('access'), () => `0-${U64_MAX}`]),
          lockAccess,
          call('iopt_remove_access', [local('old'), local('access')]),
          act('mutate', 'user of {old} gone', (c) => addUsers(c, c.o('old'), -1)),
        ],
      ),
      act('mutate', '{access} on {new}', (c) => {
        c.set(c.o('access'), 'ioas', c.v('new'));
        c.set(c.o('access'), 'ioas_unpin', c.v('new'));
      }),
      give(0),
    ]),
    procedure('iopt_add_access', ['ioas', 'access'], `${source}/io_pagetable.c iopt_add_access`, [
      lockDomains,
      lockIova,
      act('mutate', '{access} uses {ioas}', (c) => {
        const before = c.list(c.o('ioas'), 'accesses');
        c.set(c.o('ioas'), 'accesses', [...before, c.o('access')]);
        c.put('ret', calculateAlignment(c, c.o('ioas')));
        if (isError(c.v('ret'))) c.set(c.o('ioas'), 'accesses', before);
      }),
      unlockIova,
      unlockDomains,
      give(local('ret')),
    ]),
    procedure('iopt_remove_access', ['ioas', 'access'], `${source}/io_pagetable.c iopt_remove_access`, [
      lockDomains,
      lockIova,
      act('mutate', '{access} leaves {ioas}', (c) => {
        const left = c.list(c.o('ioas'), 'accesses').filter((other) => other !== c.o('access'));
        c.set(c.o('ioas'), 'accesses', left);
        calculateAlignment(c, c.o('ioas'));
      }),
      unlockIova,
      unlockDomains,
      give(null),
    ]),
  ];
}

function pages(): Procedure[] {
  const attached = [
    lockAccess,
    set('ioas', (c: Cpu): Value => c.ref(c.o('access'), 'ioas')),
    when((c) => c.v('ioas') === null, [unlockAccess, give('-ENOENT')]),
    lockIova,
  ];
  return [
    procedure('iommufd_access_pin_pages', ['access', 'iova', 'length', 'flags'], `${file} iommufd_access_pin_pages`, [
      ...refuse('driver of {access} can be asked to unpin?', (c) =>
        c.flag(c.o('access'), 'needs_pin_pages') ? refuseRange(c) : '-EINVAL',
      ),
      ...attached,
      fallible(
        'mutate',
        'pin {length} bytes at {iova}',
        'pin',
        (c) => c.o('ioas'),
        ['fails'],
        (c, how) => {
          const range = rangeOf(c);
          const areas = areasOf(c, c.o('ioas'));
          const write = flagSet(c.v('flags'), RW_FLAGS).has('WRITE');
          let wrong: string | 0 = 0;
          let next = range.first;
          for (const area of areas) {
            if (!meets(area, range) || wrong !== 0) continue;
            const [part] = contiguous([area], next, area.last < range.last ? area.last : range.last) ?? [];
            if (part === undefined) break;
            wrong = refusePin(c, part, write, part.last === range.last);
            next = part.last + 1n;
          }
          if (wrong === 0 && how !== null) wrong = '-ENOMEM';
          if (wrong === 0 && next !== range.last + 1n) wrong = '-ENOENT';
          c.put('ret', wrong);
          if (wrong === 0) pin(c, c.o('ioas'), range, 1);
        },
      ),
      unlockIova,
      unlockAccess,
      give(local('ret')),
    ]),
    procedure('iommufd_access_unpin_pages', ['access', 'iova', 'length'], `${file} iommufd_access_unpin_pages`, [
      lockAccess,
      set('ioas', (c) => c.ref(c.o('access'), 'ioas_unpin')),
      when((c) => c.v('ioas') === null, [act('check', 'WARN', (c) => c.warn('unpin without an IOAS')), unlockAccess, give(null)]),
      lockIova,
      act('mutate', 'unpin {length} bytes at {iova}', (c) => pin(c, c.o('ioas'), rangeOf(c), -1)),
      unlockIova,
      unlockAccess,
      give(null),
    ]),
    procedure('iommufd_access_rw', ['access', 'iova', 'length', 'flags', 'uptr'], `${file} iommufd_access_rw`, [
      ...refuse('bytes to copy', refuseRange),
      ...attached,
      act('read', 'copy {length} bytes at {iova}', (c) => {
        const range = rangeOf(c);
        const write = flagSet(c.v('flags'), RW_FLAGS).has('WRITE');
        let wrong: string | 0 = 0;
        let next = range.first;
        for (const area of areasOf(c, c.o('ioas'))) {
          if (!meets(area, range) || wrong !== 0) continue;
          if (area.pending || area.first > next) break;
          if (area.preventAccess) wrong = '-EINVAL';
          else if (write ? !area.write || !area.pagesWritable : !area.read) wrong = '-EPERM';
          const end = area.last < range.last ? area.last : range.last;
          if (wrong === 0 && !reachable(c, area, next, end)) wrong = '-EFAULT';
          next = end + 1n;
        }
        c.put('ret', wrong !== 0 ? wrong : next === range.last + 1n ? 0 : '-ENOENT');
      }),
      unlockIova,
      unlockAccess,
      give(local('ret')),
    ]),
    procedure('iommufd_access_notify_unmap', ['ioas', 'area'], `${file} iommufd_access_notify_unmap`, [
      ...each('access', (c) => c.list(c.o('ioas'), 'accesses'), [
        when((c) => kindOf(c, c.v('access')) !== null, [call('iommufd_test_access_unmap', [local('access'), local('area')])]),
      ]),
      give(null),
    ]),
  ];
}

/** What a driver with an access does: it keeps items of pinned pages, and gives them back when the range is unmapped. */
function testDriver(): Procedure[] {
  const rest = `${source}/selftest.c`;
  const itemRange = (c: Cpu, item: string): Range => ({
    first: u64(c.get(item, 'iova')),
    last: u64(c.get(item, 'iova')) + u64(c.get(item, 'length')) - 1n,
  });
  const without = (c: Cpu, item: string): string[] => c.list(c.o('access'), 'items').filter((other) => other !== item);
  return [
    procedure('iommufd_test_access_unmap', ['access', 'area'], `${rest} iommufd_test_access_unmap`, [
      act('callback', 'items of {access} in {area}', (c) => {
        const area = toRange(String(c.v('area')));
        const gone = c.list(c.o('access'), 'items').filter((item) => meets(itemRange(c, item), area));
        c.put('gone', gone);
        c.set(
          c.o('access'),
          'items',
          c.list(c.o('access'), 'items').filter((item) => !gone.includes(item)),
        );
      }),
      ...each('item', (c) => c.listOf('gone'), [
        call('iommufd_access_unpin_pages', [local('access'), (c) => c.get(c.o('item'), 'iova'), (c) => c.get(c.o('item'), 'length')]),
      ]),
      give(null),
    ]),
    procedure('iommufd_test_create_access', ['ctx', 'ioas', 'flags'], `${rest} iommufd_test_create_access`, [
      when((c) => flagSet(c.v('flags'), ACCESS_FLAGS).unknown, [give('-EOPNOTSUPP')]),
      set('ctx', (c) => c.v('ctx') ?? (kindOf(c, c.v('ioas')) === null ? null : c.get(c.o('ioas'), 'ctx'))),
      when((c) => c.v('ctx') === null, [give('-ENOENT')]),
      call('iommufd_access_create', [local('ctx'), local('flags')], 'access'),
      when(failed('access'), [give(local('access'))]),
      call('iommufd_access_attach', [local('access'), local('ioas')], 'ret'),
      when((c) => !isError(c.v('ret')), [copyOut()]),
      when(failed('ret'), [call('iommufd_access_destroy', [local('access')]), give(local('ret'))]),
      give(local('access')),
    ]),
    procedure('iommufd_test_access_replace_ioas', ['ctx', 'access', 'ioas'], `${rest} iommufd_test_access_replace_ioas`, [
      when((c) => kindOf(c, c.v('access')) !== 'access', [give('-EBADFD')]),
      call('iommufd_access_replace', [local('access'), local('ioas')], 'ret'),
      give(local('ret')),
    ]),
    procedure('iommufd_test_access_pages', ['ctx', 'access', 'iova', 'length', 'flags', 'uptr'], `${rest} iommufd_test_access_pages`, [
      ...refuse('pages of {access}', (c) => {
        if (u64(c.v('length')) > 16n * 1024n * 1024n) return '-ENOMEM';
        if (flagSet(c.v('flags'), RW_FLAGS).unknown) return '-EOPNOTSUPP';
        if (kindOf(c, c.v('access')) !== 'access') return '-EBADFD';
        return c.flag(c.o('access'), 'needs_pin_pages') ? 0 : '-EOPNOTSUPP';
      }),
      call('iommufd_access_pin_pages', [local('access'), local('iova'), local('length'), local('flags')], 'ret'),
      when(failed('ret'), [give(local('ret'))]),
      copyOut(),
      when(failed('ret'), [call('iommufd_access_unpin_pages', [local('access'), local('iova'), local('length')]), give(local('ret'))]),
      act('mutate', 'item of {access}', (c) => {
        const item = newName(c, 'item');
        c.set(item, 'iova', c.v('iova'));
        c.set(item, 'length', c.v('length'));
        c.set(c.o('access'), 'items', [...c.list(c.o('access'), 'items'), item]);
        c.put('item', item);
      }),
      give(local('item')),
    ]),
    procedure('iommufd_test_access_item_destroy', ['ctx', 'access', 'item'], `${rest} iommufd_test_access_item_destroy`, [
      when((c) => kindOf(c, c.v('access')) !== 'access', [give('-EBADFD')]),
      act('mutate', '{item} of {access} given back', (c) => {
        const there = c.list(c.o('access'), 'items').includes(String(c.v('item')));
        c.put('ret', there ? 0 : '-ENOENT');
        if (there) c.set(c.o('access'), 'items', without(c, c.o('item')));
      }),
      when(failed('ret'), [give(local('ret'))]),
      call('iommufd_access_unpin_pages', [local('access'), (c) => c.get(c.o('item'), 'iova'), (c) => c.get(c.o('item'), 'length')]),
      give(0),
    ]),
    procedure('iommufd_test_access_rw', ['ctx', 'access', 'iova', 'length', 'flags', 'uptr'], `${rest} iommufd_test_access_rw`, [
      ...refuse('bytes of {access}', (c) => {
        if (u64(c.v('length')) > 16n * 1024n * 1024n) return '-ENOMEM';
        if (flagSet(c.v('flags'), RW_FLAGS).unknown) return '-EOPNOTSUPP';
        if (kindOf(c, c.v('access')) !== 'access') return '-EBADFD';
        const write = flagSet(c.v('flags'), RW_FLAGS).has('WRITE');
        return write && !backed(c, u64(c.v('uptr')), u64(c.v('length'))) ? '-EFAULT' : 0;
      }),
      call('iommufd_access_rw', [local('access'), local('iova'), local('length'), local('flags')], 'ret'),
      when(failed('ret'), [give(local('ret'))]),
      give((c) => (backed(c, u64(c.v('uptr')), u64(c.v('length'))) ? 0 : '-EFAULT')),
    ]),
  ];
}
