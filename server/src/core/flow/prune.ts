// Forgets what a path will not read again, so that more states of a walk are equal.

import { saysLocked } from '../kernel/lock-names.ts';
import { asksWhetherHeld } from '../kernel/locks.ts';
import { heldObjects, type Locks } from './lock-state.ts';
import type { Live } from './order.ts';
import type { Store } from './store.ts';
import type { ValueId, ValueTable } from './values.ts';

/**
 * A store without what nothing behind the beginning of a block reads. Facts about `flags` (parameters that are no pointers) stay, and so
 * does what the caller's memory says of held locks and their objects: the caller may find it there.
 */
export function prunedStore(values: ValueTable, store: Store, live: Live, flags: ReadonlySet<ValueId>, locks: Locks): Store {
  const held = heldObjects(values, locks);
  const keepsAddress = (address: ValueId, content: ValueId): boolean => {
    if (held.has(values.original(content)) && !values.isLocalAddress(address)) return true;
    const object = values.get(values.objectOf(address));
    if (object.kind === 'local') return live.variables.has(object.variable.id) || object.variable.addressTaken;
    const value = values.get(address);
    if (held.size > 0 && value.kind === 'field' && saysLocked(value.name)) return true;
    if (value.kind === 'field') return live.names.has(value.name);
    if (value.kind === 'global') return live.names.has(value.name);
    return true;
  };
  const symbols = new Set<ValueId>(flags);
  const kept = new Set<ValueId>();
  for (const [address, value] of store.contents())
    if (keepsAddress(address, value)) {
      kept.add(value);
      for (const symbol of values.symbolsOf(value)) symbols.add(symbol);
    }
  const keepsFact = (fact: ValueId): boolean => {
    if (!values.symbolsOf(fact).every((symbol) => symbols.has(symbol) || values.get(symbol).kind === 'local')) return false;
    return isRead(values, fact, live, kept);
  };
  const pruned = store.clone();
  pruned.keepOnly(keepsAddress, keepsFact);
  return pruned;
}

/**
 * Whether the names that a value rests on are read, or a place that is holds it: what two fields are to each other is of no use once
 * nobody reads one of them.
 */
function isRead(values: ValueTable, fact: ValueId, live: Live, kept: ReadonlySet<ValueId>): boolean {
  const open: ValueId[] = [fact];
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    if (kept.has(id)) continue;
    const value = values.get(id);
    switch (value.kind) {
      case 'content': {
        const place = values.get(value.address);
        if ((place.kind === 'field' || place.kind === 'global') && !live.names.has(place.name)) return false;
        break;
      }
      case 'apply':
        // The answer counts where the lock is given back.
        if (!live.names.has(value.name) && !asksWhetherHeld(value.name)) return false;
        break;
      case 'config':
        if (!live.names.has(`#${value.text}`)) return false;
        break;
      case 'compare':
      case 'operation':
        open.push(value.left, value.right);
        break;
      case 'within':
      case 'not':
        open.push(value.of);
        break;
      default:
    }
  }
  return true;
}
