// # field-without-its-lock
//
// A field is written, tested for a decision or walked over where the lock that guards it is known to be free.
//
// ## What it reports
//
// A write of a field that a contract guards by a lock, a test of one, or a walk over a list of this kind, on a path that gave the lock
// back before or takes it only later. Several of them behind one release, or before one acquisition, are one finding. The contracts are
// those of the state of an IOMMU group under its mutex (`domain`, `default_domain`, `blocking_domain`, `owner`, `owner_cnt`, `devices`,
// `pasid_array`), of `iommu_device_list`, of the lists of the DMAR table, and of fields for which the kernel's own code asserts the lock:
// groups, accesses, page tables and pages of iommufd, groups, devices and device sets of VFIO, domains of AMD and Arm. Functions that are
// known to read a field without its lock, and may, are left out. A walk is a note: nothing is written or decided there. Where the type of
// an object is not visible, the lock and a field whose name no other structure has tell what it is. Also a write under a lock that is
// held only for reading; an access around which a patch drops the lock and leaves the callers as they are, since they do not hold what
// the function took itself; and as mended an access for which the patch takes the lock, where nothing in sight told before that it was
// free.
//
// ## Why it matters
//
// Another thread may change the field between the test and its use: the domain that was tested is freed, or the owner is another one.
//
// ## Known misses
//
// Fields of other structures, functions that never touch the lock, and most objects whose type is not visible.
//
// ## Known false alarms
//
// An object that no other thread can reach at that place.
//
// ## Example that triggers
//
// ```c
// static int demo_claim(struct iommu_group *group, void *owner)
// {
// 	if (group->owner)
// 		return -EBUSY;
// 	mutex_lock(&group->mutex);
// 	group->owner = owner;
// 	mutex_unlock(&group->mutex);
// 	return 0;
// }
// ```
//
// ## Example that does not
//
// ```c
// static int demo_claim(struct iommu_group *group, void *owner)
// {
// 	int ret = -EBUSY;
//
// 	mutex_lock(&group->mutex);
// 	if (!group->owner) {
// 		group->owner = owner;
// 		ret = 0;
// 	}
// 	mutex_unlock(&group->mutex);
// 	return ret;
// }
// ```
//
// ## Fix
//
// None offered: move the access to where the lock is held.
//
// ## Sources
//
// - drivers/iommu/iommu.c, Linux 6.1 and 6.12.
// - lockdep_assert_held() in drivers/iommu/iommufd, drivers/iommu/amd, drivers/iommu/arm and drivers/vfio, Linux 6.12.

import { throwIfCancelled } from '../base/cancel.ts';
import { addressOf, valueOf } from '../flow/evaluate.ts';
import type { Expr } from '../flow/ir.ts';
import { recordOf, type LockRecord } from '../flow/lock-state.ts';
import type { FlowFile, FlowFunction } from '../flow/program.ts';
import type { ValueId } from '../flow/values.ts';
import type { WalkResult } from '../flow/walk-events.ts';
import type { CType } from '../syntax/struct-fields.ts';
import { fieldContracts, isTelling, type FieldContract } from '../kernel/contracts/fields.ts';
import { evidenceOf } from './locking/evidence.ts';
import { isCalledUnderLock } from './locking/guarded.ts';
import {
  isHeld,
  isOwnNewObject,
  knownFree,
  pointsOf,
  stepsSince,
  type Assign,
  type Branch,
  type Call,
  type Free,
  type Point,
  type Points,
} from './locking/points.ts';
import { changesCallers, counterpartOf, isMoved, isTakenByPatch, saysNeedless, type Counterpart } from './locking/told-by-patch.ts';
import { defineRule, type EvidenceStep, type Messages, type RuleContext, type RuleMeta, type SideFile } from './rule.ts';

const meta: RuleMeta = {
  id: 'field-without-its-lock',
  title: 'A field is written or tested without the lock that guards it',
  category: 'locking',
  level: 'med',
  confidence: 'moderate',
  evidence: 'contract',
  needs: 'hunk',
  since: '0.1.0',
  sources: [
    {
      title: 'drivers/iommu/iommu.c, Linux 6.12',
      url: 'https://git.kernel.org/pub/scm/linux/kernel/git/torvalds/linux.git/tree/drivers/iommu/iommu.c?h=v6.12',
    },
  ],
  refute: 'The object is not yet or no longer known to others, or the access is known to be safe without the lock.',
};

const messages: Messages = {
  write: '{field} is written without {lock}',
  test: '{field} is tested without {lock}, so it may change before it is used',
  shared: '{field} is written, and {lock} is held only for reading',
  walk: '{field} is walked without {lock}, so elements may come and go meanwhile',
};

type Rows = ReadonlyMap<string, readonly FieldContract[]>;
type How = 'write' | 'test' | 'walk';

/** An expression that names a guarded field of an object, or a guarded variable at file level. */
interface Guarded {
  readonly expr: Extract<Expr, { kind: 'field' | 'global' }>;
  readonly row: FieldContract;
}

function check(context: RuleContext): void {
  const rows = new Map<string, FieldContract[]>();
  for (const row of fieldContracts)
    if (row.eras.some((era) => era === context.era.id)) rows.set(row.field, [...(rows.get(row.field) ?? []), row]);
  for (const file of context.files) {
    if (![...rows.values()].flat().some((row) => speaksOf(file.c.text, row))) continue;
    const flow = context.flow(file);
    for (const fn of flow.functions) {
      throwIfCancelled(context.cancel);
      const other = counterpartOf(context, file, fn);
      if ((flow.locks(fn)?.events.length ?? 0) > 0 || other) checkFunction(context, file, flow, fn, rows, other);
    }
  }
}

function speaksOf(text: string, { struct, field, lock }: FieldContract): boolean {
  // Who walks a list by a macro names only its lock.
  return struct === null
    ? text.includes(field) || text.includes(lock)
    : text.includes(`struct ${struct}`) || (isTelling(field) && text.includes(field));
}

function checkFunction(
  context: RuleContext,
  file: SideFile,
  flow: FlowFile,
  fn: FlowFunction,
  rows: Rows,
  other: Counterpart | null,
): void {
  const accesses = accessesOf(flow, fn, rows);
  if (!accesses) return;
  const held = other ? heldByPatch(context, other, rows) : new Map<string, EvidenceStep>();
  const seen = new Set<string>();
  for (const { point, how, guarded } of accesses.all)
    for (const one of guarded) checkAccess({ context, file, flow, fn, points: accesses.points, held }, point, one, how, seen);
}

interface Access {
  readonly point: Point<unknown>;
  readonly how: How;
  readonly guarded: readonly Guarded[];
}

/** Places of a function that write, test or walk something guarded, on each path; null where there are none or nobody knows the paths. */
function accessesOf(flow: FlowFile, fn: FlowFunction, rows: Rows): { readonly points: Points; readonly all: readonly Access[] } | null {
  const found = new Map<Assign | Branch | Call, { readonly how: How; readonly guarded: readonly Guarded[] }>();
  const types = (expr: Expr): CType | null => flow.naming(fn).types.typeOf(expr);
  const keep = (node: Assign | Branch | Call, how: How, exprs: readonly Expr[]): void => {
    const guarded = exprs.flatMap((expr) => guardedIn(expr, rows, types));
    const wanted = how === 'write' ? guarded.slice(0, 1) : guarded.filter((one) => !one.row.unlockedReaders.includes(fn.fn.name));
    if (wanted.length > 0) found.set(node, { how, guarded: wanted });
  };
  for (const { instructions, terminator } of fn.procedure.blocks) {
    for (const one of instructions)
      if (one.op === 'assign') keep(one, 'write', [one.target]);
      else if (one.op === 'call' && one.name !== null && changesContainer.test(one.name)) keep(one, 'write', one.args.flatMap(ofAddress));
    if (terminator.op !== 'branch') continue;
    const { condition } = terminator;
    if (condition.kind !== 'more') keep(terminator, 'test', [condition]);
    else if (!condition.loop.endsWith('_rcu')) keep(terminator, 'walk', [...condition.over.flatMap(ofAddress), ...listOf(condition, rows)]);
  }
  if (found.size === 0) return null;
  const points = pointsOf(flow, fn, { assign: (one) => found.has(one), test: (one) => found.has(one), call: (one) => found.has(one) });
  if (!points) return null;
  const all = [...points.assigns, ...points.calls, ...points.tests].flatMap((point): Access[] => {
    const at = found.get(point.node);
    return at ? [{ point, ...at }] : [];
  });
  return { points, all };
}

/**
 * Accesses that the other side makes under a lock that only it takes for them, wherever it makes them: by kind and field, with the place.
 */
function heldByPatch(context: RuleContext, other: Counterpart, rows: Rows): ReadonlyMap<string, EvidenceStep> {
  const held = new Map<string, EvidenceStep | null>();
  const accesses = other.changed.some(({ action }) => action === 'acquire') ? accessesOf(other.flow, other.fn, rows) : null;
  if (!accesses) return new Map();
  const message = context.side === 'before' ? 'the patch takes it here' : 'the patch drops this';
  for (const { point, how, guarded } of accesses.all)
    for (const one of guarded) {
      const known = lockOf(accesses.points.result, point, one);
      if (!known) continue;
      const record = recordOf(point.locks, known.lock);
      const key = `${how} ${known.text}`;
      const since = isTakenByPatch(other, record) ? record?.since?.step : undefined;
      const step = since && held.get(key) !== null ? { at: { file: other.file, span: since.span }, message } : null;
      held.set(key, step);
    }
  return new Map([...held].flatMap(([key, step]): [string, EvidenceStep][] => (step ? [[key, step]] : [])));
}

/** Functions that put something into a list or tree, or take it out, by its head. */
const changesContainer = /^(?:list|hlist)_(?:add|splice|move)|^interval_tree_(?:insert|remove)$|^rb_(?:add|erase|find_add)/;

/** The list that a loop macro walks without naming it. */
function listOf({ loop, start, end }: Extract<Expr, { kind: 'more' }>, rows: Rows): Expr[] {
  const row = [...rows.values()].flat().find((one) => one.loops?.includes(loop));
  return row ? [{ kind: 'global', name: row.field, start, end }] : [];
}

function ofAddress(arg: Expr): readonly Expr[] {
  return arg.kind === 'address' ? [arg.of] : [];
}

/** Guarded fields and variables in an expression, as far as the types of their objects are known. */
function guardedIn(whole: Expr, rows: Rows, typeOf: (expr: Expr) => CType | null): Guarded[] {
  const found: Guarded[] = [];
  const open: Expr[] = [whole];
  for (let expr = open.pop(); expr; expr = open.pop()) {
    if (expr.kind === 'field' || expr.kind === 'global') {
      const named = rows.get(expr.name);
      const { name } = expr;
      const type = named && expr.kind === 'field' ? typeOf(expr.base) : null;
      const row = named?.find((one) => {
        if (expr.kind !== 'field') return one.struct === null;
        return type ? one.struct === type.tag : one.struct !== null && isTelling(name);
      });
      if (row) found.push({ expr, row });
    }
    if (expr.kind === 'field' || expr.kind === 'index') open.push(expr.base);
    else if (expr.kind === 'binary') open.push(expr.right, expr.left);
    else if (expr.kind === 'unary' || expr.kind === 'deref' || expr.kind === 'cast') open.push(expr.of);
    else if (expr.kind === 'apply') open.push(...expr.args.flatMap((arg) => (arg.kind === 'address' ? [arg.of] : [arg])));
  }
  return found;
}

interface Place {
  readonly context: RuleContext;
  readonly file: SideFile;
  readonly flow: FlowFile;
  readonly fn: FlowFunction;
  readonly points: Points;
  /** What the other side has under its lock. */
  readonly held: ReadonlyMap<string, EvidenceStep>;
}

/** The lock of a guarded field, and what the field prints as; null where its object is not known. */
function lockOf(
  { values }: WalkResult,
  { store }: Point<unknown>,
  { expr, row }: Guarded,
): { readonly lock: ValueId; readonly text: string } | null {
  if (expr.kind === 'global') return { lock: values.global(row.lock), text: expr.name };
  const object = expr.arrow ? valueOf(values, store, expr.base) : addressOf(values, store, expr.base);
  if (object === values.unknown) return null;
  const names = row.lock.split('->').slice(1);
  const lock = names.reduce((at, name, index) => values.field(index === 0 ? at : store.read(values, at), name), object);
  return { lock, text: values.printPlace(values.field(object, expr.name)) };
}

function checkAccess(place: Place, point: Point<unknown>, guarded: Guarded, how: How, seen: Set<string>): void {
  const { context, file, fn, points } = place;
  const { values } = points.result;
  const known = lockOf(points.result, point, guarded);
  const key = `${String(guarded.expr.start)} ${String(known?.lock)}`;
  if (!known || seen.has(key)) return;
  const { lock, text } = known;
  const name = values.printPlace(lock);
  if (how === 'write' && isHeldShared(recordOf(point.locks, lock))) {
    seen.add(key);
    reportShared(place, point, guarded, text, lock);
    return;
  }
  const free = knownFree(points, lock, point);
  const byPatch = free || recordOf(point.locks, lock) ? null : freeByPatch(place, `${how} ${text}`, name);
  if ((!free && !byPatch) || isOwnNewObject(values, lock) || (how === 'walk' && isReadSide(point))) return;
  seen.add(key);
  const span = { start: guarded.expr.start, end: guarded.expr.end };
  const nameLock = (step: { readonly lock: ValueId }): string => values.printPlace(step.lock);
  context.report({
    message: how,
    data: { field: text, lock: name },
    at: { file, span },
    function: fn.fn.name,
    fact: `${how} ${text}`,
    defect: `${how === 'walk' ? how : 'access'} ${name} ${free ? whereFree(free) : 'by the patch'}`,
    why: `Others change ${text} under ${name}; here it is free.`,
    evidence: [
      ...(byPatch ? [byPatch] : []),
      ...(free?.how === 'given-back' ? evidenceOf(file, stepsSince(point.trail, free.step), nameLock) : []),
      ...(free?.how === 'taken-later' ? [{ at: { file, span: free.event.span }, message: `${name} is taken here, too late` }] : []),
      { at: { file, span }, message: doneHere[how] },
    ],
    fixes: [],
    // Nothing is written or decided: whether elements can go meanwhile is for the reader to say.
    ...(how === 'walk' || (byPatch && context.side === 'after' && saysNeedless(context)) ? { level: 'low' as const } : {}),
  });
}

/**
 * The acquisition that only the other side has, for an access under it: it waits for a lock that nobody holds, and so it is free here. A
 * patch that drops it must leave the callers as they are.
 */
function freeByPatch({ context, flow, fn, held }: Place, access: string, lock: string): EvidenceStep | null {
  const step = held.get(access);
  if (!step || isMoved(context, lock, 'acquire')) return null;
  return context.side === 'after' && (changesCallers(context, fn.fn.name, lock) || isCalledUnderLock(flow, fn)) ? null : step;
}

/** Whether a path took a lock that several may hold for reading, and so that it is one of several. */
function isHeldShared(record: LockRecord | null): boolean {
  return record?.status === 'held' && record.mode === 'shared' && (record.class === 'rwsem' || record.class === 'rwlock');
}

function reportShared({ context, file, fn, points }: Place, point: Point<unknown>, { expr }: Guarded, field: string, lock: ValueId): void {
  const { values } = points.result;
  const name = values.printPlace(lock);
  const since = recordOf(point.locks, lock)?.since?.step;
  context.report({
    message: 'shared',
    data: { field, lock: name },
    at: { file, span: { start: expr.start, end: expr.end } },
    function: fn.fn.name,
    fact: `shared ${field}`,
    defect: `shared ${name} ${String(since?.span.start)}`,
    why: `Others that hold ${name} for reading read ${field} at the same time, or write it.`,
    evidence: since ? [{ at: { file, span: since.span }, message: `${name} is taken here for reading` }] : [],
    fixes: [],
  });
}

/** Whether a path is in an RCU read side: what a walk meets there stays. */
function isReadSide({ locks }: Point<unknown>): boolean {
  return locks.records.some((record) => record.class === 'rcu' && isHeld(record));
}

/** One word for the place from which on a lock is free. */
function whereFree(free: Free): string {
  return `${free.how} ${String(free.how === 'given-back' ? free.step?.span.start : free.event.span.start)}`;
}

const doneHere: Readonly<Record<How, string>> = { write: 'written here', test: 'tested here', walk: 'walked here' };

export const rule = defineRule({ meta, messages, check });
