// Line numbers of a file before the patch, after it, and lines of the patch itself.

import type { HunkPlacement } from './applyHunks.ts';
import type { HunkLine } from '../types.ts';

interface Segment {
  readonly kind: 'same' | 'context' | 'added' | 'removed';
  /** First line in the old and in the new file; a removed segment has the new line before which it stood, an added one the old line. */
  readonly oldLine: number;
  readonly newLine: number;
  readonly count: number;
  readonly lines: readonly HunkLine[];
}

/** Maps the lines (from 1) of one patched file. Built from where its hunks really fit, so that offsets are allowed for. */
export class LineMap {
  private readonly segments: Segment[] = [];
  private byLine: Map<HunkLine, { oldLine: number | null; newLine: number | null }> | null = null;

  /** `placements` as `applyHunks` or `findBase` gave them, in any order. */
  constructor(placements: readonly HunkPlacement[]) {
    let oldLine = 1;
    let newLine = 1;
    for (const placement of [...placements].sort((a, b) => a.oldLine - b.oldLine || a.newLine - b.newLine)) {
      const gap = placement.oldLine - oldLine;
      if (gap > 0) this.segments.push({ kind: 'same', oldLine, newLine, count: gap, lines: [] });
      oldLine = Math.max(oldLine, placement.oldLine);
      newLine = Math.max(newLine + Math.max(gap, 0), placement.newLine);
      for (const run of runs(placement.hunk.lines)) {
        const kind = run[0]?.kind ?? 'context';
        this.segments.push({ kind, oldLine, newLine, count: run.length, lines: run });
        if (kind !== 'added') oldLine += run.length;
        if (kind !== 'removed') newLine += run.length;
      }
    }
    this.segments.push({ kind: 'same', oldLine, newLine, count: Number.MAX_SAFE_INTEGER, lines: [] });
  }

  /** The line after the patch of a line before it; null for a removed line. */
  oldToNew(line: number): number | null {
    const segment = this.find(line, 'old');
    return segment === null || segment.kind === 'removed' ? null : segment.newLine + line - segment.oldLine;
  }

  /** The line before the patch of a line after it; null for an added line. */
  newToOld(line: number): number | null {
    const segment = this.find(line, 'new');
    return segment === null || segment.kind === 'added' ? null : segment.oldLine + line - segment.newLine;
  }

  /** The patch's line that shows this line of the file after the patch; null where the patch does not show it. */
  newToPatch(line: number): HunkLine | null {
    const segment = this.find(line, 'new');
    return segment?.lines[line - segment.newLine] ?? null;
  }

  /** The patch's line that shows this line of the file before the patch; null where the patch does not show it. */
  oldToPatch(line: number): HunkLine | null {
    const segment = this.find(line, 'old');
    return segment?.lines[line - segment.oldLine] ?? null;
  }

  /** The line after the patch of an added or context line of the patch; null for a removed line, or one of another file. */
  patchToNew(line: HunkLine): number | null {
    return this.numbers().get(line)?.newLine ?? null;
  }

  /** The line before the patch of a removed or context line of the patch; null for an added line, or one of another file. */
  patchToOld(line: HunkLine): number | null {
    return this.numbers().get(line)?.oldLine ?? null;
  }

  /** Both numbers of every line of the patch; built when first asked for. */
  private numbers(): ReadonlyMap<HunkLine, { oldLine: number | null; newLine: number | null }> {
    if (this.byLine === null) {
      this.byLine = new Map();
      for (const { kind, oldLine, newLine, lines } of this.segments) {
        for (const [at, line] of lines.entries()) {
          this.byLine.set(line, { oldLine: kind === 'added' ? null : oldLine + at, newLine: kind === 'removed' ? null : newLine + at });
        }
      }
    }
    return this.byLine;
  }

  private find(line: number, side: 'old' | 'new'): Segment | null {
    if (line < 1) return null;
    const skipped = side === 'old' ? 'added' : 'removed';
    const start = (segment: Segment): number => (side === 'old' ? segment.oldLine : segment.newLine);
    let low = 0;
    let high = this.segments.length - 1;
    // The last segment that begins at or above the line; those of the other side begin where the next one does.
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      const segment = this.segments[middle];
      if (segment !== undefined && start(segment) <= line) low = middle;
      else high = middle - 1;
    }
    for (let at = low; at >= 0; at--) {
      const segment = this.segments[at];
      if (segment === undefined || segment.kind === skipped) continue;
      return line < start(segment) + segment.count ? segment : null;
    }
    return null;
  }
}

/** Stretches of lines of one kind. */
function runs(lines: readonly HunkLine[]): HunkLine[][] {
  const found: HunkLine[][] = [];
  for (const line of lines) {
    const last = found.at(-1);
    if (last?.[0]?.kind === line.kind) last.push(line);
    else found.push([line]);
  }
  return found;
}
