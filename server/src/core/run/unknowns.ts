// Values that nobody gave: symbols with what the path has learnt of them, kept in cells of the state under the symbol's name.
// Error numbers and error pointers are -4095 to -1, NULL is 0, valid pointers are above: one set of numbers tells them all.

import { everything, intersect, isEverything, onlyValue, related, complement, type Intervals } from '../flow/intervals.ts';
import type { Truth } from '../model/machine/code.ts';
import type { Cpu } from '../model/machine/cpu.ts';
import type { Value } from '../model/machine/names.ts';
import { asValue, compareNumbers, isSymbol, numberOf, written0 } from './values.ts';

/** Where a symbol's constraints stand: no member of C has such a name. */
const cells = { range: '~range', is: '~is', not: '~not' } as const;

/** Above every errno and number: where valid pointers stand in comparisons with numbers. */
const pointers: Intervals = [1, Infinity];
const flipped: Readonly<Record<string, string>> = { '==': '==', '!=': '!=', '<': '>', '<=': '>=', '>': '<', '>=': '<=' };
const negated: Readonly<Record<string, string>> = { '==': '!=', '!=': '==', '<': '>=', '<=': '>', '>': '<=', '>=': '<' };

export class Unknowns {
  constructor(private readonly words: ReadonlyMap<string, number>) {}

  /** The value itself, or what a symbol is known to be. */
  resolve(c: Cpu, value: Value): Value {
    let at = value;
    for (let hops = 0; isSymbol(at) && hops < 16; hops++) {
      const is = c.get(at, cells.is);
      if (is === null) return at;
      at = is === written0 ? null : is;
    }
    return at;
  }

  /** Narrows a new symbol: results of functions that only fail with errors, sizes that are never negative. */
  limit(c: Cpu, symbol: string, range: Intervals): void {
    this.narrow(c, symbol, range);
  }

  private rangeOf(c: Cpu, symbol: string): Intervals {
    const list = c.list(symbol, cells.range);
    return list.length === 0 ? everything : list.map(Number);
  }

  private narrow(c: Cpu, symbol: string, set: Intervals): void {
    const now = intersect(this.rangeOf(c, symbol), set);
    const only = onlyValue(now);
    if (only !== null) this.fix(c, symbol, asValue(only));
    else if (!isEverything(now) && now.length > 0) c.set(symbol, cells.range, now.map(String));
  }

  private fix(c: Cpu, symbol: string, value: Value): void {
    const nothing = value === null || value === 0 || value === false;
    c.set(symbol, cells.is, nothing ? written0 : value);
    c.set(symbol, cells.range, null);
    c.set(symbol, cells.not, null);
  }

  /** `left operator right`; null where the path leaves it open. Both values resolved. */
  compare(c: Cpu, operator: string, left: Value, right: Value): Truth {
    if (isSymbol(left)) {
      if (left === right) return operator === '==' || operator === '<=' || operator === '>=';
      return this.compareSymbol(c, operator, left, right);
    }
    if (isSymbol(right)) return this.compareSymbol(c, flipped[operator] ?? operator, right, left);
    const [a, b] = [numberOf(left, this.words), numberOf(right, this.words)];
    if (a !== null && b !== null) return compareNumbers(operator, a, b);
    if (a === null && b === null) {
      if (operator === '==') return left === right;
      if (operator === '!=') return left !== right;
      return left === right ? operator !== '<' && operator !== '>' : null;
    }
    return compareNumbers(operator, a ?? Infinity, b ?? Infinity);
  }

  private compareSymbol(c: Cpu, operator: string, symbol: string, other: Value): Truth {
    const range = this.rangeOf(c, symbol);
    const number = isSymbol(other) ? null : numberOf(other, this.words);
    if (number !== null) {
      const set = related(operator, number);
      if (set === null) return null;
      const inside = intersect(range, set);
      if (inside.length === 0) return false;
      return intersect(range, complement(set)).length === 0 ? true : null;
    }
    if (operator !== '==' && operator !== '!=') return null;
    const apart =
      c.list(symbol, cells.not).includes(String(other)) ||
      intersect(range, isSymbol(other) ? this.rangeOf(c, other) : pointers).length === 0;
    return apart ? operator === '!=' : null;
  }

  /** Notes that `left operator right` came out so. Both values resolved, and the comparison open. */
  assume(c: Cpu, operator: string, left: Value, right: Value, outcome: boolean): void {
    const holds = outcome ? operator : (negated[operator] ?? operator);
    if (isSymbol(left)) this.assumeSymbol(c, holds, left, right);
    else if (isSymbol(right)) this.assumeSymbol(c, flipped[holds] ?? holds, right, left);
  }

  private assumeSymbol(c: Cpu, operator: string, symbol: string, other: Value): void {
    const number = isSymbol(other) ? null : numberOf(other, this.words);
    if (number !== null) {
      if (operator === '==') this.fix(c, symbol, other);
      else this.narrow(c, symbol, related(operator, number) ?? everything);
      return;
    }
    if (operator === '==') {
      if (isSymbol(other)) {
        const range = this.rangeOf(c, symbol);
        if (!isEverything(range)) this.narrow(c, other, range);
      }
      this.fix(c, symbol, other);
    } else if (operator === '!=') {
      const known = c.list(symbol, cells.not);
      if (!known.includes(String(other))) c.set(symbol, cells.not, [...known, String(other)].sort());
    }
  }

  /** Whether a value is true; null where the path leaves it open. */
  truth(c: Cpu, value: Value): Truth {
    return this.compare(c, '!=', this.resolve(c, value), null);
  }
}
