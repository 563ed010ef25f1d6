// Locks that a function's heading or its contract names: `__acquires(&group->mutex)`, `__must_hold(&rq->lock)`, a row of the tables.

import type { ContractLock, ContractRow } from '../kernel/contracts/row.ts';
import type { LockClass } from '../kernel/locks.ts';
import { lockMarks, type LockMark } from '../kernel/lock-marks.ts';
import { annotatedPrototypes } from '../syntax/functions.ts';
import type { CFile, CFunction, Prototype } from '../syntax/types.ts';
import { errorValues, everything, nonZero, unite, zero, type Intervals } from './intervals.ts';
import { noUses, type LockUse } from './lock-uses.ts';
import type { ExitClass, LockEffect, Path, Summary } from './summary.ts';

type Heading = Pick<CFunction, 'parameters' | 'annotations'>;

/** A mark of a heading with the lock as a caller names it; marks whose text is no path from a parameter or a global are left out. */
interface PlacedMark {
  readonly mark: LockMark;
  readonly path: Path;
}

function marksOf(fn: Heading): PlacedMark[] {
  return fn.annotations.flatMap((one) =>
    lockMarks(one.name, one.argument).flatMap((mark) => {
      const path = lockPath(mark.lock, fn);
      return path ? [{ mark, path }] : [];
    }),
  );
}

/** The locks that a heading says are taken, tried or given back. */
export function annotatedLocks(fn: Heading): Path[] {
  return marksOf(fn).flatMap(({ mark, path }) => (mark.what === 'requires' || mark.what === 'excludes' ? [] : [path]));
}

/** The locks that the caller holds by `__must_hold` or `__releases` and their like. */
export function annotatedRequirements(fn: Heading): Path[] {
  return marksOf(fn).flatMap(({ mark, path }) => (mark.what === 'requires' || mark.what === 'releases' ? [path] : []));
}

/** The locks that the caller must not hold by the heading (`__must_not_hold`, clang's `locks_excluded`). */
export function annotatedExclusions(fn: Heading): Path[] {
  return marksOf(fn).flatMap(({ mark, path }) => (mark.what === 'excludes' ? [path] : []));
}

const prototypes = new WeakMap<CFile, ReadonlyMap<string, Prototype>>();

/** A function's declaration in a file, where its heading says something of locks; null for none. */
export function markedPrototype(c: CFile, name: string): Prototype | null {
  let known = prototypes.get(c);
  if (!known) {
    const marked = annotatedPrototypes(c.tree, c.annotations).filter((one) => marksOf(one).length > 0);
    known = new Map(marked.map((one) => [one.name, one]));
    prototypes.set(c, known);
  }
  return known.get(name) ?? null;
}

/** What a declaration says of a function whose code is not at hand. */
export function summaryOfPrototype(prototype: Prototype): Summary {
  const marks = marksOf(prototype);
  const effect = (path: Path, action: 'take' | 'give'): LockEffect => ({
    lock: path,
    name: null,
    class: 'unknown',
    mode: 'exclusive',
    action,
  });
  const always = marks.flatMap(({ mark, path }) =>
    mark.what === 'acquires' ? [effect(path, 'take')] : mark.what === 'releases' ? [effect(path, 'give')] : [],
  );
  const tried = marks.filter(({ mark }) => mark.what === 'tries');
  const exit = (returns: Intervals, effects: readonly LockEffect[]): ExitClass => ({
    returns,
    parameters: [],
    effects,
    touches: [],
    value: null,
  });
  const gets = tried[0]?.mark.success === 'zero' ? zero : nonZero;
  const exits =
    tried.length === 0
      ? [exit(everything, always)]
      : [exit(gets, [...always, ...tried.map(({ path }) => effect(path, 'take'))]), exit(gets === zero ? nonZero : zero, always)];
  const taken = marks.flatMap(({ mark, path }) => (mark.what === 'acquires' ? [path] : []));
  return {
    name: prototype.name,
    exits,
    requires: annotatedRequirements(prototype),
    forbids: annotatedExclusions(prototype),
    takes: taken,
    uses: noUses,
    drops: [],
    sleeps: null,
    source: 'annotation',
  };
}

/** Reads `&a->b.c`: the address of the lock, or a pointer to it where the text is a bare parameter. */
function lockPath(text: string, fn: Heading): Path | null {
  const tokens = text.match(/->|\w+|\S/g) ?? [];
  const at = tokens[0] === '&' ? 1 : 0;
  const root = tokens[at];
  if (root === undefined || !/^\w+$/.test(root)) return null;
  const index = fn.parameters.findIndex((parameter) => parameter.name === root);
  if (root === 'RCU') return { kind: 'global', name: 'rcu' };
  // Of a parameter the pointer is at hand, of a global the address.
  return follow(index >= 0 ? { kind: 'parameter', index } : { kind: 'global', name: root }, tokens.slice(at + 1), index < 0);
}

/** The place behind `->b.c`. `isAddress`: the path names the root's own address, not a pointer that it holds. */
function follow(root: Path, tokens: readonly string[], isAddress: boolean): Path | null {
  let path = root;
  let address = isAddress;
  for (let at = 0; at < tokens.length; at += 2) {
    const [link, name] = [tokens[at], tokens[at + 1]];
    if ((link !== '->' && link !== '.') || name === undefined || !/^\w+$/.test(name)) return null;
    const base: Path = link === '->' && address ? { kind: 'content', address: path } : path;
    path = { kind: 'field', base, name };
    address = true;
  }
  return path;
}

const contractClasses: Readonly<Record<ContractLock['lock'], LockClass>> = {
  'group-mutex': 'mutex',
  'device-lock': 'mutex',
  'probe-device-lock': 'mutex',
  'sva-lock': 'mutex',
  'mmap-lock': 'rwsem',
};

const contractNames: Readonly<Record<ContractLock['lock'], string>> = {
  'group-mutex': 'iommu_group.mutex',
  'device-lock': 'device.mutex',
  'probe-device-lock': 'iommu_probe_device_lock',
  'sva-lock': 'iommu_sva_lock',
  'mmap-lock': 'mm_struct.mmap_lock',
};

/** What a path of a contract names at a call: `->iommu_group->mutex` of an argument; an argument alone is a device. */
function contractPath(lock: ContractLock): Path | null {
  if (lock.argument === null) return { kind: 'global', name: lock.path };
  const text = lock.lock === 'device-lock' && lock.path === '' ? '->mutex' : lock.path;
  return follow({ kind: 'parameter', index: lock.argument }, text.match(/->|\w+|\S/g) ?? [], false);
}

function contractPaths(locks: readonly ContractLock[]): Path[] {
  return locks.flatMap((lock) => contractPath(lock) ?? []);
}

/**
 * What the tables say of a function without code: it leaves its caller's locks alone unless the row says that it gives one back.
 * In an era that is only guessed the state of such a lock is unknown behind the call.
 */
export function summaryOfContract(row: ContractRow, isCertain: boolean): Summary {
  const effects = row.locks.releases.flatMap((lock) => {
    const path = contractPath(lock);
    if (!path) return [];
    return [
      {
        lock: path,
        name: contractNames[lock.lock],
        class: contractClasses[lock.lock],
        mode: 'exclusive' as const,
        action: isCertain ? ('give' as const) : ('unknown' as const),
      },
    ];
  });
  return {
    name: row.name,
    exits: [{ returns: returnsOf(row), parameters: [], effects, touches: [], value: null }],
    requires: contractPaths(row.locks.requires),
    forbids: [],
    takes: contractPaths(row.locks.takes),
    uses: { acquires: row.locks.takes.map(useOfContract), indirect: [], invokes: [] },
    drops: row.locks.releases.map((lock) => contractNames[lock.lock]),
    sleeps: null,
    source: 'contract',
  };
}

function useOfContract({ lock }: ContractLock): LockUse {
  const name = { name: contractNames[lock], parameter: null };
  return { lock: name, class: contractClasses[lock], mode: 'exclusive', irq: 'none', isTry: false, via: null };
}

function returnsOf(row: ContractRow): Intervals {
  return row.returns === 'errno' ? unite(zero, errorValues) : everything;
}
