// Names of lock classes: all instances of one field of one structure, or one lock of the whole system. Orders hold between classes.

import { lockOperation, type LockOperation } from '../kernel/locks.ts';
import { knownLock } from '../kernel/lock-order.ts';
import type { ProcedureTypes } from './c-types.ts';
import type { Expr, Instruction, Procedure } from './ir.ts';

type Call = Extract<Instruction, { op: 'call' }>;

/**
 * Which class a lock is of: `iommu_group.mutex` (structure tag and field), `iommu_probe_device_lock` (a lock at file level; one that
 * belongs to its file alone and is not in the tables has the path before it), or the lock that a parameter points at.
 */
export type LockName = { readonly name: string; readonly parameter: null } | { readonly name: null; readonly parameter: number };

/** What names of locks are worked out from: a procedure, its types, and which names belong to its file alone. */
export interface NamingContext {
  readonly procedure: Procedure;
  readonly types: ProcedureTypes;
  isStatic(name: string): boolean;
}

const maxHops = 6;

/** The class of the lock that a lock function of the tables works on; null where it is not known. */
export function lockNameOfCall(call: Call, context: NamingContext): LockName | null {
  const operation = call.name === null ? null : lockOperation(call.name);
  return operation && lockNameOf(call, operation, context);
}

function lockNameOf(call: Call, operation: LockOperation, context: NamingContext): LockName | null {
  if (operation.argument === null) return operation.field === null ? null : named(operation.field);
  const arg = call.args[operation.argument];
  if (!arg) return null;
  const { field, holder } = operation;
  if (field === null) return lockNameOfPointer(arg, context);
  // `pci_dev_lock(pdev)` takes the lock of the device inside.
  if (holder !== null) return named(holder === 'pci_dev' ? 'device.mutex' : `${holder}.${field}`);
  const owner = lockNameOfPointer(arg, context);
  return owner && owner.name !== null ? named(`${owner.name}.${field}`) : null;
}

/** The class of the lock at an address. */
export function lockNameOfPointer(pointer: Expr, context: NamingContext, hops = 0): LockName | null {
  if (hops > maxHops) return null;
  switch (pointer.kind) {
    case 'address':
      return nameOfPlace(pointer.of, context);
    case 'cast':
      return lockNameOfPointer(pointer.of, context, hops + 1);
    case 'field':
    case 'index':
      // A pointer to a lock that stands elsewhere, or a lock in an array: as good a class as its holder.
      return nameOfPlace(pointer, context);
    case 'variable': {
      const { variable } = pointer;
      const values = context.types.valuesOf(variable);
      if (variable.kind === 'parameter' && values.length === 0) {
        const parameter = context.procedure.parameters.indexOf(variable);
        return parameter < 0 ? null : { name: null, parameter };
      }
      const [only, ...others] = values;
      return only === undefined || typeof only === 'string' || others.length > 0 ? null : lockNameOfPointer(only, context, hops + 1);
    }
    default:
      return null;
  }
}

/** The class of the lock that stands at a place. */
function nameOfPlace(place: Expr, context: NamingContext): LockName | null {
  switch (place.kind) {
    case 'global':
      return named(ownName(place.name, context));
    case 'index':
    case 'deref':
      return nameOfPlace(place.kind === 'index' ? place.base : place.of, context);
    case 'field': {
      const type = context.types.typeOf(place.base);
      if (type && type.tag !== null) return named(`${type.tag}.${place.name}`);
      // A structure without a tag stands inside another, or is one variable.
      const isInside = !place.arrow && (place.base.kind === 'field' || place.base.kind === 'global');
      const outer = isInside ? nameOfPlace(place.base, context) : null;
      return outer && outer.name !== null ? named(`${outer.name}.${place.name}`) : null;
    }
    default:
      return null;
  }
}

function ownName(name: string, { isStatic, types }: NamingContext): string {
  return knownLock(name) || !isStatic(name) ? name : `${types.path}:${name}`;
}

function named(name: string): LockName {
  return { name, parameter: null };
}

/** A class as people say it, without the path of the file that it belongs to. */
export function plainLockName(name: string): string {
  return name.slice(name.lastIndexOf(':') + 1);
}
