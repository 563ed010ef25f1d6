// Finds functions without a parser, by the kernel's layout: the braces of a function's body stand at column 0.

import { DIRECTIVE, PUNCTUATOR, tokenize, type Tokens } from './rewrite/lexer.ts';

/** Where a function stands, in UTF-16 offsets. */
export interface FunctionExtent {
  /** First token of the heading. */
  readonly start: number;
  /** The `{` of the body. */
  readonly body: number;
  /** Behind the `}` of the body. */
  readonly end: number;
}

/** The functions of a text by their braces at column 0, in order; text between them is everything else. */
export function functionExtents(text: string): FunctionExtent[] {
  const tokens = tokenize(text);
  const found: FunctionExtent[] = [];
  let closesAhead = true;
  for (let at = 1; at < tokens.count; at++) {
    if (!isColumnZero(text, tokens, at, '{')) continue;
    const start = headingStart(text, tokens, at);
    if (start < 0) continue;
    const close = closingBrace(text, tokens, at, closesAhead);
    if (close < 0) {
      closesAhead = false;
      continue;
    }
    found.push({ start: tokens.starts[start] ?? 0, body: tokens.starts[at] ?? 0, end: tokens.ends[close] ?? 0 });
    at = close;
  }
  return found;
}

function isColumnZero(text: string, tokens: Tokens, at: number, brace: string): boolean {
  if (tokens.kinds[at] !== PUNCTUATOR) return false;
  const start = tokens.starts[at] ?? 0;
  return text[start] === brace && (start === 0 || text[start - 1] === '\n');
}

/** The `}` at column 0 that ends a body; a body on one line ends with that line's `}`. `beyondLine` is whether later lines count. */
function closingBrace(text: string, tokens: Tokens, open: number, beyondLine: boolean): number {
  const lineEnd = text.indexOf('\n', tokens.starts[open]);
  let onLine = -1;
  for (let at = open + 1; at < tokens.count; at++) {
    const start = tokens.starts[at] ?? 0;
    if (lineEnd >= 0 && start > lineEnd && (onLine >= 0 || !beyondLine)) return onLine;
    if (isColumnZero(text, tokens, at, '}')) return at;
    if (start < lineEnd) onLine = text[start] === '}' ? at : -1;
  }
  return onLine;
}

/** Headings of more tokens are no headings. */
const MAX_HEADING = 2000;

/** The first token of the heading before a `{`, or -1 if that brace is no function's. */
function headingStart(text: string, tokens: Tokens, brace: number): number {
  const word = (at: number): string => text[tokens.starts[at] ?? 0] ?? '';
  const last = word(brace - 1);
  if (tokens.kinds[brace - 1] === DIRECTIVE || last === '=' || last === ',' || last === ';' || last === '{' || last === '}') return -1;
  let depth = 0;
  let start = brace;
  let hasParameters = false;
  for (let at = brace - 1; at >= 0; at--) {
    if (brace - at > MAX_HEADING) return -1;
    if (tokens.kinds[at] === DIRECTIVE) break;
    const char = tokens.kinds[at] === PUNCTUATOR ? word(at) : '';
    if (char === ')') {
      depth++;
      hasParameters = true;
    } else if (char === '(') depth--;
    else if (depth <= 0 && (char === ';' || char === '}' || char === '{')) break;
    start = at;
  }
  return hasParameters ? start : -1;
}
