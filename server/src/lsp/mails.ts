// The mails of a document: an mbox gives several, anything else one.

import { setImmediate } from 'node:timers/promises';
import { MboxSplitter } from '../core/patch/mbox.ts';
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

/** The mails of a text, as bytes for the analysis. `startLine` is the line of the opened document where the text begins. */
export function mailInputs(path: string, text: string, startLine: number): MailInput[] {
  return split(text).map((mail) => ({ kind: 'mail', path, startLine: mail.startLine + startLine - 1, bytes: mail.bytes }));
}

/** So long may reading go on before other requests get their turn, in milliseconds. */
const TURN = 10;

/** The mails of a document, read one after the other; an mbox of some megabytes takes a second, and other requests run in between. */
export async function readMails(path: string, text: string, lineCount: number): Promise<PlacedMessage[]> {
  const mails = split(text);
  const read: PlacedMessage[] = [];
  let since = performance.now();
  for (const [index, { bytes, startLine }] of mails.entries()) {
    const message = parseMessage(bytes, { path, startLine, encoding: 'utf-8' }, { decode: decodeCharset });
    read.push({ message, line: startLine, endLine: (mails[index + 1]?.startLine ?? lineCount + 1) - 1 });
    if (performance.now() - since < TURN) continue;
    await setImmediate();
    since = performance.now();
  }
  return read;
}

function split(text: string): { readonly bytes: Uint8Array; readonly startLine: number }[] {
  const splitter = new MboxSplitter();
  return [...splitter.push(encoder.encode(text)), ...splitter.end()];
}
