// The tokens of a text with what the index asks of them.

import { DIRECTIVE, IDENTIFIER, PUNCTUATOR, tokenize, type Tokens } from '../rewrite/lexer.ts';

/** What a preprocessor line does to the lines behind it. `dead` opens a branch that is never compiled. */
export type DirectiveKind = 'if' | 'dead' | 'else' | 'endif' | 'define' | 'other';

/** A text in tokens; a token is named by its number. */
export class TokenText {
  private readonly tokens: Tokens;

  constructor(readonly text: string) {
    this.tokens = tokenize(text);
  }

  get count(): number {
    return this.tokens.count;
  }

  /** UTF-16 offset of a token; the length of the text behind the last one. */
  start(at: number): number {
    return this.tokens.starts[at] ?? this.text.length;
  }

  end(at: number): number {
    return this.tokens.ends[at] ?? this.text.length;
  }

  word(at: number): string {
    return this.text.slice(this.start(at), this.end(at));
  }

  isName(at: number): boolean {
    return this.tokens.kinds[at] === IDENTIFIER;
  }

  isDirective(at: number): boolean {
    return this.tokens.kinds[at] === DIRECTIVE;
  }

  /** The punctuator's first character; empty for every other token. */
  sign(at: number): string {
    return this.tokens.kinds[at] === PUNCTUATOR ? (this.text[this.start(at)] ?? '') : '';
  }

  /** Whether a token is the punctuator of this one character. */
  is(at: number, sign: string): boolean {
    return this.tokens.kinds[at] === PUNCTUATOR && this.text[this.start(at)] === sign && this.end(at) - this.start(at) === 1;
  }

  isColumnZero(at: number): boolean {
    const start = this.start(at);
    return start === 0 || this.text[start - 1] === '\n';
  }

  directive(at: number): DirectiveKind {
    const { text } = this;
    let from = this.start(at) + 1;
    while (text[from] === ' ' || text[from] === '\t') from++;
    if (text.startsWith('define', from)) return 'define';
    if (text.startsWith('if', from)) return isZero(text, from + 2, this.end(at)) ? 'dead' : 'if';
    if (text.startsWith('el', from)) return 'else';
    return text.startsWith('endif', from) ? 'endif' : 'other';
  }

  /** The `#else`, `#elif` or `#endif` that ends a branch that begins behind the directive `at`; the number of tokens where none does. */
  branchEnd(at: number): number {
    let depth = 0;
    for (let next = at + 1; next < this.count; next++) {
      if (!this.isDirective(next)) continue;
      const kind = this.directive(next);
      if (kind === 'if' || kind === 'dead') depth++;
      else if (depth === 0 && (kind === 'else' || kind === 'endif')) return next;
      else if (kind === 'endif') depth--;
    }
    return this.count;
  }
}

/** Whether the condition behind `#if` is a plain 0. */
function isZero(text: string, from: number, end: number): boolean {
  let at = from;
  while (at < end && (text[at] === ' ' || text[at] === '\t')) at++;
  if (at === from || text[at] !== '0') return false;
  const next = text[at + 1] ?? '';
  return at + 1 >= end || next === ' ' || next === '\t' || next === '\r' || next === '/';
}
