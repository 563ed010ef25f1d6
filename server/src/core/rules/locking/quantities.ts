// Tests that ask an object how many of something it has: a counter, a counting function, emptiness.

import type { Span } from '../../base/text.ts';
import type { Block, Expr, Instruction, Terminator } from '../../flow/ir.ts';
import { printExpr } from '../../flow/print.ts';
import { containerOf } from './places.ts';
import type { Hold } from './reading-state.ts';

type Call = Extract<Instruction, { op: 'call' }>;
type Branch = Extract<Terminator, { op: 'branch' }>;

/** A test of a number or of emptiness, under a lock of the object it asks about. */
export interface QuantityTest {
  readonly text: string;
  readonly hold: Hold;
  readonly at: Span;
}

/** The quantity that a test asks for, where the object it asks about is locked. */
export function quantityTest(block: Block, terminator: Branch, held: Iterable<Hold>): QuantityTest | null {
  let condition = terminator.condition;
  while (condition.kind === 'unary' && condition.operator === '!') condition = condition.of;
  const asked = condition.kind === 'binary' ? condition.left : condition;
  const found = quantityOf(block, asked);
  if (!found) return null;
  for (const hold of held) if (hold.owner === found.owner) return { text: found.text, hold, at: terminator.span };
  return null;
}

const quantityName = /(?:^|_)(?:count|cnt|num|nr|empty|singular)(?:_|$)/;

function quantityOf(block: Block, asked: Expr): { text: string; owner: string } | null {
  if (asked.kind === 'field' && quantityName.test(asked.name))
    return { text: printExpr(asked), owner: `${printExpr(asked.base)}${asked.arrow ? '->' : '.'}` };
  if (asked.kind === 'apply' && quantityName.test(asked.name)) {
    const container = asked.args[0] && containerOf(asked.args[0], null);
    return container ? { text: printExpr(asked), owner: container.owner } : null;
  }
  if (asked.kind !== 'variable' || asked.variable.kind !== 'temporary') return null;
  const call = block.instructions.findLast((one): one is Call => one.op === 'call' && one.result === asked.variable);
  const [first] = call?.args ?? [];
  if (!call || call.name === null || !quantityName.test(call.name) || !first) return null;
  const container = containerOf(first, null);
  return { text: `${call.name}(${call.args.map(printExpr).join(', ')})`, owner: container ? container.owner : `${printExpr(first)}->` };
}
