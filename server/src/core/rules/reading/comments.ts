// The comment above a function, and what it says of each parameter.

import type { Span } from '../../base/text.ts';
import type { CFile, CFunction } from '../../syntax/types.ts';

/** The comment that ends right before a function, or null. */
export function commentBefore(file: CFile, fn: CFunction): Span | null {
  const { comments } = file;
  let low = 0;
  let high = comments.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((comments[middle]?.end ?? 0) <= fn.span.start) low = middle + 1;
    else high = middle;
  }
  const last = comments[low - 1];
  return last !== undefined && file.text.slice(last.end, fn.span.start).trim() === '' ? last : null;
}

/**
 * The `@name:` word in the comment above a function that documents a parameter. Where no word has the parameter's name but there
 * are as many as parameters, the one at its place does: the comment was not renamed with the code.
 */
export function parameterComment(file: CFile, fn: CFunction, index: number): Span | null {
  const comment = commentBefore(file, fn);
  if (comment === null) return null;
  const words = [...file.text.slice(comment.start, comment.end).matchAll(/^[ \t]*\*[ \t]*(@(\w+)):/gmu)];
  const own =
    words.find((match) => match[2] === fn.parameters[index]?.name) ?? (words.length === fn.parameters.length ? words[index] : undefined);
  if (own === undefined) return null;
  const word = own[1] ?? '';
  const start = comment.start + own.index + own[0].indexOf(word);
  return { start, end: start + word.length };
}
