// Mends the hunks of a quoted diff, so that their counts are true again: people trim quotes, and mailers break and glue lines.

import type { Problem } from '../../../protocol/report.ts';
import type { QuotedText } from './quotedText.ts';

export interface MendedDiff {
  /** The text of a diff, line by line. A line that was made up (a header) has the index and place of the line it stands before. */
  readonly lines: readonly QuotedText[];
  readonly problems: readonly Problem[];
}

interface HunkHead {
  oldStart: number;
  oldCount: number;
  newStart: number;
  newCount: number;
  readonly heading: string;
}

interface Counts {
  readonly old: number;
  readonly new: number;
}

/** Narrower lines are not taken for broken ones. */
const NARROWEST_BREAK = 46;
const HEAD = /^@@ -(\d{1,9})(?:,(\d{1,9}))? \+(\d{1,9})(?:,(\d{1,9}))? @@(.*)$/;

/**
 * Mends a quoted diff. Where a hunk's counts say that lines are missing, they are looked for first (glued to another line); what stays
 * missing was cut: at a mark such as `[...]`, between two quotes, or at the end. A hunk that was cut inside becomes two, the second with
 * the line numbers that the counts give. `fallbackPath` names the file of hunks without a header, where the diffstat knows only one.
 */
export function mendDiff(lines: readonly QuotedText[], fallbackPath: string | null): MendedDiff {
  const mended: QuotedText[] = [];
  const problems: Problem[] = [];
  let named = false;
  for (let index = 0; index < lines.length;) {
    const line = lines[index];
    if (!line) break;
    const head = readHead(line.text);
    if (head === null) {
      if (line.text.startsWith('+++ ') && !(mended.at(-1)?.text ?? '').startsWith('--- ')) {
        mended.push({ ...line, text: `--- a/${line.text.slice(4).replace(/^b\//, '')}` });
        problems.push(problem(line, 'quote-mended', 'the --- line of this file is not quoted; its name is taken from the +++ line'));
      }
      if (line.text.startsWith('diff --git ') || line.text.startsWith('+++ ')) named = true;
      mended.push(line);
      index++;
      continue;
    }
    if (!named && fallbackPath !== null) {
      mended.push({ ...line, text: `--- a/${fallbackPath}` }, { ...line, text: `+++ b/${fallbackPath}` });
      problems.push(problem(line, 'quote-mended', `the file's header is not quoted; the diffstat names only ${fallbackPath}`));
      named = true;
    }
    let end = index + 1;
    while (end < lines.length && !endsHunk(lines, end)) end++;
    mendHunk(line, head, lines.slice(index + 1, end), lines[end], mended, problems);
    index = end;
  }
  return { lines: mended, problems };
}

function readHead(text: string): HunkHead | null {
  const match = HEAD.exec(text);
  if (!match) return null;
  const count = (group: string | undefined) => (group === undefined ? 1 : Number(group));
  return {
    oldStart: Number(match[1]),
    oldCount: count(match[2]),
    newStart: Number(match[3]),
    newCount: count(match[4]),
    heading: match[5] ?? '',
  };
}

/** Whether the line begins a hunk or a file. `--- ` alone can be a deleted line; only with its `+++ ` it is a header. */
function endsHunk(lines: readonly QuotedText[], at: number): boolean {
  const text = lines[at]?.text ?? '';
  // The signature that git puts under a patch: `-- ` over its version.
  if (/^-- ?$/.test(text)) return /^(?:\s*|\d+\.\d[^\s]*)$/.test(lines[at + 1]?.text ?? '');
  if (text.startsWith('@@ -')) return HEAD.test(text);
  return text.startsWith('diff --git ') || (text.startsWith('--- ') && (lines[at + 1]?.text ?? '').startsWith('+++ '));
}

/** How many old and new lines one line of a hunk counts for. */
function weight(text: string): Counts {
  return { old: text.startsWith('+') || text.startsWith('\\') ? 0 : 1, new: text.startsWith('-') || text.startsWith('\\') ? 0 : 1 };
}

function plus(counts: Counts, text: string): Counts {
  const one = weight(text);
  return { old: counts.old + one.old, new: counts.new + one.new };
}

function count(lines: readonly QuotedText[]): Counts {
  return lines.reduce((counts, line) => plus(counts, line.text), { old: 0, new: 0 });
}

function mendHunk(
  line: QuotedText,
  head: HunkHead,
  raw: readonly QuotedText[],
  next: QuotedText | undefined,
  mended: QuotedText[],
  problems: Problem[],
): void {
  let from = 0;
  // A mailer breaks long header lines too; the tail has no sign.
  while (from < raw.length && raw[from]?.before === 'nothing' && /^[^ \u00a0+\-\\]/.test(raw[from]?.text ?? '')) from++;
  const heading = [head.heading, ...raw.slice(0, from).map((tail) => tail.text.trim())].join(' ').trimEnd();
  if (from > 0) problems.push(problem(line, 'quote-mended', 'a broken hunk header was joined'));
  mendLines(line, { ...head, heading }, raw.slice(from), next, mended, problems);
}

function mendLines(
  line: QuotedText,
  head: HunkHead,
  raw: readonly QuotedText[],
  next: QuotedText | undefined,
  mended: QuotedText[],
  problems: Problem[],
): void {
  const wanted: Counts = { old: head.oldCount, new: head.newCount };
  let lines: readonly QuotedText[] = dropTrailing(joinForeign(raw, wanted, problems), wanted);
  lines = splitGlued(lines, wanted, problems);
  lines = dropExtra(lines, wanted, problems);
  const seen = count(lines);
  const missing: Counts = { old: wanted.old - seen.old, new: wanted.new - seen.new };
  if (missing.old === 0 && missing.new === 0) {
    pushHunk(line, head, lines, seen, mended);
    return;
  }
  if (missing.old < 0 || missing.new < 0) {
    problems.push(problem(line, 'quote-mended', 'the quote has more lines than the hunk header counts; the counts follow the quote'));
    pushHunk(line, head, lines, seen, mended);
    return;
  }
  const cut = findCut(lines, next);
  const where = lines[cut.at] ?? lines.at(-1) ?? line;
  const amount = `${String(missing.old)} old and ${String(missing.new)} new lines of this hunk are not quoted`;
  if (cut.at >= lines.length) {
    problems.push(problem(where, 'quote-cut', `${amount}; the hunk ends here`));
    pushHunk(line, head, lines, seen, mended);
    return;
  }
  const guess = cut.sure ? '' : ', if nothing else was cut: the line numbers after this place are a guess';
  problems.push(problem(where, cut.sure ? 'quote-cut' : 'quote-guess', `${amount}; they stood before this line${guess}`));
  const [first, second] = [lines.slice(0, cut.at), lines.slice(cut.at)];
  const [upper, lower] = [count(first), count(second)];
  pushHunk(line, head, first, upper, mended);
  const moved = { ...head, oldStart: head.oldStart + upper.old + missing.old, newStart: head.newStart + upper.new + missing.new };
  pushHunk({ ...line, index: where.index, place: where.place }, moved, second, lower, mended);
}

/** A part that is left without any change is left out: there is nothing in it to apply, and its numbers say nothing. */
function pushHunk(line: QuotedText, head: HunkHead, lines: readonly QuotedText[], counts: Counts, mended: QuotedText[]): void {
  if (!lines.some(({ text }) => /^[+-]/.test(text))) return;
  // A header that tells the truth stays as it is.
  const truth = readHead(line.text);
  if (
    truth?.oldCount === counts.old &&
    truth.newCount === counts.new &&
    truth.oldStart === head.oldStart &&
    truth.heading === head.heading
  ) {
    mended.push(line);
    for (const one of lines) mended.push(one);
    return;
  }
  const text = `@@ -${String(head.oldStart)},${String(counts.old)} +${String(head.newStart)},${String(counts.new)} @@${head.heading}`;
  mended.push({ ...line, text });
  for (const one of lines) mended.push(one);
}

/** Lines of a hunk that begin with no sign are tails of the line above that some mailer broke without a mark. */
function joinForeign(raw: readonly QuotedText[], wanted: Counts, problems: Problem[]): QuotedText[] {
  const lines: QuotedText[] = [];
  let seen: Counts = { old: 0, new: 0 };
  for (const line of raw) {
    const last = lines.at(-1);
    const full = seen.old >= wanted.old && seen.new >= wanted.new;
    if (line.text === '' || /^[ +\-\\]/.test(line.text)) {
      lines.push(line);
      seen = plus(seen, line.text);
      continue;
    }
    // Some mailers turn blanks into no-break spaces.
    if (line.text.startsWith('\u00a0')) {
      lines.push({ ...line, text: ` ${line.text.slice(1)}` });
      seen = plus(seen, ' ');
      continue;
    }
    // A tab at the start is a context line whose sign was eaten; behind the hunk's last line anything may stand.
    if (full) break;
    if (line.text.startsWith('\t')) {
      lines.push({ ...line, text: ` ${line.text}`, place: { ...line.place, column: Math.max(1, line.place.column - 1), exact: false } });
      seen = plus(seen, ' ');
      problems.push(problem(line, 'quote-mended', 'a context line lost its blank'));
    } else if (last !== undefined && line.before === 'nothing' && columns(last.text) >= NARROWEST_BREAK) {
      lines[lines.length - 1] = {
        ...last,
        text: `${last.text.trimEnd()} ${line.text.trim()}`,
        joined: true,
        place: { ...last.place, exact: false },
      };
      problems.push(problem(line, 'quote-mended', 'a broken line was joined to the one above'));
    } else {
      problems.push(problem(line, 'quote-mended', 'a line that belongs to no diff stands in the quoted hunk'));
    }
  }
  return lines;
}

/** Two quoted lines that ended up in one, as in `+	} > +`: split where the hunk's counts ask for a line. */
function splitGlued(lines: readonly QuotedText[], wanted: Counts, problems: Problem[]): QuotedText[] {
  const seen = count(lines);
  let lacking = Math.max(wanted.old - seen.old, wanted.new - seen.new);
  const split: QuotedText[] = [];
  for (const line of lines) {
    const at = lacking > 0 ? line.text.lastIndexOf(' > ') : -1;
    const rest = line.text.slice(at + 3);
    if (at < 1 || !/^(?:[+-]\s*$|[+-]\t)/.test(rest)) {
      split.push(line);
      continue;
    }
    lacking--;
    split.push({ ...line, text: line.text.slice(0, at) });
    split.push({ ...line, text: rest.trimEnd(), place: { ...line.place, column: line.place.column + at + 3 } });
    problems.push(problem(line, 'quote-mended', 'two quoted lines stand in one; the hunk header counts them as two'));
  }
  return split;
}

/** Blank quoted lines at the end of the quote are the quoted mail's, where the hunk has enough lines without them. */
function dropTrailing(lines: readonly QuotedText[], wanted: Counts): readonly QuotedText[] {
  let seen = count(lines);
  let end = lines.length;
  while (end > 0 && lines[end - 1]?.text.trim() === '' && (seen.old > wanted.old || seen.new > wanted.new)) {
    end--;
    seen = { old: seen.old - 1, new: seen.new - 1 };
  }
  return lines.slice(0, end);
}

/** Drops what stands in a quoted hunk beyond its counts: lines behind it, blank quoted lines around remarks, and lines of other hunks. */
function dropExtra(lines: readonly QuotedText[], wanted: Counts, problems: Problem[]): readonly QuotedText[] {
  const seen = count(lines);
  if (seen.old <= wanted.old && seen.new <= wanted.new) return lines;
  // Where the quote was interrupted, one hunk can end and another begin whose header is not quoted.
  let whole = 0;
  let reached: Counts = { old: 0, new: 0 };
  for (let index = 0; index < lines.length; index++) {
    const fits = reached.old <= wanted.old && reached.new <= wanted.new;
    if (fits && lines[index]?.before !== 'nothing') whole = index;
    reached = plus(reached, lines[index]?.text ?? '');
    if (reached.old === wanted.old && reached.new === wanted.new && lines[index + 1]?.text.startsWith('\\') !== true) {
      return lines.slice(0, index + 1);
    }
  }
  const kept = dropBlanks(lines, Math.min(seen.old - wanted.old, seen.new - wanted.new), problems);
  const left = count(kept);
  const other = lines[whole];
  if ((left.old <= wanted.old && left.new <= wanted.new) || whole === 0 || other === undefined) return kept;
  problems.push(problem(other, 'quote-cut', 'the lines from here on are of another hunk, whose header is not quoted'));
  return lines.slice(0, whole);
}

function dropBlanks(lines: readonly QuotedText[], number: number, problems: Problem[]): readonly QuotedText[] {
  let excess = number;
  return lines.filter((line, index) => {
    const beside = line.before !== 'nothing' || (lines[index + 1]?.before ?? 'nothing') !== 'nothing';
    if (excess <= 0 || line.text !== '' || !beside) return true;
    excess--;
    problems.push(problem(line, 'quote-mended', 'a blank quoted line beside a remark is no line of the hunk'));
    return false;
  });
}

/** Where the missing lines stood: the index of the line behind the cut, or the number of lines for the hunk's end. */
function findCut(lines: readonly QuotedText[], next: QuotedText | undefined): { readonly at: number; readonly sure: boolean } {
  const gaps = lines.flatMap((line, index) => (line.before === 'cut' && index > 0 ? [index] : []));
  const breaks = lines.flatMap((line, index) => (line.before === 'words' && index > 0 ? [index] : []));
  // git ends a hunk with three lines of context, so a quote that ends so, or runs on into the next header, was not cut at its end.
  const contextEnd = lines.length >= 3 && lines.slice(-3).every((line) => !/^[+-]/.test(line.text));
  const whole = contextEnd || next?.before === 'nothing';
  const first = lines[0];
  if (first !== undefined && first.before === 'cut' && gaps.length === 0) return { at: 0, sure: whole };
  if (gaps.length === 1) return { at: gaps[0] ?? 0, sure: whole };
  if (gaps.length > 1) return { at: gaps[0] ?? 0, sure: false };
  if (whole && breaks.length > 0) return { at: breaks.at(-1) ?? 0, sure: breaks.length === 1 };
  return { at: lines.length, sure: true };
}

function columns(text: string): number {
  let width = 0;
  for (const char of text) width = char === '\t' ? width - (width % 8) + 8 : width + 1;
  return width;
}

function problem(line: QuotedText, kind: string, message: string): Problem {
  return { kind, line: line.place.line, message };
}
