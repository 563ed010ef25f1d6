// What each line of a mail's body is: whose words, how deep quoted, and in which role.

import type { MailPlace, PlacedLine } from '../types.ts';
import type { Attribution, DepthText, Speaker } from './attribution.ts';
import { findAttributions } from './attribution.ts';
import { markLines } from './quoteMarks.ts';
import { closingStart, footerStart, headEnd, isGreeting } from './signoff.ts';
import { guessDepths } from './undress.ts';

/** `dress`: what a list or an archive puts around a mail. `range`: a fence around the quote that a remark is about. */
export type LineRole = 'text' | 'blank' | 'attribution' | 'ellipsis' | 'range' | 'greeting' | 'signature' | 'dress';

export interface QuoteLine {
  /** 0 for the message's own words, 1 for what it quotes, 2 for what the quoted mail quoted, ... */
  readonly depth: number;
  /** The text behind the quote marks, and the place of its first character. */
  readonly text: string;
  readonly place: MailPlace;
  readonly role: LineRole;
  /** True where a mailer broke the quoted line above and this is its tail. */
  readonly joins: boolean;
  /** Index in `speakers`; null for own lines, and where no attribution says who. */
  readonly speaker: number | null;
}

export interface QuoteLayout {
  /** One a body line, in order. */
  readonly lines: readonly QuoteLine[];
  readonly speakers: readonly Speaker[];
  /** `lost`: the marks are gone and the depths are guesses. `none`: nothing is quoted. */
  readonly marks: 'kept' | 'lost' | 'none';
}

interface Draft {
  depth: number;
  text: string;
  place: MailPlace;
  role: LineRole;
  joins: boolean;
  speaker: number | null;
  /** Width of the raw line, tabs as eight. */
  width: number;
}

const ELLIPSIS =
  /^(?:\[ ?(?:\.{2,}|…|snip\w*|cut|trimmed|deleted|skipped)[^\]]{0,40}\]|<\s?snip\w*\s?>|\(\.\.\.\)|-+ ?(?:8<|>8|✂)[ ->8<]*|snip|\.{3,4}|…)$/i;
/** Lines that fence the quote that a remark is about, as in `--- start ---`. */
const RANGE = /^[-=*<[ ]{2,20}(?:start|begin|end|stop)[-=*>\] ]{2,20}$/i;
/** A mailer breaks lines at about this width; narrower lines are not taken for broken ones. */
const NARROWEST_BREAK = 60;
const LONGEST_TAIL = 44;

/**
 * Lays out a decoded body. `author` is the message's author, to know a name alone for a signature; null where unknown.
 * Never fails: a body without quotes is all own text.
 */
export function layOutQuotes(body: readonly PlacedLine[], author: string | null): QuoteLayout {
  const texts = body.map((line) => (line.text.endsWith('\r') ? line.text.slice(0, -1) : line.text));
  const drafts = markLines(texts).map((mark, index): Draft => {
    const line = body[index];
    const text = texts[index] ?? '';
    const place = line?.place ?? { line: 1, column: 1, exact: false };
    return {
      depth: mark.depth,
      text: text.slice(mark.start),
      place: mark.start === 0 ? place : { ...place, column: place.column + mark.start },
      role: text.slice(mark.start).trim() === '' ? 'blank' : 'text',
      joins: false,
      speaker: null,
      width: width(text),
    };
  });
  if (drafts.some((line) => line.depth > 0)) joinBroken(drafts);
  const attributions = findAttributions(drafts.map((line): DepthText => (line.joins ? { depth: line.depth, text: '' } : line)));
  const marks = liftUnmarked(drafts, attributions);
  const speakers = assignSpeakers(drafts, attributions);
  assignRoles(drafts, author);
  return { lines: drafts, speakers, marks };
}

function width(text: string): number {
  let columns = 0;
  for (const char of text) columns = char === '\t' ? columns - (columns % 8) + 8 : columns + 1;
  return columns;
}

/** Finds the tails of quoted lines that a mailer broke: one short line of less depth inside a deeper stretch, whose first word did not fit above. */
function joinBroken(lines: readonly Draft[]): void {
  for (let index = 1; index + 1 < lines.length; index++) {
    const [above, line, below] = [lines[index - 1], lines[index], lines[index + 1]];
    if (!above || !line || !below || line.role !== 'text' || above.role !== 'text') continue;
    if (line.depth >= above.depth || line.text.length > LONGEST_TAIL || above.joins) continue;
    if (below.depth < above.depth && !(below.role === 'blank' && below.depth === above.depth - 1 && line.depth > 0)) continue;
    const word = /^\s*\S+/.exec(line.text)?.[0].trim().length ?? 0;
    const limit = line.depth > 0 ? NARROWEST_BREAK + 4 : NARROWEST_BREAK + 12;
    if (above.width < NARROWEST_BREAK - 12 || above.width + 1 + word < limit) continue;
    line.depth = above.depth;
    line.joins = true;
  }
}

/** Gives depths to quotes without marks: a body that lost them all, and the mail under the header block of a top-posted answer. */
function liftUnmarked(lines: readonly Draft[], attributions: readonly Attribution[]): QuoteLayout['marks'] {
  const marked = lines.some((line) => line.depth > 0);
  if (marked) {
    // Below an unmarked header block everything is quoted, and what carries marks there is quoted by the quoted mail.
    const top = attributions.find((one) => one.kind === 'head' && lines[one.start]?.depth === 0);
    if (top) for (let index = top.end; index < lines.length; index++) lift(lines[index], 1);
    return 'kept';
  }
  const first = attributions[0];
  if (first === undefined) return 'none';
  let levels = 0;
  let from = first.start;
  for (const one of attributions) {
    if (lines.slice(from, one.start).some((line) => line.role !== 'blank')) break;
    for (let index = one.start; index < one.end; index++) lift(lines[index], levels);
    levels++;
    from = one.end;
  }
  const depths = guessDepths(
    lines.map((line) => line.text),
    from,
    levels,
  );
  for (let index = from; index < lines.length; index++) lift(lines[index], depths[index] ?? 0);
  const footer = footerStart(lines.map((line) => line.text));
  const tail = closingStart(
    lines.slice(0, footer).map((line) => line.text),
    null,
  );
  for (let index = Math.min(tail, footer); index < lines.length; index++) {
    const line = lines[index];
    if (line) line.depth = 0;
  }
  return 'lost';
}

function lift(line: Draft | undefined, by: number): void {
  if (line) line.depth += by;
}

function assignSpeakers(lines: readonly Draft[], attributions: readonly Attribution[]): Speaker[] {
  const speakers: Speaker[] = [];
  /** Who speaks at each depth now. */
  const current: (number | null)[] = [];
  const starts = new Map(attributions.map((one) => [one.start, one]));
  let open: Attribution | null = null;
  for (let index = 0; index < lines.length; index++) {
    const line = lines[index];
    if (!line) continue;
    const started = starts.get(index);
    if (started) {
      open = started;
      const depth = started.kind === 'above' || line.depth === 0 ? line.depth + 1 : line.depth;
      current.length = Math.min(current.length, depth);
      while (current.length < depth) current.push(null);
      current[depth] = speakers.length;
      speakers.push(started.speaker);
    }
    if (open && index < open.end) line.role = 'attribution';
    else line.speaker = line.depth === 0 ? null : (current[line.depth] ?? null);
  }
  return speakers;
}

function assignRoles(lines: readonly Draft[], author: string | null): void {
  const head = headEnd(lines.slice(0, 16).map((line) => (line.depth === 0 ? line.text : '>')));
  for (const line of lines.slice(0, head)) if (line.role !== 'blank') line.role = 'dress';
  hidePages(lines);
  let fresh = true;
  let quoted = false;
  for (const line of lines) {
    quoted ||= line.depth > 0;
    if (line.role === 'attribution') fresh = true;
    if (line.role !== 'text') continue;
    const text = line.text.trim();
    if (ELLIPSIS.test(text)) line.role = 'ellipsis';
    else if (line.depth === 0 && RANGE.test(text)) line.role = 'range';
    else if ((fresh || !quoted) && isGreeting(text)) line.role = 'greeting';
    fresh &&= line.role === 'greeting';
  }
  lines.forEach((line, index) => {
    // In own words a `[...]` between own lines is a part of what they show.
    if (line.role === 'ellipsis' && line.depth === 0 && isOwn(lines, index, -1) && isOwn(lines, index, 1)) line.role = 'text';
  });
  const footer = footerStart(lines.map((line) => (line.depth === 0 ? line.text : '>')));
  for (let index = footer; index < lines.length; index++) {
    const line = lines[index];
    if (line?.depth === 0 && line.role !== 'blank') line.role = 'dress';
  }
  for (let start = 0; start < footer;) {
    let end = start;
    while (end < footer && lines[end]?.depth === 0) end++;
    if (end > start) {
      const run = lines.slice(start, end);
      const closing = closingStart(
        run.map((line) => line.text),
        author,
      );
      for (const line of run.slice(closing)) if (line.role === 'text') line.role = 'signature';
    }
    start = Math.max(end, start + 1);
  }
}

/** Whether the next line with content above (-1) or below (1) is the author's own. */
function isOwn(lines: readonly Draft[], from: number, step: 1 | -1): boolean {
  let index = from + step;
  while (lines[index]?.role === 'blank' && lines[index]?.depth === 0) index += step;
  const line = lines[index];
  return line !== undefined && line.depth === 0 && line.role === 'text';
}

/** A page of HTML in the body repeats the mail for mail programs; nobody quotes it or reads it. */
function hidePages(lines: readonly Draft[]): void {
  let inside = false;
  for (const line of lines) {
    const text = line.depth === 0 ? line.text.trimStart().slice(0, 15).toLowerCase() : '';
    inside ||= text.startsWith('<html') || text.startsWith('<!doctype html');
    if (inside && line.role !== 'blank') line.role = 'dress';
    if (text.startsWith('</html>')) inside = false;
  }
}
