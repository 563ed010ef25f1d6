// Stretches without interrupts that end wrongly: the saved state is written over, or interrupts come back under a lock that needs them off.

import type { LockRecord } from '../../flow/lock-state.ts';
import type { FlowFile, FlowFunction } from '../../flow/program.ts';
import type { Trail } from '../../flow/trail.ts';
import type { ValueTable } from '../../flow/values.ts';
import { isSection, lockOperation } from '../../kernel/locks.ts';
import type { RuleContext, SideFile } from '../rule.ts';
import { heldAtNewCall, hiddenLocks, nameIn, type HiddenLock } from './behind-gap.ts';
import { callsOf, pointsOf, type Call, type Point } from './points.ts';

export interface IrqLoss {
  /** `flags`: the call saves into a variable that holds what is still needed; `on`: it switches interrupts on. */
  readonly kind: 'flags' | 'on';
  readonly call: Call;
  /** What is still held, and the call that took it with interrupts off. */
  readonly record: LockRecord;
  readonly taker: Call;
  readonly flags: string;
  readonly trail: Trail | null;
  readonly values: ValueTable;
}

/** Such calls of a function, each once. */
export function irqLosses(flow: FlowFile, fn: FlowFunction): IrqLoss[] {
  if (!fn.callees.some(savesOrEnables)) return [];
  const points = pointsOf(flow, fn, { call: (call) => call.name !== null && savesOrEnables(call.name) });
  if (!points) return [];
  const calls = new Map(callsOf(fn).map((call) => [call.span.start, call]));
  const found = new Map<Call, IrqLoss>();
  for (const point of points.calls) {
    if (found.has(point.node)) continue;
    const given = new Set(points.locks.flatMap((event) => (event.span.start === point.node.span.start ? [event.lock] : [])));
    for (const record of point.locks.records) {
      const taker = record.status === 'held' ? takerOf(calls, record) : null;
      const kind = taker && !given.has(record.lock) ? lossOf(fn, point, record, taker) : null;
      if (!taker || kind === null) continue;
      const flags = flagsOf(fn, taker) ?? '';
      found.set(point.node, { kind, call: point.node, record, taker, flags, trail: point.trail, values: points.result.values });
      // A lock says more than the stretch that began with it.
      if (!isSection(record.class)) break;
    }
  }
  return [...found.values()];
}

/** The same where no hunk shows the outer lock being taken: what is given back below needs interrupts off, or their saved state. */
export interface HiddenIrqLoss {
  readonly kind: IrqLoss['kind'];
  readonly call: Call;
  readonly lock: HiddenLock;
  readonly flags: string;
}

/** Such calls that a patch adds to a function. */
export function hiddenIrqLosses(context: RuleContext, file: SideFile, flow: FlowFile, fn: FlowFunction): HiddenIrqLoss[] {
  const added = callsOf(fn).filter((call) => call.name !== null && file.isChanged(call.span.start) && savesOrEnables(call.name));
  if (added.length === 0) return [];
  const locks = hiddenLocks(context, file, flow, fn).filter(({ release }) => !file.isChanged(release.span.start));
  return added.flatMap((call): HiddenIrqLoss[] => {
    for (const lock of heldAtNewCall(file, fn, locks, call)) {
      const [now, later] = [lockOperation(call.name ?? ''), lockOperation(lock.release.name ?? '')];
      const flags = flagsOf(fn, lock.release) ?? '';
      if (now?.action === 'release' && (later?.irq === 'irq' || later?.irq === 'irqsave')) return [{ kind: 'on', call, lock, flags }];
      if (now?.action === 'acquire' && later?.irq === 'irqsave' && flags !== '' && flagsOf(fn, call) === flags)
        return [{ kind: 'flags', call, lock, flags }];
    }
    return [];
  });
}

function savesOrEnables(name: string): boolean {
  const operation = lockOperation(name);
  return (operation?.action === 'acquire' && operation.irq === 'irqsave') || (operation?.action === 'release' && operation.irq === 'irq');
}

/** The call of this function, and of no other, that took a lock. */
function takerOf(calls: ReadonlyMap<number, Call>, { since }: LockRecord): Call | null {
  const step = since?.step;
  return step?.kind === 'acquire' && step.via === null ? (calls.get(step.span.start) ?? null) : null;
}

function lossOf(fn: FlowFunction, { node }: Point<Call>, record: LockRecord, taker: Call): IrqLoss['kind'] | null {
  const [now, before] = [lockOperation(node.name ?? ''), lockOperation(taker.name ?? '')];
  if (!now || !before) return null;
  if (now.action === 'release') {
    const isOff = before.irq === 'irq' || before.irq === 'irqsave';
    return isOff && !isSection(record.class) ? 'on' : null;
  }
  const flags = flagsOf(fn, node);
  return flags !== null && before.irq === 'irqsave' && flagsOf(fn, taker) === flags && !isKeptElsewhere(fn, flags) ? 'flags' : null;
}

/** The variable of the function's own that a call saves the state of interrupts in, or one that no hunk declares; null for others. */
function flagsOf({ procedure }: FlowFunction, call: Call): string | null {
  const operation = lockOperation(call.name ?? '');
  const arg = operation && call.args[operation.argument === null ? 0 : operation.argument + 1];
  if (arg?.kind === 'variable') return arg.variable.kind === 'local' ? arg.variable.name : null;
  const isSeenWhole = procedure.opaque.every(({ reason }) => reason !== 'gap');
  return !arg || arg.kind !== 'global' || isSeenWhole ? null : nameIn(arg);
}

/** Whether the function puts the saved state aside. */
function isKeptElsewhere({ procedure }: FlowFunction, flags: string): boolean {
  return procedure.blocks.some(({ instructions }) => instructions.some((one) => one.op === 'assign' && nameIn(one.value) === flags));
}
