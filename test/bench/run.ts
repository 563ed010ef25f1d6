// What a reviewer waits for who opens one mail: real patches to the IOMMU core, each reviewed with its run on the model.

import { createReadStream, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createGunzip } from 'node:zlib';
import { MboxSplitter, type MailBytes } from '../../server/src/core/patch/mail/mbox.ts';
import { parseMessage } from '../../server/src/core/patch/message.ts';
import { corpus, line, median } from './material.ts';
import { costOf } from './processes.ts';

const THREADS = ['default-domain', 'dma-ownership', 'iommufd-uapi', 'user-dma-rfc'];
const FILE = 'drivers/iommu/iommu.c';
const SLOWEST = 3;

interface PatchMail {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** The mails of a thread whose patch touches the file. */
async function patchesIn(path: string): Promise<PatchMail[]> {
  const splitter = new MboxSplitter();
  const found: PatchMail[] = [];
  const take = (mails: readonly MailBytes[]): void => {
    for (const { bytes, startLine } of mails) {
      const { kind, patch, rawSubject, messageId } = parseMessage(bytes, { path, startLine }, { decode: () => null });
      const isTouched = patch?.files.some((file) => file.oldPath === FILE || file.newPath === FILE) === true;
      if (kind === 'patch' && isTouched) found.push({ name: `${rawSubject ?? ''} <${messageId ?? ''}>`, bytes });
    }
  };
  for await (const chunk of createReadStream(path).pipe(createGunzip())) take(splitter.push(chunk as Buffer));
  take(splitter.end());
  return found;
}

interface Timed extends PatchMail {
  readonly wall: number;
  readonly cpu: number;
  /** Processor time of the same review without the model. */
  readonly without: number;
}

/** Each mail alone, from a cold start of the command line in an empty folder: no tree, nothing kept of an earlier run. */
async function timed(mails: readonly PatchMail[]): Promise<Timed[]> {
  const folder = mkdtempSync(join(tmpdir(), 'bench-run-'));
  const env = { ...process.env, IOMMU_REVIEW_CACHE: join(folder, 'cache') };
  const path = join(folder, 'patch.mail');
  const command = [resolve('dist/cli.js'), 'review', path];
  try {
    const times: Timed[] = [];
    for (const mail of mails) {
      writeFileSync(path, mail.bytes);
      const begin = performance.now();
      const { cpu } = await costOf(process.execPath, command, env, folder);
      const wall = (performance.now() - begin) / 1000;
      const without = (await costOf(process.execPath, [...command, '--no-model'], env, folder)).cpu;
      times.push({ ...mail, wall, cpu, without });
    }
    return times;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function spread(values: readonly number[]): string {
  const sorted = [...values].sort((a, b) => a - b);
  const p90 = sorted[Math.ceil(sorted.length * 0.9) - 1] ?? 0;
  return `median ${median(sorted).toFixed(2)} s, p90 ${p90.toFixed(2)} s, largest ${(sorted.at(-1) ?? 0).toFixed(2)} s`;
}

/** A patch mail with its run, from the mail alone. */
export async function benchRun(): Promise<void> {
  const folder = corpus();
  const paths = THREADS.map((name) => join(folder ?? '', 'threads', `${name}.mbox.gz`)).filter(existsSync);
  if (folder === null || paths.length < THREADS.length) {
    line('the threads are missing: not run');
    return;
  }
  const times = await timed((await Promise.all(paths.map(patchesIn))).flat());
  line(
    `${String(times.length)} patch mails of ${String(THREADS.length)} threads that touch ${FILE}, each from a cold start, without a tree`,
  );
  line(`wall: ${spread(times.map((one) => one.wall))}`);
  line(`processor time of all processes: ${spread(times.map((one) => one.cpu))}`);
  line(`the same without the model: ${spread(times.map((one) => one.without))}`);
  for (const one of [...times].sort((a, b) => b.cpu - a.cpu).slice(0, SLOWEST)) line(`${one.cpu.toFixed(2)} s: ${one.name}`);
}
