// What the variables view shows at a place of the schedule: scopes, objects and their fields.

import { isOfThread, objectKinds, splitPath, type ObjectKind } from '../core/model/trace/objects.ts';
import { shownValue } from '../core/model/trace/text.ts';
import { isFunction, isPastEnd, isSymbol, written0 } from '../core/run/values.ts';
import { visible } from '../core/report/terminal.ts';
import type { TraceFrame } from '../protocol/finding.ts';
import type { Schedule } from './schedule.ts';

/** A line of the variables view. */
export interface Entry {
  readonly name: string;
  readonly value: string;
  /** `G.owner`, for watching and for asking again; null for what is no state of the model. */
  readonly path: string | null;
  /** What it opens to; null for a plain value. */
  readonly open: (() => readonly Entry[]) | null;
}

export interface ScopeEntries {
  readonly name: string;
  readonly entries: readonly Entry[];
}

/** So many fields stand in the line of an object. */
const PREVIEW = 3;

const titles: Readonly<Partial<Record<ObjectKind, string>>> = { domain: 'Domains', device: 'Devices', other: 'Other' };

export class Values {
  private readonly kinds: ReadonlyMap<string, ObjectKind>;

  constructor(private readonly schedule: Schedule) {
    this.kinds = objectKinds(schedule.trace);
  }

  /** The scopes of a frame of a thread, now. A scope without entries is left out. */
  scopes(thread: string, frame: TraceFrame | null): ScopeEntries[] {
    const objects = this.objects();
    const of = (kind: ObjectKind): Entry[] =>
      [...objects.keys()].filter((object) => object !== '' && this.kinds.get(object) === kind).map((object) => this.object(object, object));
    const groups = [...objects.keys()].filter((object) => this.kinds.get(object) === 'group');
    const scopes: ScopeEntries[] = [
      { name: 'Locals', entries: this.locals(thread, frame) },
      ...groups.map((group) => ({ name: `Group ${visible(group)}`, entries: this.fields(group) })),
      ...(['domain', 'device'] as const).map((kind) => ({ name: titles[kind] ?? kind, entries: of(kind) })),
      { name: 'Locks', entries: this.locks() },
      { name: 'Step', entries: this.step() },
      { name: 'Results', entries: this.results() },
      { name: 'Other', entries: of('other') },
    ];
    return scopes.filter(({ entries }) => entries.length > 0);
  }

  /**
   * The value of `G.owner`, of an object, of a local, or of a field behind a pointer that a local holds (`group->domain`); null where
   * the trace does not know it.
   */
  find(expression: string, frame: TraceFrame | null): Entry | null {
    const text = expression.trim().replace(/^&/, '');
    if (text === '' || text.length > 1000) return null;
    const [root = '', ...rest] = text.split(/->|\./);
    let entry: Entry | null = null;
    const locals = frame?.locals ?? {};
    if (Object.hasOwn(locals, root)) entry = this.value(root, locals[root], null);
    else if (this.objects().has(root)) entry = this.object(root, root);
    for (const name of rest) {
      const inner: readonly Entry[] = entry?.open?.() ?? [];
      entry = inner.find((one) => one.name === name) ?? null;
    }
    return entry && { ...entry, name: text };
  }

  private locals(thread: string, frame: TraceFrame | null): Entry[] {
    const own = Object.entries(frame?.locals ?? {}).map(([name, value]) => this.value(name, value, null));
    const cells = [...this.objects()].flatMap(([object, fields]) =>
      object === thread || object.startsWith(`${thread}/`)
        ? [...fields].map(([field, value]) => this.value(field, value, `${object}.${field}`))
        : [],
    );
    return [...own, ...cells];
  }

  /** What calls returned so far, by the call. */
  private results(): Entry[] {
    const { threads } = this.schedule.trace;
    return [...this.objects()].flatMap(([object, fields]) =>
      threads.some(({ id }) => object !== id && !object.startsWith(`${id}/`) && isOfThread(object, id))
        ? [...fields].map(([field, value]) => this.value(`${object}.${field}`, value, `${object}.${field}`))
        : [],
    );
  }

  private locks(): Entry[] {
    const held = Object.entries(this.schedule.cursor.locks()).flatMap(([thread, locks]) => locks.map((lock) => ({ lock, thread })));
    if (held.length === 0) return [plain('none', 'no lock is held')];
    return held.map(({ lock, thread }) => plain(visible(lock), `held by ${visible(thread)}`));
  }

  private step(): Entry[] {
    const { trace, at, cursor } = this.schedule;
    const next = trace.steps[at];
    const entries = [plain('place', `${String(at)} of ${String(trace.steps.length)} steps made`)];
    if (next) {
      entries.push(plain('next', visible(`${next.thread}: ${next.step}`)), plain('call', visible(next.call)));
      if (next.choice !== null) entries.push(plain('outcome', visible(next.choice)));
    }
    const { violation } = trace;
    if (!next && violation) entries.push(plain('violation', visible(`${violation.invariant ?? violation.kind}: ${violation.message}`)));
    const changes = cursor.step?.changes ?? [];
    if (changes.length > 0) {
      const open = (): Entry[] =>
        changes.map(({ path, before, after }) => ({
          ...plain(visible(path), visible(`${shown(before)} -> ${shown(after)}`)),
          path,
        }));
      entries.push({ name: 'last changes', value: visible(changes.map(({ path }) => path).join(', ')), path: null, open });
    }
    for (const { text } of trace.assumptions) entries.push(plain('assumed', visible(text)));
    return entries;
  }

  /** All objects with their fields now, in the order of their names. */
  private objects(): Map<string, Map<string, unknown>> {
    const objects = new Map<string, Map<string, unknown>>();
    for (const [path, value] of Object.entries(this.schedule.cursor.state())) {
      const { object, field } = splitPath(path);
      const fields = objects.get(object) ?? new Map<string, unknown>();
      fields.set(field, value);
      objects.set(object, fields);
    }
    return objects;
  }

  private fields(object: string): Entry[] {
    return [...(this.objects().get(object) ?? [])].map(([field, value]) => this.value(field, value, `${object}.${field}`));
  }

  /** An object as one line, with some of its fields. */
  private object(name: string, object: string): Entry {
    const fields = [...(this.objects().get(object) ?? [])];
    const some = fields.slice(0, PREVIEW).map(([field, value]) => `${field}: ${shown(value)}`);
    const value = `{${some.join(', ')}${fields.length > PREVIEW ? ', …' : ''}}`;
    return { name: visible(name), value: visible(value), path: null, open: () => this.fields(object) };
  }

  /** A value; the name of an object leads to the object. */
  private value(name: string, value: unknown, path: string | null): Entry {
    const isPointer = typeof value === 'string' && this.objects().has(value);
    return { name: visible(name), value: visible(shown(value)), path, open: isPointer ? () => this.fields(value) : null };
  }
}

/** A value as a reader of C would write it; what the run does not know is unknown. */
function shown(value: unknown): string {
  if (typeof value !== 'string') return shownValue(value);
  if (value === written0) return '0';
  if (isSymbol(value)) return 'unknown';
  if (isFunction(value)) return `${value.slice('fn:'.length)}()`;
  return isPastEnd(value) ? 'behind the end of the list' : value;
}

function plain(name: string, value: string): Entry {
  return { name, value, path: null, open: null };
}
