// Annotations that say what a function does to locks: those of the kernel, of sparse and of clang.
// Sources: include/linux/compiler_types.h of 6.12; sparse(1), "context"; clang's ThreadSafetyAnalysis.

export interface LockMark {
  readonly what: 'acquires' | 'releases' | 'requires' | 'excludes' | 'tries';
  /** The lock as written: `&group->mutex`, `rq`, `RCU`. */
  readonly lock: string;
  /** For `tries`: results with which the lock was taken. */
  readonly success: 'zero' | 'nonzero';
}

const meanings = new Map<string, LockMark['what']>();
for (const [what, names] of [
  [
    'acquires',
    'acquires acquires_shared exclusive_lock_function shared_lock_function acquire_capability acquire_shared_capability acquire acquire_shared',
  ],
  [
    'releases',
    'releases releases_shared unlock_function release_capability release_shared_capability release_generic_capability release release_shared',
  ],
  [
    'requires',
    'must_hold must_hold_shared requires_capability requires_shared_capability exclusive_locks_required shared_locks_required requires requires_shared',
  ],
  ['excludes', 'must_not_hold locks_excluded excludes'],
  [
    'tries',
    'cond_acquires cond_acquires_shared exclusive_trylock_function shared_trylock_function try_acquire_capability try_acquire_shared_capability try_acquire try_acquire_shared',
  ],
] as const)
  for (const name of names.split(' ')) meanings.set(name, what);

/** What one annotation says; empty for one that is not about locks. `argument` is the text between its parentheses. */
export function lockMarks(name: string, argument: string | null): LockMark[] {
  if (argument === null) return [];
  const word = name
    .split('_')
    .filter((part) => part !== '')
    .join('_')
    .toLowerCase();
  if (word === 'attribute') return attributesIn(argument).flatMap((one) => lockMarks(one.name, one.argument));
  const args = splitArguments(argument);
  if (word === 'context') return contextMark(args);
  const what = meanings.get(word);
  if (what === undefined) return [];
  if (what !== 'tries') return args.map((lock) => ({ what, lock, success: 'nonzero' }));
  const [first = '', ...locks] = args;
  if (locks.length === 0) return [{ what, lock: first, success: 'nonzero' }];
  return locks.map((lock) => ({ what, lock, success: first === '0' || first === 'false' || first === 'nil' ? 'zero' : 'nonzero' }));
}

/** sparse's `context(lock, in, out)`, or `context(in, out)` for the one lock without a name. */
function contextMark(args: readonly string[]): LockMark[] {
  const [lock, from, to] = args.length === 2 ? ['context', args[0], args[1]] : args;
  const [before, after] = [Number(from), Number(to)];
  if (lock === undefined || Number.isNaN(before) || Number.isNaN(after)) return [];
  if (after < 0) return [{ what: 'tries', lock, success: 'nonzero' }];
  if (before === after) return before > 0 ? [{ what: 'requires', lock, success: 'nonzero' }] : [];
  return [{ what: before < after ? 'acquires' : 'releases', lock, success: 'nonzero' }];
}

/** The attributes of `__attribute__((first(...), second(...)))` that have arguments. */
function attributesIn(text: string): { name: string; argument: string }[] {
  const inner = text.trim();
  const list = inner.startsWith('(') && inner.endsWith(')') ? inner.slice(1, -1) : inner;
  return splitArguments(list).flatMap((one) => {
    const open = one.indexOf('(');
    return open > 0 && one.endsWith(')') ? [{ name: one.slice(0, open).trim(), argument: one.slice(open + 1, -1) }] : [];
  });
}

/** Cuts at the commas outside of brackets; white space around the parts is left out, and so are empty parts. */
function splitArguments(text: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let from = 0;
  for (let at = 0; at <= text.length; at++) {
    const c = text[at];
    if (c === '(' || c === '[') depth++;
    else if (c === ')' || c === ']') depth--;
    else if (c === undefined || (c === ',' && depth === 0)) {
      parts.push(text.slice(from, at).trim());
      from = at + 1;
    }
  }
  return parts.filter((part) => part !== '');
}
