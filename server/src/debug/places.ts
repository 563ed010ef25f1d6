// Where the steps of a trace stand for an editor: lines of the mail, of the kernel tree, of the scenario, and of a listing of the schedule
// for what has no source text.

import { existsSync } from 'node:fs';
import { isAbsolute, join, resolve } from 'node:path';
import { visible } from '../core/report/terminal.ts';
import { whyUnsafe } from '../host/tree/tree-path.ts';
import type { MailRange, SourceLocation, Trace } from '../protocol/finding.ts';
import type { Launch, ScenarioText } from './launch.ts';

export interface PlaceSource {
  readonly name: string;
  /** Path or URI that the editor opens; null for a text that the adapter holds. */
  readonly path: string | null;
  /** Number of the text that the adapter holds; 0 for a file. */
  readonly reference: number;
}

/** Lines and columns from 1, the end not included. */
export interface Place {
  readonly source: PlaceSource;
  readonly line: number;
  readonly column: number;
  readonly endLine: number;
  readonly endColumn: number;
}

/** A position of the trace: where the patch shows it, and where in the file. */
export interface Positioned {
  readonly mail?: MailRange | null;
  readonly location: SourceLocation | null;
}

const LISTING = 1;
const SCENARIO = 2;

export class Places {
  private readonly trace: Trace;
  private readonly scenario: ScenarioText | null;
  private readonly listed: readonly string[];
  private readonly firstStep: number;
  /** Files that the patch changes: their lines in the tree are others than those of the trace. */
  private readonly patched: ReadonlySet<string>;
  /** Line of the scenario at each step, or null. */
  private readonly calls: readonly (number | null)[];

  constructor(private readonly launch: Launch) {
    this.trace = launch.trace;
    this.scenario = launch.scenario;
    const head = heading(this.trace);
    this.firstStep = head.length + 1;
    const digits = String(this.trace.steps.length).length;
    this.listed = [
      ...head,
      ...this.trace.steps.map((step, index) => {
        const where = step.frame.at(-1)?.function;
        return visible(`${String(index + 1).padStart(digits)} ${step.thread}  ${where === undefined ? '' : `${where}: `}${step.step}`);
      }),
    ];
    const both = this.trace.steps.flatMap((step): Positioned[] => [step, ...step.frame]);
    this.patched = new Set(both.flatMap(({ mail, location }) => (mail && location ? [location.file] : [])));
    this.calls = callLines(this.trace, this.scenario);
  }

  /** Where a position stands in a file that can be opened; null where none shows it. */
  of({ mail, location }: Positioned): Place | null {
    if (mail) {
      const path = mail.path.includes('://') || isAbsolute(mail.path) ? mail.path : resolve(this.launch.cwd, mail.path);
      return { source: fileSource(path), ...rangeOf(mail) };
    }
    const { kernel } = this.launch;
    if (!location || kernel === null || this.patched.has(location.file) || whyUnsafe(location.file) !== null) return null;
    const path = join(kernel, location.file);
    return existsSync(path) ? { source: fileSource(path), ...rangeOf(location) } : null;
  }

  /** The line of a step in the listing of the schedule. */
  listing(index: number): Place {
    const line = this.firstStep + index;
    const source = { name: `${this.trace.scenario} ${this.trace.era}.schedule`, path: null, reference: LISTING };
    return { source, line, column: 1, endLine: line, endColumn: (this.listed[line - 1] ?? '').length + 1 };
  }

  /** The line of the scenario that a step belongs to; null where its text is not at hand. */
  call(index: number): Place | null {
    const line = this.calls[index] ?? null;
    if (line === null || this.scenario === null) return null;
    const { path, name } = this.scenario;
    const source = path === null ? { name, path: null, reference: SCENARIO } : fileSource(path);
    return { source, line, column: 1, endLine: line, endColumn: 1 };
  }

  /** Where step `index` is shown: innermost code that a file shows, else the listing. */
  shown(index: number): Place {
    const step = this.trace.steps[index];
    if (!step) return this.listing(index);
    return innermost(step, (position) => this.of(position)) ?? this.listing(index);
  }

  /** A text that the adapter holds; null for another number. */
  text(reference: number): string | null {
    if (reference === LISTING) return `${this.listed.join('\n')}\n`;
    return reference === SCENARIO && this.scenario !== null ? this.scenario.text : null;
  }

  /** Whether an editor's source is the one of a place. */
  isOf(source: { readonly path?: string | undefined; readonly sourceReference?: number | undefined }, place: Place): boolean {
    if (place.source.reference > 0) return source.sourceReference === place.source.reference;
    return source.path === place.source.path;
  }
}

/** The innermost position of a step or of an end that `find` knows. */
export function innermost<T>(
  at: Positioned & { readonly frame: readonly Positioned[] },
  find: (position: Positioned) => T | null,
): T | null {
  for (const position of [at, ...[...at.frame].reverse()]) {
    const found = find(position);
    if (found !== null) return found;
  }
  return null;
}

function heading(trace: Trace): string[] {
  const { violation } = trace;
  const what = violation === null ? 'no violation' : `${violation.invariant ?? violation.kind}: ${violation.message}`;
  return [`${trace.scenario} in ${trace.era}: ${what}`, ...trace.threads.map(({ id, entry }) => `${id}: ${entry}`), ''].map((line) =>
    visible(line.replace(/\s+/g, ' ')),
  );
}

/** The lines of the scenario's calls: a thread's calls follow each other in the order of the scenario. */
function callLines(trace: Trace, scenario: ScenarioText | null): (number | null)[] {
  const reached = new Map<string, number>();
  return trace.steps.map(({ thread, call }) => {
    const steps = scenario?.scenario.threads.find((one) => one.name === thread)?.steps ?? [];
    const from = reached.get(thread) ?? 0;
    const found = steps.findIndex((step, index) => index >= from && step.text === call);
    if (found >= 0) reached.set(thread, found);
    return steps[found]?.line ?? null;
  });
}

function fileSource(path: string): PlaceSource {
  return { name: visible(path.slice(Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1)), path, reference: 0 };
}

function rangeOf({ line, column, endLine, endColumn }: MailRange | SourceLocation): Omit<Place, 'source'> {
  return { line, column, endLine, endColumn };
}
