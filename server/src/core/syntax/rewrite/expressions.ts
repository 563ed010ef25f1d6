// R8, R12 and R13: small forms inside expressions and statements.

import { asmFunctionPattern } from '../../kernel/c-words.ts';
import { mergeStringPieces, splitArguments } from './arguments.ts';
import { IDENTIFIER, STRING } from './lexer.ts';
import type { Rewriting } from './rewriting.ts';
import { BLOCK, TOP } from './stream.ts';
import { ASM } from './word-classes.ts';

/** R12: `case 1 ... 5:` becomes `case 1  -  5:`. The dots of parameter lists and designators are left alone. */
export function replaceCaseRange({ stream, draft }: Rewriting, dots: number): void {
  let at = stream.previous(dots);
  for (let step = 0; step < 24 && at >= 0; step++) {
    const word = stream.word(at);
    if (word === 'case') {
      draft.put(stream.start(dots), ' - ');
      return;
    }
    if (word === ';' || word === '{' || word === '[' || word === ':') return;
    if ((word === ')' || word === ']') && stream.match(at) >= 0) at = stream.match(at);
    at = stream.previous(at);
  }
}

/** R12: `&&label` as a value becomes ` &label`. */
export function replaceLabelAddress({ stream, draft }: Rewriting, at: number): void {
  const before = stream.word(stream.previous(at));
  const isPrefix = before === '(' || before === ',' || before === '=' || before === '{' || before === ']';
  if (isPrefix && stream.isName(stream.next(at))) draft.put(stream.start(at), ' ');
}

/** R12: `goto *table[i];` becomes `goto  table_i_;`. */
export function replaceComputedGoto(rewriting: Rewriting, at: number): void {
  const { stream } = rewriting;
  const star = stream.next(at);
  if (stream.word(star) !== '*') return;
  rewriting.blank(star, star);
  const first = stream.next(star);
  let last = first;
  for (let next = first, step = 0; next < stream.count && stream.word(next) !== ';'; next = stream.next(next)) {
    if (++step > 200) return;
    last = next;
  }
  if (last > first) rewriting.merge(first, last);
}

/** R12: the member path of `offsetof(type, a.b[1])` becomes one identifier. */
export function mergeOffsetofPath(rewriting: Rewriting, at: number): void {
  const { stream } = rewriting;
  const close = stream.match(at + 1);
  if (stream.word(at + 1) !== '(' || close < 0) return;
  const all = splitArguments(stream, at + 1, close);
  const path = all[1];
  const last = all[all.length - 1]?.last ?? -1;
  if (path && path.first < last) rewriting.merge(path.first, last);
}

/** R8: `("a" NAME OTHER)`, `(NAME OTHER "a")`. */
export function mergePiecesInParentheses(rewriting: Rewriting, open: number): void {
  const { stream } = rewriting;
  const first = stream.next(open);
  if (stream.isName(stream.previous(open)) || !stream.isName(first) || !stream.isName(stream.next(first))) return;
  const close = stream.match(open);
  if (close < 0) return;
  for (const { first, last } of splitArguments(stream, open, close))
    if (first <= last && first < close) mergeStringPieces(rewriting, first, last);
}

/** R8: `"a" NAME(1)`: the call becomes one identifier. */
export function mergeCallBehindString(rewriting: Rewriting, string: number): void {
  const { stream } = rewriting;
  const name = stream.next(string);
  const open = stream.next(name);
  if (!stream.isName(name) || stream.word(open) !== '(' || stream.directiveBetween(string, name)) return;
  const close = stream.match(open);
  if (close < 0) return;
  rewriting.mask('string', stream.word(name), name, close);
  rewriting.merge(name, close);
}

/** Whether a word begins an asm statement, or stands for one. */
export function isAsm({ stream }: Rewriting, at: number): boolean {
  return stream.is(at, ASM) || (stream.word(at).startsWith('asm_') && asmFunctionPattern.test(stream.word(at)));
}

/** R13: asm labels behind declarators are annotations; asm whose strings are made by macros is emptied to `asm("")`. */
export function rewriteAsm(rewriting: Rewriting, at: number, context: number): void {
  const { stream, draft } = rewriting;
  let open = stream.next(at);
  while (stream.isIdentifier(open)) open = stream.next(open);
  const close = stream.word(open) === '(' ? stream.match(open) : -1;
  if (close < 0) return;
  const before = stream.previous(at);
  if (stream.isName(before) || (stream.word(before) === ')' && context === TOP)) {
    rewriting.annotate(at, close);
    return;
  }
  if (stream.is(at, ASM) && !hasMacroInStrings(rewriting, open, close)) return;
  const start = stream.end(open);
  const end = stream.start(close);
  rewriting.mask('asm', stream.word(at), at, close);
  draft.blank(start, end);
  if (end - start >= 2) draft.put(start, '""');
  if (close > open + 1) stream.consume(open + 1, close - 1);
}

/** A name beside a string literal, or called, outside the operands' parentheses. */
function hasMacroInStrings({ stream }: Rewriting, open: number, close: number): boolean {
  for (let at = open + 1; at < close; at = stream.next(at)) {
    if (stream.word(at) === '(') {
      at = stream.match(at);
      if (at < 0) return false;
    } else if (stream.kind(at) === IDENTIFIER) {
      if (stream.kind(at - 1) === STRING || stream.kind(at + 1) === STRING || stream.word(at + 1) === '(') return true;
    }
  }
  return false;
}

/** R1: an annotation behind a declarator's `]` or behind `} name`: `int map[4] CACHE_ALIGNED;`. Gives its last token, or -1. */
export function trailingAnnotationEnd({ stream }: Rewriting, at: number, context: number): number {
  if (context !== TOP && context !== BLOCK && context !== 2) return -1;
  if (!/^[A-Z_][A-Z0-9_]*$|^__[a-z]/.test(stream.word(at))) return -1;
  const before = stream.previous(at);
  const behindDeclarator = stream.word(before) === ']' || (stream.isName(before) && stream.word(stream.previous(before)) === '}');
  if (!behindDeclarator) return -1;
  const next = stream.next(at);
  const last = stream.word(next) === '(' ? stream.match(next) : at;
  if (last < 0) return -1;
  const follower = stream.word(stream.next(last));
  return follower === ';' || follower === '=' || follower === ',' ? last : -1;
}
