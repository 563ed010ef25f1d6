// R2: macros that head a loop or a scope become `while (...)`.

import { conditionalScopePattern, scopePattern } from '../../kernel/loop-macros.ts';
import type { Masked } from '../types.ts';
import type { Rewriting } from './rewriting.ts';

/** What a head stands for, by the macro's name. */
export function headKind(name: string): Masked['kind'] {
  if (conditionalScopePattern.test(name)) return 'conditional-scope';
  return scopePattern.test(name) ? 'scope' : 'loop';
}

/**
 * Overwrites the macro's name by `while`, or by `if` where the name is too short; the arguments stay.
 * Without arguments the head becomes `while (1)`, which takes the last letter of the name for the bracket.
 */
export function replaceHead({ draft, stream }: Rewriting, name: number, open: number, close: number, kind: Masked['kind']): void {
  const start = stream.start(name);
  const end = stream.end(name);
  const hasArguments = stream.next(open) !== close;
  const room = end - start - (hasArguments ? 0 : 1);
  const keyword = room >= 5 ? 'while' : 'if';
  if (room < keyword.length) return;
  draft.mask(kind, stream.word(name), start, stream.end(close));
  draft.put(start, keyword);
  draft.blank(start + keyword.length, hasArguments ? end : stream.start(open));
  if (!hasArguments) {
    draft.put(end - 1, '(');
    draft.put(stream.start(open), '1');
  }
}

/** `do_each_x(...) {` becomes `do {`. */
export function replaceDoHead(rewriting: Rewriting, name: number, open: number, close: number): void {
  const { draft, stream } = rewriting;
  draft.mask('do-while-loop', stream.word(name), stream.start(name), stream.end(close));
  draft.put(stream.start(name), 'do');
  draft.blank(stream.start(name) + 2, stream.end(close));
  stream.consume(open, close);
}
