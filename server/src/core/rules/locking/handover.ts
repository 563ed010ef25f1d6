// Whether a function may leave a lock changed for its caller: by its name, by an annotation, or because the file has its other half.

import { annotatedLocks, markedPrototype } from '../../flow/annotated.ts';
import type { Span } from '../../base/text.ts';
import type { Expr } from '../../flow/ir.ts';
import type { LockStatus } from '../../flow/lock-state.ts';
import type { FlowFile, FlowFunction, LockWalk } from '../../flow/program.ts';
import type { ValueId } from '../../flow/values.ts';
import type { WalkExit } from '../../flow/walk-events.ts';
import { isCounterpartName, saysGive, saysTake } from '../../kernel/lock-names.ts';
import { lockMarks } from '../../kernel/lock-marks.ts';
import type { Annotation, CFile, CFunction } from '../../syntax/types.ts';
import { factsOf } from '../reading/fileFacts.ts';
import type { SideFile } from '../rule.ts';

/** What a function leaves behind: a lock that it took, or one of its caller's that it gave back. */
type Left = 'held' | 'given';

/** Whether the heading, here or in a declaration above, says that the function takes or gives back a lock for its caller. */
export function isAnnotated(flow: FlowFile, { fn }: FlowFunction): boolean {
  return annotatedLocks(fn).length > 0 || fn.annotations.some((one) => namesChange(one)) || markedPrototype(flow.c, fn.name) !== null;
}

/** An annotation counts even where its text is no lock that the analysis can name. */
function namesChange({ name, argument }: Annotation): boolean {
  return lockMarks(name, argument).some((mark) => mark.what !== 'requires' && mark.what !== 'excludes');
}

/** Whether the function's heading or its name says that it leaves a lock behind in this way. */
export function isDeclared(flow: FlowFile, fn: FlowFunction, left: Left): boolean {
  return isAnnotated(flow, fn) || isSequenceStep(fn) || (left === 'held' ? saysTake(fn.fn.name) : saysGive(fn.fn.name));
}

/** Whether the function is a step through a sequence file: the first one takes the lock, and the last one gives it back. */
export function isSequenceStep({ fn }: FlowFunction): boolean {
  if (!/(?:^|_)(?:start|first|next|idx|show|stop)(?:_|$)/.test(fn.name)) return false;
  return /(?:^|_)seq_/.test(fn.name) || fn.parameters.some(({ type }) => /\bstruct seq_file\b/.test(type));
}

/** Whether the function tells its caller through a parameter what became of the lock (`int *locked`). */
export function tellsByParameter(fn: FlowFunction): boolean {
  return fn.fn.parameters.some((parameter) => parameter.name !== null && /^(?:un)?locked$/.test(parameter.name));
}

/** Whether a function ends with the very call that takes the lock: what that hands to its caller, so does this. */
export function endsWith({ terminator: { span } }: WalkExit, taken: Span): boolean {
  return taken.start >= span.start && taken.end <= span.end;
}

/**
 * Whether what the release will need is left with the caller, through a pointer that it passed: `*index = srcu_read_lock(...)`,
 * `spin_lock_irqsave(lock, *flags)`. `taken` is where the lock is taken.
 */
export function leavesKeyWithCaller({ procedure: { blocks, parameters } }: FlowFunction, taken: Span): boolean {
  const pointers = new Set(parameters.filter(({ type }) => /^(?:unsigned )?(?:int|long) ?\*$/.test(type)).map(({ id }) => id));
  const isCallers = (expr: Expr): boolean => expr.kind === 'deref' && expr.of.kind === 'variable' && pointers.has(expr.of.variable.id);
  if (pointers.size === 0) return false;
  return blocks.some(({ instructions }) =>
    instructions.some((one, index) => {
      if (one.op !== 'call' || one.span.start !== taken.start) return false;
      const next = instructions[index + 1];
      const isKept =
        next?.op === 'assign' && next.value.kind === 'variable' && next.value.variable === one.result && isCallers(next.target);
      return isKept || one.args.some(isCallers);
    }),
  );
}

/**
 * Whether a function is handed on that gives back locks of a class: `kref_put(&demo->ref, demo_release)` calls it where the last
 * reference goes, and only then.
 */
export function handsGiverOn(flow: FlowFile, { procedure: { blocks } }: FlowFunction, lockClass: string | undefined): boolean {
  if (lockClass === undefined) return false;
  const gives = (arg: Expr): boolean =>
    arg.kind === 'address' ? gives(arg.of) : arg.kind === 'global' && (flow.summaryOf(arg.name)?.drops.includes(lockClass) ?? false);
  return blocks.some(({ instructions }) => instructions.some((one) => one.op === 'call' && one.args.some(gives)));
}

/** Whether nobody can call the function: it is static, and nothing in the whole file names it. What it leaves behind it leaves to nobody. */
export function hasNoCaller(file: SideFile, { fn }: FlowFunction): boolean {
  return fn.isStatic && !fn.isInline && isWhole(file) && !isNamed(file, fn);
}

function isWhole(file: SideFile): boolean {
  return file.depth !== 'hunk' && file.gaps.length === 0;
}

const named = new WeakMap<SideFile, Map<CFunction, boolean>>();

/** `namesOutside`, worked out once. */
function isNamed(file: SideFile, fn: CFunction): boolean {
  const all = named.get(file) ?? new Map<CFunction, boolean>();
  named.set(file, all);
  const known = all.get(fn) ?? namesOutside(file, fn);
  all.set(fn, known);
  return known;
}

/** Whether the file names a function outside of itself and of its declarations: it calls it, puts it into a table, or a macro has it. */
function namesOutside(file: SideFile, fn: CFunction): boolean {
  const { tree, text, comments } = file.c;
  const parsed = new Set<number>();
  for (const row of factsOf(file.c).usesOf(fn.name)) {
    const at = tree.start(row);
    parsed.add(at);
    const isOther = at < fn.span.start || at >= fn.span.end;
    if (isOther && tree.kind(tree.parent(row)) !== 'function_declarator' && !isExport(text, at)) return true;
  }
  // What the parser has no identifier for stands in a macro or in a comment.
  for (let at = text.indexOf(fn.name); at >= 0; at = text.indexOf(fn.name, at + fn.name.length)) {
    const isWord = !/\w/.test(text.charAt(at - 1)) && !/\w/.test(text.charAt(at + fn.name.length));
    if (isWord && !parsed.has(at) && !isInside(comments, at)) return true;
  }
  return false;
}

/** Whether an offset lies in one of some spans, which are in the order of the text. */
function isInside(spans: readonly Span[], at: number): boolean {
  let low = 0;
  let high = spans.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((spans[middle]?.end ?? 0) <= at) low = middle + 1;
    else high = middle;
  }
  return (spans[low]?.start ?? Infinity) <= at;
}

/** `EXPORT_SYMBOL_GPL(name)` says nothing of who calls it. */
function isExport(text: string, at: number): boolean {
  return /EXPORT_SYMBOL(?:_GPL)?\($/.test(text.slice(Math.max(0, at - 24), at));
}

/** Where a lock lies, as far as two functions can compare it: its own field or name, and the type that has it where that is known. */
interface LockHome {
  readonly name: string;
  readonly owner: string | null;
}

/** Null for a lock that is neither a field, a global nor a parameter. */
function homeOf(fn: FlowFunction, locks: LockWalk, lock: ValueId): LockHome | null {
  const { values, parameters } = locks.result;
  // The lock itself is handed in.
  const handed = fn.procedure.parameters[parameters.indexOf(lock)];
  if (handed) return { name: '', owner: handed.type };
  // What a field or a global points at goes by its name.
  const own = values.get(lock);
  const place = own.kind === 'content' ? values.get(own.address) : own;
  if (place.kind === 'global') return { name: place.name, owner: '' };
  if (place.kind !== 'field') return null;
  const base = values.get(place.base);
  // The structure around an embedded one, and the field that a pointer came from, say as much as a type.
  if (base.kind === 'field') return { name: place.name, owner: base.name };
  const type = fn.procedure.parameters[parameters.indexOf(place.base)]?.type;
  return { name: place.name, owner: type === undefined ? null : type.replace(/\bconst\b/, '').trim() };
}

function sameHome(left: LockHome | null, right: LockHome | null): boolean {
  if (!left || !right || left.name !== right.name) return false;
  return left.owner === null || right.owner === null || left.owner === right.owner;
}

/**
 * Whether another function of the file is the other half of a pair: it ends with the same kind of lock in the opposite state, or takes
 * it and leaves the rest to code that is not visible. Two halves have names that belong together (`x_start` and `x_stop`), or the file
 * hands both to somebody. A function that is called is no half but a part.
 */
export function hasOtherHalf(file: SideFile, flow: FlowFile, fn: FlowFunction, locks: LockWalk, lock: ValueId, other: Left): boolean {
  const home = homeOf(fn, locks, lock);
  const isStretch = home?.owner === '' && /^(?:local_irq|local_bh|preemption)$/.test(home.name);
  const isHandedOut = !isWhole(file) || isNamed(file, fn.fn);
  return flow.functions.some((half) => {
    if (half === fn || fn.callees.includes(half.fn.name) || half.callees.includes(fn.fn.name)) return false;
    const isCounterpart = isCounterpartName(fn.fn.name, half.fn.name);
    // Every release in the file switches the same interrupts on: only a name tells whose half it is.
    if (!isCounterpart && (!isHandedOut || isStretch)) return false;
    const others = flow.locks(half);
    if (!others) return false;
    const ends = (wanted: LockStatus): boolean =>
      others.result.exits.some((exit) =>
        exit.state.locks.records.some((record) => record.status === wanted && sameHome(home, homeOf(half, others, record.lock))),
      );
    // The dear questions come last.
    const belongs = (): boolean => isCounterpart || !isWhole(file) || isNamed(file, half.fn);
    if (ends(other)) return !isKrefRelease(flow, half) && belongs();
    if (other === 'given' || !ends('unknown')) return false;
    const own = others.events.filter((event) => sameHome(home, homeOf(half, others, event.lock)));
    return own.some((event) => event.outcome === 'taken') && !own.some((event) => event.action === 'release') && belongs();
  });
}

const holdsPuts = new WeakMap<CFile, boolean>();

/** Whether a function is the release of `kref_put_mutex(kref, release, lock)`, which takes the lock for it. */
function isKrefRelease(flow: FlowFile, fn: FlowFunction): boolean {
  let puts = holdsPuts.get(flow.c);
  if (puts === undefined) holdsPuts.set(flow.c, (puts = flow.c.text.includes('kref_put_')));
  if (!puts) return false;
  return new RegExp(`\\bkref_put_(?:mutex|lock)\\([^;]{0,200}\\b${fn.fn.name}\\b`, 'u').test(flow.c.text);
}

/** Whether a function of the file calls this one while it holds a lock that both can name: a global one. */
export function callerHolds(flow: FlowFile, fn: FlowFunction, locks: LockWalk, lock: ValueId): boolean {
  const { values } = locks.result;
  const object = values.get(values.objectOf(lock));
  if (object.kind !== 'global' && object.kind !== 'content') return false;
  const name = values.printPlace(lock);
  return flow.functions.some((caller) => {
    if (caller === fn || !caller.callees.includes(fn.fn.name)) return false;
    const others = flow.locks(caller);
    return others?.under.some(
      ({ call, held }) => call.name === fn.fn.name && held.some((other) => others.result.values.printPlace(other) === name),
    );
  });
}

/** Whether a caller in the file gives back a lock that it got by calling the function. */
export function callerGivesBack(flow: FlowFile, fn: FlowFunction): boolean {
  return flow.functions.some((caller) => {
    if (!caller.callees.includes(fn.fn.name)) return false;
    return flow.locks(caller)?.events.some((event) => {
      if (event.action !== 'release') return false;
      const step = event.state.locks.records.find((record) => record.lock === event.lock)?.since?.step;
      return step?.kind === 'acquire' && step.via === fn.fn.name;
    });
  });
}
