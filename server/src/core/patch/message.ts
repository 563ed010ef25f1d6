// One mail, read once: what git sees in it, and what people see.

import type { Problem } from '../../protocol/report.ts';
import { byteString, escapedText, isUtf8, readableText } from './bytes.ts';
import { readArchivePage } from './mail/archivePage.ts';
import { RawLine, TextLine, type ByteLine } from './byteLine.ts';
import type { Inflate } from './diff/binaryPatch.ts';
import { parseDiff, type DiffReading } from './diff/diff.ts';
import { readGitDate } from './mail/gitDate.ts';
import { cleanSpace, cleanSubject, lineDecoder, readSender, trimSpace, type CharsetDecoder, type LineDecoder } from './mail/headerField.ts';
import { readMailinfo, type Mailinfo, type MailinfoLimits } from './mail/mailinfo.ts';
import { readMimeBody, type BodyLines, type MimeFields } from './mail/mimeBody.ts';
import { positionMap } from './mail/positions.ts';
import { recoverQuoted } from './quotes/recoverQuoted.ts';
import { stripSpace } from './mail/stripSpace.ts';
import { readSubject } from './mail/tag.ts';
import { readTrailers } from './mail/trailers.ts';
import type { GitReading, Message, Patch, PlacedLine, Refusal, SubjectTag } from './types.ts';

export interface MessageSource {
  /** The opened file, as the user named it. */
  readonly path: string;
  /** 1-based line of the file at which the mail begins. */
  readonly startLine: number;
  /** Lines of the file that lost a `>` of mbox quoting (`MailBytes.unquotedLines`), so that their columns are right. */
  readonly unquotedLines?: readonly number[];
  /** How an editor shows the file; found from the mail's own bytes where it is not given. */
  readonly encoding?: 'utf-8' | 'latin1';
}

/** The part of the outside that reading a mail needs. */
export interface MailOutside {
  decode(bytes: Uint8Array, charset: string): string | null;
  /** Unpacks zlib data of binary patches (see `Inflate`); without it their data is taken unread. */
  readonly inflate?: Inflate;
}

/** U+FEFF in UTF-8, as a byte string. */
const BYTE_ORDER_MARK = '\u00ef\u00bb\u00bf';

/** Limits of one mail; above them the rest is left out and `problems` says so. */
export const MAIL_LIMITS: MailinfoLimits = { headerBytes: 256 * 1024, parts: 1000, depth: 20 };

/**
 * Reads one mail (or a bare patch, or a page of a mail archive saved as text). Never throws: what is wrong stands in `problems`, with
 * lines of the opened file. `bytes` are the mail as it stands in the file, without mbox quoting.
 */
export function parseMessage(bytes: Uint8Array, source: MessageSource, outside: MailOutside): Message {
  const raw = byteString(bytes);
  const utf8 = source.encoding === undefined ? isUtf8(raw) : source.encoding === 'utf-8';
  const decode: CharsetDecoder = (part, charset) => outside.decode(part, charset);
  const lines = rawLines(raw, source.startLine, utf8, new Set(source.unquotedLines));
  const info = readMailinfo(lines, decode, MAIL_LIMITS);
  // git takes a header behind a byte order mark for text; people see a header.
  const marked = raw.startsWith(BYTE_ORDER_MARK);
  const seen = marked ? withoutMark(lines) : lines;
  const head = marked ? readMailinfo(seen, decode, MAIL_LIMITS) : info;
  // A real mail has an address in its From field; the top of an archive page has a name alone.
  const page = head.header.from?.includes('@') === true ? null : readArchivePage(seen);
  const field = (name: string): string | null => head.fields.find((one) => one.name.toLowerCase() === name)?.value ?? null;
  const mime: MimeFields = {
    type: field('content-type'),
    encoding: field('content-transfer-encoding'),
    disposition: field('content-disposition'),
  };
  const shown = readMimeBody(seen, head.bodyStart, mime, MAIL_LIMITS);
  const decoders = new Map<string, LineDecoder>();
  const decoderOf = (charset: string): LineDecoder => {
    const made = decoders.get(charset) ?? lineDecoder(charset, decode);
    decoders.set(charset, made);
    return made;
  };
  const body = shown.lines.map((line, charset): PlacedLine => new TextLine(decoderOf(charset)(line.bytes), line));
  const git = readGit(info, decode, outside.inflate);
  const sender = marked ? readGit(head, decode, outside.inflate).reading : git.reading;
  const subject = page?.subject ?? headerText(head.header.subject);
  const author = page?.author ?? (sender.author === '' ? null : sender.author);
  const tag = readSubject(subject).tag;
  const patch = ownPatch(info, git, decode, outside.inflate);
  const date = page?.date ?? headerText(head.header.date);
  const when = readGitDate(date ?? '');
  // What a patch mail quotes is a part of its own message, not somebody's patch with remarks.
  const recovered = patch !== null && !tag.isReply ? { quoted: null, remarks: [] } : recoverQuoted(body, subject, author);
  const inReplyTo = ids(field('in-reply-to'))[0] ?? null;
  return {
    path: source.path,
    messageId: ids(field('message-id'))[0] ?? null,
    inReplyTo,
    references: ids(field('references')),
    rawSubject: subject,
    tag,
    author,
    email: page?.email ?? (sender.email === '' ? null : sender.email),
    date,
    dateEpoch: when?.epoch ?? null,
    dateZone: when?.zone ?? null,
    kind: kindOf(patch, tag, recovered.quoted !== null),
    body,
    fields: head.fields.map((one) => ({ ...one, name: readableText(one.name), value: readableText(one.value) })),
    positions: positionMap(() => mappedLines(shown.lines, info, decode)),
    git: git.reading,
    patch,
    quoted: recovered.quoted,
    remarks: recovered.remarks,
    problems: [...messageProblems(info, raw, source.startLine), ...shown.problems],
  };
}

function kindOf(patch: Patch | null, tag: SubjectTag, quotes: boolean): Message['kind'] {
  if (tag.isReply) return 'reply';
  if (patch !== null) return 'patch';
  if (tag.part?.[0] === 0) return 'cover';
  return quotes ? 'reply' : 'other';
}

/** Splits at `\n` only. */
function rawLines(text: string, startLine: number, utf8: boolean, unquoted: ReadonlySet<number>): RawLine[] {
  const lines: RawLine[] = [];
  let line = startLine;
  for (let at = 0; at < text.length; line++) {
    const end = text.indexOf('\n', at);
    lines.push(new RawLine(text.slice(at, end < 0 ? text.length : end), end >= 0, line, utf8, unquoted.has(line)));
    if (end < 0) break;
    at = end + 1;
  }
  return lines;
}

function withoutMark(lines: readonly RawLine[]): RawLine[] {
  return lines.map((line, at) => (at === 0 ? line.withBytes(line.bytes.slice(BYTE_ORDER_MARK.length)) : line));
}

function headerText(value: string | null): string | null {
  return value === null ? null : readableText(trimSpace(cleanSpace(value)));
}

/** The ids in angle brackets of a field; a field without any gives its text. */
function ids(field: string | null): string[] {
  if (field === null) return [];
  const found = field.match(/<[^<>\s]{1,998}>/g);
  if (found !== null) return found.slice(0, 1000).map((id) => readableText(id.slice(1, -1)));
  const text = trimSpace(field);
  return text === '' || text.includes(' ') ? [] : [readableText(text)];
}

interface GitResult {
  readonly reading: GitReading;
  /** What the strict reading of the patch text gave. */
  readonly diff: DiffReading;
  readonly message: readonly PlacedLine[];
}

function readGit(info: Mailinfo, decode: CharsetDecoder, inflate: Inflate | undefined): GitResult {
  const patchSeen = info.patch.length > 0;
  const pick = (name: 'from' | 'subject' | 'date'): string | null => (patchSeen ? info.inBody[name] : null) ?? info.header[name];
  const from = pick('from');
  const sender = from === null ? null : readSender(cleanSpace(from));
  const subject = pick('subject');
  const date = pick('date');
  const when = date === null ? null : readGitDate(cleanSpace(date));
  const diff = parseDiff(info.patch, { decode: lineDecoder(info.patchCharset, decode), inflate });
  const message = stripSpace(info.log);
  const refusal: Refusal | null = info.error === null ? diff.refusal : { kind: 'bad-mail', ...info.error };
  const reading: GitReading = {
    subject: subject === null ? null : escapedText(cleanSubject(subject)),
    author: sender === null ? null : escapedText(sender.name),
    email: sender === null ? null : escapedText(sender.email),
    date: date === null ? null : escapedText(cleanSpace(date)),
    dateEpoch: when?.epoch ?? null,
    dateZone: when?.zone ?? null,
    message: message.map((line) => `${readableText(line.bytes)}\n`).join(''),
    files: refusal === null ? diff.files : [],
    refusal,
  };
  return { reading, diff, message: message.map((line) => ({ text: readableText(line.bytes), place: line.place })) };
}

/** The patch that git would take, or what can be read of one that it would refuse; null where there is none. */
function ownPatch(info: Mailinfo, git: GitResult, decode: CharsetDecoder, inflate: Inflate | undefined): Patch | null {
  const { reading, diff } = git;
  if (diff.refusal?.kind === 'no-patch') return null;
  const read =
    diff.refusal === null ? diff : parseDiff(info.patch, { repair: true, decode: lineDecoder(info.patchCharset, decode), inflate });
  const problems: Problem[] = [
    ...(reading.refusal === null ? [] : [reading.refusal]),
    ...read.problems.filter((one) => one.kind !== reading.refusal?.kind || one.line !== reading.refusal.line),
  ];
  for (const file of read.files) problems.push(...file.problems);
  return {
    origin: info.attached ? 'attachment' : 'plain',
    subject: reading.subject,
    commitMessage: git.message,
    trailers: readTrailers(git.message),
    files: read.files,
    refusal: reading.refusal,
    problems,
  };
}

function* mappedLines(
  body: BodyLines,
  info: Mailinfo,
  decode: CharsetDecoder,
): Generator<{ line: ByteLine; decode: (bytes: string) => string }> {
  const mapped = (line: ByteLine, charset: string) => ({ line, decode: lineDecoder(charset, decode) });
  yield* body.map(mapped);
  for (const line of info.patch) yield mapped(line, info.patchCharset);
}

function messageProblems(info: Mailinfo, raw: string, startLine: number): Problem[] {
  const problems: Problem[] = [];
  if (info.error !== null) problems.push({ kind: 'bad-mail', ...info.error });
  const [fault] = info.charsetFaults;
  if (fault !== undefined) {
    const others = info.charsetFaults.length - 1;
    const more = others === 0 ? '' : ` (and ${others} more)`;
    const message = `text that is not ${fault.charset === '' ? 'of its charset' : fault.charset}, as the mail says it is${more}; git am may refuse it`;
    problems.push({ kind: 'charset', line: fault.line, message });
  }
  const nul = raw.indexOf('\0');
  if (raw.startsWith(BYTE_ORDER_MARK)) {
    problems.push({
      kind: 'byte-order-mark',
      line: startLine,
      message: 'a byte order mark stands before the mail; git finds no header behind it',
    });
  }
  if (nul >= 0) problems.push({ kind: 'nul', line: startLine + countLines(raw, nul), message: 'the mail contains NUL bytes' });
  if (info.quotedCr) problems.push({ kind: 'crlf', line: null, message: 'lines of an encoded part end in CR LF; git keeps the CR' });
  return problems;
}

function countLines(text: string, end: number): number {
  let lines = 0;
  for (let at = text.indexOf('\n'); at >= 0 && at < end; at = text.indexOf('\n', at + 1)) lines++;
  return lines;
}
