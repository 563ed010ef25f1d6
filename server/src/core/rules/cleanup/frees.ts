// What `__free(name)` runs at the end of a scope, and which values that takes without harm.

import type { Call } from '../locking/points.ts';
import { freeClass } from '../../kernel/guards.ts';

/** The class of a release that a scope runs: `kfree` of `__free(kfree)`; null for other calls. */
export function freeClassOf(call: Call): string | null {
  if (call.scopeExit === null || call.macro === null) return null;
  return /^__free\((\w+)\)$/.exec(call.macro)?.[1] ?? null;
}

/** Whether the release of a class leaves error pointers alone; null for a class that neither the tables nor the file define. */
export function toleratesErrors(name: string, text: string): boolean | null {
  const own = new RegExp(`^DEFINE_FREE\\(\\s*${name}\\s*,[^,]{0,80},([^;\\n]{0,300}(?:\\n[^;\\n]{0,300})?)\\)`, 'm').exec(text)?.[1];
  if (own !== undefined) return /IS_ERR/.test(own);
  const known = freeClass(name);
  return known === null ? null : known.tolerates === 'null-and-error';
}
