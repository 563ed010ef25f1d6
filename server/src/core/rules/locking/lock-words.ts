// A look at the words of patches, before anything is parsed: whether they could show locks in two orders at all.

import { lockOperation } from '../../kernel/locks.ts';
import type { Patch } from '../../patch/types.ts';

/** A lock as the rest of a line names it, with the field that the function takes: `&group->mutex);`, `dev);.mutex`. */
interface LockWords {
  readonly text: string;
  /** Whether the name is that of a pointer, which may be another lock in each call. */
  readonly isPointer: boolean;
}

/** What the lines of one function name. */
interface Words {
  /** Locks that it, or a function that it calls, takes: not more than two, which is all that is asked for. */
  readonly taken: Set<string>;
  readonly callers: Set<string>;
  /** Whether one of the locks has a name that was asked for. */
  takesKnown: boolean;
}

/**
 * Whether the lines of patches could have two functions that each take two locks, by themselves or by way of others; one is enough where
 * it takes a lock whose field, or whole name, is one of `known`. Never false where locks are taken in two orders; takes time in
 * proportion to the lines.
 */
export function mayTakeInTwoOrders(patches: readonly Patch[], known: ReadonlySet<string>): boolean {
  if (!takesTwoLocks(patches)) return false;
  const functions = readFunctions(patches, known);
  spread(functions);
  const both = [...functions.values()].filter(({ taken }) => taken.size > 1);
  return both.length > 1 || both.some(({ takesKnown }) => takesKnown);
}

function takesTwoLocks(patches: readonly Patch[]): boolean {
  const taken = new Set<string>();
  for (const { files } of patches)
    for (const { hunks } of files)
      for (const { lines } of hunks)
        for (const { text } of lines) {
          for (const lock of locksOf(text)) addLock(taken, lock);
          if (taken.size > 1) return true;
        }
  return false;
}

function addLock(taken: Set<string>, { text, isPointer }: LockWords): void {
  for (const one of isPointer ? [text, `*${text}`] : [text]) if (taken.size < 2) taken.add(one);
}

function locksOf(line: string): LockWords[] {
  if (!/lock|down|guard|claim/.test(line)) return [];
  return [...line.matchAll(/\b(\w+)\(/g)].flatMap(({ 0: head, 1: name = '', index }): LockWords[] => {
    const operation = lockOperation(name);
    if (!name.endsWith('guard') && operation?.action !== 'acquire') return [];
    const field = operation?.field ?? null;
    const rest = line.slice(index + head.length).trim();
    return [{ text: field === null ? rest : `${rest}.${field}`, isPointer: field === null && !rest.startsWith('&') }];
  });
}

function readFunctions(patches: readonly Patch[], known: ReadonlySet<string>): Map<string, Words> {
  const functions = new Map<string, Words>();
  const wordsOf = (name: string): Words => {
    const words = functions.get(name) ?? { taken: new Set(), callers: new Set(), takesKnown: false };
    functions.set(name, words);
    return words;
  };
  for (const { files } of patches)
    for (const { hunks } of files)
      for (const { heading, lines } of hunks) {
        let name = headOf(heading) ?? '';
        for (const { text } of lines) {
          if (!text.includes('(')) continue;
          name = headOf(text) ?? name;
          const own = wordsOf(name);
          for (const lock of locksOf(text)) {
            addLock(own.taken, lock);
            if (lock.text.split(/\W/).some((word) => known.has(word))) own.takesKnown = true;
          }
          for (const [, callee = ''] of text.matchAll(/\b(\w+)\(/g)) wordsOf(callee).callers.add(name);
        }
      }
  return functions;
}

/** The name of a function whose heading begins in the first column of a line. */
function headOf(text: string): string | null {
  const open = text.indexOf('(');
  return open > 0 && /^[A-Za-z_]/.test(text) ? text.slice(0, open).trimEnd().split(/\W/).at(-1) || null : null;
}

/** Lets each function have the locks of those that it calls. */
function spread(functions: ReadonlyMap<string, Words>): void {
  const queue = [...functions.values()].filter((one) => one.taken.size > 0);
  for (let next = queue.pop(); next; next = queue.pop())
    for (const name of next.callers) {
      const caller = functions.get(name);
      if (!caller) continue;
      const before = caller.taken.size;
      for (const lock of next.taken) if (caller.taken.size < 2) caller.taken.add(lock);
      const isNews = next.takesKnown && !caller.takesKnown;
      if (isNews) caller.takesKnown = true;
      if (caller.taken.size > before || isNews) queue.push(caller);
    }
}
