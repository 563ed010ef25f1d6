// Reports of units that were reviewed before, kept by content: of the input, of the options, of the program, and of what the review
// asked of the kernel tree. The cache decides how soon an answer comes and never which.

import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import type { Outside } from '../../core/base/outside.ts';
import type { ReviewOptions, UnitInput, UnitReport } from '../../protocol/analysis.ts';
import type { CacheFiles } from '../index/cache-files.ts';
import type { IndexOfTree } from '../index/tree-index.ts';
import { hashOf, nothingAsked, recordedWorld, type Asked } from './recorded-world.ts';
import { isListOfLists, isReadList, readReport } from './report-shape.ts';

/** More bytes than this are no small result; they are made again. */
const MAX_REPORT = 4 * 1024 * 1024;

export interface UnitResultsParts {
  readonly outside: Outside;
  readonly index: IndexOfTree;
  readonly cache: CacheFiles;
  /** All else that a result depends on: the program's own text, the parser, what it may ask of the world. */
  readonly version: string;
}

/** How a unit is reviewed where no result is kept. */
export type Review = (unit: readonly UnitInput[], outside: Outside, options: ReviewOptions) => UnitReport;

export class UnitResults {
  private isStale = false;

  constructor(private readonly parts: UnitResultsParts) {}

  /** The unit's report, from the cache where everything it rests on is as it was. Throws what `review` throws. */
  review(unit: readonly UnitInput[], options: ReviewOptions, review: Review): UnitReport {
    const key = this.keyOf(unit, options);
    const kept = this.kept(key);
    if (kept) return kept;
    const record = nothingAsked();
    const watched = recordedWorld(this.parts.outside, this.parts.index, record, () => (this.isStale = true));
    const report = review(unit, watched, options);
    this.keep(key, record, report);
    return report;
  }

  private keyOf(unit: readonly UnitInput[], options: ReviewOptions): string {
    const hash = createHash('sha256');
    hash.update(JSON.stringify([this.parts.version, options]));
    for (const { bytes, ...rest } of unit) hash.update(JSON.stringify([rest, hashOf(bytes)]));
    return hash.digest('hex');
  }

  private kept(key: string): UnitReport | null {
    const value = this.parts.cache.read(key);
    if (typeof value !== 'object' || value === null) return null;
    const { views, content, reads, report } = value as { views?: unknown; content?: unknown; reads?: unknown; report?: unknown };
    if (!isListOfLists(views) || !isReadList(reads)) return null;
    if (content !== this.contentOf(views as string[][])) return null;
    for (const [path, hash] of reads as [string, string | null][]) {
      const bytes = this.parts.outside.readTree(path);
      if ((bytes && hashOf(bytes)) !== hash) return null;
    }
    return readReport(report);
  }

  private keep(key: string, { views, reads, isPassing }: Asked, report: UnitReport): void {
    if (this.isStale || isPassing) return;
    const text = JSON.stringify(report);
    // JSON has no place for some values; a report that has any is made again each time.
    if (text.length > MAX_REPORT || !isDeepStrictEqual(JSON.parse(text), report) || !readReport(report)) return;
    this.parts.cache.write(key, { views, content: this.contentOf(views), reads: [...reads], report });
  }

  /** What the views rest on, in one word. */
  private contentOf(views: readonly (readonly string[])[]): string {
    return this.parts.index.content(views.flat());
  }
}
