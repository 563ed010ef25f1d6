// Lock functions of other layers that nothing but their names tells of: a file calls `bus_lock(bus)` and `bus_unlock(bus)`.

import { isWordCode } from '../syntax/rewrite/lexer.ts';
import type { CFile } from '../syntax/types.ts';
import { everything } from './intervals.ts';
import { noUses } from './lock-uses.ts';
import type { LockEffect, Path, Summary } from './summary.ts';

interface NamedPair {
  readonly take: string;
  readonly give: string;
  /** The functions are called without arguments. */
  readonly isGlobal: boolean;
}

const known = new WeakMap<CFile, ReadonlyMap<string, NamedPair>>();

/** Names that take or give a lock in a file that calls both halves, with the same number of arguments or none. */
function pairsOf(c: CFile): ReadonlyMap<string, NamedPair> {
  let pairs = known.get(c);
  if (!pairs) {
    // By name the number of arguments, -1 where calls differ.
    const calls = new Map<string, number>();
    // By name what it is handed first: two halves are called for the same lock somewhere.
    const handed = new Map<string, Set<string>>();
    for (const { name, end } of lockWords(c.text)) {
      // Tracepoints tell of a lock and do nothing with it.
      if (c.text[end] !== '(' || name.startsWith('trace_')) continue;
      const count = countArguments(c.text, end);
      calls.set(name, (calls.get(name) ?? count) === count ? count : -1);
      handed.set(name, (handed.get(name) ?? new Set()).add(firstArgument(c.text, end)));
    }
    const found = new Map<string, NamedPair>();
    for (const [give, count] of calls) {
      const words = give.split('_');
      const at = words.indexOf('unlock');
      const take = at < 0 ? null : words.with(at, 'lock').join('_');
      if (take === null || count < 0 || calls.get(take) !== count) continue;
      if (![...(handed.get(take) ?? [])].some((first) => handed.get(give)?.has(first) === true)) continue;
      const pair = { take, give, isGlobal: count === 0 };
      found.set(take, pair).set(give, pair).set(`${take}_nested`, pair);
    }
    pairs = found;
    known.set(c, pairs);
  }
  return pairs;
}

/** The words of a text that have `lock` in them, with the offsets behind them. */
function* lockWords(text: string): Generator<{ readonly name: string; readonly end: number }> {
  for (let at = text.indexOf('lock'); at >= 0;) {
    let start = at;
    while (start > 0 && isWordCode(text.charCodeAt(start - 1))) start--;
    let end = at + 4;
    while (end < text.length && isWordCode(text.charCodeAt(end))) end++;
    yield { name: text.slice(start, end), end };
    at = text.indexOf('lock', end);
  }
}

/** The text of the first argument behind a parenthesis, without a cast or blanks. */
function firstArgument(text: string, open: number): string {
  return /^[^,;()]{0,80}/.exec(text.slice(open + 1, open + 82))?.[0].trim() ?? '';
}

/** Arguments between the parenthesis at an offset and its partner; -1 where that is far. */
function countArguments(text: string, open: number): number {
  let depth = 0;
  let commas = 0;
  for (let at = open; at < open + 300; at++) {
    const c = text[at];
    if (c === '(') depth++;
    else if (c === ',' && depth === 1) commas++;
    else if (c === ')' && --depth === 0) return /^\s*(?:void\s*)?$/.test(text.slice(open + 1, at)) ? 0 : commas + 1;
  }
  return -1;
}

/** The function that undoes what a function does by its name, in a file that calls both; null where the name says nothing. */
export function partnerByName(c: CFile, name: string): string | null {
  const pair = pairsOf(c).get(name);
  return pair ? (name === pair.give ? pair.take : pair.give) : null;
}

/** What the name of a function says that is called in a file and known to nobody; null if that is nothing. */
export function summaryOfName(c: CFile, name: string): Summary | null {
  const pair = pairsOf(c).get(name);
  if (!pair) return null;
  const first: Path = { kind: 'parameter', index: 0 };
  const lock: Path = pair.isGlobal ? { kind: 'global', name: `${pair.take}()` } : { kind: 'field', base: first, name: `${pair.take}()` };
  const effect: LockEffect = { lock, name: null, class: 'unknown', mode: 'exclusive', action: name === pair.give ? 'give' : 'take' };
  return {
    name,
    exits: [{ returns: everything, parameters: [], effects: [effect], touches: pair.isGlobal ? [] : [first], value: null }],
    requires: [],
    forbids: [],
    takes: [],
    uses: noUses,
    drops: [],
    sleeps: null,
    source: 'name',
  };
}
