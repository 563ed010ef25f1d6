// Arguments of macro calls that are no expressions: types (R4), strings in pieces (R8), operators, statements, nothing (R9).

import { IDENTIFIER, NUMBER, PUNCTUATOR, STRING } from './lexer.ts';
import type { Rewriting } from './rewriting.ts';
import type { Stream } from './stream.ts';
import { CAPITALS, KEYWORD, LOOP, PRIMITIVE, STATEMENT, TYPE_START } from './word-classes.ts';

interface Argument {
  readonly first: number;
  /** Last token; before `first` for an empty argument. */
  readonly last: number;
}

/** The arguments between two brackets, split at commas of the same level. */
export function splitArguments(stream: Stream, open: number, close: number): Argument[] {
  const found: Argument[] = [];
  let first = stream.next(open);
  let last = open;
  for (let at = first; at < close; at = stream.next(at)) {
    const word = stream.word(at);
    if (word === '(' || word === '[' || word === '{') {
      const end = stream.match(at);
      if (end < 0 || end > close) return found;
      at = end;
    } else if (word === ',') {
      found.push({ first, last });
      first = stream.next(at);
    }
    last = at;
  }
  found.push({ first, last });
  return found;
}

const isEmpty = (argument: Argument): boolean => argument.first > argument.last;

/** Operators with which no expression begins, and with which none ends. */
const infixOperators = new Set(['.', '=', '<', '>', '<=', '>=', '==', '!=', '/', '%', '|', '^', '?', ':', '->', '||', '#']);
const openEndings = new Set([
  ...['*', '+', '-', '<', '>', '<=', '>=', '==', '!=', '/', '%', '|', '^', '&', '&&', '||', '=', '.', '->', '##', '#'],
]);
/** Jumps and heads that make a statement of an argument which has a `;` in it. */
const jumps = new Set(['goto', 'return', 'break', 'continue', 'if', 'for', 'while']);

/** Gives the arguments of a call the form of expressions. `macro` names the call in the side table. */
export function rewriteArguments(rewriting: Rewriting, macro: string, open: number, close: number): void {
  const { stream, rules } = rewriting;
  for (const argument of splitArguments(stream, open, close)) {
    const { first, last } = argument;
    if (isEmpty(argument) || first >= close) continue;
    if (rules.R4 && isType(stream, first, last)) {
      rewriting.mask('type-argument', macro, first, last);
      rewriting.merge(first, last);
    } else if (rules.R8 && mergeStringPieces(rewriting, first, last)) continue;
    else if (rules.R9) hideOddArgument(rewriting, macro, first, last);
  }
  if (rules.R9) blankEmptyArguments(rewriting, open, close);
}

/** `struct foo`, `unsigned int`, `foo_t *`, `name const *`. */
function isType(stream: Stream, first: number, last: number): boolean {
  if (stream.is(first, TYPE_START) && first !== last) return true;
  if (!stream.isTypeWord(first)) return false;
  let at = stream.next(first);
  if (at > last) return false;
  for (; at <= last; at = stream.next(at)) {
    const word = stream.word(at);
    if (word !== '*' && word !== 'const' && word !== 'volatile') return false;
  }
  return true;
}

/** An argument of strings, names and calls in a row, as `KERN_INFO PREFIX "text"`: names in a row become one. */
export function mergeStringPieces(rewriting: Rewriting, first: number, last: number): boolean {
  const { stream } = rewriting;
  if (first === last) return false;
  let inRow = false;
  let hasString = false;
  for (let at = first; at <= last; at = stream.next(at)) {
    if (stream.kind(at) === STRING) {
      hasString = true;
      continue;
    }
    if (!stream.isName(at)) return false;
    const next = stream.next(at);
    if (next > last) break;
    if (stream.isName(next)) inRow = true;
    if (stream.word(next) === '(') {
      at = stream.match(next);
      if (at < 0 || at > last) return false;
    }
  }
  if (!inRow || (!hasString && !stream.is(first, CAPITALS))) return false;
  for (let at = first; at <= last;) {
    if (stream.kind(at) === STRING) {
      at = stream.next(at);
      continue;
    }
    const begin = at;
    let end = at;
    while (at <= last && stream.kind(at) !== STRING) {
      end = at;
      const next = stream.next(at);
      if (next <= last && stream.word(next) === '(') end = stream.match(next);
      at = stream.next(end);
    }
    rewriting.mask('string', stream.word(begin), begin, end);
    rewriting.merge(begin, end);
  }
  return true;
}

/** R9: what is neither expression nor type. */
function hideOddArgument(rewriting: Rewriting, macro: string, first: number, last: number): void {
  const { stream } = rewriting;
  const word = stream.word(first);
  if (onlyPunctuators(stream, first, last)) {
    // `({ ... })` and the like are expressions of their own.
    if (word !== '(' && word !== '{' && word !== '[') rewriting.merge(first, last);
    return;
  }
  const semicolon = hasSemicolon(stream, first, last);
  const isStatement = stream.is(first, STATEMENT) || word === '{' || (semicolon && hasJump(stream, first, last));
  if (isStatement || callBeforeName(stream, first, last)) {
    rewriting.mask('statement-argument', macro, first, last);
    rewriting.merge(first, last);
  } else if (isDeclaration(stream, first, last) || infixOperators.has(word) || (last > first && openEndings.has(stream.word(last)))) {
    if (semicolon) rewriting.mask('statement-argument', macro, first, last);
    rewriting.merge(first, last);
  } else if (semicolon) {
    rewriting.mask('statement-argument', macro, first, last);
    separateByCommas(rewriting, first, last);
  }
}

function onlyPunctuators(stream: Stream, first: number, last: number): boolean {
  for (let at = first; at <= last; at++) if (stream.kind(at) !== PUNCTUATOR) return false;
  return true;
}

/** A `;` outside braces. */
function hasSemicolon(stream: Stream, first: number, last: number): boolean {
  for (let at = first; at <= last; at++) {
    const word = stream.word(at);
    if (word === ';') return true;
    if (word === '{') at = Math.max(at, stream.match(at));
  }
  return false;
}

function hasJump(stream: Stream, first: number, last: number): boolean {
  for (let at = first; at <= last; at++) if (jumps.has(stream.word(at))) return true;
  return false;
}

/** `macro(x) name`: a macro that opens something in front of a statement. */
function callBeforeName(stream: Stream, first: number, last: number): boolean {
  for (let at = first; at <= last; at = stream.next(at)) {
    const word = stream.word(at);
    if (word !== '(' && word !== '[' && word !== '{') continue;
    const close = stream.match(at);
    if (close < 0 || close > last) return false;
    const isCall = word === '(' && at > first && stream.isName(stream.previous(at));
    const next = stream.next(close);
    if (isCall && next <= last && stream.kind(next) === IDENTIFIER && stream.word(next) !== 'sizeof') return true;
    at = close;
  }
  return false;
}

/** `a = 1; b = 2;` becomes `a = 1, b = 2 `: both are still assignments to the reader of the tree. */
function separateByCommas({ stream, draft }: Rewriting, first: number, last: number): void {
  for (let at = first; at <= last; at++) {
    const word = stream.word(at);
    if (word === '{') at = Math.max(at, stream.match(at));
    else if (word === ';') draft.put(stream.start(at), stream.next(at) > last ? ' ' : ',');
  }
}

/** Two words in a row where a type and a name could stand. */
function isDeclaration(stream: Stream, first: number, last: number): boolean {
  const second = stream.next(first);
  if (second > last || stream.kind(first) !== IDENTIFIER || stream.kind(second) !== IDENTIFIER) return false;
  if (stream.word(first) === 'sizeof' || stream.is(first, LOOP)) return false;
  return (stream.isName(second) && !stream.is(second, CAPITALS)) || stream.is(first, PRIMITIVE);
}

/** `f(a, , b)` and `f(a, )`: the commas around nothing are blanked. */
function blankEmptyArguments({ stream, draft }: Rewriting, open: number, close: number): void {
  let before = open;
  for (let at = stream.next(open); at <= close; at = stream.next(at)) {
    const word = stream.word(at);
    if (word === '(' || word === '[' || word === '{') {
      const end = stream.match(at);
      if (end < 0 || end > close) return;
      at = end;
    } else if (at === close) {
      if (stream.word(before) === ',') draft.put(stream.start(before), ' ');
    } else if (word === ',' && (before === open || stream.word(before) === ',')) draft.put(stream.start(at), ' ');
    before = at;
  }
}

/** Arguments of a macro that defines a function (`SYSCALL_DEFINE2(name, int, a) {`): made to pass as parameters. */
export function rewriteAsParameters(rewriting: Rewriting, open: number, close: number): void {
  const { stream } = rewriting;
  for (const argument of splitArguments(stream, open, close)) {
    const { first, last } = argument;
    if (isEmpty(argument) || first >= close) continue;
    let plain = true;
    for (let at = first; at <= last && plain; at = stream.next(at))
      plain = stream.kind(at) === IDENTIFIER || (at > first && stream.word(at) === '*');
    if (!plain) rewriting.merge(first, last);
  }
}

/** Arguments of a macro that stands by itself at file level: only simple expressions and strings stay. */
export function rewriteItemArguments(rewriting: Rewriting, open: number, close: number): void {
  const { stream } = rewriting;
  for (const argument of splitArguments(stream, open, close)) {
    const { first, last } = argument;
    if (isEmpty(argument) || first >= close || first === last) continue;
    if (isType(stream, first, last) || isNoExpression(stream, first, last)) rewriting.merge(first, last);
  }
  blankEmptyArguments(rewriting, open, close);
}

function isNoExpression(stream: Stream, first: number, last: number): boolean {
  for (let at = first; at <= last; at++) {
    const word = stream.word(at);
    if (word === ';' || word === '{' || word === '...' || word === '#' || word === '##') return true;
    if (stream.is(at, KEYWORD) && word !== 'sizeof') return true;
  }
  const second = stream.next(first);
  if (second <= last && stream.kind(first) === IDENTIFIER && stream.kind(second) === IDENTIFIER) return true;
  return ['=', '.', '<', '>'].includes(stream.word(first)) || ['*', '&', '='].includes(stream.word(last));
}

/** A number that is valid C; others only make sense when a macro pastes something in front of them. */
function isNumber(text: string): boolean {
  return /^(?:0[xX][0-9a-fA-F]+|0[bB][01]+|\d+(?:\.\d*)?(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?)[uUlLfF]{0,3}$/.test(text);
}

/** R11. */
export function hideBadNumber(rewriting: Rewriting, at: number, insideCode: boolean): void {
  const { stream } = rewriting;
  if (!isNumber(stream.text.slice(stream.start(at), stream.end(at)))) {
    rewriting.mask('number', stream.text.slice(stream.start(at), stream.end(at)), at, at);
    rewriting.merge(at, at);
  }
  const next = stream.next(at);
  if (insideCode && stream.kind(next) === IDENTIFIER && stream.kind(at) === NUMBER && !stream.lineBreakBetween(at, next))
    rewriting.merge(at, next);
}
