// Whether a call may sleep: by the tables, by the flags that it is handed, or because the called function does.

import type { Block, Expr } from '../../flow/ir.ts';
import type { FlowFile, FlowFunction } from '../../flow/program.ts';
import { blockingFlag, sleepReached, sleepsItself } from '../../flow/sleeps.ts';
import { lockMarks } from '../../kernel/lock-marks.ts';
import { allocatesWithFlags } from '../../kernel/sleeping.ts';
import type { Call } from './points.ts';

export interface Sleep {
  /** What sleeps in the end: `mutex_lock()`, `kzalloc(GFP_KERNEL)`. */
  readonly text: string;
  /** The call itself sleeps, and not something that the called function calls. */
  readonly isDirect: boolean;
  /** Calls on the way, in functions of the file: the last one sleeps, or leads to another file. */
  readonly chain: readonly { readonly function: string; readonly call: Call }[];
}

const maxChain = 6;

const known = new WeakMap<FlowFile, Map<string, Sleep | null>>();

/** Why a call may sleep, with the way through functions of the file; null where it does not or nobody knows. */
export function sleepOf(flow: FlowFile, call: Call, era: string): Sleep | null {
  const text = sleepsItself(call, era);
  if (text !== null) return { text, isDirect: true, chain: [] };
  if (call.name === null) return sleepOfUnseen(flow, call);
  return sleepOfFunction(flow, call.name, era, []) ?? sleepByFlag(flow, call, []) ?? sleepOfUnseen(flow, call);
}

/** Functions that are asked about flags, or keep them for later. */
const aboutFlags = /gfp|mask|flag|allow|init|set_|fs_reclaim|kmemleak|^__xa_|^xas_/i;

/** A call of code of another file, with a flag that lets it wait: whoever asks for such a flag allocates with it. */
function sleepOfUnseen(flow: FlowFile, call: Call): Sleep | null {
  const name = call.name ?? (call.callee.kind === 'field' ? call.callee.name : null);
  if (name === null || aboutFlags.test(name) || /^[A-Z0-9_]+$/.test(name)) return null;
  if (call.name !== null && ownFunction(flow, call.name)) return null;
  const flag = call.args.map(blockingFlag).find((one) => one !== null);
  return flag === undefined || flag === null ? null : { text: `${name}(${flag})`, isDirect: true, chain: [] };
}

function sleepOfFunction(flow: FlowFile, name: string, era: string, way: readonly string[]): Sleep | null {
  const memo = known.get(flow) ?? new Map<string, Sleep | null>();
  known.set(flow, memo);
  const done = memo.get(name);
  if (done !== undefined) return done;
  if (way.length >= maxChain || way.includes(name)) return null;
  memo.set(name, null);
  const fn = ownFunction(flow, name);
  const sleep = fn ? firstSleep(flow, fn, era, [...way, name]) : sleepElsewhere(flow, name);
  memo.set(name, sleep);
  return sleep;
}

function ownFunction(flow: FlowFile, name: string): FlowFunction | undefined {
  return flow.functions.find((one) => one.fn.name === name);
}

/** A function of another file, by its summary. */
function sleepElsewhere(flow: FlowFile, name: string): Sleep | null {
  const text = flow.summaryOf(name)?.sleeps ?? null;
  return text === null ? null : { text, isDirect: false, chain: [] };
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
      if (text !== null) sleeps.set(block, { text, isDirect: false, chain: [here] });
      else if (deeper) sleeps.set(block, { text: deeper.text, isDirect: false, chain: [here, ...deeper.chain] });
    }
  return sleeps.size > 0 ? sleepReached(fn.procedure, sleeps, flow.c.text) : null;
}

/** Whether a function gives back a lock that it did not take: it may sleep without its caller's lock. */
function givesBackOthersLock(flow: FlowFile, fn: FlowFunction): boolean {
  if (fn.fn.annotations.some(({ name, argument }) => lockMarks(name, argument).some((mark) => mark.what === 'releases'))) return true;
  return flow.locks(fn)?.events.some((event) => event.action === 'release' && event.outcome !== 'freed') ?? false;
}

/** A call that hands `GFP_KERNEL` to a function of the file which allocates with what it is handed. */
function sleepByFlag(flow: FlowFile, call: Call, way: readonly string[]): Sleep | null {
  const fn = call.name === null ? undefined : ownFunction(flow, call.name);
  if (!fn || way.length >= maxChain || way.includes(fn.fn.name)) return null;
  for (const [index, arg] of call.args.entries()) {
    const flag = blockingFlag(arg);
    const chain = flag === null ? null : allocationBy(flow, fn, index, [...way, fn.fn.name]);
    const last = chain?.at(-1)?.call.name;
    if (flag !== null && chain && last !== undefined && last !== null) return { text: `${last}(${flag})`, isDirect: false, chain };
  }
  return null;
}

/** Calls that lead from a function to an allocation with one of its parameters as flags; null if there is none. */
function allocationBy(flow: FlowFile, fn: FlowFunction, index: number, way: readonly string[]): Sleep['chain'] | null {
  const parameter = fn.procedure.parameters[index];
  if (!parameter || parameter.type.includes('*')) return null;
  for (const block of fn.procedure.blocks)
    for (const call of block.instructions) {
      if (call.op !== 'call' || call.name === null) continue;
      const at = call.args.findIndex((arg) => passes(arg, parameter.id));
      if (at < 0) continue;
      const here = { function: fn.fn.name, call };
      if (allocatesWithFlags(call.name)) return [here];
      const callee = ownFunction(flow, call.name);
      if (!callee || way.length >= maxChain || way.includes(callee.fn.name)) continue;
      const deeper = allocationBy(flow, callee, at, [...way, callee.fn.name]);
      if (deeper) return [here, ...deeper];
    }
  return null;
}

/** Whether an argument is a parameter, alone or with more flags. */
function passes(arg: Expr, parameter: number): boolean {
  if (arg.kind === 'variable') return arg.variable.id === parameter;
  return arg.kind === 'binary' && arg.operator === '|' && (passes(arg.left, parameter) || passes(arg.right, parameter));
}
