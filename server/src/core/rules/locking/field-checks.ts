// Fields that were tested for NULL before the lock of their object was taken, and how they are used under the lock.

import type { Span } from '../../base/text.ts';
import type { Block, Expr, Instruction, Terminator, Variable } from '../../flow/ir.ts';
import { printExpr } from '../../flow/print.ts';
import type { FlowFunction } from '../../flow/program.ts';
import { solveForward } from './forward.ts';
import { containerOf, partsOf, type Container } from './places.ts';
import { isFollowed } from './pointers.ts';
import type { Hold } from './reading-state.ts';
import type { Readings } from './readings.ts';

/** A test of a field while no lock was held. */
export interface FieldCheck {
  readonly place: string;
  readonly container: Container;
  readonly testedAt: Span;
  /** The object's lock, taken since the test. */
  readonly hold: Hold | null;
  /** Variables that got the field's value under the lock. */
  readonly copies: readonly Variable[];
}

export interface FieldUse {
  readonly check: FieldCheck & { readonly hold: Hold };
  readonly usedAt: Span;
}

type Checks = ReadonlyMap<string, FieldCheck>;

interface LocksAt {
  readonly held: ReadonlyMap<Instruction | Terminator, readonly Hold[]>;
  /** Tests at which no lock may be held. */
  readonly free: ReadonlySet<Terminator>;
}

/** Uses of a field's pointer under its object's lock, of which the last test was made before the lock was taken. */
export function usesOfUnlockedChecks(fn: FlowFunction, readings: Readings): FieldUse[] {
  const { blocks } = fn.procedure;
  if (!blocks.some((block) => testOf(block.terminator) !== null)) return [];
  const at = locksAt(readings);
  const before = solveForward<Checks>(blocks, {
    entry: new Map(),
    through: (block, checks) => through(block, checks, at, null),
    along: (block, to, checks) => withTest(block.terminator, to, checks, at),
    join: (left, right) => new Map([...left].filter(([place, check]) => sameCheck(check, right.get(place)))),
    same: (left, right) => left.size === right.size && [...left].every(([place, check]) => sameCheck(check, right.get(place))),
  });
  const uses: FieldUse[] = [];
  for (const block of blocks) {
    const start = before?.[block.id];
    if (start) through(block, start, at, uses);
  }
  return uses;
}

function sameCheck(left: FieldCheck, right: FieldCheck | undefined): boolean {
  return (
    right !== undefined &&
    left.testedAt.start === right.testedAt.start &&
    left.hold?.takenAt.start === right.hold?.takenAt.start &&
    left.copies.length === right.copies.length
  );
}

function locksAt(readings: Readings): LocksAt {
  const held = new Map<Instruction | Terminator, readonly Hold[]>();
  const free = new Set<Terminator>();
  readings.visit({
    instruction: (instruction, state) => held.set(instruction, [...state.held.values()]),
    branch: (terminator, _test, state) => {
      held.set(terminator, [...state.held.values()]);
      if (state.may.size === 0 && state.asserted.size === 0) free.add(terminator);
    },
  });
  return { held, free };
}

/** The field that a branch tests for NULL, and the block behind the test where it is not NULL. */
function testOf(terminator: Terminator): { place: Expr; to: number } | null {
  if (terminator.op !== 'branch' || terminator.then === terminator.else) return null;
  let { condition } = terminator;
  let to = terminator.then;
  for (;;) {
    const inverted: Expr | null =
      condition.kind === 'unary' && condition.operator === '!'
        ? condition.of
        : condition.kind === 'binary' && condition.operator === '==' && isNull(condition.right)
          ? condition.left
          : null;
    if (inverted) {
      to = to === terminator.then ? terminator.else : terminator.then;
      condition = inverted;
    } else if (condition.kind === 'binary' && condition.operator === '!=' && isNull(condition.right)) condition = condition.left;
    else break;
  }
  const place = condition.kind === 'apply' && condition.name === 'READ_ONCE' ? condition.args[0] : condition;
  return place?.kind === 'field' && place.arrow ? { place, to } : null;
}

function isNull(expr: Expr): boolean {
  return expr.kind === 'integer' && expr.value === 0;
}

function withTest(terminator: Terminator, to: number, checks: Checks, at: LocksAt): Checks {
  const test = testOf(terminator);
  if (test?.to !== to || !at.free.has(terminator)) return checks;
  const { place } = test;
  const container = containerOf({ kind: 'address', of: place, start: place.start, end: place.end }, null);
  const text = printExpr(place);
  if (!container || checks.has(text)) return checks;
  return new Map(checks).set(text, { place: text, container, testedAt: terminator.span, hold: null, copies: [] });
}

/** The checks behind a block. With `uses`, what is used on the way is told there. */
function through(block: Block, start: Checks, at: LocksAt, uses: FieldUse[] | null): Checks {
  const checks = new Map(start);
  const look = (exprs: readonly Expr[], span: Span): void => {
    for (const check of [...checks.values()]) {
      const { hold } = check;
      if (!hold || !exprs.some((expr) => follows(expr, check.place) || check.copies.some((copy) => isFollowed([expr], copy)))) continue;
      uses?.push({ check: { ...check, hold }, usedAt: span });
      checks.delete(check.place);
    }
  };
  for (const instruction of block.instructions) {
    followHolds(checks, at.held.get(instruction) ?? []);
    if (instruction.op === 'call') look([instruction.callee, ...instruction.args], instruction.span);
    else if (instruction.op === 'assign') {
      look([instruction.target, instruction.value], instruction.span);
      assign(checks, instruction.target, instruction.value);
    } else if (instruction.op === 'gap' || instruction.op === 'opaque') checks.clear();
  }
  if (block.terminator.op !== 'branch') return checks;
  followHolds(checks, at.held.get(block.terminator) ?? []);
  const { condition } = block.terminator;
  look([condition], block.terminator.span);
  // Any other test that names the field or a copy may be the one that is needed.
  for (const check of [...checks.values()])
    if (check.hold && (names(condition, check.place) || check.copies.some((copy) => names(condition, copy.name))))
      checks.delete(check.place);
  return checks;
}

/** Marks checks whose object's lock is held now, and drops those of which it was given back. */
function followHolds(checks: Map<string, FieldCheck>, held: readonly Hold[]): void {
  for (const check of checks.values()) {
    const hold = held.find((one) => one.owner === check.container.owner) ?? null;
    if (check.hold && hold?.takenAt.start !== check.hold.takenAt.start) checks.delete(check.place);
    else if (hold && !check.hold) checks.set(check.place, { ...check, hold });
  }
}

function assign(checks: Map<string, FieldCheck>, target: Expr, value: Expr): void {
  const written = printExpr(target);
  for (const check of [...checks.values()]) {
    if (written === check.place || (target.kind === 'variable' && check.container.variables.has(target.variable.id))) {
      checks.delete(check.place);
      continue;
    }
    if (target.kind !== 'variable') continue;
    const others = check.copies.filter((copy) => copy !== target.variable);
    const copies = check.hold && printExpr(value) === check.place ? [...others, target.variable] : others;
    checks.set(check.place, { ...check, copies });
  }
}

/** Whether an expression reads or writes through the pointer in a field. */
function follows(expr: Expr, place: string): boolean {
  return partsOf(expr).some((one) => one.kind === 'field' && one.arrow && printExpr(one.base) === place);
}

function names(expr: Expr, place: string): boolean {
  return partsOf(expr).some((one) => printExpr(one) === place);
}
