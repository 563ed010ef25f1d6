// Whether a function of C can be called by the model: with objects whose members the tables know.

import type { CFunction } from '../../syntax/types.ts';
import type { Binding } from '../types.ts';

/** Pointers to these are names or words of the model. */
const PLAIN = /^(?:const )?(?:char|void)\b/u;

/** Structures whose members, lists or locks some row of a binding knows. */
export function knownStructs(binding: Binding): ReadonlySet<string> {
  const structs = new Set<string>();
  for (const row of binding.fields) structs.add(row.struct);
  for (const row of binding.lists) structs.add(row.struct).add(row.element);
  for (const row of binding.locks) if (row.struct !== null) structs.add(row.struct);
  return structs;
}

/**
 * True where each parameter is a number, a function, text, an opaque pointer, or a pointer to one of these structures. The model gives its
 * objects, so that a pointer to anything else (`u32 *id`, `struct iommufd_device *idev`) would lead to memory that nobody wrote.
 */
export function takesKnownObjects(fn: CFunction, structs: ReadonlySet<string>): boolean {
  return fn.parameters.every(({ type }) => {
    const stars = type.split('*').length - 1;
    if (stars === 0 || type.includes('(')) return true;
    const struct = /\bstruct (\w+)/u.exec(type)?.[1];
    return stars === 1 && (struct === undefined ? PLAIN.test(type) : structs.has(struct));
  });
}
