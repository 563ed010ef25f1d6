// In which context the functions of a side run: as a handler, or with interrupts on.

import type { Expr } from '../../flow/ir.ts';
import type { LockUse } from '../../flow/lock-uses.ts';
import type { FlowFile, FlowFunction } from '../../flow/program.ts';
import { printExpr } from '../../flow/print.ts';
import type { PathState } from '../../flow/walk-events.ts';
import {
  handlerRegistration,
  isCalledWithInterrupts,
  isCalledWithoutInterrupts,
  stopsHandler,
  type HandlerContext,
} from '../../kernel/handlers.ts';
import { fieldsFilledBy } from '../../syntax/index/fillers.ts';
import type { RuleContext, SideFile } from '../rule.ts';
import { sleepsItself } from '../../flow/sleeps.ts';
import { callsOf, type Call } from './points.ts';

/** A function that is registered to run in an interrupt or a bottom half. */
export interface Handler {
  readonly file: SideFile;
  readonly flow: FlowFile;
  readonly name: string;
  readonly context: HandlerContext;
  /** The registering call. */
  readonly call: Call;
  /** Locks that it may take, itself or below. */
  readonly acquires: readonly LockUse[];
}

function functionName(arg: Expr | undefined): string | null {
  const expr = arg?.kind === 'address' ? arg.of : arg?.kind === 'cast' ? arg.of : arg;
  return expr?.kind === 'global' ? expr.name : null;
}

/** All handlers that the files of a side register, each once. */
export function handlersOf(context: RuleContext): Handler[] {
  const handlers = new Map<string, Handler>();
  for (const file of context.files) {
    const flow = context.flow(file);
    for (const fn of flow.functions)
      for (const call of callsOf(fn)) {
        const registration = call.name === null ? null : handlerRegistration(call.name);
        const name = registration && functionName(call.args[registration.argument]);
        if (!registration || name === null || handlers.has(`${file.path} ${name}`)) continue;
        const acquires = flow.summaryOf(name)?.uses.acquires ?? [];
        handlers.set(`${file.path} ${name}`, { file, flow, name, context: registration.context, call, acquires });
      }
  }
  return [...handlers.values()];
}

/** Whether interrupts (for a bottom half: bottom halves too) are off at a place; null where nobody knows. */
export function areOff(state: PathState, context: HandlerContext): boolean | null {
  if (state.locks.allTouched) return null;
  let off: boolean | null = false;
  for (const { class: kind, status } of state.locks.records) {
    if (kind !== 'irq-off' && !(kind === 'bh-off' && context === 'bottom-half')) continue;
    if (status === 'held' || status === 'retaken') return true;
    if (status === 'unknown') off = null;
  }
  return off;
}

/** Tells which functions of a file certainly are entered with interrupts on, at a time when the handler may run. */
export class EntryContexts {
  private readonly known = new Map<FlowFunction, boolean>();

  constructor(
    private readonly flow: FlowFile,
    private readonly handlers: readonly Handler[],
    private readonly context: HandlerContext,
    private readonly era: string,
  ) {}

  startsOn(fn: FlowFunction): boolean {
    const known = this.known.get(fn);
    if (known !== undefined) return known;
    this.known.set(fn, false);
    const result = this.workOut(fn);
    this.known.set(fn, result);
    return result;
  }

  /** Whether a handler of the file comes to a function, or a way of calls on which interrupts may be off. */
  mayStartOff(fn: FlowFunction): boolean {
    // A bottom half leaves interrupts on.
    const inHandlers = new Set(
      this.handlers.filter((one) => one.context === 'interrupt' || this.context !== 'interrupt').map((one) => one.name),
    );
    for (const name of inHandlers)
      for (const callee of this.flow.functions.find((one) => one.fn.name === name)?.callees ?? []) inHandlers.add(callee);
    if (inHandlers.has(fn.fn.name)) return true;
    const below = new Set([fn]);
    for (const callee of below) {
      if (fieldsFilledBy(this.flow.c, callee.fn.name).some((one) => isCalledWithoutInterrupts(one.struct, one.field))) return true;
      for (const caller of this.flow.functions) {
        if (caller === callee || !caller.callees.includes(callee.fn.name)) continue;
        const under = this.flow.locks(caller)?.under ?? [];
        if (under.some((one) => one.call.name === callee.fn.name && areOff(one.state, this.context) !== false)) return true;
        below.add(caller);
      }
    }
    return false;
  }

  private workOut(fn: FlowFunction): boolean {
    if (this.setsUp(fn)) return false;
    const registered = this.handlers.filter((handler) => handler.name === fn.fn.name);
    if (registered.length > 0) return this.context === 'interrupt' && registered.every((handler) => this.runsInBottomHalf(handler));
    // Whoever may sleep has interrupts on, and so had its caller.
    if (callsOf(fn).some((call) => call.scopeExit === null && this.sleepsFreely(fn, call))) return true;
    if (fieldsFilledBy(this.flow.c, fn.fn.name).some((one) => isCalledWithInterrupts(one.struct, one.field))) return true;
    if (!fn.fn.isStatic || this.isHandedOut(fn.fn.name)) return false;
    return this.flow.functions.some(
      (caller) => caller !== fn && caller.callees.includes(fn.fn.name) && this.callsWithInterrupts(caller, fn.fn.name),
    );
  }

  /** Whether a handler runs in bottom halves alone, which leave interrupts on: nothing in the file calls it by name. */
  private runsInBottomHalf({ context, name, call }: Handler): boolean {
    const isTimerWithoutInterrupts = call.args.some((arg) => /\bTIMER_IRQSAFE\b/.test(printExpr(arg)));
    return context === 'bottom-half' && !isTimerWithoutInterrupts && !this.flow.functions.some((one) => one.callees.includes(name));
  }

  /** Before the handler is registered, and after it is gone, nothing interrupts. */
  private setsUp(fn: FlowFunction): boolean {
    return callsOf(fn).some((call) => call.name !== null && (handlerRegistration(call.name) !== null || stopsHandler(call.name)));
  }

  /** Whether a call sleeps, and no path comes to it with a spinlock held or interrupts off. */
  private sleepsFreely(fn: FlowFunction, call: Call): boolean {
    if (sleepsItself(call, this.era) === null) return false;
    const under = this.flow.locks(fn)?.under.filter((one) => one.call === call) ?? [];
    return under.every((one) => areOff(one.state, this.context) === false);
  }

  /** Whether the file uses the function's name otherwise than to call it. */
  private isHandedOut(name: string): boolean {
    const { text } = this.flow.c;
    const uses = [...text.matchAll(new RegExp(`\\b${name}\\b(?![ \\t]*\\()`, 'g'))];
    const comments = this.flow.c.comments;
    return uses.some(({ index }) => !comments.some((span) => span.start <= index && index < span.end));
  }

  private callsWithInterrupts(caller: FlowFunction, name: string): boolean {
    if (!this.startsOn(caller)) return false;
    let isOn = false;
    this.flow.walk(caller, {
      call: (call, state) => {
        if (call.name === name && areOff(state, this.context) === false) isOn = true;
      },
    });
    return isOn;
  }
}
