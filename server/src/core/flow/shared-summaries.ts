// What reviews share that see the same state of a kernel tree: graphs and summaries of functions outside the files under review.
// A summary is shared only where no file under review had a part in it, and used only where none would have.

import type { CFile } from '../syntax/types.ts';
import type { FlowFunction } from './flow-file.ts';
import type { Summary } from './summary.ts';
import type { TypeQuestions } from './tree-types.ts';

/** A summary with all that it rests on. */
export interface SharedSummary {
  /** Null where the function could not be walked. */
  readonly summary: Summary | null;
  /** File of the function. */
  readonly path: string;
  /** Names that it calls, but its own. */
  readonly names: readonly string[];
  /** Declarations that it asked for. */
  readonly types: TypeQuestions;
  /** What was known of those called functions that stand in the tree. */
  readonly below: readonly SharedSummary[];
  /** How many calls, one in the other, were followed for it; infinite where one was too far away to be. */
  readonly height: number;
}

/** For one era: its contracts stand for functions without code. A function is known by the file that it is in alone. */
export class SharedSummaries {
  readonly contracts = new Map<string, Summary | null>();
  readonly graphs = new Map<CFile, FlowFunction>();
  private readonly byDistance: Map<CFile, SharedSummary>[] = [];
  /** Those that would be the same from nearer. */
  private readonly whole = new Map<CFile, SharedSummary>();

  /** The summary of a function from which so many more calls lead on. */
  get(file: CFile, reach: number): SharedSummary | null {
    const near = this.byDistance[reach]?.get(file);
    if (near) return near;
    const whole = this.whole.get(file);
    return whole && whole.height <= reach ? whole : null;
  }

  set(file: CFile, reach: number, shared: SharedSummary): void {
    if (Number.isFinite(shared.height)) this.whole.set(file, shared);
    else (this.byDistance[reach] ??= new Map()).set(file, shared);
  }
}

/** What the files of one review say to a shared summary. */
export interface FilesUnderReview {
  has(path: string): boolean;
  exports(name: string): boolean;
  declares(question: TypeQuestions extends Map<string, infer Q> ? Q : never): boolean;
}

/** Tells which shared summaries the files of one review have no part in. */
export class Bystanders {
  private readonly verdicts = new Map<SharedSummary, boolean>();

  constructor(private readonly files: FilesUnderReview) {}

  /** Whether nothing that the summary rests on stands in a file under review, or would be looked for there. */
  isUntouched(wanted: SharedSummary): boolean {
    // Callees first, without recursion: what stands below is never in a circle.
    const stack = [wanted];
    for (let top = stack.at(-1); top; top = stack.at(-1)) {
      const open = this.verdicts.has(top) ? [] : top.below.filter((one) => !this.verdicts.has(one));
      if (open.length > 0) {
        stack.push(...open);
        continue;
      }
      stack.pop();
      if (!this.verdicts.has(top)) this.verdicts.set(top, this.judge(top));
    }
    return this.verdicts.get(wanted) === true;
  }

  private judge(one: SharedSummary): boolean {
    const { files } = this;
    if (files.has(one.path) || one.names.some((name) => files.exports(name))) return false;
    for (const question of one.types.values()) if (files.declares(question)) return false;
    return one.below.every((other) => this.verdicts.get(other) === true);
  }
}
