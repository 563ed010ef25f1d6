// Fetches what the end-to-end tests drive: the VS Code server (from npm, without its install scripts) and Chromium (from Debian).
import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, renameSync, rmSync, writeFileSync, readdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

/**
 * VS Code by its version: the code-server that carries it, and the Node that it needs (null: the one that runs this). The oldest is
 * the one that the extension's manifest names.
 */
const editors = {
  1.139: { codeServer: '4.139.1', node: '24.21.0' },
  '1.100': { codeServer: '4.100.3', node: null },
};

export const newest = '1.139';

const cache = process.env.IOMMU_REVIEW_CACHE ?? join(homedir(), '.cache', 'iommu-review');

const run = (program, args, options = {}) => execFileSync(program, args, { stdio: ['ignore', 'ignore', 'inherit'], ...options });

function has(program) {
  return (process.env.PATH ?? '').split(':').some((folder) => existsSync(join(folder, program)));
}

/** Unpacks one npm package into `folder`. */
function fetchPackage(name, folder, within) {
  run('npm', ['pack', '--silent', name], { cwd: within });
  const archive = readdirSync(within).find((file) => file.endsWith('.tgz'));
  if (!archive) throw new Error(`npm gave no archive of ${name}`);
  mkdirSync(join(within, folder));
  run('tar', ['xzf', archive, '-C', folder, '--strip-components=1'], { cwd: within });
  rmSync(join(within, archive));
}

/** The VS Code server's program and its Node, fetched into the cache on the first call. */
export function vscodeServer(version = newest) {
  const editor = editors[version];
  if (!editor) throw new Error(`there is no VS Code ${version} to test with; there are ${Object.keys(editors).join(', ')}`);
  const folder = join(cache, `vscode-${editor.codeServer}`);
  const node = editor.node === null ? process.execPath : join(folder, 'node/bin/node');
  const paths = { node, main: join(folder, 'cs/lib/vscode/out/server-main.js') };
  if (existsSync(join(folder, '.complete'))) return paths;
  if (process.platform !== 'linux') throw new Error('missing: the end-to-end tests need Linux');
  console.error(`fetching VS Code ${version} (code-server ${editor.codeServer}) from npm into ${folder}`);
  const half = `${folder}.${process.pid}`;
  rmSync(half, { recursive: true, force: true });
  mkdirSync(half, { recursive: true });
  fetchPackage(`code-server@${editor.codeServer}`, 'cs', half);
  if (editor.node !== null) fetchPackage(`node-linux-${process.arch}@${editor.node}`, 'node', half);
  const vscode = join(half, 'cs/lib/vscode');
  // The shipped lock file lacks a peer; no script of a package is run.
  run('npm', ['ci', '--legacy-peer-deps', '--ignore-scripts', '--omit=dev', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: vscode,
  });
  addSearch(vscode, half);
  if (editor.node !== null && has('g++') && has('make')) {
    // Without this one native module VS Code runs, but keeps no logs.
    const env = { ...process.env, PATH: `${join(half, 'node/bin')}:${process.env.PATH}`, npm_config_nodedir: join(half, 'node') };
    run('npm', ['rebuild', '@vscode/spdlog', '--loglevel=error'], { cwd: vscode, env });
  }
  writeFileSync(join(half, '.complete'), '');
  rmSync(folder, { recursive: true, force: true });
  renameSync(half, folder);
  return paths;
}

/** Older versions fetch ripgrep in a script that is not run here; quick open needs it. */
function addSearch(vscode, within) {
  const bin = join(vscode, 'node_modules/@vscode/ripgrep/bin');
  if (existsSync(join(bin, 'rg')) || !existsSync(join(vscode, 'node_modules/@vscode/ripgrep/package.json'))) return;
  fetchPackage(`@vscode/ripgrep-linux-${process.arch}`, 'rg', within);
  mkdirSync(bin, { recursive: true });
  copyFileSync(join(within, 'rg/bin/rg'), join(bin, 'rg'));
}

/** Path of Chromium; installed by apt where it is missing and may be. */
export function chromium() {
  const known = [process.env.CHROMIUM, '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
  const find = () => known.find((path) => path && existsSync(path));
  const found = find();
  if (found) return found;
  if (!has('apt-get') || process.getuid?.() !== 0) throw new Error('missing: Chromium (set CHROMIUM, or run "apt-get install chromium")');
  console.error('installing Chromium by apt');
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  run('apt-get', ['-qq', 'update'], { env });
  run('apt-get', ['-qq', 'install', '-y', '--no-install-recommends', 'chromium', 'fonts-dejavu-core', 'fonts-liberation'], { env });
  const installed = find();
  if (!installed) throw new Error('missing: Chromium; apt did not install it');
  return installed;
}
