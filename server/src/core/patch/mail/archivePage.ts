// Pages of mail archives that people save or copy as text: no real headers, but a title, a sender and a date at the top.

import { readableText } from '../bytes.ts';
import type { RawLine } from '../byteLine.ts';

export interface ArchivePage {
  readonly subject: string | null;
  readonly author: string | null;
  readonly email: string | null;
  readonly date: string | null;
}

/** How many lines at the top are looked at. */
const HEAD_LINES = 12;
const DATE =
  /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) (?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) {1,2}\d{1,2} \d{2}:\d{2}:\d{2} (?:[A-Z]{1,5} )?\d{4}$/;

/**
 * Reads the top of an archive page: a title line, then `From: NAME` and `Date: ...`, or `NAME ADDRESS at HOST` over a bare date. Null
 * where the text has no such top.
 */
export function readArchivePage(lines: readonly RawLine[]): ArchivePage | null {
  const head = lines.slice(0, HEAD_LINES).map((line) => readableText(line.bytes.slice(0, 1000)).trim());
  const first = head.findIndex((text) => text !== '');
  if (first < 0) return null;
  let from: string | null = null;
  let date: string | null = null;
  for (let at = first; at < head.length; at++) {
    const text = head[at] ?? '';
    if (from === null && text.startsWith('From: ')) from = text.slice(6).trim();
    else if (date === null && text.startsWith('Date: ')) date = text.slice(6).trim();
    else if (from === null && date === null && DATE.test(text) && at > first && head[at - 1] !== '') {
      date = text;
      from = head[at - 1] ?? null;
    }
  }
  if (from === null || date === null) return null;
  const title = head[first] ?? '';
  const subject = title.startsWith('From: ') ? null : title.replace(/^Subject: */, '');
  return { subject, ...senderOf(from), date };
}

/** `NAME <ADDRESS>`, `NAME ADDRESS at HOST`, or a name alone. */
function senderOf(text: string): { author: string; email: string | null } {
  const bracketed = /^([^<>]{1,200})<([^<>]{1,200})>$/.exec(text);
  if (bracketed !== null) return { author: (bracketed[1] ?? '').trim(), email: (bracketed[2] ?? '').replace(' at ', '@') };
  const dressed = / ([^ @]{1,100}) at ([^ @]{1,100}\.[^ @]{1,20})$/.exec(text);
  if (dressed !== null) return { author: text.slice(0, dressed.index).trim(), email: `${dressed[1] ?? ''}@${dressed[2] ?? ''}` };
  return { author: text, email: null };
}
