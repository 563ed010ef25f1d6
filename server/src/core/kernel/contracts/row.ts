// The form of an API contract: what a function of the kernel asks of its caller and promises, per era.

import { eraIds, type EraId } from '../eras.ts';

/** What an interface is about. `user` is a process, file or file descriptor. */
export type Scope = 'device' | 'group' | 'domain' | 'user';

/**
 * A lock as a caller names it: its class, and how the instance is reached from an argument.
 * `argument` counts from 0 and is null for a lock without an owner among the arguments; `path` is the C path from the argument
 * (`->mutex`; empty where the argument itself is what `device_lock()` takes). Where the group hangs off a device argument the
 * path goes through `iommu_group`.
 */
export interface ContractLock {
  readonly lock: 'group-mutex' | 'device-lock' | 'probe-device-lock' | 'sva-lock' | 'mmap-lock';
  readonly argument: number | null;
  readonly path: string;
}

/**
 * Why a call fails. `conflict`: the right request at the wrong moment (bound, attached, owned, in use); `never-valid`: no moment
 * would make it right; `missing`: no group, IOMMU or op; `permission`; `resource`: memory, ids; `unsupported`; `defer`;
 * `driver`: whatever the driver's op returns.
 */
export type ErrorClass = 'conflict' | 'never-valid' | 'missing' | 'permission' | 'resource' | 'unsupported' | 'defer' | 'driver';

export interface ContractError {
  /** `-EBUSY`; `driver` for codes that are passed on from an op. */
  readonly code: string;
  readonly class: ErrorClass;
  readonly when: string;
}

export interface ContractLocks {
  /** Held by the caller at entry and at exit. */
  readonly requires: readonly ContractLock[];
  /** Taken and dropped inside, so the caller must not hold them. */
  readonly takes: readonly ContractLock[];
  /** Not taken by this function itself, but a callback of it may: the caller must not hold them. */
  readonly mustNotHold: readonly ContractLock[];
  /** Held while a callback runs. */
  readonly aroundCallback: readonly ContractLock[];
  /** Held at entry and given back inside, against the rule that functions leave their caller's locks alone. */
  readonly releases: readonly ContractLock[];
}

export type ReturnClass = 'errno' | 'pointer-or-null' | 'pointer-or-error' | 'pointer' | 'value' | 'void';

export interface ContractRow {
  readonly name: string;
  readonly eras: readonly EraId[];
  /** What the caller names. */
  readonly scope: Scope;
  /** Whose state it reads or changes. */
  readonly stateOf: Scope;
  readonly locks: ContractLocks;
  readonly returns: ReturnClass;
  /** In the order of evaluation. */
  readonly errors: readonly ContractError[];
  readonly effect: string;
  /** The call that undoes it. */
  readonly pair: string | null;
  /** The same action for the whole group, where there is one. */
  readonly groupVariant: string | null;
  /** What later kernels use instead. */
  readonly successor: string | null;
  /** Where the row was read: a kernel file and version, a document, a mail. */
  readonly source: string;
}

const noLocks: ContractLocks = { requires: [], takes: [], mustNotHold: [], aroundCallback: [], releases: [] };

export const allEras: readonly EraId[] = eraIds;
/** From the merged ownership interfaces on. */
export const ownerMergedOn: readonly EraId[] = ['owner-merged', 'v6.1', 'v6.12'];
/** Trees that were read whole. */
export const trees: readonly EraId[] = ['v6.1', 'v6.12'];
/** Everything before the ownership interfaces and up to 6.1, where the internals changed little. */
export const until61: readonly EraId[] = eraIds.filter((id) => id !== 'v6.12');

/** `group->mutex` of the group that is argument `n`. */
export function groupMutex(argument: number): ContractLock {
  return { lock: 'group-mutex', argument, path: '->mutex' };
}

/** The mutex of the group of the device that is argument `n`. */
export function groupMutexOfDevice(argument: number): ContractLock {
  return { lock: 'group-mutex', argument, path: '->iommu_group->mutex' };
}

/** The lock that `device_lock()` takes of the device that is argument `n`. */
export function deviceLock(argument: number): ContractLock {
  return { lock: 'device-lock', argument, path: '' };
}

/** A row from what differs from the usual: no locks, no errors, no pair. */
export function row(
  given: Pick<ContractRow, 'name' | 'eras' | 'scope' | 'returns' | 'source'> &
    Partial<Omit<ContractRow, 'locks'>> & { readonly locks?: Partial<ContractLocks> },
): ContractRow {
  return {
    stateOf: given.scope,
    errors: [],
    effect: '',
    pair: null,
    groupVariant: null,
    successor: null,
    ...given,
    locks: { ...noLocks, ...given.locks },
  };
}

export function conflict(code: string, when: string): ContractError {
  return { code, class: 'conflict', when };
}

export function neverValid(when: string, code = '-EINVAL'): ContractError {
  return { code, class: 'never-valid', when };
}

export function missing(when: string, code = '-ENODEV'): ContractError {
  return { code, class: 'missing', when };
}

export function permission(when: string, code = '-EPERM'): ContractError {
  return { code, class: 'permission', when };
}

export function resource(when: string, code = '-ENOMEM'): ContractError {
  return { code, class: 'resource', when };
}

export function unsupported(when: string, code = '-EOPNOTSUPP'): ContractError {
  return { code, class: 'unsupported', when };
}

export const fromDriver: ContractError = { code: 'driver', class: 'driver', when: "whatever the driver's op returns" };
