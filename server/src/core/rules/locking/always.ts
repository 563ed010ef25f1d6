// Locks that a function takes on every way on which it does not fail before.

import type { CalleeEvent } from '../../flow/walk-events.ts';
import type { FlowFile, FlowFunction, LockWalk } from '../../flow/program.ts';
import { successors, type Procedure } from '../../flow/ir.ts';
import { recordOf } from '../../flow/lock-state.ts';
import { pathOf, type Path } from '../../flow/summary.ts';
import type { ValueId } from '../../flow/values.ts';
import { pathTo } from '../../flow/walk.ts';
import { isTakenFirst } from './entry.ts';
import { returnsError } from './exits.ts';

/** How many calls deep a lock is looked for. */
const maxDepth = 6;

/** Answers so far, by name and depth. */
const known = new WeakMap<FlowFile, Map<string, readonly Path[]>>();

/** Such locks of a function of the file that its caller can name, that it takes from nobody, itself or in a function that it calls. */
export function alwaysTaken(flow: FlowFile, name: string): readonly Path[] {
  return takenAtDepth(flow, name, 0);
}

function takenAtDepth(flow: FlowFile, name: string, depth: number): readonly Path[] {
  const answers = known.get(flow) ?? new Map<string, readonly Path[]>();
  known.set(flow, answers);
  const key = `${String(depth)} ${name}`;
  const answer = answers.get(key) ?? findTaken(flow, name, depth);
  answers.set(key, answer);
  return answer;
}

function findTaken(flow: FlowFile, name: string, depth: number): Path[] {
  const callee = flow.functions.find((one) => one.fn.name === name);
  const locks = callee && flow.locks(callee);
  if (!locks || locks.result.stopped) return [];
  const { values, parameters } = locks.result;
  const taken = new Set(takenHere(locks));
  if (depth < maxDepth) for (const lock of takenBelow(flow, callee, locks, depth)) taken.add(lock);
  return [...taken].flatMap((lock) => pathOf(values, lock, parameters, null) ?? []);
}

function takenHere(locks: LockWalk): ValueId[] {
  const { exits } = locks.result;
  const first = new Set(
    locks.events.flatMap((event) => (event.action === 'acquire' && isTakenFirst(locks, event.lock) ? [event.lock] : [])),
  );
  return [...first].filter((lock) => {
    const without = exits.filter((exit) => !pathTo(exit.state).some((step) => step.kind === 'acquire' && step.lock === lock));
    return without.length < exits.length && without.every((exit) => returnsError(locks, exit));
  });
}

/** Locks that called functions take, and give back before they return, on every way through the function. */
function takenBelow(flow: FlowFile, fn: FlowFunction, locks: LockWalk, depth: number): ValueId[] {
  const calls = new Map<ValueId, Set<number>>();
  for (const event of locks.callees)
    for (const lock of locksOf(flow, event, depth)) {
      if (recordOf(event.state.locks, lock) || event.state.locks.allTouched) continue;
      calls.set(lock, (calls.get(lock) ?? new Set<number>()).add(event.span.start));
    }
  return [...calls].filter(([, starts]) => !canReturnWithout(fn.procedure, starts)).map(([lock]) => lock);
}

function locksOf(flow: FlowFile, { summary, takes }: CalleeEvent, depth: number): ValueId[] {
  if (takes.length === 0 || takes.length !== summary.takes.length) return [];
  const always = new Set(takenAtDepth(flow, summary.name, depth + 1).map((path) => JSON.stringify(path)));
  return takes.filter((_, index) => always.has(JSON.stringify(summary.takes[index])));
}

/** Whether some way through the graph returns without any of the calls that begin at some offsets. */
function canReturnWithout({ blocks }: Procedure, starts: ReadonlySet<number>): boolean {
  const seen = new Set([0]);
  for (const id of seen) {
    const block = blocks[id];
    if (!block || block.instructions.some((one) => one.op === 'call' && starts.has(one.span.start))) continue;
    if (['return', 'leave'].includes(block.terminator.op)) return true;
    for (const next of successors(block.terminator)) seen.add(next);
  }
  return false;
}
