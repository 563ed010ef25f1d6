// Unpacking of zlib data, bounded by what the caller expects.

import { inflateSync } from 'node:zlib';

/** The unpacked data; null where it is broken, ends early, or is longer than `most` bytes. Bytes behind its end do not count. */
export function inflate(bytes: Uint8Array, most: number): Uint8Array | null {
  try {
    // One byte of room, since zlib takes no output limit of nothing.
    const data = inflateSync(bytes, { maxOutputLength: most + 1 });
    return data.length > most ? null : data;
  } catch {
    return null;
  }
}
