// Text positions. Everything in the core counts in UTF-16 offsets from 0; lines and columns for people count from 1.

/** A half-open stretch of text: `start` included, `end` not, in UTF-16 offsets. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

export interface LineColumn {
  readonly line: number;
  readonly column: number;
}

/** Where the lines of a text begin. Only `\n` ends a line, so that hostile separators (U+2028, a lone CR) cannot shift the count. */
export class LineIndex {
  readonly starts: Int32Array;

  constructor(readonly text: string) {
    const starts: number[] = [0];
    for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
    this.starts = Int32Array.from(starts);
  }

  /** Number of lines; a text that ends in `\n` has an empty last line. */
  get count(): number {
    return this.starts.length;
  }

  /** 1-based line and column of an offset; offsets outside the text are clamped to it. */
  at(offset: number): LineColumn {
    const clamped = Math.max(0, Math.min(offset, this.text.length));
    let low = 0;
    let high = this.starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.starts[middle] ?? 0) <= clamped) low = middle;
      else high = middle - 1;
    }
    return { line: low + 1, column: clamped - (this.starts[low] ?? 0) + 1 };
  }

  /** 1-based line of an offset. */
  lineOf(offset: number): number {
    return this.at(offset).line;
  }

  /** Offset of the first character of a 1-based line; lines outside the text are clamped. */
  startOf(line: number): number {
    const index = Math.max(1, Math.min(line, this.starts.length)) - 1;
    return this.starts[index] ?? 0;
  }

  /** Offset just behind the last character of a 1-based line, before its `\n`. */
  endOf(line: number): number {
    const next = this.starts[line];
    return next === undefined ? this.text.length : next - 1;
  }

  /** The text of a 1-based line without its `\n`; empty for lines outside the text. */
  lineText(line: number): string {
    if (line < 1 || line > this.starts.length) return '';
    return this.text.slice(this.startOf(line), this.endOf(line));
  }
}
