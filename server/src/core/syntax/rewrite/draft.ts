import type { Annotation, FlattenedBranch, Masked } from '../types.ts';
import { isWordCode } from './lexer.ts';

const SPACE = 32;
const UNDERSCORE = 95;
const isLineEnd = (code: number): boolean => code === 10 || code === 13;

/** The text under rewrite, always as long as the original, and the side tables of what was changed in it. */
export class Draft {
  readonly codes: Uint16Array;
  readonly annotations: Annotation[] = [];
  readonly masked: Masked[] = [];
  readonly flattened: FlattenedBranch[] = [];

  constructor(readonly original: string) {
    const codes = new Uint16Array(original.length);
    for (let at = 0; at < codes.length; at++) codes[at] = original.charCodeAt(at);
    this.codes = codes;
  }

  /** Turns a stretch into spaces; line ends stay, so that directives keep their lines. */
  blank(start: number, end: number): void {
    for (let at = start; at < end; at++) if (!isLineEnd(this.codes[at] ?? 0)) this.codes[at] = SPACE;
  }

  /** Writes ASCII text over what stands at an offset. */
  put(start: number, text: string): void {
    for (let at = 0; at < text.length; at++) this.codes[start + at] = text.charCodeAt(at);
  }

  /** Makes one identifier of a stretch: everything that cannot stand in one becomes `_`, line ends too. */
  mangle(start: number, end: number): void {
    for (let at = start; at < end; at++) {
      const code = this.codes[at] ?? 0;
      if (code > 127 || !isWordCode(code)) this.codes[at] = UNDERSCORE;
    }
    const first = this.codes[start] ?? 0;
    if (first >= 48 && first <= 57) this.codes[start] = UNDERSCORE;
  }

  /** Writes `;` or another mark over the white space at an offset; false where none stands. */
  insert(at: number, mark: string): boolean {
    const code = this.codes[at];
    if (code !== SPACE && code !== 9 && code !== 10 && code !== 13) return false;
    this.codes[at] = mark.charCodeAt(0);
    return true;
  }

  mask(kind: Masked['kind'], name: string, start: number, end: number): void {
    this.masked.push({ kind, name, span: { start, end } });
  }

  text(): string {
    const parts: string[] = [];
    // String.fromCharCode takes its characters as arguments, of which there can only be so many.
    const step = 8192;
    for (let at = 0; at < this.codes.length; at += step) {
      parts.push(String.fromCharCode.apply(null, this.codes.subarray(at, at + step) as unknown as number[]));
    }
    return parts.join('');
  }
}
