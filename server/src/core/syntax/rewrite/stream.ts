import { IDENTIFIER, PUNCTUATOR } from './lexer.ts';
import { ANNOTATION, ANNOTATION_CALL, KEYWORD, PRIMITIVE } from './word-classes.ts';

/** What a brace encloses. */
export const TOP = 0;
export const BLOCK = 1;
export const RECORD_BODY = 2;
export const ENUM_BODY = 3;
export const INITIALIZER = 4;

/** The columns of a stream; index is the token. */
interface StreamColumns {
  readonly count: number;
  readonly kinds: Uint8Array;
  readonly starts: Int32Array;
  readonly ends: Int32Array;
  /** The word or punctuator; `"` for every literal. */
  readonly words: readonly string[];
  /** Bits of word-classes.ts. */
  readonly classes: Int32Array;
  /** The bracket that closes or opens this one, or -1. */
  readonly matches: Int32Array;
  /** The innermost bracket that is open at the token, or -1. */
  readonly enclosing: Int32Array;
  /** What each `{` encloses. */
  readonly braces: Uint8Array;
  /** How many kept directives stand before the token. */
  readonly directives: Int32Array;
}

/** The tokens that the parser will see, without directives and dropped branches; rules walk over it and consume tokens. */
export class Stream {
  readonly count: number;
  private readonly consumed: Uint8Array;
  /** Where a consumed token's neighbours are looked for: paths over consumed runs, shortened at each use. */
  private readonly ahead: Int32Array;
  private readonly behind: Int32Array;
  private readonly columns: StreamColumns;

  constructor(
    readonly text: string,
    columns: StreamColumns,
  ) {
    this.columns = columns;
    this.count = columns.count;
    this.consumed = new Uint8Array(columns.count);
    this.ahead = new Int32Array(columns.count);
    this.behind = new Int32Array(columns.count);
  }

  /** The next token that no rule has consumed; `count` behind the last. */
  next(at: number): number {
    const first = at + 1;
    if (!this.consumed[first]) return first;
    let index = first;
    while (this.consumed[index]) index = this.ahead[index] ?? this.count;
    this.ahead[first] = index;
    return index;
  }

  /** The previous token that no rule has consumed, or -1. */
  previous(at: number): number {
    const first = at - 1;
    if (!this.consumed[first]) return first;
    let index = first;
    while (this.consumed[index]) index = this.behind[index] ?? -1;
    this.behind[first] = index;
    return index;
  }

  isConsumed(at: number): boolean {
    return this.consumed[at] === 1;
  }

  /** Takes tokens out of the sight of later rules, both ends included. */
  consume(first: number, last: number): void {
    for (let at = first; at <= last; at++) {
      this.consumed[at] = 1;
      this.ahead[at] = last + 1;
      this.behind[at] = first - 1;
    }
  }

  /** The token's word or punctuator; `"` for a literal, empty outside the stream. */
  word(at: number): string {
    return this.columns.words[at] ?? '';
  }

  kind(at: number): number {
    return this.columns.kinds[at] ?? 0;
  }

  start(at: number): number {
    return this.columns.starts[at] ?? this.text.length;
  }

  end(at: number): number {
    return this.columns.ends[at] ?? this.text.length;
  }

  /** Whether the word has one of the class bits. */
  is(at: number, bits: number): boolean {
    return ((this.columns.classes[at] ?? 0) & bits) !== 0;
  }

  isIdentifier(at: number): boolean {
    return this.columns.kinds[at] === IDENTIFIER;
  }

  isPunctuator(at: number): boolean {
    return this.columns.kinds[at] === PUNCTUATOR;
  }

  /** An identifier that is no keyword. */
  isName(at: number): boolean {
    return this.columns.kinds[at] === IDENTIFIER && !this.is(at, KEYWORD);
  }

  isTypeWord(at: number): boolean {
    return this.isName(at) || this.is(at, PRIMITIVE);
  }

  isAnnotation(at: number): boolean {
    return this.is(at, ANNOTATION | ANNOTATION_CALL);
  }

  /** The matching bracket, or -1. */
  match(at: number): number {
    return this.columns.matches[at] ?? -1;
  }

  /** The innermost open bracket around the token, or -1. */
  enclosing(at: number): number {
    return this.columns.enclosing[at] ?? -1;
  }

  brace(at: number): number {
    return this.columns.braces[at] ?? TOP;
  }

  /** Whether a kept directive stands between two tokens, the first before the second. */
  directiveBetween(first: number, second: number): boolean {
    const at = second < this.count ? (this.columns.directives[second] ?? 0) : (this.columns.directives[this.count] ?? 0);
    return at !== (this.columns.directives[first] ?? 0);
  }

  /** Whether the second token stands on a later line than the first ends. */
  lineBreakBetween(first: number, second: number): boolean {
    const newline = this.text.indexOf('\n', this.end(first));
    return newline >= 0 && newline < this.start(second);
  }
}
