// Recovers the patch that a reply quotes.

import type { Problem } from '../../../protocol/report.ts';
import type { FileChange, Hunk, HunkLine, MailPlace, Patch, PlacedLine } from '../types.ts';
import { encodeUtf8, utf16Length } from '../bytes.ts';
import { ByteLine, type Origin } from '../byteLine.ts';
import { parseDiff } from '../diff/diff.ts';
import { originalLines } from './originals.ts';
import type { LineAnchor } from './quoteAnchors.ts';
import { anchorLines } from './quoteAnchors.ts';
import { mendDiff } from './quoteHunks.ts';
import { quotedTexts, type QuotedText } from './quotedText.ts';
import type { QuoteLayout } from './quoteLayout.ts';
import { readTrailers } from '../mail/trailers.ts';

export interface QuotedPatch {
  readonly patch: Patch;
  /** For each line of the layout what it is in the patch; null for all that is not quoted from it. */
  readonly anchors: readonly (LineAnchor | null)[];
}

/**
 * Recovers what a reply quotes of a patch: its commit message, and its diff with mended hunks. Every line has its place in the opened
 * file, behind the quote marks. `problems` say what was mended (`quote-mended`), what was cut (`quote-cut`) and what is only guessed
 * (`quote-guess`: rules should not accuse anybody on the strength of it). Null where nothing of a patch or its message is quoted.
 */
export function recoverPatch(layout: QuoteLayout, title: string | null): QuotedPatch | null {
  const depth = patchDepth(layout);
  if (depth === null) return recoverMessage(layout, title);
  const { lines, stuffed } = quotedTexts(layout, depth);
  const start = lines.findIndex((_, index) => startsDiff(lines, index));
  const answered = layout.lines.some((line, index) => line.depth > depth && line.role === 'text' && index < (lines[start]?.index ?? 0));
  const message = answered ? [] : messageLines(lines.slice(0, start));
  const mended = mendDiff(lines.slice(start), onlyPath(lines.slice(0, start)));
  const problems: Problem[] = [...mended.problems];
  if (stuffed)
    problems.push(
      note(lines[start], 'quote-mended', 'the mailer put a blank before each quoted line that begins with one; they are taken out'),
    );
  if (answered)
    problems.push(note(lines[start], 'quote-guess', 'the quoted mail is itself an answer; its words are not taken for a commit message'));
  const reading = parseDiff(
    mended.lines.map((line, index) => new ByteLine(encodeUtf8(line.text), true, new IndexOrigin(encodeUtf8(line.text), 0, index))),
    { repair: true },
  );
  const mends = new Set(mended.problems.map((problem) => problem.line));
  const files = reading.files.map((file) => placeFile(file, mended.lines, mends));
  const patch = makePatch(title, message, files, problems);
  const anchors: (LineAnchor | null)[] = layout.lines.map(() => null);
  const texts = [...lines.slice(0, start), ...mended.lines];
  anchorLines(
    texts.map((line) => line.text),
    patch,
  ).forEach((anchor, index) => {
    const line = texts[index];
    if (line && anchor) anchors[line.index] = anchor;
  });
  return { patch, anchors };
}

/** A place in the list of mended lines, so that a parsed line can be traced to the quoted line it came from. */
class IndexOrigin implements Origin {
  constructor(
    private readonly bytes: string,
    private readonly shift: number,
    private readonly index: number,
  ) {}

  place(at: number): MailPlace {
    return { line: this.index, column: utf16Length(this.bytes, 0, Math.min(this.shift + at, this.bytes.length), true), exact: true };
  }

  shifted(from: number): Origin {
    return new IndexOrigin(this.bytes, this.shift + from, this.index);
  }
}

/** The depth that quotes most hunk and file headers, the deeper one of equals; null where no diff is quoted. */
function patchDepth(layout: QuoteLayout): number | null {
  const counts = new Map<number, number>();
  for (const line of layout.lines) {
    if (line.depth === 0 || line.role !== 'text') continue;
    if (/^(?:diff --git a|@@ -\d{1,9}(?:,\d{1,9})? \+\d)/.test(line.text)) counts.set(line.depth, (counts.get(line.depth) ?? 0) + 1);
  }
  let best: number | null = null;
  for (const [depth, count] of counts) {
    const most = best === null ? 0 : (counts.get(best) ?? 0);
    if (best === null || count > most || (count === most && depth > best)) best = depth;
  }
  return best;
}

function startsDiff(lines: readonly QuotedText[], at: number): boolean {
  const text = lines[at]?.text ?? '';
  return /^(?:diff --git a|@@ -\d)/.test(text) || (text.startsWith('--- ') && (lines[at + 1]?.text ?? '').startsWith('+++ '));
}

/** The commit message in the quoted lines before the diff: without in-body headers, and without what stands below its `---`. */
function messageLines(lines: readonly QuotedText[]): PlacedLine[] {
  let start = 0;
  while (start < lines.length && (lines[start]?.text.trim() === '' || /^(?:From|Subject|Date): /.test(lines[start]?.text ?? ''))) start++;
  let end = lines.findIndex((line, index) => index >= start && (line.text.trimEnd() === '---' || isDiffstat(line.text)));
  if (end < 0) end = lines.length;
  while (end > start && lines[end - 1]?.text.trim() === '') end--;
  return lines.slice(start, end).map(({ text, place }) => ({ text, place }));
}

function isDiffstat(text: string): boolean {
  return diffstatPath(text) !== null || /^ \d{1,6} files? changed, /.test(text);
}

/** The path of a diffstat's line; null for other lines and for paths that the diffstat shortens. */
function diffstatPath(text: string): string | null {
  const bar = text.indexOf(' | ');
  if (bar < 0 || !text.startsWith(' ') || !/^ {0,8}(?:\d{1,7}(?: [+-]{0,200})?|Bin )/.test(text.slice(bar + 3))) return null;
  const path = text.slice(0, bar).trim();
  return path === '' || /\s|^\.\.\.|=>/.test(path) ? null : path;
}

function onlyPath(lines: readonly QuotedText[]): string | null {
  const paths = lines.map((line) => diffstatPath(line.text)).filter((path) => path !== null);
  return paths.length === 1 ? (paths[0] ?? null) : null;
}

/** What is quoted of a message without its diff. */
function recoverMessage(layout: QuoteLayout, title: string | null): QuotedPatch | null {
  const indices = originalLines(layout);
  const first = indices[0];
  if (first === undefined) return null;
  const message: PlacedLine[] = [];
  const anchors: (LineAnchor | null)[] = layout.lines.map(() => null);
  let last = first;
  for (const index of indices) {
    const line = layout.lines[index];
    if (!line || line.text.trimEnd() === '---' || isDiffstat(line.text)) continue;
    if (index > last + 1 && message.length > 0) message.push({ text: '', place: layout.lines[last + 1]?.place ?? line.place });
    message.push({ text: line.text, place: line.place });
    anchors[index] = { kind: 'message', line: message.length };
    last = index;
  }
  if (message.length === 0) return null;
  const lost = layout.marks === 'lost';
  const nested = layout.lines.some((line) => line.depth > 1 && line.role === 'text');
  const problems: Problem[] = [];
  if (lost || nested) {
    const reason = lost ? 'the quote marks are lost' : 'several mails are quoted and none of them with its diff';
    problems.push({
      kind: 'quote-guess',
      line: layout.lines[first]?.place.line ?? null,
      message: `${reason}: which lines are the commit message is a guess`,
    });
  }
  return { patch: makePatch(title, message, [], problems), anchors };
}

function makePatch(
  title: string | null,
  message: readonly PlacedLine[],
  files: readonly FileChange[],
  problems: readonly Problem[],
): Patch {
  return {
    origin: 'quoted',
    subject: title,
    commitMessage: message,
    trailers: readTrailers(message),
    files,
    refusal: null,
    problems: [...problems, ...files.flatMap((file) => file.problems)],
  };
}

function placeFile(file: FileChange, lines: readonly QuotedText[], mends: ReadonlySet<number | null>): FileChange {
  return {
    ...file,
    place: truePlace(file.place, lines),
    hunks: file.hunks.map((hunk) => placeHunk(hunk, lines, mends)),
    problems: file.problems.map((problem) => ({
      ...problem,
      line: problem.line === null ? null : (lines[problem.line]?.place.line ?? null),
    })),
  };
}

function placeHunk(hunk: Hunk, lines: readonly QuotedText[], mends: ReadonlySet<number | null>): Hunk {
  const place = truePlace(hunk.place, lines);
  const placed = hunk.lines.map((line): HunkLine => ({ ...line, place: truePlace(line.place, lines) }));
  const repaired = hunk.repaired || mends.has(place.line) || placed.some((line) => mends.has(line.place.line));
  return { ...hunk, place, lines: placed, repaired };
}

function truePlace(place: MailPlace, lines: readonly QuotedText[]): MailPlace {
  const line = lines[place.line];
  return line === undefined ? { line: 1, column: 1, exact: false } : { ...line.place, column: line.place.column + place.column };
}

function note(line: QuotedText | undefined, kind: string, message: string): Problem {
  return { kind, line: line?.place.line ?? null, message };
}
