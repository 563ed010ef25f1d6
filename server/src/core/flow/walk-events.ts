// What a walk tells: states, events on the way, exits.

import type { Span } from '../base/text.ts';
import type { LockClass, LockOperation } from '../kernel/locks.ts';
import type { Instruction, Terminator } from './ir.ts';
import type { NamingContext } from './lock-names.ts';
import type { LockOutcome, LockRecord, Locks } from './lock-state.ts';
import type { Store } from './store.ts';
import type { Summary } from './summary.ts';
import type { Trail } from './trail.ts';
import type { ValueId, ValueTable } from './values.ts';

/** What is known at a point of a path. The walk owns the store: observers read, and clone it to keep it. */
export interface PathState {
  readonly store: Store;
  readonly locks: Locks;
  readonly trail: Trail | null;
  /** The path passed code that is not visible. */
  readonly gap: boolean;
}

export interface LockEvent {
  readonly action: 'acquire' | 'release';
  readonly lock: ValueId;
  readonly class: LockClass;
  readonly mode: LockOperation['mode'];
  readonly outcome: LockOutcome;
  /** The called function, and whether its own code (`false`: a lock primitive) has the operation. */
  readonly name: string;
  readonly indirect: boolean;
  readonly span: Span;
  /** State before the event. */
  readonly state: PathState;
}

/** A call of a function with a summary: the locks that it asks for and takes, as this function names them. */
export interface CalleeEvent {
  readonly summary: Summary;
  /** Locks that the caller must hold; those without a name here are left out. */
  readonly requires: readonly ValueId[];
  readonly takes: readonly ValueId[];
  readonly span: Span;
  /** State before the call. */
  readonly state: PathState;
}

/** A lock of an element of a loop that a path held at the end of a round, and that the next round has no name for. */
export interface LeftLock {
  readonly record: LockRecord;
  /** The block that all ends of a round lead to. */
  readonly end: number;
  /** For an element of an array: its index in this round as it prints, and the variable that counts; null for a walk over elements. */
  readonly index: { readonly from: string; readonly to: string } | null;
  /** Whether it is sure that the lock went with this loop: while two loops count the same number, nobody can tell whose element it is. */
  readonly sure: boolean;
}

/** Told in the order of the walk; a place is told once for each state that reaches it. */
export interface Observer {
  /** Every instruction and every end of a block, with the state before it. */
  reach?(place: Instruction | Terminator, state: PathState): void;
  lock?(event: LockEvent): void;
  /** The function asserts that a lock of which the path knows nothing is not held. */
  assertFree?(lock: ValueId): void;
  left?(lock: LeftLock): void;
  callee?(event: CalleeEvent): void;
  call?(instruction: Extract<Instruction, { op: 'call' }>, state: PathState): void;
  assign?(instruction: Extract<Instruction, { op: 'assign' }>, state: PathState): void;
  /** A branch, with the state on the side that was taken. */
  test?(terminator: Extract<Terminator, { op: 'branch' }>, holds: boolean, state: PathState): void;
  /** A return; `value` is null for a function without a result. */
  return?(terminator: Extract<Terminator, { op: 'return' }>, value: ValueId | null, state: PathState): void;
}

export interface WalkExit {
  readonly terminator: Extract<Terminator, { op: 'return' }>;
  readonly value: ValueId | null;
  readonly state: PathState;
}

export interface WalkResult {
  readonly values: ValueTable;
  /** Values that the parameters had at entry, in order. */
  readonly parameters: readonly ValueId[];
  readonly exits: readonly WalkExit[];
  /** Classes of the locks that were met (`iommu_group.mutex`), where they are known; none without a naming context. */
  readonly names: ReadonlyMap<ValueId, string>;
  /** Null if all paths were walked; else why not. */
  readonly stopped: 'states' | null;
  readonly steps: number;
}

export interface WalkOptions {
  /** What a called function does; null if its code is not at hand. */
  readonly summaryOf?: (name: string) => Summary | null;
  readonly observer?: Observer;
  /** What classes of locks are told from. */
  readonly naming?: NamingContext;
}

/** A state that the walk itself goes on with. */
export interface WalkState extends PathState {
  store: Store;
  locks: Locks;
  trail: Trail | null;
  gap: boolean;
}
