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
// The patches of a series are read as one text too, whether there is a tree or not: whole functions where several of them show parts of
// one, and what one calls and another changes. An order counts as long as the last patch leaves it; one that a later patch turns round
// or deletes does not. The finding stands at the patch that closes the circle, with the places in the other mails. Calls are followed
// three deep there. Where the `index` lines tell that a patch is missing that changes the file too, it is a note.
//
// ## Why it matters
//
// Each of two threads holds what the other waits for, and both wait for ever.
//
// ## Known misses
//
// Orders behind tables of functions; structures whose declaration is not visible; the opposite order in a file of
// another folder, unless it is in the list of the kernel's orders; locks of devices that a called function takes. In a series: orders in
// code that no mail shows, but for the patch's own files where there is a tree; a circle that a later patch opens again.
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
import type { Span } from '../base/text.ts';
import { plainLockName } from '../flow/lock-names.ts';
import { recordOf } from '../flow/lock-state.ts';
import { lockOrdersOf } from '../kernel/lock-order.ts';
import { circlesClosedHere, placesBelow, placeToShow } from './locking/across-parts.ts';
import {
  circleKey,
  circlesOf,
  edgesBeside,
  edgesOfSide,
  isReviewed,
  outerOf,
  type Circle,
  type CircleStep,
  type PlacedEdge,
  type ReviewedEdge,
} from './locking/order.ts';
import { reportModelFacts } from './model/reportFacts.ts';
import { defineRule, type EvidenceStep, type Messages, type RuleContext, type RuleMeta, type SeriesState, type SideFile } from './rule.ts';

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
  const circles = circlesOf([...placed, ...(beside ?? [])], context.era.id);
  for (const circle of circles) {
    const main = mainStep(context, circle);
    if (main) report(context, { circle, main, at: { file: main.file, span: main.edge.span }, state: null });
  }
  if (context.side === 'after') reportAcrossParts(context, new Set(circles.map(circleKey)));
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
function placesOf({ edge }: PlacedEdge): number[] {
  const since = recordOf(edge.state.locks, edge.outerLock)?.since?.step;
  return since ? [edge.span.start, since.span.start] : [edge.span.start];
}

/** Circles that the patch closes with code of other patches of its series; `known` are those that it shows alone. */
function reportAcrossParts(context: RuleContext, known: ReadonlySet<string>): void {
  for (const closed of circlesClosedHere(context)) {
    const place = known.has(closed.key) ? null : placeToShow(closed);
    if (place) report(context, { circle: closed.circle, main: place.edge, at: place, state: closed.state });
  }
}

/** A circle, and the step and line of it that are shown; `state` is the code of the series where the patch alone does not show it. */
interface FoundCircle {
  readonly circle: Circle;
  readonly main: ReviewedEdge;
  readonly at: { readonly file: SideFile; readonly span: Span };
  readonly state: SeriesState | null;
}

function report(context: RuleContext, found: FoundCircle): void {
  const { main, at, state } = found;
  const first = found.circle.findIndex((step) => step.placed === main);
  const circle = [...found.circle.slice(first), ...found.circle.slice(0, first)];
  const { edge, fn } = main;
  const names = circle.map(outerOf).map(plainLockName);
  const others = circle.slice(1);
  const byTable = others.flatMap((step) => step.known ?? []);
  const unseen = unseenChanges(circle, state);
  context.report({
    message: circle.length === 2 ? 'pair' : 'circle',
    data: {
      function: fn.fn.name,
      inner: plainLockName(edge.inner),
      outer: plainLockName(edge.outer),
      other: others[0] ? whoOf(others[0], state) : '',
      circle: [...names, names[0] ?? ''].join(' before '),
    },
    at: { file: at.file, span: at.span },
    // The same circle may be closed by other functions before the change: it is one fact.
    function: null,
    fact: [...new Set(circle.map(outerOf))].sort().join(' '),
    why:
      `A thread that holds ${plainLockName(edge.outer)} waits for ${plainLockName(edge.inner)}, while the one that holds that waits for the first.` +
      byTable
        .map((known) => ` ${plainLockName(known.outer)} is held before ${plainLockName(known.inner)}: ${known.where} (${known.source}).`)
        .join(''),
    evidence: circle.flatMap((step) => (step.placed && isReviewed(step.placed) ? evidenceOfEdge(step.placed, state) : [])),
    fixes: [],
    witness: false,
    ...((byTable.length > 0 && !context.era.certain) || unseen.length > 0 ? { level: 'low' as const } : {}),
    ...(byTable.length + unseen.length > 0
      ? { assumptions: [...(byTable.length > 0 ? [`the order of locks in ${context.era.id}`] : []), ...unseen] }
      : {}),
  });
}

/** What is taken for granted of files of a circle that a patch changes which is not at hand. */
function unseenChanges(circle: Circle, state: SeriesState | null): string[] {
  const paths = new Set(circle.flatMap(({ placed }) => placed?.path ?? []));
  return [...paths]
    .filter((path) => state?.hasUnseenChange(path))
    .map((path) => `the patches of the series that are not at hand leave these functions of ${path} as they are`);
}

function whoOf(step: CircleStep, state: SeriesState | null): string {
  if (!step.placed) return 'the kernel of this era';
  const { fn, file, path, edge } = step.placed;
  if (!file) return `${fn.fn.name}() in ${path}`;
  return `${fn.fn.name}()${partAt(state, file, edge.span, ' of patch')}`;
}

function evidenceOfEdge(placed: ReviewedEdge, state: SeriesState | null): EvidenceStep[] {
  const { file, fn, edge } = placed;
  const since = recordOf(edge.state.locks, edge.outerLock)?.since?.step;
  const way = edge.chain.map((link) => `${link.function}()`).join(', ');
  const inner = plainLockName(edge.inner);
  const step = (at: SideFile, span: Span, message: string): EvidenceStep => ({
    at: { file: at, span },
    message: message + partAt(state, at, span, ', in patch'),
  });
  return [
    ...(since ? [step(file, since.span, `${fn.fn.name}() takes ${plainLockName(edge.outer)} here`)] : []),
    step(file, edge.span, way === '' ? `${inner} is taken here` : `${inner} is taken below, by way of ${way}`),
    ...(state ? placesBelow(state, placed).map((one) => step(one.file, one.span, `${one.function}() leads to ${inner} here`)) : []),
  ];
}

/** Which other patch of the series shows a line; nothing for the one under review. */
function partAt(state: SeriesState | null, file: SideFile, span: Span, words: string): string {
  const part = state?.partOf(file, span.start) ?? null;
  return part === null ? '' : `${words} ${part}`;
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
