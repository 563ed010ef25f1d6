// Constants of the iommufd and VFIO user interfaces that calls in a scenario can name, and the flags that they are made of.
// [612: include/uapi/linux/iommufd.h, include/uapi/linux/vfio.h, drivers/iommu/iommufd/iommufd_test.h]

import type { Value } from '../../machine/names.ts';

export const PAGE_SIZE = 4096n;
/** Page size of the IOMMU of a mock device: half a page. */
export const MOCK_PAGE_SIZE = PAGE_SIZE / 2n;
export const MOCK_APERTURE_START = 1n << 24n;
export const MOCK_APERTURE_LAST = (1n << 31n) - 1n;
/** ULONG_MAX of a 64-bit kernel. */
export const U64_MAX = (1n << 64n) - 1n;
/** A user address with memory behind it, aligned to a huge page; and one without. */
const BUFFER = 1n << 31n;
export const BAD_POINTER = 0xdead_0000n;
export const HUGEPAGE_SIZE = 2n * 1024n * 1024n;

/** Names for numbers, in the spelling of the kernel's headers and tests. */
export const NUMBERS: Readonly<Record<string, bigint>> = {
  PAGE_SIZE,
  MOCK_PAGE_SIZE,
  MOCK_IO_PAGE_SIZE: MOCK_PAGE_SIZE,
  MOCK_APERTURE_START,
  MOCK_APERTURE_LAST,
  HUGEPAGE_SIZE,
  BUFFER_SIZE: 16n * PAGE_SIZE,
  buffer: BUFFER,
  BAD_POINTER,
  UINT64_MAX: U64_MAX,
  U64_MAX,
  ULONG_MAX: U64_MAX,
  SIZE_MAX: U64_MAX,
  UINT32_MAX: (1n << 32n) - 1n,
  U32_MAX: (1n << 32n) - 1n,
  UINT8_MAX: 255n,
  IOMMUFD_TYPE: 0x3bn,
  IOMMUFD_CMD_BASE: 0x80n,
  IOMMU_TEST_IOTLB_DEFAULT: 0xbadbeefn,
  IOMMU_HWPT_DATA_SELFTEST: 0xdeadn,
  IOMMU_HWPT_INVALIDATE_DATA_SELFTEST: 0xdeadbeefn,
  IOMMU_HWPT_INVALIDATE_DATA_SELFTEST_INVALID: 0xdadbeefn,
  IOMMU_HW_INFO_TYPE_SELFTEST: 0xfeedbeefn,
  MOCK_NESTED_DOMAIN_IOTLB_ID_MAX: 3n,
  MOCK_NESTED_DOMAIN_IOTLB_NUM: 4n,
};

/** Flag words by the field that takes them, with their bits. */
export type Flags = Readonly<Record<string, number>>;
export const MAP_FLAGS: Flags = { FIXED_IOVA: 1, WRITEABLE: 2, READABLE: 4 };
export const HWPT_FLAGS: Flags = { NEST_PARENT: 1, DIRTY_TRACKING: 2, FAULT_ID_VALID: 4 };
export const DIRTY_FLAGS: Flags = { ENABLE: 1 };
export const BITMAP_FLAGS: Flags = { NO_CLEAR: 1 };
export const DEVICE_FLAGS: Flags = { NO_DIRTY: 1, HUGE_IOVA: 2 };
export const ACCESS_FLAGS: Flags = { NEEDS_PIN_PAGES: 1 };
export const RW_FLAGS: Flags = { WRITE: 1, SLOW_PATH: 4 };
export const INVALIDATE_FLAGS: Flags = { ALL: 1 };
export const VFIO_MAP_FLAGS: Flags = { READ: 1, WRITE: 2 };
export const VFIO_UNMAP_FLAGS: Flags = { ALL: 2 };

/** Words that stand for themselves: kinds of data, options, operations. */
const KINDS = [
  'NONE',
  'SELFTEST',
  'SELFTEST_INVALID',
  'INVALID',
  'DEFAULT',
  'RLIMIT_MODE',
  'HUGE_PAGES',
  'GET',
  'SET',
  'CLEAR',
  'TYPE1',
  'TYPE1v2',
  'NOIOMMU',
  'UNMAP_ALL',
  'DMA_CC',
  'TYPE1_NESTING',
  'UPDATE_VADDR',
  'SUCCESS',
  'BAD',
];

const PREFIXES = [
  'IOMMU_HWPT_DIRTY_TRACKING_',
  'IOMMU_HWPT_GET_DIRTY_BITMAP_',
  'IOMMU_HWPT_INVALIDATE_DATA_',
  'IOMMU_HWPT_DATA_',
  'IOMMU_HWPT_ALLOC_',
  'IOMMU_HWPT_',
  'IOMMU_IOAS_MAP_',
  'IOMMU_OPTION_OP_',
  'IOMMU_OPTION_',
  'IOMMU_VFIO_IOAS_',
  'IOMMU_HW_INFO_TYPE_',
  'IOMMU_TEST_INVALIDATE_FLAG_',
  'IOMMUFD_PAGE_RESP_',
  'IOMMUFD_ACCESS_RW_',
  'MOCK_FLAGS_DEVICE_',
  'MOCK_FLAGS_ACCESS_CREATE_',
  'MOCK_FLAGS_ACCESS_',
  'MOCK_ACCESS_RW_',
  'VFIO_DMA_MAP_FLAG_',
  'VFIO_DMA_UNMAP_FLAG_',
  'VFIO_',
];

/** Words of flags and kinds, in their short form. */
export const FLAG_WORDS: ReadonlySet<string> = new Set([
  ...KINDS,
  ...[MAP_FLAGS, HWPT_FLAGS, DIRTY_FLAGS, BITMAP_FLAGS, DEVICE_FLAGS, ACCESS_FLAGS, RW_FLAGS, INVALIDATE_FLAGS].flatMap(Object.keys),
  ...[VFIO_MAP_FLAGS, VFIO_UNMAP_FLAGS].flatMap(Object.keys),
]);

/** A word of the user interface in its short form (`IOMMU_HWPT_ALLOC_NEST_PARENT` is NEST_PARENT), or null if there is none. */
export function shortWord(word: string): string | null {
  const bare = word.startsWith('VFIO_') ? word.replace(/_IOMMU$/, '') : word;
  for (const prefix of ['', ...PREFIXES]) {
    if (!bare.startsWith(prefix)) continue;
    const rest = bare.slice(prefix.length);
    if (FLAG_WORDS.has(rest)) return rest;
    if (FLAG_WORDS.has(rest.toUpperCase())) return rest.toUpperCase();
  }
  return null;
}

/** Whether an argument names a kind of data, by its word or by its number. */
export const isKind = (value: Value, word: string, number: number): boolean => value === word || value === number;

/** A 64-bit value of an argument; large ones are kept as decimal text. */
export function u64(value: Value): bigint {
  if (typeof value === 'number') return BigInt.asUintN(64, BigInt(Math.trunc(value)));
  return typeof value === 'string' && /^\d{1,20}$/.test(value) ? BigInt.asUintN(64, BigInt(value)) : 0n;
}

/** A 64-bit value as an argument or a cell holds it. */
export function asValue(number: bigint): Value {
  return number <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(number) : number.toString();
}

export interface FlagSet {
  readonly has: (flag: string) => boolean;
  /** Some bit that the field does not know. */
  readonly unknown: boolean;
}

/** What a flags argument says: words joined by `|`, a number, or `~WORD` for all others. */
export function flagSet(value: Value, table: Flags): FlagSet {
  const known = Object.values(table).reduce((all, bit) => all | bit, 0);
  let bits = 0;
  let unknown = false;
  if (typeof value === 'string' && !/^\d+$/.test(value)) {
    for (const word of value.split('|')) {
      const bit = table[word.replace('~', '')];
      if (bit === undefined || word.startsWith('~')) unknown = true;
      else bits |= bit;
    }
  } else {
    const number = u64(value);
    bits = Number(number & BigInt(known));
    unknown = (number & ~BigInt(known)) !== 0n;
  }
  return { has: (flag) => (bits & (table[flag] ?? 0)) !== 0, unknown };
}
