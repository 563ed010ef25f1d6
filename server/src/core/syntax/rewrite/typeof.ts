// R7: typeof(x) becomes a type that the grammar knows in every place.

import type { Rewriting } from './rewriting.ts';
import type { Stream } from './stream.ts';
import { TYPEOF } from './word-classes.ts';

/** `typeof(` has the length of `struct `: a struct type in declarations and casts, one identifier as a macro's argument. */
export function replaceTypeof(rewriting: Rewriting): void {
  const { stream, draft } = rewriting;
  for (let at = 0; at < stream.count; at++) {
    if (!stream.is(at, TYPEOF) || stream.isConsumed(at) || stream.word(at + 1) !== '(') continue;
    const close = stream.match(at + 1);
    if (close < 0) continue;
    rewriting.mask('typeof', stream.word(at), at, close);
    rewriting.merge(at, close);
    if (!isArgument(stream, at, close)) draft.put(stream.start(at), 'struct ');
  }
}

function isArgument(stream: Stream, at: number, close: number): boolean {
  const before = stream.previous(at);
  const word = stream.word(before);
  const next = stream.word(stream.next(close));
  if (next !== ',' && next !== ')') return false;
  if (word !== ',' && !(word === '(' && stream.isName(stream.previous(before)))) return false;
  let open = stream.enclosing(at);
  while (stream.word(open) === '[') open = stream.enclosing(open);
  return stream.word(open) === '(' && stream.isName(stream.previous(open));
}
