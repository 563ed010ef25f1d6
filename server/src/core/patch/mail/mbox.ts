// Splits a stream of bytes into mails: mbox in its common dialects, or one mail (or bare patch) that is the whole stream.

import { isDigit } from '../bytes.ts';

/** One mail of a stream. */
export interface MailBytes {
  /** The mail as it was before it was put into the mbox, with its `From ` line. */
  readonly bytes: Uint8Array;
  /** 1-based line of the stream at which it begins. */
  readonly startLine: number;
  /** Lines of the stream that lost one `>` of mboxrd quoting: their columns in the opened file are one more. */
  readonly unquotedLines: readonly number[];
  /** True where the mail was longer than the limit and its rest was left out. */
  readonly truncated: boolean;
}

export interface MboxLimits {
  /** Bytes kept of one mail. */
  readonly mailBytes: number;
}

export const MBOX_LIMITS: MboxLimits = { mailBytes: 64 * 1024 * 1024 };

/** No separator line is longer; a longer line is passed on without waiting for its end. */
const LONGEST_SEPARATOR = 4096;
const NEWLINE = 10;
const GREATER = 62;

/**
 * Fed with chunks of any size, gives whole mails as soon as the next one begins. A stream whose first line is no mbox separator is one
 * mail, untouched. Separators are those of git mailsplit: `From `, a time of day and a year; no blank line is needed before them.
 * `>From ` loses one `>` (mboxrd; mboxo quotes the same way).
 */
export class MboxSplitter {
  private parts: Uint8Array[] = [];
  private size = 0;
  private truncated = false;
  private startLine = 1;
  private line = 1;
  private unquoted: number[] = [];
  private held = new Uint8Array(0);
  private insideLine = false;
  private isMbox: boolean | null = null;

  constructor(private readonly limits: MboxLimits = MBOX_LIMITS) {}

  /** Takes the next bytes; gives the mails that ended in them. The chunk may be reused by the caller afterwards. */
  push(chunk: Uint8Array): MailBytes[] {
    const done: MailBytes[] = [];
    let bytes = chunk;
    if (this.held.length > 0) {
      bytes = new Uint8Array(this.held.length + chunk.length);
      bytes.set(this.held);
      bytes.set(chunk, this.held.length);
      this.held = new Uint8Array(0);
    }
    let from = 0;
    let at = 0;
    while (at < bytes.length) {
      const newline = bytes.indexOf(NEWLINE, at);
      if (newline < 0) {
        if (!this.insideLine && couldMatter(bytes, at)) {
          this.keep(bytes.subarray(from, at));
          this.held = bytes.slice(at);
          return done;
        }
        this.insideLine = true;
        break;
      }
      if (!this.insideLine) {
        const kept = this.startOfLine(bytes, at, newline, from, done);
        from = kept;
      }
      this.insideLine = false;
      this.line++;
      at = newline + 1;
    }
    this.keep(bytes.subarray(from));
    return done;
  }

  /** Ends the stream; gives its last mail. An empty stream has none. */
  end(): MailBytes[] {
    const done: MailBytes[] = [];
    if (this.held.length > 0) {
      const bytes = this.held;
      this.held = new Uint8Array(0);
      this.keep(bytes.subarray(this.startOfLine(bytes, 0, bytes.length, 0, done)));
    }
    this.finish(done);
    return done;
  }

  /** Looks at the line from `at` to `end`; gives the index from which bytes are still to be kept. */
  private startOfLine(bytes: Uint8Array, at: number, end: number, from: number, done: MailBytes[]): number {
    const first = bytes[at];
    if (this.isMbox === null) this.isMbox = first === 70 && isSeparator(bytes, at, end);
    if (!this.isMbox) return from;
    if (first === GREATER && isQuotedFrom(bytes, at, end)) {
      this.keep(bytes.subarray(from, at));
      this.unquoted.push(this.line);
      return at + 1;
    }
    if (first !== 70 || this.line === this.startLine || !isSeparator(bytes, at, end)) return from;
    this.keep(bytes.subarray(from, at));
    this.finish(done);
    this.startLine = this.line;
    return at;
  }

  private keep(bytes: Uint8Array): void {
    const room = this.limits.mailBytes - this.size;
    if (bytes.length > room) this.truncated = true;
    const kept = bytes.slice(0, Math.max(0, room));
    if (kept.length === 0) return;
    this.parts.push(kept);
    this.size += kept.length;
  }

  private finish(done: MailBytes[]): void {
    if (this.size === 0) return;
    const bytes = new Uint8Array(this.size);
    let at = 0;
    for (const part of this.parts) {
      bytes.set(part, at);
      at += part.length;
    }
    done.push({ bytes, startLine: this.startLine, unquotedLines: this.unquoted, truncated: this.truncated });
    this.parts = [];
    this.size = 0;
    this.unquoted = [];
    this.truncated = false;
  }
}

/** Whether the unfinished line at `at` could still turn out to be a separator or a quoted one. */
function couldMatter(bytes: Uint8Array, at: number): boolean {
  const first = bytes[at];
  return (first === 70 || first === GREATER) && bytes.length - at <= LONGEST_SEPARATOR;
}

function isFrom(bytes: Uint8Array, at: number): boolean {
  return bytes[at] === 70 && bytes[at + 1] === 114 && bytes[at + 2] === 111 && bytes[at + 3] === 109 && bytes[at + 4] === 32;
}

function isQuotedFrom(bytes: Uint8Array, at: number, end: number): boolean {
  let next = at;
  while (next < end && bytes[next] === GREATER) next++;
  return next + 5 <= end && isFrom(bytes, next);
}

/** `From `, and at the last colon a time (`hh:mm:ss` or `h:mm`) with a year above 90 behind it; as git mailsplit decides. */
function isSeparator(bytes: Uint8Array, at: number, end: number): boolean {
  if (end - at < 19 || end - at > LONGEST_SEPARATOR || !isFrom(bytes, at)) return false;
  let colon = end - 2;
  while (colon > at + 5 && bytes[colon] !== 58) colon--;
  if (bytes[colon] !== 58) return false;
  for (const near of [-4, -2, -1, 1, 2]) if (!isDigit(bytes[colon + near] ?? 0)) return false;
  let next = colon + 3;
  while (next < end && (bytes[next] === 32 || bytes[next] === 9)) next++;
  let year = 0;
  for (; next < end && isDigit(bytes[next] ?? 0); next++) year = Math.min(year * 10 + (bytes[next] ?? 48) - 48, 1e6);
  return year > 90;
}
