// What a called function asks of its caller's locks: by its own assertion or annotation, or by the contract tables.

import { valueOf } from '../../flow/evaluate.ts';
import type { Expr } from '../../flow/ir.ts';
import type { FlowFile } from '../../flow/program.ts';
import { resolvePath, type Summary } from '../../flow/summary.ts';
import type { ValueId, ValueTable } from '../../flow/values.ts';
import { contractOf, contractsOf } from '../../kernel/contracts/index.ts';
import { forbiddenUnderGroupMutex, operationContract } from '../../kernel/contracts/ops.ts';
import { allEras, type ContractLock, type ContractRow } from '../../kernel/contracts/row.ts';
import type { RuleContext } from '../rule.ts';
import type { Call, Point } from './points.ts';

/** A lock that a call names: the values that stand for it, since a device leads to its group in two ways. */
export interface NamedLock {
  readonly locks: readonly ValueId[];
  readonly kind: ContractLock['lock'] | 'asserted';
}

export interface Demand extends NamedLock {
  /** The kernel's own code says so. */
  readonly from: 'code' | 'contract';
  /** The contract is the same in every era, or the era is known. */
  readonly certain: boolean;
}

type Asked = 'requires' | 'takes' | 'mustNotHold';

/** Whether a call may have demands at all, told without walking. */
export function mayDemand(flow: FlowFile, call: Call, era: string): boolean {
  if (call.name !== null && forbiddenUnderGroupMutex(call.name) !== null) return true;
  if (call.name === null) return call.callee.kind === 'field' && operationContract(call.callee.name) !== null;
  const locks = contractFor(call.name, era)?.locks;
  if (locks && locks.requires.length + locks.takes.length + locks.mustNotHold.length > 0) return true;
  const summary = flow.summaryOf(call.name);
  return summary !== null && summary.requires.length + summary.forbids.length > 0;
}

/** What the code of a called function says; null where it is not at hand. */
function codeOf(flow: FlowFile, call: Call): Summary | null {
  const summary = call.name === null ? null : flow.summaryOf(call.name);
  return summary?.source === 'contract' ? null : summary;
}

/** Locks that must be held at a call. */
export function requiredAt(context: RuleContext, flow: FlowFile, values: ValueTable, point: Point<Call>): Demand[] {
  const { node, store } = point;
  const args = node.args.map((arg) => valueOf(values, store, arg));
  const code = codeOf(flow, node);
  const asserted = (code?.requires ?? []).flatMap((path): Demand[] => {
    // A lock that the callee gives back without need is a release too many.
    const text = JSON.stringify(path);
    if (code?.exits.some((exit) => exit.effects.some((effect) => effect.action === 'give' && JSON.stringify(effect.lock) === text)))
      return [];
    const lock = resolvePath(values, store, path, args, values.unknown);
    return lock === values.unknown ? [] : [{ locks: [values.original(lock)], kind: 'asserted', from: 'code', certain: true }];
  });
  return asserted.length > 0 ? asserted : fromContract(context, values, point, ['requires']);
}

/** Locks that must not be held at a call. What a function of the file takes is seen in its code. */
export function forbiddenAt(context: RuleContext, flow: FlowFile, values: ValueTable, point: Point<Call>): Demand[] {
  const { node } = point;
  if (node.name !== null) {
    const code = codeOf(flow, node);
    const args = node.args.map((arg) => valueOf(values, point.store, arg));
    const asserted = (code?.forbids ?? []).flatMap((path): Demand[] => {
      const lock = resolvePath(values, point.store, path, args, values.unknown);
      return lock === values.unknown ? [] : [{ locks: [values.original(lock)], kind: 'asserted', from: 'code', certain: true }];
    });
    return [...asserted, ...fromContract(context, values, point, code ? ['mustNotHold'] : ['mustNotHold', 'takes'])];
  }
  const operation = node.callee.kind === 'field' ? operationContract(node.callee.name) : null;
  return (operation?.mustNotHold ?? []).flatMap((lock) => named(values, point, lock, true));
}

function fromContract(context: RuleContext, values: ValueTable, point: Point<Call>, asked: readonly Asked[]): Demand[] {
  const name = point.node.name ?? '';
  const contract = contractFor(name, context.era.id);
  if (!contract) return [];
  const rows = contractsOf(name);
  const same = rows.every((row) => asked.every((one) => JSON.stringify(row.locks[one]) === JSON.stringify(contract.locks[one])));
  const everywhere = same && allEras.every((era) => rows.some((row) => row.eras.includes(era)));
  const certain = everywhere || (context.era.certain && contractOf(name, context.era.id) !== null);
  return asked.flatMap((one) => contract.locks[one]).flatMap((lock) => named(values, point, lock, certain));
}

/** The contract of the era, else that of the first later kernel that has one: what was not read in the era's own code is never certain. */
function contractFor(name: string, era: string): ContractRow | null {
  const own = contractOf(name, era);
  if (own) return own;
  const at = allEras.findIndex((id) => id === era);
  return contractsOf(name).find((row) => row.eras.some((id) => allEras.indexOf(id) > at)) ?? null;
}

function named(values: ValueTable, { node, store }: Point<Call>, lock: ContractLock, certain: boolean): Demand[] {
  if (lock.argument === null) return [{ locks: [values.global(lock.path)], kind: lock.lock, from: 'contract', certain }];
  const arg = node.args[lock.argument];
  const value = arg ? valueOf(values, store, arg) : values.unknown;
  if (value === values.unknown) return [];
  const demand = (locks: readonly ValueId[]): Demand[] => [{ locks, kind: lock.lock, from: 'contract', certain }];
  switch (lock.path) {
    case '->mutex':
    case '':
      return demand([values.field(value, 'mutex')]);
    case '->mmap_lock':
      return demand([values.field(value, 'mmap_lock')]);
    case '->iommu_group->mutex': {
      const device = values.original(value);
      const group = store.read(values, values.field(device, 'iommu_group'));
      return demand([values.field(group, 'mutex'), values.field(values.apply('iommu_group_get', [device], true), 'mutex')]);
    }
    default:
      return [];
  }
}

/** Whether an expression is the address of the mutex of an IOMMU group. */
export function isGroupMutex(expr: Expr | undefined): boolean {
  const of = expr?.kind === 'address' ? expr.of : undefined;
  if (of?.kind !== 'field' || !of.arrow || of.name !== 'mutex') return false;
  if (of.base.kind === 'field') return of.base.name === 'iommu_group';
  return of.base.kind === 'variable' && /^(?:const )?struct iommu_group ?\*$/.test(of.base.variable.type);
}
