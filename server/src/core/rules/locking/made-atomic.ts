// Patches that do nothing but give calls a form that does not sleep: they tell that nobody may sleep there.

import type { Hunk, Patch } from '../../patch/types.ts';

/** Names that calls lose and get, by the name that stands in the code before the patch. */
export type AtomicForms = ReadonlyMap<string, string>;

/**
 * What the calls become where the whole patch is such an exchange, one name for another: a flag that forbids to wait, or that the caller
 * chooses, and the form of a function for atomic context. Null for a patch that does anything else: that may be why the calls change.
 */
export function atomicForms(patch: Patch | null): AtomicForms | null {
  const forms = new Map<string, string>();
  for (const file of patch?.files ?? []) {
    const path = file.newPath ?? file.oldPath;
    if (path === null || !/\.[ch]$/.test(path) || file.hunks.length === 0) return null;
    for (const hunk of file.hunks) {
      const exchanged = exchangeIn(hunk);
      if (!exchanged) return null;
      for (const [from, to] of exchanged) forms.set(from, to);
    }
  }
  return forms.size === 0 ? null : forms;
}

/** The names that a hunk exchanges; null where it does more, or exchanges others. */
function exchangeIn({ lines }: Hunk): [string, string][] | null {
  const wordsOf = (kind: 'removed' | 'added'): string[] =>
    lines.flatMap((line) => (line.kind === kind ? (line.text.match(/\w+|[^\s\w]/g) ?? []) : []));
  const [before, after] = [wordsOf('removed'), wordsOf('added')];
  if (before.length !== after.length || before.length === 0) return null;
  const pairs = before.flatMap((from, index): [string, string][] => (from === after[index] ? [] : [[from, after[index] ?? '']]));
  return pairs.length > 0 && pairs.every(([from, to]) => isAtomicForm(from, to)) ? pairs : null;
}

function isAtomicForm(from: string, to: string): boolean {
  if (from === 'GFP_KERNEL') return to === 'GFP_ATOMIC' || to === 'GFP_NOWAIT' || /^[a-z_]*gfp[a-z_]*$/.test(to);
  return to === `${from}_atomic` || from === `${to}_cansleep` || (from === 'msleep' && to === 'mdelay');
}
