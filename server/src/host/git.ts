// The only program that the tool ever runs, and only in a folder that the user trusts.

import { spawnSync } from 'node:child_process';
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
 * Runs git in `root`. Neither the user's nor the system's configuration counts, no hook, file system monitor, pager, credential
 * helper or transport can start, and nothing above `root` is looked at. `args` must end its options with `--` or hold no foreign text.
 */
export function runGit(program: string, root: string, args: readonly string[]): GitResult {
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
  const result = spawnSync(program, ['--no-pager', '--no-replace-objects', ...guards, '-C', root, ...args], {
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
    stdio: ['ignore', 'pipe', 'pipe'],
    maxBuffer: MAX_OUTPUT,
    timeout: TIMEOUT_MS,
    windowsHide: true,
    shell: false,
  });
  if (result.error) return { ok: false, message: result.error.message };
  if (result.status !== 0) {
    const said = result.stderr.toString('utf8').trim().split('\n')[0] ?? '';
    return { ok: false, message: said === '' ? `git ended with status ${String(result.status)}` : said };
  }
  return { ok: true, stdout: result.stdout };
}

/** A blob by its full or abbreviated id; null where the repository does not have it, or has several that begin so. */
export function readGitBlob(program: string, root: string, id: string): Uint8Array | null {
  if (!/^[0-9a-f]{4,64}$/.test(id)) return null;
  const result = runGit(program, root, ['cat-file', 'blob', `${id}^{blob}`]);
  return result.ok ? result.stdout : null;
}
