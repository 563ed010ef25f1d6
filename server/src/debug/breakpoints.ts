// Breakpoints: on lines where a step stands, and on values that steps change.

import type { TraceStep } from '../protocol/finding.ts';
import type { Place, Places } from './places.ts';
import type { Schedule, Stops } from './schedule.ts';

/** An editor's wish for a breakpoint, and what became of it. */
export interface Breakpoint {
  readonly verified: boolean;
  readonly line: number;
  /** Why it is not verified. */
  readonly message?: string;
}

type EditorSource = Parameters<Places['isOf']>[0];

export class Breakpoints implements Stops {
  /** By source: indices of the steps that are stopped at. */
  private readonly bySource = new Map<string, ReadonlySet<number>>();
  private paths: ReadonlySet<string> = new Set();

  constructor(
    private readonly schedule: Schedule,
    private readonly places: Places,
  ) {}

  /** Replaces the breakpoints of a source; gives what became of each, in order. */
  set(source: EditorSource, lines: readonly number[]): Breakpoint[] {
    const steps = this.stepsIn(source);
    const chosen = new Set<number>();
    const answers = lines.map((line): Breakpoint => {
      const exact = steps.filter(({ place }) => place.line === line);
      // A line inside a longer statement means that statement.
      const around = steps.filter(({ place }) => place.line <= line && line <= place.endLine);
      const first = Math.max(...around.map(({ place }) => place.line));
      const found = exact.length > 0 ? exact : around.filter(({ place }) => place.line === first);
      for (const { index } of found) chosen.add(index);
      const [one] = found;
      if (one) return { verified: true, line: one.place.line };
      return { verified: false, line, message: 'No step of this schedule stands on this line.' };
    });
    this.bySource.set(source.path ?? `#${String(source.sourceReference ?? 0)}`, chosen);
    return answers;
  }

  /** Lines of a source, between two of its lines, on which a step stands. */
  linesIn(source: EditorSource, first: number, last: number): number[] {
    const lines = this.stepsIn(source).map(({ place }) => place.line);
    return [...new Set(lines)].filter((line) => line >= first && line <= last).sort((a, b) => a - b);
  }

  /** Replaces the watched values: paths such as `G.owner`. */
  watch(paths: readonly string[]): void {
    this.paths = new Set(paths);
  }

  before(index: number): boolean {
    return [...this.bySource.values()].some((indices) => indices.has(index));
  }

  watched(step: TraceStep): boolean {
    return step.changes.some(({ path }) => this.paths.has(path));
  }

  private stepsIn(source: EditorSource): { readonly index: number; readonly place: Place }[] {
    return this.schedule.trace.steps.flatMap((step, index) => {
      const places = [this.places.shown(index), this.places.listing(index)];
      const call = this.places.call(index);
      // A call stands on its line of the scenario when it begins.
      const before = this.schedule.trace.steps.slice(0, index).findLast((one) => one.thread === step.thread);
      if (call && (before?.call !== step.call || this.places.call(index)?.line !== call.line)) places.push(call);
      return places.filter((place) => this.places.isOf(source, place)).map((place) => ({ index, place }));
    });
  }
}
