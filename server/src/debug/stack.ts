// The stack of a thread at a place of the schedule, innermost function first.

import type { TraceFrame } from '../protocol/finding.ts';
import { innermost, type Place, type Places } from './places.ts';
import type { Schedule } from './schedule.ts';

export interface StackLine {
  readonly name: string;
  /** Null for the scenario's call, which is no function. */
  readonly frame: TraceFrame | null;
  /** Null where no text at hand shows it. */
  readonly place: Place | null;
  /** Beside the point: code of the model below a line of the patch. */
  readonly isSubtle: boolean;
}

/** Empty for a thread that never moves. */
export function stackOf(schedule: Schedule, places: Places, thread: string): StackLine[] {
  const standing = schedule.standing(thread);
  if (standing === null) return [];
  const { at, index, state } = standing;
  const frames = [...at.frame].reverse();
  const shown = frames.map((frame) => places.of(frame));
  // A step on behalf of a line that none of its functions names stands there; one without any text stands in the listing.
  if (shown.filter((place) => place !== null).length === 0) shown[0] = places.of(at) ?? places.listing(index);
  const top = innermost(at, (position) => places.of(position));
  const lines = frames.map((frame, depth): StackLine => {
    const place = shown[depth] ?? null;
    const where = place === null && frame.location ? ` (${frame.location.file}:${String(frame.location.line)})` : '';
    return { name: `${frame.function}${where}`, frame, place, isSubtle: place === null && top !== null };
  });
  if (frames.length === 0) lines.push({ name: at.step, frame: null, place: top ?? places.listing(index), isSubtle: false });
  const call = 'call' in at ? at.call : schedule.trace.steps[index]?.call;
  const ending = state === 'waits' ? ' (waits)' : state === 'done' && !schedule.isAtEnd ? ' (done)' : '';
  lines.push({ name: `${thread}: ${call ?? ''}${ending}`, frame: null, place: places.call(index), isSubtle: false });
  return lines;
}
