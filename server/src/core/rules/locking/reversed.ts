// A lock that is given back where it should be taken, and taken where it should be given back.

import type { Instruction } from '../../flow/ir.ts';
import { recordOf } from '../../flow/lock-state.ts';
import type { FlowFile, FlowFunction, LockWalk } from '../../flow/program.ts';
import type { LockEvent } from '../../flow/walk-events.ts';
import { asksWhetherHeld, lockOperation } from '../../kernel/locks.ts';
import { isSilentCall } from '../../kernel/primitives.ts';

/**
 * Whether a function gives back a lock that it did not take, and ends with it taken, though nobody drops a lock like that on purpose:
 * nothing happens in between but plain writes, or no function that could hold it calls this one.
 */
export function isReversed(flow: FlowFile, fn: FlowFunction, locks: LockWalk, event: LockEvent): boolean {
  // Who asks whether it is held knows that it may be the caller's.
  if (fn.callees.some(asksWhetherHeld)) return false;
  const ends = locks.result.exits.map((exit) => recordOf(exit.state.locks, event.lock)?.status ?? null);
  if (!ends.includes('retaken') || ends.some((one) => one !== 'retaken' && one !== null)) return false;
  const own = locks.events.filter((other) => other.lock === event.lock);
  const [first, ...more] = [...new Set(own.map((one) => `${String(one.span.start)} ${one.action}`))];
  if (own.some((one) => one.indirect) || first === undefined || more.length !== 1) return false;
  const retaken = own.find((one) => one.action === 'acquire');
  if (!retaken || retaken.span.start < event.span.start || lockOperation(retaken.name)?.success !== 'always') return false;
  return onlyWrites(fn, event.span.end, retaken.span.start) || isNobodys(flow, fn, locks, event);
}

/** Whether the code between two offsets writes something, and calls nothing that could need the lock to be free. */
function onlyWrites(fn: FlowFunction, from: number, to: number): boolean {
  const within = fn.procedure.blocks.flatMap((block) => block.instructions.filter(({ span }) => span.start >= from && span.end <= to));
  return within.some(isWrite) && within.every((one) => one.op === 'assign' || (one.op === 'call' && isPlainCall(one)));
}

function isWrite(one: Instruction): boolean {
  return (
    (one.op === 'assign' && one.target.kind !== 'variable') ||
    (one.op === 'call' && /^(?:list|hlist)_(?:add|del|move)/.test(one.name ?? ''))
  );
}

function isPlainCall({ name }: Extract<Instruction, { op: 'call' }>): boolean {
  if (name === null || /relax|resched|delay|barrier|^smp_|sleep|yield|free/.test(name)) return false;
  return isSilentCall(name) || /^(?:list|hlist|rb|bitmap|atomic|refcount)_|^_*(?:set|clear|test)_bit$|^(?:WRITE|READ)_ONCE$/.test(name);
}

/** Whether the lock is the file's own, and no function of the file that holds it calls this one, itself or by way of others. */
function isNobodys(flow: FlowFile, fn: FlowFunction, locks: LockWalk, event: LockEvent): boolean {
  const name = locks.result.names.get(event.lock);
  if (name === undefined || !isDefinedHere(flow.c, name)) return false;
  const leading = leadingTo(flow, fn);
  return !flow.functions.some((other) => {
    if (!other.callees.some((callee) => leading.has(callee))) return false;
    const walked = flow.locks(other);
    return walked?.callees.some(
      ({ summary, state }) =>
        leading.has(summary.name) &&
        (state.locks.allTouched ||
          state.locks.records.some(({ lock, status }) => status !== 'freed' && walked.result.names.get(lock) === name)),
    );
  });
}

/** Names of the function and of those of the file that call it, itself or by way of others. */
function leadingTo(flow: FlowFile, fn: FlowFunction): ReadonlySet<string> {
  const names = new Set([fn.fn.name]);
  for (let grown = true; grown;) {
    grown = false;
    for (const other of flow.functions)
      if (!names.has(other.fn.name) && other.callees.some((callee) => names.has(callee))) {
        names.add(other.fn.name);
        grown = true;
      }
  }
  return names;
}

/** Whether the structure of a class of locks, or the lock itself, is the file's own. */
function isDefinedHere({ path, text }: FlowFile['c'], name: string): boolean {
  if (name.startsWith(`${path}:`)) return true;
  const [tag = '', field] = name.split('.');
  return field !== undefined && /^\w+$/.test(tag) && new RegExp(`struct\\s+${tag}\\s*\\{`).test(text);
}
