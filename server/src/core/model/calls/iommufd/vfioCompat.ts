// The ioctls of a VFIO container on an iommufd file of v6.12. [612: drivers/iommu/iommufd/vfio_compat.c]

import type { Cpu } from '../../machine/cpu.ts';
import type { Procedure, Statement } from '../../machine/code.ts';
import { act, call, each, give, leave, procedure, set, when } from '../../machine/code.ts';
import type { Value } from '../../machine/names.ts';
import { failed, isError, local } from '../terms.ts';
import { PAGE_SIZE, U64_MAX, VFIO_MAP_FLAGS, VFIO_UNMAP_FLAGS, asValue, flagSet, u64 } from './constants.ts';
import type { Area } from './iopt.ts';
import { alignmentOf, areasOf, putAreas } from './iopt.ts';
import { refuse } from './checks.ts';
import { tellUnmapped } from './mappings.ts';
import { allocObject, copyOut, eraseObject, kindOf, lockIova, makeObject, names, source, takes, unlockIova } from './objects.ts';

const file = `${source}/vfio_compat.c`;
const VFIO_API_VERSION = 0;
/** Bytes up to the last field that the first version of a command had. */
const MAP_BYTES = 32n;
const UNMAP_BYTES = 24n;
const INFO_BYTES = 16n;

/** get_compat_ioas(): the IOAS that these ioctls work on, or -ENODEV. */
const compat: Statement[] = [
  act('read', 'compat IOAS of {ctx}', (c) => {
    const ioas = c.ref(c.o('ctx'), 'vfio_ioas');
    c.put('ioas', takes(c, ioas, c.v('ctx'), ['ioas']) ? ioas : null);
  }),
  when((c) => c.v('ioas') === null, [give('-ENODEV')]),
];

/** iopt_area_split(): 0, or why an area cannot be cut after `iova`. */
function cut(c: Cpu, ioas: string, iova: bigint): string | 0 {
  const areas = areasOf(c, ioas);
  const area = areas.find((one) => one.first <= iova && iova <= one.last);
  if (area === undefined || iova === area.first || iova === area.last) return 0;
  if (area.pending || area.preventAccess) return '-EBUSY';
  const start = iova + 1n;
  const uptr = area.uptr + (start - area.first);
  const mask = alignmentOf(c, ioas) - 1n;
  if (((start | uptr) & mask) !== 0n || area.accesses > 0) return '-EINVAL';
  if (c.list(ioas, 'hwpts').length > 0 && !c.flag(ioas, 'disable_large_pages')) return '-EINVAL';
  const halves: Area[] = [
    { ...area, last: iova },
    { ...area, first: start, uptr },
  ];
  putAreas(c, ioas, [...areas.filter((one) => one !== area), ...halves]);
  return 0;
}

export function vfioCompatCalls(): Procedure[] {
  return [...compatIoas(), ...mapping(), ...container()];
}

function compatIoas(): Procedure[] {
  return [
    procedure('iommufd_vfio_ioas', ['ctx', 'ioas', 'op', '__reserved'], `${file} iommufd_vfio_ioas`, [
      set('operation', (c) => ['GET', 'SET', 'CLEAR'][Number(u64(c.v('op')))] ?? null),
      set('operation', (c) => (typeof c.v('op') === 'string' ? c.v('op') : c.v('operation'))),
      ...refuse('operation {operation}', (c) =>
        u64(c.v('__reserved')) === 0n && ['GET', 'SET', 'CLEAR'].includes(String(c.v('operation'))) ? 0 : '-EOPNOTSUPP',
      ),
      when((c) => c.v('operation') === 'GET', [...compat, copyOut(), when(failed('ret'), [give(local('ret'))]), give(local('ioas'))]),
      when(
        (c) => c.v('operation') === 'SET',
        [
          ...refuse('{ioas} is an IOAS?', (c) => (names(c, c.v('ioas'), c.v('ctx'), ['ioas']) ? 0 : '-ENOENT')),
          act('mutate', 'compat IOAS of {ctx} is {ioas}', (c) => c.set(c.o('ctx'), 'vfio_ioas', c.v('ioas'))),
          give(0),
        ],
      ),
      act('mutate', 'no compat IOAS of {ctx}', (c) => c.set(c.o('ctx'), 'vfio_ioas', null)),
      give(0),
    ]),
    procedure('iommufd_vfio_compat_ioas_create', ['ctx'], `${file} iommufd_vfio_compat_ioas_create`, [
      allocObject('IO address space of {ctx}', (c) => {
        const ctx = c.o('ctx');
        const ioas = makeObject(c, 'ioas', ctx);
        const there = kindOf(c, c.ref(ctx, 'vfio_ioas')) === 'ioas';
        c.put('ret', c.flag(ctx, 'no_iommu_mode') ? '-EINVAL' : 0);
        if (isError(c.v('ret')) || there) eraseObject(c, ioas);
        else c.set(ctx, 'vfio_ioas', ioas);
      }),
      give(local('ret')),
    ]),
    procedure('iommufd_vfio_compat_set_no_iommu', ['ctx'], `${file} iommufd_vfio_compat_set_no_iommu`, [
      act('mutate', '{ctx} for devices without IOMMU', (c) => {
        const free = c.ref(c.o('ctx'), 'vfio_ioas') === null;
        if (free) c.set(c.o('ctx'), 'no_iommu_mode', true);
        c.put('ret', free ? 0 : '-EINVAL');
      }),
      give(local('ret')),
    ]),
  ];
}

function mapping(): Procedure[] {
  return [
    procedure('iommufd_vfio_map_dma', ['ctx', 'argsz', 'flags', 'vaddr', 'iova', 'size'], `${file} iommufd_vfio_map_dma`, [
      ...refuse('size and flags', (c) => (u64(c.v('argsz')) < MAP_BYTES || flagSet(c.v('flags'), VFIO_MAP_FLAGS).unknown ? '-EINVAL' : 0)),
      ...compat,
      call(
        'iopt_map_user_pages',
        [local('ioas'), local('vaddr'), local('size'), local('iova'), (c) => mapFlags(c.v('flags')), () => null],
        'ret',
      ),
      give((c) => (isError(c.v('ret')) ? c.v('ret') : 0)),
    ]),
    procedure('iommufd_vfio_unmap_dma', ['ctx', 'argsz', 'flags', 'iova', 'size'], `${file} iommufd_vfio_unmap_dma`, [
      ...refuse('size and flags', (c) =>
        u64(c.v('argsz')) < UNMAP_BYTES || flagSet(c.v('flags'), VFIO_UNMAP_FLAGS).unknown ? '-EINVAL' : 0,
      ),
      ...compat,
      when(
        (c) => flagSet(c.v('flags'), VFIO_UNMAP_FLAGS).has('ALL'),
        [
          when((c) => u64(c.v('iova')) !== 0n || u64(c.v('size')) !== 0n, [give('-EINVAL')]),
          call('iopt_unmap_iova_range', [local('ioas'), () => 0, () => asValue(U64_MAX)], 'ret'),
        ],
        [
          when(
            (c) => c.flag(c.o('ioas'), 'disable_large_pages'),
            [
              set('cuts', (c) =>
                [
                  asValue(BigInt.asUintN(64, u64(c.v('iova')) + u64(c.v('size')) - 1n)),
                  ...(u64(c.v('iova')) === 0n ? [] : [asValue(u64(c.v('iova')) - 1n)]),
                ].map(String),
              ),
              set('ret', () => 0),
              lockIova,
              ...each('cut', (c) => c.listOf('cuts'), [
                act('mutate', 'cut {ioas} after {cut}', (c) => c.put('ret', cut(c, c.o('ioas'), u64(c.v('cut'))))),
                when(failed('ret'), [leave('cut')]),
              ]),
              unlockIova,
              when(failed('ret'), [give(local('ret'))]),
            ],
          ),
          call('iopt_unmap_iova', [local('ioas'), local('iova'), local('size')], 'ret'),
        ],
      ),
      when((c) => !isError(c.v('ret')), [tellUnmapped]),
      give((c) => (isError(c.v('ret')) ? c.v('ret') : 0)),
    ]),
  ];
}

/** The same access for a mapping at a fixed address of an IOAS. */
function mapFlags(value: Value): string {
  const flags = flagSet(value, VFIO_MAP_FLAGS);
  return ['FIXED_IOVA', ...(flags.has('READ') ? ['READABLE'] : []), ...(flags.has('WRITE') ? ['WRITEABLE'] : [])].join('|');
}

const TYPES: readonly string[] = ['', 'TYPE1', '', 'TYPE1v2', 'DMA_CC', '', 'TYPE1_NESTING', '', 'NOIOMMU', 'UNMAP_ALL', 'UPDATE_VADDR'];
const typeOf = (c: Cpu): string => {
  const type = c.v('type');
  return typeof type === 'string' ? type : (TYPES[Number(u64(type))] ?? '');
};

function container(): Procedure[] {
  return [
    procedure('vfio_get_api_version', ['ctx'], `${file} VFIO_GET_API_VERSION`, [give(VFIO_API_VERSION)]),
    procedure('iommufd_vfio_check_extension', ['ctx', 'type'], `${file} iommufd_vfio_check_extension`, [
      when((c) => ['TYPE1', 'TYPE1v2', 'UNMAP_ALL'].includes(typeOf(c)), [give((c) => (c.flag(c.o('ctx'), 'no_iommu_mode') ? 0 : 1))]),
      when((c) => typeOf(c) === 'NOIOMMU', [give(1)]),
      when((c) => typeOf(c) !== 'DMA_CC', [give(0)]),
      ...compat,
      // No IOMMU here is asked to enforce coherency: a page table without it answers 0, no page table 1.
      give((c) => (c.list(c.o('ioas'), 'hwpts').length === 0 ? 1 : 0)),
    ]),
    procedure('iommufd_vfio_set_iommu', ['ctx', 'type'], `${file} iommufd_vfio_set_iommu`, [
      act('check', 'type of the container', (c) => {
        const none = c.flag(c.o('ctx'), 'no_iommu_mode');
        const type = typeOf(c);
        c.put('done', type === 'NOIOMMU' && none);
        if (type === 'NOIOMMU' && none) c.put('ret', c.peek('world', 'no_rawio') === true ? '-EPERM' : 0);
        else c.put('ret', (type === 'TYPE1' || type === 'TYPE1v2') && !none ? 0 : '-EINVAL');
      }),
      when((c) => isError(c.v('ret')) || c.v('done') === true, [give(local('ret'))]),
      ...compat,
      when((c) => typeOf(c) === 'TYPE1', [call('iopt_set_large_pages', [local('ioas'), () => false], 'ret')]),
      give(local('ret')),
    ]),
    procedure('iommufd_vfio_iommu_get_info', ['ctx', 'argsz'], `${file} iommufd_vfio_iommu_get_info`, [
      when((c) => u64(c.v('argsz')) < INFO_BYTES, [give('-EINVAL')]),
      ...compat,
      act('read', 'page sizes of {ioas}', (c) => {
        const alignment = alignmentOf(c, c.o('ioas'));
        c.set(c.o('ioas'), 'iova_pgsizes', Number(alignment > PAGE_SIZE ? alignment : PAGE_SIZE));
      }),
      copyOut(),
      give(local('ret')),
    ]),
  ];
}
