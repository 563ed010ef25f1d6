// One side of a changed file as rules see it: parsed C, and for each of its lines the line of the real file and the place in the mail.

import type { Depth } from '../../protocol/finding.ts';
import type { LineIndex, Span } from '../base/text.ts';
import type { HunkLine, MailPlace, PositionMap } from '../patch/types.ts';
import type { SideFile } from '../rules/rule.ts';
import type { CFile } from '../syntax/types.ts';

export type Side = 'before' | 'after' | 'present';

/** What is known of one line of a side's text. */
export interface SideLine {
  /** 1-based line of the real file; null for text that the front end made up. */
  readonly line: number | null;
  /** Added by the patch on the after side, removed by it on the before side. */
  readonly changed: boolean;
  /** The hunk line that shows it; null where the patch does not. */
  readonly hunkLine: HunkLine | null;
  /** The mail that the hunk line stands in, where that is not the one under review. */
  readonly mail?: OtherMail;
}

/** Another mail than the one under review. */
export interface OtherMail {
  readonly path: string;
  readonly positions: PositionMap;
  /** Which patch of the series it is: `2/5`. */
  readonly part: string;
}

/** A hunk line and the line of the whole file that it stands on, which moves where the hunk was applied with an offset. */
export interface LandedLine {
  readonly hunkLine: HunkLine;
  readonly oldLine: number | null;
  readonly newLine: number | null;
}

/** Answers for lines of `c.text` by their 1-based number. */
export type LineLookup = (textLine: number) => SideLine;

/** A side file over a line lookup; `index` must be the line index of `c.text`. */
export class ReviewedFile implements SideFile {
  constructor(
    readonly path: string,
    readonly depth: Depth,
    readonly c: CFile,
    readonly index: LineIndex,
    private readonly lookup: LineLookup,
    /** Columns of the opened mail; null for plain sources. */
    private readonly positions: PositionMap | null,
    /** Empty statements of `c.text` that stand for code between hunks. */
    readonly gaps: readonly Span[] = [],
  ) {}

  lineOf(offset: number): number | null {
    return this.lookup(this.index.lineOf(offset)).line;
  }

  isChanged(offset: number): boolean {
    return this.lookup(this.index.lineOf(offset)).changed;
  }

  mailPlace(offset: number): MailPlace | null {
    const at = this.index.at(offset);
    const { hunkLine: shown, mail } = this.lookup(at.line);
    if (shown === null) return null;
    const place = (mail?.positions ?? this.positions)?.translate(shown.place, at.column - 1) ?? {
      line: shown.place.line,
      column: shown.place.column + at.column - 1,
    };
    return { ...place, exact: shown.place.exact };
  }

  /** The mail that shows the line of this offset, where that is another than the one under review. */
  otherMail(offset: number): OtherMail | null {
    return this.lookup(this.index.lineOf(offset)).mail ?? null;
  }

  /** The hunk line that shows the line of this offset, or null. */
  hunkLine(offset: number): HunkLine | null {
    return this.lookup(this.index.lineOf(offset)).hunkLine;
  }
}

/** Number of a hunk line on a side of the change, or null where the line is not on it. */
export function lineOnSide(line: HunkLine, side: Side): number | null {
  if (side === 'before') return line.kind === 'added' ? null : line.oldLine;
  return line.kind === 'removed' ? null : line.newLine;
}

/** Whether the patch made (after) or dropped (before) the line. */
export function changedOnSide(line: HunkLine, side: Side): boolean {
  return side === 'before' ? line.kind === 'removed' : line.kind === 'added';
}
