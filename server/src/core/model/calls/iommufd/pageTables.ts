// Hardware page tables of v6.12: paging and nested ones, invalidation, dirty tracking.
// [612: drivers/iommu/iommufd/hw_pagetable.c, io_pagetable.c; what the driver answers: selftest.c]

import type { Cpu } from '../../machine/cpu.ts';
import type { Procedure, Statement } from '../../machine/code.ts';
import { act, call, give, procedure, set, when } from '../../machine/code.ts';
import type { Value } from '../../machine/names.ts';
import { failed, fallible, isError, local } from '../terms.ts';
import {
  BITMAP_FLAGS,
  DIRTY_FLAGS,
  HWPT_FLAGS,
  INVALIDATE_FLAGS,
  MOCK_APERTURE_LAST,
  MOCK_APERTURE_START,
  MOCK_PAGE_SIZE,
} from './constants.ts';
import { PAGE_SIZE, U64_MAX, flagSet, isKind, u64 } from './constants.ts';
import { addDomain, alignmentOf, areasOf, prepareDomain, unreserve } from './iopt.ts';
import { refuse } from './checks.ts';
import { backed, present } from './userMemory.ts';
import { addUsers, allocObject, copyOut, kindOf, lockDomains, lockIoas, lockIova, makeObject } from './objects.ts';
import { names, takes, source, unlockDomains, unlockIoas, unlockIova } from './objects.ts';

const file = `${source}/hw_pagetable.c`;

/** Translation geometry of the IOMMU of a device. */
function geometry(c: Cpu, dev: string): { aperture: string; pgsize: number } {
  const mock = c.peek(dev, 'bus') === 'mock';
  const aperture = c.peek(dev, 'aperture');
  const pgsize = c.peek(dev, 'pgsize');
  return {
    aperture: typeof aperture === 'string' ? aperture : mock ? `${MOCK_APERTURE_START}-${MOCK_APERTURE_LAST}` : `0-${U64_MAX}`,
    pgsize: typeof pgsize === 'number' ? pgsize : Number(mock ? MOCK_PAGE_SIZE : PAGE_SIZE),
  };
}

/** Undoes a page table that was not published: the caller holds the IOAS's mutex. */
const abortPaging: Statement[] = [call('iommufd_object_abort_and_destroy', [local('hwpt')])];

/** Size of what the driver of this IOMMU reads for a nested page table: one 32-bit word. */
const NESTED_DATA = 4n;
const IOTLB_ENTRIES = 4;

/** domain_alloc_user() of a driver for a nested domain: 0 or its error. */
function nestedData(c: Cpu): string | 0 {
  if (!isKind(c.v('data_type'), 'SELFTEST', 0xdead)) return '-EOPNOTSUPP';
  if (u64(c.v('data_len')) !== NESTED_DATA) return '-EINVAL';
  return backed(c, u64(c.v('data_uptr')), NESTED_DATA) ? 0 : '-EFAULT';
}

function pagingAlloc(): Procedure {
  return procedure(
    'iommufd_hwpt_paging_alloc',
    ['ioas', 'idev', 'flags', 'immediate_attach', 'data_len'],
    `${file} iommufd_hwpt_paging_alloc`,
    [
      set('dev', (c) => c.ref(c.o('idev'), 'dev')),
      ...refuse('{dev} can have such a page table?', (c) => {
        const flags = flagSet(c.v('flags'), HWPT_FLAGS);
        const user = c.peek(c.o('dev'), 'no_domain_alloc_user') !== true;
        const wants = flags.unknown || u64(c.v('data_len')) !== 0n || ['NEST_PARENT', 'DIRTY_TRACKING', 'FAULT_ID_VALID'].some(flags.has);
        if (wants && !user) return '-EOPNOTSUPP';
        if (flags.unknown || flags.has('FAULT_ID_VALID')) return '-EOPNOTSUPP';
        if (flags.has('DIRTY_TRACKING') && c.peek(c.o('dev'), 'no_dirty') === true) return '-EOPNOTSUPP';
        if (flags.has('NEST_PARENT') && c.peek(c.o('dev'), 'no_nesting') === true) return '-EOPNOTSUPP';
        return 0;
      }),
      allocObject('page table on {ioas}', (c) => {
        const hwpt = makeObject(c, 'hwpt', c.get(c.o('ioas'), 'ctx'));
        const { aperture, pgsize } = geometry(c, c.o('dev'));
        const flags = flagSet(c.v('flags'), HWPT_FLAGS);
        c.set(hwpt, 'ioas', c.v('ioas'));
        c.set(hwpt, 'nest_parent', flags.has('NEST_PARENT'));
        c.set(hwpt, 'aperture', aperture);
        c.set(hwpt, 'pgsize', pgsize);
        addUsers(c, c.o('ioas'), 1);
        c.put('hwpt', hwpt);
      }),
      when(failed('ret'), [give(local('ret'))]),
      // The driver refuses data of the user for a domain of its own.
      when((c) => u64(c.v('data_len')) !== 0n, [...abortPaging, give('-EOPNOTSUPP')]),
      call('domain_alloc', [() => 'UNMANAGED'], 'domain'),
      when((c) => c.v('domain') === null, [...abortPaging, give('-ENOMEM')]),
      act('mutate', '{hwpt} has {domain}', (c) => {
        c.set(c.o('hwpt'), 'domain', c.v('domain'));
        c.set(c.o('domain'), 'dirty_ops', flagSet(c.v('flags'), HWPT_FLAGS).has('DIRTY_TRACKING'));
      }),
      when(
        (c) => c.v('immediate_attach') === true,
        [
          call('iommufd_hw_pagetable_attach', [local('hwpt'), local('idev')], 'ret'),
          when(failed('ret'), [...abortPaging, give(local('ret'))]),
        ],
      ),
      call('iopt_table_add_domain', [local('ioas'), local('hwpt')], 'ret'),
      when(failed('ret'), [
        when((c) => c.v('immediate_attach') === true, [call('iommufd_hw_pagetable_detach', [local('idev')])]),
        ...abortPaging,
        give(local('ret')),
      ]),
      give(local('hwpt')),
    ],
  );
}

function nestedAlloc(): Procedure {
  return procedure(
    'iommufd_hwpt_nested_alloc',
    ['parent', 'idev', 'flags', 'data_type', 'data_len', 'data_uptr'],
    `${file} iommufd_hwpt_nested_alloc`,
    [
      set('dev', (c) => c.ref(c.o('idev'), 'dev')),
      ...refuse('{parent} can be a parent?', (c) => {
        const flags = flagSet(c.v('flags'), HWPT_FLAGS);
        const other = flags.unknown || flags.has('NEST_PARENT') || flags.has('DIRTY_TRACKING');
        if (other || u64(c.v('data_len')) === 0n || c.peek(c.o('dev'), 'no_domain_alloc_user') === true) return '-EOPNOTSUPP';
        return c.flag(c.o('parent'), 'auto_domain') || !c.flag(c.o('parent'), 'nest_parent') ? '-EINVAL' : 0;
      }),
      allocObject('nested page table on {parent}', (c) => {
        const hwpt = makeObject(c, 'hwpt_nested', c.get(c.o('parent'), 'ctx'));
        c.set(hwpt, 'parent', c.v('parent'));
        addUsers(c, c.o('parent'), 1);
        c.put('hwpt', hwpt);
        c.put('ret', nestedData(c));
      }),
      when((c) => isError(c.v('ret')) && c.v('hwpt') !== null, [...abortPaging]),
      when(failed('ret'), [give(local('ret'))]),
      call('domain_alloc', [() => 'NESTED'], 'domain'),
      when((c) => c.v('domain') === null, [...abortPaging, give('-ENOMEM')]),
      act('mutate', '{hwpt} has {domain}', (c) => {
        c.set(c.o('hwpt'), 'domain', c.v('domain'));
        c.set(
          c.o('domain'),
          'iotlb',
          Array.from({ length: IOTLB_ENTRIES }, () => 'IOMMU_TEST_IOTLB_DEFAULT'),
        );
      }),
      give(local('hwpt')),
    ],
  );
}

function alloc(): Procedure {
  return procedure(
    'iommufd_hwpt_alloc',
    ['ctx', 'flags', 'idev', 'pt', '__reserved', 'data_type', 'data_len', 'data_uptr', 'fault'],
    `${file} iommufd_hwpt_alloc`,
    [
      ...refuse('{idev} and {pt} are there?', (c) => {
        const none = c.v('data_type') === null || c.v('data_type') === 'NONE';
        if (u64(c.v('__reserved')) !== 0n) return '-EOPNOTSUPP';
        if (none !== (u64(c.v('data_len')) === 0n)) return '-EINVAL';
        if (!takes(c, c.v('idev'), c.v('ctx'), ['idev'])) return '-ENOENT';
        return takes(c, c.v('pt'), c.get(c.o('idev'), 'ctx'), ['ioas', 'hwpt']) ? 0 : '-EINVAL';
      }),
      set('kind', (c) => kindOf(c, c.v('pt'))),
      when(
        (c) => c.v('kind') === 'ioas',
        [
          set('ioas', local('pt')),
          lockIoas,
          call('iommufd_hwpt_paging_alloc', [local('ioas'), local('idev'), local('flags'), () => false, local('data_len')], 'ret'),
        ],
        [
          call(
            'iommufd_hwpt_nested_alloc',
            [local('pt'), local('idev'), local('flags'), local('data_type'), local('data_len'), local('data_uptr')],
            'ret',
          ),
        ],
      ),
      set('hwpt', local('ret')),
      when(
        (c) => !isError(c.v('ret')) && flagSet(c.v('flags'), HWPT_FLAGS).has('FAULT_ID_VALID'),
        [
          act('mutate', 'fault queue of {hwpt}', (c) => {
            const there = names(c, c.v('fault'), c.get(c.o('hwpt'), 'ctx'), ['fault']);
            c.put('ret', there ? 0 : '-ENOENT');
            if (!there) return;
            c.set(c.o('hwpt'), 'fault', c.v('fault'));
            addUsers(c, c.o('fault'), 1);
          }),
        ],
      ),
      when((c) => !isError(c.v('ret')), [copyOut()]),
      when((c) => isError(c.v('ret')) && !isError(c.v('hwpt')), [...abortPaging]),
      when((c) => c.v('kind') === 'ioas', [unlockIoas]),
      when(failed('ret'), [give(local('ret'))]),
      give(local('hwpt')),
    ],
  );
}

function addTheDomain(): Procedure {
  return procedure('iopt_table_add_domain', ['ioas', 'hwpt'], `${source}/io_pagetable.c iopt_table_add_domain`, [
    lockDomains,
    lockIova,
    act('mutate', 'addresses of {ioas} fit {hwpt}?', (c) => c.put('ret', prepareDomain(c, c.o('ioas'), c.o('hwpt')))),
    when(failed('ret'), [unlockIova, unlockDomains, give(local('ret'))]),
    fallible(
      'callback',
      'pin and map all areas of {ioas}',
      'fill',
      (c) => c.o('ioas'),
      ['fails'],
      (c, how) => {
        const ioas = c.o('ioas');
        const missing = areasOf(c, ioas).some((area) => !area.pending && !present(c, area.pages, area.uptr, area.last - area.first + 1n));
        c.put('ret', how !== null ? '-ENOMEM' : missing ? '-EFAULT' : 0);
        if (isError(c.v('ret'))) unreserve(c, ioas, c.o('hwpt'));
        else addDomain(c, ioas, c.o('hwpt'));
      },
    ),
    unlockIova,
    unlockDomains,
    give(local('ret')),
  ]);
}

/** One entry of an invalidation, `flags:iotlb_id`: 0, or why the driver stops there. */
function invalidate(c: Cpu, domain: string, entry: string): string | 0 {
  const [flags = '0', id = '0'] = entry.split(':');
  const set = flagSet(/^\d+$/.test(flags) ? Number(flags) : flags, INVALIDATE_FLAGS);
  if (set.unknown) return '-EOPNOTSUPP';
  if (Number(id) >= IOTLB_ENTRIES) return '-EINVAL';
  const all = set.has('ALL');
  c.set(
    domain,
    'iotlb',
    c.list(domain, 'iotlb').map((value, at) => (all || at === Number(id) ? '0' : value)),
  );
  return 0;
}

/** Bytes of one entry: flags and id. */
const ENTRY = 8n;

function invalidation(): Procedure[] {
  return [
    procedure(
      'iommufd_hwpt_invalidate',
      ['ctx', 'hwpt', 'data_type', 'entry_len', 'entry_num', 'data_uptr', '__reserved', 'entries'],
      `${file} iommufd_hwpt_invalidate`,
      [
        ...refuse('entries for {hwpt}', (c) => {
          const length = u64(c.v('entry_len'));
          if (u64(c.v('__reserved')) !== 0n) return '-EOPNOTSUPP';
          const bad = u64(c.v('data_uptr')) === 0n || length === 0n || length > PAGE_SIZE || u64(c.v('entry_num')) > 1n << 19n;
          if (u64(c.v('entry_num')) !== 0n && bad) return '-EINVAL';
          return takes(c, c.v('hwpt'), c.v('ctx'), ['hwpt_nested']) ? 0 : '-ENOENT';
        }),
        act('callback', 'invalidate entries of {hwpt}', (c) => {
          const domain = String(c.get(c.o('hwpt'), 'domain'));
          const entries = c.listOf('entries');
          const wanted = Number(u64(c.v('entry_num')));
          let done = 0;
          let wrong: string | 0 = isKind(c.v('data_type'), 'SELFTEST', 0xdeadbeef) ? 0 : '-EINVAL';
          while (wrong === 0 && done < wanted) {
            const length = u64(c.v('entry_len'));
            if (length !== ENTRY) wrong = '-EINVAL';
            else if (!backed(c, u64(c.v('data_uptr')), ENTRY * BigInt(wanted))) wrong = '-EFAULT';
            else wrong = invalidate(c, domain, entries[done] ?? '0:0');
            if (wrong === 0) done++;
          }
          c.set(c.o('hwpt'), 'entry_num', done);
          c.put('ret', wrong);
        }),
        set('result', local('ret')),
        copyOut(),
        give((c) => (isError(c.v('ret')) ? c.v('ret') : c.v('result'))),
      ],
    ),
    procedure('iommufd_test_md_check_iotlb', ['ctx', 'hwpt', 'iotlb_id', 'iotlb'], `${source}/selftest.c iommufd_test_md_check_iotlb`, [
      ...refuse('{hwpt} is nested?', (c) => (takes(c, c.v('hwpt'), c.v('ctx'), ['hwpt_nested']) ? 0 : '-ENOENT')),
      act('read', 'entry {iotlb_id} of {hwpt}', (c) => {
        const entries = c.list(String(c.get(c.o('hwpt'), 'domain')), 'iotlb');
        const wanted = u64(c.v('iotlb')) === 0n ? '0' : 'IOMMU_TEST_IOTLB_DEFAULT';
        c.put('ret', entries[c.number('iotlb_id')] === wanted ? 0 : '-EINVAL');
      }),
      give(local('ret')),
    ]),
  ];
}

/** iommufd_check_iova_range(). */
function bitmapRange(c: Cpu, ioas: string): string | 0 {
  const iova = u64(c.v('iova'));
  const length = u64(c.v('length'));
  const pageSize = u64(c.v('page_size'));
  if (length === 0n) return '-EINVAL';
  if (iova + length - 1n > U64_MAX) return '-EOVERFLOW';
  const mask = alignmentOf(c, ioas) - 1n;
  if (((iova | (iova + length)) & mask) !== 0n || pageSize === 0n) return '-EINVAL';
  return ((iova | (iova + length)) & (pageSize - 1n)) === 0n ? 0 : '-EINVAL';
}

function dirtyTracking(): Procedure[] {
  const needPaging = (flags: (c: Cpu) => boolean): Statement[] => [
    ...refuse('{hwpt} is a paging page table?', (c) => {
      if (flags(c)) return '-EOPNOTSUPP';
      return takes(c, c.v('hwpt'), c.v('ctx'), ['hwpt']) ? 0 : '-ENOENT';
    }),
    set('ioas', (c) => c.ref(c.o('hwpt'), 'ioas')),
    set('domain', (c) => c.ref(c.o('hwpt'), 'domain')),
  ];
  const enabled = (c: Cpu): boolean => c.v('flags') === true || flagSet(c.v('flags') as Value, DIRTY_FLAGS).has('ENABLE');
  return [
    procedure('iommufd_hwpt_set_dirty_tracking', ['ctx', 'hwpt', 'flags', '__reserved'], `${file} iommufd_hwpt_set_dirty_tracking`, [
      ...needPaging((c) => c.v('flags') !== true && flagSet(c.v('flags'), DIRTY_FLAGS).unknown),
      ...refuse('{domain} tracks?', (c) => (c.flag(c.o('domain'), 'dirty_ops') ? 0 : '-EOPNOTSUPP')),
      lockIova,
      act('callback', 'dirty tracking of {domain}', (c) => c.set(c.o('domain'), 'dirty_track', enabled(c))),
      unlockIova,
      give(0),
    ]),
    procedure(
      'iommufd_hwpt_get_dirty_bitmap',
      ['ctx', 'hwpt', 'flags', '__reserved', 'iova', 'length', 'page_size', 'data'],
      `${file} iommufd_hwpt_get_dirty_bitmap`,
      [
        ...needPaging((c) => flagSet(c.v('flags'), BITMAP_FLAGS).unknown || u64(c.v('__reserved')) !== 0n),
        ...refuse('range of the bitmap', (c) => bitmapRange(c, c.o('ioas'))),
        lockIova,
        // What the driver says while it fills the bitmap is dropped: iommu_read_and_clear_dirty() returns 0.
        act('callback', 'dirty pages of {domain}', (c) => c.put('ret', c.flag(c.o('domain'), 'dirty_ops') ? 0 : '-EOPNOTSUPP')),
        unlockIova,
        give(local('ret')),
      ],
    ),
    procedure('iommufd_test_dirty', ['ctx', 'hwpt', 'iova', 'length', 'page_size', 'uptr'], `${source}/selftest.c iommufd_test_dirty`, [
      ...refuse('pages to mark', (c) => {
        const size = u64(c.v('page_size'));
        const bad = size === 0n || u64(c.v('length')) === 0n || u64(c.v('uptr')) === 0n;
        return bad || u64(c.v('iova')) % size !== 0n || u64(c.v('length')) % size !== 0n ? '-EINVAL' : 0;
      }),
      ...needPaging(() => false),
      give((c) => (c.flag(c.o('domain'), 'dirty_track') ? 0 : '-EINVAL')),
    ]),
    procedure('iommufd_test_md_check_map', ['ctx', 'hwpt', 'iova', 'length', 'uptr'], `${source}/selftest.c iommufd_test_md_check_pa`, [
      ...refuse('alignment', (c) => {
        const misfit = [c.v('iova'), c.v('length'), c.v('uptr')].some((value) => u64(value) % MOCK_PAGE_SIZE !== 0n);
        return misfit || u64(c.v('uptr')) + u64(c.v('length')) > U64_MAX ? '-EINVAL' : 0;
      }),
      ...needPaging(() => false),
      act('read', 'pages of {hwpt} at {iova}', (c) => {
        const first = u64(c.v('iova'));
        const areas = areasOf(c, c.o('ioas'));
        const uptr = u64(c.v('uptr'));
        let wrong: string | 0 = backed(c, uptr, u64(c.v('length'))) ? 0 : '-EFAULT';
        for (let at = 0n; wrong === 0 && at < u64(c.v('length')); at += MOCK_PAGE_SIZE) {
          const area = areas.find((one) => one.first <= first + at && first + at <= one.last);
          if (area === undefined || area.uptr + (first + at - area.first) !== uptr + at) wrong = '-EINVAL';
        }
        c.put('ret', wrong);
      }),
      give(local('ret')),
    ]),
  ];
}

export function pageTableCalls(): Procedure[] {
  return [pagingAlloc(), nestedAlloc(), alloc(), addTheDomain(), ...invalidation(), ...dirtyTracking()];
}
