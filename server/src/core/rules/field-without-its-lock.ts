// # field-without-its-lock
//
// A field of an IOMMU group is written, or tested for a decision, where the group's mutex is known to be free.
//
// ## What it reports
//
// A write of a field that the kernel guards by the mutex of the group (`domain`, `default_domain`, `blocking_domain`, `owner`,
// `owner_cnt`, `devices`, `pasid_array`), or a test of one, on a path that gave the mutex back before or takes it only later. Several of
// them behind one release, or before one acquisition, are one finding.
// Functions that are known to read a field without the mutex, and may, are left out.
//
// ## Why it matters
//
// Another thread may change the field between the test and its use: the domain that was tested is freed, or the owner is another one.
//
// ## Known misses
//
// Fields of other structures, and functions that never touch the mutex.
//
// ## Known false alarms
//
// A group that no other thread can reach at that place.
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
// None offered: move the access to where the mutex is held.
//
// ## Sources
//
// - drivers/iommu/iommu.c, Linux 6.1 and 6.12.

import { throwIfCancelled } from '../base/cancel.ts';
import { valueOf } from '../flow/evaluate.ts';
import type { Expr } from '../flow/ir.ts';
import type { FlowFile, FlowFunction } from '../flow/program.ts';
import type { ValueId } from '../flow/values.ts';
import { fieldContracts, type FieldContract } from '../kernel/contracts/fields.ts';
import { evidenceOf } from './locking/evidence.ts';
import { isOwnNewObject, knownFree, pointsOf, stepsSince, type Assign, type Branch, type Point, type Points } from './locking/points.ts';
import { defineRule, type Messages, type RuleContext, type RuleMeta, type SideFile } from './rule.ts';

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
  refute: 'The group is not yet or no longer known to others, or the access is known to be safe without the mutex.',
};

const messages: Messages = {
  write: '{field} is written without {lock}',
  test: '{field} is tested without {lock}, so it may change before it is used',
};

type Field = Extract<Expr, { kind: 'field' }>;

function check(context: RuleContext): void {
  const guarded = new Map(fieldContracts.filter((one) => one.eras.some((era) => era === context.era.id)).map((one) => [one.field, one]));
  for (const file of context.files) {
    if (!file.c.text.includes('struct iommu_group')) continue;
    const flow = context.flow(file);
    for (const fn of flow.functions) {
      throwIfCancelled(context.cancel);
      if (flow.locks(fn)?.events.some((event) => event.class === 'mutex') === true) checkFunction(context, file, flow, fn, guarded);
    }
  }
}

function checkFunction(
  context: RuleContext,
  file: SideFile,
  flow: FlowFile,
  fn: FlowFunction,
  guarded: ReadonlyMap<string, FieldContract>,
): void {
  const written = (assign: Assign): Field[] => guardedFields(assign.target, guarded).slice(0, 1);
  const tested = (branch: Branch): Field[] =>
    guardedFields(branch.condition, guarded).filter((field) => guarded.get(field.name)?.unlockedReaders.includes(fn.fn.name) !== true);
  if (!fn.procedure.blocks.some((block) => uses(block, written, tested))) return;
  const points = pointsOf(flow, fn, { assign: (one) => written(one).length > 0, test: (one) => tested(one).length > 0 });
  if (!points) return;
  const seen = new Set<string>();
  for (const point of points.assigns)
    for (const field of written(point.node)) checkAccess(context, file, fn, points, point, field, 'write', seen);
  for (const point of points.tests)
    for (const field of tested(point.node)) checkAccess(context, file, fn, points, point, field, 'test', seen);
}

function uses(
  block: FlowFunction['procedure']['blocks'][number],
  written: (assign: Assign) => readonly Field[],
  tested: (branch: Branch) => readonly Field[],
): boolean {
  if (block.terminator.op === 'branch' && tested(block.terminator).length > 0) return true;
  return block.instructions.some((one) => one.op === 'assign' && written(one).length > 0);
}

/** Guarded fields of groups in an expression. */
function guardedFields(whole: Expr, guarded: ReadonlyMap<string, FieldContract>): Field[] {
  const found: Field[] = [];
  const open: Expr[] = [whole];
  for (let expr = open.pop(); expr; expr = open.pop()) {
    if (expr.kind === 'field') {
      const base = expr.base;
      const type = base.kind === 'variable' ? base.variable.type : '';
      const contract = guarded.get(expr.name);
      if (contract && expr.arrow && new RegExp(`^(?:const )?struct ${contract.struct} ?\\*$`).test(type)) found.push(expr);
      open.push(base);
    } else if (expr.kind === 'binary') open.push(expr.right, expr.left);
    else if (expr.kind === 'unary' || expr.kind === 'deref' || expr.kind === 'cast') open.push(expr.of);
    else if (expr.kind === 'index') open.push(expr.base);
    else if (expr.kind === 'apply') open.push(...expr.args);
  }
  return found;
}

function checkAccess(
  context: RuleContext,
  file: SideFile,
  fn: FlowFunction,
  points: Points,
  point: Point<unknown>,
  field: Field,
  how: 'write' | 'test',
  seen: Set<string>,
): void {
  const { values } = points.result;
  const group = valueOf(values, point.store, field.base);
  const key = `${String(field.start)} ${String(group)}`;
  if (group === values.unknown || seen.has(key)) return;
  const lock = values.field(group, 'mutex');
  const free = knownFree(points, lock, point);
  if (!free || isOwnNewObject(values, lock)) return;
  seen.add(key);
  const name = values.printPlace(lock);
  const text = values.printPlace(values.field(group, field.name));
  const span = { start: field.start, end: field.end };
  const nameLock = (step: { readonly lock: ValueId }): string => values.printPlace(step.lock);
  context.report({
    message: how,
    data: { field: text, lock: name },
    at: { file, span },
    function: fn.fn.name,
    fact: `${how} ${text}`,
    defect: `${name} ${free.how} ${String(free.how === 'given-back' ? free.step?.span.start : free.event.span.start)}`,
    why: `Others change ${text} under ${name}; here it is free.`,
    evidence: [
      ...(free.how === 'given-back'
        ? evidenceOf(file, stepsSince(point.trail, free.step), nameLock)
        : [{ at: { file, span: free.event.span }, message: `${name} is taken here, too late` }]),
      { at: { file, span }, message: how === 'write' ? 'written here' : 'tested here' },
    ],
    fixes: [],
  });
}

export const rule = defineRule({ meta, messages, check });
