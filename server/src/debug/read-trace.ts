// Reads what somebody says is a trace, from a file or a launch configuration, and tells in words where it is none.

import type { MailRange, SourceLocation, Trace, TraceEnd, TraceFrame, TraceStep } from '../protocol/finding.ts';

/** Why a value is no trace, with the place in it: `steps[3].thread is no text`. */
export class NotATrace extends Error {}

/** More steps than any schedule of the model has. */
const MOST_STEPS = 100_000;

type Fields = Readonly<Record<string, unknown>>;

/** The trace that a parsed JSON value holds. Unknown fields are passed over. Throws `NotATrace`. */
export function readTrace(value: unknown): Trace {
  const trace = fields(value, 'the trace');
  if (trace['version'] !== 1) throw new NotATrace('version is not 1');
  const steps = list(trace['steps'], 'steps', readStep);
  if (steps.length > MOST_STEPS) throw new NotATrace(`steps has more than ${String(MOST_STEPS)} entries`);
  const threads = list(trace['threads'], 'threads', (one, at) => {
    const thread = fields(one, at);
    const id = text(thread['id'], `${at}.id`);
    return { id, actor: optionalText(thread['actor']) ?? id, entry: optionalText(thread['entry']) ?? '' };
  });
  const known = new Set(threads.map((thread) => thread.id));
  for (const [index, step] of steps.entries())
    if (!known.has(step.thread)) throw new NotATrace(`steps[${String(index)}].thread is none of the threads`);
  const violation = trace['violation'] ?? null;
  return {
    version: 1,
    scenario: text(trace['scenario'], 'scenario'),
    era: text(trace['era'], 'era'),
    side: optionalText(trace['side']) ?? 'after',
    violation: violation === null ? null : readViolation(fields(violation, 'violation')),
    bounds: {},
    states: typeof trace['states'] === 'number' ? trace['states'] : 0,
    finished: trace['finished'] === true,
    assumptions: list(trace['assumptions'] ?? [], 'assumptions', (one, at) => ({
      text: text(fields(one, at)['text'], `${at}.text`),
      location: readLocation(fields(one, at)['location'], `${at}.location`),
    })),
    initial: fields(trace['initial'], 'initial'),
    threads,
    steps,
    ends: list(trace['ends'] ?? [], 'ends', readEnd).filter((end) => known.has(end.thread)),
  };
}

type Violation = NonNullable<Trace['violation']>;
const violations: readonly Violation['kind'][] = ['deadlock', 'use-after-free', 'leak', 'invariant', 'errno', 'panic'];

function readViolation(value: Fields): Violation {
  const kind = violations.find((one) => one === value['kind']);
  if (kind === undefined) throw new NotATrace('violation.kind is unknown');
  return { kind, invariant: optionalText(value['invariant']), message: text(value['message'], 'violation.message') };
}

function readStep(value: unknown, at: string): TraceStep {
  const step = fields(value, at);
  return {
    ...readPosition(step, at),
    n: typeof step['n'] === 'number' ? step['n'] : 0,
    call: optionalText(step['call']) ?? '',
    source: optionalText(step['source']) ?? '',
    changes: list(step['changes'] ?? [], `${at}.changes`, (one, place) => {
      const { path, before, after } = fields(one, place);
      return { path: text(path, `${place}.path`), before: before ?? null, after: after ?? null };
    }),
    locks: Object.fromEntries(
      Object.entries(fields(step['locks'] ?? {}, `${at}.locks`)).map(([thread, names]) => [
        thread,
        list(names, `${at}.locks.${thread}`, (name, place) => text(name, place)),
      ]),
    ),
    choice: optionalText(step['choice']),
  };
}

function readEnd(value: unknown, at: string): TraceEnd {
  const end = fields(value, at);
  return { ...readPosition(end, at), blocked: end['blocked'] === true };
}

function readPosition(value: Fields, at: string): Pick<TraceStep, 'thread' | 'frame' | 'step' | 'location' | 'mail'> {
  return {
    thread: text(value['thread'], `${at}.thread`),
    frame: list(value['frame'] ?? [], `${at}.frame`, readFrame),
    step: text(value['step'], `${at}.step`),
    location: readLocation(value['location'], `${at}.location`),
    mail: readMail(value['mail'], `${at}.mail`),
  };
}

function readFrame(value: unknown, at: string): TraceFrame {
  const frame = fields(value, at);
  return {
    function: text(frame['function'], `${at}.function`),
    location: readLocation(frame['location'], `${at}.location`),
    mail: readMail(frame['mail'], `${at}.mail`),
    locals: fields(frame['locals'] ?? {}, `${at}.locals`),
  };
}

function readLocation(value: unknown, at: string): SourceLocation | null {
  if (value === null || value === undefined) return null;
  const place = fields(value, at);
  return { file: text(place['file'], `${at}.file`), function: optionalText(place['function']), ...readRange(place, at) };
}

function readMail(value: unknown, at: string): MailRange | null {
  if (value === null || value === undefined) return null;
  const place = fields(value, at);
  return { path: text(place['path'], `${at}.path`), ...readRange(place, at) };
}

function readRange(value: Fields, at: string): Omit<MailRange, 'path'> {
  const count = (name: string): number => {
    const found = value[name];
    if (typeof found !== 'number' || !Number.isInteger(found) || found < 1) throw new NotATrace(`${at}.${name} is no line or column`);
    return found;
  };
  return { line: count('line'), column: count('column'), endLine: count('endLine'), endColumn: count('endColumn') };
}

function fields(value: unknown, at: string): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new NotATrace(`${at} is no object`);
  return value as Fields;
}

function list<T>(value: unknown, at: string, read: (one: unknown, at: string) => T): T[] {
  if (!Array.isArray(value)) throw new NotATrace(`${at} is no list`);
  return value.map((one: unknown, index) => read(one, `${at}[${String(index)}]`));
}

function text(value: unknown, at: string): string {
  if (typeof value !== 'string') throw new NotATrace(`${at} is no text`);
  return value;
}

function optionalText(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}
