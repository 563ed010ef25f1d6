// What a path knows: the contents of memory that it wrote, and in which sets the values lie that its branches tested.

import {
  bit,
  complement,
  contains,
  errorValues,
  exactlyOne,
  everything,
  intersect,
  isEverything,
  onlyValue,
  sameIntervals,
  truthOf,
  shift,
  single,
  unite,
  validAddresses,
  zero,
  type Intervals,
} from './intervals.ts';
import { comparison } from './comparisons.ts';
import type { ValueId, ValueTable } from './values.ts';

export class Store {
  /** The parts of the key, as far as they are worked out. */
  private memoryKey: string | null = null;
  private factsKey: string | null = null;
  private staleKey: string | null = null;
  /** Which of the three another store may hold too: a copy is made when one of them is first written. */
  private sharesMemory = false;
  private sharesFacts = false;
  private sharesStale = false;

  private constructor(
    private memory: Map<ValueId, ValueId>,
    private facts: Map<ValueId, Intervals>,
    /** Values tested or stored before a call or an acquisition: others may have changed them since. */
    private stale: Set<ValueId>,
  ) {}

  static empty(): Store {
    return new Store(new Map(), new Map(), new Set());
  }

  clone(): Store {
    const copy = new Store(this.memory, this.facts, this.stale);
    copy.memoryKey = this.memoryKey;
    copy.factsKey = this.factsKey;
    copy.staleKey = this.staleKey;
    this.sharesMemory = this.sharesFacts = this.sharesStale = true;
    copy.sharesMemory = copy.sharesFacts = copy.sharesStale = true;
    return copy;
  }

  private get ownMemory(): Map<ValueId, ValueId> {
    this.memoryKey = null;
    if (this.sharesMemory) this.memory = new Map(this.memory);
    this.sharesMemory = false;
    return this.memory;
  }

  private get ownFacts(): Map<ValueId, Intervals> {
    this.factsKey = null;
    if (this.sharesFacts) this.facts = new Map(this.facts);
    this.sharesFacts = false;
    return this.facts;
  }

  private get ownStale(): Set<ValueId> {
    this.staleKey = null;
    if (this.sharesStale) this.stale = new Set(this.stale);
    this.sharesStale = false;
    return this.stale;
  }

  /** Equal for equal knowledge. */
  key(): string {
    this.memoryKey ??= inOrder(this.memory.keys(), (address) => `${String(address)}=${String(this.memory.get(address))}`);
    this.factsKey ??= inOrder(this.facts.keys(), (value) => `${String(value)}:${(this.facts.get(value) ?? []).join(',')}`);
    this.staleKey ??= inOrder(this.stale, String);
    return `${this.memoryKey}|${this.factsKey}|${this.staleKey}`;
  }

  /**
   * Equal for knowledge that tests go alike on: without the values at some addresses, and without what was written where pointers
   * lead.
   */
  testedKey(values: ValueTable, except: ReadonlySet<ValueId>): string {
    const places = [...this.memory.keys()].filter((address) => !except.has(address) && isNamedPlace(values, address));
    const symbols = new Set(
      places.flatMap((address) => [...values.symbolsOf(address), ...values.symbolsOf(this.memory.get(address) ?? 0)]),
    );
    const facts = [...this.facts.keys()].filter((value) => values.symbolsOf(value).every((symbol) => symbols.has(symbol)));
    return [
      inOrder(places, (address) => `${String(address)}=${String(this.memory.get(address))}`),
      inOrder(facts, (value) => `${String(value)}:${(this.facts.get(value) ?? []).join(',')}`),
    ].join('|');
  }

  read(values: ValueTable, address: ValueId): ValueId {
    return this.memory.get(address) ?? this.zeroAround(values, address) ?? values.content(address);
  }

  /** 0 for a part of an object of the function's own that was set to nothing but zeros. */
  private zeroAround(values: ValueTable, address: ValueId): ValueId | null {
    for (let at = address; ;) {
      const value = values.get(at);
      if (value.kind !== 'field' && value.kind !== 'element') return null;
      at = value.base;
      const around = this.memory.get(at);
      if (around !== undefined) return values.isLocalAddress(at) && isZero(values, around) ? around : null;
    }
  }

  /** Puts a value at an address; forgets what was known of the parts of an object there. */
  write(values: ValueTable, address: ValueId, value: ValueId): void {
    for (const other of this.memory.keys()) if (other !== address && isInside(values, other, address)) this.ownMemory.delete(other);
    this.ownMemory.set(address, value);
  }

  /** Forgets an object of the function's own that a call may have written, but for parts that hold one of the values `kept`. */
  forgetObject(values: ValueTable, object: ValueId, replacement: ValueId, kept: ReadonlySet<ValueId>): void {
    for (const [other, content] of this.memory)
      if (other !== object && isInside(values, other, object) && !kept.has(values.original(content))) this.ownMemory.delete(other);
    this.ownMemory.set(object, replacement);
    for (const value of this.facts.keys()) if (values.dependsOn(value, object) && !isAnswer(values, value)) this.deleteFact(value);
  }

  /** Drops memory and facts whose address or value is not wanted any more. */
  keepOnly(address: (id: ValueId, content: ValueId) => boolean, fact: (id: ValueId) => boolean): void {
    for (const [id, content] of this.memory) if (!address(id, content)) this.ownMemory.delete(id);
    for (const id of this.facts.keys()) if (!fact(id)) this.deleteFact(id);
  }

  private deleteFact(id: ValueId): void {
    if (this.facts.has(id)) this.ownFacts.delete(id);
    if (this.stale.has(id)) this.ownStale.delete(id);
  }

  /** Addresses and the values that memory holds there. */
  contents(): Iterable<[ValueId, ValueId]> {
    return this.memory;
  }

  /** Values and the sets that they lie in, as far as that was learned. */
  known(): Iterable<[ValueId, Intervals]> {
    return this.facts;
  }

  /** Others may have run: what rests on shared memory may not hold any more. */
  markStale(values: ValueTable): void {
    for (const [address, value] of this.memory) {
      const { kind } = values.get(value);
      if (values.isLocalAddress(address) || (kind !== 'number' && kind !== 'operation')) continue;
      // A number that was stored is now only what was seen last; a pointer keeps its identity.
      const fact = this.factOf(values, value);
      if (isEverything(fact)) continue;
      const seen = values.symbol(`seen:${String(address)}`);
      this.ownMemory.set(address, seen);
      this.ownFacts.set(seen, fact);
      this.ownStale.add(seen);
    }
    for (const value of this.facts.keys()) {
      if (!values.isShared(value) || this.stale.has(value)) continue;
      this.ownStale.add(value);
    }
  }

  /** A symbol gets a new value: what was built on the old one is renamed or forgotten. */
  retire(values: ValueTable, symbol: ValueId): void {
    for (const [address, value] of this.memory) {
      if (values.dependsOn(address, symbol)) {
        this.ownMemory.delete(address);
      } else if (values.dependsOn(value, symbol)) {
        this.ownMemory.set(address, values.symbol(`old${String(symbol)}:${String(address)}`));
      }
    }
    for (const value of this.facts.keys()) {
      if (values.dependsOn(value, symbol)) this.deleteFact(value);
    }
  }

  /** Forgets all that others may have changed. */
  dropStale(): void {
    for (const value of this.stale) if (this.facts.has(value)) this.ownFacts.delete(value);
    if (this.stale.size > 0) this.ownStale.clear();
  }

  setFact(value: ValueId, set: Intervals): void {
    if (isEverything(set)) {
      this.deleteFact(value);
      return;
    }
    if (this.stale.has(value)) this.ownStale.delete(value);
    this.ownFacts.set(value, set);
  }

  /** A value surely lies in a set; what is known of it besides stays as sure or unsure as it was. */
  narrow(values: ValueTable, value: ValueId, set: Intervals): void {
    if (isEverything(set)) return;
    const both = intersect(this.factOf(values, value), set);
    const unsure = this.stale.has(value) && both.length > 0 && !sameIntervals(both, set);
    this.setFact(value, both.length > 0 ? both : set);
    if (unsure) this.ownStale.add(value);
  }

  /** A copy begins with what is known of its original, as sure or unsure as that is. */
  inheritFact(values: ValueTable, copy: ValueId, original: ValueId): void {
    const fact = this.factOf(values, original);
    this.setFact(copy, fact);
    if (!isEverything(fact) && this.stale.has(original)) this.ownStale.add(copy);
  }

  /** The set that a value lies in. With `fresh`, knowledge that others may have changed does not count. */
  factOf(values: ValueTable, id: ValueId, fresh = false): Intervals {
    const own = fresh && this.stale.has(id) ? undefined : this.facts.get(id);
    const implied = this.impliedFact(values, id, fresh);
    return own ? intersect(own, implied) : implied;
  }

  private impliedFact(values: ValueTable, id: ValueId, fresh: boolean): Intervals {
    const value = values.get(id);
    switch (value.kind) {
      case 'number':
        return single(value.value);
      case 'global':
      case 'local':
      case 'field':
      case 'element':
      case 'container':
        return validAddresses;
      case 'operation': {
        const right = values.get(value.right);
        if (right.kind !== 'number') return everything;
        if (value.operator === '+') return shift(this.factOf(values, value.left, fresh), right.value);
        if (value.operator === '-') return shift(this.factOf(values, value.left, fresh), -right.value);
        return everything;
      }
      case 'within': {
        const fact = this.factOf(values, value.of, fresh);
        if (intersect(fact, value.set).length === 0) return zero;
        return intersect(fact, complement(value.set)).length === 0 ? exactlyOne : bit;
      }
      case 'compare':
        return comparison(values, this, value.operator, value.left, value.right, fresh);
      case 'not': {
        const fact = this.factOf(values, value.of, fresh);
        if (!contains(fact, 0)) return zero;
        return onlyValue(fact) === 0 ? exactlyOne : bit;
      }
      case 'apply':
        if (value.name === 'PTR_ERR_OR_ZERO') {
          const fact = this.factOf(values, value.args[0] ?? values.unknown, fresh);
          const errors = intersect(fact, errorValues);
          return intersect(fact, complement(errorValues)).length > 0 ? unite(errors, zero) : errors;
        }
        return everything;
      default:
        return everything;
    }
  }

  /** What was learned of the value itself. */
  learned(id: ValueId, fresh: boolean): Intervals | null {
    return fresh && this.stale.has(id) ? null : (this.facts.get(id) ?? null);
  }

  /** Learns that a value lies in a set. False if that cannot be. */
  constrain(values: ValueTable, id: ValueId, set: Intervals): boolean {
    if (id === values.unknown) return true;
    const now = intersect(this.factOf(values, id), set);
    if (now.length === 0) return false;
    const value = values.get(id);
    switch (value.kind) {
      case 'number':
        return true;
      case 'operation': {
        const right = values.get(value.right);
        if (right.kind === 'number' && (value.operator === '+' || value.operator === '-'))
          return this.constrain(values, value.left, shift(set, value.operator === '+' ? -right.value : right.value));
        break;
      }
      case 'within': {
        const truth = truthOf(set);
        return truth === null || this.constrain(values, value.of, truth ? value.set : complement(value.set));
      }
      case 'not': {
        const truth = truthOf(set);
        return truth === null || this.constrain(values, value.of, truth ? zero : complement(zero));
      }
      case 'compare':
        return this.constrainCompare(values, id, value.operator, value.left, value.right, set);
      case 'apply':
        if (value.name === 'PTR_ERR_OR_ZERO') {
          const of = value.args[0] ?? values.unknown;
          const errors = intersect(set, errorValues);
          return this.constrain(values, of, contains(set, 0) ? unite(complement(errorValues), errors) : errors);
        }
        break;
      case 'copy':
        // What one answer of a call was, the next one is likely to be.
        if (values.get(value.of).kind === 'apply') this.setFact(value.of, now);
        break;
      default:
    }
    this.setFact(id, now);
    return true;
  }

  private constrainCompare(values: ValueTable, id: ValueId, operator: string, left: ValueId, right: ValueId, set: Intervals): boolean {
    const truth = truthOf(set);
    if (truth === null) return true;
    this.setFact(id, truth ? exactlyOne : zero);
    if (operator !== '==' || !truth) return true;
    // Equal values lie in both sets, and a value equal to one named constant is no other.
    const both = intersect(this.factOf(values, left), this.factOf(values, right));
    if (both.length === 0) return false;
    for (const side of [left, right]) if (values.get(side).kind !== 'number' && values.get(side).kind !== 'name') this.setFact(side, both);
    return true;
  }

  /** The knowledge that two paths share; `phi` names the value of an address that differs. */
  static join(values: ValueTable, left: Store, right: Store, phi: (address: ValueId) => ValueId, widen: boolean): Store {
    const differing = new Set<ValueId>();
    for (const address of new Set([...left.memory.keys(), ...right.memory.keys()]))
      if (left.read(values, address) !== right.read(values, address)) differing.add(address);
    // A joined value takes the name it had in the round before: what is built on that name is joined too.
    const names = new Set([...differing].map(phi));
    for (let grown = true; grown;) {
      grown = false;
      for (const [address, value] of left.memory) {
        if (differing.has(address) || !values.symbolsOf(value).some((symbol) => names.has(symbol))) continue;
        differing.add(address);
        names.add(phi(address));
        grown = true;
      }
    }
    const joined = Store.empty();
    const touched = (id: ValueId): boolean => values.symbolsOf(id).some((symbol) => names.has(symbol));
    for (const [value, set] of left.facts) {
      const other = right.facts.get(value);
      if (touched(value) || !other) continue;
      const union = unite(set, other);
      if (widen && !sameIntervals(union, set)) continue;
      if (!isEverything(union)) joined.facts.set(value, union);
      if (left.stale.has(value) || right.stale.has(value)) joined.stale.add(value);
    }
    for (const address of new Set([...left.memory.keys(), ...right.memory.keys()])) {
      if (touched(address)) continue;
      const [first, second] = [left.read(values, address), right.read(values, address)];
      if (!differing.has(address)) {
        joined.memory.set(address, first);
        continue;
      }
      const name = phi(address);
      // Two names of one object stay a name of it.
      const object = values.original(first);
      joined.memory.set(
        address,
        object === values.original(second) && !touched(object) ? values.copy(object, `joined:${String(name)}`) : name,
      );
      const before = left.factOf(values, first);
      const union = unite(before, right.factOf(values, second));
      const result = joined.memory.get(address) ?? name;
      if (!isEverything(union) && !(widen && first === result && !sameIntervals(union, before))) joined.facts.set(result, union);
    }
    return joined;
  }
}

/** The words of some values, by their numbers. */
function inOrder(ids: Iterable<ValueId>, word: (id: ValueId) => string): string {
  return [...ids]
    .sort((a, b) => a - b)
    .map(word)
    .join(' ');
}

function isZero(values: ValueTable, id: ValueId): boolean {
  const value = values.get(id);
  return value.kind === 'number' && value.value === 0;
}

/** Whether a value is what a call once answered, or a test of that: it stays as it was, whatever happens to what the call was asked of. */
function isAnswer(values: ValueTable, id: ValueId): boolean {
  const value = values.get(id);
  switch (value.kind) {
    case 'copy':
      return values.get(value.of).kind === 'apply';
    case 'number':
    case 'name':
      return true;
    case 'compare':
      return isAnswer(values, value.left) && isAnswer(values, value.right);
    case 'within':
    case 'not':
      return isAnswer(values, value.of);
    default:
      return false;
  }
}

/** Whether an address is that of a variable, or of a field of something. */
function isNamedPlace(values: ValueTable, address: ValueId): boolean {
  const { kind } = values.get(address);
  return kind === 'local' || kind === 'global' || kind === 'field';
}

/** Whether an address lies in the object at another address. */
function isInside(values: ValueTable, address: ValueId, object: ValueId): boolean {
  for (let at = address; ;) {
    if (at === object) return true;
    const value = values.get(at);
    if (value.kind !== 'field' && value.kind !== 'element') return false;
    at = value.base;
  }
}
