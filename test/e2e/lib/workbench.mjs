// A real VS Code workbench with one extension installed, in a headless browser. Everything it writes lies in a folder of its own.
import { execFileSync, spawn } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, openSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { get } from 'node:http';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium as browserType } from 'playwright-core';
import { chromium, vscodeServer } from './setup.mjs';

const START_MS = 60_000;

/** Settings that keep the workbench quiet and its pictures alike. */
const quiet = {
  'telemetry.telemetryLevel': 'off',
  'update.mode': 'none',
  'extensions.autoUpdate': false,
  'extensions.autoCheckUpdates': false,
  'extensions.ignoreRecommendations': true,
  'workbench.startupEditor': 'none',
  'workbench.enableExperiments': false,
  'workbench.tips.enabled': false,
  'workbench.reduceMotion': 'on',
  'workbench.secondarySideBar.defaultVisibility': 'hidden',
  'chat.disableAIFeatures': true,
  'chat.commandCenter.enabled': false,
  'git.enabled': false,
  'window.commandCenter': false,
  'window.menuBarVisibility': 'classic',
  'editor.accessibilitySupport': 'off',
  'editor.cursorBlinking': 'solid',
  'editor.minimap.enabled': false,
  'files.autoSave': 'off',
  'files.simpleDialog.enable': true,
};

async function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

function answers(port) {
  return new Promise((resolve) => {
    get(`http://127.0.0.1:${port}/`, (response) => {
      response.resume();
      resolve((response.statusCode ?? 500) < 400);
    }).on('error', () => resolve(false));
  });
}

/**
 * Starts the given version of VS Code with the .vsix installed and opens `folder` in it.
 * `trust`: whether workspace trust is asked for (the folder is then not trusted). Gives the page and `stop`.
 */
export async function openWorkbench({ vscode, vsix, folder, settings = {}, trust = false }) {
  const { node, main } = vscodeServer(vscode);
  const home = mkdtempSync(join(tmpdir(), 'iommu-review-e2e-'));
  const data = join(home, 'data');
  mkdirSync(join(data, 'User'), { recursive: true });
  const all = { ...quiet, 'security.workspace.trust.enabled': trust, 'security.workspace.trust.startupPrompt': 'never', ...settings };
  writeFileSync(join(data, 'User', 'settings.json'), JSON.stringify(all, null, 1));
  const env = {
    PATH: process.env.PATH,
    LANG: 'C.UTF-8',
    HOME: home,
    TMPDIR: home,
    XDG_CONFIG_HOME: join(home, '.config'),
    XDG_DATA_HOME: join(home, '.local'),
    XDG_CACHE_HOME: join(home, '.cache'),
    EXTENSIONS_GALLERY: '{"serviceUrl":""}',
  };
  const folders = ['--server-data-dir', join(home, 'server'), '--user-data-dir', data, '--extensions-dir', join(home, 'extensions')];
  execFileSync(node, [main, ...folders, '--accept-server-license-terms', '--install-extension', vsix], {
    env,
    stdio: 'ignore',
  });
  const port = await freePort();
  const log = openSync(join(home, 'server.log'), 'w');
  const address = ['--host', '127.0.0.1', '--port', String(port), '--without-connection-token', '--accept-server-license-terms'];
  const flags = ['--telemetry-level', 'off', '--disable-getting-started-override', ...(trust ? [] : ['--disable-workspace-trust'])];
  const server = spawn(node, [main, ...address, ...flags, ...folders], { env, detached: true, stdio: ['ignore', log, log] });
  const until = Date.now() + START_MS;
  while (!(await answers(port))) {
    if (Date.now() > until) throw new Error(`VS Code did not start: ${readFileSync(join(home, 'server.log'), 'utf8')}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  const context = await browserType.launchPersistentContext(join(home, 'browser'), {
    executablePath: chromium(),
    headless: true,
    viewport: { width: 1400, height: 900 },
    permissions: ['clipboard-read', 'clipboard-write'],
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-dev-shm-usage',
    ],
  });
  // Nothing may leave the machine, whoever asks for it.
  const isLocal = ({ hostname, protocol }) => hostname === '127.0.0.1' || hostname === 'localhost' || !protocol.startsWith('http');
  await context.route(
    (url) => !isLocal(url),
    (route) => route.abort(),
  );
  const page = context.pages()[0] ?? (await context.newPage());
  const messages = [];
  page.on('console', (message) => messages.push(`[${message.type()}] ${message.text()}`));
  await page.goto(`http://127.0.0.1:${port}/?folder=${encodeURIComponent(folder)}`, { waitUntil: 'domcontentloaded' });
  await page.waitForSelector('.monaco-workbench .explorer-folders-view .monaco-list-row', { timeout: START_MS });
  return {
    page,
    messages,
    /** Processes of the extension's language server in this workbench. */
    serverProcesses: () => processesUnder(join(home, 'extensions')),
    /** The extension's own log, as its output channel keeps it; empty where VS Code keeps none. */
    log: () => readLogs(join(data, 'logs')),
    keepLogs: (to) => cpSync(join(data, 'logs'), to, { recursive: true, force: true }),
    async stop() {
      await context.close();
      const ended = new Promise((resolve) => server.once('exit', resolve));
      process.kill(-server.pid, 'SIGTERM');
      await ended;
      rmSync(home, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

/** Ids and commands of processes whose command names a file under `folder`. */
function processesUnder(folder) {
  const found = [];
  for (const id of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      const command = readFileSync(`/proc/${id}/cmdline`, 'utf8').split('\0');
      if (command.some((part) => part.startsWith(folder))) found.push({ id: Number(id), command });
    } catch {
      // It ended meanwhile.
    }
  }
  return found;
}

function readLogs(folder) {
  const texts = [];
  const waiting = [folder];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    for (const name of readdirSync(next)) {
      const path = join(next, name);
      if (statSync(path).isDirectory()) waiting.push(path);
      else if (/IOMMU Review/.test(name)) texts.push(readFileSync(path, 'utf8'));
    }
  }
  return texts.join('\n');
}
