// Locks that a function's heading or its contract names: `__acquires(&group->mutex)`, `__must_hold(&rq->lock)`, a row of the tables.

import type { ContractLock, ContractRow } from '../kernel/contracts/row.ts';
import type { LockClass } from '../kernel/locks.ts';
import type { CFunction } from '../syntax/types.ts';
import { errorValues, everything, unite, zero, type Intervals } from './intervals.ts';
import type { LockUse } from './lock-uses.ts';
import type { Path, Summary } from './summary.ts';

/** The locks of `__acquires` and `__releases`; those whose text is no path from a parameter or a global are left out. */
export function annotatedLocks(fn: CFunction): Path[] {
  return namedBy(fn, ['__acquires', '__releases']);
}

/** The locks that the caller holds by `__must_hold`, `__must_hold_shared` or `__releases`; those without a path are left out. */
export function annotatedRequirements(fn: CFunction): Path[] {
  return namedBy(fn, ['__must_hold', '__must_hold_shared', '__releases']);
}

function namedBy(fn: CFunction, annotations: readonly string[]): Path[] {
  return fn.annotations.flatMap((one) => {
    if (!annotations.includes(one.name) || one.argument === null) return [];
    return lockPath(one.argument, fn) ?? [];
  });
}

/** Reads `&a->b.c`: the address of the lock, or a pointer to it where the text is a bare parameter. */
function lockPath(text: string, fn: CFunction): Path | null {
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
    takes: contractPaths(row.locks.takes),
    uses: { acquires: row.locks.takes.map(useOfContract), indirect: [], invokes: [] },
    drops: row.locks.releases.map((lock) => contractNames[lock.lock]),
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
