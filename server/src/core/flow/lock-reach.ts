// Which locks a call may come to take: by what it calls, through tables of functions, and through functions that it is handed.

import type { Instruction } from './ir.ts';
import type { NamingContext } from './lock-names.ts';
import { targetKey, useKey, usesOfCall, type IndirectCall, type LockUse, type LockUses } from './lock-uses.ts';

type Call = Extract<Instruction, { op: 'call' }>;

/** A function on the way to a lock. */
export interface ChainLink {
  readonly function: string;
  readonly path: string;
}

/** A lock of a known class that a call may take. */
export interface ReachedLock {
  readonly name: string;
  readonly use: LockUse;
  /** Functions on the way, the called one first and the one that takes the lock last; empty for a lock function. */
  readonly chain: readonly ChainLink[];
  /** The way leads through a table of functions or a function that is handed on: which one is called is not known here. */
  readonly isGuess: boolean;
}

/** What the search knows of functions; `Entry` stands for one function as it is seen from some distance. */
export interface ReachSource<Entry> {
  name(entry: Entry): string;
  path(entry: Entry): string;
  uses(entry: Entry): LockUses;
  find(entry: Entry, name: string): Entry | null;
  /** Functions that a call through a pointer may reach. */
  targets(entry: Entry, target: IndirectCall['target']): readonly Entry[];
  /** How many more calls lead on from here into the tree; the same function at another distance is another entry. */
  distance(entry: Entry): number;
}

/** A call through a pointer that is still to be followed, and the functions that lead to it. */
interface Pending<Entry> {
  readonly from: Entry;
  readonly target: IndirectCall['target'];
  readonly chain: readonly ChainLink[];
}

const maxChain = 24;

/** Answers for calls; what lies behind a function is worked out once. */
export class LockReach<Entry extends object> {
  private readonly behind = new Map<string, readonly ReachedLock[]>();

  constructor(private readonly source: ReachSource<Entry>) {}

  /** The locks that a call in a function may take, each class and mode once, ways without guesses first; those alone without `guess`. */
  ofCall(
    caller: Entry,
    call: Call,
    naming: NamingContext,
    known: (name: string) => LockUses | null,
    guess: boolean,
  ): readonly ReachedLock[] {
    const uses = usesOfCall(call, naming, known);
    const found = new Map<string, ReachedLock>();
    for (const use of uses.acquires) {
      const chain =
        use.via === null ? [] : this.chainOf(caller, use.via, (one) => one.acquires.find((other) => useKey(other) === useKey(use)));
      addReached(found, use, chain, false);
    }
    for (const one of guess ? uses.indirect : []) {
      const prefix =
        one.via === null ? [] : this.chainOf(caller, one.via, (other) => other.indirect.find((two) => targetKey(two) === targetKey(one)));
      for (const reached of this.behindTarget(caller, one.target))
        addReached(found, reached.use, [...prefix, ...reached.chain].slice(0, maxChain), true);
    }
    return [...found.values()];
  }

  /** The functions from a called one to the one whose own text has what is looked for. */
  private chainOf(
    caller: Entry,
    first: string,
    has: (uses: LockUses) => { readonly via: string | null } | undefined,
  ): readonly ChainLink[] {
    const chain: ChainLink[] = [];
    const seen = new Set<Entry>();
    let at = this.source.find(caller, first);
    while (at && !seen.has(at) && chain.length < maxChain) {
      seen.add(at);
      chain.push({ function: this.source.name(at), path: this.source.path(at) });
      const via: string | null = has(this.source.uses(at))?.via ?? null;
      at = via === null ? null : this.source.find(at, via);
    }
    if (chain.length === 0) chain.push({ function: first, path: '' });
    return chain;
  }

  /** Locks behind one call through a pointer, and behind those that lead on from there. */
  private behindTarget(from: Entry, target: IndirectCall['target']): readonly ReachedLock[] {
    const key = `${String(this.source.distance(from))} ${targetKey({ target, via: null })}`;
    const known = this.behind.get(key);
    if (known) return known;
    const found = new Map<string, ReachedLock>();
    const seen = new Set([key]);
    const queue: Pending<Entry>[] = [{ from, target, chain: [] }];
    for (let next = queue.shift(); next; next = queue.shift())
      for (const entry of this.source.targets(next.from, next.target)) {
        const uses = this.source.uses(entry);
        const link = { function: this.source.name(entry), path: this.source.path(entry) };
        const chain = [...next.chain, link];
        for (const use of uses.acquires)
          if (use.lock.name !== null && !found.has(useKey(use))) {
            const rest =
              use.via === null ? [] : this.chainOf(entry, use.via, (one) => one.acquires.find((other) => useKey(other) === useKey(use)));
            addReached(found, use, [...chain, ...rest].slice(0, maxChain), true);
          }
        for (const one of uses.indirect) {
          const at = `${String(this.source.distance(entry))} ${targetKey(one)}`;
          if (seen.has(at) || chain.length >= maxChain) continue;
          seen.add(at);
          const rest =
            one.via === null
              ? []
              : this.chainOf(entry, one.via, (other) => other.indirect.find((two) => targetKey(two) === targetKey(one)));
          queue.push({ from: entry, target: one.target, chain: [...chain, ...rest].slice(0, maxChain) });
        }
      }
    const list = [...found.values()];
    this.behind.set(key, list);
    return list;
  }
}

function addReached(found: Map<string, ReachedLock>, use: LockUse, chain: readonly ChainLink[], isGuess: boolean): void {
  const { name } = use.lock;
  const key = useKey(use);
  if (name !== null && !found.has(key)) found.set(key, { name, use, chain, isGuess });
}
