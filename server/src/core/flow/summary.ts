// What a function does to locks, as its callers see it.

import type { LockClass, LockOperation } from '../kernel/locks.ts';
import type { Intervals } from './intervals.ts';
import type { LockUses } from './lock-uses.ts';
import type { Store } from './store.ts';
import type { ValueId, ValueTable } from './values.ts';

/** A value as a caller can name it: built from arguments, globals and the result. */
export type Path =
  | { readonly kind: 'parameter'; readonly index: number }
  | { readonly kind: 'result' }
  | { readonly kind: 'global'; readonly name: string }
  | { readonly kind: 'number'; readonly value: number }
  | { readonly kind: 'field'; readonly base: Path; readonly name: string }
  | { readonly kind: 'element'; readonly base: Path; readonly index: Path }
  | { readonly kind: 'content'; readonly address: Path }
  | { readonly kind: 'container'; readonly of: Path; readonly name: string };

export interface LockEffect {
  readonly lock: Path;
  /** Which locks it is one of (`iommu_group.mutex`); null where that is not known, or the lock is what a parameter points at. */
  readonly name: string | null;
  readonly class: LockClass;
  readonly mode: LockOperation['mode'];
  readonly action: 'take' | 'give' | 'unknown';
}

/** One way to come back: with which results, for which arguments, and with which effect on locks. */
export interface ExitClass {
  readonly returns: Intervals;
  readonly parameters: readonly { readonly index: number; readonly set: Intervals }[];
  readonly effects: readonly LockEffect[];
  /** Objects of which an unseen function may have taken or given back locks. */
  readonly touches: readonly Path[];
  /** What is returned, where that is one thing that the caller can name: a field of an argument. */
  readonly value: Path | null;
  /** Places of the caller's that hold an object behind them whose lock was taken, on all these ways; none if absent. */
  readonly stores?: readonly StoredObject[];
}

/** `*place = object`. */
export interface StoredObject {
  readonly place: Path;
  readonly object: Path;
}

export interface Summary {
  readonly name: string;
  /** At least one unless the function does not come back. */
  readonly exits: readonly ExitClass[];
  /** Locks that the caller must hold: by an assertion on some path, by the heading, or by contract. */
  readonly requires: readonly Path[];
  /** Locks that the caller must not hold: by an assertion on some path, or by the heading. */
  readonly forbids: readonly Path[];
  /** Locks that are taken somewhere inside, here or by functions below, whether or not they are given back; where the caller can name them. */
  readonly takes: readonly Path[];
  /** Classes of locks that may be taken inside, whoever has the instance, and calls through pointers that may take more. */
  readonly uses: LockUses;
  /** Classes of locks of the caller's that may be given back inside, for a while too. */
  readonly drops: readonly string[];
  /** What sleeps in the end when it is called, whatever its arguments: `mutex_lock()`; null if nothing is known to. */
  readonly sleeps: string | null;
  /** Where the knowledge comes from; contracts are those of the era of the review. */
  readonly source: 'code' | 'annotation' | 'contract' | 'name';
}

const maxDepth = 12;

/** How a caller can name a value; null if it cannot. `parameters` are the values that the parameters had at entry. */
export function pathOf(
  values: ValueTable,
  pointer: ValueId,
  parameters: readonly ValueId[],
  result: ValueId | null,
  depth = 0,
): Path | null {
  if (depth > maxDepth) return null;
  const id = values.original(pointer);
  const index = parameters.indexOf(id);
  if (index >= 0) return { kind: 'parameter', index };
  if (result !== null && id === values.original(result)) return { kind: 'result' };
  const value = values.get(id);
  switch (value.kind) {
    case 'global':
      return { kind: 'global', name: value.name };
    case 'number':
      return { kind: 'number', value: value.value };
    case 'field': {
      const base = pathOf(values, value.base, parameters, result, depth + 1);
      return base && { kind: 'field', base, name: value.name };
    }
    case 'element': {
      const base = pathOf(values, value.base, parameters, result, depth + 1);
      const at = base && pathOf(values, value.index, parameters, result, depth + 1);
      return base && at && { kind: 'element', base, index: at };
    }
    case 'content': {
      const address = pathOf(values, value.address, parameters, result, depth + 1);
      return address && { kind: 'content', address };
    }
    case 'container': {
      const of = pathOf(values, value.of, parameters, result, depth + 1);
      return of && { kind: 'container', of, name: value.name };
    }
    default:
      return null;
  }
}

/** The value that a path names at a call. */
export function resolvePath(values: ValueTable, store: Store, path: Path, args: readonly ValueId[], result: ValueId): ValueId {
  switch (path.kind) {
    case 'parameter':
      return args[path.index] ?? values.unknown;
    case 'result':
      return result;
    case 'global':
      return values.global(path.name);
    case 'number':
      return values.number(path.value);
    case 'field': {
      const base = resolvePath(values, store, path.base, args, result);
      return base === values.unknown ? base : values.field(base, path.name);
    }
    case 'element': {
      const base = resolvePath(values, store, path.base, args, result);
      const index = resolvePath(values, store, path.index, args, result);
      return base === values.unknown || index === values.unknown ? values.unknown : values.element(base, index);
    }
    case 'content': {
      const address = resolvePath(values, store, path.address, args, result);
      return address === values.unknown ? address : store.read(values, values.original(address));
    }
    case 'container': {
      const of = resolvePath(values, store, path.of, args, result);
      return of === values.unknown ? of : values.container(of, path.name);
    }
  }
}
