// Stretches without interrupts that end wrongly: the saved state is written over, or interrupts come back under a lock that needs them off.

import type { Variable } from '../../flow/ir.ts';
import type { LockRecord } from '../../flow/lock-state.ts';
import type { FlowFile, FlowFunction } from '../../flow/program.ts';
import type { Trail } from '../../flow/trail.ts';
import type { ValueTable } from '../../flow/values.ts';
import { isSection, lockOperation } from '../../kernel/locks.ts';
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
      const flags = flagsOf(taker)?.name ?? '';
      found.set(point.node, { kind, call: point.node, record, taker, flags, trail: point.trail, values: points.result.values });
      // A lock says more than the stretch that began with it.
      if (!isSection(record.class)) break;
    }
  }
  return [...found.values()];
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
  const flags = flagsOf(node);
  return flags && before.irq === 'irqsave' && flagsOf(taker) === flags && !isKeptElsewhere(fn, flags) ? 'flags' : null;
}

/** The variable of the function's own that a call saves the state of interrupts in. */
function flagsOf(call: Call): Variable | null {
  const operation = lockOperation(call.name ?? '');
  const arg = operation && call.args[operation.argument === null ? 0 : operation.argument + 1];
  return arg?.kind === 'variable' && arg.variable.kind === 'local' ? arg.variable : null;
}

/** Whether the function puts the saved state aside. */
function isKeptElsewhere({ procedure }: FlowFunction, flags: Variable): boolean {
  return procedure.blocks.some(({ instructions }) =>
    instructions.some((one) => one.op === 'assign' && one.value.kind === 'variable' && one.value.variable === flags),
  );
}
