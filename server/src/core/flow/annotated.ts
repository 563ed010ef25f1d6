// Locks that a function's heading names: `__acquires(&group->mutex)`, `__releases(rq->lock)`.

import type { CFunction } from '../syntax/types.ts';
import type { Path } from './summary.ts';

/** The locks of `__acquires` and `__releases`; those whose text is no path from a parameter or a global are left out. */
export function annotatedLocks(fn: CFunction): Path[] {
  return fn.annotations.flatMap((one) => {
    if ((one.name !== '__acquires' && one.name !== '__releases') || one.argument === null) return [];
    return lockPath(one.argument, fn) ?? [];
  });
}

/** Reads `&a->b.c`: the address of the lock, or a pointer to it where the text is a bare parameter. */
function lockPath(text: string, fn: CFunction): Path | null {
  const tokens = text.match(/->|\w+|\S/g) ?? [];
  let at = tokens[0] === '&' ? 1 : 0;
  const root = tokens[at++];
  if (root === undefined || !/^\w+$/.test(root)) return null;
  const index = fn.parameters.findIndex((parameter) => parameter.name === root);
  if (root === 'RCU') return { kind: 'global', name: 'rcu' };
  // Of a parameter the pointer is at hand, of a global the address.
  let path: Path = index >= 0 ? { kind: 'parameter', index } : { kind: 'global', name: root };
  let isAddress = index < 0;
  for (; at + 1 < tokens.length; at += 2) {
    const [link, name] = [tokens[at], tokens[at + 1]];
    if ((link !== '->' && link !== '.') || name === undefined || !/^\w+$/.test(name)) return null;
    const base: Path = link === '->' && isAddress ? { kind: 'content', address: path } : path;
    path = { kind: 'field', base, name };
    isAddress = true;
  }
  return at === tokens.length ? path : null;
}
