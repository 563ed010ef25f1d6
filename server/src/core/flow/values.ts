// Symbolic values of a walk, shared by number: equal values have equal numbers, so that a lock or a tested field is known again.

import { givesContainer } from '../kernel/primitives.ts';
import type { Variable } from './ir.ts';
import type { Intervals } from './intervals.ts';

export type ValueId = number;

export type Value =
  | { readonly kind: 'unknown' }
  | { readonly kind: 'number'; readonly value: number }
  /** A named constant whose number is not known: `IOMMU_DOMAIN_DMA`. */
  | { readonly kind: 'name'; readonly name: string }
  /** A value made at one place: a parameter, the result of a call, a joined value. */
  | { readonly kind: 'symbol'; readonly name: string }
  | { readonly kind: 'global'; readonly name: string }
  /** The address of a local variable. */
  | { readonly kind: 'local'; readonly variable: Variable }
  /** The address of a field of the object at `base`. */
  | { readonly kind: 'field'; readonly base: ValueId; readonly name: string }
  | { readonly kind: 'element'; readonly base: ValueId; readonly index: ValueId }
  /** What an address held when the function began. */
  | { readonly kind: 'content'; readonly address: ValueId }
  /** The object that has the field `name` at an address. */
  | { readonly kind: 'container'; readonly of: ValueId; readonly name: string }
  | { readonly kind: 'operation'; readonly operator: string; readonly left: ValueId; readonly right: ValueId }
  /** 1 if the value is in the set, else 0. */
  | { readonly kind: 'within'; readonly of: ValueId; readonly set: Intervals }
  /** 1 if `left operator right`, else 0; `==`, `<` or `<=`. */
  | { readonly kind: 'compare'; readonly operator: string; readonly left: ValueId; readonly right: ValueId }
  | { readonly kind: 'not'; readonly of: ValueId }
  | { readonly kind: 'apply'; readonly name: string; readonly args: readonly ValueId[] }
  | { readonly kind: 'config'; readonly text: string }
  /** What a variable got from memory that others can change: it stays as it was, and names the same object. */
  | { readonly kind: 'copy'; readonly of: ValueId; readonly site: string };

const noSymbols: readonly ValueId[] = [];

/** The values of one walk. Number 0 is the unknown value, about which nothing is ever remembered. */
export class ValueTable {
  private readonly values: Value[] = [];
  private readonly byKey = new Map<string, ValueId>();
  private readonly symbolLists: (readonly ValueId[])[] = [];
  private readonly shared: boolean[] = [];
  readonly unknown: ValueId;

  constructor() {
    this.unknown = this.intern('?', { kind: 'unknown' }, noSymbols, false);
  }

  private intern(key: string, value: Value, symbols: readonly ValueId[] | null, shared: boolean): ValueId {
    const known = this.byKey.get(key);
    if (known !== undefined) return known;
    const id = this.values.length;
    this.values.push(value);
    this.symbolLists.push(symbols ?? [id]);
    this.shared.push(shared);
    this.byKey.set(key, id);
    return id;
  }

  get(id: ValueId): Value {
    return this.values[id] ?? { kind: 'unknown' };
  }

  /** Symbols and locals that a value is built from. */
  symbolsOf(id: ValueId): readonly ValueId[] {
    return this.symbolLists[id] ?? noSymbols;
  }

  dependsOn(id: ValueId, symbol: ValueId): boolean {
    return this.symbolsOf(id).includes(symbol);
  }

  /** Whether others may change what the value rests on: it reads memory that is not the function's own. */
  isShared(id: ValueId): boolean {
    return this.shared[id] ?? false;
  }

  private joined(...ids: readonly ValueId[]): readonly ValueId[] {
    const first = this.symbolsOf(ids[0] ?? 0);
    if (ids.length === 1) return first;
    const all = new Set(first);
    for (const id of ids) for (const symbol of this.symbolsOf(id)) all.add(symbol);
    return all.size === first.length ? first : [...all];
  }

  number(value: number): ValueId {
    return this.intern(`n${String(value)}`, { kind: 'number', value }, noSymbols, false);
  }

  name(name: string): ValueId {
    return this.intern(`c${name}`, { kind: 'name', name }, noSymbols, false);
  }

  symbol(name: string): ValueId {
    return this.intern(`s${name}`, { kind: 'symbol', name }, null, false);
  }

  global(name: string): ValueId {
    return this.intern(`g${name}`, { kind: 'global', name }, noSymbols, false);
  }

  local(variable: Variable): ValueId {
    return this.intern(`l${String(variable.id)}`, { kind: 'local', variable }, null, false);
  }

  copy(of: ValueId, site: string): ValueId {
    const id = this.intern(`y${String(of)}@${site}`, { kind: 'copy', of, site }, null, false);
    if (this.symbolsOf(id).length === 1) this.symbolLists[id] = [id, ...this.symbolsOf(of)];
    return id;
  }

  /** The value whose object a value names: copies of a pointer lead to the same object. */
  original(id: ValueId): ValueId {
    for (let at = id; ;) {
      const value = this.get(at);
      if (value.kind !== 'copy') return at;
      at = value.of;
    }
  }

  field(pointer: ValueId, name: string): ValueId {
    const base = this.original(pointer);
    const container = this.get(base);
    if (container.kind === 'container' && container.name === name) return container.of;
    if (container.kind === 'apply' && container.args[0] !== undefined && givesContainer(container.name, name))
      return this.original(container.args[0]);
    return this.intern(`f${String(base)}.${name}`, { kind: 'field', base, name }, this.joined(base), this.isShared(base));
  }

  element(pointer: ValueId, index: ValueId): ValueId {
    const base = this.original(pointer);
    return this.intern(
      `e${String(base)}[${String(index)}`,
      { kind: 'element', base, index },
      this.joined(base, index),
      this.isShared(base) || this.isShared(index),
    );
  }

  content(address: ValueId): ValueId {
    return this.intern(`d${String(address)}`, { kind: 'content', address }, this.joined(address), !this.isLocalAddress(address));
  }

  /** Whether an address lies in a variable of the function. */
  isLocalAddress(address: ValueId): boolean {
    return this.get(this.objectOf(address)).kind === 'local';
  }

  /** The object that an address of a field or an element lies in. */
  objectOf(address: ValueId): ValueId {
    for (let at = address; ;) {
      const value = this.get(at);
      if (value.kind === 'field' || value.kind === 'element') at = value.base;
      else return at;
    }
  }

  /** An address, then what it lies in and what it was read from, step by step: `&p->dev->lock`, `p->dev`, `&p->dev`, `p`. */
  waysTo(address: ValueId): readonly ValueId[] {
    const way: ValueId[] = [];
    for (let at = address; ;) {
      way.push(at);
      const value = this.get(at);
      if (value.kind === 'field' || value.kind === 'element') at = value.base;
      else if (value.kind === 'content') at = value.address;
      else if (value.kind === 'container' || value.kind === 'copy') at = value.of;
      else return way;
    }
  }

  container(of: ValueId, member: string): ValueId {
    const names = member.split('.').map((name) => name.trim());
    let at = this.original(of);
    for (let index = names.length - 1; index >= 0; index--) {
      const name = names[index] ?? '';
      const value = this.get(at);
      at =
        value.kind === 'field' && value.name === name
          ? value.base
          : this.intern(`o${String(at)}.${name}`, { kind: 'container', of: at, name }, this.joined(at), this.isShared(at));
    }
    return at;
  }

  operation(operator: string, left: ValueId, right: ValueId): ValueId {
    if (left === this.unknown || right === this.unknown) return this.unknown;
    return this.intern(
      `b${operator}${String(left)},${String(right)}`,
      { kind: 'operation', operator, left, right },
      this.joined(left, right),
      this.isShared(left) || this.isShared(right),
    );
  }

  within(of: ValueId, set: Intervals): ValueId {
    if (of === this.unknown) return this.unknown;
    return this.intern(`w${String(of)}:${set.join(',')}`, { kind: 'within', of, set }, this.joined(of), this.isShared(of));
  }

  compare(operator: string, left: ValueId, right: ValueId): ValueId {
    if (left === this.unknown || right === this.unknown) return this.unknown;
    const [first, second] = operator === '==' && right < left ? [right, left] : [left, right];
    return this.intern(
      `r${operator}${String(first)},${String(second)}`,
      { kind: 'compare', operator, left: first, right: second },
      this.joined(first, second),
      this.isShared(first) || this.isShared(second),
    );
  }

  not(of: ValueId): ValueId {
    const value = this.get(of);
    if (value.kind === 'unknown') return of;
    return this.intern(`!${String(of)}`, { kind: 'not', of }, this.joined(of), this.isShared(of));
  }

  /** A function of its arguments; `shared` if it also reads memory. */
  apply(name: string, args: readonly ValueId[], shared: boolean): ValueId {
    if (args.includes(this.unknown)) return this.unknown;
    return this.intern(
      `a${name}(${args.join(',')}`,
      { kind: 'apply', name, args },
      this.joined(...args),
      shared || args.some((arg) => this.isShared(arg)),
    );
  }

  config(text: string): ValueId {
    return this.intern(`#${text}`, { kind: 'config', text }, noSymbols, false);
  }

  /** A value as C-like text, for messages: `&group->mutex`. Symbols print as the place they came from. */
  print(id: ValueId): string {
    const value = this.get(id);
    switch (value.kind) {
      case 'unknown':
        return '?';
      case 'number':
        return String(value.value);
      case 'name':
        return value.name;
      case 'symbol':
        return value.name.split('@')[0] ?? value.name;
      case 'global':
        return `&${value.name}`;
      case 'local':
        return `&${value.variable.name}`;
      case 'field':
        return `&${this.printBase(value.base)}${value.name}`;
      case 'element':
        return `&${this.printPlace(value.base)}[${this.print(value.index)}]`;
      case 'content':
        return this.printPlace(value.address);
      case 'container':
        return `container_of(${this.print(value.of)}, ${value.name})`;
      case 'operation':
      case 'compare':
        return `${this.print(value.left)} ${value.operator} ${this.print(value.right)}`;
      case 'within':
        return `test of ${this.print(value.of)}`;
      case 'not':
        return `!${this.print(value.of)}`;
      case 'apply':
        return `${value.name}(${value.args.map((arg) => this.print(arg)).join(', ')})`;
      case 'config':
        return value.text;
      case 'copy':
        return this.print(value.of);
    }
  }

  private printBase(base: ValueId): string {
    const value = this.get(base);
    const inside = value.kind === 'field' || value.kind === 'global' || value.kind === 'local' || value.kind === 'element';
    return inside ? `${this.printPlace(base)}.` : `${this.print(base)}->`;
  }

  /** The object at an address, as C writes it: `group->mutex` for `&group->mutex`. */
  printPlace(address: ValueId): string {
    const text = this.print(address);
    return text.startsWith('&') ? text.slice(1) : `*${text}`;
  }
}
