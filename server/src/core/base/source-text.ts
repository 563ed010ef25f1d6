import type { Outside } from './outside.ts';

/** Text of a C file: UTF-8, or latin1 where the bytes are no UTF-8. */
export function decodeSource(bytes: Uint8Array, outside: Pick<Outside, 'decode'>): { readonly text: string; readonly isLatin1: boolean } {
  const text = outside.decode(bytes, 'utf-8') ?? '';
  if (!text.includes('\ufffd')) return { text, isLatin1: false };
  return { text: outside.decode(bytes, 'latin1') ?? text, isLatin1: true };
}
