// Sets of numbers as sorted, disjoint, closed intervals. Pointers count too: NULL is 0, error pointers are -4095 to -1, the rest is valid.

import { maxErrno } from '../kernel/errnos.ts';

/** Pairs of lower and upper end; an end may be infinite. The empty list is the empty set. */
export type Intervals = readonly number[];

const maxPieces = 12;

export const everything: Intervals = [-Infinity, Infinity];
export const zero: Intervals = [0, 0];
/** What a try that got its lock returns. */
export const exactlyOne: Intervals = [1, 1];
export const nonZero: Intervals = [-Infinity, -1, 1, Infinity];
/** Values of error pointers and of negative error numbers. */
export const errorValues: Intervals = [-maxErrno, -1];
export const errorOrNull: Intervals = [-maxErrno, 0];
/** What a pointer to an object may be. */
export const validAddresses: Intervals = [-Infinity, -maxErrno - 1, 1, Infinity];

export function single(value: number): Intervals {
  return [value, value];
}

export function isEverything(set: Intervals): boolean {
  return set.length === 2 && set[0] === -Infinity && set[1] === Infinity;
}

/** The one number of a set, or null. */
export function onlyValue(set: Intervals): number | null {
  const [low, high] = set;
  return set.length === 2 && low !== undefined && low === high ? low : null;
}

export function contains(set: Intervals, value: number): boolean {
  for (let at = 0; at + 1 < set.length; at += 2) if ((set[at] ?? 0) <= value && value <= (set[at + 1] ?? 0)) return true;
  return false;
}

export function intersect(left: Intervals, right: Intervals): Intervals {
  if (isEverything(left)) return right;
  if (isEverything(right)) return left;
  const out: number[] = [];
  for (let i = 0, j = 0; i + 1 < left.length && j + 1 < right.length;) {
    const [leftHigh, rightHigh] = [left[i + 1] ?? 0, right[j + 1] ?? 0];
    const low = Math.max(left[i] ?? 0, right[j] ?? 0);
    const high = Math.min(leftHigh, rightHigh);
    if (low <= high) out.push(low, high);
    if (leftHigh < rightHigh) i += 2;
    else j += 2;
  }
  return out;
}

export function unite(left: Intervals, right: Intervals): Intervals {
  if (left.length === 0) return right;
  if (right.length === 0) return left;
  if (left === right) return left;
  const out: number[] = [];
  for (let i = 0, j = 0; i < left.length || j < right.length;) {
    const isLeft = j >= right.length || (i < left.length && (left[i] ?? 0) <= (right[j] ?? 0));
    const [set, at] = isLeft ? [left, i] : [right, j];
    if (isLeft) i += 2;
    else j += 2;
    const [low, high] = [set[at] ?? 0, set[at + 1] ?? 0];
    const last = out.length - 1;
    if (last >= 0 && low <= (out[last] ?? 0) + 1) out[last] = Math.max(out[last] ?? 0, high);
    else out.push(low, high);
  }
  // Too many pieces: close the gap between the last two, which only forgets.
  while (out.length > maxPieces * 2) out.splice(out.length - 3, 2);
  return out;
}

export function complement(set: Intervals): Intervals {
  const out: number[] = [];
  let from = -Infinity;
  for (let at = 0; at + 1 < set.length; at += 2) {
    const low = set[at] ?? 0;
    if (low !== -Infinity && from <= low - 1) out.push(from, low - 1);
    from = (set[at + 1] ?? 0) + 1;
  }
  if (from !== Infinity) out.push(from, Infinity);
  return out;
}

/** Every number of the set plus a constant. */
export function shift(set: Intervals, by: number): Intervals {
  return set.map((end) => end + by);
}

export function sameIntervals(left: Intervals, right: Intervals): boolean {
  return left.length === right.length && left.every((end, at) => end === right[at]);
}

/** The numbers that stand in a relation to a constant: `below` of `<`, ... */
export function related(operator: string, constant: number): Intervals | null {
  switch (operator) {
    case '==':
      return single(constant);
    case '!=':
      return complement(single(constant));
    case '<':
      return [-Infinity, constant - 1];
    case '<=':
      return [-Infinity, constant];
    case '>':
      return [constant + 1, Infinity];
    case '>=':
      return [constant, Infinity];
    default:
      return null;
  }
}

/** Either truth. */
export const bit: Intervals = [0, 1];

/** The truth that a set of numbers stands for; null if it holds both. */
export function truthOf(set: Intervals): boolean | null {
  if (!contains(set, 0)) return true;
  return intersect(set, complement(zero)).length === 0 ? false : null;
}
