// Calls under a lock that come to a function which takes the same lock: through a table of functions, for each member of something, or
// by waiting for what runs elsewhere.

import type { Expr } from '../../flow/ir.ts';
import { lockNameOfPointer } from '../../flow/lock-names.ts';
import type { FlowFile, FlowFunction } from '../../flow/program.ts';
import { resolvePath, type Path } from '../../flow/summary.ts';
import type { ValueId, ValueTable } from '../../flow/values.ts';
import { contractOf } from '../../kernel/contracts/index.ts';
import { setsUpFunction, waitsForFunction } from '../../kernel/handlers.ts';
import { isRecursive } from '../../kernel/locks.ts';
import type { RuleContext } from '../rule.ts';
import { valueOf } from '../../flow/evaluate.ts';
import { recordOf, type LockRecord } from '../../flow/lock-state.ts';
import { alwaysTaken } from './always.ts';
import { callsOf, isHeld, pointsOf, type Call, type Point } from './points.ts';

/** A call with a lock held that the function behind it takes. */
export interface SelfDeadlock {
  /** `operation`: called through a table of functions; `waited`: the call waits until it has ended. */
  readonly how: 'operation' | 'waited';
  readonly call: Call;
  readonly point: Point<Call>;
  readonly record: LockRecord;
  /** The function that takes the lock. */
  readonly callback: { readonly flow: FlowFile; readonly name: string };
  readonly values: ValueTable;
}

/** What a side sets up to run later: the function, by the class of the object that it runs for (`demo.work`). */
export type SetUps = ReadonlyMap<string, { readonly flow: FlowFile; readonly name: string }>;

/** Objects for which the files of a side set up more than one function are left out. */
export function setUpsOf(context: RuleContext): SetUps {
  const found = new Map<string, { readonly flow: FlowFile; readonly name: string }>();
  const ambiguous = new Set<string>();
  for (const file of context.files) {
    const flow = context.flow(file);
    for (const fn of flow.functions)
      for (const call of callsOf(fn)) {
        const set = call.name === null ? null : setsUpFunction(call.name);
        const object = set && objectName(flow, fn, call.args[set.object]);
        const name = set && set.function !== null ? functionName(call.args[set.function]) : null;
        if (object === null || name === null) continue;
        if (found.has(object) && found.get(object)?.name !== name) ambiguous.add(object);
        found.set(object, { flow, name });
      }
  }
  for (const object of ambiguous) found.delete(object);
  return found;
}

function functionName(arg: Expr | undefined): string | null {
  const expr = arg?.kind === 'address' ? arg.of : arg;
  return expr?.kind === 'global' ? expr.name : null;
}

/** The class of an object, named like that of a lock: structure and field. */
function objectName(flow: FlowFile, fn: FlowFunction, arg: Expr | undefined): string | null {
  return arg ? (lockNameOfPointer(arg, flow.naming(fn))?.name ?? null) : null;
}

/** Such calls of a function, each once. */
export function selfDeadlocksOf(flow: FlowFile, fn: FlowFunction, setUps: SetUps): SelfDeadlock[] {
  const under = new Set(flow.locks(fn)?.under.map((one) => one.call));
  const wanted = [...under].filter((call) => maySpeak(call));
  if (wanted.length === 0) return [];
  const points = pointsOf(flow, fn, { call: (call) => wanted.includes(call) });
  if (!points) return [];
  const { values } = points.result;
  const found: SelfDeadlock[] = [];
  const seen = new Set<Call>();
  for (const point of points.calls) {
    const call = point.node;
    if (seen.has(call)) continue;
    const args = call.args.map((arg) => valueOf(values, point.store, arg));
    const add = (how: SelfDeadlock['how'], lock: ValueId, callback: SelfDeadlock['callback']): void => {
      const record = recordOf(point.locks, values.original(lock));
      if (seen.has(call) || !record || !isHeld(record) || isRecursive(record.class, record.mode) || record.class === 'semaphore') return;
      seen.add(call);
      found.push({ how, call, point, record, callback, values });
    };
    const resolved = (paths: readonly Path[], given: readonly ValueId[]): ValueId[] =>
      paths.map((path) => resolvePath(values, point.store, path, given, values.unknown)).filter((lock) => lock !== values.unknown);
    if (call.name === null)
      for (const target of flow.targetsOf(fn, call).filter((one) => one.fn !== fn))
        for (const lock of resolved(alwaysTaken(target.file, target.fn.fn.name), args))
          add('operation', lock, { flow: target.file, name: target.fn.fn.name });
    const wait = call.name === null ? null : waitsForFunction(call.name);
    const object = wait && objectName(flow, fn, call.args[wait.object]);
    const awaited = object === null ? undefined : setUps.get(object);
    if (wait && awaited) {
      const at = args[wait.object] ?? values.unknown;
      const handed = wait.handed === null || at === values.unknown ? at : values.field(at, wait.handed);
      for (const lock of resolved(awaited.flow.summaryOf(awaited.name)?.takes ?? [], [handed])) add('waited', lock, awaited);
    }
  }
  return found;
}

function maySpeak(call: Call): boolean {
  return call.name === null ? call.callee.kind === 'field' : waitsForFunction(call.name) !== null;
}

/** A call that calls a function for each member under a lock, where that function takes the lock itself. */
export interface CalledAround {
  readonly call: Call;
  readonly callback: string;
  /** The function that the callback takes the lock through; null for its own text. */
  readonly via: string | null;
}

/** The mutex of the group of the device that a callback is handed first. */
const mutexOfItsGroup: Path = {
  kind: 'field',
  base: { kind: 'content', address: { kind: 'field', base: { kind: 'parameter', index: 0 }, name: 'iommu_group' } },
  name: 'mutex',
};

/** Such calls of a function by the contracts of the era, each once. */
export function calledAroundIn(context: RuleContext, flow: FlowFile, fn: FlowFunction): CalledAround[] {
  return callsOf(fn).flatMap((call): CalledAround[] => {
    const row = call.name === null ? null : contractOf(call.name, context.era.id);
    if (!row?.locks.aroundCallback.some((lock) => lock.lock === 'group-mutex')) return [];
    for (const arg of call.args) {
      const callback = functionName(arg);
      const summary = callback === null ? null : flow.summaryOf(callback);
      if (callback === null || !summary?.takes.some((path) => JSON.stringify(path) === JSON.stringify(mutexOfItsGroup))) continue;
      const use = summary.uses.acquires.find((one) => one.lock.name === 'iommu_group.mutex' && !one.isTry);
      if (use) return [{ call, callback, via: use.via }];
    }
    return [];
  });
}
