// Memory of user processes: where there is some, and how often its pages are pinned.
// [612: drivers/iommu/iommufd/pages.c; the tests' look at the counts: selftest.c iommufd_test_md_check_refs]

import type { Cpu } from '../../machine/cpu.ts';
import type { Procedure } from '../../machine/code.ts';
import { act, give, procedure } from '../../machine/code.ts';
import type { Value } from '../../machine/names.ts';
import { newName } from '../terms.ts';
import { BAD_POINTER, HUGEPAGE_SIZE, PAGE_SIZE, U64_MAX, asValue, u64 } from './constants.ts';
import type { Area, Range } from './iopt.ts';
import { areasOf, holesIn, meets, toRange } from './iopt.ts';
import { kindOf, source } from './objects.ts';

/** Addresses that never have memory: the page at NULL, and what BAD_POINTER names. */
const NEVER: readonly Range[] = [
  { first: 0n, last: PAGE_SIZE - 1n },
  { first: BAD_POINTER, last: BAD_POINTER + HUGEPAGE_SIZE - 1n },
];
const unmapped = (c: Cpu): Range[] => c.list('world', 'unmapped_memory').map(toRange);

/** Whether user memory stands behind all bytes from an address on. */
export function backed(c: Cpu, uptr: bigint, length = 1n): boolean {
  const range = { first: uptr, last: uptr + (length === 0n ? 0n : length - 1n) };
  return range.last <= U64_MAX && ![...NEVER, ...unmapped(c)].some((hole) => meets(hole, range));
}

/** struct iopt_pages: the user memory that areas share, of the process that made the first of them. */
export function makePages(c: Cpu, mm: Value): string {
  const pages = newName(c, 'pages');
  c.set(pages, 'source_mm', mm);
  return pages;
}

/** The IO address spaces of all contexts. */
const spaces = (c: Cpu): string[] =>
  c.list('world', 'users').flatMap((user) => c.list(user, 'objects').filter((one) => kindOf(c, one) === 'ioas'));

/** Whether pages can be pinned: the process is there, and its memory, or a domain has them pinned already. */
export function present(c: Cpu, pages: string, uptr: bigint, length: bigint): boolean {
  const mm = c.ref(pages, 'source_mm');
  if ((mm === null || !c.flag(mm, 'exited')) && backed(c, uptr, length)) return true;
  return spaces(c).some(
    (ioas) => c.list(ioas, 'hwpts').length > 0 && areasOf(c, ioas).some((area) => !area.pending && area.pages === pages),
  );
}

/** Whether a part of an area holds the page of a user address pinned: for the domains of its IOAS, or for an access. */
function holds(c: Cpu, ioas: string, area: Area, page: bigint): boolean {
  const bytes = area.last - area.first + 1n;
  if (area.pending || page + PAGE_SIZE <= area.uptr || page >= area.uptr + bytes) return false;
  if (c.list(ioas, 'hwpts').length > 0) return true;
  const iova = area.first + (page > area.uptr ? page - area.uptr : 0n);
  const items = c.list(ioas, 'accesses').flatMap((access) => c.list(access, 'items'));
  const ranges = items.map((item) => {
    const first = u64(c.get(item, 'iova'));
    return { first, last: first + u64(c.get(item, 'length')) - 1n };
  });
  return ranges.some((range) => meets(range, area) && range.first <= iova + PAGE_SIZE - 1n && iova <= range.last);
}

/** How many users of a context's memory pin a page; areas that share their pages pin it once. */
function pinsOf(c: Cpu, page: bigint): number {
  const holders = new Set<string>();
  for (const ioas of spaces(c)) for (const area of areasOf(c, ioas)) if (holds(c, ioas, area, page)) holders.add(area.pages);
  return holders.size;
}

export function userMemoryCalls(): Procedure[] {
  return [
    procedure('munmap', ['uptr', 'length'], 'memory of a user process goes', [
      act('mutate', 'memory at {uptr} goes', (c) => {
        const [first, length] = [u64(c.v('uptr')), u64(c.v('length'))];
        c.put('ret', first % PAGE_SIZE !== 0n || length === 0n ? '-EINVAL' : 0);
        const gone = `${first}-${first + length - 1n}`;
        if (c.v('ret') === null) c.set('world', 'unmapped_memory', [...c.list('world', 'unmapped_memory'), gone]);
      }),
      give((c) => c.v('ret')),
    ]),
    procedure('mmap', ['uptr', 'length'], 'memory of a user process comes', [
      act('mutate', 'memory at {uptr}', (c) => {
        const [first, length] = [u64(c.v('uptr')), u64(c.v('length'))];
        c.put('ret', first % PAGE_SIZE !== 0n || length === 0n ? '-EINVAL' : 0);
        if (c.v('ret') !== null) return;
        const come = { first, last: first + length - 1n };
        const left = unmapped(c).flatMap((hole) => holesIn(hole, [come]));
        c.set(
          'world',
          'unmapped_memory',
          left.map((hole) => `${hole.first}-${hole.last}`),
        );
      }),
      give((c) => (c.v('ret') === null ? asValue(u64(c.v('uptr'))) : c.v('ret'))),
    ]),
    procedure('iommufd_test_md_check_refs', ['ctx', 'length', 'uptr', 'refs'], `${source}/selftest.c iommufd_test_md_check_refs`, [
      act('read', 'pins of the memory at {uptr}', (c) => {
        const [length, uptr, refs] = [u64(c.v('length')), u64(c.v('uptr')), Number(u64(c.v('refs')))];
        const misfit = length % PAGE_SIZE !== 0n || uptr % PAGE_SIZE !== 0n || uptr + length > U64_MAX;
        let wrong: string | 0 = misfit ? '-EINVAL' : 0;
        for (let page = uptr; wrong === 0 && page < uptr + length && page < uptr + MAX_LOOKED_AT; page += PAGE_SIZE) {
          if (!backed(c, page, PAGE_SIZE)) wrong = '-EFAULT';
          else if (pinsOf(c, page) !== refs) wrong = '-EIO';
        }
        c.put('ret', wrong);
      }),
      give((c) => c.v('ret')),
    ]),
  ];
}

/** Pages of memory that lies further from the start are not looked at. */
const MAX_LOOKED_AT = HUGEPAGE_SIZE * 64n;
