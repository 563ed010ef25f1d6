// Allocations that nothing leads to any more: leaks.

import type { Machine } from '../model/machine/machine.ts';
import type { MachineState } from '../model/machine/state.ts';

/** Objects that C code allocated and never freed, and that no cell of the state names: nobody can free them. In order of their names. */
export function lostAllocations(machine: Machine, state: MachineState): readonly string[] {
  const allocated = new Set<string>();
  const named = new Map<string, Set<string>>();
  for (const [path, value] of machine.contents(state)) {
    const dot = path.lastIndexOf('.');
    const object = path.slice(0, dot);
    if (path.slice(dot + 1) === 'allocated' && object.startsWith('mem:')) allocated.add(object);
    for (const one of Array.isArray(value) ? (value as readonly string[]) : [value]) {
      if (typeof one !== 'string') continue;
      const target = one.startsWith('&') ? objectOf(one.slice(1)) : one;
      if (!target.startsWith('mem:')) continue;
      const from = named.get(target) ?? new Set();
      named.set(target, from.add(ownerOf(path)));
    }
  }
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
