// Reads the trailers at the end of a commit message: `Signed-off-by: A <a@b>` and its kin.

import type { PlacedLine, Trailer } from '../types.ts';

/** Names that make a line a trailer wherever the last paragraphs hold it (Documentation/process/submitting-patches.rst, 6.12). */
const KNOWN =
  /^(?:signed-off-by|acked-by|reviewed-by|tested-by|reported-by|suggested-by|co-developed-by|fixes|closes|link|cc|debugged-by|originally-by|bisected-by|reported-and-tested-by|change-id|message-id|based-on-patch-by|cherry-picked-from)$/i;
const NAME = /^([A-Za-z][A-Za-z0-9-]{0,60}):[ \t]+(\S.*)$/;

/**
 * The trailers of a commit message in their order, from its last paragraphs: a paragraph counts when every line of it is a trailer,
 * a continuation (begins with a blank) or a note in brackets, and at least one trailer has a name that the kernel knows.
 * A continuation is joined to its trailer's value with one blank. An empty message has none.
 */
export function readTrailers(message: readonly PlacedLine[]): readonly Trailer[] {
  let end = message.length;
  let found: Trailer[] = [];
  for (;;) {
    while (end > 0 && blank(message[end - 1])) end--;
    let start = end;
    while (start > 0 && !blank(message[start - 1])) start--;
    if (start === end) return found;
    const trailers = readParagraph(message.slice(start, end));
    if (trailers === null) return found;
    found = [...trailers, ...found];
    end = start;
  }
}

function blank(line: PlacedLine | undefined): boolean {
  return line === undefined || line.text.trim() === '';
}

function readParagraph(lines: readonly PlacedLine[]): Trailer[] | null {
  const trailers: Trailer[] = [];
  let known = false;
  for (const line of lines) {
    const match = NAME.exec(line.text);
    if (match) {
      const name = match[1] ?? '';
      known ||= KNOWN.test(name);
      trailers.push({ name, value: (match[2] ?? '').trimEnd(), place: line.place });
      continue;
    }
    if (/^\[.*\]\s*$/.test(line.text) || line.text.startsWith('(cherry picked from commit ')) continue;
    const last = trailers.pop();
    if (last === undefined || !/^[ \t]/.test(line.text)) return null;
    trailers.push({ ...last, value: `${last.value} ${line.text.trim()}` });
  }
  return known ? trailers : null;
}
