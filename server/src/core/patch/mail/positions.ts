// Columns of decoded lines in the file that the user opened.

import type { ByteLine } from '../byteLine.ts';
import type { MailPlace, PositionMap } from '../types.ts';

/** A decoded line and how its bytes become text. */
export interface MappedLine {
  readonly line: ByteLine;
  readonly decode: (bytes: string) => string;
}

/** Makes the map for lines whose place alone is not exact. `lines` is asked for once, at the first such place. */
export function positionMap(lines: () => Iterable<MappedLine>): PositionMap {
  let byStart: Map<number, MappedLine[]> | null = null;
  const linesAt = (line: number): readonly MappedLine[] => {
    if (byStart === null) {
      byStart = new Map();
      for (const mapped of lines()) {
        const start = mapped.line.place.line;
        const others = byStart.get(start);
        if (others === undefined) byStart.set(start, [mapped]);
        else others.push(mapped);
      }
    }
    return byStart.get(line) ?? [];
  };
  return {
    translate(place: MailPlace, offset: number) {
      if (!place.exact) {
        for (const { line, decode } of linesAt(place.line)) {
          for (const start of [0, 1]) {
            const begin = line.placeAt(start);
            if (begin.line !== place.line || begin.column !== place.column) continue;
            const at = start + byteOffset(line.bytes.slice(start), offset, decode);
            const found = line.placeAt(at);
            return { line: found.line, column: found.column };
          }
        }
      }
      return { line: place.line, column: place.column + offset };
    },
  };
}

/** Byte index of the character at a UTF-16 offset of the decoded text; an offset inside a surrogate pair gives the pair's start. */
export function byteOffset(bytes: string, offset: number, decode: (bytes: string) => string): number {
  const text = decode(bytes);
  if (text.length === bytes.length) return Math.min(offset, bytes.length);
  let at = 0;
  let units = 0;
  // Each character alone: right for UTF-8 and for charsets without shift states; near for the others.
  while (at < bytes.length && units < offset) {
    const length = characterLength(bytes, at, decode, text, units);
    units += Math.max(1, decode(bytes.slice(at, at + length)).length);
    if (units > offset) break;
    at += length;
  }
  return at;
}

/** Bytes of the character at `at`: as many as decode to the text's next character. */
function characterLength(bytes: string, at: number, decode: (bytes: string) => string, text: string, units: number): number {
  const point = text.codePointAt(units);
  const wanted = point === undefined ? '' : String.fromCodePoint(point);
  for (let length = 1; length <= 8 && at + length <= bytes.length; length++) {
    if (decode(bytes.slice(at, at + length)) === wanted) return length;
  }
  return 1;
}
