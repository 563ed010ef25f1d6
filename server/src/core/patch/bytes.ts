// Byte strings: a JavaScript string whose characters are bytes (0 to 255). Mail is kept so, because a diff's counts, names and
// contents are bytes to git whatever charset a header claims; only what people read is decoded.

const CHUNK = 8192;

/** The bytes as a byte string. */
export function byteString(bytes: Uint8Array): string {
  if (bytes.length <= CHUNK) return String.fromCharCode(...bytes);
  const parts: string[] = [];
  for (let at = 0; at < bytes.length; at += CHUNK) parts.push(String.fromCharCode(...bytes.subarray(at, at + CHUNK)));
  return parts.join('');
}

/** The bytes of a byte string; characters above 255 lose their high bits. */
export function bytesOf(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length);
  for (let at = 0; at < text.length; at++) bytes[at] = text.charCodeAt(at);
  return bytes;
}

/** Whether every byte is below 128. */
export function isAscii(text: string): boolean {
  for (let at = 0; at < text.length; at++) if (text.charCodeAt(at) > 127) return false;
  return true;
}

/** The length of the well-formed UTF-8 sequence at `at` (RFC 3629: no overlong forms, no surrogates), or 0 where there is none. */
export function sequenceLength(text: string, at: number): number {
  const first = text.charCodeAt(at);
  if (first < 0x80) return 1;
  if (first < 0xc2 || first > 0xf4) return 0;
  const length = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
  if (at + length > text.length) return 0;
  const second = text.charCodeAt(at + 1);
  let low = 0x80;
  let high = 0xbf;
  if (first === 0xe0) low = 0xa0;
  else if (first === 0xed) high = 0x9f;
  else if (first === 0xf0) low = 0x90;
  else if (first === 0xf4) high = 0x8f;
  if (second < low || second > high) return 0;
  for (let next = at + 2; next < at + length; next++) if ((text.charCodeAt(next) & 0xc0) !== 0x80) return 0;
  return length;
}

/** Whether the byte string is well-formed UTF-8. */
export function isUtf8(text: string): boolean {
  for (let at = 0; at < text.length;) {
    const length = sequenceLength(text, at);
    if (length === 0) return false;
    at += length;
  }
  return true;
}

function codePoint(text: string, at: number, length: number): number {
  const first = text.charCodeAt(at);
  if (length === 1) return first;
  let value = first & (length === 2 ? 0x1f : length === 3 ? 0x0f : 0x07);
  for (let next = at + 1; next < at + length; next++) value = (value << 6) | (text.charCodeAt(next) & 0x3f);
  return value;
}

/** Decodes UTF-8, or gives null where the bytes are not well-formed. */
export function decodeUtf8(text: string): string | null {
  if (isAscii(text)) return text;
  let decoded = '';
  for (let at = 0; at < text.length;) {
    const length = sequenceLength(text, at);
    if (length === 0) return null;
    decoded += String.fromCodePoint(codePoint(text, at, length));
    at += length;
  }
  return decoded;
}

/** The byte string of a text in UTF-8; lone surrogates become U+FFFD. */
export function encodeUtf8(text: string): string {
  if (isAscii(text)) return text;
  let bytes = '';
  for (const character of text) {
    let point = character.codePointAt(0) ?? 0xfffd;
    if (point >= 0xd800 && point <= 0xdfff) point = 0xfffd;
    if (point < 0x80) bytes += String.fromCharCode(point);
    else if (point < 0x800) bytes += String.fromCharCode(0xc0 | (point >> 6), 0x80 | (point & 0x3f));
    else if (point < 0x10000) bytes += String.fromCharCode(0xe0 | (point >> 12), 0x80 | ((point >> 6) & 0x3f), 0x80 | (point & 0x3f));
    else {
      bytes += String.fromCharCode(
        0xf0 | (point >> 18),
        0x80 | ((point >> 12) & 0x3f),
        0x80 | ((point >> 6) & 0x3f),
        0x80 | (point & 0x3f),
      );
    }
  }
  return bytes;
}

/** Text for people: UTF-8, or latin1 where that fails. Never fails, never changes the number of lines. */
export function readableText(text: string): string {
  return decodeUtf8(text) ?? text;
}

/** UTF-8 with each byte that is not part of a well-formed sequence written as `\xNN`: the form in which paths and names are reported. */
export function escapedText(text: string): string {
  const whole = decodeUtf8(text);
  if (whole !== null) return whole;
  let decoded = '';
  for (let at = 0; at < text.length;) {
    const length = sequenceLength(text, at);
    if (length === 0) {
      decoded += `\\x${text.charCodeAt(at).toString(16).padStart(2, '0')}`;
      at++;
    } else {
      decoded += String.fromCodePoint(codePoint(text, at, length));
      at += length;
    }
  }
  return decoded;
}

/** Number of UTF-16 units of `text` from `from` to `to`, read as UTF-8 or as latin1. A sequence cut by `to` counts as begun. */
export function utf16Length(text: string, from: number, to: number, utf8: boolean): number {
  if (!utf8) return to - from;
  let units = 0;
  for (let at = from; at < to; at++) {
    const byte = text.charCodeAt(at);
    if ((byte & 0xc0) === 0x80) continue;
    units += byte >= 0xf0 ? 2 : 1;
  }
  return units;
}

/** White space as git's tables have it: blank, tab, newline, carriage return; not VT or FF. */
export function isGitSpace(code: number): boolean {
  return code === 32 || code === 9 || code === 10 || code === 13;
}

/** Whether a character code is a decimal digit. */
export function isDigit(code: number): boolean {
  return code >= 48 && code <= 57;
}
