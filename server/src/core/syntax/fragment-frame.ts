// What has to stand around a fragment so that it parses: what it is inside of, the blocks that it closes, and those it leaves open.

import { keywords } from '../kernel/c-words.ts';
import { cleanFragment, leadingCut, type FragmentText } from './fragment-text.ts';
import type { Fragment } from './types.ts';

/** What a fragment's first line stands in. */
type FrameKind = 'function' | 'parameters' | 'record' | 'enumeration' | 'initializer' | 'top';

/** A brace that is open: of a function's body, of a block, of the block of a do loop, of struct members, of an initialiser or enum. */
export type OpenBrace = 'body' | 'block' | 'do' | 'members' | 'list';

export interface Frame {
  readonly kind: FrameKind;
  /** The fragment's text: same length and lines, what cannot be parsed without the rest is blanked. */
  readonly text: string;
  /** Name of the function around the first line, if the heading tells it. */
  readonly functionName: string | null;
  /** For a fragment that begins inside a function or its parameters: the heading, made whole up to `{` or to the next parameter. */
  readonly heading: string;
  /** Blocks that the fragment closes and does not open, outermost first. */
  readonly openers: readonly Opener[];
  /** Blocks that stand open at its end, outermost first. */
  readonly open: readonly OpenBrace[];
  /** Name of the function whose body is open at the end; null outside functions. */
  readonly openFunction: string | null;
  /** The last statement lacks its end: `if (x)`, `foo()`. */
  readonly unfinished: boolean;
  /** The fragment ends inside a comment. */
  readonly openComment: boolean;
  /** Offset in `text` at which a block without its head begins: room for a made-up condition; -1 for none. */
  readonly headless: number;
}

/** Prefix of the names in made-up text. */
export const UNSEEN = '__unseen';

export type Opener = 'block' | 'do' | 'list' | 'members' | 'else';

/** Puts a fragment into its frame. */
export function frameFragment(fragment: Fragment): Frame {
  const text = cleanFragment(fragment.text);
  const heading = readHeading(fragment.heading);
  let kind = kindOf(text, fragment.heading, heading !== null);
  let headless = -1;
  if (kind !== 'parameters') {
    const cut = leadingCut(text, kind === 'initializer');
    if (cut) {
      text.blank({ start: 0, end: cut.end });
      if (cut.beforeBlock && kind === 'function') headless = cut.end;
    }
  }
  const openers = findOpeners(text, kind);
  // Code at column 0 in front of a function's end: no layout to go by, but inside a function it is.
  if (kind === 'top' && openers.outerEnd >= 0) kind = 'function';
  cutUnclosedParenthesis(text);
  const inBody = kind === 'function' || kind === 'parameters';
  const { open, openFunction } = openAtEnd(text, kind, openers, heading?.name ?? null);
  const unfinished = settleEnd(text, open);
  return {
    kind,
    text: text.text,
    functionName: inBody ? (heading?.name ?? null) : null,
    heading: kind === 'parameters' && text.word(firstCode(text)) !== '{' ? openHeading(fragment.heading) : (heading?.text ?? ''),
    openers: openers.blocks,
    open,
    openFunction,
    unfinished,
    openComment: endsInComment(text),
    headless,
  };
}

interface Heading {
  readonly name: string;
  /** The heading with its parentheses closed. */
  readonly text: string;
}

/** Reads git's text behind the second `@@` as a function's heading; null if it is none. */
function readHeading(raw: string): Heading | null {
  const bare = withoutComment(raw);
  const open = bare.indexOf('(');
  if (open < 0 || /[=;]/.test(bare.slice(0, open)) || bare.endsWith(';')) return null;
  const name = lastWord(bare.slice(0, open).trimEnd());
  if (!name || keywords.has(name) || !/^[A-Za-z_]/.test(bare)) return null;
  let depth = 0;
  for (const char of bare) {
    if (char === '(') depth++;
    else if (char === ')') depth--;
  }
  if (depth < 0) return null;
  // A type on the line before is not seen. Macros that define functions stand in capitals and have none.
  const text = bare.startsWith(name) && !/^[A-Z0-9_]+$/.test(name) ? `${UNSEEN} ${bare}` : bare;
  return { name, text: depth > 0 ? text.replace(/,$/, '') + ')'.repeat(depth) : text.endsWith('{') ? text.slice(0, -1).trimEnd() : text };
}

function lastWord(text: string): string {
  let start = text.length;
  while (start > 0 && /\w/.test(text[start - 1] ?? '')) start--;
  return /^\d/.test(text.slice(start)) ? '' : text.slice(start);
}

function withoutComment(raw: string): string {
  const comment = raw.indexOf('/*');
  return (comment < 0 ? raw : raw.slice(0, comment)).trim();
}

function endsInComment(text: FragmentText): boolean {
  const last = text.tokens.comments[text.tokens.comments.length - 1];
  if (!last) return false;
  const comment = text.text.slice(last.start, last.end);
  return comment.startsWith('/*') && (comment.length < 4 || !comment.endsWith('*/'));
}

/** A heading whose parameters go on in the fragment. */
function openHeading(raw: string): string {
  const text = withoutComment(raw);
  return /[,(]$/.test(text) ? text : `${text},`;
}

/** What the fragment's first line stands in, from its first token at column 0 and from the heading. */
function kindOf(text: FragmentText, heading: string, isFunction: boolean): FrameKind {
  let first = -1;
  for (let at = 0; at < text.count && first < 0; at++) {
    const isLabel = text.isIdentifier(at) && text.word(at + 1) === ':';
    if (text.isColumnZero(at) && !text.isDirective(at) && !isLabel) first = at;
  }
  const beginsIndented = text.count > 0 && firstCode(text) !== first;
  if (first >= 0 && text.word(first) === '{' && isFunction && (!beginsIndented || closesUnopened(text, first))) return 'parameters';
  if (first >= 0 && text.word(first) !== '}') return 'top';
  if (text.count === 0 || (first >= 0 && !beginsIndented && text.word(first) !== '}')) return 'top';

  const closing = first < 0 ? '' : (text.text.slice(text.start(first)).split('\n', 1)[0] ?? '');
  const before = first < 0 ? text.text : text.text.slice(0, text.start(first));
  const hasStatements = /\breturn\b|\bif \(/.test(before);
  const bare = withoutComment(heading);
  const assigns = /=\s*\{?$/.test(bare);
  const endsDeclaration = /^\}[^(]*;/.test(closing);
  const tag = assigns ? null : /^(?:(?:static|const|typedef)\s+)*(struct|union|enum)\b[^()]*$/.exec(bare);
  if (tag && !hasStatements && (closing === '' || endsDeclaration)) return tag[1] === 'enum' ? 'enumeration' : 'record';
  if (assigns || (/^\}\s*;/.test(closing) && !hasStatements)) return 'initializer';
  return 'function';
}

function firstCode(text: FragmentText): number {
  for (let at = 0; at < text.count; at++) if (!text.isDirective(at)) return at;
  return -1;
}

/** Whether a `)` before a token closes a parenthesis from before the fragment, and no statement ends between. */
function closesUnopened(text: FragmentText, until: number): boolean {
  let depth = 0;
  for (let at = 0; at < until; at++) {
    const word = text.word(at);
    if (word === '(') depth++;
    else if (word === ')') depth--;
    else if (word === ';' || word === '{' || word === '}') return false;
  }
  return depth < 0;
}

interface Openers {
  readonly blocks: readonly Opener[];
  /** Offset behind the `}` at column 0 that closes what the fragment began in; -1 if it is not closed. */
  readonly outerEnd: number;
}

/** The blocks that the fragment closes without having opened them. */
function findOpeners(text: FragmentText, kind: FrameKind): Openers {
  const blocks: Opener[] = [];
  let depth = 0;
  let outerEnd = -1;
  for (let at = 0; at < text.count; at++) {
    const word = text.isPunctuator(at) ? text.word(at) : '';
    if (word === '{') depth++;
    else if (word === '}' && depth > 0) depth--;
    else if (word === '}') {
      if (text.isColumnZero(at)) {
        if (outerEnd < 0) outerEnd = text.end(at);
      } else {
        // The first to be closed is the innermost, so each goes in front of those before it.
        blocks.unshift(kind === 'record' ? 'members' : openerOf(text, at));
      }
    }
  }
  if (text.word(firstCode(text)) === 'else') blocks.push('else');
  return { blocks, outerEnd };
}

function openerOf(text: FragmentText, close: number): Opener {
  const next = text.word(close + 1);
  if (next === ';' || next === ',') return 'list';
  if (next !== 'while') return 'block';
  let depth = 0;
  for (let at = close + 2; at < text.count; at++) {
    const word = text.word(at);
    if (word === '(') depth++;
    else if (word === ')') depth--;
    if (depth === 0) return text.word(at + 1) === ';' ? 'do' : 'block';
  }
  return 'block';
}

/** A statement that the end of the fragment cuts inside parentheses is blanked. */
function cutUnclosedParenthesis(text: FragmentText): void {
  let depth = 0;
  let statement = 0;
  for (let at = 0; at < text.count; at++) {
    const word = text.isPunctuator(at) ? text.word(at) : '';
    if (word === '(' || word === '[') depth++;
    else if (word === ')' || word === ']') depth = Math.max(0, depth - 1);
    else if (depth === 0 && (word === ';' || word === '{' || word === '}')) statement = text.end(at);
  }
  if (depth > 0) text.blank({ start: statement, end: text.text.length });
}

/** The braces that are open at the end, and the function whose body is among them. */
function openAtEnd(
  text: FragmentText,
  kind: FrameKind,
  openers: Openers,
  headingName: string | null,
): { open: readonly OpenBrace[]; openFunction: string | null } {
  const outer = outerBrace(kind);
  const stack: { brace: OpenBrace; name: string | null }[] = outer ? [{ brace: outer, name: headingName }] : [];
  for (const opener of openers.blocks) if (opener !== 'else') stack.push({ brace: opener, name: null });
  let parameters = kind === 'parameters';
  for (let at = 0; at < text.count; at++) {
    const word = text.isPunctuator(at) ? text.word(at) : '';
    if (word === '}') stack.pop();
    else if (word === '{') {
      const around = stack[stack.length - 1];
      if (around) stack.push({ brace: braceIn(text, at, around.brace), name: null });
      else stack.push(parameters ? { brace: 'body', name: headingName } : definedAt(text, at));
      parameters = false;
    }
  }
  const body = stack[0];
  return { open: stack.map((one) => one.brace), openFunction: body?.brace === 'body' ? body.name : null };
}

function outerBrace(kind: FrameKind): OpenBrace | null {
  if (kind === 'function') return 'body';
  if (kind === 'record') return 'members';
  return kind === 'initializer' || kind === 'enumeration' ? 'list' : null;
}

/** What a `{` opens inside of another. */
function braceIn(text: FragmentText, brace: number, around: OpenBrace): OpenBrace {
  const before = text.word(brace - 1);
  if (around === 'list' || around === 'members') return around;
  if (before === 'do') return 'do';
  if (text.isIdentifier(brace - 1)) return before === 'else' ? 'block' : 'members';
  if (before === '=' || before === ',' || before === ']') return 'list';
  return before === ')' && endsCast(text, brace - 1) ? 'list' : 'block';
}

/** `(struct foo) {` behind an operator or `return` is a compound literal; `if (x) {` and `for_each(x) {` are blocks. */
function endsCast(text: FragmentText, close: number): boolean {
  let depth = 0;
  for (let at = close; at >= 0 && at > close - MAX_CAST; at--) {
    const word = text.word(at);
    if (word === ')') depth++;
    else if (word === '(' && --depth === 0) return ['=', ',', '(', '&', 'return'].includes(text.word(at - 1));
  }
  return false;
}

/** Longest type of a compound literal, in tokens. */
const MAX_CAST = 20;

/** A `{` at file level: of a function if a name and parameters stand before it. */
function definedAt(text: FragmentText, brace: number): { brace: OpenBrace; name: string | null } {
  let name: string | null = null;
  let depth = 0;
  for (let at = brace - 1; at >= 0; at--) {
    const word = text.word(at);
    if (word === ')') depth++;
    else if (word === '(') {
      if (--depth === 0 && text.isIdentifier(at - 1)) name = text.word(at - 1);
    } else if (depth === 0 && (word === ';' || word === '}' || word === '=' || word === '')) {
      if (word === '=') return { brace: 'list', name: null };
      break;
    }
  }
  return name === null ? { brace: 'members', name: null } : { brace: 'body', name };
}

/** Blanks or marks what the end of the fragment leaves half done; true if a `;` must follow. */
function settleEnd(text: FragmentText, open: readonly OpenBrace[]): boolean {
  let last = text.count - 1;
  while (last >= 0 && text.isDirective(last)) last--;
  if (last < 0) return false;
  const word = text.word(last);
  if (word === ';' || word === '{' || word === '}') return false;
  const innermost = open[open.length - 1];
  const inCode = innermost === 'body' || innermost === 'block' || innermost === 'do';
  if (innermost !== undefined && !inCode) return false;
  if (inCode) {
    if (word === ')' || word === ':' || word === ']' || word === '++' || word === '--' || word === '"' || !text.isPunctuator(last))
      return true;
  } else if (word === ')') return true;
  text.blank({ start: statementStart(text, last), end: text.text.length });
  return false;
}

/** Offset behind the last `;`, `{` or `}`. */
function statementStart(text: FragmentText, last: number): number {
  for (let at = last; at >= 0; at--) {
    const word = text.isPunctuator(at) ? text.word(at) : '';
    if (word === ';' || word === '{' || word === '}') return text.end(at);
  }
  return 0;
}
