// R6: macro items at file level, and R1 for declaration heads with more names than C has room for.

import { rewriteArguments, rewriteAsParameters, rewriteItemArguments, splitArguments } from './arguments.ts';
import { IDENTIFIER } from './lexer.ts';
import type { Rewriting } from './rewriting.ts';
import { CAPITALS, KEYWORD, PRIMITIVE, STORAGE, TAG, TYPE_SUFFIX } from './word-classes.ts';

/** Whether a token begins an item at file level. */
export function startsItem(rewriting: Rewriting, at: number): boolean {
  const { stream } = rewriting;
  const before = stream.previous(at);
  if (before < 0) return true;
  const word = stream.word(before);
  if (word === ';' || word === '}') return true;
  if (stream.is(before, STORAGE)) return false;
  return stream.directiveBetween(before, at) || (word === ')' && rewriting.isTerminated(before));
}

/** The first of the storage words in front of a macro, or the macro itself. */
export function storageBefore({ stream }: Rewriting, at: number): number {
  let first = at;
  for (let before = stream.previous(at); before >= 0 && stream.is(before, STORAGE); before = stream.previous(before)) first = before;
  return first;
}

/** R1: `static MACRO int ANNOTATION name(`: names that can be neither type nor declared name are blanked. */
export function blankSurplusNames(rewriting: Rewriting, start: number): void {
  const { stream } = rewriting;
  const found: number[] = [];
  let at = start;
  for (; at < start + 16; at = stream.next(at)) {
    if (stream.isIdentifier(at)) found.push(at);
    else if (stream.word(at) !== '*') break;
  }
  const end = stream.word(at);
  if ((end !== '(' && end !== '=' && end !== ';' && end !== '[') || found.some((one) => stream.word(one) === 'typedef')) return;
  for (const name of surplusNames(rewriting, found)) rewriting.annotate(name, name);
}

function surplusNames({ stream }: Rewriting, found: readonly number[]): readonly number[] {
  const names = found.filter((one) => !stream.is(one, KEYWORD));
  if (found.some((one) => stream.is(one, PRIMITIVE | TAG))) {
    // The type is known, so only the last name can be the declared one.
    return names.filter((one) => !stream.is(one, PRIMITIVE) && !stream.is(stream.previous(one), TAG)).slice(0, -1);
  }
  const [first, second] = names;
  if (first === undefined || second === undefined || names.length < 3) return [];
  const typeFirst = names.length === 3 && (stream.is(first, TYPE_SUFFIX) || stream.word(stream.next(first)) === '*');
  return typeFirst ? [second] : names.slice(0, -2);
}

/** A capital word on a line of its own, in front of a directive or a new declaration: an item without `;`. */
export function terminateBareWord(rewriting: Rewriting, at: number): boolean {
  const { stream } = rewriting;
  if (!stream.is(at, CAPITALS) || stream.word(at).length < 3) return false;
  const next = stream.next(at);
  const standsAlone =
    next >= stream.count ||
    (stream.isIdentifier(next) &&
      stream.lineBreakBetween(at, next) &&
      (stream.directiveBetween(at, next) || ['static', 'extern', 'struct', 'typedef'].includes(stream.word(next))));
  return standsAlone && rewriting.terminate(at, ';');
}

/** A macro call at the start of an item (behind storage words, if any). `name` is the macro, `close` its closing bracket. */
export function rewriteItem(rewriting: Rewriting, name: number, open: number, close: number): void {
  const { stream } = rewriting;
  const first = storageBefore(rewriting, name);
  const next = stream.next(close);
  const follower = stream.word(next);
  if (follower === '{') {
    defineFunction(rewriting, name, open, close);
    return;
  }
  if (follower === '=' || follower === '[' || (follower === ',' && first !== name)) {
    declareVariable(rewriting, name, open, close);
    return;
  }
  const word = stream.kind(next) === IDENTIFIER;
  const ends = follower === ';' || follower === '' || follower === '}' || follower === '(';
  if (!ends && !word && !stream.directiveBetween(close, next)) return;
  if (word && !stream.lineBreakBetween(close, next) && !stream.directiveBetween(close, next) && first === name) {
    // A macro in front of a declaration on the same line: an attribute.
    rewriting.annotate(name, close);
    return;
  }
  rewriting.mask('macro-item', stream.word(name), name, close);
  if (word && !stream.is(next, KEYWORD) && first !== name) {
    // `static MACRO(type) name`: the macro is the type.
    rewriting.merge(name, close);
    return;
  }
  for (let at = first; at < name; at = stream.next(at)) rewriting.blank(at, at);
  rewriteItemArguments(rewriting, open, close);
  if (follower !== ';' && follower !== '(') rewriting.terminate(close, ';');
}

/** `SYSCALL_DEFINE2(name, int, a) {`: the first letters of the macro become a return type. */
function defineFunction(rewriting: Rewriting, name: number, open: number, close: number): void {
  const { stream, draft } = rewriting;
  const length = stream.end(name) - stream.start(name);
  if (length < 4) return;
  rewriting.mask('macro-item', stream.word(name), name, close);
  draft.put(stream.start(name), length >= 6 ? 'int ' : 'u8 ');
  rewriteAsParameters(rewriting, open, close);
}

/** `DEFINE_PER_CPU(struct foo, bar) = {`: becomes `struct MANGLED bar = {`, so that the variable keeps its name. */
export function declareVariable(rewriting: Rewriting, name: number, open: number, close: number): void {
  const { stream, draft } = rewriting;
  const start = stream.start(name);
  rewriting.mask('macro-item', stream.word(name), name, close);
  const all = splitArguments(stream, open, close);
  const isSingleName = (one: { first: number; last: number } | undefined): boolean =>
    one !== undefined && one.first === one.last && stream.isName(one.first);
  const last = all[all.length - 1];
  // DEFINE_PER_CPU(type, name), but DECLARE_BITMAP(name, BITS).
  const variable = isSingleName(last) && !(stream.is(last?.first ?? -1, CAPITALS) && isSingleName(all[0])) ? last : all[0];
  if (variable && variable.first === variable.last && stream.start(variable.first) - start > 8) {
    const at = stream.start(variable.first);
    draft.put(start, 'struct ');
    draft.mangle(start + 7, at - 1);
    draft.put(at - 1, ' ');
    draft.blank(stream.end(variable.first), stream.end(close));
  } else {
    draft.put(start, 'int ');
    draft.mangle(start + 4, stream.end(close));
  }
  stream.consume(open, close);
}

/** Whether a macro call in a declaration's head or initialiser takes expressions, not parameters. */
function isCallInExpression({ stream }: Rewriting, name: number): boolean {
  const before = stream.previous(name);
  const word = stream.word(before);
  return !(stream.isIdentifier(before) || word === '*' || word === ')' || word === '}');
}

/** A macro call that does not begin an item: part of a declaration, or of an initialising expression. */
export function rewriteCallInItem(rewriting: Rewriting, name: number, open: number, close: number): void {
  if (isCallInExpression(rewriting, name)) rewriteArguments(rewriting, rewriting.stream.word(name), open, close);
}
