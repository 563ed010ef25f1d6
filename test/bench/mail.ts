import { spawnSync } from 'node:child_process';
import { createReadStream, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
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
  const judged = await benchGit(path);
  if (judged === null) line('git mailinfo failed: not compared');
  else {
    const ratio = (count / ours / (judged.mails / judged.seconds)).toFixed(1);
    line(
      `git mailinfo, one process a mail: ${(judged.bytes / 1e6 / judged.seconds).toFixed(1)} MB/s, ${(judged.mails / judged.seconds).toFixed(0)} mails/s (CPU); we are ${ratio} times as fast`,
    );
  }
}

/** One git mailinfo a mail, from one shell; its children's processor time alone counts. Null where git fails. */
async function benchGit(path: string): Promise<{ mails: number; bytes: number; seconds: number } | null> {
  const work = mkdtempSync(join(tmpdir(), 'bench-mail-'));
  try {
    let mails = 0;
    const bytes = await stream(path, (mail) => writeFileSync(join(work, `${String(mails++)}.mail`), mail.bytes));
    // `times` prints the shell's own time, then that of its children: minutes and seconds, user and system.
    const script = 'for mail in *.mail; do git mailinfo msg patch <"$mail" >info || exit 1; done; times';
    const { status, stdout } = spawnSync('sh', ['-c', script], { cwd: work, encoding: 'utf8' });
    const children = stdout.trim().split('\n').at(-1) ?? '';
    const seconds = [...children.matchAll(/\b(\d{1,6})m([\d.]{1,12})s/g)].reduce(
      (sum, [, minutes, rest]) => sum + Number(minutes) * 60 + Number(rest),
      0,
    );
    return status === 0 && seconds > 0 ? { mails, bytes, seconds } : null;
  } finally {
    rmSync(work, { recursive: true });
  }
}
