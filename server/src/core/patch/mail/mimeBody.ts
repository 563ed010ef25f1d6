// The body of a mail for people: the text parts of a MIME message (RFC 2045, 2046), decoded, line by line. Unlike git's view it leaves
// out pictures and other parts that nobody reads as text, and keeps the line breaks of flowed text, so that quotes stay line by line.

import type { Problem } from '../../../protocol/report.ts';
import { isGitSpace } from '../bytes.ts';
import { LineBuilder, type ByteLine, type RawLine } from '../byteLine.ts';
import { readParameters } from './parameters.ts';
import { decodeRawLine, type TransferEncoding } from './transfer.ts';

/** Lines of text and the charset that the part of each names; empty where it names none. */
export class BodyLines {
  private readonly lines: ByteLine[] = [];
  /** The index in `lines` from which on each charset holds: parts are few, lines are many. */
  private readonly charsets: { readonly from: number; readonly charset: string }[] = [];

  get length(): number {
    return this.lines.length;
  }

  add(line: ByteLine, charset: string): void {
    if (this.charsets.at(-1)?.charset !== charset) this.charsets.push({ from: this.lines.length, charset });
    this.lines.push(line);
  }

  /** What `make` gives for each line, in order. */
  map<T>(make: (line: ByteLine, charset: string) => T): T[] {
    let run = -1;
    return this.lines.map((line, at) => {
      if (this.charsets[run + 1]?.from === at) run++;
      return make(line, this.charsets[run]?.charset ?? '');
    });
  }
}

export interface MimeBody {
  readonly lines: BodyLines;
  readonly problems: readonly Problem[];
}

export interface MimeLimits {
  /** Parts that are read. */
  readonly parts: number;
  /** Multipart messages inside each other that are read. */
  readonly depth: number;
  /** Bytes of a part's header that are read. */
  readonly headerBytes: number;
}

/** The header fields of a message or part that say how to read it; null where they are not there. */
export interface MimeFields {
  type: string | null;
  encoding: string | null;
  disposition: string | null;
}

/** Names of attachments that people read, whatever their type says. */
const TEXT_FILE = /\.(?:patch|diff|txt|eml|mbox)$/i;

/** Types that call themselves text or a message and are data for programs: invitations, address cards, style sheets, reports of mailers. */
const NO_PROSE =
  /^(?:text\/(?:calendar|css|directory|javascript|richtext|enriched|rtf|rfc822-headers|vcard|x-vcard|xml)|message\/(?:delivery-status|disposition-notification|external-body|feedback-report|partial))$/;

interface Part {
  readonly readable: boolean;
  readonly html: boolean;
  readonly charset: string;
  readonly encoding: TransferEncoding;
  readonly flowed: boolean;
  readonly boundary: string | null;
}

/** Reads the body that begins at line `start`; `fields` are those of the message itself. */
export function readMimeBody(lines: readonly RawLine[], start: number, fields: MimeFields, limits: MimeLimits): MimeBody {
  return new BodyReader(lines, start, limits).read(fields);
}

const IGNORED: Part = { readable: false, html: false, charset: '', encoding: 'none', flowed: false, boundary: null };

class BodyReader {
  private readonly text = new BodyLines();
  private readonly html = new BodyLines();
  private readonly problems: Problem[] = [];
  private readonly boundaries: string[] = [];
  private readonly piece = new LineBuilder();
  private part: Part = IGNORED;
  private parts = 0;

  constructor(
    private readonly lines: readonly RawLine[],
    private at: number,
    private readonly limits: MimeLimits,
  ) {}

  read(fields: MimeFields): MimeBody {
    this.enter(partOf(fields), this.at);
    while (this.at < this.lines.length) {
      const line = this.lines[this.at];
      if (line === undefined) break;
      const which = this.boundaries.length > 0 && line.bytes.startsWith('--') ? this.boundaryAt(line.bytes) : null;
      this.at++;
      if (which === null) {
        if (this.part.readable) this.take(line);
        continue;
      }
      this.leave();
      this.boundaries.length = which.end ? which.index : which.index + 1;
      if (which.end) continue;
      if (++this.parts > this.limits.parts) {
        this.problems.push({
          kind: 'limit',
          line: line.line,
          message: `the mail has more than ${this.limits.parts} parts; the rest is left out`,
        });
        break;
      }
      this.enter(partOf(this.readHeader()), this.at);
    }
    this.leave();
    // A mail that comes as text and as HTML is read once.
    if (this.text.length > 0 || this.html.length === 0) return { lines: this.text, problems: this.problems };
    const [line] = this.html.map((one) => one.place.line);
    return {
      lines: this.html,
      problems: [...this.problems, { kind: 'html', line: line ?? null, message: 'the mail has no plain text, only HTML' }],
    };
  }

  private enter(part: Part, at: number): void {
    this.part = part;
    if (part.boundary === null) return;
    this.part = IGNORED;
    if (this.boundaries.length < this.limits.depth) this.boundaries.push(`--${part.boundary}`);
    else
      this.problems.push({
        kind: 'limit',
        line: this.lines[at]?.line ?? null,
        message: `multipart messages are nested deeper than ${this.limits.depth}`,
      });
  }

  /** Ends a part: what is left of an encoded line is a line. */
  private leave(): void {
    if (!this.piece.empty) this.keep(this.piece.take());
    this.part = IGNORED;
  }

  /** Which boundary the line is; the innermost first. */
  private boundaryAt(bytes: string): { index: number; end: boolean } | null {
    for (let index = this.boundaries.length - 1; index >= 0; index--) {
      const boundary = this.boundaries[index] ?? '';
      if (!bytes.startsWith(boundary)) continue;
      const end = bytes.startsWith('--', boundary.length);
      if (isBlankFrom(bytes, boundary.length + (end ? 2 : 0))) return { index, end };
    }
    return null;
  }

  private readHeader(): MimeFields {
    const fields: MimeFields = { type: null, encoding: null, disposition: null };
    let name: keyof MimeFields | null = null;
    let size = 0;
    for (; this.at < this.lines.length; this.at++) {
      const bytes = this.lines[this.at]?.bytes ?? '';
      if (isBlankFrom(bytes, 0)) {
        this.at++;
        break;
      }
      size += bytes.length;
      if (size > this.limits.headerBytes) continue;
      if (isGitSpace(bytes.charCodeAt(0))) {
        if (name !== null) fields[name] = `${fields[name] ?? ''} ${bytes.trim()}`;
        continue;
      }
      const colon = bytes.indexOf(':');
      // A part without a header, as some mailers write it: what stands here is its text.
      if (colon <= 0 || /[ \t]/.test(bytes.slice(0, colon))) break;
      const field = FIELDS.get(bytes.slice(0, colon).toLowerCase());
      name = field ?? null;
      if (field !== undefined) fields[field] = bytes.slice(colon + 1).trim();
    }
    return fields;
  }

  private take(raw: RawLine): void {
    // A mail that is kept with CR LF: the soft line break of quoted-printable stands before the CR.
    const soft = this.part.encoding === 'quoted-printable' && raw.bytes.endsWith('=\r');
    for (const line of decodeRawLine(soft ? raw.withBytes(raw.bytes.slice(0, -1)) : raw, this.part.encoding)) {
      if (line.terminated && this.piece.empty) this.keep(line);
      else {
        this.piece.add(line);
        if (line.terminated) this.keep(this.piece.take());
      }
    }
  }

  private keep(line: ByteLine): void {
    const stuffed = this.part.flowed && line.bytes.startsWith(' ');
    (this.part.html ? this.html : this.text).add(stuffed ? line.slice(1) : line, this.part.charset);
  }
}

const FIELDS: ReadonlyMap<string, keyof MimeFields> = new Map([
  ['content-type', 'type'],
  ['content-transfer-encoding', 'encoding'],
  ['content-disposition', 'disposition'],
]);

function isBlankFrom(bytes: string, from: number): boolean {
  for (let at = from; at < bytes.length; at++) if (!isGitSpace(bytes.charCodeAt(at))) return false;
  return true;
}

function partOf(fields: MimeFields): Part {
  const field = fields.type ?? 'text/plain';
  const type = (/^[^;, \t]*/.exec(field)?.[0] ?? '').toLowerCase();
  const parameters = readParameters(field);
  const file = readParameters(fields.disposition ?? '').get('filename') ?? parameters.get('name') ?? '';
  const encoding = fields.encoding?.toLowerCase() ?? '';
  const multipart = type.startsWith('multipart/') ? (parameters.get('boundary') ?? '') : '';
  return {
    readable: TEXT_FILE.test(file) || !type.includes('/') || (/^(?:text|message)\//.test(type) && !NO_PROSE.test(type)),
    html: type === 'text/html',
    charset: parameters.get('charset') ?? '',
    encoding: encoding.includes('base64') ? 'base64' : encoding.includes('quoted-printable') ? 'quoted-printable' : 'none',
    flowed: parameters.get('format')?.toLowerCase() === 'flowed',
    boundary: multipart === '' ? null : multipart,
  };
}
