// Mails out of a stream of bytes, each as soon as it has ended.

import { MboxSplitter, type MailBytes } from '../../core/patch/mail/mbox.ts';
import { ReadStop } from './unpack.ts';

/**
 * The mails of a stream: those of an mbox, or the whole of it as one mail or patch. Where the stream breaks off, what came before is
 * given, and then the ReadStop that says why is thrown. A mail of more than `mailBytes` is cut
 * there (`truncated`).
 */
export async function* mailsOf(source: AsyncIterable<Uint8Array>, mailBytes: number): AsyncGenerator<MailBytes> {
  const splitter = new MboxSplitter({ mailBytes });
  let stop: ReadStop | null = null;
  try {
    for await (const chunk of source) yield* splitter.push(chunk);
  } catch (error) {
    if (!(error instanceof ReadStop)) throw error;
    stop = error;
  }
  yield* splitter.end();
  if (stop !== null) throw stop;
}
