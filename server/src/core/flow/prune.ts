// Forgets what a path will not read again, so that more states of a walk are equal.

import type { Live } from './order.ts';
import type { Store } from './store.ts';
import type { ValueId, ValueTable } from './values.ts';

/** A store without what nothing behind the beginning of a block reads. Facts about `flags` (parameters that are no pointers) stay. */
export function prunedStore(values: ValueTable, store: Store, live: Live, flags: ReadonlySet<ValueId>): Store {
  const keepsAddress = (address: ValueId): boolean => {
    const object = values.get(values.objectOf(address));
    if (object.kind === 'local') return live.variables.has(object.variable.id) || object.variable.addressTaken;
    const value = values.get(address);
    if (value.kind === 'field') return live.names.has(value.name);
    if (value.kind === 'global') return live.names.has(value.name);
    return true;
  };
  const symbols = new Set<ValueId>(flags);
  for (const [address, value] of store.contents())
    if (keepsAddress(address)) for (const symbol of values.symbolsOf(value)) symbols.add(symbol);
  const keepsFact = (fact: ValueId): boolean => {
    if (!values.symbolsOf(fact).every((symbol) => symbols.has(symbol) || values.get(symbol).kind === 'local')) return false;
    const value = values.get(fact);
    if (value.kind === 'content') {
      const place = values.get(value.address);
      return place.kind === 'field' || place.kind === 'global' ? live.names.has(place.name) : true;
    }
    if (value.kind === 'apply') return live.names.has(value.name);
    if (value.kind === 'config') return live.names.has(`#${value.text}`);
    return true;
  };
  const pruned = store.clone();
  pruned.keepOnly(keepsAddress, keepsFact);
  return pruned;
}
