// Whether what was read under a lock can change or go away once the lock is given back, as far as tables and the file show.

import { fieldContracts } from '../../kernel/contracts/fields.ts';
import type { Span } from '../../base/text.ts';
import type { CFunction } from '../../syntax/types.ts';
import type { FlowFile, FlowFunction } from '../../flow/program.ts';
import { factsOf } from '../reading/fileFacts.ts';
import { folded } from '../reading/calls.ts';
import type { RuleContext, SideFile } from '../rule.ts';
import type { LockedState, Reading } from './reading-state.ts';
import { readingsOf } from './readings.ts';

/** Whether a lock other than the reading's own may have been held from the reading until now. */
export function spansOtherLock(reading: Reading, state: LockedState): boolean {
  for (const lock of reading.others) if (state.may.has(lock)) return true;
  return false;
}

/** Whether the tables say that this lock guards this field of this structure. */
export function isGuardedByContract(context: RuleContext, reading: Reading): boolean {
  const { container, hold } = reading;
  return fieldContracts.some(
    (row) =>
      row.field === container.field &&
      row.struct !== null &&
      row.lock === `->${hold.field}` &&
      row.eras.some((era) => era === context.era.id || !context.era.certain) &&
      container.ownerType !== null &&
      new RegExp(`\\bstruct ${row.struct} \\*`, 'u').test(container.ownerType),
  );
}

/** What is known of those who take elements of a container out: that they may come at any time, or that only an element's provider does. */
export type Removal = 'any time' | 'by its provider';

/**
 * How elements of the reading's container come and go under its lock: by the tables, or since the file removes and frees such elements,
 * and no caller in the file holds a lock around the function; null where nothing tells that they do.
 */
export function removalOf(context: RuleContext, file: SideFile, flow: FlowFile, fn: FlowFunction, reading: Reading): Removal | null {
  if (isGuardedByContract(context, reading)) return 'any time';
  if (file.depth === 'text' || file.depth === 'hunk' || reading.container.link === null) return null;
  const found = removalIn(file, flow, reading.container.link);
  return found !== null && !isCalledUnderLock(flow, fn) ? found : null;
}

const removal = /^(?:list|hlist|plist)_del(?:_init|_rcu|_init_rcu)?$/u;
const freeing = /^(?:kfree|kvfree|kfree_rcu|kmem_cache_free)$|_(?:free|put|release|destroy)$|^put_/u;

const removals = new WeakMap<SideFile, Map<string, Removal | null>>();

/** How functions of the file take elements out by this link and free them; null where none does. */
function removalIn(file: SideFile, flow: FlowFile, link: string): Removal | null {
  const known = removals.get(file) ?? new Map<string, Removal | null>();
  removals.set(file, known);
  let answer = known.get(link);
  if (answer === undefined) {
    const removers = file.c.functions.filter((fn) => removesIn(file, fn, link));
    answer = removers.length === 0 ? null : removers.every((fn) => takesBack(file, flow, fn)) ? 'by its provider' : 'any time';
    known.set(link, answer);
  }
  return answer;
}

/**
 * Whether a function is the end of a registration: others call it, from outside of the file, with an object of theirs, and it takes out
 * the element that points to that. When they may is agreed upon elsewhere.
 */
function takesBack(file: SideFile, flow: FlowFile, fn: CFunction): boolean {
  if (fn.isStatic || flow.functions.some(({ callees }) => callees.includes(fn.name))) return false;
  const body = file.c.text.slice(fn.body.start, fn.body.end);
  return fn.parameters.some(({ name, type }) => {
    if (name === null || !/^\w+$/u.test(name) || !type.includes('*')) return false;
    return new RegExp(`\\b${name} == \\w+->\\w|->\\w+ == ${name}\\b`, 'u').test(body);
  });
}

function removesIn(file: SideFile, fn: CFunction, link: string): boolean {
  const { tree } = file.c;
  const { calls } = factsOf(file.c).body(fn);
  return calls.some((removed) => {
    const [first] = removed.args;
    if (first === undefined || !removal.test(removed.name)) return false;
    const match = /^&(\w+)->([\w.]+)$/u.exec(folded(tree, first));
    if (match?.[2] !== link) return false;
    return calls.some((freed) => freeing.test(freed.name) && freed.args.some((arg) => folded(tree, arg) === match[1]));
  });
}

/** Whether a function of the file calls this one while it holds a lock, or might. */
export function isCalledUnderLock(flow: FlowFile, fn: FlowFunction): boolean {
  return flow.functions.some((caller) => {
    if (caller === fn || !caller.callees.includes(fn.fn.name)) return false;
    if (!flow.locks(caller)) return false;
    const readings = readingsOf(flow, caller);
    if (!readings) return true;
    let locked = false;
    readings.visit({
      instruction: (instruction, state) => {
        if (instruction.op === 'call' && instruction.name === fn.fn.name && state.may.size > 0) locked = true;
      },
    });
    return locked;
  });
}

/**
 * Whether a function other than `except` sets the reading's field, for an object of the same type, while it holds the object's lock
 * of the same name. With `toNull` only a function that sets it to NULL counts. Asked of all files of the side.
 */
export function writersUnderLock(
  context: RuleContext,
  field: { readonly name: string; readonly lock: string; readonly ownerType: string | null },
  except: FlowFunction,
  toNull: boolean,
): { file: SideFile; fn: FlowFunction; span: Span }[] {
  const found: { file: SideFile; fn: FlowFunction; span: Span }[] = [];
  for (const file of context.files) {
    const flow = context.flow(file);
    for (const fn of flow.functions) {
      if (fn === except || !sets(file, fn.fn, field.name) || !flow.locks(fn)) continue;
      readingsOf(flow, fn)?.visit({
        instruction: (instruction, state) => {
          if (instruction.op !== 'assign' || instruction.target.kind !== 'field' || instruction.target.name !== field.name) return;
          const { base } = instruction.target;
          if (toNull && !(instruction.value.kind === 'integer' && instruction.value.value === 0)) return;
          if (base.kind !== 'variable' || typeOf(base.variable.type) !== typeOf(field.ownerType)) return;
          const owner = `${base.variable.name}->`;
          const held = [...state.held.values()].some((hold) => hold.owner === owner && hold.field === field.lock);
          if (held || state.asserted.has(`${owner}${field.lock}`)) found.push({ file, fn, span: instruction.span });
        },
      });
    }
  }
  return found;
}

/** Whether another function writes the reading's field under the reading's lock. */
export function isWrittenUnderLock(context: RuleContext, fn: FlowFunction, reading: Reading): boolean {
  const { container, hold } = reading;
  return writersUnderLock(context, { name: container.field, lock: hold.field, ownerType: container.ownerType }, fn, false).length > 0;
}

function sets(file: SideFile, fn: CFunction, field: string): boolean {
  return factsOf(file.c)
    .body(fn)
    .assignments.some((write) => write.target.endsWith(`->${field}`));
}

function typeOf(type: string | null): string | null {
  return type === null ? null : type.replace(/\bconst\b/u, '').trim();
}
