// Arrays by index (xarray). The model keeps the taken indices of a group's PASID array in a list, and what stands there in
// `handle_INDEX`; a taken index without a handle is reserved. Other arrays are kept alike, under their member's name.

import type { Cpu } from '../../model/machine/cpu.ts';
import type { Value } from '../../model/machine/names.ts';
import { works } from './functions.ts';
import { memberOf } from './objects.ts';
import type { FunctionRow } from '../types.ts';

interface Slot {
  readonly object: string;
  readonly list: string;
  readonly index: string;
  readonly entry: string;
}

function slotOf(c: Cpu, args: readonly Value[]): Slot {
  const place = memberOf(args[0]);
  if (!place) return c.crash('panic', 'NULL dereference: an xarray');
  const index = String(args[1] ?? 0);
  const entry = place.field === 'pasid_array' ? `handle_${index}` : `${place.field}[${index}]`;
  return { object: place.object, list: place.field, index, entry };
}

const taken = (c: Cpu, slot: Slot): readonly string[] => c.list(slot.object, slot.list);

function put(c: Cpu, slot: Slot, value: Value): void {
  const others = taken(c, slot).filter((index) => index !== slot.index);
  c.set(slot.object, slot.list, [...others, slot.index].sort());
  c.set(slot.object, slot.entry, value);
}

function erase(c: Cpu, slot: Slot): void {
  c.set(
    slot.object,
    slot.list,
    taken(c, slot).filter((index) => index !== slot.index),
  );
  c.set(slot.object, slot.entry, null);
}

export const xarrayRows: readonly FunctionRow[] = [
  works('xa_empty', 'check', 'array empty?', (c, args) => (taken(c, slotOf(c, args)).length === 0 ? 1 : 0)),
  works('xa_load', 'read', 'entry of an array', (c, args) => c.get(slotOf(c, args).object, slotOf(c, args).entry)),
  works('xa_insert', 'mutate', 'entry put where none is', (c, args) => {
    const slot = slotOf(c, args);
    if (taken(c, slot).includes(slot.index)) return '-EBUSY';
    put(c, slot, args[2] ?? null);
    return 0;
  }),
  works('xa_reserve', 'mutate', 'index reserved', (c, args) => {
    const slot = slotOf(c, args);
    if (!taken(c, slot).includes(slot.index)) put(c, slot, null);
    return 0;
  }),
  works('xa_release', 'mutate', 'reservation dropped', (c, args) => {
    const slot = slotOf(c, args);
    if (c.get(slot.object, slot.entry) === null) erase(c, slot);
    return null;
  }),
  works('xa_store', 'mutate', 'entry replaced', (c, args) => {
    const slot = slotOf(c, args);
    const old = c.get(slot.object, slot.entry);
    const value = args[2] ?? null;
    if (value === null) erase(c, slot);
    else put(c, slot, value);
    return old;
  }),
  works('xa_erase', 'mutate', 'entry taken out', (c, args) => {
    const slot = slotOf(c, args);
    const old = c.get(slot.object, slot.entry);
    erase(c, slot);
    return old;
  }),
  works('xa_init', null, 'array initialised', () => null),
  ...['xa_lock', 'xa_unlock'].map((name): FunctionRow => ({ name, how: 'nothing' })),
];
