// Allocations and domains that nothing leads to any more: leaks.

import type { Machine } from '../model/machine/machine.ts';
import type { MachineState } from '../model/machine/state.ts';
import type { Binding } from './types.ts';

/** Cell of an allocated object that was handed to a function which may keep it where the model does not see. */
export const HANDED_ON = 'handed_on';

/** Cell that every domain has from its allocation on. */
const OF_DOMAINS = 'ops_owner';

/** Objects that C code allocated, and domains, that were never freed and that no cell of the state names: nobody can free them. In order of
 * their names. */
export function lostAllocations(machine: Machine, state: MachineState): readonly string[] {
  const allocated = new Set<string>();
  const named = new Map<string, Set<string>>();
  const kept = new Set<string>();
  for (const [path, value] of machine.contents(state)) {
    const dot = path.lastIndexOf('.');
    const object = path.slice(0, dot);
    const field = path.slice(dot + 1);
    if (field === 'allocated' && object.startsWith('mem:')) allocated.add(object);
    if (field === OF_DOMAINS) allocated.add(object);
    if (field === HANDED_ON || field === 'freed') kept.add(object);
    // What the model notes of a call while it runs leads nowhere.
    if (object.startsWith('thread ')) continue;
    for (const whole of Array.isArray(value) ? (value as readonly string[]) : [value]) {
      if (typeof whole !== 'string') continue;
      // A PASID and its domain stand in one word.
      const one = whole.slice(whole.indexOf('=') + 1);
      const target = one.startsWith('&') ? objectOf(one.slice(1)) : one;
      const from = named.get(target) ?? new Set();
      named.set(target, from.add(ownerOf(path)));
    }
  }
  for (const object of kept) allocated.delete(object);
  // What only lost objects name is lost with them.
  const reached = new Set<string>();
  for (let grown = true; grown;) {
    grown = false;
    for (const object of allocated) {
      if (reached.has(object)) continue;
      if (![...(named.get(object) ?? [])].some((from) => !allocated.has(from) || (reached.has(from) && from !== object))) continue;
      reached.add(object);
      grown = true;
    }
  }
  return [...allocated].filter((object) => !reached.has(object)).sort();
}

/** The allocated object that a path lies in, or the path itself. */
function ownerOf(path: string): string {
  return path.startsWith('mem:') ? objectOf(path) : path;
}

/** The object of a path or of a pointer to a member: what stands before the first dot. */
function objectOf(path: string): string {
  const dot = path.indexOf('.');
  return dot < 0 ? path : path.slice(0, dot);
}

/**
 * What a scenario asks at the end of its calls: a lost allocation, in words; null if there is none. Elements of
 * the model's lists stand there under other names, and do not count.
 */
export function lostProblem(binding: Binding): (machine: Machine, state: MachineState) => string | null {
  const bound = new Set(binding.lists.map((row) => row.element));
  return (machine, state) => {
    const lost = lostAllocations(machine, state).find((object) => !bound.has(structOf(object)));
    return lost === undefined ? null : `${lost} is allocated, and nothing leads to it any more`;
  };
}

/** `demo` of `mem:demo1@T1`. */
function structOf(object: string): string {
  const at = object.indexOf('@');
  let end = at < 0 ? object.length : at;
  while (end > 0 && /\d/.test(object.charAt(end - 1))) end--;
  return object.slice('mem:'.length, end);
}
