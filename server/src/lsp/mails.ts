// The mails of a document: an mbox gives several, anything else one. Other requests run while a large one is read.

import { MboxSplitter, type MailBytes } from '../core/patch/mail/mbox.ts';
import { parseMessage } from '../core/patch/message.ts';
import type { Message } from '../core/patch/types.ts';
import { decodeCharset } from '../host/charset.ts';
import { inflate } from '../host/inflate.ts';
import type { MailInput } from '../protocol/analysis.ts';
import { Turns } from './turns.ts';

const encoder = new TextEncoder();

/** The lines of the document that a mail takes, from 1, the end included, and what it says; null where it was not read. */
export interface PlacedMail {
  readonly message: Message | null;
  readonly line: number;
  readonly endLine: number;
}

/** So much is split at a time, in UTF-16 units or bytes. */
const PIECE = 256 * 1024;

/**
 * The mails of a text, as bytes for the analysis. `startLine` is the line of the opened document where the text begins. Rejects with
 * `Cancelled` where `signal` is aborted.
 */
export async function mailInputs(path: string, source: string | Uint8Array, startLine: number, signal?: AbortSignal): Promise<MailInput[]> {
  const before = startLine - 1;
  return (await split(source, signal)).map(({ bytes, startLine: line, unquotedLines }) => ({
    kind: 'mail',
    path,
    startLine: line + before,
    bytes,
    unquotedLines: unquotedLines.map((one) => one + before),
  }));
}

/**
 * Reads the mails of a document, one after the other, and gives each with its lines as soon as it is read. A mail of more than
 * `largest` bytes is given without being read: reading it would keep other requests waiting.
 */
export async function* readMails(path: string, text: string, lineCount: number, largest: number): AsyncGenerator<PlacedMail> {
  const mails = await split(text);
  const turns = new Turns();
  for (const [index, { bytes, startLine, unquotedLines }] of mails.entries()) {
    const source = { path, startLine, unquotedLines, encoding: 'utf-8' } as const;
    const message = bytes.length > largest ? null : parseMessage(bytes, source, { decode: decodeCharset, inflate });
    yield { message, line: startLine, endLine: (mails[index + 1]?.startLine ?? lineCount + 1) - 1 };
    await turns.next();
  }
}

async function split(source: string | Uint8Array, signal?: AbortSignal): Promise<MailBytes[]> {
  const splitter = new MboxSplitter();
  const mails: MailBytes[] = [];
  const turns = new Turns();
  for (let at = 0; at < source.length;) {
    const end = pieceEnd(source, at);
    mails.push(...splitter.push(typeof source === 'string' ? encoder.encode(source.slice(at, end)) : source.subarray(at, end)));
    at = end;
    await turns.next(signal);
  }
  return [...mails, ...splitter.end()];
}

/** Where the piece from `at` ends: never between the halves of a surrogate pair. */
function pieceEnd(source: string | Uint8Array, at: number): number {
  const end = Math.min(source.length, at + PIECE);
  if (typeof source !== 'string' || end === source.length) return end;
  const last = source.charCodeAt(end - 1);
  return last >= 0xd800 && last <= 0xdbff ? end - 1 : end;
}
