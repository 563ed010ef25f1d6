// An analysis process for tests of the pool: it speaks the same messages, and does what the mail's text says.
import { writeFileSync, writeSync } from 'node:fs';
import { createHash } from 'node:crypto';

const quarantined = new Set();
const grown = { type: 'indexed', records: [], rss: 400 * 1024 * 1024 };
let served = 0;

/** Whether the file that the text names was not there; it is made. */
function isFirst(file) {
  try {
    writeFileSync(file, '', { flag: 'wx' });
    return true;
  } catch {
    return false;
  }
}

function parse(text) {
  const sha1 = createHash('sha1').update(text).digest('hex');
  if (quarantined.has(sha1)) return 'quarantined';
  writeSync(4, `+${sha1}\n`);
  if (text.includes('abort-in-parser')) process.kill(process.pid, 'SIGSEGV');
  if (text.includes('killed-in-parser')) process.kill(process.pid, 'SIGKILL');
  const [, file] = text.split('killed-once-in-parser ');
  if (file !== undefined && isFirst(file)) process.kill(process.pid, 'SIGKILL');
  if (text.includes('hang-in-parser')) for (;;);
  writeSync(4, '-\n');
  return 'parsed';
}

process.on('message', (request) => {
  if (request.type === 'configure') {
    if (request.configure.kernel === 'unusable') {
      process.send({ type: 'unusable', message: 'no parser' });
      process.disconnect();
      return;
    }
    process.send({ type: 'ready', parser: 'wasm' });
    return;
  }
  if (request.type === 'quarantine') {
    for (const text of request.texts) quarantined.add(text);
    return;
  }
  const rss = 1024;
  if (request.type === 'index') {
    process.send({ ...grown, id: request.id });
    return;
  }
  const text = Buffer.from(request.input.bytes).toString();
  if (text.includes('die-outside')) process.exit(9);
  if (text.includes('hang-outside')) for (;;);
  if (text.includes('slow')) {
    setTimeout(() => process.send({ type: 'printed', id: request.id, text: `slow ${process.pid}`, rss }), 200);
    return;
  }
  if (text.includes('throws')) {
    process.send({ type: 'failed', id: request.id, message: 'a bug', rss });
    return;
  }
  const parsed = text.split('\n').map(parse).join(',');
  process.send({ type: 'printed', id: request.id, text: text === 'pid' ? String(process.pid) : `${parsed} ${++served}`, rss });
});
process.on('disconnect', () => process.exit(0));
