// The memory of the server and its analysis over many documents that are opened, changed and closed.

import { readFileSync } from 'node:fs';
import { afterEach, expect, test } from 'vitest';
import { heldAtReturn } from '../cli/mails.ts';
import { RawServer } from '../lsp/rawServer.ts';
import { childrenOf, SLACK } from './measured.ts';

const WARM_UP = 400;
const MAILS = 3000;
/** Growth of the resident memory for 100 mails, in MB. */
const GROWTH_MB = 1;
const EVERY = 50;

let server: RawServer | undefined;
afterEach(() => server?.stop());

function residentMb(pid: number): number {
  try {
    return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${String(pid)}/status`, 'utf8'))?.[1] ?? 0) / 1024;
  } catch {
    return 0;
  }
}

/** Slope of the line through the points with the least squares. */
function slope(points: readonly (readonly [number, number])[]): number {
  const mean = (values: readonly number[]): number => values.reduce((sum, one) => sum + one, 0) / values.length;
  const x = mean(points.map(([at]) => at));
  const y = mean(points.map(([, value]) => value));
  const above = points.reduce((sum, [at, value]) => sum + (at - x) * (value - y), 0);
  return above / points.reduce((sum, [at]) => sum + (at - x) ** 2, 0);
}

test('3,000 mails leave less than 1 MB for each hundred behind, once all is warm', async () => {
  server = new RawServer();
  await server.initialize();
  const points: (readonly [number, number])[] = [];
  for (let mail = 0; mail < MAILS; mail++) {
    const uri = `file:///mails/${String(mail)}.patch`;
    const text = heldAtReturn.replace('lend-twice@', `lend-${String(mail)}@`);
    server.notify('textDocument/didOpen', { textDocument: { uri, languageId: 'kernel-patch-mail', version: 1, text } });
    const first = await server.request('textDocument/diagnostic', { textDocument: { uri } });
    expect(first.error).toBeUndefined();
    const at = { line: 0, character: 0 };
    server.notify('textDocument/didChange', {
      textDocument: { uri, version: 2 },
      contentChanges: [{ range: { start: at, end: at }, text: '' }],
    });
    await server.request('textDocument/documentSymbol', { textDocument: { uri } });
    server.notify('textDocument/didClose', { textDocument: { uri } });
    server.messages.length = 0;
    if (mail >= WARM_UP && mail % EVERY === 0)
      points.push([mail, [server.pid, ...childrenOf(server.pid)].reduce((sum, pid) => sum + residentMb(pid), 0)]);
  }
  expect(points.every(([, memory]) => memory > 0)).toBe(true);
  expect(100 * slope(points)).toBeLessThan(GROWTH_MB * SLACK);
});
