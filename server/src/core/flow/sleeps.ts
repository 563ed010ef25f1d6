// Whether a function may sleep whatever its arguments allow: by the tables, or because a function that it calls does.

import { contractOf } from '../kernel/contracts/index.ts';
import { lockOperation } from '../kernel/locks.ts';
import { allocatesWithFlags, isBlockingFlag, maySleep, pauseArgument } from '../kernel/sleeping.ts';
import { successors, type Block, type Expr, type Instruction, type Procedure } from './ir.ts';
import { printExpr } from './print.ts';

type Call = Extract<Instruction, { op: 'call' }>;

/** Tests of such words ask whether the caller may sleep, or stand for it. */
const aboutContext =
  /atomic|sleep|non?_?block|can_block|may_block|block(?:ing|able)|\bblock\b|irqs_disabled|in_interrupt|in_irq|in_task|preempt|gfp|nowait|system_state|(?<!b)locked/i;

/** Whether a test asks whether the code may sleep; `text` is the file's, since a call in a test is no word of the expression. */
export function asksForContext(condition: Expr, text: string): boolean {
  return aboutContext.test(printExpr(condition)) || aboutContext.test(text.slice(condition.start, condition.end));
}

/** Why a call sleeps by itself (`mutex_lock()`, `kzalloc(GFP_KERNEL)`); null where it does not, or nobody knows. */
export function sleepsItself(call: Call, era: string | null): string | null {
  const { name } = call;
  if (name === null) return null;
  const operation = lockOperation(name);
  if (operation) return operation.sleeps && operation.action === 'acquire' ? `${name}()` : null;
  if (maySleep(name)) return `${name}()`;
  const pause = pauseArgument(name);
  const between = pause === null ? undefined : call.args[pause];
  if (between?.kind === 'integer' && between.value > 0) return `${name}()`;
  const flag = allocatesWithFlags(name) ? call.args.map(blockingFlag).find((one) => one !== null) : undefined;
  if (flag !== undefined && flag !== null) return `${name}(${flag})`;
  const taken = era === null ? undefined : contractOf(name, era)?.locks.takes[0];
  return taken ? `${name}()` : null;
}

/** The flag of `GFP_KERNEL | __GFP_ZERO` that lets an allocation wait; null if the expression names none. */
export function blockingFlag(expr: Expr): string | null {
  if (expr.kind === 'global') return isBlockingFlag(expr.name) ? expr.name : null;
  if (expr.kind === 'binary' && expr.operator === '|') return blockingFlag(expr.left) ?? blockingFlag(expr.right);
  return null;
}

/** The sleep that the entry leads to, where no test of a flag or of the context keeps the path away from it, nor a way to the end. */
export function sleepReached<Sleep>({ blocks, parameters }: Procedure, sleeps: ReadonlyMap<Block, Sleep>, text: string): Sleep | null {
  const flags = new Set(parameters.filter((one) => !one.type.includes('*')).map((one) => one.name));
  const found = new Map<number, Sleep>();
  for (const block of blocks) {
    const own = sleeps.get(block);
    if (own !== undefined) found.set(block.id, own);
  }
  for (let changed = true; changed;) {
    changed = false;
    for (const block of [...blocks].reverse()) {
      if (found.has(block.id)) continue;
      const next = successors(block.terminator).map((to) => found.get(to));
      const chosen =
        block.terminator.op === 'switch' || (block.terminator.op === 'branch' && isChoice(block.terminator.condition, flags, text));
      const sleep = chosen && next.some((one) => one === undefined) ? undefined : next.find((one) => one !== undefined);
      if (sleep === undefined) continue;
      found.set(block.id, sleep);
      changed = true;
    }
  }
  const sleep = found.get(0);
  return sleep === undefined || endsWithout(blocks, sleeps) ? null : sleep;
}

/**
 * Whether a function can run to its last return past all sleeps, going through every loop at least once. Then what sleeps stands on a
 * side path (an early return for a state that the caller may exclude), and the call alone does not show that it is taken.
 */
function endsWithout(blocks: readonly Block[], sleeps: ReadonlyMap<Block, unknown>): boolean {
  const returns = blocks.filter((one) => one.terminator.op === 'return');
  const last = returns.reduce<Block | null>((a, b) => (a === null || b.terminator.span.start >= a.terminator.span.start ? b : a), null);
  const seen = new Set<number>();
  const around = new Set<number>();
  const work: { readonly to: number; readonly back: boolean }[] = [{ to: 0, back: false }];
  for (let step = work.pop(); step !== undefined; step = work.pop()) {
    const block = blocks[step.to];
    if (block === undefined || sleeps.has(block)) continue;
    if (block === last) return true;
    const { terminator } = block;
    const isHead = block.loop !== null && terminator.op === 'branch';
    const visited = isHead && step.back ? around : seen;
    if (visited.has(step.to)) continue;
    visited.add(step.to);
    const next = isHead && !step.back ? [terminator.then] : successors(terminator);
    const back = terminator.op === 'jump' && terminator.back;
    for (const to of next) work.push({ to, back });
  }
  return false;
}

function isChoice(condition: Expr, flags: ReadonlySet<string>, text: string): boolean {
  return asksForContext(condition, text) || (printExpr(condition).match(/\w+/g) ?? []).some((word) => flags.has(word));
}

/**
 * What sleeps in the end when a function of a file's `text` is called (`mutex_lock()`), whatever its arguments; null if nothing is known
 * to. `isBare` says that the function may run without the locks of its caller. `below` gives the same for what it calls.
 */
export function sleepOfProcedure(
  procedure: Procedure,
  text: string,
  isBare: boolean,
  era: string | null,
  below: (name: string) => string | null,
): string | null {
  if (isBare) return null;
  const sleeps = new Map<Block, string>();
  for (const block of procedure.blocks)
    for (const call of block.instructions) {
      if (call.op !== 'call') continue;
      if (call.name === 'pagefault_disable') return null;
      if (sleeps.has(block)) continue;
      const what = sleepsItself(call, era) ?? (call.name === null ? null : below(call.name));
      if (what !== null) sleeps.set(block, what);
    }
  return sleeps.size > 0 ? sleepReached(procedure, sleeps, text) : null;
}
