// R1: annotation words and calls are blanked.

import type { Rewriting } from './rewriting.ts';
import type { Stream } from './stream.ts';
import { ANNOTATION, ANNOTATION_CALL, KEYWORD, MAYBE_ANNOTATION, PRIMITIVE, TAG, TYPE_SUFFIX } from './word-classes.ts';

/** Words behind which a name is a tag or a label, never an annotation. */
const nameIntroducers = new Set(['.', '->', 'struct', 'union', 'enum', 'goto']);
/** Words behind which `__word` is an operand. */
const operandIntroducers = new Set(['sizeof', 'return', 'case', 'goto', 'else', 'struct', 'union', 'enum']);

/** Blanks all annotations that the word tables or their place give away. */
export function blankAnnotations(rewriting: Rewriting): void {
  const { stream } = rewriting;
  for (let at = 0; at < stream.count; at++) {
    if (!stream.is(at, ANNOTATION | ANNOTATION_CALL | MAYBE_ANNOTATION) || stream.isConsumed(at)) continue;
    const last = annotationEnd(stream, at);
    if (last >= at) rewriting.annotate(at, last);
  }
}

/** The last token of the annotation at a token, or -1 if there is none. */
function annotationEnd(stream: Stream, at: number): number {
  const before = stream.previous(at);
  const word = stream.word(before);
  const next = stream.word(at + 1);
  const close = next === '(' ? stream.match(at + 1) : -1;

  if (stream.is(at, ANNOTATION_CALL) && close >= 0 && word !== '.' && word !== '->') {
    // `__release(x);` as a statement is a call; only __attribute__((fallthrough)) stands alone.
    const isStatement = stream.word(close + 1) === ';' && (word === ';' || word === '{');
    return word === '#' || (isStatement && !stream.word(at).startsWith('__attribute')) ? -1 : close;
  }
  if (stream.is(at, ANNOTATION) && (next !== '(' || stream.isTypeWord(at - 1) || stream.word(at - 1) === '*')) {
    const isValue =
      next === '[' ||
      next === '.' ||
      next === '->' ||
      (word === '=' && next === ';') ||
      ((word === ',' || word === '(') && (next === ',' || next === ')'));
    return nameIntroducers.has(word) || isValue ? -1 : at;
  }
  return stream.is(at, MAYBE_ANNOTATION) && standsInDeclaration(stream, at, before) ? at : -1;
}

/** An unknown `__word` is an annotation between a type and a `*` or a name: `u32 __word *p`, `struct a *__word b`. */
function standsInDeclaration(stream: Stream, at: number, before: number): boolean {
  const next = at + 1;
  const beforeType = stream.previous(before);
  const namesType = stream.is(before, PRIMITIVE | TYPE_SUFFIX) || stream.is(beforeType, TAG);
  if (stream.isTypeWord(before) && !operandIntroducers.has(stream.word(before))) {
    if (stream.word(next) === '*') return namesType || stream.word(beforeType) === 'const';
    if (stream.isIdentifier(next) && !stream.is(next, KEYWORD) && !stream.isAnnotation(next) && namesType) return true;
  }
  return stream.word(before) === '*' && stream.isName(next) && !stream.isAnnotation(next) && stream.isIdentifier(beforeType);
}
