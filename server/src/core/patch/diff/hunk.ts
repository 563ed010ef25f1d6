// One hunk: read by its counts as git apply reads it, or mended where a mailer or a quote has damaged it.

import { encodeUtf8, isAscii, isDigit, readableText } from '../bytes.ts';
import { joinLines, type ByteLine } from '../byteLine.ts';
import type { Hunk, HunkLine, MailPlace } from '../types.ts';

export interface HunkCounts {
  readonly oldStart: number;
  readonly oldCount: number;
  readonly newStart: number;
  readonly newCount: number;
  /** Byte index behind the second `@@`. */
  readonly end: number;
}

/** Reads `@@ -a,b +c,d @@`; null where the line is none. Numbers above 2^53 are rounded, which no file reaches. */
export function readHunkHeader(line: string): HunkCounts | null {
  if (!line.startsWith('@@ -')) return null;
  const old = readRange(line, 4);
  if (old === null || !line.startsWith(' +', old.end)) return null;
  const fresh = readRange(line, old.end + 2);
  if (fresh === null || !line.startsWith(' @@', fresh.end)) return null;
  return { oldStart: old.start, oldCount: old.count, newStart: fresh.start, newCount: fresh.count, end: fresh.end + 3 };
}

function readRange(line: string, at: number): { start: number; count: number; end: number } | null {
  const start = digitsEnd(line, at);
  if (start === at) return null;
  if (line[start] !== ',') return { start: Number(line.slice(at, start)), count: 1, end: start };
  const end = digitsEnd(line, start + 1);
  if (end === start + 1) return null;
  return { start: Number(line.slice(at, start)), count: Number(line.slice(start + 1, end)), end };
}

function digitsEnd(line: string, at: number): number {
  let end = at;
  while (isDigit(line.charCodeAt(end))) end++;
  return end;
}

/** What all lines of a hunk have. A line's place is made when it is asked for: of a million lines few are asked. */
class NumberedLine {
  constructor(
    private readonly line: ByteLine,
    readonly text: string,
    readonly noNewline: boolean,
    readonly raw: string | null,
  ) {}

  get place(): MailPlace {
    return this.line.placeAt(this.line.bytes === '' ? 0 : 1);
  }
}

class ContextLine extends NumberedLine {
  readonly kind = 'context';
  constructor(
    line: ByteLine,
    text: string,
    noNewline: boolean,
    raw: string | null,
    readonly oldLine: number,
    readonly newLine: number,
  ) {
    super(line, text, noNewline, raw);
  }
}

class AddedLine extends NumberedLine {
  readonly kind = 'added';
  constructor(
    line: ByteLine,
    text: string,
    noNewline: boolean,
    raw: string | null,
    readonly newLine: number,
  ) {
    super(line, text, noNewline, raw);
  }
}

class RemovedLine extends NumberedLine {
  readonly kind = 'removed';
  constructor(
    line: ByteLine,
    text: string,
    noNewline: boolean,
    raw: string | null,
    readonly oldLine: number,
  ) {
    super(line, text, noNewline, raw);
  }
}

/** One line of a hunk before it is numbered. */
interface BodyLine {
  readonly sign: ' ' | '+' | '-';
  readonly line: ByteLine;
  /** `\ No newline` marks behind the line; one, but a text can have more. */
  readonly marks: readonly string[];
}

/** Shared by the many lines that have none. */
const NO_MARKS: readonly string[] = [];

/** Puts a mark behind the last line; false where there is none. */
function addMark(body: BodyLine[], mark: string): boolean {
  const last = body.at(-1);
  if (last === undefined) return false;
  body[body.length - 1] = { ...last, marks: [...last.marks, mark] };
  return true;
}

/** What reading a hunk gave. */
export interface HunkOutcome {
  readonly hunk: Hunk | null;
  /** Index of the line behind the hunk, or where reading goes on. */
  readonly next: number;
  /** What is wrong, or null; `problemAt` is the index of the line to show. */
  readonly problem: string | null;
  readonly problemAt: number;
  /** True where git would refuse the patch for it. */
  readonly refused: boolean;
  /** Kind of the file's problem. */
  readonly kind: 'corrupt' | 'wrapped' | 'recounted';
}

export type Decode = (bytes: string) => string;

/** Whether a line can be a `\ No newline at end of file` mark in any language: git asks for 12 bytes with the newline. */
function isMark(bytes: string): boolean {
  return bytes.startsWith('\\ ') && bytes.length >= 11;
}

/** Reads the hunk whose `@@` line stands at `at`. With `repair` a damaged one is mended where that is possible. */
export function readHunk(lines: readonly ByteLine[], at: number, repair: boolean, decode: Decode = readableText): HunkOutcome {
  const first = lines[at];
  const counts = first?.terminated === true || repair ? readHunkHeader(first?.bytes ?? '') : null;
  if (first === undefined || counts === null) {
    return refusedHunk(at, at + 1, 'corrupt patch: this hunk header cannot be read');
  }
  const strict = readCounted(lines, at, counts, first, decode);
  if (!strict.refused || !repair) return strict;
  return mendHunk(lines, at, counts, first, strict, decode);
}

function refusedHunk(problemAt: number, next: number, problem: string): HunkOutcome {
  return { hunk: null, next, problem, problemAt, refused: true, kind: 'corrupt' };
}

function readCounted(lines: readonly ByteLine[], at: number, counts: HunkCounts, first: ByteLine, decode: Decode): HunkOutcome {
  const body: BodyLine[] = [];
  const leading: string[] = [];
  let oldLeft = counts.oldCount;
  let newLeft = counts.newCount;
  let changes = 0;
  let next = at + 1;
  for (; oldLeft !== 0 || newLeft !== 0; next++) {
    const line = lines[next];
    if (line === undefined) {
      return refusedHunk(next - 1, next, `corrupt patch: the text ends before the hunk does (${missing(oldLeft, newLeft)})`);
    }
    if (!line.terminated) return refusedHunk(next, next + 1, 'corrupt patch: the last line of the hunk has no newline');
    const sign = line.bytes === '' ? ' ' : line.bytes.charAt(0);
    if (sign === '\\') {
      if (!isMark(line.bytes)) return refusedHunk(next, next, 'corrupt patch: this line of the hunk begins with a backslash');
      if (!addMark(body, line.bytes)) leading.push(line.bytes);
      continue;
    }
    if (sign !== ' ' && sign !== '+' && sign !== '-') {
      return refusedHunk(next, next, `corrupt patch: this line is not part of a hunk (${missing(oldLeft, newLeft)})`);
    }
    if (sign !== '+') oldLeft--;
    if (sign !== '-') newLeft--;
    if (sign !== ' ') changes++;
    if (oldLeft < 0 || newLeft < 0) {
      return refusedHunk(next, next, 'corrupt patch: the hunk has more lines than its header says');
    }
    body.push({ sign, line, marks: NO_MARKS });
  }
  if (changes === 0) return refusedHunk(Math.max(at, next - 1), next, 'corrupt patch: the hunk changes nothing');
  const after = lines[next];
  // git asks for more than 12 bytes from the mark to the end of the text.
  if (after !== undefined && after.bytes.startsWith('\\ ') && (isMark(after.bytes) || next + 1 < lines.length)) {
    addMark(body, after.bytes);
    next++;
  }
  const hunk = buildHunk(first, counts, body, false, decode, leading);
  return { hunk, next, problem: null, problemAt: at, refused: false, kind: 'recounted' };
}

function missing(oldLeft: number, newLeft: number): string {
  return `${oldLeft} old and ${newLeft} new lines are missing`;
}

function endsHunk(lines: readonly ByteLine[], at: number): boolean {
  const bytes = lines[at]?.bytes ?? '';
  if (bytes.startsWith('@@ -') || bytes.startsWith('diff --git ') || bytes.startsWith('Index: ')) return true;
  if (bytes === '-- ' || bytes === '--') return true;
  return bytes.startsWith('--- ') && (lines[at + 1]?.bytes.startsWith('+++ ') ?? false);
}

function mendHunk(
  lines: readonly ByteLine[],
  at: number,
  counts: HunkCounts,
  first: ByteLine,
  strict: HunkOutcome,
  decode: Decode,
): HunkOutcome {
  const joined = collectBody(lines, at + 1, true);
  if (joined.wrapped > 0 && fits(joined.body, counts)) {
    return {
      hunk: buildHunk(first, counts, joined.body, true, decode),
      next: joined.next,
      problem: `${joined.wrapped} wrapped line${joined.wrapped === 1 ? '' : 's'} joined again, so that the hunk has as many lines as its header says`,
      problemAt: joined.wrappedAt,
      refused: true,
      kind: 'wrapped',
    };
  }
  const plain = collectBody(lines, at + 1, false);
  const filled = plain.body.filter((line) => line.line.bytes !== '');
  const body = fits(filled, counts) ? filled : trimmed(plain.body, counts);
  if (!body.some((line) => line.sign !== ' ')) return { ...strict, next: Math.max(plain.next, at + 1) };
  const oldCount = body.filter((line) => line.sign !== '+').length;
  const newCount = body.filter((line) => line.sign !== '-').length;
  const said = `-${counts.oldCount} +${counts.newCount}`;
  return {
    hunk: buildHunk(first, { ...counts, oldCount, newCount }, body, true, decode),
    next: plain.next,
    problem: `the hunk's header says ${said} lines, but -${oldCount} +${newCount} stand here; the counts were mended`,
    problemAt: at,
    refused: true,
    kind: 'recounted',
  };
}

function fits(body: readonly BodyLine[], counts: HunkCounts): boolean {
  let oldLeft = counts.oldCount;
  let newLeft = counts.newCount;
  for (const { sign } of body) {
    if (sign !== '+') oldLeft--;
    if (sign !== '-') newLeft--;
  }
  return oldLeft === 0 && newLeft === 0;
}

/** Blank lines at the end belong to the hunk only as far as its counts ask for them. */
function trimmed(body: BodyLine[], counts: HunkCounts): BodyLine[] {
  let end = body.length;
  const surplus = body.filter((line) => line.sign !== '+').length - counts.oldCount;
  const extra = body.filter((line) => line.sign !== '-').length - counts.newCount;
  let drop = Math.max(surplus, extra, 0);
  while (drop > 0 && end > 0 && body[end - 1]?.line.bytes === '') {
    end--;
    drop--;
  }
  return body.slice(0, end);
}

interface Collected {
  readonly body: BodyLine[];
  readonly next: number;
  readonly wrapped: number;
  readonly wrappedAt: number;
}

/** Gathers what looks like the lines of a hunk; with `join`, a line that cannot be one is taken for the rest of the line before it. */
function collectBody(lines: readonly ByteLine[], from: number, join: boolean): Collected {
  const body: BodyLine[] = [];
  let wrapped = 0;
  let wrappedAt = from;
  let next = from;
  for (; next < lines.length && !endsHunk(lines, next); next++) {
    const line = lines[next];
    if (line === undefined) break;
    const sign = line.bytes === '' ? ' ' : line.bytes.charAt(0);
    const last = body.at(-1);
    if (sign === ' ' || sign === '+' || sign === '-') body.push({ sign, line, marks: NO_MARKS });
    else if (isMark(line.bytes) && last !== undefined) addMark(body, line.bytes);
    else if (join && last !== undefined) {
      body[body.length - 1] = { ...last, line: joinLines(last.line.withBytes(`${last.line.bytes} `), line) };
      if (wrapped++ === 0) wrappedAt = next;
    } else break;
  }
  return { body, next, wrapped, wrappedAt };
}

function buildHunk(
  first: ByteLine,
  counts: HunkCounts,
  body: readonly BodyLine[],
  repaired: boolean,
  decode: Decode,
  leading: readonly string[] = [],
): Hunk {
  const lines: HunkLine[] = [];
  const marks = leading.map((raw) => ({ after: -1, raw }));
  let oldLine = counts.oldStart + (counts.oldCount === 0 ? 1 : 0);
  let newLine = counts.newStart + (counts.newCount === 0 ? 1 : 0);
  for (const { sign, line, marks: behind } of body) {
    const bytes = line.bytes.slice(1);
    const text = decode(bytes);
    const plain = line.bytes !== '' && (text === bytes ? isAscii(bytes) : encodeUtf8(text) === bytes);
    const raw = plain ? null : line.bytes;
    const noNewline = behind.length > 0;
    for (const mark of behind) marks.push({ after: lines.length, raw: mark });
    if (sign === ' ') lines.push(new ContextLine(line, text, noNewline, raw, oldLine++, newLine++));
    else if (sign === '+') lines.push(new AddedLine(line, text, noNewline, raw, newLine++));
    else lines.push(new RemovedLine(line, text, noNewline, raw, oldLine++));
  }
  const { oldStart, oldCount, newStart, newCount } = counts;
  const heading = decode(first.bytes.slice(counts.end)).trim();
  return { oldStart, oldCount, newStart, newCount, heading, lines, place: first.place, repaired, header: first.bytes, marks };
}
