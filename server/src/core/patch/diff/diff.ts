// The unified-diff reader: driven by the counts of the hunk headers, on bytes, as strict as git apply (2.39), lossless.

import type { Problem } from '../../../protocol/report.ts';
import { readableText } from '../bytes.ts';
import type { ByteLine } from '../byteLine.ts';
import type { Inflate } from './binaryPatch.ts';
import { readFileChange, type DraftFile } from './diffFile.ts';
import { DiffHeaderReader } from './diffHeader.ts';
import { readHunk, type Decode, type HunkOutcome } from './hunk.ts';
import { pathFault } from './paths.ts';
import { foreignDiff } from './foreignDiff.ts';
import type { FileChange, Refusal, RefusalKind } from '../types.ts';

export interface DiffOptions {
  /**
   * Read what can be read instead of refusing: hunk counts are mended where lines were cut, wrapped lines are joined where the counts
   * prove it, hunks without a file header are kept. For patches recovered from quotes, and to show what is in a refused patch.
   */
  readonly repair?: boolean;
  /** Makes text for people of a line's bytes; UTF-8, else latin1, where it is not given. Bytes are what is parsed in any case. */
  readonly decode?: Decode;
  /** Unpacks the data of git binary patches, which git checks; it is taken as it is where this is not given. */
  readonly inflate?: Inflate | undefined;
}

export interface DiffReading {
  readonly files: readonly FileChange[];
  /** What git would refuse the text for; null where it would take it. With `repair`, the first thing that needed mending. */
  readonly refusal: Refusal | null;
  readonly problems: readonly Problem[];
  /** What stands behind the last file (a byte string): a mail's signature, a list's footer. */
  readonly tail: string;
}

/**
 * Reads all changes in the lines of a patch text: anything before, between and behind the diffs is skipped as git skips it (a mail's
 * signature and footer, diffstats, prose). Without `repair` reading ends at the first thing that git refuses, and `files` are those
 * before it. A text without any diff is refused as `no-patch`. Never throws.
 */
export function parseDiff(lines: readonly ByteLine[], options: DiffOptions = {}): DiffReading {
  return new DiffReader(lines, options.repair === true, options.decode ?? readableText, options.inflate ?? null).read();
}

/** Mode of a symbolic link in git's trees. */
const SYMBOLIC_LINK = '120000';

class DiffReader {
  private readonly header: DiffHeaderReader;
  private readonly files: FileChange[] = [];
  private readonly problems: Problem[] = [];
  private refusal: Refusal | null = null;
  private unsafe: Refusal | null = null;
  private at = 0;
  private readonly links = new Set<string>();

  constructor(
    private readonly lines: readonly ByteLine[],
    private readonly repair: boolean,
    private readonly decode: Decode,
    inflate: Inflate | null,
  ) {
    this.header = new DiffHeaderReader(lines, inflate);
  }

  read(): DiffReading {
    while (this.at < this.lines.length) {
      const found = this.header.find(this.at);
      if (found.kind === 'none') break;
      if (found.kind === 'refused') {
        this.refuse(found.reason, found.at, found.message);
        if (!this.repair) break;
        if (found.reason === 'fragment-without-header') this.readHunks(this.header.unnamed(found.at), found.at);
        else this.at = Math.max(found.next, this.at + 1);
        continue;
      }
      this.readHunks(found.file, found.next);
      if (this.refusal !== null && !this.repair) break;
    }
    if (this.files.length === 0 && this.refusal === null) {
      const foreign = foreignDiff(this.lines);
      if (foreign === null) this.refuse('no-patch', 0, 'there is no patch in this text');
      else this.refuse('not-unified', foreign.at, `${foreign.what}: only unified diffs are read`);
    }
    // git looks at names last, when it applies; so an unreadable patch is refused for that.
    if (this.unsafe !== null) this.problems.push(this.unsafe);
    return { files: this.files, refusal: this.refusal ?? this.unsafe, problems: this.problems, tail: this.tail() };
  }

  private tail(): string {
    const rest = this.files.length === 0 ? this.lines : this.lines.slice(this.at);
    return rest.map((line) => (line.terminated ? `${line.bytes}\n` : line.bytes)).join('');
  }

  private refusalAt(kind: RefusalKind, at: number, message: string): Refusal {
    return { kind, line: this.lines[Math.min(at, this.lines.length - 1)]?.place.line ?? null, message };
  }

  private refuse(kind: RefusalKind, at: number, message: string): void {
    const refusal = this.refusalAt(kind, at, message);
    this.problems.push(refusal);
    this.refusal ??= refusal;
  }

  /** Reads the hunks (or the binary mark) behind a file header and keeps the file. */
  private readHunks(file: DraftFile, from: number): void {
    this.at = from;
    while (this.startsHunk(this.at)) {
      const outcome: HunkOutcome = readHunk(this.lines, this.at, this.repair, this.decode);
      if (outcome.problem !== null) {
        if (outcome.refused) this.refuse('corrupt', outcome.problemAt, outcome.problem);
        else this.problems.push({ kind: 'repaired', line: this.lines[outcome.problemAt]?.place.line ?? null, message: outcome.problem });
        file.problems.push({ kind: outcome.kind, line: this.lines[outcome.problemAt]?.place.line ?? null, message: outcome.problem });
      }
      if (outcome.hunk === null) {
        this.at = outcome.next;
        if (!this.repair) return;
        continue;
      }
      file.hunks.push(outcome.hunk);
      this.at = outcome.next;
    }
    if (file.hunks.length === 0) {
      const mark = this.header.binaryMark(this.at);
      if (mark.kind === 'refused') {
        this.refuse('corrupt', mark.at, mark.message);
        file.binary = true;
      } else if (mark.kind === 'binary') file.binary = true;
      for (; this.at < mark.next; this.at++) file.header.push(this.lines[this.at]?.bytes ?? '');
      if (mark.kind === 'refused' && !this.repair) return;
    }
    const result = readFileChange(file);
    if (result.refused !== null) this.refuse('bad-header', result.at, result.refused);
    const unsafe = result.refused === null ? this.unsafePath(result.file) : null;
    if (unsafe !== null) this.unsafe ??= this.refusalAt('unsafe-path', file.at, unsafe);
    if (result.refused === null || this.repair) this.files.push(result.file);
  }

  /** Names that could lead out of the tree, by themselves or through a symbolic link that the same text makes. */
  private unsafePath(file: FileChange): string | null {
    for (const path of [file.oldPath, file.newPath]) {
      const fault = path === null ? null : pathFault(path);
      if (fault !== null) return fault;
    }
    const path = file.newPath ?? '';
    for (let slash = path.indexOf('/'); slash >= 0; slash = path.indexOf('/', slash + 1)) {
      if (this.links.has(path.slice(0, slash))) return 'the path leads through a symbolic link that the same patch makes';
    }
    if (file.newMode === SYMBOLIC_LINK && file.newPath !== null) this.links.add(file.newPath);
    return null;
  }

  private startsHunk(at: number): boolean {
    const line = this.lines[at];
    return line !== undefined && line.bytes.startsWith('@@ -');
  }
}
