// The only program that the tool ever runs, and only in a folder that the user trusts.

import { execFile, spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync, statSync } from 'node:fs';
import { delimiter, dirname, isAbsolute, join, sep } from 'node:path';
import { devNull } from 'node:os';

const programName = process.platform === 'win32' ? 'git.exe' : 'git';
const usualFolders = process.platform === 'win32' ? ['C:\\Program Files\\Git\\cmd'] : ['/usr/bin', '/usr/local/bin', '/opt/homebrew/bin'];

/** No answer of git that we ask for is larger than this, in bytes. */
const MAX_OUTPUT = 256 * 1024 * 1024;
const TIMEOUT_MS = 60_000;

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

/** Absolute path of git, never one inside `root`; null where there is none. */
export function findGit(root: string): string | null {
  const fromPath = (process.env['PATH'] ?? '').split(delimiter).filter((folder) => isAbsolute(folder));
  for (const folder of [...usualFolders, ...fromPath]) {
    const inside = folder === root || folder.startsWith(root.endsWith(sep) ? root : root + sep);
    const program = join(folder, programName);
    if (!inside && isProgram(program)) return program;
  }
  return null;
}

/** Whether a folder is the top of a git repository or work tree. */
export function isGitRepository(root: string): boolean {
  return existsSync(join(root, '.git'));
}

export type GitResult = { readonly ok: true; readonly stdout: Uint8Array } | { readonly ok: false; readonly message: string };

/**
 * Arguments and environment under which neither the user's nor the system's configuration counts, no hook, file system monitor, pager,
 * credential helper or transport can start, and nothing above `root` is looked at.
 */
function guarded(program: string, root: string, args: readonly string[]): { readonly args: string[]; readonly env: NodeJS.ProcessEnv } {
  const guards = [
    '-c',
    'core.fsmonitor=',
    '-c',
    `core.hooksPath=${devNull}`,
    '-c',
    'log.showSignature=false',
    '-c',
    'protocol.allow=never',
  ];
  return {
    args: ['--no-pager', '--no-replace-objects', ...guards, '-C', root, ...args],
    env: {
      PATH: dirname(program),
      LC_ALL: 'C',
      GIT_CONFIG_NOSYSTEM: '1',
      GIT_CONFIG_GLOBAL: devNull,
      GIT_CEILING_DIRECTORIES: dirname(root),
      GIT_TERMINAL_PROMPT: '0',
      GIT_OPTIONAL_LOCKS: '0',
      GIT_NO_LAZY_FETCH: '1',
      GIT_ALLOW_PROTOCOL: 'none',
      GIT_ATTR_NOSYSTEM: '1',
    },
  };
}

/** Why git failed, in its own first line where it said something. */
function failure(stderr: Uint8Array, status: number | null): GitResult {
  const said = Buffer.from(stderr).toString('utf8').trim().split('\n')[0] ?? '';
  return { ok: false, message: said === '' ? `git ended with status ${String(status)}` : said };
}

/**
 * Runs git in `root`, guarded, and waits for it: only for a process that serves nobody else meanwhile. `args` must end its options
 * with `--` or hold no foreign text.
 */
function runGitSync(program: string, root: string, given: readonly string[]): GitResult {
  const { args, env } = guarded(program, root, given);
  const result = spawnSync(program, args, {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
    maxBuffer: MAX_OUTPUT,
    timeout: TIMEOUT_MS,
    windowsHide: true,
    shell: false,
  });
  if (result.error) return { ok: false, message: result.error.message };
  return result.status === 0 ? { ok: true, stdout: result.stdout } : failure(result.stderr, result.status);
}

/**
 * Runs git in `root`, guarded, beside other work. `args` must end its options with `--` or hold no foreign text. Where `signal` is
 * aborted git is ended, and the result says that it was stopped.
 */
export function runGit(program: string, root: string, given: readonly string[], signal?: AbortSignal): Promise<GitResult> {
  if (signal?.aborted) return Promise.resolve(stopped);
  const { args, env } = guarded(program, root, given);
  return new Promise((resolve) => {
    const options = {
      env,
      encoding: 'buffer',
      maxBuffer: MAX_OUTPUT,
      timeout: TIMEOUT_MS,
      killSignal: 'SIGKILL',
      windowsHide: true,
    } as const;
    const git = execFile(program, args, { ...options, ...(signal === undefined ? {} : { signal }) }, (error, stdout, stderr) => {
      if (error === null) resolve({ ok: true, stdout });
      else if (signal?.aborted) resolve(stopped);
      else if (error.killed) resolve({ ok: false, message: `it took longer than ${String(TIMEOUT_MS / 1000)} s and was ended` });
      else if (typeof error.code === 'number') resolve(failure(stderr, error.code));
      else resolve({ ok: false, message: error.message.split('\n')[0] ?? '' });
    });
    // It is asked nothing.
    git.stdin?.end();
  });
}

const stopped: GitResult = { ok: false, message: 'stopped' };

/** A blob by its full or abbreviated id; null where the repository does not have it, or has several that begin so. */
export function readGitBlob(program: string, root: string, id: string): Uint8Array | null {
  if (!/^[0-9a-f]{4,64}$/.test(id)) return null;
  const result = runGitSync(program, root, ['cat-file', 'blob', `${id}^{blob}`]);
  return result.ok ? result.stdout : null;
}
