// The orders of locks that one side of a change shows, and the circles that they close with each other and with the kernel's own.

import { decodeSource } from '../../base/source-text.ts';
import { lockEdges, type LockEdge } from '../../flow/lock-edges.ts';
import { plainLockName } from '../../flow/lock-names.ts';
import type { FlowFile, FlowFunction } from '../../flow/program.ts';
import { lockOrdersOf, type LockOrder } from '../../kernel/lock-order.ts';
import type { RuleContext, SideFile, SideView } from '../rule.ts';

/** An order of the code, with its place; `file` is null for a file of the tree that is not under review. */
export interface PlacedEdge {
  readonly path: string;
  readonly file: SideFile | null;
  readonly flow: FlowFile;
  readonly fn: FlowFunction;
  readonly edge: LockEdge;
}

/** An order of the code under review. */
export type ReviewedEdge = PlacedEdge & { readonly file: SideFile };

export function isReviewed(one: PlacedEdge): one is ReviewedEdge {
  return one.file !== null;
}

/** One step of a circle: code that takes `inner` under `outer`, or the kernel's own order. */
export type CircleStep = { readonly placed: PlacedEdge; readonly known: null } | { readonly placed: null; readonly known: LockOrder };

/** The steps in order: each takes what the next one holds. */
export type Circle = readonly CircleStep[];

/** The orders of all functions of a side by calls that the code names, in the order of files and text. */
export function edgesOfSide(side: SideView): ReviewedEdge[] {
  return side.files.flatMap((file) => {
    const flow = side.flow(file);
    return edgesOfFile(flow).map((one) => ({ ...one, file }));
  });
}

function edgesOfFile(flow: FlowFile): PlacedEdge[] {
  const { path } = flow.c;
  return flow.functions.flatMap((fn) => lockEdges(flow, fn, false).map((edge) => ({ path, file: null, flow, fn, edge })));
}

/** Files of the tree beside those of the change that are read for one review at most. */
const maxBeside = 24;

/**
 * Orders in the files beside those of the change that name the locks of one of some orders too, so that an opposite order is found;
 * null where there are too many such files.
 */
export function edgesBeside(context: RuleContext, orders: readonly ReviewedEdge[]): PlacedEdge[] | null {
  const paths = new Map<string, FlowFile>();
  for (const one of orders) {
    const words = [one.edge.outer, one.edge.inner].map(
      (name) => new RegExp(`\\b${name.slice(Math.max(name.lastIndexOf('.'), name.lastIndexOf(':')) + 1)}\\b`),
    );
    for (const path of context.outside.filesBeside(one.path)) {
      if (paths.has(path) || context.files.some((file) => file.path === path)) continue;
      const bytes = context.outside.readTree(path);
      const text = bytes && decodeSource(bytes, context.outside).text;
      if (text !== null && words.every((word) => word.test(text))) paths.set(path, one.flow);
    }
  }
  if (paths.size > maxBeside) return null;
  return [...paths].flatMap(([path, flow]) => {
    const other = flow.beside(path);
    return other ? edgesOfFile(other) : [];
  });
}

/** Which locks a circle goes round, by names that do not depend on where they are declared. */
export function circleKey(circle: Circle): string {
  return [...new Set(circle.map(outerOf))].map(plainLockName).sort().join(' ');
}

export function outerOf(step: CircleStep): string {
  return step.placed ? step.placed.edge.outer : step.known.outer;
}

export function innerOf(step: CircleStep): string {
  return step.placed ? step.placed.edge.inner : step.known.inner;
}

/**
 * Whether an order of the code says something of two threads. Locks of devices are one class at all levels of the tree of devices (lockdep does not check them), so one that is taken somewhere
 * below says nothing.
 */
function isTelling({ edge }: PlacedEdge): boolean {
  return edge.outer !== edge.inner && (edge.inner !== 'device.mutex' || edge.chain.length === 0);
}

/** Whether a lock is the only one of its class: it stands at file level. That it stands in an array is not seen here. */
function isSingle(name: string): boolean {
  return !plainLockName(name).includes('.');
}

/** A call, by the function and the place. */
function callOf({ path, edge }: PlacedEdge): string {
  return `${path} ${String(edge.span.start)}`;
}

/** The circles of a side, each set of classes once. What more than `maxCalls` calls lead to is left out. */
export function circlesOf(placed: readonly PlacedEdge[], era: string, maxCalls = Infinity): readonly Circle[] {
  const same = placed.filter(({ edge }) => edge.outer === edge.inner);
  const isTwice = ({ edge }: PlacedEdge): boolean => isSingle(edge.outer) && edge.chain.length > 0;
  const nested = new Set(same.flatMap((one) => (isTwice(one) ? [] : [one.edge.outer])));
  // A call that would take a lock a second time hangs, or does not do all that its text may: it says nothing of other locks either.
  const hanging = new Set(same.filter(isTwice).map(callOf));
  const steps = new Map<string, CircleStep[]>();
  const add = (step: CircleStep): void => {
    const known = steps.get(outerOf(step));
    if (known) known.push(step);
    else steps.set(outerOf(step), [step]);
  };
  // Instances of a class that are taken one inside the other have an order of their own.
  const telling = placed.filter(
    (one) =>
      isTelling(one) &&
      one.edge.chain.length <= maxCalls &&
      !nested.has(one.edge.outer) &&
      !nested.has(one.edge.inner) &&
      !hanging.has(callOf(one)),
  );
  for (const one of telling) add({ placed: one, known: null });
  for (const known of lockOrdersOf(era)) if (known.outer !== known.inner) add({ placed: null, known });
  const circles = new Map<string, Circle>();
  for (const one of telling) {
    if (!one.file) continue;
    const circle = shortestCircle({ placed: one, known: null }, steps);
    if (!circle) continue;
    const key = circle.map(outerOf).sort().join(' ');
    if (!circles.has(key)) circles.set(key, circle);
  }
  return [...circles.values()].filter(mayDeadlock);
}

/** The shortest way back from what a step takes to what it holds. */
function shortestCircle(first: CircleStep, steps: ReadonlyMap<string, readonly CircleStep[]>): readonly CircleStep[] | null {
  const goal = outerOf(first);
  const seen = new Set([innerOf(first)]);
  const queue: (readonly CircleStep[])[] = [[first]];
  for (let way = queue.shift(); way; way = queue.shift()) {
    const last = way.at(-1);
    for (const step of (last && steps.get(innerOf(last))) ?? []) {
      const inner = innerOf(step);
      if (inner === goal) return [...way, step];
      if (seen.has(inner)) continue;
      seen.add(inner);
      queue.push([...way, step]);
    }
  }
  return null;
}

/**
 * False where a lock that all of them hold keeps the ways apart, or where some lock of the circle is only ever shared between the one
 * who holds it and the one who asks.
 */
function mayDeadlock(circle: readonly CircleStep[]): boolean {
  const own = new Set(circle.map(outerOf));
  const held = circle.map((step) => (step.placed ? step.placed.edge.held.filter((name) => !own.has(name)) : []));
  if (held[0]?.some((name) => held.every((names) => names.includes(name)))) return false;
  return circle.every((step, index) => {
    const before = circle[(index + circle.length - 1) % circle.length];
    return !(step.placed?.edge.outerMode === 'shared' && before?.placed?.edge.innerMode === 'shared');
  });
}
