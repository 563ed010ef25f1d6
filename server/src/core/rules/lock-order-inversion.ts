// # lock-order-inversion
//
// Two locks are taken in one order here and in the opposite order elsewhere.
//
// ## What it reports
//
// A circle of lock classes (structure and field, or a lock at file level): one way takes B while it holds A, another takes A while
// it holds B, or leads there over further locks. Ways are followed through functions that the code calls by name; what a table of
// functions may lead to is left out. Beside the code at hand counts the order that the kernel of the era is known to use, such as
// the lock of a device before the mutex of its group. With a kernel tree an order that the change makes is also held against the other
// files of the changed file's folder.
//
// ## Why it matters
//
// Each of two threads holds what the other waits for, and both wait for ever.
//
// ## Known misses
//
// Orders behind tables of functions; structures whose declaration is not visible; the opposite order in a file of
// another folder, unless it is in the list of the kernel's orders; locks of devices that a called function takes.
//
// ## Known false alarms
//
// Objects that nobody else can know yet; two ways that never run at the same time, for a reason that no lock shows.
//
// ## Example that triggers
//
// ```c
// struct demo { struct mutex lock; struct mutex list_lock; };
//
// static void demo_add(struct demo *demo)
// {
// 	mutex_lock(&demo->lock);
// 	mutex_lock(&demo->list_lock);
// 	mutex_unlock(&demo->list_lock);
// 	mutex_unlock(&demo->lock);
// }
//
// static void demo_del(struct demo *demo)
// {
// 	mutex_lock(&demo->list_lock);
// 	mutex_lock(&demo->lock);
// 	mutex_unlock(&demo->lock);
// 	mutex_unlock(&demo->list_lock);
// }
// ```
//
// ## Example that does not
//
// ```c
// struct demo { struct mutex lock; struct mutex list_lock; };
//
// static void demo_del(struct demo *demo)
// {
// 	mutex_lock(&demo->list_lock);
// 	if (mutex_trylock(&demo->lock))
// 		mutex_unlock(&demo->lock);
// 	mutex_unlock(&demo->list_lock);
// }
// ```
//
// ## Fix
//
// None offered: which of the orders is the right one is for the authors to say.
//
// ## Sources
//
// - Lockdep design, "Multi-lock dependency rules" (docs.kernel.org/locking/lockdep-design.html).
// - drivers/iommu/iommu.c, drivers/vfio and drivers/iommu/iommufd/iommufd_private.h, Linux 6.1 and 6.12: the orders of the area.

import { throwIfCancelled } from '../base/cancel.ts';
import { plainLockName } from '../flow/lock-names.ts';
import { recordOf } from '../flow/lock-state.ts';
import { lockOrdersOf } from '../kernel/lock-order.ts';
import { circlesOf, edgesBeside, edgesOfSide, outerOf, type CircleStep, type PlacedEdge, type ReviewedEdge } from './locking/order.ts';
import { reportModelFacts } from './model/reportFacts.ts';
import { defineRule, type EvidenceStep, type Messages, type RuleContext, type RuleMeta } from './rule.ts';

const meta: RuleMeta = {
  id: 'lock-order-inversion',
  title: 'Two locks are taken in opposite orders',
  category: 'locking',
  level: 'high',
  confidence: 'moderate',
  evidence: 'static',
  needs: 'hunk',
  since: '0.1.0',
  sources: [{ title: 'Lockdep design', url: 'https://docs.kernel.org/locking/lockdep-design.html' }],
  refute: 'The two ways never run at the same time for the same objects.',
};

const messages: Messages = {
  pair: '{function}() takes {inner} while it holds {outer}, and {other} takes them in the opposite order',
  circle: '{function}() takes {inner} while it holds {outer}, which closes a circle: {circle}',
  model: '{lock} is taken here with {held} held, while another thread holds {lock} and waits for {held} ({calls})',
  call: '{lock} is waited for here, while its holder waits until {until} ({calls})',
};

function check(context: RuleContext): void {
  throwIfCancelled(context.cancel);
  const placed = edgesOfSide(context);
  const fresh = placed.filter((one) => isFresh(one, placed));
  const beside = fresh.length > 0 ? edgesBeside(context, fresh) : [];
  const [first] = fresh;
  if (!beside && first)
    context.unknown('limit', 'too many files beside those of the change', { file: first.file, span: first.edge.span }, first.fn.fn.name);
  for (const circle of circlesOf([...placed, ...(beside ?? [])], context.era.id)) report(context, circle);
  if (context.patch) confirmOrders(context, placed);
  // Where the code holds no lock, it is the call itself that the other thread waits for.
  reportModelFacts(context, meta.id, { message: (fact) => (fact.data['held'] === '' ? 'call' : 'model') });
}

/** Whether an order of two locks stands on changed lines alone: the change makes it, or did away with it. */
function isFresh({ edge }: ReviewedEdge, placed: readonly ReviewedEdge[]): boolean {
  const same = placed.filter((one) => one.edge.outer === edge.outer && one.edge.inner === edge.inner);
  return edge.outer !== edge.inner && same.every((one) => placesOf(one).some((offset) => one.file.isChanged(offset)));
}

/** The step to show: one that the patch changes, else one that it shows, else the first of the code. */
function mainStep(context: RuleContext, circle: readonly CircleStep[]): ReviewedEdge | null {
  const placed = circle.flatMap(({ placed: one }) => (one && isReviewed(one) ? [one] : []));
  const changed = placed.find((one) => placesOf(one).some((offset) => one.file.isChanged(offset)));
  const shown = placed.find((one) => placesOf(one).some((offset) => one.file.mailPlace(offset) !== null));
  return changed ?? shown ?? (context.patch ? null : (placed[0] ?? null));
}

/** Where an order comes from: the acquisition of the held lock, and what takes the other. */
function isReviewed(one: PlacedEdge): one is ReviewedEdge {
  return one.file !== null;
}

function placesOf({ edge }: PlacedEdge): number[] {
  const since = recordOf(edge.state.locks, edge.outerLock)?.since?.step;
  return since ? [edge.span.start, since.span.start] : [edge.span.start];
}

function report(context: RuleContext, found: readonly CircleStep[]): void {
  const main = mainStep(context, found);
  if (!main) return;
  const at = found.findIndex((step) => step.placed === main);
  const circle = [...found.slice(at), ...found.slice(0, at)];
  const { edge, file, fn } = main;
  const names = circle.map(outerOf).map(plainLockName);
  const others = circle.slice(1);
  const byTable = others.flatMap((step) => step.known ?? []);
  context.report({
    message: circle.length === 2 ? 'pair' : 'circle',
    data: {
      function: fn.fn.name,
      inner: plainLockName(edge.inner),
      outer: plainLockName(edge.outer),
      other: others[0] ? whoOf(others[0]) : '',
      circle: [...names, names[0] ?? ''].join(' before '),
    },
    at: { file, span: edge.span },
    // The same circle may be closed by other functions before the change: it is one fact.
    function: null,
    fact: [...new Set(circle.map(outerOf))].sort().join(' '),
    why:
      `A thread that holds ${plainLockName(edge.outer)} waits for ${plainLockName(edge.inner)}, while the one that holds that waits for the first.` +
      byTable
        .map((known) => ` ${plainLockName(known.outer)} is held before ${plainLockName(known.inner)}: ${known.where} (${known.source}).`)
        .join(''),
    evidence: circle.flatMap((step) => (step.placed ? evidenceOfEdge(step.placed) : [])),
    fixes: [],
    witness: false,
    ...(byTable.length > 0 && !context.era.certain ? { level: 'low' as const } : {}),
    ...(byTable.length > 0 ? { assumptions: [`the order of locks in ${context.era.id}`] } : {}),
  });
}

function whoOf(step: CircleStep): string {
  if (!step.placed) return 'the kernel of this era';
  const { fn, file, path } = step.placed;
  return file ? `${fn.fn.name}()` : `${fn.fn.name}() in ${path}`;
}

function evidenceOfEdge({ file, fn, edge }: PlacedEdge): EvidenceStep[] {
  if (!file) return [];
  const since = recordOf(edge.state.locks, edge.outerLock)?.since?.step;
  const way = edge.chain.map((link) => `${link.function}()`).join(', ');
  return [
    ...(since ? [{ at: { file, span: since.span }, message: `${fn.fn.name}() takes ${plainLockName(edge.outer)} here` }] : []),
    {
      at: { file, span: edge.span },
      message: way === '' ? `${plainLockName(edge.inner)} is taken here` : `${plainLockName(edge.inner)} is taken below, by way of ${way}`,
    },
  ];
}

/** Says of orders that the patch makes and that the kernel uses itself that they are right. */
function confirmOrders(context: RuleContext, placed: readonly ReviewedEdge[]): void {
  if (!context.era.certain) return;
  const known = lockOrdersOf(context.era.id);
  for (const one of placed) {
    const { edge, file, fn } = one;
    if (edge.outer === edge.inner || !placesOf(one).some((offset) => file.isChanged(offset))) continue;
    const order = known.find((other) => other.outer === edge.outer && other.inner === edge.inner);
    if (!order) continue;
    const text = `${plainLockName(edge.outer)} is taken before ${plainLockName(edge.inner)}, as elsewhere: ${order.where}`;
    context.confirm({ file, span: edge.span }, fn.fn.name, text);
  }
}

export const rule = defineRule({ meta, messages, check });
