// Finds the next file of a patch text and reads its header lines, with git apply's rules (2.39, apply.c: find_header and
// parse_git_diff_header), in its order: what git refuses there is refused here, what it skips is skipped.

import type { ByteLine } from '../byteLine.ts';
import { isGitSpace } from '../bytes.ts';
import { readBinaryPatch, type BinaryMark, type Inflate } from './binaryPatch.ts';
import { emptyDraft, type DraftFile } from './diffFile.ts';
import { gitName, hasEpochStamp, isDevNull, plainDiffName, sharedGitName, type Strip } from './diffNames.ts';
import { readHunkHeader } from './hunk.ts';
import type { RefusalKind } from '../types.ts';

/** What was found from a line on. `next` is the index of the first line behind the header. */
export type HeaderFound =
  | { readonly kind: 'none' }
  | { readonly kind: 'file'; readonly file: DraftFile; readonly next: number }
  | { readonly kind: 'refused'; readonly reason: RefusalKind; readonly at: number; readonly next: number; readonly message: string };

interface HeaderFault {
  readonly reason: RefusalKind;
  readonly message: string;
}

/** Shortest rest of the text that git still looks at for a header, in bytes. */
const SHORTEST = 6;
/** `@@ -0,0 +1 @@` and its newline. */
const SHORTEST_HUNK = 14;
const LONGEST_ID = 40;

/** Reads headers of one text; keeps between files how many name components are dropped. */
export class DiffHeaderReader {
  private strip: Strip = 1;
  private stripKnown = false;
  /** The name of a `diff --git` line without any header lines: git skips it, and holds the next header to its name. */
  private lone: string | null = null;
  /** Bytes from the start of each line to the end of the text. */
  private readonly left: Float64Array;

  /** `inflate` unpacks the data of binary patches; without it the data is taken as it is. */
  constructor(
    private readonly lines: readonly ByteLine[],
    private readonly inflate: Inflate | null,
  ) {
    this.left = new Float64Array(lines.length + 1);
    for (let at = lines.length - 1; at >= 0; at--) this.left[at] = (this.left[at + 1] ?? 0) + this.size(at);
  }

  /** The next header at or behind line `from`. */
  find(from: number): HeaderFound {
    this.lone = null;
    for (let at = from; at < this.lines.length; at++) {
      const size = this.size(at);
      if (size < SHORTEST) continue;
      const line = this.bytes(at);
      if (line.startsWith('@@ -')) {
        if (!this.terminated(at) || readHunkHeader(line) === null) continue;
        const message = 'patch fragment without header: no file is named for this hunk';
        return { kind: 'refused', reason: 'fragment-without-header', at, next: at, message };
      }
      if ((this.left[at] ?? 0) < size + SHORTEST) return { kind: 'none' };
      if (line.startsWith('diff --git ')) {
        const found = this.gitHeader(at, from);
        if (found !== null) return found;
        continue;
      }
      if (!line.startsWith('--- ') || !this.bytes(at + 1).startsWith('+++ ')) continue;
      if ((this.left[at] ?? 0) < this.size(at + 1) + SHORTEST_HUNK || !this.bytes(at + 2).startsWith('@@ -')) continue;
      return this.plainHeader(at, from);
    }
    return { kind: 'none' };
  }

  /** A draft for hunks that no header names. */
  unnamed(at: number): DraftFile {
    const file = this.draft(at, at);
    file.isNew = false;
    file.isDelete = false;
    file.problems.push({ kind: 'fragment-without-header', line: file.place.line, message: 'no file is named for these hunks' });
    return file;
  }

  /** What stands behind a header without hunks: a binary patch, a line that says that binary files differ, or nothing. */
  binaryMark(at: number): BinaryMark {
    const line = this.bytes(at);
    if (line === 'GIT binary patch' && this.terminated(at)) return readBinaryPatch(this.lines, at + 1, this.inflate);
    const differs = line.endsWith(' differ') && this.terminated(at) && (line.startsWith('Binary files ') || line.startsWith('Files '));
    return differs ? { kind: 'binary', next: at + 1 } : { kind: 'none', next: at };
  }

  private bytes(at: number): string {
    return this.lines[at]?.bytes ?? '';
  }

  private terminated(at: number): boolean {
    return this.lines[at]?.terminated ?? false;
  }

  private size(at: number): number {
    const line = this.lines[at];
    return line === undefined ? 0 : line.bytes.length + (line.terminated ? 1 : 0);
  }

  private draft(at: number, from: number): DraftFile {
    const file = emptyDraft(at, this.lines[at]?.place ?? { line: 1, column: 1, exact: false });
    for (let skipped = from; skipped < at; skipped++) file.lead += `${this.bytes(skipped)}\n`;
    return file;
  }

  private plainHeader(at: number, from: number): HeaderFound {
    const file = this.draft(at, from);
    file.header.push(this.bytes(at), this.bytes(at + 1));
    const old = this.bytes(at).slice(4);
    const fresh = this.bytes(at + 1).slice(4);
    this.guessStrip(old, fresh);
    let name: string | null;
    if (isDevNull(old)) {
      file.isNew = true;
      file.isDelete = false;
      name = file.newName = plainDiffName(fresh, null, this.strip);
    } else if (isDevNull(fresh)) {
      file.isNew = false;
      file.isDelete = true;
      name = file.oldName = plainDiffName(old, null, this.strip);
    } else {
      name = plainDiffName(fresh, plainDiffName(old, null, this.strip), this.strip);
      if (hasEpochStamp(old)) {
        file.isNew = true;
        file.isDelete = false;
        file.newName = name;
      } else if (hasEpochStamp(fresh)) {
        file.isNew = false;
        file.isDelete = true;
        file.oldName = name;
      } else file.oldName = file.newName = name;
    }
    if (name === null) {
      return { kind: 'refused', reason: 'bad-header', at, next: at + 2, message: 'no file name can be found in this header' };
    }
    return { kind: 'file', file, next: at + 2 };
  }

  /** Names without any slash on both sides have no `a/` and `b/` to drop, from here on. */
  private guessStrip(old: string, fresh: string): void {
    if (this.stripKnown) return;
    const flat = (text: string): boolean | null => {
      if (isDevNull(text)) return null;
      const name = plainDiffName(text, null, 0);
      return name === null || name.includes('/') ? null : true;
    };
    const second = flat(fresh);
    const first = flat(old) ?? second;
    if (first === true && second === true) {
      this.strip = 0;
      this.stripKnown = true;
    }
  }

  /** The header behind a `diff --git` line; null where git takes the line for garbage. */
  private gitHeader(at: number, from: number): HeaderFound | null {
    const file = this.draft(at, from);
    file.isNew = false;
    file.isDelete = false;
    file.oldName = file.newName = this.lone;
    const shared = sharedGitName(this.bytes(at).slice(11), this.strip);
    file.header.push(this.bytes(at));
    let next = at + 1;
    for (; next < this.lines.length && this.terminated(next); next++) {
      const line = this.bytes(next);
      const outcome = this.headerLine(file, line, shared);
      if (outcome === 'end') {
        const fault = this.extensions(file);
        if (fault !== null) return this.fault(fault, next);
        break;
      }
      const fault = outcome ?? this.extensions(file);
      if (fault !== null) return this.fault(fault, next);
      file.header.push(line);
    }
    if (file.oldName === null && file.newName === null) {
      if (shared === null) return this.fault({ reason: 'bad-header', message: 'this git diff header names no file' }, at);
      file.oldName = file.newName = shared;
    }
    if (lacksName(file)) {
      return this.fault({ reason: 'bad-header', message: 'this git diff header names only one side of the change' }, at);
    }
    if (next > at + 1) return { kind: 'file', file, next };
    this.lone = file.newName;
    return null;
  }

  private fault(fault: HeaderFault, at: number): HeaderFound {
    return { kind: 'refused', reason: fault.reason, at, next: at + 1, message: fault.message };
  }

  private extensions(file: DraftFile): HeaderFault | null {
    const kinds = [file.isDelete === true, file.isNew === true, file.isRename, file.isCopy].filter(Boolean).length;
    if (kinds <= 1) return null;
    return {
      reason: 'bad-header',
      message: 'header lines contradict each other: only one of new, deleted, renamed and copied can be true',
    };
  }

  /** Takes one header line; `end` for a line that ends the header. */
  private headerLine(file: DraftFile, line: string, shared: string | null): HeaderFault | 'end' | null {
    const keyword = HEADER_KEYWORDS.find((word) => line.startsWith(word));
    if (keyword === undefined) return 'end';
    const rest = line.slice(keyword.length);
    switch (keyword) {
      case '@@ -':
        return 'end';
      case '--- ':
        return this.verifyName(file, rest, 'old');
      case '+++ ':
        return this.verifyName(file, rest, 'new');
      case 'old mode ':
        return setMode(file, 'oldMode', rest);
      case 'new mode ':
        return setMode(file, 'newMode', rest);
      case 'deleted file mode ':
        file.isDelete = true;
        file.oldName = shared;
        return setMode(file, 'oldMode', rest);
      case 'new file mode ':
        file.isNew = true;
        file.newName = shared;
        return setMode(file, 'newMode', rest);
      case 'copy from ':
        file.isCopy = true;
        file.oldName = gitName(rest, 0, false);
        return null;
      case 'copy to ':
        file.isCopy = true;
        file.newName = gitName(rest, 0, false);
        return null;
      case 'rename old ':
      case 'rename from ':
        file.isRename = true;
        file.oldName = gitName(rest, 0, false);
        return null;
      case 'rename new ':
      case 'rename to ':
        file.isRename = true;
        file.newName = gitName(rest, 0, false);
        return null;
      case 'similarity index ':
      case 'dissimilarity index ': {
        const score = /^ *\+?(\d+)/.exec(rest);
        const value = score === null ? 0 : Number(score[1]);
        if (value <= 100) file.score = value;
        return null;
      }
      case 'index ':
        return readIndex(file, rest);
    }
  }

  /** git lets each name of a header agree with what was said before, or refuses. */
  private verifyName(file: DraftFile, rest: string, side: 'old' | 'new'): HeaderFault | null {
    const known = side === 'old' ? file.oldName : file.newName;
    const absent = side === 'old' ? file.isNew === true : file.isDelete === true;
    if (known === null && !absent) {
      const name = gitName(rest, this.strip, true);
      if (side === 'old') file.oldName = name;
      else file.newName = name;
      return null;
    }
    if (known !== null) {
      if (absent)
        return { reason: 'bad-header', message: `/dev/null must stand here, since the file is ${side === 'old' ? 'new' : 'deleted'}` };
      const name = gitName(rest, this.strip, true);
      if (name === known) return null;
      return { reason: 'name-mismatch', message: `the ${side} file name here is not the one that the lines above say` };
    }
    return isDevNull(rest)
      ? null
      : { reason: 'bad-header', message: `/dev/null must stand here, since the file is ${side === 'old' ? 'new' : 'deleted'}` };
  }
}

function lacksName(file: DraftFile): boolean {
  return (file.newName === null && file.isDelete !== true) || (file.oldName === null && file.isNew !== true);
}

const HEADER_KEYWORDS = [
  '@@ -',
  '--- ',
  '+++ ',
  'old mode ',
  'new mode ',
  'deleted file mode ',
  'new file mode ',
  'copy from ',
  'copy to ',
  'rename old ',
  'rename new ',
  'rename from ',
  'rename to ',
  'similarity index ',
  'dissimilarity index ',
  'index ',
] as const;

/** A mode is octal digits and white space or the end of the line. */
function setMode(file: DraftFile, side: 'oldMode' | 'newMode', text: string): HeaderFault | null {
  const digits = /^[ \t]*\+?([0-7]+)/.exec(text);
  const end = digits === null ? 0 : digits[0].length;
  if (digits === null || (end < text.length && !isGitSpace(text.charCodeAt(end)))) return { reason: 'bad-header', message: 'invalid mode' };
  file[side] = parseInt(digits[1] ?? '0', 8);
  return null;
}

function readIndex(file: DraftFile, rest: string): HeaderFault | null {
  const dots = rest.indexOf('.');
  if (dots < 0 || rest[dots + 1] !== '.' || dots > LONGEST_ID) return null;
  const behind = rest.slice(dots + 2);
  const blank = behind.indexOf(' ');
  const fresh = blank < 0 ? behind : behind.slice(0, blank);
  if (fresh.length > LONGEST_ID) return null;
  const old = rest.slice(0, dots);
  const ids = { old, new: fresh.replace(/\r$/, '') };
  if (/^[0-9a-f]+$/.test(ids.old) && /^[0-9a-f]+$/.test(ids.new)) file.index = ids;
  return blank < 0 ? null : setMode(file, 'oldMode', behind.slice(blank + 1));
}
