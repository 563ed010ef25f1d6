// Cleanup classes that a file defines itself: `DEFINE_FREE(name, type, body)`, `DEFINE_GUARD(name, type, lock, unlock)`, ...

import type { FileClass } from './lowering.ts';

/**
 * Classes by kind and name (`free x`, `guard x`, `class x`), read from the text of a file.
 * A body whose call is not found is left out; the class then has the generated names.
 */
export function readFileClasses(text: string): ReadonlyMap<string, FileClass> {
  const found = new Map<string, FileClass>();
  if (!text.includes('DEFINE_')) return found;
  const heads = /^(DEFINE_(?:FREE|CLASS|GUARD(?:_COND)?|LOCK_GUARD_[01](?:_COND)?))\(/gm;
  for (let head = heads.exec(text); head; head = heads.exec(text)) {
    const args = splitArguments(text, head.index + head[0].length);
    const [name, second = '', third = '', fourth = ''] = args;
    if (name === undefined) continue;
    const kind = head[1] ?? '';
    if (kind === 'DEFINE_FREE') found.set(`free ${name}`, { take: '', give: calledName(third) ?? name, success: 'always' });
    else if (kind === 'DEFINE_CLASS') {
      const take = calledName(fourth) ?? `class_${name}_constructor`;
      found.set(`class ${name}`, { take, give: calledName(third) ?? `class_${name}_destructor`, success: 'always' });
    } else if (kind.endsWith('_COND')) {
      const base = found.get(`guard ${name}`);
      const take = calledName(third);
      if (take)
        found.set(`guard ${name}${second}`, {
          take,
          give: base?.give ?? `class_${name}_destructor`,
          success: /==\s*0\b/.test(third) ? 'zero' : 'nonzero',
        });
    } else {
      const withType = !kind.startsWith('DEFINE_LOCK_GUARD_0');
      const take = calledName(withType ? third : second);
      const give = calledName(withType ? fourth : third);
      if (take && give) found.set(`guard ${name}`, { take, give, success: 'always' });
    }
  }
  return found;
}

/** Top-level arguments of a macro call whose opening parenthesis ends before `from`; at most 2,000 characters are read. */
function splitArguments(text: string, from: number): string[] {
  const args: string[] = [];
  let depth = 0;
  let start = from;
  const limit = Math.min(text.length, from + 2000);
  for (let at = from; at < limit; at++) {
    const c = text[at];
    if (c === '(' || c === '{') depth++;
    else if (c === '}' || (c === ')' && depth > 0)) depth--;
    else if ((c === ',' && depth === 0) || c === ')') {
      args.push(text.slice(start, at).replace(/\s+/g, ' ').trim());
      start = at + 1;
      if (c === ')') return args;
    }
  }
  return [];
}

/** The function that a class body calls: the last call of `if (!IS_ERR_OR_NULL(_T)) put_x(_T)`. */
function calledName(body: string): string | null {
  let name: string | null = null;
  for (const call of body.matchAll(/\b([A-Za-z_]\w*)\s*\(/g))
    if (!/^(?:if|while|for|IS_ERR|IS_ERR_OR_NULL|likely|unlikely|sizeof)$/.test(call[1] ?? '')) name = call[1] ?? null;
  return name;
}
