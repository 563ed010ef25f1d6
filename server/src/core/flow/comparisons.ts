// What a path knows of the comparison of two values.

import { bit, exactlyOne, intersect, onlyValue, truthOf, zero, type Intervals } from './intervals.ts';
import type { Store } from './store.ts';
import type { ValueId, ValueTable } from './values.ts';

/** The truths that a comparison may have. With `fresh`, knowledge that others may have changed does not count. */
export function comparison(values: ValueTable, store: Store, operator: string, left: ValueId, right: ValueId, fresh: boolean): Intervals {
  if (left === right) return operator === '<' ? zero : exactlyOne;
  const [first, second] = [store.factOf(values, left, fresh), store.factOf(values, right, fresh)];
  if (first.length === 0 || second.length === 0) return bit;
  if (operator === '==') {
    const names = [values.get(left), values.get(right)];
    if (names.every((name) => name.kind === 'name')) return zero;
    if (intersect(first, second).length === 0) return zero;
    const order = orderOf(values, store, left, right, fresh);
    if (order !== null) return order === 0 ? exactlyOne : zero;
    const named = names.findIndex((name) => name.kind === 'name');
    return named >= 0 && equalsOtherName(values, store, named === 0 ? right : left, named === 0 ? left : right, fresh) ? zero : bit;
  }
  const order = orderOf(values, store, left, right, fresh);
  if (order !== null) return order < 0 || (order === 0 && operator === '<=') ? exactlyOne : zero;
  // Not `right < left` is `left <= right`.
  const opposite = holds(values, store, operator === '<' ? '<=' : '<', right, left, fresh);
  if (opposite !== null) return opposite ? zero : exactlyOne;
  const [low, high] = [first[0] ?? -Infinity, first.at(-1) ?? Infinity];
  const [otherLow, otherHigh] = [second[0] ?? -Infinity, second.at(-1) ?? Infinity];
  if (operator === '<') return high < otherLow ? exactlyOne : low >= otherHigh ? zero : bit;
  return high <= otherLow ? exactlyOne : low > otherHigh ? zero : bit;
}

/** How two values lie to each other by the tests of the path: the first is smaller, they are equal, it is larger, or nobody knows. */
function orderOf(values: ValueTable, store: Store, left: ValueId, right: ValueId, fresh: boolean): -1 | 0 | 1 | null {
  const ask = (operator: string, one: ValueId, other: ValueId): boolean | null => holds(values, store, operator, one, other, fresh);
  const [below, above] = [ask('<', left, right), ask('<', right, left)];
  if (below === true || above === true) return below === true ? -1 : 1;
  const [atMost, atLeast] = [ask('<=', left, right), ask('<=', right, left)];
  if (atMost === false || atLeast === false) return atMost === false ? 1 : -1;
  return (atMost === true || above === false) && (atLeast === true || below === false) ? 0 : null;
}

/** How a test of the path went; null if it was not made. */
function holds(values: ValueTable, store: Store, operator: string, left: ValueId, right: ValueId, fresh: boolean): boolean | null {
  const fact = store.learned(values.compare(operator, left, right), fresh);
  return fact === null ? null : truthOf(fact);
}

/** Whether a value is known to equal a named constant other than `name`; two names stand for two numbers. */
function equalsOtherName(values: ValueTable, store: Store, id: ValueId, name: ValueId, fresh: boolean): boolean {
  for (const [fact, set] of store.known()) {
    const value = values.get(fact);
    if (value.kind !== 'compare' || value.operator !== '==' || onlyValue(set) !== 1 || store.learned(fact, fresh) === null) continue;
    const other = value.left === id ? value.right : value.right === id ? value.left : null;
    if (other !== null && other !== name && values.get(other).kind === 'name') return true;
  }
  return false;
}
