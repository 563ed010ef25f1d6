// Header fields of a mail: encoded words, attributes, addresses, subjects, as git mailinfo reads them (2.39). Byte strings in, byte
// strings (UTF-8) out.

import { bytesOf, encodeUtf8, isAscii, isGitSpace, readableText } from '../bytes.ts';
import { decodeBase64, decodeQuotedPrintable } from './transfer.ts';

/** Decodes bytes of a named charset; null if the charset is unknown. */
export type CharsetDecoder = (bytes: Uint8Array, charset: string) => string | null;

const ASCII_NAMES = new Set(['us-ascii', 'ascii', 'ansi_x3.4-1968', 'iso646-us', 'iso-ir-6', 'us', 'cp367', 'ibm367']);
const LATIN1_NAMES = new Set(['iso-8859-1', 'iso8859-1', 'latin1', 'latin-1', 'l1', 'iso_8859-1', 'cp819', 'ibm819', 'iso-ir-100']);

/**
 * The bytes in UTF-8; null where the charset is unknown or the bytes are not of it. UTF-8 itself is taken as it is, unchecked, as git
 * takes it.
 */
export function toUtf8(bytes: string, charset: string, decode: CharsetDecoder): string | null {
  const name = charset.toLowerCase();
  if (name === '' || name === 'utf-8' || name === 'utf8') return bytes;
  if (ASCII_NAMES.has(name)) return isAscii(bytes) ? bytes : null;
  if (LATIN1_NAMES.has(name)) return encodeUtf8(bytes);
  const text = decode(bytesOf(bytes), charset);
  if (text === null || text.includes('\ufffd')) return null;
  return encodeUtf8(text);
}

/** How a part's bytes become text for people. */
export type LineDecoder = (bytes: string) => string;

/** Text for people of a charset: by that charset, else UTF-8, else latin1. Made once a part, asked for every line. */
export function lineDecoder(charset: string, decode: CharsetDecoder): LineDecoder {
  const name = charset.toLowerCase();
  const asciiLike =
    name === '' ||
    /^(?:utf-?8|us-ascii|ascii|iso-?8859-?\d{1,2}|windows-\d{3,4}|latin-?\d|koi8-[ru]|gb2312|gbk|gb18030|big5|euc-(?:kr|jp|cn)|shift_jis)$/.test(
      name,
    );
  return (bytes) => (asciiLike && isAscii(bytes) ? bytes : readableText(toUtf8(bytes, charset, decode) ?? bytes));
}

/** A field with its encoded words read. */
export interface DecodedField {
  readonly text: string;
  /** Why git refuses the mail: an encoded word that does not end, or of an unknown encoding; `text` is then the field as it stands. */
  readonly error: string | null;
  /** A charset that could not be read; the bytes of that word are left as they are. */
  readonly badCharset: string | null;
}

/** Unwraps the encoded words (RFC 2047) of a field. */
export function decodeWords(field: string, decode: CharsetDecoder): DecodedField {
  let badCharset: string | null = null;
  const refused = (error: string): DecodedField => ({ text: field, error, badCharset });
  let out = '';
  let at = 0;
  for (;;) {
    const start = field.indexOf('=?', at);
    if (start < 0) break;
    const between = field.slice(at, start);
    // White space between two encoded words is not text.
    if (start !== at && (at === 0 || !isBlank(between))) out += between;
    const charsetEnd = field.indexOf('?', start + 2);
    if (charsetEnd < 0 || field.charAt(charsetEnd + 2) !== '?') return refused('an encoded word is cut');
    const end = field.indexOf('?=', charsetEnd + 3);
    if (end < 0) return refused('an encoded word does not end');
    const encoding = field.charAt(charsetEnd + 1).toLowerCase();
    const piece = field.slice(charsetEnd + 3, end);
    if (encoding !== 'b' && encoding !== 'q') return refused('an encoded word has an unknown encoding');
    const bytes = encoding === 'b' ? decodeBase64(piece) : decodeQuotedPrintable(softEnd(piece), true);
    const charset = field.slice(start + 2, charsetEnd);
    const text = toUtf8(bytes, charset, decode);
    if (text === null) badCharset = charset;
    out += text ?? bytes;
    at = end + 2;
  }
  return { text: out + field.slice(at), error: null, badCharset };
}

/** A lone `=` at the end of an encoded word is dropped. */
function softEnd(piece: string): string {
  return piece.endsWith('=') ? piece.slice(0, -1) : piece;
}

function isBlank(text: string): boolean {
  for (let at = 0; at < text.length; at++) if (!isGitSpace(text.charCodeAt(at))) return false;
  return true;
}

/** The value of a header line if its name is `name` (any case), without leading white space; null otherwise. `name` is lower case. */
export function fieldValue(line: string, name: string): string | null {
  if (line.charCodeAt(name.length) !== 58 || line.slice(0, name.length).toLowerCase() !== name) return null;
  let at = name.length + 1;
  while (isGitSpace(line.charCodeAt(at))) at++;
  const nul = line.indexOf('\0', at);
  return line.slice(at, nul < 0 ? line.length : nul);
}

/** The value of an attribute such as `charset=`, quoted or not; null where it is not there. */
export function attribute(field: string, name: string): string | null {
  const found = field.toLowerCase().indexOf(name);
  if (found < 0) return null;
  const at = found + name.length;
  if (field[at] === '"') {
    const end = field.indexOf('"', at + 1);
    return field.slice(at + 1, end < 0 ? field.length : end);
  }
  let end = at;
  while (end < field.length && field[end] !== ';' && field[end] !== ' ' && field[end] !== '\t') end++;
  return field.slice(at, end);
}

/** Runs of white space become one blank. */
export function cleanSpace(text: string): string {
  return text.replace(/[ \t\n\r]+/g, ' ');
}

/** Without white space at both ends. */
export function trimSpace(text: string): string {
  let from = 0;
  let to = text.length;
  while (from < to && isGitSpace(text.charCodeAt(from))) from++;
  while (to > from && isGitSpace(text.charCodeAt(to - 1))) to--;
  return text.slice(from, to);
}

/** The subject without reply marks (`Re:`) and bracketed tags at its start; one of three characters or fewer keeps its `r`. */
export function cleanSubject(subject: string): string {
  let at = 0;
  for (; at < subject.length;) {
    const character = subject.charAt(at);
    if (character === ' ' || character === '\t' || character === ':') at++;
    else if (subject.length - at > 3 && /^re:/i.test(subject.slice(at, at + 3))) at += 3;
    else if (character === '[' && subject.includes(']', at)) at = subject.indexOf(']', at) + 1;
    else break;
  }
  return cleanSpace(trimSpace(subject.slice(at)));
}

/** What of a From field is the name and what the address. */
export interface Sender {
  readonly name: string;
  readonly email: string;
}

/** Drops quotes and comments' escapes, with an explicit depth instead of recursion. */
function unquotePairs(text: string): string {
  let out = '';
  let depth = 0;
  let quoted = false;
  let literal = false;
  for (const character of text) {
    if (character === '\0') break;
    if (depth === 0 && !quoted) {
      if (character === '"') quoted = true;
      else {
        if (character === '(') depth = 1;
        out += character;
      }
      continue;
    }
    if (literal) {
      literal = false;
      out += character;
    } else if (character === '\\') literal = true;
    else if (quoted) {
      if (character === '"') quoted = false;
      else out += character;
    } else {
      if (character === '(') depth++;
      else if (character === ')') depth--;
      out += character;
    }
  }
  return out;
}

function saneName(name: string, email: string): string {
  return name === '' || name.length > 60 || /[@<>]/.test(name) ? email : name;
}

/** Reads a From field (already without runs of white space). A field without an address gives empty strings, as git does. */
export function readSender(from: string): Sender {
  const field = unquotePairs(from);
  const sign = field.indexOf('@');
  if (sign < 0) return bogusSender(from);
  let start = sign;
  let bracket = false;
  while (start > 0) {
    const code = field.charCodeAt(start - 1);
    if (isGitSpace(code)) break;
    if (code === 60) {
      bracket = true;
      break;
    }
    start--;
  }
  let end = start;
  while (end < field.length && !' \n\t\r\v\f>'.includes(field.charAt(end))) end++;
  const email = field.slice(start, end);
  const head = bracket ? `${field.slice(0, start - 1)} ` : field.slice(0, start);
  let rest = trimSpace(cleanSpace(head + field.slice(end < field.length ? end + 1 : end)));
  if (rest.startsWith('(') && rest.endsWith(')')) rest = rest.slice(1, -1);
  return { name: saneName(rest, email), email };
}

/** `John Doe <johndoe>`: a sender without an at sign. */
function bogusSender(field: string): Sender {
  const open = field.indexOf('<');
  const close = open < 0 ? -1 : field.indexOf('>', open);
  if (close < 0) return { name: '', email: '' };
  const email = field.slice(open + 1, close);
  return { name: saneName(trimSpace(field.slice(0, open)), email), email };
}
