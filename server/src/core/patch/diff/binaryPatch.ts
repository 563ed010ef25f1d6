// A `GIT binary patch`, read as git apply (2.39, apply.c: parse_binary) reads it: lines in base 85, and the zlib data that they hold.

import { bytesOf } from '../bytes.ts';
import type { ByteLine } from '../byteLine.ts';

/** What stands behind a header without hunks. `next` is the index of the first line behind it. */
export type BinaryMark =
  | { readonly kind: 'none' | 'binary'; readonly next: number }
  | { readonly kind: 'refused'; readonly at: number; readonly next: number; readonly message: string };

/**
 * Unpacks zlib data, up to `most` bytes of output; null where the data is broken, ends early or gives more. Bytes behind its end do
 * not count.
 */
export type Inflate = (bytes: Uint8Array, most: number) => Uint8Array | null;

/** Data that says it unpacks to more than this is not unpacked: git would, but a patch that large is not ours to prove. */
const MOST_UNPACKED = 16 * 1024 * 1024;

const DIGITS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#$%&()*+-;<=>?@^_`{|}~';
const VALUES: ReadonlyMap<string, number> = new Map([...DIGITS].map((digit, value) => [digit, value]));
const TOO_LARGE = 2 ** 32;

/**
 * Reads from line `at` on: `literal N` or `delta N`, lines in base 85, a blank line; then perhaps the same for the way back. Without
 * `inflate` the packed data is taken as it is.
 */
export function readBinaryPatch(lines: readonly ByteLine[], at: number, inflate: Inflate | null): BinaryMark {
  let next = at;
  for (let part = 0; part < 2; part++) {
    const head = lines[next]?.bytes ?? '';
    const size = /^(?:literal|delta) +\+?(\d+)/.exec(head);
    if (size === null && !/^(?:literal|delta) /.test(head)) {
      if (part > 0) break;
      return { kind: 'refused', at: next, next, message: 'unrecognized binary patch' };
    }
    const begin = next++;
    const pieces: string[] = [];
    for (let line = lines[next]; line?.bytes !== '' || !line.terminated; line = lines[next]) {
      const piece = line === undefined ? null : base85Line(line);
      if (piece === null) return { kind: 'refused', at: next, next: next + 1, message: 'corrupt binary patch' };
      pieces.push(piece);
      next++;
    }
    next++;
    if (inflate !== null && !isPacked(pieces.join(''), Number(size?.[1] ?? 0), inflate)) {
      return { kind: 'refused', at: begin, next, message: 'corrupt binary patch: its data does not unpack to as many bytes as it says' };
    }
  }
  return { kind: 'binary', next };
}

function isPacked(data: string, size: number, inflate: Inflate): boolean {
  return size > MOST_UNPACKED || inflate(bytesOf(data), size)?.length === size;
}

/** The bytes (a byte string) of a line: its length letter and groups of five base-85 digits, four bytes each; null where it is none. */
function base85Line(line: ByteLine): string | null {
  const text = line.bytes;
  if (!line.terminated || text.length < 6 || (text.length - 1) % 5 !== 0) return null;
  const length = letterValue(text.charCodeAt(0));
  const most = ((text.length - 1) / 5) * 4;
  if (length === 0 || length > most || length <= most - 4) return null;
  const bytes: number[] = [];
  for (let at = 1; at < text.length; at += 5) {
    let value = 0;
    for (let digit = at; digit < at + 5; digit++) value = value * 85 + (VALUES.get(text.charAt(digit)) ?? TOO_LARGE);
    if (value >= TOO_LARGE) return null;
    bytes.push(value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255);
  }
  return String.fromCharCode(...bytes.slice(0, length));
}

/** A to Z are 1 to 26, a to z 27 to 52; 0 for anything else. */
function letterValue(code: number): number {
  if (code >= 65 && code <= 90) return code - 64;
  return code >= 97 && code <= 122 ? code - 70 : 0;
}
