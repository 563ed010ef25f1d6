// Quoted-printable and base64, decoded line by line as git mailinfo decodes them (2.39), with the way back to the raw column.

import { utf16Length } from '../bytes.ts';
import { ByteLine, type Origin, type RawLine } from '../byteLine.ts';
import type { MailPlace } from '../types.ts';

export type TransferEncoding = 'none' | 'quoted-printable' | 'base64';

function hexValue(code: number): number {
  if (code >= 48 && code <= 57) return code - 48;
  if (code >= 65 && code <= 70) return code - 55;
  if (code >= 97 && code <= 102) return code - 87;
  return -1;
}

/** The byte of the `=XX` escape at `at`, or -1 where none stands there. */
function escapedByte(raw: string, at: number): number {
  if (at + 2 >= raw.length) return -1;
  const high = hexValue(raw.charCodeAt(at + 1));
  const low = hexValue(raw.charCodeAt(at + 2));
  return high < 0 || low < 0 ? -1 : high * 16 + low;
}

/** Decodes quoted-printable text; with `word`, an underscore is a blank (RFC 2047). A bad escape stays as it is. */
export function decodeQuotedPrintable(raw: string, word: boolean): string {
  let decoded = '';
  let from = 0;
  for (let at = 0; at < raw.length; at++) {
    const code = raw.charCodeAt(at);
    if (code === 61) {
      const byte = escapedByte(raw, at);
      if (byte < 0) continue;
      decoded += raw.slice(from, at) + String.fromCharCode(byte);
      at += 2;
      from = at + 1;
    } else if (word && code === 95) {
      decoded += `${raw.slice(from, at)} `;
      from = at + 1;
    }
  }
  return from === 0 ? raw : decoded + raw.slice(from);
}

function base64Value(code: number): number {
  if (code >= 65 && code <= 90) return code - 65;
  if (code >= 97 && code <= 122) return code - 71;
  if (code >= 48 && code <= 57) return code + 4;
  if (code === 43) return 62;
  return code === 47 ? 63 : -1;
}

/** Decodes base64; characters outside the alphabet (padding too) are skipped. */
export function decodeBase64(raw: string): string {
  let decoded = '';
  let group = 0;
  let held = 0;
  for (let at = 0; at < raw.length; at++) {
    const value = base64Value(raw.charCodeAt(at));
    if (value < 0) continue;
    if (group > 0) decoded += String.fromCharCode((((held << 6) | value) >> (6 - 2 * group)) & 0xff);
    held = value;
    group = (group + 1) & 3;
  }
  return decoded;
}

/** Index in the raw line of the character that gives the decoded byte at `index`. */
function rawIndex(raw: string, encoding: TransferEncoding, index: number): number {
  let count = 0;
  if (encoding === 'base64') {
    let group = 0;
    for (let at = 0; at < raw.length; at++) {
      if (base64Value(raw.charCodeAt(at)) < 0) continue;
      // The byte's first bits stand in the character before the one that completes it.
      if (group < 3 && count++ === index) return at;
      group = (group + 1) & 3;
    }
    return raw.length;
  }
  for (let at = 0; at < raw.length; at++) {
    if (count++ === index) return at;
    if (raw.charCodeAt(at) === 61 && escapedByte(raw, at) >= 0) at += 2;
  }
  return raw.length;
}

/** A line (or a part of one) that a transfer encoding hides in one raw line. */
class EncodedOrigin implements Origin {
  constructor(
    private readonly line: number,
    private readonly raw: string,
    private readonly encoding: TransferEncoding,
    private readonly skip: number,
    private readonly utf8: boolean,
  ) {}

  place(index: number): MailPlace {
    const at = rawIndex(this.raw, this.encoding, this.skip + index);
    return { line: this.line, column: 1 + utf16Length(this.raw, 0, at, this.utf8), exact: false };
  }

  shifted(from: number): Origin {
    return new EncodedOrigin(this.line, this.raw, this.encoding, this.skip + from, this.utf8);
  }
}

/**
 * The decoded lines that one raw line holds. The last one is not terminated where the encoding says that the text goes on (a soft line
 * break, a base64 line that ends inside a line of text); a caller joins it with what follows.
 */
export function decodeRawLine(raw: RawLine, encoding: TransferEncoding): ByteLine[] {
  if (encoding === 'none' || (encoding === 'quoted-printable' && !/[=\0]/.test(raw.bytes))) return [raw];
  let decoded: string;
  // To git an encoded line ends at a NUL, and its newline is lost with the rest.
  const nul = raw.bytes.indexOf('\0');
  const bytes = nul < 0 ? raw.bytes : raw.bytes.slice(0, nul);
  if (encoding === 'base64') decoded = decodeBase64(bytes);
  else {
    const soft = bytes.endsWith('=');
    decoded = decodeQuotedPrintable(soft ? bytes.slice(0, -1) : bytes, false);
    if (!soft && nul < 0 && raw.terminated) decoded += '\n';
  }
  const lines: ByteLine[] = [];
  for (let at = 0; at < decoded.length;) {
    const end = decoded.indexOf('\n', at);
    const stop = end < 0 ? decoded.length : end;
    lines.push(new ByteLine(decoded.slice(at, stop), end >= 0, new EncodedOrigin(raw.line, raw.bytes, encoding, at, raw.utf8)));
    at = stop + 1;
  }
  return lines;
}
