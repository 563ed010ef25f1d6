// Finds who is quoted: "On ... NAME wrote:" lines and the "From: / Sent: / To:" blocks of Outlook.

/** Who wrote a quoted text, as its attribution says. Any part can be missing. */
export interface Speaker {
  readonly name: string | null;
  readonly email: string | null;
  /** The date as the attribution writes it. */
  readonly date: string | null;
}

export interface Attribution {
  /** Indices of its first line and the line behind its last one. */
  readonly start: number;
  readonly end: number;
  /** `above`: the text that follows is quoted one level deeper. `head`: a block of headers at the level of the text that follows. */
  readonly kind: 'above' | 'head';
  readonly speaker: Speaker;
}

export interface DepthText {
  readonly depth: number;
  readonly text: string;
}

const SAYS = /(?:^|[\s>)"'])(?:wrote|writes|said|schrieb|a écrit|ha scritto|escribió) ?:\s*$/i;
const OPENS = /^\s*(?:on|am|le|el|il|at)\s/i;
const FIELD = /^\*?(From|Sent|Date|To|Cc|Subject|Importance) ?: ?\*? ?(.*)$/i;
const ORIGINAL = /^-{2,} ?(?:Original Message|Forwarded message|Ursprüngliche Nachricht) ?-{2,}$/i;
/** An attribution takes at most this many lines. */
const LONGEST = 4;
const MAIL = /<?([\w.+-]{1,64}@[\w.-]{1,255})>?/;

/** All attributions of a body in their order. */
export function findAttributions(lines: readonly DepthText[]): readonly Attribution[] {
  const found: Attribution[] = [];
  let index = 0;
  while (index < lines.length) {
    const next = readHead(lines, index) ?? readSays(lines, index);
    if (next === null) {
      index++;
      continue;
    }
    const last = found.at(-1);
    // "Am ... at 10:00" of the next paragraph must not take in a found one.
    if (last === undefined || next.start >= last.end) found.push(next);
    index = next.end;
  }
  return found;
}

/** A block of at least From and one more field, at one depth; at depth 0 it needs a third field or an "Original Message" line. */
function readHead(lines: readonly DepthText[], start: number): Attribution | null {
  const depth = lines[start]?.depth ?? 0;
  const titled = ORIGINAL.test((lines[start]?.text ?? '').trim());
  const fields = new Map<string, string>();
  let end = titled ? start + 1 : start;
  for (; end < lines.length && lines[end]?.depth === depth; end++) {
    const text = (lines[end]?.text ?? '').trim();
    const match = FIELD.exec(text);
    if (match) {
      const name = (match[1] ?? '').toLowerCase();
      if (fields.size === 0 && name !== 'from') return null;
      if (fields.has(name)) break;
      fields.set(name, match[2] ?? '');
      continue;
    }
    // A long To, Cc or Subject goes on in the next line, without a mark of its own; a block of From and Sent alone does not.
    const list = fields.has('to') || fields.has('cc') || fields.has('subject');
    if (text === '' || !list || end - start > 12 || !looksFolded(lines, end, depth)) break;
  }
  if (fields.size < (depth === 0 && !titled ? 3 : 2)) return null;
  if (!fields.has('sent') && !fields.has('date')) return null;
  // From, Date and Subject alone are the in-body headers of a patch that its sender forwards.
  if (depth === 0 && !titled && !fields.has('sent') && !fields.has('to')) return null;
  return {
    start,
    end,
    kind: 'head',
    speaker: { ...readPerson(fields.get('from') ?? ''), date: fields.get('sent') ?? fields.get('date') ?? null },
  };
}

/** A line inside a header block that a blank line or another field ends within two lines. */
function looksFolded(lines: readonly DepthText[], at: number, depth: number): boolean {
  for (let index = at + 1; index <= at + 5; index++) {
    const line = lines[index];
    if (line?.depth !== depth) return false;
    if (line.text.trim() === '' || FIELD.test(line.text.trim())) return true;
  }
  return false;
}

function readSays(lines: readonly DepthText[], start: number): Attribution | null {
  const first = lines[start];
  if (first === undefined || first.text.trim() === '') return null;
  const opens = OPENS.test(first.text);
  let joined = '';
  for (let end = start; end < lines.length && end < start + LONGEST; end++) {
    const line = lines[end];
    if (line?.depth !== first.depth || line.text.trim() === '') return null;
    joined = joined === '' ? line.text.trim() : `${joined} ${line.text.trim()}`;
    if (joined.length > 400) return null;
    if (SAYS.test(joined)) {
      const named = MAIL.test(joined) || /\d/.test(joined);
      if (!(opens ? named : end === start && named) && !deeperFollows(lines, end + 1, first.depth)) return null;
      return { start, end: end + 1, kind: 'above', speaker: readSpeech(joined) };
    }
    if (!opens) return null;
  }
  return null;
}

function deeperFollows(lines: readonly DepthText[], from: number, depth: number): boolean {
  for (let index = from; index < lines.length && index < from + 3; index++) {
    const line = lines[index];
    if (line === undefined || line.depth > depth) return line !== undefined;
    if (line.text.trim() !== '') return false;
  }
  return false;
}

/** `On Tue, 2 Jul 2019 at 10:00, Ann Bee <ann@example.org> wrote:` */
function readSpeech(text: string): Speaker {
  const body = text.replace(SAYS, '').replace(OPENS, '').trim();
  const clock = lastTime(body);
  if (clock === 0) return { ...readPerson(body), date: null };
  const date = body.slice(0, clock).replace(/,\s*$/, '').trim();
  return { ...readPerson(body.slice(clock).replace(/^[\s,]+/, '')), date: date === '' ? null : date };
}

/** Offset just behind the date part: the last time of day with its AM, zone and bracketed zone name, or the last year. */
function lastTime(text: string): number {
  let end = 0;
  for (const match of text.matchAll(/\b\d{1,2}:\d{2}(?::\d{2})?(?: ?[AP]M)?(?: ?[+-]\d{4})?(?: \([A-Z]{2,5}\))?/gi))
    end = match.index + match[0].length;
  if (end > 0) return end;
  for (const match of text.matchAll(/\b(?:19|20)\d{2}\b(?:-\d{1,2}-\d{1,2})?/g)) end = match.index + match[0].length;
  return end;
}

/** `"Tian, Kevin" <k@example.org>`, `Ann via list <list@example.org>`, `ann at example.org`: name and address. */
function readPerson(text: string): { readonly name: string | null; readonly email: string | null } {
  const address = MAIL.exec(text);
  const email = address?.[1]?.replace(/\.$/, '') ?? null;
  const name = (address ? text.slice(0, address.index) : text)
    .replace(/\[mailto:?.*$/i, '')
    .replace(/["'<>]/g, '')
    .replace(/ via [\w.-]+\s*$/, '')
    .split(/\s+/)
    .filter((word) => word !== '' && word !== ',')
    .join(' ');
  return { name: name === '' ? null : name.endsWith(',') ? name.slice(0, -1) : name, email };
}
