// Contracts of driver operations: what the core asks of itself when it calls one through a table.

import { allEras, groupMutexOfDevice, type ContractLock } from './row.ts';
import type { EraId } from '../eras.ts';

export interface OperationContract {
  /** The field that holds the pointer: `ops->probe_finalize(dev)`. */
  readonly operation: string;
  readonly eras: readonly EraId[];
  /** Locks that the caller must not hold, by the arguments of the operation. */
  readonly mustNotHold: readonly ContractLock[];
  readonly why: string;
  readonly source: string;
}

const operations: readonly OperationContract[] = [
  {
    operation: 'probe_finalize',
    eras: allEras,
    mustNotHold: [groupMutexOfDevice(0)],
    why: 'drivers attach a domain in it, which takes the group mutex',
    source: 'drivers/iommu/iommu.c, Linux 6.1 and 6.12; Documentation of struct iommu_ops',
  },
];

/**
 * Why a lock function or a copy to or from user memory must not be called with the mutex of a group held; null for other functions. A
 * device lock comes before the mutex everywhere (really_probe() holds it when the hook of the bus asks for the group), and user memory
 * may have to be read in, which takes as long as the user likes.
 */
export function forbiddenUnderGroupMutex(name: string): 'device-lock' | 'user-memory' | null {
  if (/^(?:pci_dev|device)_lock(?:_interruptible)?$/.test(name)) return 'device-lock';
  return /^(?:copy_(?:to|from)_user|get_user|put_user|strncpy_from_user|memdup_user|strndup_user|copy_struct_from_user)$/.test(name)
    ? 'user-memory'
    : null;
}

/** The contract of an operation of a driver by the name of its field, or null. */
export function operationContract(operation: string): OperationContract | null {
  return operations.find((one) => one.operation === operation) ?? null;
}
