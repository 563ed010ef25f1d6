// Rounds of loops: where the next round begins and the variables move on, and locks of an element that cannot be named behind it.

import type { Span } from '../base/text.ts';
import type { Expr, Instruction, Procedure } from './ir.ts';
import type { Locks } from './lock-state.ts';
import type { Order } from './order.ts';
import type { ValueId, ValueTable } from './values.ts';

type Assign = Extract<Instruction, { op: 'assign' }>;

export interface Rounds {
  /** By block in which variables move on: the block that all ends of a round lead to. */
  readonly ends: ReadonlyMap<number, number>;
  readonly counts: ReadonlyMap<Assign, Count>;
}

/** The step of a loop that counts: `i++`. */
export interface Count {
  /** The text of the whole loop. */
  readonly loop: Span;
  /** Whether the loop ends at a number that stands in the text (`i < 4`). */
  readonly endsAtNumber: boolean;
}

/** The rounds of the loops of a procedure; a loop by `goto` has no text of its own, and no counts. */
export function roundsOf({ blocks }: Procedure, order: Order): Rounds {
  const ends = new Map<number, number>();
  const counts = new Map<Assign, Count>();
  for (const { id, terminator, instructions } of blocks) {
    if (terminator.op === 'branch' && terminator.condition.kind === 'more') ends.set(terminator.then, id);
    if (
      terminator.op !== 'jump' ||
      terminator.label !== null ||
      !order.heads.has(terminator.to) ||
      (order.rank[terminator.to] ?? 0) > (order.rank[id] ?? 0)
    )
      continue;
    const head = blocks[terminator.to]?.terminator;
    for (const instruction of instructions) {
      if (instruction.op !== 'assign' || !isCount(instruction)) continue;
      counts.set(instruction, { loop: terminator.span, endsAtNumber: head?.op === 'branch' && endsAtNumber(head.condition) });
      ends.set(id, id);
    }
  }
  return { ends, counts };
}

/** `i++`, `i += 2`: the variable moves on from what it was. */
function isCount({ target, value }: Assign): boolean {
  return (
    target.kind === 'variable' &&
    value.kind === 'binary' &&
    (value.operator === '+' || value.operator === '-') &&
    value.left.kind === 'variable' &&
    value.left.variable === target.variable
  );
}

function endsAtNumber(condition: Expr): boolean {
  return condition.kind === 'binary' && (condition.left.kind === 'integer' || condition.right.kind === 'integer');
}

/**
 * The locks behind the end of a round in which `index` counted the elements of an array. What the loop did to a lock of the element is
 * not followed any further, and from there on locks of the array's owner may be in any state. An array at file level has no owner: its
 * locks stay.
 */
export function leaveElement(values: ValueTable, locks: Locks, index: ValueId, { loop }: Count): Locks {
  const touched = new Set(locks.touched);
  const records = locks.records.filter(({ lock, status, since }) => {
    const isOfLoop = since !== null && since.step.span.start >= loop.start && since.step.span.end <= loop.end;
    const owner = status === 'freed' || !isOfLoop ? null : ownerOfElement(values, lock, index);
    const symbols = owner === null ? [] : values.symbolsOf(owner);
    for (const symbol of symbols) touched.add(symbol);
    return symbols.length === 0;
  });
  return records.length === locks.records.length ? locks : { ...locks, records, touched: [...touched].sort((a, b) => a - b) };
}

/** The array that a lock lies in an element of, or that leads to it; null for a lock that does not go with the index. */
function ownerOfElement(values: ValueTable, lock: ValueId, index: ValueId): ValueId | null {
  for (let at = lock; ;) {
    const value = values.get(at);
    if (value.kind === 'element' && value.index === index) return value.base;
    if (value.kind === 'field' || value.kind === 'element') at = value.base;
    else if (value.kind === 'content') at = value.address;
    else if (value.kind === 'container' || value.kind === 'copy') at = value.of;
    else return null;
  }
}
