// Finds what a C text of the kernel defines and declares at file level, in one pass over its tokens and without a parser.

import { LineIndex } from '../../base/text.ts';
import { definitionAt, type MacroDefinition } from '../harvest.ts';
import { HeadingReader, type Heading } from './heading.ts';
import { readInitialiser } from './initialiser.ts';
import type { FileScan, ScannedFunction, ScannedTable } from './scan-types.ts';
import { TokenText } from './tokens.ts';

/** Items of more tokens are no headings: their names are not read. */
const MAX_ITEM = 4000;
/** Headings that `#if` branches give one body. */
const MAX_ALTERNATIVES = 8;
/** How often the tokens may be walked for closing braces that are not there, in times their number. */
const SEARCHES = 4;

/**
 * Scans a text. Total and linear: every text has a result, and unbalanced braces lose one item and not the rest, since a brace at
 * column 0 ends a function. All branches of an `#if` are read but those of `#if 0`.
 */
export function scanFile(text: string): FileScan {
  const scanner = new Scanner(text);
  scanner.run();
  return scanner;
}

/** An open `#if` at file level: where the item stood. */
interface Branch {
  readonly length: number;
  readonly parentheses: number;
}

class Scanner implements FileScan {
  readonly functions: ScannedFunction[] = [];
  readonly prototypes: ScannedFunction[] = [];
  readonly tables: ScannedTable[] = [];
  readonly macros: MacroDefinition[] = [];
  readonly names: string[] = [];
  private readonly source: TokenText;
  private readonly headings: HeadingReader;
  private readonly lines: LineIndex;
  /** Tokens of the item that is being read; a `{` stands for a whole block. */
  private item: number[] = [];
  private parentheses = 0;
  /** Whether the item is nothing but macros, each with its arguments. */
  private onlyMacros = true;
  private readonly branches: Branch[] = [];
  /** Other headings of the same item, from other branches of an `#if`. */
  private alternatives: number[][] = [];
  private allowance: number;

  constructor(text: string) {
    this.source = new TokenText(text);
    this.headings = new HeadingReader(this.source);
    this.lines = new LineIndex(text);
    this.allowance = SEARCHES * this.source.count;
  }

  run(): void {
    const { source } = this;
    for (let at = 0; at < source.count; at++) {
      if (!source.isDirective(at) || source.directive(at) !== 'define') continue;
      const macro = definitionAt(source.text, source.text.indexOf('define', source.start(at)), source.end(at));
      if (macro) this.macros.push(macro);
    }
    for (let at = 0; at < source.count;) at = this.step(at);
  }

  /** Reads the token `at`; gives the next one to read. */
  private step(at: number): number {
    const { source } = this;
    if (source.isDirective(at)) return this.directive(at);
    const sign = source.sign(at);
    if (sign === '(') this.parentheses++;
    else if (sign === ')') this.parentheses = Math.max(0, this.parentheses - 1);
    else if ((sign === '{' || sign === '}') && source.isColumnZero(at)) this.parentheses = 0;
    if (this.parentheses === 0) {
      if (sign === '{') return this.block(at);
      if (sign === '}') return this.next(at);
      if (sign === ';') {
        this.declaration(at);
        return this.next(at);
      }
    }
    // Only names that each have a list in parentheses, so far.
    if (this.parentheses === 0 && sign !== ')') this.onlyMacros &&= source.isName(at) && source.is(at + 1, '(');
    this.item.push(at);
    if (sign === ')' && this.parentheses === 0 && this.onlyMacros) this.macroLine(at);
    return at + 1;
  }

  /** `DEFINE_X(name)` on a line of its own, without a semicolon: the next line begins another item. */
  private macroLine(close: number): void {
    const { source } = this;
    if (source.is(close + 1, '{') || !this.beginsItem(close + 1)) return;
    const heading = this.read(this.item);
    if (heading) this.names.push(...this.headings.names(heading));
    this.next(close);
  }

  /** Ends the item behind `at`. */
  private next(at: number): number {
    this.item = [];
    this.alternatives = [];
    this.parentheses = 0;
    this.onlyMacros = true;
    return at + 1;
  }

  private directive(at: number): number {
    const { source, branches, item } = this;
    switch (source.directive(at)) {
      case 'dead':
        branches.push({ length: item.length, parentheses: this.parentheses });
        return source.branchEnd(at);
      case 'if':
        branches.push({ length: item.length, parentheses: this.parentheses });
        break;
      case 'else': {
        const open = branches.at(-1);
        if (open && item.length > open.length && item.length <= MAX_ITEM && this.alternatives.length < MAX_ALTERNATIVES) {
          this.alternatives.push(item.slice());
          item.length = open.length;
          this.parentheses = open.parentheses;
        }
        break;
      }
      case 'endif': {
        const open = branches.pop();
        // The last branch was empty: the item goes on as in the one before.
        const before = this.alternatives.at(-1);
        if (open && item.length === open.length && before && before.length > item.length) this.item = this.alternatives.pop() ?? item;
        break;
      }
      default:
    }
    return at + 1;
  }

  private read(item: readonly number[]): Heading | null {
    return item.length === 0 || item.length > MAX_ITEM ? null : this.headings.read(item);
  }

  private declaration(end: number): void {
    for (const item of [this.item, ...this.alternatives]) {
      const heading = this.read(item);
      if (!heading) continue;
      if (heading.name >= 0 && !heading.isMacro && !heading.isTypedef && heading.assign < 0) {
        this.prototypes.push(this.functionOf(item, heading, -1, this.source.end(end)));
      } else if (heading.assign >= 0 || this.source.word(heading.plain[0] ?? -1) !== 'extern')
        this.names.push(...this.headings.names(heading));
    }
  }

  private block(open: number): number {
    const { source, item } = this;
    if (item.length === 2 && source.word(item[0] ?? 0) === 'extern') return this.next(open);
    const heading = this.read(item);
    if (heading && heading.assign >= 0) {
      const close = this.closing(open, false);
      if (close < 0) return this.next(open);
      const variable = this.headings.variable(heading);
      if (variable) this.tables.push(...readInitialiser(source, this.lines, variable, open, close));
      item.push(open);
      return close + 1;
    }
    if (heading && heading.name >= 0 && !heading.isTypedef) {
      const close = this.closing(open, true);
      if (close < 0) return this.next(open);
      this.functions.push(this.functionOf(item, heading, open, source.end(close)));
      for (const other of this.alternatives) {
        const also = this.read(other);
        if (also && also.name >= 0 && this.nameOf(also) !== this.nameOf(heading))
          this.functions.push(this.functionOf(other, also, open, source.end(close)));
      }
      return this.next(close);
    }
    const close = this.closing(open, false);
    if (close < 0) return this.next(open);
    this.tag(heading, open, close);
    item.push(open);
    return close + 1;
  }

  private functionOf(item: readonly number[], heading: Heading, open: number, end: number): ScannedFunction {
    const { source } = this;
    return {
      name: this.nameOf(heading),
      line: this.lines.lineOf(source.start(heading.name)),
      isStatic: heading.isStatic,
      isInline: heading.isInline,
      annotations: heading.annotations,
      start: source.start(item[0] ?? heading.name),
      body: open < 0 ? -1 : source.start(open),
      end,
    };
  }

  /** `SYSCALL_DEFINE2(mount, ...)` has no C name in the text; it is called after the macro and its first argument. */
  private nameOf(heading: Heading): string {
    const { source } = this;
    const name = source.word(heading.name);
    const first = heading.plain[heading.plain.indexOf(heading.name) + 2] ?? -1;
    return heading.isMacro && source.isName(first) ? `${name}(${source.word(first)})` : name;
  }

  /** The tag before a block, and the constants in it if it is an enumeration. */
  private tag(heading: Heading | null, open: number, close: number): void {
    const { source } = this;
    const plain = heading?.plain ?? [];
    let at = plain.length - 1;
    if (source.isName(plain[at] ?? -1) && !this.headings.isTag(plain[at] ?? -1)) {
      if (this.headings.isTag(plain[at - 1] ?? -1)) this.names.push(source.word(plain[at] ?? 0));
      at--;
    }
    if (source.word(plain[at] ?? -1) !== 'enum') return;
    let depth = 0;
    for (let token = open; token < close; token++) {
      const sign = source.sign(token);
      if (sign === '(' || sign === '{') depth++;
      else if (sign === ')' || sign === '}') depth--;
      const before = token - 1;
      const begins = source.is(before, ',') || source.is(before, '{') || source.isDirective(before);
      if (depth === 1 && begins && source.isName(token)) this.names.push(source.word(token));
    }
  }

  /** The brace that closes the one at `open`; -1 if there is none. Branches of an `#if` count as one. */
  private closing(open: number, isBody: boolean): number {
    const { source } = this;
    const fromColumnZero = source.isColumnZero(open);
    const branches: { depth: number; first: number | null }[] = [];
    let depth = 0;
    for (let at = open; at < source.count; at++) {
      if (this.allowance <= 0) return -1;
      if (source.isDirective(at)) {
        const kind = source.directive(at);
        if (kind === 'if' || kind === 'dead') branches.push({ depth, first: null });
        if (kind === 'dead') at = source.branchEnd(at) - 1;
        const branch = branches.at(-1);
        if (!branch) continue;
        if (kind === 'else') {
          branch.first ??= depth;
          depth = branch.depth;
        } else if (kind === 'endif') {
          depth = branch.first ?? depth;
          branches.pop();
        }
        continue;
      }
      const sign = source.sign(at);
      if (sign === '{') depth++;
      else if (sign === '}') {
        depth--;
        const isZero = source.isColumnZero(at);
        if (depth > 0 ? isZero && (!isBody || this.beginsItem(at + 1)) : !isBody || !fromColumnZero || isZero) return at;
        if (depth <= 0 && (this.isOneLine(open, at) || this.beginsItem(at + 1))) return at;
      }
    }
    this.allowance -= source.count - open;
    return -1;
  }

  private isOneLine(open: number, close: number): boolean {
    const lineEnd = this.source.text.indexOf('\n', this.source.start(open));
    return lineEnd < 0 || this.source.start(close) < lineEnd;
  }

  /** Whether a new item begins at column 0, behind preprocessor lines; a label is none. */
  private beginsItem(from: number): boolean {
    const { source } = this;
    let at = from;
    while (at < source.count && source.isDirective(at)) at++;
    if (at >= source.count) return true;
    return source.isName(at) && source.isColumnZero(at) && !source.is(at + 1, ':');
  }
}
