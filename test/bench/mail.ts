import { spawnSync } from 'node:child_process';
import { createReadStream, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createGunzip } from 'node:zlib';
import { MboxSplitter, type MailBytes } from '../../server/src/core/patch/mail/mbox.ts';
import { parseMessage } from '../../server/src/core/patch/message.ts';
import { corpus, line } from './material.ts';

const ROUNDS = 3;

function decode(bytes: Uint8Array, charset: string): string | null {
  try {
    return new TextDecoder(charset).decode(bytes);
  } catch {
    return null;
  }
}

async function stream(path: string, each: (mail: MailBytes) => void): Promise<number> {
  const splitter = new MboxSplitter();
  let bytes = 0;
  for await (const chunk of createReadStream(path).pipe(createGunzip())) {
    bytes += (chunk as Buffer).length;
    for (const mail of splitter.push(chunk as Buffer)) each(mail);
  }
  for (const mail of splitter.end()) each(mail);
  return bytes;
}

/** Reading every mail of the archive (split, headers, MIME, diff, quotes), beside one `git mailinfo` a mail in the same run. */
export async function benchMail(): Promise<void> {
  const folder = corpus();
  if (folder === null) {
    line('the mails are missing: not run');
    return;
  }
  const path = join(folder, 'patches-2019-2020.mbox.gz');
  const memory: number[] = [];
  let count = 0;
  let bytes = 0;
  const start = process.cpuUsage();
  for (let round = 0; round < ROUNDS; round++) {
    bytes += await stream(path, (mail) => {
      parseMessage(mail.bytes, { path, startLine: mail.startLine }, { decode });
      count++;
      if (count % 1000 === 0) memory.push(process.memoryUsage.rss() / 1e6);
    });
  }
  const used = process.cpuUsage(start);
  const ours = (used.user + used.system) / 1e6;
  line(
    `ours: ${(bytes / 1e6 / ours).toFixed(1)} MB/s, ${(count / ours).toFixed(0)} mails/s (CPU, ${String(ROUNDS)} rounds over ${String(count / ROUNDS)} mails)`,
  );
  line(`resident memory at every 1000th mail, MB: ${memory.map((one) => one.toFixed(0)).join(' ')}`);
  const work = mkdtempSync(join(tmpdir(), 'bench-mail-'));
  const begin = performance.now();
  let judged = 0;
  const some: Uint8Array[] = [];
  await stream(path, (mail) => some.push(mail.bytes));
  for (const mail of some) {
    spawnSync('git', ['mailinfo', 'msg', 'patch'], { cwd: work, input: mail });
    judged++;
  }
  rmSync(work, { recursive: true });
  const git = (performance.now() - begin) / 1000;
  line(
    `git mailinfo, one process a mail: ${(judged / git).toFixed(0)} mails/s (wall); ratio ${(count / ours / (judged / git)).toFixed(1)}`,
  );
}
