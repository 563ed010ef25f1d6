// Which classes of locks a function may take, by itself and by what it calls; read off its instructions, not off its paths.

import { isSection, lockOperation, type LockClass, type LockOperation } from '../kernel/locks.ts';
import type { Instruction, Procedure } from './ir.ts';
import { lockNameOfCall, lockNameOfPointer, type LockName, type NamingContext } from './lock-names.ts';

type Call = Extract<Instruction, { op: 'call' }>;

/** Locks of one class that a function may take. */
export interface LockUse {
  readonly lock: LockName;
  readonly class: LockClass;
  readonly mode: LockOperation['mode'];
  readonly irq: LockOperation['irq'];
  /** Taken only if it is free: nobody waits for it. */
  readonly isTry: boolean;
  /** The called function that takes it; null for a lock function in the function's own text. */
  readonly via: string | null;
}

/** A call of a function that only a table of functions or an argument names. */
export interface IndirectCall {
  /** `iommu_domain_ops.attach_dev`: what fills this field is called; or a function that was handed to one which calls it. */
  readonly target:
    | { readonly kind: 'operation'; readonly struct: string; readonly field: string }
    | { readonly kind: 'function'; readonly name: string; readonly path: string };
  /** The called function that makes the call; null for the function itself. */
  readonly via: string | null;
}

/** What a call of a function may do to locks, by class. */
export interface LockUses {
  readonly acquires: readonly LockUse[];
  readonly indirect: readonly IndirectCall[];
  /** Indexes of parameters that it, or a function below it, calls. */
  readonly invokes: readonly number[];
}

export const noUses: LockUses = { acquires: [], indirect: [], invokes: [] };

/** More classes than this are not told apart: what takes as many is no way that a reader could follow. */
const maxUses = 300;

/** What one call does: the lock function itself, the called function's uses as its caller names them, or a call through a pointer. */
export function usesOfCall(call: Call, context: NamingContext, known: (name: string) => LockUses | null): LockUses {
  if (call.name === null) return indirectCall(call, context);
  const operation = lockOperation(call.name);
  if (operation) {
    const isLock = operation.action === 'acquire' && !isSection(operation.class);
    const lock = isLock ? lockNameOfCall(call, context) : null;
    if (!lock) return noUses;
    return { ...noUses, acquires: [useOf(operation, lock)] };
  }
  const uses = known(call.name);
  return uses ? translate(call, call.name, uses, context) : noUses;
}

function useOf(operation: LockOperation, lock: LockName): LockUse {
  const isTry = operation.success !== 'always' && !operation.sleeps;
  return { lock, class: operation.class, mode: operation.mode, irq: operation.irq, isTry, via: null };
}

function indirectCall(call: Call, context: NamingContext): LockUses {
  const { callee } = call;
  if (callee.kind === 'variable') {
    const parameter = context.procedure.parameters.indexOf(callee.variable);
    return parameter < 0 ? noUses : { ...noUses, invokes: [parameter] };
  }
  const operation = operationOf(call, context);
  return operation ? { ...noUses, indirect: [{ target: { kind: 'operation', ...operation }, via: null }] } : noUses;
}

/** The field that a call through a pointer reads, with the tag of its structure; null where that is not known. */
export function operationOf({ callee }: Call, { types }: NamingContext): { readonly struct: string; readonly field: string } | null {
  const struct = callee.kind === 'field' ? (types.typeOf(callee.base)?.tag ?? null) : null;
  return struct === null || callee.kind !== 'field' ? null : { struct, field: callee.name };
}

/** The uses of a called function in the words of its caller. */
function translate(call: Call, via: string, uses: LockUses, context: NamingContext): LockUses {
  const acquires = uses.acquires.flatMap((use): LockUse[] => {
    const lock = use.lock.parameter === null ? use.lock : pointerArgument(call, use.lock.parameter, context);
    return lock ? [{ ...use, lock, via }] : [];
  });
  const invokes: number[] = [];
  const indirect = uses.indirect.map((one): IndirectCall => ({ ...one, via }));
  for (const index of uses.invokes) {
    let arg = call.args[index];
    if (arg?.kind === 'address') arg = arg.of;
    if (arg?.kind === 'global') indirect.push({ target: { kind: 'function', name: arg.name, path: context.types.path }, via });
    else if (arg?.kind === 'variable') {
      const parameter = context.procedure.parameters.indexOf(arg.variable);
      if (parameter >= 0) invokes.push(parameter);
    }
  }
  return { acquires, indirect, invokes };
}

function pointerArgument(call: Call, index: number, context: NamingContext): LockName | null {
  const arg = call.args[index];
  return arg ? lockNameOfPointer(arg, context) : null;
}

/** All uses of a procedure, each once, in the order of the text. */
export function usesOf(procedure: Procedure, context: NamingContext, known: (name: string) => LockUses | null): LockUses {
  const parts: LockUses[] = [];
  for (const block of procedure.blocks)
    for (const one of block.instructions) if (one.op === 'call') parts.push(usesOfCall(one, context, known));
  return joinUses(parts);
}

/** Uses together, the first of equal ones kept. */
export function joinUses(parts: readonly LockUses[]): LockUses {
  if (parts.every((part) => part === noUses)) return noUses;
  const acquires = new Map<string, LockUse>();
  const indirect = new Map<string, IndirectCall>();
  const invokes = new Set<number>();
  for (const part of parts) {
    for (const use of part.acquires) if (!acquires.has(useKey(use)) && acquires.size < maxUses) acquires.set(useKey(use), use);
    for (const one of part.indirect) if (!indirect.has(targetKey(one)) && indirect.size < maxUses) indirect.set(targetKey(one), one);
    for (const index of part.invokes) invokes.add(index);
  }
  return { acquires: [...acquires.values()], indirect: [...indirect.values()], invokes: [...invokes] };
}

export function useKey({ lock, mode, irq, isTry }: LockUse): string {
  return `${lock.name ?? String(lock.parameter)} ${mode} ${irq} ${isTry ? 'try' : ''}`;
}

export function targetKey({ target }: IndirectCall): string {
  return target.kind === 'operation' ? `${target.struct}.${target.field}` : `${target.path}:${target.name}`;
}

/** What is known with what was found; the very same where nothing is new. What was known first stays: its way goes round no circle. */
export function addUses(known: LockUses, found: LockUses): LockUses {
  const all = joinUses([known, found]);
  const size = (uses: LockUses): number => uses.acquires.length + uses.indirect.length + uses.invokes.length;
  return size(all) === size(known) ? known : all;
}

/** Goes round until no member gets anything new. */
export function completeCircle<T>(members: readonly T[], grows: (member: T) => boolean): void {
  for (let changed = true; changed;) {
    changed = false;
    for (const member of members) if (grows(member)) changed = true;
  }
}
