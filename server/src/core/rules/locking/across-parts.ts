// Circles of locks that only the patches of a series together show, and the patch that closes each.

import type { Span } from '../../base/text.ts';
import { lockNameOfCall } from '../../flow/lock-names.ts';
import { recordOf } from '../../flow/lock-state.ts';
import { lockOrdersOf } from '../../kernel/lock-order.ts';
import { lockOperation } from '../../kernel/locks.ts';
import type { RuleContext, SeriesCode, SeriesState, SideFile } from '../rule.ts';
import { mayTakeInTwoOrders } from './lock-words.ts';
import { circleKey, circlesOf, edgesOfSide, isReviewed, type Circle, type ReviewedEdge } from './order.ts';

/** A circle, in the code behind the patch that closes it. */
export interface ClosedCircle {
  readonly key: string;
  readonly applied: number;
  readonly state: SeriesState;
  readonly circle: Circle;
}

/** A line of code that an order of locks rests on. */
export interface OrderPlace {
  readonly file: SideFile;
  readonly span: Span;
  readonly edge: ReviewedEdge;
  /** The function that the line is in: the one that holds the outer lock, or one that it calls. */
  readonly function: string;
}

const closed = new WeakMap<SeriesCode, readonly ClosedCircle[]>();

/**
 * Circles that the patch under review closes: they are in the code that its series leaves in the end, and were not there before it.
 * Worked out once for a series.
 */
export function circlesClosedHere({ series, seriesCode, era }: RuleContext): readonly ClosedCircle[] {
  if (!seriesCode) return [];
  const { code, applied } = seriesCode;
  let known = closed.get(code);
  if (!known) closed.set(code, (known = mayTakeInTwoOrders(series, knownFields(era.id)) ? closedCircles(code, era.id) : []));
  return known.filter((one) => one.applied === applied);
}

/** Each call on the way to a lock has conditions that are not looked at: what is further away than calls are followed in a tree says nothing. */
const maxCalls = 3;

function circlesAt(state: SeriesState, era: string): ReadonlyMap<string, Circle> {
  return new Map(circlesOf(edgesOfSide(state), era, maxCalls).map((circle) => [circleKey(circle), circle]));
}

/** How the locks of the kernel's own orders are called inside their structures. */
function knownFields(era: string): ReadonlySet<string> {
  const names = lockOrdersOf(era).flatMap(({ outer, inner }) => [outer, inner]);
  return new Set(names.map((name) => name.slice(name.lastIndexOf('.') + 1)));
}

function closedCircles(code: SeriesCode, era: string): ClosedCircle[] {
  const states = new Map<number, ReadonlyMap<string, Circle>>();
  const at = (applied: number): ReadonlyMap<string, Circle> => {
    const circles = states.get(applied) ?? circlesAt(code.after(applied), era);
    states.set(applied, circles);
    return circles;
  };
  return [...at(code.count).keys()].flatMap((key): ClosedCircle[] => {
    if (at(0).has(key)) return [];
    let without = 0;
    let having = code.count;
    while (having - without > 1) {
      const middle = (without + having) >> 1;
      if (at(middle).has(key)) having = middle;
      else without = middle;
    }
    const circle = at(having).get(key);
    return circle ? [{ key, applied: having, state: code.after(having), circle }] : [];
  });
}

/** The lines that an order rests on: what takes the held lock, what takes the other or leads there, and the calls on the way. */
function placesOfOrder(state: SeriesState, edge: ReviewedEdge): OrderPlace[] {
  const since = recordOf(edge.edge.state.locks, edge.edge.outerLock)?.since?.step;
  const own = (span: Span): OrderPlace => ({ file: edge.file, span, edge, function: edge.fn.fn.name });
  return [own(edge.edge.span), ...(since ? [own(since.span)] : []), ...placesBelow(state, edge)];
}

/** In the called functions of an order: the calls that lead on, and the acquisition in the end. */
export function placesBelow(state: SeriesState, placed: ReviewedEdge): OrderPlace[] {
  const { chain, inner } = placed.edge;
  return chain.flatMap((link, at): OrderPlace[] => {
    const next = chain[at + 1]?.function ?? null;
    const file = state.files.find(({ path }) => path === link.path);
    const flow = file && state.flow(file);
    const fn = flow?.functions.find((one) => one.fn.name === link.function);
    if (!file || !flow || !fn) return [];
    const naming = flow.naming(fn);
    const calls = fn.procedure.blocks.flatMap((block) => block.instructions.flatMap((one) => (one.op === 'call' ? [one] : [])));
    const takes = (name: string): boolean => lockOperation(name)?.action === 'acquire';
    const call = calls.find((one) =>
      next === null ? one.name !== null && takes(one.name) && lockNameOfCall(one, naming)?.name === inner : one.name === next,
    );
    return call ? [{ file, span: call.span, edge: placed, function: link.function }] : [];
  });
}

/** The line to show in the mail of the patch that closes a circle: one that it changes, else one that it shows; null where it shows none. */
export function placeToShow({ state, circle }: ClosedCircle): OrderPlace | null {
  const places = circle.flatMap(({ placed }) => (placed && isReviewed(placed) ? placesOfOrder(state, placed) : []));
  const isOwn = ({ file, span }: OrderPlace): boolean => state.partOf(file, span.start) === null && file.mailPlace(span.start) !== null;
  return places.find(({ file, span }) => file.isChanged(span.start)) ?? places.find(isOwn) ?? null;
}
