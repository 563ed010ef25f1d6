// What a command costs with all its processes, node's start included.

import { spawn, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

export interface Cost {
  /** Processor time of all processes, user and system, in seconds. */
  readonly cpu: number;
  /** Largest sum of their resident memory, in MB; pages that they share count in each. */
  readonly memory: number;
  readonly status: number | null;
}

const POLL_MS = 5;
/** Behind the name in parentheses: the fields of proc(5) that are read here. */
const PARENT = 1;
const USER = 11;
const SYSTEM = 12;
const RESIDENT = 21;
const TICKS = 100;
const PAGE_MB = 4096 / 1e6;

function fieldsOf(pid: number): readonly string[] {
  try {
    return readFileSync(`/proc/${String(pid)}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ');
  } catch {
    return [];
  }
}

function childrenOf(pid: number): number[] {
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

/** Memory of a process and all below it now; notes the processor time of each. */
function sample(root: number, spent: Map<number, number>): number {
  let memory = 0;
  const pending = [root];
  for (let pid = pending.pop(); pid !== undefined; pid = pending.pop()) {
    const fields = fieldsOf(pid);
    if (fields[PARENT] === undefined) continue;
    spent.set(pid, (Number(fields[USER]) + Number(fields[SYSTEM])) / TICKS);
    memory += Number(fields[RESIDENT]) * PAGE_MB;
    pending.push(...childrenOf(pid));
  }
  return memory;
}

/** Runs a command to its end and looks at its processes every few milliseconds. Linux alone can tell. */
export function costOf(command: string, args: readonly string[], env: NodeJS.ProcessEnv = process.env, cwd = process.cwd()): Promise<Cost> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: 'ignore', env, cwd });
    const spent = new Map<number, number>();
    let memory = 0;
    const poll = setInterval(() => {
      if (child.pid !== undefined) memory = Math.max(memory, sample(child.pid, spent));
    }, POLL_MS);
    child.on('error', (error) => {
      clearInterval(poll);
      reject(error);
    });
    child.on('close', (status) => {
      clearInterval(poll);
      resolve({ cpu: [...spent.values()].reduce((sum, one) => sum + one, 0), memory, status });
    });
  });
}

/** Whether a program is installed. */
export function isInstalled(program: string): boolean {
  return spawnSync(program, ['--version'], { stdio: 'ignore' }).error === undefined;
}
