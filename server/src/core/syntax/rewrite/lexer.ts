// Cuts C text into tokens for the rewrite: fast, total (every text has a token list), and blind to the grammar.

import type { Span } from '../../base/text.ts';

/** What a token is. Directives are one token each, continuation lines included; comments are no tokens. */
export const IDENTIFIER = 1;
export const NUMBER = 2;
export const STRING = 3;
export const PUNCTUATOR = 4;
export const DIRECTIVE = 5;

export interface Tokens {
  readonly count: number;
  /** One of the kinds above, for each token. */
  readonly kinds: Uint8Array;
  readonly starts: Int32Array;
  readonly ends: Int32Array;
  /** Comments in order, also those inside directives. */
  readonly comments: readonly Span[];
  /** Offsets of backslashes before a line end that stand outside directives and strings. */
  readonly strayContinuations: readonly number[];
}

const NEWLINE = 10;
const BACKSLASH = 92;
const SLASH = 47;
const STAR = 42;
const HASH = 35;
const DOT = 46;
const DOUBLE_QUOTE = 34;
const SINGLE_QUOTE = 39;

const BLANK = 1;
const WORD_START = 2;
const WORD = 4;
const DIGIT = 8;

/** Classes of the ASCII characters; everything above is taken as part of a word, as compilers do. */
const classes = new Uint8Array(128);
for (const char of ' \t\r\f\v') classes[char.charCodeAt(0)] = BLANK;
for (let code = 48; code < 58; code++) classes[code] = WORD | DIGIT;
for (let code = 65; code < 91; code++) classes[code] = classes[code + 32] = WORD | WORD_START;
for (const char of '_$') classes[char.charCodeAt(0)] = WORD | WORD_START;

const classOf = (code: number): number => (code < 128 ? (classes[code] ?? 0) : code > 127 ? WORD | WORD_START : 0);

/** Whether a character can stand in an identifier. */
export const isWordCode = (code: number): boolean => (classOf(code) & WORD) !== 0;

/** Punctuators of more than one character that matter to the rewrite; the rest may fall apart into single characters. */
function punctuatorLength(text: string, at: number, code: number): number {
  const next = text.charCodeAt(at + 1);
  if (code === DOT) return next === DOT && text.charCodeAt(at + 2) === DOT ? 3 : 1;
  if (code === 60 || code === 62) {
    if (next === code) return text.charCodeAt(at + 2) === 61 ? 3 : 2;
    return next === 61 ? 2 : 1;
  }
  if (next === 61)
    return code === 61 ||
      code === 33 ||
      code === 43 ||
      code === 45 ||
      code === STAR ||
      code === SLASH ||
      code === 37 ||
      code === 38 ||
      code === 124 ||
      code === 94
      ? 2
      : 1;
  if (next === code) return code === 38 || code === 124 || code === 43 || code === 45 || code === HASH ? 2 : 1;
  return code === 45 && next === 62 ? 2 : 1;
}

/** End of a string or character literal that begins at `at`; an unclosed one ends with its line. */
function literalEnd(text: string, at: number, quote: number): number {
  let end = at + 1;
  while (end < text.length) {
    const code = text.charCodeAt(end);
    if (code === BACKSLASH) end += 2;
    else if (code === quote) return end + 1;
    else if (code === NEWLINE) return end;
    else end++;
  }
  return text.length;
}

/** Cuts a text into tokens. */
export function tokenize(text: string): Tokens {
  const length = text.length;
  let capacity = Math.max(64, length >> 2);
  let kinds = new Uint8Array(capacity);
  let starts = new Int32Array(capacity);
  let ends = new Int32Array(capacity);
  let count = 0;
  const comments: Span[] = [];
  const strayContinuations: number[] = [];

  const push = (kind: number, start: number, end: number): void => {
    if (count === capacity) {
      capacity *= 2;
      const grown = [new Uint8Array(capacity), new Int32Array(capacity), new Int32Array(capacity)] as const;
      grown[0].set(kinds);
      grown[1].set(starts);
      grown[2].set(ends);
      [kinds, starts, ends] = grown;
    }
    kinds[count] = kind;
    starts[count] = start;
    ends[count] = end;
    count++;
  };

  /** End of a comment that begins at `at`, which is kept; -1 if none begins there. */
  const commentEnd = (at: number): number => {
    const next = text.charCodeAt(at + 1);
    if (next !== STAR && next !== SLASH) return -1;
    const close = next === STAR ? text.indexOf('*/', at + 2) : text.indexOf('\n', at + 2);
    const end = close < 0 ? length : next === STAR ? close + 2 : close;
    comments.push({ start: at, end });
    return end;
  };

  /** End of a directive: its line, and the next ones while a backslash or an open comment joins them. */
  const directiveEnd = (from: number): number => {
    let at = from;
    while (at < length) {
      const code = text.charCodeAt(at);
      if (code === NEWLINE) {
        const last = text.charCodeAt(at - 1) === 13 ? at - 2 : at - 1;
        if (text.charCodeAt(last) !== BACKSLASH) return at;
        at++;
      } else if (code === SLASH) {
        const end = commentEnd(at);
        at = end < 0 ? at + 1 : end;
      } else if (code === DOUBLE_QUOTE) {
        const end = literalEnd(text, at, code);
        // A lone quote, as in #error don't, opens nothing.
        at = text.charCodeAt(end - 1) === DOUBLE_QUOTE && end > at + 1 ? end : at + 1;
      } else at++;
    }
    return length;
  };

  let at = 0;
  let lineStart = true;
  while (at < length) {
    const code = text.charCodeAt(at);
    if (code === NEWLINE) {
      lineStart = true;
      at++;
      continue;
    }
    const kind = classOf(code);
    if (kind === BLANK) {
      at++;
      continue;
    }
    if (code === BACKSLASH) {
      const next = text.charCodeAt(at + 1);
      if (next === NEWLINE || (next === 13 && text.charCodeAt(at + 2) === NEWLINE)) {
        strayContinuations.push(at++);
        continue;
      }
    }
    if (code === SLASH) {
      const end = commentEnd(at);
      if (end >= 0) {
        at = end;
        continue;
      }
    }
    if (code === HASH && lineStart) {
      const end = directiveEnd(at);
      push(DIRECTIVE, at, end);
      at = end;
      continue;
    }
    lineStart = false;
    let end = at + 1;
    if (kind & WORD_START) {
      while (end < length && isWordCode(text.charCodeAt(end))) end++;
      const quote = text.charCodeAt(end);
      if (end === at + 1 && (quote === DOUBLE_QUOTE || quote === SINGLE_QUOTE) && (code === 76 || code === 85 || code === 117)) {
        // L"", U"", u"": the prefix belongs to the literal.
        end = literalEnd(text, end, quote);
        push(STRING, at, end);
      } else push(IDENTIFIER, at, end);
    } else if (kind & DIGIT || (code === DOT && classOf(text.charCodeAt(at + 1)) & DIGIT)) {
      end = numberEnd(text, at);
      push(NUMBER, at, end);
    } else if (code === DOUBLE_QUOTE || code === SINGLE_QUOTE) {
      end = literalEnd(text, at, code);
      push(STRING, at, end);
    } else {
      end = at + punctuatorLength(text, at, code);
      push(PUNCTUATOR, at, end);
    }
    at = end;
  }
  return { count, kinds, starts, ends, comments, strayContinuations };
}

/** End of a preprocessing number: digits, letters, dots, and the sign of an exponent; `1...5` ends before the dots. */
function numberEnd(text: string, start: number): number {
  const hexadecimal = text.charCodeAt(start) === 48 && (text.charCodeAt(start + 1) | 32) === 120;
  let end = start + 1;
  for (; end < text.length; end++) {
    const code = text.charCodeAt(end);
    if (isWordCode(code)) continue;
    if (code === DOT && text.charCodeAt(end + 1) !== DOT) continue;
    const before = text.charCodeAt(end - 1) | 32;
    if ((code === 43 || code === 45) && before === 101 && !hexadecimal) continue;
    break;
  }
  return end;
}
