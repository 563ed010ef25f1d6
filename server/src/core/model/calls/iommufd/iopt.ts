// The address space of an IOAS: areas, reserved and allowed ranges, alignment. Arithmetic over the cells of one object; the
// procedures around it take the locks. [612: drivers/iommu/iommufd/io_pagetable.c, pages.c]

import type { Cpu } from '../../machine/cpu.ts';
import { HUGEPAGE_SIZE, PAGE_SIZE, U64_MAX, u64 } from './constants.ts';

/** struct iopt_area and what it shows of its struct iopt_pages. Addresses are bytes; `last` is inclusive. */
export interface Area {
  readonly first: bigint;
  readonly last: bigint;
  readonly read: boolean;
  readonly write: boolean;
  /** The pages were taken for writing. */
  readonly pagesWritable: boolean;
  /** User address of the first byte. */
  readonly uptr: bigint;
  /** Accesses that hold pages of it. */
  readonly accesses: number;
  /** Not filled yet: `area->pages` is NULL. */
  readonly pending: boolean;
  readonly preventAccess: boolean;
  /** Name of its struct iopt_pages. */
  readonly pages: string;
}

export interface Range {
  readonly first: bigint;
  readonly last: bigint;
}

const PART = /^(\d+)-(\d+) (\d+) (\d+) (\d+) (\S+)$/;
const bit = (flag: boolean, value: number): number => (flag ? value : 0);

function encode(area: Area): string {
  const bits = bit(area.read, 1) | bit(area.write, 2) | bit(area.pagesWritable, 4) | bit(area.pending, 8) | bit(area.preventAccess, 16);
  return `${area.first}-${area.last} ${bits} ${area.uptr} ${area.accesses} ${area.pages}`;
}

function decode(text: string): Area {
  const [, first = '0', last = '0', bits = '0', uptr = '0', accesses = '0', pages = ''] = PART.exec(text) ?? [];
  const flags = Number(bits);
  return {
    first: BigInt(first),
    last: BigInt(last),
    read: (flags & 1) !== 0,
    write: (flags & 2) !== 0,
    pagesWritable: (flags & 4) !== 0,
    pending: (flags & 8) !== 0,
    preventAccess: (flags & 16) !== 0,
    uptr: BigInt(uptr),
    accesses: Number(accesses),
    pages,
  };
}

const byFirst = (left: Range, right: Range): number => (left.first < right.first ? -1 : left.first > right.first ? 1 : 0);
export const meets = (left: Range, right: Range): boolean => left.first <= right.last && right.first <= left.last;

export const areasOf = (c: Cpu, ioas: string): Area[] => c.list(ioas, 'areas').map(decode);
export const putAreas = (c: Cpu, ioas: string, areas: readonly Area[]): void => c.set(ioas, 'areas', [...areas].sort(byFirst).map(encode));

/** A range as text, `first-last`, and whose it is. */
export const toRange = (text: string): Range & { owner: string } => {
  const [range = '', owner = ''] = text.split(' ');
  const [first = '0', last = '0'] = range.split('-');
  return { first: u64(first), last: u64(last), owner };
};
export const reservedOf = (c: Cpu, ioas: string): (Range & { owner: string })[] => c.list(ioas, 'reserved').map(toRange);
export const allowedOf = (c: Cpu, ioas: string): Range[] => c.list(ioas, 'allowed').map(toRange);

export function alignmentOf(c: Cpu, ioas: string): bigint {
  return BigInt(Math.max(1, c.count(ioas, 'iova_alignment')));
}

/** iopt_check_iova(): 0, or why a fixed address cannot be used. */
export function checkIova(c: Cpu, ioas: string, iova: bigint, length: bigint): string | 0 {
  if ((iova & (alignmentOf(c, ioas) - 1n)) !== 0n) return '-EINVAL';
  const range = { first: iova, last: iova + length - 1n };
  if (range.last > U64_MAX) return '-EOVERFLOW';
  if (reservedOf(c, ioas).some((other) => meets(other, range))) return '-EINVAL';
  return areasOf(c, ioas).some((other) => meets(other, range)) ? '-EEXIST' : 0;
}

const roundUpPow2 = (n: bigint): bigint => {
  let power = 1n;
  while (power < n) power <<= 1n;
  return power;
};
const lowestBit = (n: bigint): bigint => n & -n;

/** iopt_alloc_iova(): a free address for pages at `uptr`, or an error. */
export function allocIova(c: Cpu, ioas: string, uptr: bigint, length: bigint): bigint | string {
  if (length === 0n || length >= U64_MAX / 2n) return '-EOVERFLOW';
  const wanted = roundUpPow2(length);
  let alignment = uptr === 0n || lowestBit(uptr) > wanted ? wanted : lowestBit(uptr);
  if (alignment > HUGEPAGE_SIZE) alignment = HUGEPAGE_SIZE;
  if (alignment < alignmentOf(c, ioas)) return '-EINVAL';
  const offset = uptr % PAGE_SIZE;
  const fit = (first: bigint, last: bigint): bigint | null => {
    const start = ((first + alignment - 1n) & ~(alignment - 1n)) | offset;
    return start > U64_MAX || start >= last || last - start < length - 1n ? null : start;
  };
  const whole = { first: PAGE_SIZE, last: U64_MAX - PAGE_SIZE };
  const allowed = allowedOf(c, ioas).filter((range) => meets(range, whole));
  const used: Range[] = [...reservedOf(c, ioas), ...areasOf(c, ioas)].sort(byFirst);
  for (const span of allowedOf(c, ioas).length === 0 ? [whole] : allowed.sort(byFirst)) {
    const clipped = { first: span.first < whole.first ? whole.first : span.first, last: span.last > whole.last ? whole.last : span.last };
    const start = fit(clipped.first, clipped.last);
    if (start === null) continue;
    for (const hole of holesIn({ first: start, last: clipped.last }, used)) {
      const found = fit(hole.first, hole.last);
      if (found !== null) return found;
    }
  }
  return '-ENOSPC';
}

/** The parts of a range that no used range covers, in order. `used` is sorted. */
export function holesIn(range: Range, used: readonly Range[]): Range[] {
  const holes: Range[] = [];
  let next = range.first;
  for (const other of used) {
    if (!meets(other, range)) continue;
    if (other.first > next) holes.push({ first: next, last: other.first - 1n });
    if (other.last + 1n > next) next = other.last + 1n;
  }
  if (next <= range.last) holes.push({ first: next, last: range.last });
  return holes;
}

/** iopt_reserve_iova(). */
export function reserve(c: Cpu, ioas: string, first: bigint, last: bigint, owner: string): string | 0 {
  const range = { first, last };
  if ([...areasOf(c, ioas), ...allowedOf(c, ioas)].some((other) => meets(other, range))) return '-EADDRINUSE';
  c.set(ioas, 'reserved', [...c.list(ioas, 'reserved'), `${first}-${last} ${owner}`]);
  return 0;
}

/** __iopt_remove_reserved_iova(): all ranges of an owner. */
export function unreserve(c: Cpu, ioas: string, owner: string): void {
  c.set(
    ioas,
    'reserved',
    c.list(ioas, 'reserved').filter((text) => toRange(text).owner !== owner),
  );
}

/** iopt_table_enforce_dev_resv_regions(): the reserved regions of a device, which then owns them. */
export function enforceReserved(c: Cpu, ioas: string, dev: string): string | 0 {
  const regions = c.peek(dev, 'reserved');
  for (const region of typeof regions === 'object' && regions !== null ? regions : []) {
    const { first, last } = toRange(region);
    const wrong = reserve(c, ioas, first, last, dev);
    if (wrong === 0) continue;
    unreserve(c, ioas, dev);
    return wrong;
  }
  return 0;
}

/** iopt_check_iova_alignment(): whether all areas fit a larger page size. */
function misaligned(c: Cpu, ioas: string, alignment: bigint): boolean {
  const mask = alignment - 1n;
  return areasOf(c, ioas).some((area) => ((area.first | (area.last + 1n) | (area.uptr % PAGE_SIZE)) & mask) !== 0n);
}

export const pageSizeOf = (c: Cpu, hwpt: string): bigint => BigInt(Math.max(1, c.count(hwpt, 'pgsize')));

/** iopt_calculate_iova_alignment(): from the options, the domains and the accesses. */
export function calculateAlignment(c: Cpu, ioas: string): string | 0 {
  let alignment = c.flag(ioas, 'disable_large_pages') ? PAGE_SIZE : 1n;
  const grow = (to: bigint): void => {
    if (to > alignment) alignment = to;
  };
  for (const hwpt of c.list(ioas, 'hwpts')) grow(pageSizeOf(c, hwpt));
  for (const access of c.list(ioas, 'accesses')) if (c.flag(access, 'needs_pin_pages')) grow(PAGE_SIZE);
  if (alignment > alignmentOf(c, ioas) && misaligned(c, ioas, alignment)) return '-EADDRINUSE';
  c.set(ioas, 'iova_alignment', Number(alignment));
  return 0;
}

/** The first half of iopt_table_add_domain(): alignment and aperture. The pages are filled by a step of its own. */
export function prepareDomain(c: Cpu, ioas: string, hwpt: string): string | 0 {
  const current = alignmentOf(c, ioas);
  const wanted = pageSizeOf(c, hwpt) > current ? pageSizeOf(c, hwpt) : current;
  if (wanted > PAGE_SIZE) return '-EINVAL';
  if (wanted !== current && misaligned(c, ioas, wanted)) return '-EADDRINUSE';
  const { first, last } = toRange(String(c.get(hwpt, 'aperture') ?? `0-${U64_MAX}`));
  const below = first === 0n ? 0 : reserve(c, ioas, 0n, first - 1n, hwpt);
  const above = below !== 0 || last === U64_MAX ? below : reserve(c, ioas, last + 1n, U64_MAX, hwpt);
  if (above !== 0) unreserve(c, ioas, hwpt);
  return above;
}

/** The second half: the domain counts from now on. */
export function addDomain(c: Cpu, ioas: string, hwpt: string): void {
  c.set(ioas, 'iova_alignment', Number(pageSizeOf(c, hwpt) > alignmentOf(c, ioas) ? pageSizeOf(c, hwpt) : alignmentOf(c, ioas)));
  c.set(ioas, 'hwpts', [...c.list(ioas, 'hwpts'), hwpt]);
}

/** iopt_table_remove_domain(). */
export function removeDomain(c: Cpu, ioas: string, hwpt: string): void {
  if (!c.list(ioas, 'hwpts').includes(hwpt)) return;
  c.set(
    ioas,
    'hwpts',
    c.list(ioas, 'hwpts').filter((other) => other !== hwpt),
  );
  unreserve(c, ioas, hwpt);
  calculateAlignment(c, ioas);
}

/** Areas without a gap from `first` to `last`, cut to that range, or null where something is missing: iopt_for_each_contig_area(). */
export function contiguous(areas: readonly Area[], first: bigint, last: bigint): Area[] | null {
  const parts: Area[] = [];
  let next = first;
  for (const area of areas) {
    if (area.last < next || area.first > last) continue;
    if (area.first > next || area.pending) return null;
    const end = area.last < last ? area.last : last;
    parts.push({ ...area, first: next, last: end, uptr: area.uptr + (next - area.first) });
    next = end + 1n;
  }
  return next === last + 1n ? parts : null;
}
