// Calls that need a lock which only one side of a patch takes for them: on the other side nobody holds it.

import { recordOf } from '../../flow/lock-state.ts';
import type { FlowFile, FlowFunction } from '../../flow/program.ts';
import { seemsToLock } from '../../flow/unseen-locks.ts';
import type { ValueId } from '../../flow/values.ts';
import type { EvidenceStep, RuleContext, SideFile } from '../rule.ts';
import { callsOf, pointsOf, type Call, type Point, type Points } from './points.ts';
import { mayDemand, requiredAt, type Demand } from './requirements.ts';
import { changesCallers, counterpartOf, isMoved, isTakenByPatch, lastWord } from './told-by-patch.ts';

/** Where the other side takes the lock that a call needs, by the called function and the lock as it prints. */
export type TakenOnOtherSide = ReadonlyMap<string, EvidenceStep>;

const nothing: TakenOnOtherSide = new Map();

/**
 * Locks that the other side of the patch takes for calls, wherever it makes them, on lines that only it has. Empty for a function that
 * may be called under a lock by now, and where the patch takes such a lock elsewhere.
 */
export function takenOnOtherSide(context: RuleContext, file: SideFile, flow: FlowFile, fn: FlowFunction): TakenOnOtherSide {
  const other = counterpartOf(context, file, fn);
  if (!other?.changed.some(({ action }) => action === 'acquire')) return nothing;
  const asking = new Set(callsOf(other.fn).filter((call) => call.scopeExit === null && mayDemand(other.flow, call, context.era.id)));
  const points = asking.size === 0 ? null : pointsOf(other.flow, other.fn, { call: (call) => asking.has(call) });
  if (!points || mayLockUnseen(file, fn)) return nothing;
  const { values } = points.result;
  const message = context.side === 'before' ? 'the patch takes it here' : 'the patch drops this';
  const found = new Map<string, EvidenceStep | null>();
  for (const point of points.calls)
    for (const { locks } of requiredAt(context, other.flow, values, point))
      for (const lock of locks) {
        const record = recordOf(point.locks, lock);
        const since = isTakenByPatch(other, record) ? record?.since?.step : undefined;
        const key = keyOf(point.node, values.printPlace(lock));
        found.set(key, since && found.get(key) !== null ? { at: { file: other.file, span: since.span }, message } : null);
      }
  const told = [...found].flatMap(([key, step]): [string, EvidenceStep][] => {
    const lock = key.slice(key.indexOf(' ') + 1);
    if (!step || isMoved(context, lock, 'acquire')) return [];
    return context.side === 'after' && changesCallers(context, fn.fn.name, lock) ? [] : [[key, step]];
  });
  return new Map(context.side === 'after' ? told.filter(([key]) => !isCalledUnder(flow, fn, lastWord(key))) : told);
}

/** The lock of a demand that a path does not have, since only the other side takes it; null where that is not so. */
export function freeByPatch(
  { result: { values } }: Points,
  point: Point<Call>,
  { locks }: Demand,
  told: TakenOnOtherSide,
): { readonly lock: ValueId; readonly step: EvidenceStep } | null {
  if (told.size === 0 || locks.some((lock) => recordOf(point.locks, lock))) return null;
  for (const lock of locks) {
    const step = told.get(keyOf(point.node, values.printPlace(lock)));
    if (step) return { lock, step };
  }
  return null;
}

/** Whether a caller in the file holds a lock of a name, or one that nobody could follow. */
function isCalledUnder(flow: FlowFile, fn: FlowFunction, name: string): boolean {
  return flow.functions.some((caller) => {
    if (caller === fn || !caller.callees.includes(fn.fn.name)) return false;
    const locks = flow.locks(caller);
    if (!locks) return false;
    if (locks.result.stopped !== null) return true;
    return locks.under.some(
      ({ call, held }) => call.name === fn.fn.name && held.some((lock) => lastWord(locks.result.values.printPlace(lock)) === name),
    );
  });
}

function keyOf({ name }: Call, lock: string): string {
  return `${name ?? ''} ${lock}`;
}

/** Whether the side has a call of its own that may take a lock, by its name. */
function mayLockUnseen(file: SideFile, fn: FlowFunction): boolean {
  return callsOf(fn).some(({ name, span }) => name !== null && file.isChanged(span.start) && seemsToLock(name));
}
