// What git makes of a mail: headers, commit message, patch text. A reading of git mailinfo (2.39, without scissors) as a small state
// machine over raw lines; what git refuses ends up in `error`.

import { ByteLine, joinLines, LineBuilder, RawLine } from '../byteLine.ts';
import { attribute, decodeWords, fieldValue, toUtf8, type CharsetDecoder } from './headerField.ts';
import { beginsPatch, isBlankLine, isHeaderLine, isSeparator, trimEnd, trimStart, withoutCr } from './mailLines.ts';
import { decodeRawLine, type TransferEncoding } from './transfer.ts';

/** git's own limit (MAX_BOUNDARIES 5, of which the first stands for "no multipart"). */
const GIT_MAX_BOUNDARIES = 4;

/** What can be said in a header and again at the top of the body. */
export interface HeaderSet {
  from: string | null;
  subject: string | null;
  date: string | null;
}

/** One header field: the name as written, the value unfolded and with its encoded words read (a byte string), the line of its name. */
export interface HeaderField {
  readonly name: string;
  readonly value: string;
  readonly line: number;
}

export interface Mailinfo {
  readonly fields: readonly HeaderField[];
  readonly header: Readonly<HeaderSet>;
  readonly inBody: Readonly<HeaderSet>;
  /** The commit message, in UTF-8, before stripspace. */
  readonly log: readonly ByteLine[];
  /** What git apply would be given. */
  readonly patch: readonly ByteLine[];
  /** Index of the raw line at which the body begins. */
  readonly bodyStart: number;
  /** Whether the patch text begins in a part that is marked as an attachment. */
  readonly attached: boolean;
  /** Charset of the part in which the patch text begins. */
  readonly patchCharset: string;
  /** Why git mailinfo fails, and where; null where it does not. */
  readonly error: { readonly line: number; readonly message: string } | null;
  /** Text that is not of the charset that the mail claims; its bytes are kept as they are. */
  readonly charsetFaults: readonly { readonly line: number; readonly charset: string }[];
  /** True where lines of an encoded part end in CR LF, which git keeps. */
  readonly quotedCr: boolean;
}

export interface MailinfoLimits {
  /** Bytes of header that are read; the rest of the mail is then left alone. */
  readonly headerBytes: number;
  /** Parts of a multipart message that are read. */
  readonly parts: number;
  /** Multipart messages inside each other that are read. */
  readonly depth: number;
}

/** Reads one mail from its raw lines. */
export function readMailinfo(lines: readonly RawLine[], decode: CharsetDecoder, limits: MailinfoLimits): Mailinfo {
  return new MailinfoReader(lines, decode, limits).read();
}

interface Part {
  charset: string;
  encoding: TransferEncoding;
  attached: boolean;
}

class MailinfoReader implements Mailinfo {
  readonly fields: HeaderField[] = [];
  readonly header: HeaderSet = { from: null, subject: null, date: null };
  readonly inBody: HeaderSet = { from: null, subject: null, date: null };
  readonly log: ByteLine[] = [];
  readonly patch: ByteLine[] = [];
  bodyStart = 0;
  attached = false;
  patchCharset = '';
  error: { line: number; message: string } | null = null;
  readonly charsetFaults: { line: number; charset: string }[] = [];
  quotedCr = false;

  private at = 0;
  private readonly boundaries: string[] = [];
  private part: Part = { charset: '', encoding: 'none', attached: false };
  private flowed = false;
  private dropSpace = false;
  private parts = 0;
  private headerBytes = 0;
  private inHeaderStage = true;
  private inPatch = false;
  private readonly pending = new LineBuilder();
  private openHeader: string | null = null;

  constructor(
    private readonly lines: readonly RawLine[],
    private readonly decode: CharsetDecoder,
    private readonly limits: MailinfoLimits,
  ) {}

  read(): Mailinfo {
    while (this.at < this.lines.length && isBlankLine(this.lines[this.at]?.bytes ?? '')) this.at++;
    if (this.at >= this.lines.length) {
      this.fail(1, 'the mail is empty');
      return this;
    }
    const first = this.lines[this.at];
    if (first !== undefined) this.readBody(this.readHeader(trimStart(first)));
    for (const [name, value] of Object.entries(this.header)) {
      if (typeof value === 'string' && value.includes('\0')) this.fail(1, `a NUL byte in the ${name} field`);
    }
    return this;
  }

  private fail(line: number, message: string): void {
    this.error ??= { line, message };
  }

  private get current(): RawLine | undefined {
    return this.lines[this.at];
  }

  /** Reads the top header; gives the first line that belongs to the body (as git hands it on: trimmed, with a newline). */
  private readHeader(first: RawLine): RawLine {
    let line: RawLine | undefined = first;
    for (;;) {
      this.bodyStart = this.at;
      if (line === undefined) return new RawLine('', false, this.lines.at(-1)?.line ?? 1, true);
      this.at++;
      const text = trimEnd(line.bytes);
      this.bodyStart = text === '' ? this.at : this.at - 1;
      if (text === '' || !isHeaderLine(text)) return line.withBytes(text, true);
      this.takeField(this.unfold(text), line.line, true);
      line = this.current;
    }
  }

  /** Reads a part's header. git drops the blank line behind it. */
  private readPartHeader(): void {
    for (;;) {
      const line = this.current;
      if (line === undefined) return;
      this.at++;
      const text = trimEnd(line.bytes);
      if (text === '' || !isHeaderLine(text)) return;
      this.takeField(this.unfold(text), line.line, false);
    }
  }

  /** The header line with its continuation lines, each of which keeps one blank before it. */
  private unfold(first: string): string {
    const pieces = [first];
    let size = first.length;
    for (let line = this.current; line !== undefined && /^[ \t]/.test(line.bytes); line = this.current) {
      this.at++;
      size += line.bytes.length;
      if (size <= this.limits.headerBytes) pieces.push(trimEnd(` ${line.bytes.slice(1)}`));
      else this.fail(line.line, 'a header field is longer than the limit; the rest of it is left out');
    }
    return pieces.join('');
  }

  private takeField(line: string, number: number, top: boolean): void {
    this.headerBytes += line.length;
    if (this.headerBytes > this.limits.headerBytes) {
      this.fail(number, 'the header is longer than the limit; the rest of it is left out');
      return;
    }
    const colon = line.indexOf(':');
    if (colon > 0 && top && !/^>?From /.test(line)) {
      const { text } = decodeWords(fieldValue(line, line.slice(0, colon).toLowerCase()) ?? '', this.decode);
      this.fields.push({ name: line.slice(0, colon), value: text, line: number });
    }
    for (const name of ['from', 'subject', 'date'] as const) {
      if (!top && this.header[name] !== null) continue;
      const value = this.wordValue(line, name, number);
      if (value === null) continue;
      this.header[name] = value;
      return;
    }
    const type = this.wordValue(line, 'content-type', number);
    if (type !== null) return this.takeContentType(type, number);
    const encoding = this.wordValue(line, 'content-transfer-encoding', number)?.toLowerCase();
    if (encoding !== undefined) {
      this.part.encoding = encoding.includes('base64') ? 'base64' : encoding.includes('quoted-printable') ? 'quoted-printable' : 'none';
      return;
    }
    const disposition = fieldValue(line, 'content-disposition');
    if (disposition !== null) this.part.attached = /^attachment/i.test(disposition);
    else this.wordValue(line, 'message-id', number);
  }

  private wordValue(line: string, name: string, number: number): string | null {
    const value = fieldValue(line, name);
    if (value === null) return null;
    const { text, error, badCharset } = decodeWords(value, this.decode);
    if (error !== null) this.fail(number, `${error} (in the ${name} field)`);
    if (badCharset !== null) this.charsetFaults.push({ line: number, charset: badCharset });
    return text;
  }

  private takeContentType(type: string, number: number): void {
    this.flowed = attribute(type, 'format=')?.toLowerCase() === 'flowed';
    this.dropSpace = attribute(type, 'delsp=')?.toLowerCase() === 'yes';
    const boundary = attribute(type, 'boundary=');
    if (boundary !== null) {
      if (this.boundaries.length >= GIT_MAX_BOUNDARIES) this.fail(number, 'multipart messages are nested deeper than git reads them');
      if (this.boundaries.length >= this.limits.depth) return;
      this.boundaries.push(`--${boundary}`);
    }
    this.part.charset = attribute(type, 'charset=') ?? '';
  }

  private atBoundary(line: RawLine): boolean {
    const boundary = this.boundaries.at(-1);
    return boundary !== undefined && line.bytes.startsWith(boundary);
  }

  /** The next line that is a boundary of the innermost multipart; undefined at the end of the mail. */
  private findBoundary(): RawLine | undefined {
    for (let line = this.current; line !== undefined; line = this.current) {
      this.at++;
      if (this.atBoundary(line)) return line;
    }
    return undefined;
  }

  private readBody(first: RawLine): void {
    let line: RawLine | undefined = first;
    if (this.boundaries.length > 0) line = this.findBoundary();
    if (line === undefined) return;
    for (;;) {
      if (this.atBoundary(line)) {
        this.flushPending();
        const next = this.startPart(line);
        if (next === null) return;
        line = next;
      }
      this.takeRawLine(line);
      const following: RawLine | undefined = this.current;
      if (following === undefined) break;
      this.at++;
      line = following;
    }
    this.flushPending();
    this.flushHeader();
  }

  /** Handles a boundary line: gives the first line of the next part, or null where nothing follows. */
  private startPart(boundaryLine: RawLine): RawLine | null {
    let line: RawLine = boundaryLine;
    for (;;) {
      const boundary = this.boundaries.at(-1) ?? '';
      if (!line.bytes.startsWith('--', boundary.length)) break;
      this.boundaries.pop();
      this.filter(line.withBytes('', true));
      if (this.error !== null) return null;
      const next = this.findBoundary();
      if (next === undefined) return null;
      line = next;
    }
    if (++this.parts > this.limits.parts) {
      this.fail(line.line, 'the message has more parts than the limit; the rest of them is left out');
      return null;
    }
    this.part = { charset: '', encoding: 'none', attached: false };
    this.readPartHeader();
    const first = this.current;
    if (first === undefined) return null;
    this.at++;
    return first.terminated ? first : first.withBytes(first.bytes, true);
  }

  private takeRawLine(raw: RawLine): void {
    const decoded = decodeRawLine(raw, this.part.encoding);
    if (this.part.encoding === 'none') {
      for (const line of decoded) this.takeLine(line);
      return;
    }
    // git keeps one buffer for the rest of an encoded line and for flowed text; what waits there goes before the next line.
    const [head, ...rest] = decoded;
    if (head === undefined) return;
    this.pending.add(head);
    if (!head.terminated) return;
    this.takeLine(this.pending.take());
    for (const line of rest) {
      if (line.terminated) this.takeLine(line);
      else this.pending.add(line);
    }
  }

  private flushPending(): void {
    if (!this.pending.empty) this.filter(this.pending.take());
  }

  /** A whole decoded line, unflowed as git does it. */
  private takeLine(given: ByteLine): void {
    let line = given;
    if (!this.flowed) {
      this.quotedCr ||= line.terminated && line.bytes.endsWith('\r') && this.part.encoding !== 'none';
      this.filter(line);
      return;
    }
    const text = withoutCr(line);
    if (text === '-- ') {
      if (!this.pending.empty) this.filter(this.pending.take());
      this.filter(line);
      return;
    }
    const stuffed = text.startsWith(' ') ? 1 : 0;
    if (stuffed > 0) line = line.slice(1);
    if (text.length > stuffed && text.endsWith(' ')) {
      const soft = line.bytes.slice(0, text.length - stuffed - (this.dropSpace ? 1 : 0));
      this.pending.add(new ByteLine(soft, false, line.origin));
      return;
    }
    this.pending.add(line);
    this.filter(this.pending.take());
  }

  /** git's filter: the commit message until the patch begins, then the patch. */
  private filter(line: ByteLine): void {
    if (!this.inPatch && !this.takeMessageLine(line)) return;
    if (!this.inPatch) {
      this.inPatch = true;
      this.attached = this.part.attached;
      this.patchCharset = this.part.charset;
    }
    push(this.patch, line);
  }

  /** True where the line begins the patch. */
  private takeMessageLine(given: ByteLine): boolean {
    let line = given;
    if (this.inHeaderStage) {
      if (line.bytes === '') {
        if (this.openHeader !== null) {
          this.flushHeader();
          this.inHeaderStage = false;
        }
        return false;
      }
      this.inHeaderStage = this.takeInBodyHeader(line);
      if (this.inHeaderStage) return false;
    }
    const utf8 = toUtf8(line.bytes, this.part.charset, this.decode);
    if (utf8 === null) this.charsetFaults.push({ line: line.place.line, charset: this.part.charset });
    else if (utf8 !== line.bytes) line = line.withBytes(utf8);
    if (beginsPatch(line)) return true;
    push(this.log, line);
    return false;
  }

  /** Headers at the top of the body that stand for those of the mail. */
  private takeInBodyHeader(line: ByteLine): boolean {
    const text = line.bytes;
    if (this.openHeader !== null && /^[ \t]/.test(text)) {
      if (this.openHeader.length < this.limits.headerBytes) this.openHeader += text;
      return true;
    }
    this.flushHeader();
    if (/^>From(?:[ \t\r]|$)/.test(text)) return line.terminated && isSeparator(text.slice(1));
    if (/^\[PATCH\](?:[ \t\r]|$)/.test(text)) {
      this.inBody.subject = text;
      return true;
    }
    for (const name of ['from', 'subject', 'date'] as const) {
      if (this.inBody[name] !== null || fieldValue(text, name) === null) continue;
      this.openHeader = text;
      return true;
    }
    return false;
  }

  private flushHeader(): void {
    const text = this.openHeader;
    this.openHeader = null;
    if (text === null) return;
    for (const name of ['from', 'subject', 'date'] as const) {
      if (this.inBody[name] !== null) continue;
      const value = this.wordValue(text, name, 1);
      if (value === null) continue;
      this.inBody[name] = value;
      return;
    }
  }
}

/** Adds a line to a text; a last line without a newline takes the next one on. */
function push(lines: ByteLine[], line: ByteLine): void {
  const last = lines.at(-1);
  if (last !== undefined && !last.terminated) lines[lines.length - 1] = joinLines(last, line);
  else lines.push(line);
}
