// Whether a call may sleep: by the tables, by the flags that it is handed, or because the called function of the file does.

import { successors, type Block, type Expr } from '../../flow/ir.ts';
import { printExpr } from '../../flow/print.ts';
import type { FlowFile, FlowFunction } from '../../flow/program.ts';
import { contractOf } from '../../kernel/contracts/index.ts';
import { lockOperation } from '../../kernel/locks.ts';
import { allocatesWithFlags, isBlockingFlag, maySleep, pauseArgument } from '../../kernel/sleeping.ts';
import type { Call } from './points.ts';

export interface Sleep {
  /** What sleeps in the end: `mutex_lock()`, `kzalloc(GFP_KERNEL)`. */
  readonly text: string;
  /** Calls on the way, in functions of the file: the last one sleeps. Empty where the call itself does. */
  readonly chain: readonly { readonly function: string; readonly call: Call }[];
}

const maxChain = 6;

/** Tests of such words ask whether the caller may sleep, or stand for it. */
const aboutContext = /atomic|sleep|block|irqs_disabled|in_interrupt|in_irq|in_task|preempt|gfp|nowait|system_state|locked/i;

export function asksForContext(condition: Expr): boolean {
  return aboutContext.test(printExpr(condition));
}

/** Why a call sleeps by itself; null where it does not, or nobody knows. */
export function sleepsItself(call: Call, era: string): string | null {
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
  const taken = contractOf(name, era)?.locks.takes[0];
  return taken ? `${name}()` : null;
}

/** The flag of `GFP_KERNEL | __GFP_ZERO` that lets an allocation wait. */
function blockingFlag(expr: Expr): string | null {
  if (expr.kind === 'global') return isBlockingFlag(expr.name) ? expr.name : null;
  if (expr.kind === 'binary' && expr.operator === '|') return blockingFlag(expr.left) ?? blockingFlag(expr.right);
  return null;
}

const known = new WeakMap<FlowFile, Map<string, Sleep | null>>();

/** Why a call may sleep, with the way through functions of the file; null where it does not or nobody knows. */
export function sleepOf(flow: FlowFile, call: Call, era: string): Sleep | null {
  const text = sleepsItself(call, era);
  if (text !== null) return { text, chain: [] };
  return call.name === null ? null : sleepOfFunction(flow, call.name, era, []);
}

function sleepOfFunction(flow: FlowFile, name: string, era: string, way: readonly string[]): Sleep | null {
  const memo = known.get(flow) ?? new Map<string, Sleep | null>();
  known.set(flow, memo);
  const done = memo.get(name);
  if (done !== undefined) return done;
  if (way.length >= maxChain || way.includes(name)) return null;
  memo.set(name, null);
  const fn = flow.functions.find((one) => one.fn.name === name);
  const sleep = fn ? firstSleep(flow, fn, era, [...way, name]) : null;
  memo.set(name, sleep);
  return sleep;
}

/** The first sleeping call of a function that does not depend on what its caller allows. */
function firstSleep(flow: FlowFile, fn: FlowFunction, era: string, way: readonly string[]): Sleep | null {
  if (givesBackOthersLock(flow, fn) || fn.callees.includes('pagefault_disable')) return null;
  const sleeps = new Map<Block, Sleep>();
  for (const block of fn.procedure.blocks)
    for (const call of block.instructions) {
      if (call.op !== 'call' || sleeps.has(block)) continue;
      const text = sleepsItself(call, era);
      const deeper = text !== null || call.name === null ? null : sleepOfFunction(flow, call.name, era, way);
      const here = { function: fn.fn.name, call };
      if (text !== null) sleeps.set(block, { text, chain: [here] });
      else if (deeper) sleeps.set(block, { text: deeper.text, chain: [here, ...deeper.chain] });
    }
  return sleeps.size > 0 ? reached(fn, sleeps) : null;
}

/** Whether a function gives back a lock that it did not take: it may sleep without its caller's lock. */
function givesBackOthersLock(flow: FlowFile, fn: FlowFunction): boolean {
  return flow.locks(fn)?.events.some((event) => event.action === 'release' && event.outcome !== 'freed') ?? false;
}

/** The sleeping call that the entry leads to, where no test of a flag or of the context can keep the path away from it. */
function reached(fn: FlowFunction, sleeps: ReadonlyMap<Block, Sleep>): Sleep | null {
  const { blocks, parameters } = fn.procedure;
  const flags = new Set(parameters.filter((one) => !one.type.includes('*')).map((one) => one.name));
  const found = new Map<number, Sleep>();
  for (const block of blocks) {
    const own = sleeps.get(block);
    if (own) found.set(block.id, own);
  }
  for (let changed = true; changed;) {
    changed = false;
    for (const block of [...blocks].reverse()) {
      if (found.has(block.id)) continue;
      const next = successors(block.terminator).map((to) => found.get(to));
      const chosen = block.terminator.op === 'switch' || (block.terminator.op === 'branch' && isChoice(block.terminator.condition, flags));
      const sleep = chosen && next.some((one) => !one) ? undefined : next.find((one) => one);
      if (!sleep) continue;
      found.set(block.id, sleep);
      changed = true;
    }
  }
  return found.get(0) ?? null;
}

function isChoice(condition: Expr, flags: ReadonlySet<string>): boolean {
  const text = printExpr(condition);
  return aboutContext.test(text) || (text.match(/\w+/g) ?? []).some((word) => flags.has(word));
}
