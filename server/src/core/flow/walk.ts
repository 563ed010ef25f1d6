// Walks the paths of a procedure with an abstract state, and tells an observer what happens on them.

import { isWarning } from '../kernel/primitives.ts';
import { walkShape } from '../kernel/walks.ts';
import { fillObject } from './aggregates.ts';
import { executeCall } from './calls.ts';
import { addressOf, constantOf, valueOf } from './evaluate.ts';
import { complement, intersect, nonZero, zero, type Intervals } from './intervals.ts';
import type { Expr, Instruction, Procedure, Terminator, Variable } from './ir.ts';
import type { NamingContext } from './lock-names.ts';
import { forgetAll, locksKey, noLocks, retireLocks, type Locks } from './lock-state.ts';
import { liveness, orderOf, type Live, type Order } from './order.ts';
import { shortened } from './pointer-chains.ts';
import { leaveElement, roundsOf, type Rounds } from './rounds.ts';
import { followsOf, noteFollowed, returnedVariable, usesBehind } from './errno-class.ts';
import { lockKey, maxStates, mergeStates, type Gathered } from './merge.ts';
import { prunedStore } from './prune.ts';
import { Store } from './store.ts';
import type { Summary } from './summary.ts';
import { stepsOf, type Step, type Trail } from './trail.ts';
import { ValueTable, type ValueId } from './values.ts';
import type { LeftLock, Observer, PathState, WalkExit, WalkOptions, WalkResult, WalkState } from './walk-events.ts';

/** Different lock states of a block above which the walk gives up. */
const maxLockStates = 24;
/** Blocks walked in all states before the walk gives up. */
const maxSteps = 6000;
/** Numbers that are never below zero; one as wide as a pointer may hold an error all the same. */
const unsigned = /^(?:const )?(?:unsigned(?: (?:int|short|char))?|uint|(?:__)?u(?:8|16|32)|uint(?:8|16|32)_t)$/;
/** Rounds of a loop after which joined knowledge may only shrink. */
const widenAfter = 2;

interface Visit extends Gathered {
  pending: WalkState[];
  readonly seen: Set<string>;
  readonly lockStates: Set<string>;
  /** States at the end of the block, for telling apart correlated tests. */
  readonly ends: WalkState[];
  rounds: number;
}

/** Work of one walk, shared with the execution of calls. */
export class Walker {
  readonly values = new ValueTable();
  readonly observer: Observer;
  readonly summaryOf: (name: string) => Summary | null;
  readonly naming: NamingContext | null;
  /** Classes of the locks met so far. */
  readonly names = new Map<ValueId, string>();
  private readonly order: Order;
  private readonly live: readonly Live[];
  private readonly rounds: Rounds;
  /** The block that is being walked. */
  private at = 0;
  private readonly visits: Visit[];
  private readonly exits: WalkExit[] = [];
  private readonly parameters: ValueId[] = [];
  private readonly flags = new Set<ValueId>();
  private readonly returned: Variable | null;
  private used: readonly boolean[] | null = null;
  private readonly follows: ReadonlySet<Instruction | Terminator>;

  constructor(
    readonly procedure: Procedure,
    options: WalkOptions,
  ) {
    this.observer = options.observer ?? {};
    this.summaryOf = options.summaryOf ?? (() => null);
    this.naming = options.naming ?? null;
    this.order = orderOf(procedure.blocks);
    this.live = liveness(procedure);
    this.rounds = roundsOf(procedure, this.order);
    this.returned = returnedVariable(procedure);
    this.follows = followsOf(procedure, this.returned);
    this.visits = procedure.blocks.map(() => ({
      pending: [],
      seen: new Set(),
      states: [],
      joined: new Map(),
      level: 0,
      lockStates: new Set(),
      ends: [],
      rounds: 0,
    }));
  }

  run(): WalkResult {
    const store = Store.empty();
    for (const parameter of this.procedure.parameters) {
      const value = this.values.symbol(parameter.name);
      this.parameters.push(value);
      if (!parameter.type.includes('*')) this.flags.add(value);
      if (unsigned.test(parameter.type)) store.setFact(value, [0, Infinity]);
      store.write(this.values, this.values.local(parameter), value);
    }
    const byRank = this.procedure.blocks.map((block) => block.id).sort((a, b) => (this.order.rank[a] ?? 0) - (this.order.rank[b] ?? 0));
    this.visits[0]?.pending.push({ store, locks: noLocks, trail: null, gap: false });
    let steps = 0;
    for (let at = 0; at < byRank.length;) {
      const id = byRank[at] ?? 0;
      const visit = this.visits[id];
      if (!visit || visit.pending.length === 0) {
        at++;
        continue;
      }
      const states = this.select(id, visit);
      if (!states) return this.result('states', steps);
      steps += states.length;
      if (steps > maxSteps) return this.result('states', steps);
      const reached = this.walkBlock(id, visit, states);
      // Go back to the first block that has something new.
      for (const to of reached) at = Math.min(at, this.order.rank[to] ?? at);
    }
    return this.result(null, steps);
  }

  private result(stopped: WalkResult['stopped'], steps: number): WalkResult {
    return { values: this.values, parameters: this.parameters, exits: this.exits, names: this.names, stopped, steps };
  }

  /** The arrived states that are new and have to be walked; null if there are too many. */
  private select(id: number, visit: Visit): WalkState[] | null {
    const fresh: WalkState[] = [];
    const live = this.live[id];
    for (const state of visit.pending) {
      if (live) state.store = prunedStore(this.values, state.store, live, this.flags, state.locks);
      const locks = lockKey(state);
      const key = `${locks}#${state.store.key()}`;
      if (visit.seen.has(key)) continue;
      visit.seen.add(key);
      visit.lockStates.add(locks);
      fresh.push(state);
    }
    visit.pending = [];
    if (visit.lockStates.size > maxLockStates) return null;
    visit.rounds++;
    const head = this.order.heads.has(id) && visit.rounds > 1;
    if (!head && visit.states.length + fresh.length <= maxStates) {
      visit.states.push(...fresh);
      return fresh;
    }
    const merging = {
      values: this.values,
      id,
      returned: this.returned,
      untested: this.untestedAt(id),
      byLocks: head,
      widen: visit.rounds > widenAfter,
    };
    const open = mergeStates(merging, visit, fresh);
    for (const state of open) visit.seen.add(`${lockKey(state)}#${state.store.key()}`);
    return open;
  }

  /** Addresses of variables that no test behind a block asks for, but a return hands on. */
  private untestedAt(id: number): ReadonlySet<ValueId> {
    this.used ??= usesBehind(this.procedure, this.returned);
    return new Set(this.returned && this.used[id] !== true ? [this.values.local(this.returned)] : []);
  }

  /** Walks a block in some states; gives the blocks that got something. */
  private walkBlock(id: number, visit: Visit, states: readonly WalkState[]): number[] {
    const block = this.procedure.blocks[id];
    if (!block) return [];
    let open = states.map((state) => ({ ...state, store: state.store.clone() }));
    this.at = id;
    for (const instruction of block.instructions) open = open.flatMap((state) => this.execute(instruction, state));
    visit.ends.push(...open);
    const reached = new Set<number>();
    const arrive = (to: number, state: WalkState): void => {
      this.visits[to]?.pending.push(state);
      reached.add(to);
    };
    for (const state of open) this.leaveBlock(block.terminator, state, visit, arrive);
    return [...reached];
  }

  private execute(instruction: Instruction, state: WalkState): WalkState[] {
    this.observer.reach?.(instruction, state);
    if (this.returned && this.follows.has(instruction)) noteFollowed(this.values, state.store, this.returned);
    switch (instruction.op) {
      case 'assign':
        this.observer.assign?.(instruction, state);
        this.assign(instruction, state);
        return [state];
      case 'call':
        this.observer.call?.(instruction, state);
        return executeCall(this, instruction, state);
      case 'gap':
        state.locks = forgetAll();
        state.store = Store.empty();
        state.gap = true;
        this.step(state, { kind: 'gap', span: instruction.span });
        return [state];
      case 'opaque':
        state.store.markStale(this.values);
        return [state];
      default:
        return [state];
    }
  }

  step(state: WalkState, step: Step): Trail {
    const trail = { previous: state.trail, step };
    state.trail = trail;
    return trail;
  }

  /** A symbol for a value that is made at a place of the text; what was built on the one made there before is renamed. */
  fresh(state: WalkState, name: string): ValueId {
    const symbol = this.values.symbol(name);
    state.store.retire(this.values, symbol);
    state.locks = retireLocks(this.values, state.locks, symbol);
    return symbol;
  }

  private assign(assign: Extract<Instruction, { op: 'assign' }>, state: WalkState): void {
    const { target, value, span, macro } = assign;
    const address = addressOf(this.values, state.store, target);
    const before = state.locks;
    const count = this.rounds.counts.get(assign);
    if (count) {
      const index = state.store.read(this.values, address);
      const isNumber = this.values.get(index).kind === 'number';
      // Elements by number are followed one by one where their number is not too large to.
      if (!count.endsAtNumber || !isNumber) state.locks = leaveElement(this.values, before, index, count);
      const sure = !isNumber || !this.isCountedTwice(state.store, address, index);
      this.tellLeft(before, state, { from: this.values.print(index), to: nameOf(target) }, sure);
    }
    // Behind a walk its elements have no name any more, and neither have locks that it took for each of them.
    if (value.kind === 'past-end' || (value.kind === 'integer' && macro !== null && walkShape(macro) !== null))
      for (const symbol of this.values.symbolsOf(state.store.read(this.values, address)))
        if (!this.parameters.includes(symbol)) state.locks = retireLocks(this.values, state.locks, symbol);
    let result = valueOf(this.values, state.store, value);
    if (result === this.values.unknown) {
      result = this.fresh(
        state,
        `${value.kind === 'element' || value.kind === 'past-end' ? nameOf(target) : value.kind}@${String(span.start)}:${nameOf(target)}`,
      );
      if (value.kind === 'element') this.tellLeft(before, state, null, true);
      if (value.kind === 'element' && isPointer(target)) state.store.setFact(result, nonZero);
    }
    if (target.kind === 'variable') result = shortened(this.values, result, `${target.variable.name}@chain:${String(span.start)}`, state);
    if (target.kind === 'variable' && this.values.isShared(result)) result = this.copy(result, String(span.start), state);
    if (address === this.values.unknown) return;
    state.store.write(this.values, address, result);
    if (value.kind === 'aggregate' && target.kind === 'variable')
      fillObject(this.values, state.store, address, value, target.variable.type.includes('['));
  }

  /** Whether another variable that counts rounds has the same value. */
  private isCountedTwice(store: Store, address: ValueId, index: ValueId): boolean {
    return [...this.rounds.counts.keys()].some(({ target }) => {
      const other = addressOf(this.values, store, target);
      return other !== address && store.read(this.values, other) === index;
    });
  }

  /** Tells of locks that were held in a round and that the next one has no name for. */
  private tellLeft(before: Locks, state: WalkState, index: LeftLock['index'], sure: boolean): void {
    const end = this.rounds.ends.get(this.at);
    if (end === undefined || before === state.locks) return;
    for (const record of before.records)
      if (record.status === 'held' && !state.locks.records.includes(record)) this.observer.left?.({ record, end, index, sure });
  }

  /** A value of its own that names the same object: it stays as it is, whatever happens to what it was read from. */
  copy(value: ValueId, site: string, state: WalkState): ValueId {
    const copy = this.values.copy(value, site);
    state.store.retire(this.values, copy);
    state.store.inheritFact(this.values, copy, value);
    return copy;
  }

  private leaveBlock(terminator: Terminator, state: WalkState, visit: Visit, arrive: (to: number, state: WalkState) => void): void {
    this.observer.reach?.(terminator, state);
    if (this.returned && this.follows.has(terminator)) noteFollowed(this.values, state.store, this.returned);
    switch (terminator.op) {
      case 'jump':
        // A warning that the code cannot go on from: what follows is written for the other way.
        if (terminator.macro !== null && isWarning(terminator.macro)) return;
        if (terminator.label !== null) this.step(state, { kind: 'goto', label: terminator.label, span: terminator.span });
        arrive(terminator.to, state);
        return;
      case 'branch':
        for (const holds of [true, false]) {
          const next = this.follow(terminator.condition, holds, state, visit);
          if (!next) continue;
          this.step(next, { kind: 'branch', condition: terminator.condition, holds, macro: terminator.macro, span: terminator.span });
          this.observer.test?.(terminator, holds, next);
          arrive(holds ? terminator.then : terminator.else, next);
        }
        return;
      case 'switch':
        this.leaveSwitch(terminator, state, visit, arrive);
        return;
      case 'return': {
        const value = terminator.value ? valueOf(this.values, state.store, terminator.value) : null;
        this.observer.return?.(terminator, value, state);
        this.exits.push({ terminator, value, state });
        return;
      }
      case 'stop':
      case 'leave':
        return;
    }
  }

  /** The state on one side of a test; null if no path goes there. */
  private follow(condition: Expr, holds: boolean, state: WalkState, visit: Visit): WalkState | null {
    return this.within((store) => valueOf(this.values, store, condition), holds ? nonZero : zero, state, visit);
  }

  /** The state in which a value lies in a set; null if no path goes there. */
  private within(read: (store: Store) => ValueId, set: Intervals, state: WalkState, visit: Visit): WalkState | null {
    const { values } = this;
    const value = read(state.store);
    const next = { ...state, store: state.store.clone() };
    if (next.store.constrain(values, value, set)) return next;
    if (intersect(state.store.factOf(values, value, true), set).length === 0) return null;
    // Only what others may have changed speaks against this side. It counts where the locks go with it: another state, with other
    // locks, has the value on this side (`if (x->on) lock; ...; if (x->on) unlock`).
    const own = locksKey(state.locks);
    for (const other of visit.ends) {
      if (locksKey(other.locks) === own) continue;
      const rest = intersect(other.store.factOf(values, read(other.store)), complement(set));
      if (rest.length === 0) return null;
    }
    const changed = { ...state, store: state.store.clone() };
    changed.store.dropStale();
    return changed.store.constrain(values, value, set) ? changed : null;
  }

  private leaveSwitch(
    terminator: Extract<Terminator, { op: 'switch' }>,
    state: WalkState,
    visit: Visit,
    arrive: (to: number, state: WalkState) => void,
  ): void {
    const { values } = this;
    const switched = (store: Store): ValueId => valueOf(values, store, terminator.value);
    // A label is a constant, however it is written.
    const label = (expr: Expr): ValueId => (expr.kind === 'global' ? constantOf(values, expr.name) : valueOf(values, state.store, expr));
    let rest: WalkState | null = { ...state, store: state.store.clone() };
    for (const one of terminator.cases) {
      if (!rest) return;
      const [low, high] = [values.get(label(one.low)), values.get(label(one.high ?? one.low))];
      let next: WalkState | null = { ...rest, store: rest.store.clone() };
      if (low.kind === 'number' && high.kind === 'number') {
        next = this.within(switched, [low.value, high.value], rest, visit);
        rest = this.within(switched, [-Infinity, low.value - 1, high.value + 1, Infinity], rest, visit);
      } else if (!one.high) {
        const equal = (store: Store): ValueId => values.compare('==', switched(store), label(one.low));
        next = this.within(equal, nonZero, rest, visit);
        rest = this.within(equal, zero, rest, visit);
      }
      if (!next) continue;
      this.step(next, { kind: 'case', value: terminator.value, label: one.low, span: one.span });
      arrive(one.to, next);
    }
    if (!rest) return;
    this.step(rest, { kind: 'case', value: terminator.value, label: null, span: terminator.span });
    arrive(terminator.default, rest);
  }
}

function nameOf(place: Expr): string {
  return place.kind === 'variable' ? place.variable.name : place.kind === 'field' ? place.name : place.kind;
}

function isPointer(place: Expr): boolean {
  return place.kind === 'variable' && place.variable.type.includes('*');
}

/** Walks all paths of a procedure, within fixed bounds of work. The same procedure and summaries give the same result. */
export function walk(procedure: Procedure, options: WalkOptions = {}): WalkResult {
  return new Walker(procedure, options).run();
}

/** The steps that led to a state, from the entry on. */
export function pathTo(state: PathState): Step[] {
  return stepsOf(state.trail);
}
