// Text of a named charset, as git (iconv) reads it.

const utf8Strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const latin1Names = /^(?:iso[-_]?8859[-_]1|latin-?1|l1|cp819)$/;
const asciiNames = /^(?:us-?ascii|ascii|ansi_x3\.4-1968|iso646-us|646)$/;

const windows1252Names = /^(?:windows-1252|cp-?1252|x-cp1252)$/;
/** Characters of windows-1252 for the bytes 0x80 to 0x9f; the five bytes without one stay control characters. */
const windows1252High = '€\u0081‚ƒ„…†‡ˆ‰Š‹Œ\u008dŽ\u008f\u0090‘’“”•–—˜™š›œ\u009džŸ';

/** Each byte becomes the code point of its value. */
function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
}

function utf16(bytes: Uint8Array): string {
  const bigEndian = bytes[0] === 0xfe && bytes[1] === 0xff;
  return new TextDecoder(bigEndian ? 'utf-16be' : 'utf-16le').decode(bytes);
}

/** Some releases of Node 20 decode windows-1252 as latin1, so it is done here. */
function windows1252(bytes: Uint8Array): string {
  return latin1(bytes).replace(/[\u0080-\u009f]/g, (character) => windows1252High.charAt(character.charCodeAt(0) - 0x80));
}

/** ASCII by name, but senders put UTF-8 or latin1 behind it: UTF-8 where it is valid, else latin1. */
function ascii(bytes: Uint8Array): string {
  try {
    return utf8Strict.decode(bytes);
  } catch {
    return latin1(bytes);
  }
}

function decoderOf(name: string) {
  try {
    return new TextDecoder(name, { ignoreBOM: true });
  } catch {
    return null;
  }
}

/**
 * Decodes bytes of a charset named in a mail; null for a charset that is not known. Bytes that do not decode become U+FFFD.
 *
 * The names of the Encoding Standard are not quite those of iconv: there `iso-8859-1` and `us-ascii` mean windows-1252, and
 * `iso-8859-9` means windows-1254. git goes by iconv, so the bytes 0x80 to 0x9f of an `iso-8859-*` text are control characters here.
 * A byte order mark stays in the text, so that columns stay true.
 */
export function decodeCharset(bytes: Uint8Array, charset: string): string | null {
  const name = charset.trim().toLowerCase();
  if (latin1Names.test(name)) return latin1(bytes);
  if (windows1252Names.test(name)) return windows1252(bytes);
  if (asciiNames.test(name)) return ascii(bytes);
  if (name === 'utf-16' || name === 'utf16') return utf16(bytes);
  const decoder = decoderOf(name);
  if (decoder === null) return null;
  const text = decoder.decode(bytes);
  if (!name.startsWith('iso-8859-') || !decoder.encoding.startsWith('windows-')) return text;
  const units: string[] = [];
  let from = 0;
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at] ?? 0;
    if (byte < 0x80 || byte > 0x9f) continue;
    units.push(text.slice(from, at), String.fromCharCode(byte));
    from = at + 1;
  }
  units.push(text.slice(from));
  return units.join('');
}
