// Locks that code between two hunks must have taken: what is given back on every way that goes on from a place is held at that place.

import { successors, type Block, type Expr, type Instruction, type Terminator } from '../../flow/ir.ts';
import { printExpr } from '../../flow/print.ts';
import type { FlowFile, FlowFunction } from '../../flow/program.ts';
import { seemsToLock } from '../../flow/unseen-locks.ts';
import { dropsLocks, isSection, lockOperation, type LockClass, type LockOperation } from '../../kernel/locks.ts';
import { isSilentCall } from '../../kernel/primitives.ts';
import { UNSEEN } from '../../syntax/fragments.ts';
import type { RuleContext, SideFile } from '../rule.ts';
import { solveForward } from './forward.ts';
import { partsOf } from './places.ts';
import type { Call } from './points.ts';

/** A lock that some code of a function gives back, and that only code which is not visible can have taken. */
export interface HiddenLock {
  /** As C writes it: `demo->lock`; `rcu` for the RCU read side. */
  readonly text: string;
  readonly class: LockClass;
  /** The first release of it in the text. */
  readonly release: Call;
  /** What may change which lock the text names, take it or give it back unseen. */
  disturbs(instruction: Instruction): boolean;
  gives(instruction: Instruction): boolean;
  /** The same for code that the patch left as it was. */
  gave(instruction: Instruction): boolean;
  /** Whether an instruction of a block is a gap that may hide statements. */
  hides(block: Block, index: number): boolean;
  /** Whether a call hands the lock's object to code that is not at hand, which may give the lock back. */
  handsOn(call: Call): boolean;
  /** Whether a gap lies between the beginning of the function and a block, and nothing behind it touches the lock: at its beginning. */
  readonly hidden: ReadonlySet<Block>;
  /** Blocks from whose beginning all ways give the lock back. */
  readonly ahead: ReadonlySet<Block>;
}

const unfit: ReadonlySet<LockClass> = new Set(['semaphore', 'unknown', 'seqcount']);

/**
 * Locks of a function that only its hunks show. None where the function is seen wholly, and none that the changed lines take, or that
 * the other side of the change names on lines that are not on this one: there the locking itself is what changes.
 */
export function hiddenLocks(context: RuleContext, file: SideFile, flow: FlowFile, fn: FlowFunction): readonly HiddenLock[] {
  let locks = known.get(fn);
  if (!locks) known.set(fn, (locks = findHidden(context, file, flow, fn)));
  return locks;
}

/** Several rules ask for the locks of one function. */
const known = new WeakMap<FlowFunction, readonly HiddenLock[]>();

function findHidden(context: RuleContext, file: SideFile, flow: FlowFile, fn: FlowFunction): HiddenLock[] {
  const { blocks } = fn.procedure;
  if (!context.patch || file.gaps.length === 0 || !blocks.some((block) => block.instructions.some((one) => one.op === 'gap'))) return [];
  const calls = blocks.flatMap((block) => block.instructions.filter((one) => one.op === 'call'));
  const releases = new Map<string, Call>();
  for (const call of calls) {
    const operation = call.name === null || call.scopeExit ? null : lockOperation(call.name);
    const text = operation?.action === 'release' ? lockText(call, operation) : null;
    if (operation && text !== null && !isSection(operation.class) && !unfit.has(operation.class) && !releases.has(text))
      releases.set(text, call);
  }
  if (releases.size === 0) return [];
  const gone = linesOfOtherSide(context, file).map((line) => line.text);
  return [...releases].flatMap(([text, release]) => {
    const word = text === 'rcu' ? 'rcu_read_lock' : text;
    if (gone.some((line) => line.includes(word)) || isCallers(file, calls, text, release)) return [];
    const lock = hiddenLock(file, flow, fn, text, release);
    return returnsAnyway(file, fn, lock) ? [] : [lock];
  });
}

/** Whether something says that the caller holds the lock: an assertion, or a release that another acquisition follows; or the patch takes it. */
function isCallers(file: SideFile, calls: readonly Call[], text: string, release: Call): boolean {
  return calls.some((call) => {
    const operation = call.name === null ? null : lockOperation(call.name);
    if (!operation || lockText(call, operation) !== text) return false;
    if (operation.action === 'acquire') return file.isChanged(call.span.start) || call.span.start > release.span.start;
    return operation.action !== 'release';
  });
}

/** Whether old code behind the gap returns with the lock: then it is the caller's, or some ways do not have it. */
function returnsAnyway(file: SideFile, { procedure: { blocks } }: FlowFunction, lock: HiddenLock): boolean {
  return blocks.some((block) => {
    const { terminator } = block;
    if (terminator.op !== 'return' || terminator.implicit || file.isChanged(terminator.span.start)) return false;
    return isHiddenAtEnd(lock, block) && !isCutOff(blocks, block);
  });
}

/** Whether a block begins before the hunk and its end is the first that is seen of it: nobody knows what came before that. */
function isCutOff(blocks: readonly Block[], { id, instructions }: Block): boolean {
  if (instructions.some((one) => one.op !== 'gap')) return false;
  return blocks.some(({ terminator }) => terminator.op === 'branch' && isUnseenHead(terminator) && terminator.then === id);
}

/** The head of a block that begins before the hunk. */
function isUnseenHead({ condition }: Extract<Terminator, { op: 'branch' }>): boolean {
  return condition.kind === 'global' && condition.name.startsWith(UNSEEN);
}

function hiddenLock(file: SideFile, flow: FlowFile, { procedure: { blocks } }: FlowFunction, text: string, release: Call): HiddenLock {
  const operation = release.name === null ? null : lockOperation(release.name);
  const argument = operation?.argument === null || operation === null ? undefined : release.args[operation.argument];
  const named = new Set(argument ? partsOf(argument).flatMap((part) => nameIn(part) ?? []) : []);
  const isNamed = (expr: Expr): boolean => named.has(nameIn(expr) ?? '');
  const gives = (one: Instruction): boolean => {
    const done = one.op === 'call' && one.name !== null && !one.scopeExit ? lockOperation(one.name) : null;
    return one.op === 'call' && done?.action === 'release' && lockText(one, done) === text;
  };
  const disturbs = (one: Instruction): boolean => {
    if (one.op === 'gap' || one.op === 'opaque') return true;
    if (one.op === 'assign') return isNamed(one.target);
    if (one.op !== 'call') return false;
    return isOtherOperation(one, text) || mayTouch(flow, one, text);
  };
  const handsOn = ({ name, args }: Call): boolean => {
    if (name !== null && (isSilentCall(name) || lockOperation(name) || flow.summaryOf(name)?.source === 'code')) return false;
    return args.some(isNamed);
  };
  const hides = (block: Block, index: number): boolean => block.instructions[index]?.op === 'gap' && !isAtTop(file, block, index);
  const before = solveForward<boolean>(blocks, {
    entry: false,
    through: (block, state) =>
      block.instructions.reduce((hidden, one, index) => hides(block, index) || (hidden && !disturbs(one) && !gives(one)), state),
    join: (left, right) => left && right,
    same: (left, right) => left === right,
  });
  const hidden = new Set(blocks.filter((block) => before?.[block.id] === true));
  // What the patch gives back itself says nothing of how it was before.
  const gave = (one: Instruction): boolean => gives(one) && !file.isChanged(one.span.start);
  const ends = (one: Instruction): boolean => disturbs(one) || gives(one);
  const ahead = aheadOf(blocks, ends, gave);
  return { text, class: operation?.class ?? 'unknown', release, disturbs, gives, gave, handsOn, hides, hidden, ahead };
}

/** Whether a gap stands in front of the declarations at the top of a function: nothing has run before them. */
function isAtTop({ c: { text } }: SideFile, block: Block, index: number): boolean {
  const next = block.instructions[index + 1];
  if (next?.op !== 'declare') return false;
  const line = text.lastIndexOf('\n', next.span.start - 1) + 1;
  return /^(?:\t| {1,8})\S/u.test(text.slice(line, line + 10));
}

/** Whether nothing visible says anything of the lock between the last gap and the end of a block. */
export function isHiddenAtEnd(lock: HiddenLock, block: Block): boolean {
  return isHiddenAt(lock, block, block.instructions.length);
}

function isHiddenAt(lock: HiddenLock, block: Block, end: number): boolean {
  return block.instructions
    .slice(0, end)
    .reduce(
      (hidden, one, index) => lock.hides(block, index) || (hidden && !lock.disturbs(one) && !lock.gives(one)),
      lock.hidden.has(block),
    );
}

type Asks = (one: Instruction) => boolean;

function aheadOf(blocks: readonly Block[], ends: Asks, gives: Asks): ReadonlySet<Block> {
  const ahead = new Set<Block>();
  for (let grown = true; grown;) {
    grown = false;
    for (const block of blocks)
      if (!ahead.has(block) && isAhead(blocks, ahead, block, 0, ends, gives)) {
        ahead.add(block);
        grown = true;
      }
  }
  return ahead;
}

/** Whether all ways from an instruction of a block on give the lock back before anything else can happen to it. */
function isAhead(blocks: readonly Block[], ahead: ReadonlySet<Block>, block: Block, from: number, ends: Asks, gives: Asks): boolean {
  for (const one of block.instructions.slice(from)) {
    if (gives(one)) return true;
    if (ends(one)) return false;
  }
  const next = successors(block.terminator);
  return next.length > 0 && next.every((id) => ahead.has(blocks[id] ?? block));
}

/** Those of some locks that are held just before a call which the patch adds. */
export function heldAtNewCall(file: SideFile, fn: FlowFunction, locks: readonly HiddenLock[], call: Call): HiddenLock[] {
  const block = locks.length === 0 ? undefined : fn.procedure.blocks.find((one) => one.instructions.includes(call));
  if (!block || !file.isChanged(call.span.start)) return [];
  return locks.filter((lock) => isHeldBefore(fn, lock, block, block.instructions.indexOf(call)));
}

/**
 * Whether a block of which the head is not visible ends between two offsets. It may be a loop: what follows it does not come right
 * behind its last line then.
 */
export function endsUnseenBlock({ procedure: { blocks } }: FlowFunction, from: number, to: number): boolean {
  return blocks.some(({ terminator }) => {
    if (terminator.op !== 'branch' || !isUnseenHead(terminator)) return false;
    const behind = blocks[terminator.else];
    const start = (behind?.instructions[0] ?? behind?.terminator)?.span.start ?? -1;
    return terminator.condition.start < from && start >= from && start <= to;
  });
}

/** Releases that the patch adds in front of another one of the same lock: every way from them gives it back again. */
export function givenBackTwice(file: SideFile, { procedure: { blocks } }: FlowFunction, lock: HiddenLock): Call[] {
  const ends = (one: Instruction): boolean => lock.disturbs(one) || lock.gives(one);
  return blocks.flatMap((block) =>
    block.instructions.flatMap((one, index) => {
      const isNew = one.op === 'call' && lock.gives(one) && file.isChanged(one.span.start);
      return isNew && isAhead(blocks, lock.ahead, block, index + 1, ends, lock.gave) ? [one] : [];
    }),
  );
}

/** Whether the lock is held just before an instruction of a block, by what follows. */
function isHeldBefore({ procedure: { blocks } }: FlowFunction, lock: HiddenLock, block: Block, index: number): boolean {
  let hidden = lock.hidden.has(block);
  for (const one of block.instructions.slice(0, index)) hidden = one.op === 'gap' || (hidden && !lock.disturbs(one) && !lock.gives(one));
  return hidden && isAhead(blocks, lock.ahead, block, index, lock.disturbs, lock.gives);
}

function isOtherOperation(call: Call, text: string): boolean {
  const operation = call.name === null ? null : lockOperation(call.name);
  return operation !== null && operation.action !== 'release' && lockText(call, operation) === text;
}

/** Whether a call of something else than a lock function may have to do with the lock. */
function mayTouch(flow: FlowFile, { name, args }: Call, text: string): boolean {
  if (name !== null && lockOperation(name)) return false;
  if (args.some((arg) => plainText(arg) === text)) return true;
  if (name === null) return false;
  if (seemsToLock(name) || dropsLocks(name)) return true;
  const summary = flow.summaryOf(name);
  return summary !== null && (summary.drops.length > 0 || summary.exits.some((exit) => exit.effects.length > 0));
}

/** A lock as C writes it, from the call of a lock function. */
function lockText(call: Call, { argument, field, class: lockClass }: LockOperation): string | null {
  if (argument === null) return field ?? lockClass;
  const arg = call.args[argument];
  if (!arg) return null;
  return field === null ? plainText(arg) : `${plainText(arg)}->${field}`;
}

function plainText(arg: Expr): string {
  return printExpr(arg.kind === 'address' ? arg.of : arg);
}

/**
 * The name of a variable. Of one that the hunks do not declare nobody knows whether it is the function's own: its name is all there is.
 */
export function nameIn(expr: Expr): string | null {
  if (expr.kind === 'variable') return expr.variable.name;
  return expr.kind === 'global' && /[a-z]/u.test(expr.name) ? expr.name : null;
}

/** Lines of a file that only the other side of the change has, with their hunk's lines on this side; `line` is where the hunk stands. */
export function linesOfOtherSide({ patch, side }: RuleContext, { path }: SideFile): { text: string; from: number; to: number }[] {
  const isBefore = side === 'before';
  const changes = (patch?.files ?? []).filter((change) => (isBefore ? change.oldPath : change.newPath) === path);
  return changes.flatMap(({ hunks }) =>
    hunks.flatMap((hunk) => {
      const from = isBefore ? hunk.oldStart : hunk.newStart;
      const to = from + (isBefore ? hunk.oldCount : hunk.newCount);
      return hunk.lines.filter(({ kind }) => kind === (isBefore ? 'added' : 'removed')).map(({ text }) => ({ text, from, to }));
    }),
  );
}

/** Whether the other side of a hunk has a line of its own like this. */
export function isOnOtherSide(context: RuleContext, file: SideFile, offset: number, wanted: RegExp): boolean {
  const line = file.lineOf(offset);
  return line === null || linesOfOtherSide(context, file).some(({ text, from, to }) => line >= from && line < to && wanted.test(text));
}
