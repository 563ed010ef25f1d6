// Standard input and output as a stream of messages.

import { StreamMessageReader, StreamMessageWriter } from 'vscode-languageserver/node';

/**
 * Reader and writer of this process's stdio. The process ends when the client closes the stream, and also, with a reason and status 1,
 * when the client's bytes can no longer be told apart into messages: waiting for ever would look like a server that hangs.
 * A message that is no JSON is passed over; the next one is read.
 */
export function stdioStream(): { readonly reader: StreamMessageReader; readonly writer: StreamMessageWriter } {
  const reader = new StreamMessageReader(process.stdin);
  reader.onError((error) => {
    if (error instanceof SyntaxError) return;
    const [reason = ''] = error.message.split('\n');
    process.stderr.write(`iommu-review: the client's messages cannot be read: ${reason}\n`);
    process.exit(1);
  });
  process.stdin.on('end', () => process.exit());
  process.stdin.on('close', () => process.exit());
  return { reader, writer: new StreamMessageWriter(process.stdout) };
}
