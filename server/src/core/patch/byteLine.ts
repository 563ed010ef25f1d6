// One line of a decoded mail, byte for byte, that knows where each of its bytes stands in the opened file.

import { utf16Length } from './bytes.ts';
import type { MailPlace, PlacedLine } from './types.ts';

/** Where the bytes of a decoded line come from. */
export interface Origin {
  /** Place of the byte at `index` in the opened file; indexes past the end give the place behind the last byte. */
  place(index: number): MailPlace;
  /** The same for the line that begins at byte `from` of this one. */
  shifted(from: number): Origin;
}

/** A line that stands in the file as it is: one raw line, no transfer encoding. */
export class PlainOrigin implements Origin {
  /** `raw` is the raw line, `shift` the byte of it at which the decoded line begins, `utf8` how the editor reads the file. */
  constructor(
    private readonly line: number,
    private readonly raw: string,
    private readonly shift: number,
    private readonly utf8: boolean,
  ) {}

  place(index: number): MailPlace {
    const at = Math.min(this.shift + index, this.raw.length);
    return { line: this.line, column: 1 + utf16Length(this.raw, 0, at, this.utf8), exact: true };
  }

  shifted(from: number): Origin {
    return new PlainOrigin(this.line, this.raw, this.shift + from, this.utf8);
  }
}

/** A line put together from several: a flowed paragraph, or a last line without a newline that meets the next part. */
export class JoinedOrigin implements Origin {
  /** `starts[i]` is the index in the joined line at which `origins[i]` takes over. */
  constructor(
    private readonly starts: readonly number[],
    private readonly origins: readonly Origin[],
    private readonly shift: number,
  ) {}

  place(index: number): MailPlace {
    const at = index + this.shift;
    let which = 0;
    for (let next = 1; next < this.starts.length && (this.starts[next] ?? 0) <= at; next++) which = next;
    const origin = this.origins[which];
    if (origin === undefined) return { line: 1, column: 1, exact: false };
    return { ...origin.place(at - (this.starts[which] ?? 0)), exact: false };
  }

  shifted(from: number): Origin {
    return new JoinedOrigin(this.starts, this.origins, this.shift + from);
  }
}

const NOWHERE: Origin = { place: () => ({ line: 1, column: 1, exact: false }), shifted: () => NOWHERE };

/** A decoded line without its `\n`, as a byte string. */
export class ByteLine {
  constructor(
    readonly bytes: string,
    /** False for a last line that ends without `\n`. */
    readonly terminated: boolean,
    private readonly given: Origin | null,
  ) {}

  /** Where the line's bytes come from. */
  get origin(): Origin {
    return this.given ?? NOWHERE;
  }

  /** Place of the line's first byte. */
  get place(): MailPlace {
    return this.origin.place(0);
  }

  /** Place of the byte at `index`. */
  placeAt(index: number): MailPlace {
    return this.origin.place(index);
  }

  /** The line from byte `from` on: for a quoted line without its quote marks. */
  slice(from: number): ByteLine {
    return new ByteLine(this.bytes.slice(from), this.terminated, this.origin.shifted(from));
  }

  /** The line with other bytes that begin at the same place: for a mended line. */
  withBytes(bytes: string): ByteLine {
    return new ByteLine(bytes, this.terminated, this.origin);
  }
}

/** A line as it stands in the file. Its origin is made when it is asked for: files have many lines, and few of them are asked. */
export class RawLine extends ByteLine {
  /**
   * `line` is its number in the opened file, `utf8` says how an editor reads the file, `unquoted` that the file has one `>` more before
   * the line.
   */
  constructor(
    bytes: string,
    terminated: boolean,
    readonly line: number,
    readonly utf8: boolean,
    private readonly unquoted = false,
  ) {
    super(bytes, terminated, null);
  }

  override get origin(): Origin {
    return this.unquoted
      ? new PlainOrigin(this.line, `>${this.bytes}`, 1, this.utf8)
      : new PlainOrigin(this.line, this.bytes, 0, this.utf8);
  }

  /** The raw line with other bytes, which begin at the same place. */
  override withBytes(bytes: string, terminated = this.terminated): RawLine {
    return new RawLine(bytes, terminated, this.line, this.utf8, this.unquoted);
  }
}

/** A line's text for people. Its place is made when it is asked for: of a million lines few are asked. */
export class TextLine implements PlacedLine {
  constructor(
    readonly text: string,
    private readonly line: ByteLine,
  ) {}

  get place(): MailPlace {
    return this.line.place;
  }
}

/** Puts one line together from pieces. */
export class LineBuilder {
  private readonly pieces: ByteLine[] = [];
  private readonly starts: number[] = [];
  private length = 0;

  get empty(): boolean {
    return this.pieces.length === 0;
  }

  add(piece: ByteLine): void {
    this.pieces.push(piece);
    this.starts.push(this.length);
    this.length += piece.bytes.length;
  }

  /** The line of all pieces, terminated as the last one is; the builder is empty afterwards. */
  take(): ByteLine {
    const pieces = this.pieces.splice(0);
    const starts = this.starts.splice(0);
    this.length = 0;
    const [first] = pieces;
    if (pieces.length === 1 && first !== undefined) return first;
    const bytes = pieces.map((piece) => piece.bytes).join('');
    const origins = pieces.map((piece) => piece.origin);
    return new ByteLine(bytes, pieces.at(-1)?.terminated ?? false, new JoinedOrigin(starts, origins, 0));
  }
}

/** This line and the next as one; only sensible where the first has no newline. */
export function joinLines(first: ByteLine, next: ByteLine): ByteLine {
  const builder = new LineBuilder();
  builder.add(first);
  builder.add(next);
  return builder.take();
}

/** Plain lines of a text that is its own file: for bare patches, tests and generated diffs. Line numbers begin at `startLine`. */
export function plainLines(text: string, startLine = 1, utf8 = true): ByteLine[] {
  const lines: ByteLine[] = [];
  let number = startLine;
  for (let at = 0; at < text.length; number++) {
    const end = text.indexOf('\n', at);
    const stop = end < 0 ? text.length : end;
    const raw = text.slice(at, stop);
    lines.push(new RawLine(raw, end >= 0, number, utf8));
    at = stop + 1;
  }
  return lines;
}
