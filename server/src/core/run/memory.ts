// Memory as C sees it: members of objects, through the binding's rows where they mean something to the model, plain cells otherwise.

import type { Cpu } from '../model/machine/cpu.ts';
import type { Value } from '../model/machine/names.ts';
import type { Binding, FieldRow, ListRow } from './types.ts';
import { isErrorValue, isFunction, isNothing, isPart, isPastEnd, pastEnd, written0 } from './values.ts';

/** A piece of memory: a member (dotted if nested) of an object; `*` for the object as a whole. */
export interface Location {
  readonly object: string;
  readonly path: string;
}

const frameName = /\/\d+$/;

export class Memory {
  private readonly fields = new Map<string, Map<string, FieldRow>>();
  private readonly lists = new Map<string, ListRow>();
  private readonly lockNames = new Map<string, string>();
  private readonly structs = new Map<string, string | null>();
  private readonly parts = new Map<string, Location>();
  /** The pointer that was followed last, as the code writes it. */
  private followed = '';

  constructor(readonly binding: Binding) {
    for (const row of binding.fields) {
      let ofStruct = this.fields.get(row.struct);
      if (ofStruct === undefined) this.fields.set(row.struct, (ofStruct = new Map()));
      ofStruct.set(row.field, row);
    }
    for (const row of binding.lists) this.lists.set(`${row.struct}.${row.field}`, row);
    for (const row of binding.locks) this.lockNames.set(`${row.struct ?? ''}.${row.field}`, row.lock);
  }

  /** The object in which a frame keeps what has an address. */
  frame(c: Cpu): string {
    return `${c.threadName}/${c.depth}`;
  }

  /** Says what struct an allocated object is. */
  made(object: string, struct: string): void {
    this.structs.set(object, struct);
  }

  private isOwn(object: string): boolean {
    return frameName.test(object) || object.startsWith('mem:');
  }

  /** Struct of an object: by its name, else as the code declares it. */
  structOf(c: Cpu, object: string, declared: string | null): string | null {
    let known = this.structs.get(object);
    if (known === undefined) {
      known = this.isOwn(object) ? null : this.binding.structOf(c, object);
      if (known !== null) this.structs.set(object, known);
    }
    return known ?? declared;
  }

  row(struct: string | null, path: string): FieldRow | null {
    return struct === null ? null : (this.fields.get(struct)?.get(path) ?? null);
  }

  /** The object that a pointer leads to. A NULL or error pointer ends the schedule; `text` is the expression. */
  target(c: Cpu, pointer: Value, text: string): Location {
    this.followed = text;
    if (isNothing(pointer)) return c.crash('panic', `NULL dereference: ${text}`);
    if (isErrorValue(pointer)) return c.crash('panic', `dereference of the error pointer ${pointer}: ${text}`);
    if (typeof pointer !== 'string') return c.crash('panic', `dereference of the number ${String(pointer)}: ${text}`);
    if (isFunction(pointer)) return { object: pointer, path: '*' };
    if (!isPart(pointer)) return { object: pointer, path: '*' };
    return this.split(pointer);
  }

  split(pointer: string): Location {
    const known = this.parts.get(pointer);
    if (known !== undefined) return known;
    const dot = pointer.indexOf('.');
    const location = dot < 0 ? { object: pointer.slice(1), path: '*' } : { object: pointer.slice(1, dot), path: pointer.slice(dot + 1) };
    this.parts.set(pointer, location);
    return location;
  }

  /** A member of the object that a location names. */
  member(c: Cpu, base: Location, field: string, declared: string | null): Location {
    if (base.path === '*') return { object: base.object, path: field };
    const row = this.row(this.structOf(c, base.object, declared), base.path);
    if (row !== null && 'object' in row && row.embedded) return { object: row.object(base.object), path: field };
    return { object: base.object, path: `${base.path}.${field}` };
  }

  /** `&location`. */
  address(c: Cpu, at: Location, declared: string | null): string {
    if (isPastEnd(at.object) && at.path !== '*') return at.object.slice(pastEnd.length + 1) || pastEnd;
    if (at.path === '*') return this.isGlobal(at.object) ? `&${at.object}` : at.object;
    const row = this.row(this.structOf(c, at.object, declared), at.path);
    if (row !== null && 'object' in row && row.embedded) return row.object(at.object);
    const pointer = `&${at.object}.${at.path}`;
    if (!this.parts.has(pointer)) this.parts.set(pointer, at);
    return pointer;
  }

  private readonly globals = new Set<string>();

  /** The location of a global variable. */
  global(name: string): Location {
    this.globals.add(name);
    return { object: name, path: '*' };
  }

  private isGlobal(object: string): boolean {
    return this.globals.has(object);
  }

  /** Ends the schedule where the object is gone. */
  alive(c: Cpu, object: string, struct: string | null, text: string): void {
    if (isPastEnd(object)) c.crash('panic', `use of a cursor after the end of its list: ${this.followed}`);
    c.touch(object, text);
    const gone = struct === null ? undefined : this.binding.gone.get(struct);
    if (gone !== undefined && !isNothing(c.get(object, gone))) c.crash('use-after-free', `${object}.${text} after ${object} was freed`);
  }

  load(c: Cpu, at: Location, declared: string | null): Value {
    const { object, path } = at;
    if (path === '*') {
      const bound = this.binding.globals.get(object);
      if (bound !== undefined) return c.get(bound.object, bound.cell);
    }
    const struct = this.structOf(c, object, declared);
    const row = this.row(struct, path);
    this.alive(c, object, struct, path);
    if (row !== null) {
      if ('cell' in row) return c.get(object, row.cell);
      return 'object' in row ? row.object(object) : row.read(c, object);
    }
    const own = this.isOwn(object);
    const value = c.get(object, own ? path : `c.${path}`);
    if (value === written0) return null;
    return value === null && !own ? `?${object}.${path}` : value;
  }

  store(c: Cpu, at: Location, value: Value, declared: string | null): void {
    const { object, path } = at;
    if (path === '*') {
      const bound = this.binding.globals.get(object);
      if (bound !== undefined) {
        c.set(bound.object, bound.cell, value);
        return;
      }
    }
    const struct = this.structOf(c, object, declared);
    const row = this.row(struct, path);
    this.alive(c, object, struct, path);
    if (row !== null) {
      if ('cell' in row) c.set(object, row.cell, value);
      else if ('read' in row) row.write?.(c, object, value);
      return;
    }
    if (this.isOwn(object)) c.set(object, path, value);
    else c.set(object, `c.${path}`, isNothing(value) ? written0 : value);
  }

  /** Forgets what stands in a location and below it: a struct that is assigned as a whole. */
  clear(c: Cpu, at: Location): void {
    const own = this.isOwn(at.object);
    const path = own ? at.path : `c.${at.path}`;
    for (const field of c.names.fieldsOf(at.object)) {
      const inside =
        at.path === '*' ? !field.startsWith('~') : field === path || field.startsWith(`${path}.`) || field.startsWith(`${path}[`);
      if (inside && c.peek(at.object, field) !== null) c.set(at.object, field, null);
    }
  }

  /** Copies a struct, member by member. */
  copy(c: Cpu, from: Location, to: Location): void {
    const own = this.isOwn(from.object);
    const prefix = from.path === '*' ? '' : `${own ? '' : 'c.'}${from.path}.`;
    const members = c.names.fieldsOf(from.object).filter((field) => field.startsWith(prefix) && !field.startsWith('~'));
    const values = members.map((field) => [field.slice(prefix.length), c.get(from.object, field)] as const);
    this.clear(c, to);
    const into = to.path === '*' ? '' : `${this.isOwn(to.object) ? '' : 'c.'}${to.path}.`;
    for (const [field, value] of values) if (value !== null) c.set(to.object, `${into}${field}`, value);
  }

  /** Forgets all that a frame kept, at its end. */
  dropFrame(c: Cpu): void {
    const object = this.frame(c);
    for (const field of c.names.fieldsOf(object)) if (c.peek(object, field) !== null) c.set(object, field, null);
  }

  /** The model's name of the lock that a pointer leads to. Touching the lock of a freed object ends the schedule. */
  lockName(c: Cpu, pointer: Value, text: string): string {
    const { object, path } = this.target(c, pointer, text);
    if (path === '*') return this.lockNames.get(`.${object}`) ?? object;
    const struct = this.structOf(c, object, null);
    this.alive(c, object, struct, path);
    return `${object}.${this.lockNames.get(`${struct ?? ''}.${path}`) ?? path}`;
  }

  listRow(c: Cpu, head: Location): ListRow | null {
    const struct = this.structOf(c, head.object, null);
    return struct === null ? null : (this.lists.get(`${struct}.${head.path}`) ?? null);
  }

  listRows(): Iterable<ListRow> {
    return this.lists.values();
  }
}
