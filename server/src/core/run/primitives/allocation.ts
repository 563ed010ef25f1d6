// Memory that C allocates: objects of their own that can be freed, each place failing once in some schedule.

import type { Expr } from '../../flow/ir.ts';
import type { Cpu } from '../../model/machine/cpu.ts';
import type { Value } from '../../model/machine/names.ts';
import { newName } from '../../model/calls/terms.ts';
import { declaredStruct, structName, type Scope } from '../compile/scope.ts';
import type { CodeMemory } from '../types.ts';
import { addNode } from './lists.ts';
import { isErrorValue, isNothing, isPart, isString, isSymbol } from '../values.ts';

const allocators =
  /^(?:k|kv|v|devm_k)(?:m|z|c)?alloc(?:_array|_node|_obj|_objs|_flex)?(?:_noprof)?$|^kmemdup(?:_nul)?$|^kmem_cache_(?:z)?alloc$|^(?:devm_)?kmemdup$|^kstrdup(?:_const)?$|^kasprintf$|^get_zeroed_page$|^__get_free_pages?$|^alloc_pages?$/;
const frees = /^(?:k|kv|v|devm_k|kfree_|kv)free(?:_sensitive|_const)?$|^kmem_cache_free$|^free_pages?$/;

export const isAllocation = (name: string): boolean => allocators.test(name);
export const isFree = (name: string): boolean => frees.test(name);

/** The struct that an allocation makes, from `sizeof(*p)`, `sizeof(struct X)` or the variable that gets it; `object` where none tells. */
export function allocatedStruct(scope: Scope, args: readonly Expr[], result: Expr | null): string {
  for (const arg of args) {
    const text = arg.kind === 'constant' ? arg.text : arg.kind === 'apply' ? scope.text(arg) : '';
    const named = structName(text);
    if (named !== null) return named;
    const pointed = /^sizeof\(?\*(\w+)/.exec(text.replace(/\s+/g, ''))?.[1];
    const variable = scope.source.ir.variables.find((one) => one.name === pointed);
    const struct = variable === undefined ? null : structName(variable.type);
    if (struct !== null) return struct;
  }
  return (result === null ? null : declaredStruct(result)) ?? 'object';
}

export function allocate(scope: Scope, c: Cpu, struct: string): string {
  const { memory } = scope.env;
  const object = newName(c, `mem:${struct}`);
  memory.made(object, struct);
  c.makeFreeable(object);
  c.set(object, 'allocated', true);
  return object;
}

/** kfree(): nothing for NULL; freeing twice, an error pointer or what was not allocated is a violation. */
export function free(scope: Scope, c: Cpu, pointer: Value, text: string): void {
  if (isNothing(pointer) || isSymbol(pointer) || isString(pointer)) return;
  if (isErrorValue(pointer)) c.crash('panic', `${text} of the error pointer ${pointer}`);
  if (typeof pointer !== 'string') c.crash('panic', `${text} of the number ${String(pointer)}`);
  const { object, path } = scope.env.memory.target(c, isPart(pointer) ? pointer : `&${pointer}`, text);
  if (path !== '*') return;
  // A name that stands for a part of another object (`gdev:A`) comes back with its next life.
  if (object.includes(':') && !object.startsWith('mem:')) return;
  if (c.flag(object, 'freed')) c.crash('use-after-free', `${object} freed twice`);
  for (const field of c.names.fieldsOf(object)) if (c.peek(object, field) !== null) c.set(object, field, null);
  c.set(object, 'freed', true);
}

/** What a row may do with memory of C's own. */
export function codeMemory(scope: Scope, c: Cpu, text: string): CodeMemory {
  return {
    make: (struct) => allocate(scope, c, struct),
    append: (head, node) => {
      addNode(scope.env.memory, c, node, head, 'last', text);
    },
  };
}
