// Runs the built command line and measures it: wall time, and the largest resident memory of its processes.

import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { cli, type Ended } from '../cli/run.ts';

/** Limits are tested at this multiple of their figure: the machine may be busy. */
export const SLACK = 3;

export interface Measured extends Ended {
  readonly seconds: number;
  /** High-water mark of the command's own process, in MB. */
  readonly parentMb: number;
  /** The same of its largest child. */
  readonly childMb: number;
}

const POLL_MS = 20;

function highWater(pid: number): number {
  try {
    return Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${String(pid)}/status`, 'utf8'))?.[1] ?? 0) / 1024;
  } catch {
    return 0;
  }
}

/** Ids of a process's children that run now. */
export function childrenOf(pid: number): number[] {
  try {
    return readFileSync(`/proc/${String(pid)}/task/${String(pid)}/children`, 'utf8')
      .trim()
      .split(' ')
      .filter(Boolean)
      .map(Number);
  } catch {
    return [];
  }
}

/** Processor time in seconds that a process has used, user and system; 0 for one that is gone. */
export function cpuSeconds(pid: number): number {
  try {
    const fields = readFileSync(`/proc/${String(pid)}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ');
    // Behind the name in parentheses: fields 14 and 15 of proc(5), in hundredths of a second.
    return (Number(fields[11]) + Number(fields[12])) / 100;
  } catch {
    return 0;
  }
}

/** Runs to the end; `input` is written to standard input piece by piece. */
export function measure(args: readonly string[], input: Iterable<Uint8Array> = []): Promise<Measured> {
  return new Promise((resolve, reject) => {
    const start = performance.now();
    const child = spawn(process.execPath, [cli, ...args]);
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    let parentMb = 0;
    let childMb = 0;
    const poll = setInterval(() => {
      const pid = child.pid ?? 0;
      parentMb = Math.max(parentMb, highWater(pid));
      childMb = Math.max(childMb, ...childrenOf(pid).map(highWater));
    }, POLL_MS);
    child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => err.push(chunk));
    child.on('error', reject);
    child.on('close', (status) => {
      clearInterval(poll);
      const seconds = (performance.now() - start) / 1000;
      resolve({ status, stdout: Buffer.concat(out).toString(), stderr: Buffer.concat(err).toString(), seconds, parentMb, childMb });
    });
    child.stdin.on('error', () => undefined);
    void (async () => {
      for (const piece of input) {
        if (child.stdin.destroyed) return;
        if (!child.stdin.write(piece)) await new Promise((next) => child.stdin.once('drain', next).once('close', next));
      }
      child.stdin.end();
    })();
  });
}
