// IO address spaces of v6.12: made, mapped, unmapped, copied.
// [612: drivers/iommu/iommufd/ioas.c, io_pagetable.c, pages.c]

import type { Cpu } from '../../machine/cpu.ts';
import type { Procedure, Statement } from '../../machine/code.ts';
import { act, call, give, loop, procedure, set, when } from '../../machine/code.ts';
import { failed, fallible, isError, local } from '../terms.ts';
import { MAP_FLAGS, PAGE_SIZE, U64_MAX, asValue, flagSet, u64 } from './constants.ts';
import { needIoas, refuse } from './checks.ts';
import type { Area } from './iopt.ts';
import { alignmentOf, allocIova, areasOf, checkIova, contiguous, meets, putAreas } from './iopt.ts';
import { makePages, present } from './userMemory.ts';
import { allocObject, copyOut, eraseObject, lockDomains, lockIova, makeObject, source, unlockDomains, unlockIova } from './objects.ts';

/** A slice of pages to map: user address, length, whether the pages may be written. */
interface Slice {
  readonly uptr: bigint;
  readonly length: bigint;
  readonly writable: boolean;
  readonly pages: string;
}
const encodeSlice = (slice: Slice): string => `${slice.uptr} ${slice.length} ${slice.writable ? 'w' : 'r'} ${slice.pages}`;
const slicesOf = (c: Cpu): Slice[] =>
  c.listOf('slices').map((text) => {
    const [uptr = '0', length = '0', mode, pages = ''] = text.split(' ');
    return { uptr: u64(uptr), length: u64(length), writable: mode === 'w', pages };
  });

/** iopt_alloc_area_pages(), with iova_rwsem held: reserves the addresses with areas that have no pages yet. */
function reserveAreas(c: Cpu): string | 0 {
  const ioas = c.o('ioas');
  const slices = slicesOf(c);
  const length = u64(c.v('length'));
  const flags = flagSet(c.v('flags'), MAP_FLAGS);
  const mask = alignmentOf(c, ioas) - 1n;
  if (length === 0n || (length & mask) !== 0n) return '-EINVAL';
  let iova = u64(c.v('iova'));
  if (flags.has('FIXED_IOVA')) {
    const wrong = checkIova(c, ioas, iova, length);
    if (wrong !== 0) return wrong;
  } else {
    const found = allocIova(c, ioas, slices[0]?.uptr ?? 0n, length);
    if (typeof found === 'string') return found;
    iova = found;
  }
  c.put('iova', asValue(iova));
  const added: Area[] = [];
  for (const slice of slices) {
    if (flags.has('WRITEABLE') && !slice.writable) return '-EPERM';
    if (((slice.uptr % PAGE_SIZE) & mask) !== 0n) return '-EINVAL';
    added.push({
      first: iova,
      last: iova + slice.length - 1n,
      read: flags.has('READABLE'),
      write: flags.has('WRITEABLE'),
      pagesWritable: slice.writable,
      uptr: slice.uptr,
      accesses: 0,
      pending: true,
      preventAccess: false,
      pages: slice.pages,
    });
    iova += slice.length;
  }
  putAreas(c, ioas, [...areasOf(c, ioas), ...added]);
  return 0;
}

/** The areas that this call reserved. */
const mine = (c: Cpu): { readonly first: bigint; readonly last: bigint } => {
  const first = u64(c.v('iova'));
  return { first, last: first + u64(c.v('length')) - 1n };
};

function mapPages(): Procedure {
  return procedure('iopt_map_pages', ['ioas', 'slices', 'length', 'iova', 'flags'], `${source}/io_pagetable.c iopt_map_pages`, [
    lockIova,
    act('mutate', 'addresses for {length} bytes in {ioas}', (c) => c.put('ret', reserveAreas(c))),
    unlockIova,
    when(failed('ret'), [give(local('ret'))]),
    lockDomains,
    fallible(
      'callback',
      'pin and map the pages of {ioas}',
      'fill',
      (c) => c.o('ioas'),
      ['fails'],
      (c, how) => {
        const pinned = c.list(c.o('ioas'), 'hwpts').length > 0;
        const missing = pinned && slicesOf(c).some((slice) => !present(c, slice.pages, slice.uptr, slice.length));
        c.put('ret', how !== null ? '-ENOMEM' : missing ? '-EFAULT' : 0);
      },
    ),
    when(failed('ret'), [
      unlockDomains,
      lockIova,
      act('mutate', 'addresses given back', (c) =>
        putAreas(
          c,
          c.o('ioas'),
          areasOf(c, c.o('ioas')).filter((area) => !(area.pending && meets(area, mine(c)))),
        ),
      ),
      unlockIova,
      give(local('ret')),
    ]),
    lockIova,
    act('mutate', 'areas of {ioas} complete', (c) =>
      putAreas(
        c,
        c.o('ioas'),
        areasOf(c, c.o('ioas')).map((area) => (meets(area, mine(c)) ? { ...area, pending: false } : area)),
      ),
    ),
    unlockIova,
    unlockDomains,
    give(local('iova')),
  ]);
}

/** The tests of flags and lengths that map and copy share. */
function refuseMap(c: Cpu, addresses: readonly string[]): string | 0 {
  const flags = flagSet(c.v('flags'), MAP_FLAGS);
  if (flags.unknown || u64(c.v('__reserved')) !== 0n) return '-EOPNOTSUPP';
  if (addresses.some((name) => u64(c.v(name)) >= U64_MAX)) return '-EOVERFLOW';
  return flags.has('WRITEABLE') || flags.has('READABLE') ? 0 : '-EINVAL';
}

/** The address that was chosen, where the caller did not fix it; else 0. */
const chosen: Statement = give((c) => (flagSet(c.v('flags'), MAP_FLAGS).has('FIXED_IOVA') ? 0 : c.v('at')));

function unmapRange(): Procedure {
  return procedure('iopt_unmap_iova_range', ['ioas', 'first', 'last'], `${source}/io_pagetable.c iopt_unmap_iova_range`, [
    set('bytes', () => 0),
    set('tries', () => 0),
    set('again', () => true),
    loop(
      (c) => c.v('again') === true,
      [
        lockDomains,
        lockIova,
        act('mutate', 'first area of {ioas} from {first}', (c) => {
          const ioas = c.o('ioas');
          const range = { first: u64(c.v('first')), last: u64(c.v('last')) };
          const areas = areasOf(c, ioas);
          const area = areas.find((one) => meets(one, range));
          c.put('notify', false);
          c.put('again', false);
          c.put('ret', 0);
          if (area === undefined) return;
          if (area.pending) c.put('ret', '-EBUSY');
          else if (area.first < range.first || area.last > range.last) c.put('ret', '-ENOENT');
          else if (area.accesses > 0) {
            c.put('first', asValue(area.first));
            c.put('area', `${area.first}-${area.last}`);
            c.put('notify', true);
            putAreas(
              c,
              ioas,
              areas.map((one) => (one === area ? { ...one, preventAccess: true } : one)),
            );
          } else {
            putAreas(
              c,
              ioas,
              areas.filter((one) => one !== area),
            );
            c.put('tries', 0);
            c.put('bytes', asValue(u64(c.v('bytes')) + (area.last - area.first + 1n)));
            c.put('again', area.last < range.last);
            if (area.last < range.last) c.put('first', asValue(area.last + 1n));
          }
        }),
        unlockIova,
        unlockDomains,
        when(
          (c) => c.v('notify') === true,
          [
            call('iommufd_access_notify_unmap', [local('ioas'), local('area')]),
            set('tries', (c) => c.number('tries') + 1),
            when(
              (c) => c.number('tries') > 100,
              [act('check', 'WARN', (c) => c.warn('an access does not answer to unmap')), set('ret', () => '-EDEADLK')],
              [set('again', () => true)],
            ),
          ],
        ),
      ],
    ),
    give((c) => (isError(c.v('ret')) ? c.v('ret') : c.v('bytes'))),
  ]);
}

/** Tells how many bytes an unmap took, as the out field of its command. */
export const tellUnmapped: Statement = act('mutate', 'bytes unmapped of {ioas}', (c) => c.set(c.o('ioas'), 'unmapped', c.v('ret')));

export function mappingCalls(): Procedure[] {
  const file = `${source}/ioas.c`;
  return [
    mapPages(),
    unmapRange(),
    procedure('iommufd_ioas_alloc_ioctl', ['ctx', 'flags'], `${file} iommufd_ioas_alloc_ioctl`, [
      ...refuse('flags of the allocation', (c) => (u64(c.v('flags')) === 0n && typeof c.v('flags') !== 'string' ? 0 : '-EOPNOTSUPP')),
      allocObject('new IO address space of {ctx}', (c) => c.put('ioas', makeObject(c, 'ioas', c.v('ctx')))),
      when(failed('ret'), [give(local('ret'))]),
      copyOut(),
      when(failed('ret'), [act('free', '{ioas} aborted', (c) => eraseObject(c, c.o('ioas'))), give(local('ret'))]),
      give(local('ioas')),
    ]),
    procedure('iommufd_ioas_map', ['ctx', 'flags', 'ioas', '__reserved', 'user_va', 'length', 'iova', 'mm'], `${file} iommufd_ioas_map`, [
      ...refuse('flags and lengths', (c) => refuseMap(c, ['iova', 'length'])),
      ...needIoas(),
      call('iopt_map_user_pages', [local('ioas'), local('user_va'), local('length'), local('iova'), local('flags'), local('mm')], 'at'),
      when(failed('at'), [give(local('at'))]),
      // A bad pointer here leaves the mapping in place.
      copyOut(),
      when(failed('ret'), [give(local('ret'))]),
      chosen,
    ]),
    procedure('iopt_map_user_pages', ['ioas', 'user_va', 'length', 'iova', 'flags', 'mm'], `${source}/io_pagetable.c iopt_map_user_pages`, [
      ...refuse('iopt_alloc_pages: {length} bytes at {user_va}', (c) => {
        const length = u64(c.v('length'));
        if (length === 0n || length > U64_MAX - PAGE_SIZE) return '-EINVAL';
        return u64(c.v('user_va')) + length > U64_MAX ? '-EOVERFLOW' : 0;
      }),
      set('slices', (c) => [
        encodeSlice({
          uptr: u64(c.v('user_va')),
          length: u64(c.v('length')),
          writable: flagSet(c.v('flags'), MAP_FLAGS).has('WRITEABLE'),
          pages: makePages(c, c.v('mm')),
        }),
      ]),
      call('iopt_map_pages', [local('ioas'), local('slices'), local('length'), local('iova'), local('flags')], 'ret'),
      give(local('ret')),
    ]),
    procedure(
      'iommufd_ioas_copy',
      ['ctx', 'flags', 'dst_ioas', 'src_ioas', 'length', 'dst_iova', 'src_iova'],
      `${file} iommufd_ioas_copy`,
      [
        ...refuse('flags and lengths', (c) => refuseMap(c, ['length', 'src_iova', 'dst_iova'])),
        ...needIoas('src_ioas'),
        set('ioas', local('src_ioas')),
        ...refuse('range to copy', (c) => {
          const length = u64(c.v('length'));
          if (length === 0n) return '-EINVAL';
          return u64(c.v('src_iova')) + length - 1n > U64_MAX ? '-EOVERFLOW' : 0;
        }),
        lockIova,
        act('check', 'pages of {src_ioas} at {src_iova}', (c) => {
          const first = u64(c.v('src_iova'));
          const parts = contiguous(areasOf(c, c.o('src_ioas')), first, first + u64(c.v('length')) - 1n);
          c.put('ret', parts === null ? '-ENOENT' : 0);
          c.put(
            'slices',
            (parts ?? []).map((area) =>
              encodeSlice({ uptr: area.uptr, length: area.last - area.first + 1n, writable: area.pagesWritable, pages: area.pages }),
            ),
          );
        }),
        unlockIova,
        when(failed('ret'), [give(local('ret'))]),
        ...needIoas('dst_ioas'),
        call('iopt_map_pages', [local('dst_ioas'), local('slices'), local('length'), local('dst_iova'), local('flags')], 'at'),
        when(failed('at'), [give(local('at'))]),
        copyOut(),
        when(failed('ret'), [give(local('ret'))]),
        chosen,
      ],
    ),
    procedure('iommufd_ioas_unmap', ['ctx', 'ioas', 'iova', 'length'], `${file} iommufd_ioas_unmap`, [
      ...needIoas(),
      when(
        (c) => u64(c.v('iova')) === 0n && u64(c.v('length')) === U64_MAX,
        [call('iopt_unmap_iova_range', [local('ioas'), () => 0, () => asValue(U64_MAX)], 'ret'), when(failed('ret'), [give(local('ret'))])],
        [
          ...refuse('range to unmap', (c) => (u64(c.v('iova')) >= U64_MAX || u64(c.v('length')) >= U64_MAX ? '-EOVERFLOW' : 0)),
          call('iopt_unmap_iova', [local('ioas'), local('iova'), local('length')], 'ret'),
          when(failed('ret'), [give(local('ret'))]),
          when((c) => u64(c.v('ret')) === 0n, [give('-ENOENT')]),
        ],
      ),
      tellUnmapped,
      copyOut(),
      give(local('ret')),
    ]),
    procedure('iopt_unmap_iova', ['ioas', 'iova', 'length'], `${source}/io_pagetable.c iopt_unmap_iova`, [
      ...refuse('range to unmap', (c) => {
        if (u64(c.v('length')) === 0n) return '-EINVAL';
        return u64(c.v('iova')) + u64(c.v('length')) - 1n > U64_MAX ? '-EOVERFLOW' : 0;
      }),
      call('iopt_unmap_iova_range', [local('ioas'), local('iova'), (c) => asValue(u64(c.v('iova')) + u64(c.v('length')) - 1n)], 'ret'),
      give(local('ret')),
    ]),
  ];
}
