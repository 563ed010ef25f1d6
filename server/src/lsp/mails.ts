// The mails of a document: an mbox gives several, anything else one. Other requests run while a large one is read.

import { setImmediate } from 'node:timers/promises';
import { Cancelled } from '../core/base/cancel.ts';
import { MboxSplitter, type MailBytes } from '../core/patch/mail/mbox.ts';
import { parseMessage } from '../core/patch/message.ts';
import type { Message } from '../core/patch/types.ts';
import { decodeCharset } from '../host/charset.ts';
import type { MailInput } from '../protocol/analysis.ts';

const encoder = new TextEncoder();

/** A message and the lines of the document that it takes; lines count from 1, the end included. */
export interface PlacedMessage {
  readonly message: Message;
  readonly line: number;
  readonly endLine: number;
}

/** So long may reading go on before other requests get their turn, in milliseconds. */
const TURN = 10;
/** So much is split at a time, in UTF-16 units or bytes. */
const PIECE = 256 * 1024;

/** Gives other requests their turn whenever one's own is over. */
class Turns {
  private since = performance.now();

  /** Rejects with `Cancelled` where `signal` was aborted meanwhile. */
  async next(signal?: AbortSignal): Promise<void> {
    if (performance.now() - this.since < TURN) return;
    await setImmediate();
    if (signal?.aborted) throw new Cancelled();
    this.since = performance.now();
  }
}

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

/** The mails of a document, read one after the other. */
export async function readMails(path: string, text: string, lineCount: number): Promise<PlacedMessage[]> {
  const mails = await split(text);
  const read: PlacedMessage[] = [];
  const turns = new Turns();
  for (const [index, { bytes, startLine, unquotedLines }] of mails.entries()) {
    const message = parseMessage(bytes, { path, startLine, unquotedLines, encoding: 'utf-8' }, { decode: decodeCharset });
    read.push({ message, line: startLine, endLine: (mails[index + 1]?.startLine ?? lineCount + 1) - 1 });
    await turns.next();
  }
  return read;
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
