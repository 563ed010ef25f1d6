// What a function remembers from under a lock: which variable holds something that was read under which hold, and whether that hold
// has ended since. Followed along the function's graph; what two ways do not agree on is not known. The holds come from the walk of
// the function's locks, so that guards, lock functions by summary and annotations count.

import { lockOperation } from '../../kernel/locks.ts';
import { isPure, isSilentCall } from '../../kernel/primitives.ts';
import type { Block, Expr, Instruction, Terminator, Variable } from '../../flow/ir.ts';
import { recordOf } from '../../flow/lock-state.ts';
import { printExpr } from '../../flow/print.ts';
import type { FlowFile, FlowFunction, LockWalk } from '../../flow/program.ts';
import type { LockEvent } from '../../flow/walk-events.ts';
import type { Span } from '../../base/text.ts';
import { solveForward } from './forward.ts';
import { clear, copyOf, joinDrafts, put, sameDraft, type Draft, type Hold, type LockedState, type Reading } from './reading-state.ts';
import { containerOf, mentions, ownerOf, rootOf, type Container } from './places.ts';
import { quantityTest, type QuantityTest } from './quantities.ts';

type Call = Extract<Instruction, { op: 'call' }>;
type Branch = Extract<Terminator, { op: 'branch' }>;
type Return = Extract<Terminator, { op: 'return' }>;

export const assertedLock = -1;
export const unseenLock = -2;

export interface Visitor {
  /** Before the instruction. */
  instruction?(instruction: Instruction, state: LockedState): void;
  /** Before the test; `test` is set where it asks for a quantity under a lock. */
  branch?(terminator: Branch, test: QuantityTest | null, state: LockedState): void;
  /** Before the function ends. */
  return?(terminator: Return, state: LockedState): void;
}

export class Readings {
  private before: readonly (Draft | null)[] = [];
  private readonly events = new Map<string, LockEvent[]>();

  constructor(
    private readonly fn: FlowFunction,
    private readonly locks: LockWalk,
  ) {
    for (const event of locks.events) {
      const key = `${String(event.span.start)} ${event.name}`;
      const list = this.events.get(key) ?? [];
      if (!list.some((other) => other.lock === event.lock && other.action === event.action)) list.push(event);
      this.events.set(key, list);
    }
  }

  /** False if the states did not settle within the bound. */
  settle(): boolean {
    const { procedure, fn } = this.fn;
    const asserted = fn.annotations.some((one) => one.name === '__must_hold');
    const entry: Draft = {
      held: new Map(),
      may: new Set(asserted ? [assertedLock] : []),
      asserted: new Set(),
      readings: new Map(),
      unrelated: new Set(),
      tests: new Map(),
    };
    const settled = solveForward(procedure.blocks, {
      entry,
      through: (block, state) => this.through(block, state, {}),
      join: joinDrafts,
      same: sameDraft,
    });
    this.before = settled ?? [];
    return settled !== null;
  }

  /** Tells a visitor all reached instructions and tests, in the order of the text. */
  visit(visitor: Visitor): void {
    for (const block of this.fn.procedure.blocks) {
      const start = this.before[block.id];
      if (start) this.through(block, start, visitor);
    }
  }

  private through(block: Block, start: Draft, visitor: Visitor): Draft {
    const state = copyOf(start);
    for (const instruction of block.instructions) {
      visitor.instruction?.(instruction, state);
      this.execute(instruction, state);
    }
    if (block.terminator.op === 'return') visitor.return?.(block.terminator, state);
    if (block.terminator.op === 'branch') {
      const test = quantityTest(block, block.terminator, state.held.values());
      visitor.branch?.(block.terminator, test, state);
      if (test && !state.tests.has(test.text)) state.tests.set(test.text, test);
      this.markUses([block.terminator.condition], block.terminator.span, state);
      tieToCaller(block.terminator.condition, state);
    }
    return state;
  }

  private execute(instruction: Instruction, state: Draft): void {
    switch (instruction.op) {
      case 'assign':
        this.markUses([instruction.target, instruction.value], instruction.span, state);
        this.assign(instruction.target, instruction.value, instruction.span, state);
        return;
      case 'call':
        this.call(instruction, state);
        return;
      case 'gap':
      case 'opaque':
        for (const id of state.readings.keys()) put(state, id, null);
        state.tests.clear();
        if (instruction.op === 'gap') {
          state.held.clear();
          state.may.add(unseenLock);
        }
        return;
      default:
    }
  }

  private assign(target: Expr, value: Expr, span: Span, state: Draft): void {
    if (target.kind !== 'variable') {
      // What is written to, or kept somewhere, belongs to the function from here on.
      for (const place of [rootOf(target), rootOf(value)]) if (place) claim(state, place, false);
      return;
    }
    const { variable } = target;
    for (const [id, reading] of state.readings) if (reading.container.variables.has(variable.id)) put(state, id, null);
    for (const [key, test] of state.tests) if (test.hold.owner.startsWith(`${variable.name}->`)) state.tests.delete(key);
    const empty = value.kind === 'past-end' || (value.kind === 'integer' && value.value === 0 && variable.type.includes('*'));
    if (empty) clear(state, variable.id);
    else put(state, variable.id, variable.addressTaken ? null : readingOf(variable, value, span, state));
  }

  private call(call: Call, state: Draft): void {
    const events = this.events.get(`${String(call.span.start)} ${call.name ?? ''}`) ?? [];
    const operation = call.name === null ? null : lockOperation(call.name);
    this.markUses([call.callee, ...call.args], call.span, state);
    if (operation?.action === 'assert-held') {
      state.may.add(assertedLock);
      const place = call.args[0] && ownerOf(call.args[0], operation.field);
      if (place) state.asserted.add(`${place.owner}${place.field}`);
    }
    if (!operation && call.name !== null && !isSilentCall(call.name) && !isPure(call.name)) {
      const reference = takesReference.test(call.name);
      for (const arg of call.args) {
        const text = printExpr(arg);
        for (const reading of state.readings.values()) if (reading.source === text) claimFamily(state, reading, reference);
        // A field's value tells nobody of the object.
        const root = !keepsModule.test(call.name) && (arg.kind === 'field' || arg.kind === 'index') ? null : rootOf(arg);
        if (root) claim(state, root, reference);
      }
    }
    for (const event of events) this.applyEvent(event, call, state);
    const result = call.result && resultOf(call, call.result, state);
    if (call.result && result) put(state, call.result.id, result);
    else if (call.result) clear(state, call.result.id);
  }

  private applyEvent(event: LockEvent, call: Call, state: Draft): void {
    if (event.action === 'release') {
      // The inner of two read sides ends nothing.
      if ((recordOf(event.state.locks, event.lock)?.depth ?? 0) > 1) return;
      for (const [id, reading] of state.readings)
        if (reading.hold.lock === event.lock)
          state.readings.set(id, { ...reading, releasedAt: reading.releasedAt ?? event.span, retaken: null });
      state.held.delete(event.lock);
      state.may.delete(event.lock);
      return;
    }
    const operation = lockOperation(event.name);
    const printed = this.locks.result.values.printPlace(event.lock);
    const own = !event.indirect && operation?.argument === 0 && call.args[0] ? ownerOf(call.args[0], operation.field) : null;
    const split = /^(.*(?:->|\.))(\w+)$/.exec(printed);
    const { owner, field } = own ?? { owner: split?.[1] ?? '', field: split?.[2] ?? printed };
    const hold: Hold = { lock: event.lock, name: `${owner}${field}`, owner, field, takenAt: event.span };
    state.may.add(event.lock);
    if (event.outcome === 'unknown' || (operation && operation.success !== 'always')) return;
    state.held.set(event.lock, hold);
    for (const [id, reading] of state.readings)
      if (reading.hold.lock === event.lock && reading.releasedAt) state.readings.set(id, { ...reading, retaken: hold });
  }

  private markUses(exprs: readonly Expr[], span: Span, state: Draft): void {
    for (const [id, reading] of state.readings)
      if (reading.releasedAt && !reading.usedAt && exprs.some((expr) => mentions(expr, reading.variable)))
        state.readings.set(id, { ...reading, usedAt: span });
  }
}

/** Names of functions that keep an object alive: `get_device`, `kref_get`, `fget`, `try_module_get`. */
const takesReference = /(?:^|_)(?:f?get|ref|hold|pin|grab|inc|tryget)(?:_|$)/;
/** What a module registers stays as long as the module: `try_module_get(ops->owner)`. */
const keepsModule = /module_get$/;
const lookups = /^(?:xa_load|idr_find|radix_tree_lookup|xa_find|xa_find_after|idr_get_next)$/;
const entries = /^(?:list|hlist|plist)_(?:first|last)_entry(?:_or_null)?$/;

/** Reads a pointer for as long as an RCU read side lasts. Other forms may rest on a lock. */
const readSide = /^rcu_dereference(?:_bh|_sched)?$/;

/** What a variable holds after an assignment, if it was read under a lock of the object it was read from. */
function readingOf(variable: Variable, value: Expr, span: Span, state: Draft): Reading | null {
  switch (value.kind) {
    case 'cast':
      return readingOf(variable, value.of, span, state);
    case 'variable': {
      const reading = state.readings.get(value.variable.id);
      return reading ? { ...reading, variable } : null;
    }
    case 'binary': {
      const reading = !isPointer(variable) && mentions(value, variable) ? state.readings.get(variable.id) : null;
      return reading?.kind === 'field' ? { ...reading, derived: true } : null;
    }
    case 'element': {
      const [head, link] = value.over;
      const members = value.loop === 'for_each_group_device' && head?.kind === 'variable';
      const place: Expr | undefined = members
        ? {
            kind: 'address',
            of: { kind: 'field', base: head, name: 'devices', arrow: true, start: head.start, end: head.end },
            start: head.start,
            end: head.end,
          }
        : head;
      const container = place && containerOf(place, members ? 'list' : link ? printExpr(link) : null);
      if (!container) return null;
      const side = value.loop.endsWith('_rcu') ? readSideOf(state) : undefined;
      const found = side && readUnder(side, { variable, kind: 'member', container, readAt: span, source: variable.name }, state);
      return found ?? fromContainer(variable, container, span, variable.name, state);
    }
    case 'apply': {
      const [head, , link] = value.args;
      if (head && readSide.test(value.name)) return fromReadSide(variable, head, span, state);
      if (!entries.test(value.name) || !head) return null;
      const container = containerOf(head, link ? printExpr(link) : null);
      return container ? fromContainer(variable, container, span, printExpr(value), state) : null;
    }
    case 'field': {
      const from = value.arrow && value.base.kind === 'variable' ? state.readings.get(value.base.variable.id) : null;
      if (from?.kind === 'member' && !from.releasedAt)
        return isPointer(variable) ? { ...from, variable, readAt: span, source: printExpr(value) } : null;
      const container = containerOf({ kind: 'address', of: value, start: value.start, end: value.end }, null);
      const reading = container && fromContainer(variable, container, span, printExpr(value), state);
      return reading && { ...reading, kind: 'field' };
    }
    default:
      return null;
  }
}

/** What a call gives that was read under a lock: an element that it looked up, or the object that it took a reference to. */
function resultOf(call: Call, result: Variable, state: Draft): Reading | null {
  const [first] = call.args;
  if (!first || call.name === null) return null;
  const container = lookups.test(call.name) ? containerOf(first, null) : null;
  if (container) return fromContainer(result, container, call.span, printExpr(first), state);
  const reading = takesReference.test(call.name) ? readingOf(result, first, call.span, state) : null;
  return reading && { ...reading, referenced: true };
}

/** Temporaries have no type of their own. */
function isPointer(variable: Variable): boolean {
  return variable.kind === 'temporary' || variable.type.includes('*');
}

function fromContainer(variable: Variable, container: Container, span: Span, source: string, state: Draft): Reading | null {
  const hold = [...state.held.values()].find((one) => one.owner === container.owner);
  return hold ? readUnder(hold, { variable, kind: 'member', container, readAt: span, source }, state) : null;
}

function fromReadSide(variable: Variable, pointer: Expr, span: Span, state: Draft): Reading | null {
  const hold = readSideOf(state);
  const source = printExpr(pointer);
  const container: Container = { owner: '', field: source, ownerType: null, link: null, variables: new Set() };
  return hold && isPointer(variable) ? readUnder(hold, { variable, kind: 'rcu', container, readAt: span, source }, state) : null;
}

function readSideOf(state: Draft): Hold | undefined {
  return [...state.held.values()].find(isReadSide);
}

/** Whether a hold is an RCU read side and no lock. */
export function isReadSide({ owner, field }: Hold): boolean {
  return owner === '' && /^rcu(?:_bh|_sched)?$/.test(field);
}

function readUnder(hold: Hold, what: Pick<Reading, 'variable' | 'kind' | 'container' | 'readAt' | 'source'>, state: Draft): Reading {
  // In each round of a loop the same call takes another element's lock.
  const others = new Set([...state.may].filter((lock) => state.held.get(lock)?.takenAt.start !== hold.takenAt.start));
  return {
    ...what,
    hold,
    family: what.readAt.start,
    others,
    referenced: false,
    derived: false,
    releasedAt: null,
    usedAt: null,
    retaken: null,
  };
}

/** The function took hold of an object while the lock was held: a reference, or else a removal, a mark on it, a place where it is kept. */
function claim(state: Draft, variable: Variable, reference: boolean): void {
  const reading = state.readings.get(variable.id);
  if (reading) claimFamily(state, reading, reference);
}

/** An element that was chosen since it belongs to an object of the caller's (`member->dev == dev`) lives as long as that one. */
function tieToCaller(condition: Expr, state: Draft): void {
  if (condition.kind !== 'binary' || (condition.operator !== '==' && condition.operator !== '!=')) return;
  for (const [own, other] of [
    [condition.left, condition.right],
    [condition.right, condition.left],
  ] as const) {
    const root = own.kind === 'field' ? rootOf(own) : null;
    if (root && other.kind === 'variable' && other.variable.kind === 'parameter' && isPointer(other.variable)) claim(state, root, true);
  }
}

function claimFamily(state: Draft, claimed: Reading, reference: boolean): void {
  if (claimed.releasedAt) return;
  for (const [id, reading] of state.readings)
    if (reading.family === claimed.family) put(state, id, reference ? { ...reading, referenced: true } : null);
}

/** Blocks times variables of a function above which it is not followed. */
const maxWork = 500_000;

const made = new WeakMap<LockWalk, Readings | null>();

/** The readings of a function, worked out once; null where it touches no lock or could not be followed. */
export function readingsOf(flow: FlowFile, fn: FlowFunction): Readings | null {
  const locks = flow.locks(fn);
  if (!locks || locks.result.stopped) return null;
  const known = made.get(locks);
  if (known !== undefined) return known;
  const { blocks, variables } = fn.procedure;
  const small = blocks.length * variables.length <= maxWork;
  const readings = small ? new Readings(fn, locks) : null;
  const settled = readings?.settle() ? readings : null;
  made.set(locks, settled);
  return settled;
}
