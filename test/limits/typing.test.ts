// A thousand edits in ten seconds, a pull of the findings after each: nothing piles up, and nothing old is told.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { RawServer } from '../lsp/rawServer.ts';
import { SLACK } from './measured.ts';

const EDITS = 1000;
const SECONDS = 10;
const CANCEL_MS = 100;
/** Reviews that may be under way or waiting; a pull more is open for each edit that comes while a cancelled one is answered. */
const QUEUE = 2;
/** Lines of the file at the beginning. */
const head = 'int demo_last(struct demo *demo)\n{\n\tmutex_lock(&demo->lock);\n';

let folder: string;
let server: RawServer;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'typing-'));
  server = new RawServer();
});

afterEach(() => {
  server.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** So many functions with nothing to find in them. */
function others(count: number): string {
  const body = '\tmutex_lock(&demo->lock);\n\tif (a > 1)\n\t\tdemo->users++;\n\tmutex_unlock(&demo->lock);\n\treturn a;\n';
  return Array.from({ length: count }, (_, n) => `int demo_${String(n)}(struct demo *demo, int a)\n{\n${body}}\n`).join('\n');
}

interface Found {
  readonly code: string;
  readonly range: { readonly start: { readonly line: number } };
}

/** A tree that is one by its look, with a C file of some hundred functions behind the one that is edited. */
function sourceIn(root: string): { readonly uri: string; readonly text: string } {
  const files = { MAINTAINERS: '', Kbuild: '', Makefile: 'VERSION = 6\nPATCHLEVEL = 12\n', 'include/linux/device.h': '' };
  for (const [name, text] of Object.entries({ ...files, 'drivers/iommu/iommu.c': '' })) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), text);
  }
  return { uri: pathToFileURL(join(root, 'drivers/iommu/demo.c')).href, text: `${head}\treturn 0;\n}\n\n${others(300)}` };
}

test('the last version alone is told of, a cancelled pull is answered at once, and two reviews wait at most', async () => {
  const { uri, text } = sourceIn(folder);
  const capabilities = { textDocument: { diagnostic: {} } };
  const initializationOptions = { trusted: true, kernel: { path: folder } };
  await server.request('initialize', { processId: process.pid, rootUri: null, capabilities, initializationOptions });
  server.notify('initialized', {});
  server.notify('textDocument/didOpen', { textDocument: { uri, languageId: 'c', version: 1, text } });
  await server.request('textDocument/diagnostic', { textDocument: { uri } });

  const pulls: { readonly version: number; answered: number | null; asked: number; findings: readonly Found[] | null }[] = [];
  const start = performance.now();
  let open = 0;
  let mostOpen = 0;
  for (let edit = 0; edit < EDITS; edit++) {
    const wait = start + (edit * SECONDS * 1000) / EDITS - performance.now();
    if (wait > 0) await pause(wait);
    const at = { line: 2, character: 0 };
    server.notify('textDocument/didChange', {
      textDocument: { uri, version: edit + 2 },
      contentChanges: [{ range: { start: at, end: at }, text: '\n' }],
    });
    const pull = { version: edit + 2, answered: null, asked: performance.now(), findings: null } as (typeof pulls)[number];
    pulls.push(pull);
    open++;
    mostOpen = Math.max(mostOpen, open);
    void server.request('textDocument/diagnostic', { textDocument: { uri } }).then(({ result }) => {
      open--;
      pull.answered = performance.now();
      pull.findings = (result as { items?: readonly Found[] } | undefined)?.items ?? null;
    });
  }
  await expect.poll(() => pulls.every((pull) => pull.answered !== null), { timeout: 30_000 }).toBe(true);

  // An answer with findings is that of its own version: the return stands as many lines further down as edits came before.
  const given = pulls.filter((pull) => pull.findings !== null);
  for (const { version, findings } of given)
    expect(findings?.filter((one) => one.code === 'lock-held-at-return').map((one) => one.range.start.line)).toEqual([3 + version - 1]);
  expect(given.at(-1)?.version).toBe(EDITS + 1);
  // What a newer version overtook is answered as soon as that one comes, and no later.
  for (const pull of pulls.filter((one) => one.findings === null)) {
    const next = pulls.find((one) => one.version === pull.version + 1);
    expect((pull.answered ?? Infinity) - (next?.asked ?? 0)).toBeLessThan(CANCEL_MS * SLACK);
  }
  expect(mostOpen).toBeLessThanOrEqual(QUEUE * SLACK + (CANCEL_MS * SLACK * EDITS) / (SECONDS * 1000));
});
