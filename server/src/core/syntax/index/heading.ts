// Reads what stands before the `{` or `;` of an item at file level: whose heading it is, and the names that it makes.

import { kernelMacros } from '../../kernel/macro-tables.ts';
import { storageWords } from '../../kernel/c-words.ts';
import { ANNOTATION, ANNOTATION_CALL, KEYWORD, TAG, wordClassifier } from '../rewrite/word-classes.ts';
import type { TokenText } from './tokens.ts';

const inlineWords = new Set(['inline', '__inline', '__inline__', '__forceinline', '__always_inline']);

/** A heading, taken apart. Numbers are tokens. */
export interface Heading {
  /** The tokens without annotations. */
  readonly plain: readonly number[];
  readonly annotations: readonly string[];
  readonly isStatic: boolean;
  readonly isInline: boolean;
  readonly isTypedef: boolean;
  /** The name of the function, or of the macro that heads the item; -1 if there is no parameter list. */
  readonly name: number;
  /** No type stands before the name: a macro makes the item. */
  readonly isMacro: boolean;
  /** The `=` of an initialiser; -1 if there is none. */
  readonly assign: number;
  /** A variable that points to a function; -1 if it is none. */
  readonly pointer: number;
}

/** Index of the parenthesis that closes the one at `open` of a token list; the list's length where none does. */
function closing(source: TokenText, list: readonly number[], open: number): number {
  let depth = 0;
  for (let at = open; at < list.length; at++) {
    const token = list[at] ?? 0;
    if (source.is(token, '(')) depth++;
    else if (source.is(token, ')') && --depth === 0) return at;
  }
  return list.length;
}

/** Reads headings of one text. */
export class HeadingReader {
  private readonly classOf = wordClassifier(kernelMacros);

  constructor(private readonly source: TokenText) {}

  read(item: readonly number[]): Heading {
    const { source } = this;
    const { plain, annotations, isInline } = this.withoutAnnotations(item);
    let isStatic = false;
    let inline = isInline;
    let assign = -1;
    let pointer = -1;
    let name = -1;
    let isMacro = false;
    let typed = false;
    const isTypedef = plain.length > 0 && source.word(plain[0] ?? 0) === 'typedef';
    for (let at = 0; at < plain.length; at++) {
      const token = plain[at] ?? 0;
      if (source.is(token, '(')) {
        const close = closing(source, plain, at);
        const before = plain[at - 1] ?? -1;
        const named = at > 0 && source.isName(before) && !(this.classOf(source.word(before)) & KEYWORD) && !this.isTag(plain[at - 2] ?? -1);
        const inner = plain[at + 1] ?? -1;
        if (named && !source.is(inner, '*') && !source.is(inner, '^')) {
          if (name < 0 || isMacro) {
            name = before;
            isMacro = !typed;
          }
        } else if ((name < 0 || isMacro) && source.is(plain[close + 1] ?? -1, '(')) {
          const inside = this.insideParentheses(plain, at, close);
          if (inside.name >= 0 && inside.isFunction) {
            name = inside.name;
            isMacro = false;
          } else if (inside.name >= 0) pointer = inside.name;
        }
        typed ||= !isMacro || !named;
        at = close;
        continue;
      }
      if (source.is(token, '=')) {
        assign = token;
        break;
      }
      if (source.isName(token)) {
        const word = source.word(token);
        if (word === 'static') isStatic = true;
        else if (inlineWords.has(word)) inline = true;
        // The name itself is no type.
        if (!storageWords.has(word) && !source.is(plain[at + 1] ?? -1, '(')) typed = true;
      }
    }
    return { plain, annotations, isStatic, isInline: inline, isTypedef, name, isMacro, assign, pointer };
  }

  /** Names that an item without a function makes: variables, types, and what macros that define things are given. */
  names(heading: Heading): string[] {
    const { source } = this;
    const { plain } = heading;
    const found: string[] = [];
    if (heading.pointer >= 0) found.push(source.word(heading.pointer));
    if (heading.name >= 0 && heading.isMacro) {
      if (/DEFINE|DECLARE|_HEAD/.test(source.word(heading.name))) found.push(...this.singleArguments(heading));
      return found;
    }
    if (heading.name >= 0) {
      if (heading.isTypedef) found.push(source.word(heading.name));
      return found;
    }
    let depth = 0;
    for (let at = 0; at < plain.length; at++) {
      const token = plain[at] ?? 0;
      const sign = source.sign(token);
      if (sign === '(' || sign === '[') depth++;
      else if (sign === ')' || sign === ']') depth--;
      else if (depth === 0 && source.isName(token)) {
        const next = at + 1 < plain.length ? source.sign(plain[at + 1] ?? 0) : ';';
        const afterTag = at > 0 && (this.classOf(source.word(plain[at - 1] ?? 0)) & TAG) !== 0;
        if ('=[,;:'.includes(next) && next !== '' && !afterTag && !(this.classOf(source.word(token)) & KEYWORD))
          found.push(source.word(token));
      }
    }
    return found;
  }

  /** The variable of an initialiser and its type: tag of the structure or name of the type. Null where they cannot be told. */
  variable(heading: Heading): { name: string; type: string } | null {
    const { source } = this;
    const end = heading.plain.indexOf(heading.assign);
    const before = heading.plain.slice(0, end < 0 ? heading.plain.length : end);
    const names = before.filter((token) => source.isName(token));
    const bracket = before.findIndex((token) => source.is(token, '['));
    const declarator = bracket < 0 ? names : names.filter((token) => token < (before[bracket] ?? 0));
    const name = declarator.at(-1);
    const type = declarator.at(-2);
    if (name === undefined || type === undefined || this.classOf(source.word(type)) & KEYWORD) return null;
    return { name: source.word(name), type: source.word(type) };
  }

  isTag(token: number): boolean {
    return this.source.isName(token) && (this.classOf(this.source.word(token)) & TAG) !== 0;
  }

  isKeyword(word: string): boolean {
    return (this.classOf(word) & KEYWORD) !== 0;
  }

  private withoutAnnotations(item: readonly number[]): { plain: number[]; annotations: string[]; isInline: boolean } {
    const { source } = this;
    const plain: number[] = [];
    const annotations: string[] = [];
    let isInline = false;
    let depth = 0;
    for (let at = 0; at < item.length; at++) {
      const token = item[at] ?? 0;
      if (source.is(token, '(')) depth++;
      else if (source.is(token, ')')) depth--;
      if (depth > 0 || !source.isName(token)) {
        plain.push(token);
        continue;
      }
      const word = source.word(token);
      const bits = this.classOf(word);
      const called = source.is(item[at + 1] ?? -1, '(');
      if (called && bits & ANNOTATION_CALL) {
        const close = Math.min(closing(source, item, at + 1), item.length - 1);
        annotations.push(source.text.slice(source.start(token), source.end(item[close] ?? token)).replace(/\s+/g, ' '));
        at = close;
      } else if (!called && bits & ANNOTATION) {
        if (inlineWords.has(word)) isInline = true;
        else annotations.push(word);
      } else plain.push(token);
    }
    return { plain, annotations, isInline };
  }

  /** `(*name)`, `(name)` or `(*name(parameters))` before a parameter list. */
  private insideParentheses(plain: readonly number[], open: number, close: number): { name: number; isFunction: boolean } {
    const { source } = this;
    let stars = 0;
    let at = open + 1;
    for (; at < close && !source.isName(plain[at] ?? 0); at++) if (source.is(plain[at] ?? 0, '*')) stars++;
    // `(* const name)`, `(__rcu *name)`: the name is the last word before the end or the inner list.
    while (at + 1 < close && source.isName(plain[at + 1] ?? 0)) at++;
    const name = at < close ? (plain[at] ?? -1) : -1;
    const next = plain[at + 1] ?? -1;
    return { name, isFunction: source.is(next, '(') || (stars === 0 && at + 1 === close) };
  }

  /** Arguments of the heading's macro that are one name each. */
  private singleArguments(heading: Heading): string[] {
    const { source } = this;
    const { plain } = heading;
    const open = plain.indexOf(heading.name) + 1;
    const close = closing(source, plain, open);
    const found: string[] = [];
    for (let at = open + 1; at < close; at++) {
      const token = plain[at] ?? 0;
      const before = source.sign(plain[at - 1] ?? 0);
      const after = source.sign(plain[at + 1] ?? 0);
      if (
        source.isName(token) &&
        (before === '(' || before === ',') &&
        (after === ')' || after === ',') &&
        !this.isKeyword(source.word(token))
      )
        found.push(source.word(token));
    }
    return found;
  }
}
