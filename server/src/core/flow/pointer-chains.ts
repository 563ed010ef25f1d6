// Walks along a chain of objects (`p = p->next`): a pointer that was reached through many others gets a short name, so that a loop over
// the chain comes to states that it has seen. Locks of the object are renamed with it.

import { recordOf, retireLocks, withRecord } from './lock-state.ts';
import type { ValueId, ValueTable } from './values.ts';
import type { WalkState } from './walk-events.ts';

const maxPointers = 3;

/** The name for a pointer that a variable gets: itself, or a short one that stands for it from here on. */
export function shortened(values: ValueTable, pointer: ValueId, site: string, state: WalkState): ValueId {
  const long = values.original(pointer);
  if (pointersIn(values, long) <= maxPointers) return pointer;
  // Of two names one is free, since the chain began at the other.
  const [first, second] = [values.symbol(site), values.symbol(`${site}'`)];
  const name = values.dependsOn(long, first) ? second : first;
  const held = state.locks.records.flatMap((record) => {
    const lock = renamed(values, record.lock, long, name);
    return lock === record.lock ? [] : [{ ...record, lock }];
  });
  state.store.retire(values, name);
  state.locks = retireLocks(values, state.locks, name);
  for (const record of held) if (!recordOf(state.locks, record.lock)) state.locks = withRecord(state.locks, record);
  const facts = state.store.factOf(values, long);
  state.locks = { ...state.locks, records: state.locks.records.filter((record) => !isInside(values, record.lock, long)) };
  state.store.setFact(name, facts);
  return name;
}

/** How many pointers a value was read through. */
function pointersIn(values: ValueTable, pointer: ValueId): number {
  let count = 0;
  for (let at = pointer; ;) {
    const value = values.get(at);
    if (value.kind === 'content') {
      count++;
      at = value.address;
    } else if (value.kind === 'field' || value.kind === 'element') at = value.base;
    else if (value.kind === 'copy') at = value.of;
    else return count;
  }
}

function isInside(values: ValueTable, address: ValueId, object: ValueId): boolean {
  return renamed(values, address, object, values.unknown) !== address;
}

/** An address in an object by the object's other name; other addresses as they are. */
function renamed(values: ValueTable, address: ValueId, object: ValueId, name: ValueId): ValueId {
  const fields: string[] = [];
  for (let at = address; ;) {
    if (at === object) return fields.reduceRight((base, field) => values.field(base, field), name);
    const value = values.get(at);
    if (value.kind !== 'field') return address;
    fields.push(value.name);
    at = value.base;
  }
}
