// Asks git about mails, through the oracle script; what it says is kept by content, so that a second run is quick.

import { execFile, execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { cacheRoot, oracleScript } from './material.ts';

/** What the oracle prints of a mail; the fields that are compared. */
export interface Verdict {
  readonly ok: boolean;
  readonly stage?: string;
  readonly reason?: string;
  readonly subject?: string | null;
  readonly author?: string | null;
  readonly email?: string | null;
  readonly date?: string | null;
  readonly date_epoch?: number | null;
  readonly date_tz?: string | null;
  readonly message_stripped_sha256?: string;
  readonly files?: readonly { readonly path: string; readonly added: number | null; readonly deleted: number | null }[];
  readonly summary?: readonly Record<string, unknown>[];
  readonly hunk_headers?: readonly (readonly (readonly number[])[])[];
  readonly hunks_verified?: boolean;
  readonly new_blobs?: readonly { readonly path: string; readonly index: string; readonly blob: string; readonly match: boolean }[];
  readonly synth?: {
    readonly skipped?: string;
    readonly pre?: Readonly<Record<string, string>>;
    readonly post?: Readonly<Record<string, string>>;
    readonly git_rc?: number;
    readonly git_error?: string;
  };
}

const BATCH = 100;

/** The judge's verdicts of mails, in their order. */
export async function judge(mails: readonly Uint8Array[]): Promise<Verdict[]> {
  const folder = join(cacheRoot, 'oracle', judgeId());
  const keys = mails.map((mail) => createHash('sha256').update(mail).digest('hex'));
  const place = (key: string): string => join(folder, key.slice(0, 2), `${key}.json`);
  const open = new Map<string, Uint8Array>();
  keys.forEach((key, index) => {
    const mail = mails[index];
    if (mail !== undefined && !existsSync(place(key))) open.set(key, mail);
  });
  const batches: [string, Uint8Array][][] = [];
  for (const entry of open) {
    const last = batches.at(-1);
    if (last === undefined || last.length >= BATCH) batches.push([entry]);
    else last.push(entry);
  }
  const work = mkdtempSync(join(tmpdir(), 'iommu-review-oracle-'));
  try {
    const runner = async (): Promise<void> => {
      for (let batch = batches.pop(); batch !== undefined; batch = batches.pop()) {
        for (const [key, verdict] of await runBatch(work, batch)) keep(place(key), verdict);
      }
    };
    await Promise.all(Array.from({ length: availableParallelism() }, runner));
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
  return keys.map((key) => JSON.parse(readFileSync(place(key), 'utf8')) as Verdict);
}

/** Verdicts belong to one judge: its script and its git. */
function judgeId(): string {
  const git = execFileSync('git', ['--version'], { encoding: 'utf8' });
  return createHash('sha256').update(readFileSync(oracleScript)).update(git).digest('hex').slice(0, 16);
}

async function runBatch(work: string, batch: readonly [string, Uint8Array][]): Promise<[string, string][]> {
  const files = batch.map(([key, mail]) => {
    const file = join(work, key);
    writeFileSync(file, mail);
    return file;
  });
  const output = await runOracle(files);
  for (const file of files) rmSync(file);
  if (output !== null) {
    const lines = output.trimEnd().split('\n');
    if (lines.length !== batch.length) throw new Error(`the oracle gave ${lines.length} verdicts for ${batch.length} mails`);
    return batch.map(([key], index) => [key, lines[index] ?? '']);
  }
  const [only, ...others] = batch;
  if (only === undefined) return [];
  if (others.length === 0) return [[only[0], JSON.stringify({ ok: false, stage: 'judge', reason: 'the judge itself fails on this mail' })]];
  const half = Math.ceil(batch.length / 2);
  return [...(await runBatch(work, batch.slice(0, half))), ...(await runBatch(work, batch.slice(half)))];
}

/** Null where the script fails: its own reading of headers does not bear every mail. */
function runOracle(files: readonly string[]): Promise<string | null> {
  return new Promise((done) => {
    const options = { encoding: 'utf8' as const, maxBuffer: 1 << 28 };
    execFile('nice', ['-n', '5', 'python3', oracleScript, '--synth', '--mail', ...files], options, (error, stdout) => {
      done(error === null ? stdout : null);
    });
  });
}

function keep(path: string, text: string): void {
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(`${path}.${process.pid}`, text);
  renameSync(`${path}.${process.pid}`, path);
}
