// Writes changes back as a diff.

import { encodeUtf8 } from '../bytes.ts';
import type { DiffReading } from './diff.ts';
import type { FileChange, Hunk, HunkLine } from '../types.ts';

/** The bytes of a hunk: those that were read, or with mended counts where the hunk was mended. */
export function printHunk(hunk: Hunk): string {
  let text = `${hunk.repaired ? mendedHeader(hunk) : hunk.header}\n`;
  let next = 0;
  const marksBehind = (index: number): void => {
    for (; hunk.marks[next]?.after === index; next++) text += `${hunk.marks[next]?.raw ?? ''}\n`;
  };
  marksBehind(-1);
  hunk.lines.forEach((line, index) => {
    text += `${line.raw ?? sign(line) + encodeUtf8(line.text)}\n`;
    marksBehind(index);
  });
  return text;
}

function mendedHeader(hunk: Hunk): string {
  const heading = hunk.heading === '' ? '' : ` ${encodeUtf8(hunk.heading)}`;
  return `@@ -${range(hunk.oldStart, hunk.oldCount)} +${range(hunk.newStart, hunk.newCount)} @@${heading}`;
}

function range(start: number, count: number): string {
  return count === 1 ? String(start) : `${start},${count}`;
}

function sign(line: HunkLine): string {
  return line.kind === 'added' ? '+' : line.kind === 'removed' ? '-' : ' ';
}

/** The bytes of a file's change, header and hunks, without what stood before it. */
export function printFile(file: FileChange): string {
  return file.header.map((line) => `${line}\n`).join('') + file.hunks.map(printHunk).join('');
}

/** The whole text that was read: for text that git takes and that ends in a newline, the same bytes. */
export function printDiff(reading: DiffReading): string {
  return reading.files.map((file) => file.lead + printFile(file)).join('') + reading.tail;
}
