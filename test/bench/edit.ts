// From a keystroke to the new findings: iommu.c in the language server as it ships.

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { RawServer } from '../lsp/rawServer.ts';
import { kernelTree, line, median } from './material.ts';

const EDITS = 40;
const release = '\tmutex_unlock(&group->mutex);\n';

interface Diagnostics {
  readonly items: readonly { readonly message: string }[];
}

/** Offsets of lines that give the group's mutex back, spread over the file. */
function sitesIn(text: string, wanted: number): number[] {
  const all: number[] = [];
  for (let at = text.indexOf(release); at >= 0; at = text.indexOf(release, at + 1)) all.push(at);
  return Array.from({ length: wanted }, (_, index) => all[Math.floor((index * all.length) / wanted)] ?? 0);
}

function positionAt(text: string, offset: number): { readonly line: number; readonly character: number } {
  const before = text.slice(0, offset);
  return { line: before.split('\n').length - 1, character: offset - (before.lastIndexOf('\n') + 1) };
}

/** Opens the file, takes a release out of one function after the other and puts it back, and asks for the findings each time. */
export async function measureEdits(tree: string): Promise<{ readonly open: number; readonly times: number[]; readonly changed: number }> {
  const path = join(tree, 'drivers/iommu/iommu.c');
  const uri = pathToFileURL(path).href;
  const text = readFileSync(path, 'utf8');
  const server = new RawServer(['--stdio'], resolve('dist/server.js'));
  try {
    const initializationOptions = { trusted: true, kernel: { path: tree } };
    const capabilities = { textDocument: { diagnostic: {} } };
    await server.request('initialize', { processId: process.pid, rootUri: null, capabilities, initializationOptions });
    server.notify('initialized', {});
    const pull = async (): Promise<Diagnostics> => {
      const { result, error } = await server.request('textDocument/diagnostic', { textDocument: { uri } });
      if (error) throw new Error(error.message);
      return result as Diagnostics;
    };
    const begin = performance.now();
    server.notify('textDocument/didOpen', { textDocument: { uri, languageId: 'c', version: 1, text } });
    let before = JSON.stringify((await pull()).items);
    const open = performance.now() - begin;
    const times: number[] = [];
    let changed = 0;
    let version = 1;
    for (const site of sitesIn(text, EDITS / 2)) {
      const start = positionAt(text, site);
      const end = { line: start.line + 1, character: 0 };
      for (const change of [
        { range: { start, end }, text: '' },
        { range: { start, end: start }, text: release },
      ]) {
        const since = performance.now();
        server.notify('textDocument/didChange', { textDocument: { uri, version: ++version }, contentChanges: [change] });
        const after = JSON.stringify((await pull()).items);
        times.push(performance.now() - since);
        if (after !== before) changed++;
        before = after;
      }
    }
    return { open, times, changed };
  } finally {
    server.stop();
  }
}

export async function benchEdit(): Promise<void> {
  const tree = kernelTree('6.12');
  if (tree === null) {
    line('the kernel tree is missing: not run');
    return;
  }
  const folder = mkdtempSync(join(tmpdir(), 'bench-edit-'));
  const before = process.env['IOMMU_REVIEW_CACHE'];
  process.env['IOMMU_REVIEW_CACHE'] = join(folder, 'cache');
  try {
    const { open, times, changed } = await measureEdits(tree);
    const sorted = [...times].sort((a, b) => a - b);
    line('drivers/iommu/iommu.c of 6.12 in the server over its pipe, calls followed into the tree. A release of the group mutex is taken');
    line('out of a function and put back, twenty functions in turn: wall time from the change to the answer with the new findings.');
    line(
      `${String(times.length)} edits: median ${median(times).toFixed(1)} ms, p95 ${(sorted[Math.ceil(times.length * 0.95) - 1] ?? 0).toFixed(1)} ms, ` +
        `largest ${(sorted.at(-1) ?? 0).toFixed(1)} ms; the findings changed ${String(changed)} times; opened in ${open.toFixed(0)} ms (empty cache)`,
    );
    const first = times.slice(0, 10);
    line(`the first ten, while the engine still warms up: median ${median(first).toFixed(1)} ms`);
  } finally {
    if (before === undefined) delete process.env['IOMMU_REVIEW_CACHE'];
    else process.env['IOMMU_REVIEW_CACHE'] = before;
    rmSync(folder, { recursive: true, force: true });
  }
}
