// From the schedule that a run found to the trace that people get: lines of the source files and of the opened mail.

import type { MailRange, SourceLocation, Trace, TraceEnd, TraceFrame } from '../../protocol/finding.ts';
import type { CodePlace } from '../run/entry/files.ts';
import type { PlacedFrame, PlacedTrace } from '../run/outcome/placedTrace.ts';
import type { At } from '../rules/rule.ts';
import { mailRange, sourceLocation } from './places.ts';
import { ReviewedFile } from './side.ts';

export interface TraceContext {
  /** The opened mail; null for a C file. */
  readonly path: string | null;
  /** `before`, `after`, or the patch of the series that the code stands after: `2/5`. */
  readonly side: string;
}

interface Placed {
  readonly location: SourceLocation | null;
  readonly mail: MailRange | null;
}

const nowhere: Placed = { location: null, mail: null };

/** The trace with its places filled in. */
export function toTrace(placed: PlacedTrace, context: TraceContext): Trace {
  const { trace } = placed;
  const frame = (one: PlacedFrame): TraceFrame => ({ function: one.function, ...placeIn(one.place, context), locals: one.locals });
  const innermost = (frames: readonly PlacedFrame[]): Placed =>
    placeIn(frames.findLast((one) => one.place !== null)?.place ?? null, context);
  return {
    ...trace,
    side: context.side,
    assumptions: placed.assumptions.map(({ text, place }) => ({ text, location: placeIn(place, context).location })),
    steps: trace.steps.map((step, index) => {
      const frames = placed.frames[index] ?? [];
      return { ...step, frame: frames.map(frame), ...innermost(frames) };
    }),
    ends: placed.ends.map((end): TraceEnd => ({
      thread: end.thread,
      frame: end.frames.map(frame),
      step: end.step,
      ...innermost(end.frames),
      blocked: end.blocked,
    })),
  };
}

function placeIn(place: CodePlace | null, context: TraceContext): Placed {
  if (place === null || !(place.file instanceof ReviewedFile)) return nowhere;
  const at: At = { file: place.file, span: place.span };
  return { location: sourceLocation(at, place.function), mail: context.path === null ? null : mailRange(at, context.path) };
}
