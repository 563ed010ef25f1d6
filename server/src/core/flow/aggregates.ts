// Objects that are set by a list: `struct s s = { .locked = false }`.

import { valueOf } from './evaluate.ts';
import type { Expr } from './ir.ts';
import type { Store } from './store.ts';
import type { ValueId, ValueTable } from './values.ts';

type Aggregate = Extract<Expr, { kind: 'aggregate' }>;

/**
 * Puts what a list names into the object at an address; what it leaves out is zero. A structure whose list goes by the order of its
 * fields stays as it was: nobody here knows their names.
 */
export function fillObject(values: ValueTable, store: Store, address: ValueId, list: Aggregate, isArray: boolean): void {
  const open: { at: ValueId; list: Aggregate; isArray: boolean }[] = [{ at: address, list, isArray }];
  for (let next = open.pop(); next; next = open.pop()) {
    const { entries } = next.list;
    if (!next.isArray && !isZeroes(next.list) && entries.some(({ designator }) => !designator?.startsWith('.'))) {
      if (next.at !== address) store.write(values, next.at, values.content(next.at));
      continue;
    }
    store.write(values, next.at, values.number(0));
    let index = 0;
    for (const { designator, value } of isZeroes(next.list) ? [] : entries) {
      const numbered = designator === null ? index : /^\[\s*(\d+)\s*\]$/.exec(designator)?.[1];
      const place = designator?.startsWith('.') ? placeOf(values, next.at, designator) : null;
      const at = place ?? (numbered === undefined ? null : values.element(next.at, values.number(Number(numbered))));
      if (numbered !== undefined && place === null) index = Number(numbered) + 1;
      // Some other element was set.
      if (at === null) store.write(values, next.at, values.content(next.at));
      else if (value.kind === 'aggregate') open.push({ at, list: value, isArray: isByNumber(value) });
      else store.write(values, at, unlessUnknown(values, at, valueOf(values, store, value)));
    }
  }
}

/** `{}`, `{ 0 }`. */
function isZeroes({ entries }: Aggregate): boolean {
  const [first] = entries;
  return !first || (entries.length === 1 && first.designator === null && first.value.kind === 'integer' && first.value.value === 0);
}

function isByNumber({ entries }: Aggregate): boolean {
  return entries.some(({ designator }) => designator?.startsWith('[') ?? false);
}

/** The place of `.a.b` in an object; null for a designator that goes on otherwise. */
function placeOf(values: ValueTable, object: ValueId, designator: string): ValueId | null {
  const names = designator.slice(1).split('.');
  return names.every((name) => /^\w+$/.test(name)) ? names.reduce((at, name) => values.field(at, name), object) : null;
}

function unlessUnknown(values: ValueTable, address: ValueId, value: ValueId): ValueId {
  return value === values.unknown ? values.content(address) : value;
}
