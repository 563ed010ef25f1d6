// Maps the lines of a text that holds a patch to what they are in the patch: a line of the commit message, or of a hunk.

import type { FileChange, Hunk, HunkLine, PlacedLine } from '../types.ts';

/** What a line of a patch mail is; lines are 1-based: of the new file for `+` and context, of the old file for `-`, of the commit message. */
export type LineAnchor =
  | { readonly kind: 'hunk'; readonly file: string; readonly side: '+' | '-' | ' '; readonly line: number }
  | { readonly kind: 'message'; readonly line: number };

/** The parts of a patch that lines can belong to. */
export interface PatchParts {
  readonly commitMessage: readonly PlacedLine[];
  readonly files: readonly FileChange[];
}

/** The anchor of a hunk's line in `file`. */
function anchorOfHunkLine(file: string, line: HunkLine): LineAnchor {
  if (line.kind === 'removed') return { kind: 'hunk', file, side: '-', line: line.oldLine };
  return { kind: 'hunk', file, side: line.kind === 'added' ? '+' : ' ', line: line.newLine };
}

/**
 * The anchor of each text line, for the lines that `parts` was parsed from, in order. A file's or hunk's header stands for the hunk's
 * first line; what stands between the commit message and the diff (a change log, a diffstat) for the message's last line. Null for
 * lines before the message and behind the diff.
 */
export function anchorLines(texts: readonly string[], parts: PatchParts): readonly (LineAnchor | null)[] {
  const anchors: (LineAnchor | null)[] = texts.map(() => null);
  const at = anchorMessage(texts, parts, anchors);
  anchorDiff(texts, at, parts.files, anchors);
  return anchors;
}

function isDiffStart(texts: readonly string[], at: number): boolean {
  const text = texts[at] ?? '';
  return /^(?:diff --git |@@ -\d)/.test(text) || (text.startsWith('--- ') && (texts[at + 1] ?? '').startsWith('+++ '));
}

/** Anchors the lines before the diff; the index where the diff begins. */
function anchorMessage(texts: readonly string[], parts: PatchParts, anchors: (LineAnchor | null)[]): number {
  const message = parts.commitMessage;
  const hasDiff = parts.files.length > 0;
  let next = 0;
  let index = 0;
  for (; index < texts.length && !(hasDiff && isDiffStart(texts, index)); index++) {
    const text = (texts[index] ?? '').trimEnd();
    // Blank lines that were dropped or merged must not stop the comparison, and a blank line must not skip one with text.
    const reach = text === '' ? next + 1 : next + 3;
    let found = next;
    while (found < message.length && found < reach && (message[found]?.text ?? '').trimEnd() !== text) found++;
    if (found < message.length && found < reach) {
      next = found + 1;
      anchors[index] = { kind: 'message', line: next };
    } else if (next >= message.length && hasDiff && message.length > 0) anchors[index] = { kind: 'message', line: message.length };
  }
  return index;
}

function anchorDiff(texts: readonly string[], from: number, files: readonly FileChange[], anchors: (LineAnchor | null)[]): void {
  const hunks = files.flatMap((file) => file.hunks.map((hunk) => ({ file: file.newPath ?? file.oldPath ?? '', hunk })));
  let next = 0;
  let open: { file: string; hunk: Hunk } | null = null;
  let within = 0;
  /** Header lines that wait for the hunk that they introduce. */
  let waiting: number[] = [];
  for (let index = from; index < texts.length; index++) {
    const text = texts[index] ?? '';
    const starts = /^@@ -(\d{1,9})(?:,\d{1,9})? \+(\d{1,9})/.exec(text);
    if (starts) {
      let found = next;
      while (found < hunks.length && !isHunk(hunks[found]?.hunk, starts)) found++;
      const entry = hunks[found];
      if (entry === undefined) continue;
      next = found + 1;
      open = entry;
      within = 0;
      const first = entry.hunk.lines[0];
      if (first) for (const header of [...waiting, index]) anchors[header] = anchorOfHunkLine(entry.file, first);
      waiting = [];
      continue;
    }
    const line: HunkLine | undefined = open?.hunk.lines[within];
    if (open !== null && line !== undefined) {
      if (!text.startsWith('\\')) {
        anchors[index] = anchorOfHunkLine(open.file, line);
        within++;
      } else anchors[index] = anchors[index - 1] ?? null;
    } else if (isDiffStart(texts, index)) {
      open = null;
      waiting = [index];
    } else if (waiting.length > 0) waiting.push(index);
  }
}

function isHunk(hunk: Hunk | undefined, starts: RegExpExecArray): boolean {
  return hunk !== undefined && hunk.oldStart === Number(starts[1]) && hunk.newStart === Number(starts[2]);
}
