// Returns that a patch adds to code that holds a lock which no hunk shows being taken.

import { childrenOf, successors, type Block, type Expr, type Procedure, type Terminator } from '../../flow/ir.ts';
import type { FlowFile, FlowFunction } from '../../flow/program.ts';
import { seemsToLock } from '../../flow/unseen-locks.ts';
import { isLockName } from '../../kernel/lock-names.ts';
import { lockOperation } from '../../kernel/locks.ts';
import type { RuleContext, SideFile } from '../rule.ts';
import { hiddenLocks, isHiddenAtEnd, isOnOtherSide, nameIn, type HiddenLock } from './behind-gap.ts';
import { isDeclared, tellsByParameter } from './handover.ts';
import type { Branch } from './points.ts';

type Return = Extract<Terminator, { op: 'return' }>;

/** A return, or a goto that leads to one, on changed lines, with a lock that the other side of a new test gives back. */
export interface LeftBehindGap {
  readonly lock: HiddenLock;
  readonly test: Branch;
  readonly exit: Return;
  /** The goto, where the return itself is not of the change. */
  readonly jump: Extract<Terminator, { op: 'jump' }> | null;
}

/**
 * Such returns of a function. The test that leads to them is the patch's own: without it every way gave the lock back, so it was held
 * there, whatever is tested. Silent where the test may ask for the result of what took the lock, or where it replaces another one.
 */
export function leftBehindGaps(context: RuleContext, file: SideFile, flow: FlowFile, fn: FlowFunction): LeftBehindGap[] {
  if (isLockName(fn.fn.name) || isDeclared(flow, fn, 'held') || tellsByParameter(fn)) return [];
  const { blocks } = fn.procedure;
  return hiddenLocks(context, file, flow, fn).flatMap((lock) =>
    blocks.flatMap((block) => {
      const test = block.terminator;
      if (test.op !== 'branch' || !file.isChanged(test.condition.start)) return [];
      const [kept, ...others] = [test.then, test.else].flatMap((id) => (blocks[id] && !lock.ahead.has(blocks[id]) ? [blocks[id]] : []));
      if (!kept || others.length > 0 || !isHiddenAtEnd(lock, block)) return [];
      if (isOnOtherSide(context, file, test.condition.start, /\b(?:return|goto|break|continue)\b/u)) return [];
      if (mayAskForLock(file, fn.procedure, block, test)) return [];
      return exitsFrom(file, fn.procedure, lock, kept).map((exit) => ({ lock, test, ...exit }));
    }),
  );
}

/** Names of functions that may end what was begun, and give the lock of what they are handed back with it. */
const undoes = /(?:^|_)(?:abort|cancel|clean\w*|close|destroy|done|drop|end|exit|fail\w*|finish|free|put|release|stop|undo|unwind)(?:_|$)/u;

/** Returns that a block leads to with the lock, by a return or a goto on changed lines. */
function exitsFrom(file: SideFile, { blocks }: Procedure, lock: HiddenLock, first: Block): Pick<LeftBehindGap, 'exit' | 'jump'>[] {
  const found: Pick<LeftBehindGap, 'exit' | 'jump'>[] = [];
  const jumps = new Map<Block, LeftBehindGap['jump']>([[first, null]]);
  for (const [block, jump] of jumps) {
    const { terminator } = block;
    const isLast = terminator.op === 'return';
    const ends = block.instructions.some(
      (one) => lock.gives(one) || lock.disturbs(one) || (one.op === 'call' && lock.handsOn(one) && (isLast || undoes.test(one.name ?? ''))),
    );
    if (ends) continue;
    if (terminator.op === 'return') {
      if (!terminator.implicit && file.isChanged(terminator.span.start)) found.push({ exit: terminator, jump: null });
      else if (jump) found.push({ exit: terminator, jump });
      continue;
    }
    const own = terminator.op === 'jump' && terminator.label !== null && file.isChanged(terminator.span.start) ? terminator : jump;
    for (const id of successors(terminator)) {
      const next = blocks[id];
      if (next && !jumps.has(next)) jumps.set(next, own);
    }
  }
  return found;
}

/**
 * Whether a test asks for a variable that code which is not visible may have set, together with the lock (`ret` of a conditional lock
 * function), or that a function set which may lock.
 */
function mayAskForLock(file: SideFile, { blocks, variables }: Procedure, block: Block, test: Branch): boolean {
  const asked = plainParts(test.condition).flatMap((part) => nameIn(part) ?? []);
  return asked.some((name) => {
    const declared = variables.find((one) => one.name === name);
    if (declared?.kind === 'parameter' || (declared?.kind === 'local' && file.isChanged(declared.span.start))) return false;
    return !isSetBehindGap(blocks, block, name);
  });
}

/** The parts of an expression that are asked for themselves, and not for a field of what they point at. */
function plainParts(expr: Expr): Expr[] {
  const parts: Expr[] = [];
  const open: Expr[] = [expr];
  for (let one = open.pop(); one; one = open.pop()) {
    parts.push(one);
    if (one.kind !== 'field' && one.kind !== 'address') open.push(...childrenOf(one));
  }
  return parts;
}

/** Whether a variable was set between the last gap and the end of a block, by no function that seems to lock. */
function isSetBehindGap(blocks: readonly Block[], end: Block, name: string): boolean {
  let wanted = name;
  const seen = new Set<Block>();
  for (let block: Block | undefined = end; block && !seen.has(block);) {
    seen.add(block);
    for (const one of block.instructions.toReversed()) {
      if (one.op === 'gap' || one.op === 'opaque') return false;
      if (one.op === 'call' && one.result?.name === wanted) return one.name === null || !(lockOperation(one.name) ?? seemsToLock(one.name));
      if (one.op !== 'assign' || nameIn(one.target) !== wanted) continue;
      if (one.value.kind !== 'variable' || one.value.variable.kind !== 'temporary') return true;
      wanted = one.value.variable.name;
    }
    const id = block.id;
    const before: readonly Block[] = blocks.filter(({ terminator }) => successors(terminator).includes(id));
    block = before.length === 1 ? before[0] : undefined;
  }
  return false;
}
