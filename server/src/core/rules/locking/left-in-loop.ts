// Locks of an element of a loop that one way through a round gives back and another leaves held, so that the next round forgets it.

import type { Span } from '../../base/text.ts';
import type { Expr, Instruction, Terminator, Variable } from '../../flow/ir.ts';
import { recordOf, type LockRecord } from '../../flow/lock-state.ts';
import type { FlowFile, FlowFunction, LockLeft, LockWalk } from '../../flow/program.ts';
import type { Trail } from '../../flow/trail.ts';
import type { ValueId, ValueTable } from '../../flow/values.ts';
import { isLockName } from '../../kernel/lock-names.ts';
import { lockOperation } from '../../kernel/locks.ts';
import { isAnnotated, tellsByParameter } from './handover.ts';

/** Text behind a test in which its `continue` has to stand. */
const reach = 200;

/**
 * Ends of rounds that leave a lock which another way through the same round gives back. Silent where anything says that the lock is kept
 * on purpose: the function's name or heading, a release elsewhere of what was taken in earlier rounds, or an element that is handed on.
 */
export function leftInLoops(text: string, flow: FlowFile, fn: FlowFunction, locks: LockWalk): LockLeft[] {
  if (locks.left.length === 0 || isLockName(fn.fn.name) || isAnnotated(flow, fn) || tellsByParameter(fn)) return [];
  if (fn.callees.some((name) => !lockOperation(name) && /unlock|release/.test(name))) return [];
  const seen = new Set<string>();
  return locks.left.filter((left) => {
    const { record, terminator } = left;
    const step = record.since?.step;
    if (step?.kind !== 'acquire' || step.via !== null || record.class === 'semaphore') return false;
    const given = releasesOf(locks, record);
    if (given.length === 0 || isGivenElsewhere(flow, fn, locks, record, given) || isHandedOn(fn, locks, left, given)) return false;
    const key = `${String(step.span.start)} ${String(roundEnd(text, terminator)?.start)}`;
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}

/** Whether a lock is one of those that a loop of the function takes for the elements of an array and leaves held: which are is not known. */
export function isLeftByLoop({ forgotten, result }: LockWalk, lock: ValueId): boolean {
  return forgotten.length > 0 && forgotten.some((one) => fieldOf(result.values, one) === fieldOf(result.values, lock));
}

/** The `continue` that ends a round by a test or a jump; null where the round comes to its end. */
export function roundEnd(text: string, terminator: Terminator): Span | null {
  const from = terminator.op === 'branch' ? terminator.condition.end : terminator.span.start;
  const behind = text.slice(from, from + reach);
  const at = behind.search(/\bcontinue\b/u);
  if (at < 0 || !/^[^;{}]*(?:\{[^;{}]*)?$/u.test(behind.slice(0, at))) return null;
  return { start: from + at, end: from + at + 'continue'.length };
}

type Event = LockWalk['events'][number];

/** Releases of what was taken at the same place in the same round. */
function releasesOf(locks: LockWalk, { lock, since }: LockRecord): Event[] {
  return locks.events.filter(
    (event) =>
      event.action === 'release' &&
      event.lock === lock &&
      event.outcome === 'freed' &&
      recordOf(event.state.locks, lock)?.since?.step.span.start === since?.step.span.start,
  );
}

/** Whether a lock of the same name is given back that this round did not take: here, or by a function of the file that takes none. */
function isGivenElsewhere(flow: FlowFile, fn: FlowFunction, locks: LockWalk, { lock }: LockRecord, given: readonly Event[]): boolean {
  const name = fieldOf(locks.result.values, lock);
  const places = new Set(given.map((event) => event.span.start));
  const ofName = ({ events, result }: LockWalk): Event[] => events.filter((event) => fieldOf(result.values, event.lock) === name);
  if (ofName(locks).some(({ action, outcome, span }) => action === 'release' && outcome !== 'freed' && !places.has(span.start)))
    return true;
  return flow.functions.some((one) => {
    const others = one === fn ? null : flow.locks(one);
    const events = others === null ? [] : ofName(others);
    return events.some((event) => event.outcome === 'given') && !events.some((event) => event.action === 'acquire');
  });
}

/** The field that a lock lies in; of an array of locks, the array's. */
function fieldOf(values: ValueTable, lock: ValueId): string {
  for (let at = lock; ;) {
    const value = values.get(at);
    if (value.kind === 'field') return value.name;
    if (value.kind === 'element') at = value.base;
    else if (value.kind === 'content') at = value.address;
    else if (value.kind === 'copy') at = value.of;
    else return value.kind === 'global' ? value.name : '';
  }
}

/** Whether the way that keeps the lock does something with the element that no way does which gives it back: puts it on a list, notes it. */
function isHandedOn(fn: FlowFunction, locks: LockWalk, { record, state }: LockLeft, given: readonly Event[]): boolean {
  const owners = ownersOf(fn, record);
  const ways = given.map((event) => wayOf(event.state.trail, recordOf(event.state.locks, record.lock)));
  const kept = wayOf(state.trail, record);
  const isOn = (way: ReadonlySet<Trail>, trail: Trail | null): boolean => trail !== null && way.has(trail);
  const shared = new Set(locks.passed.flatMap((one) => (ways.some((way) => isOn(way, one.trail)) ? [one.instruction] : [])));
  return locks.passed.some(({ instruction, trail }) => isOn(kept, trail) && !shared.has(instruction) && handsOn(instruction, owners));
}

/** The steps of a path from where a lock was taken. */
function wayOf(trail: Trail | null, record: LockRecord | null): ReadonlySet<Trail> {
  const way = new Set<Trail>();
  for (let at = trail; at; at = at.previous) {
    way.add(at);
    if (at === record?.since) break;
  }
  return way;
}

/** Variables by which the lock was named where it was taken. */
function ownersOf(fn: FlowFunction, { since }: LockRecord): ReadonlySet<Variable> {
  const owners = new Set<Variable>();
  for (const block of fn.procedure.blocks)
    for (const instruction of block.instructions)
      if (instruction.op === 'call' && instruction.span.start === since?.step.span.start)
        for (const arg of instruction.args) collect(arg, owners);
  return owners;
}

function collect(expr: Expr, into: Set<Variable>): void {
  const open: Expr[] = [expr];
  for (let at = open.pop(); at; at = open.pop()) {
    if (at.kind === 'variable') into.add(at.variable);
    else if (at.kind === 'field') open.push(at.base);
    else if (at.kind === 'index') open.push(at.base, at.index);
    else if (at.kind === 'address' || at.kind === 'deref' || at.kind === 'cast') open.push(at.of);
    else if (at.kind === 'apply') open.push(...at.args);
  }
}

function handsOn(instruction: Instruction, owners: ReadonlySet<Variable>): boolean {
  if (instruction.op === 'assign') {
    const { target, value } = instruction;
    return !(target.kind === 'variable' && owners.has(target.variable)) && namesOwner(value, owners);
  }
  if (instruction.op !== 'call' || (instruction.name !== null && /^(?:pr|dev|netdev)_|printk|lockdep|warn/iu.test(instruction.name)))
    return false;
  return instruction.args.some((arg) => namesOwner(arg, owners));
}

/** Whether an expression is the element itself, its address or its number, and not what it holds. */
function namesOwner(expr: Expr, owners: ReadonlySet<Variable>): boolean {
  const open: Expr[] = [expr];
  for (let at = open.pop(); at; at = open.pop()) {
    if (at.kind === 'variable' && owners.has(at.variable)) return true;
    if (at.kind === 'cast') open.push(at.of);
    else if (at.kind === 'binary') open.push(at.left, at.right);
    else if (at.kind === 'index') open.push(at.index);
    else if (at.kind === 'address' || at.kind === 'apply') {
      const inside = new Set<Variable>();
      collect(at, inside);
      if ([...inside].some((variable) => owners.has(variable))) return true;
    }
  }
  return false;
}
