// The server as it ships: dist/server.js with its analysis process, over stdio. `npm test` builds dist/ first.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, test } from 'vitest';
import { RawServer } from './rawServer.ts';

const uri = 'file:///mails/set-window.patch';
const text = readFileSync(new URL('../e2e/fixtures/set-window.patch', import.meta.url), 'utf8');

let server: RawServer | undefined;
afterEach(() => server?.stop());

test('a patch mail goes in and a finding comes out; the fix makes it go away', async () => {
  server = new RawServer();
  await server.initialize();
  server.notify('textDocument/didOpen', { textDocument: { uri, languageId: 'diff', version: 1, text } });
  const first = await server.request('textDocument/diagnostic', { textDocument: { uri } });
  const { items } = first.result as { items: { code: string; range: { start: { line: number; character: number } } }[] };
  const line = text.split('\n').findIndex((one) => one.includes('ret = -EINVAL'));
  expect(items.map(({ code, range }) => [code, range.start])).toEqual([['errno-busy-vs-invalid', { line, character: 9 }]]);
  const range = { start: { line, character: 11 }, end: { line, character: 11 } };
  const actions = await server.request('textDocument/codeAction', { textDocument: { uri }, range, context: { diagnostics: [] } });
  const [action] = actions.result as { edit: { changes: Record<string, { range: object; newText: string }[]> } }[];
  const edits = action?.edit.changes[uri] ?? [];
  expect(edits.map(({ newText }) => newText)).toEqual(['-EBUSY']);
  server.notify('textDocument/didChange', {
    textDocument: { uri, version: 2 },
    contentChanges: edits.map(({ range: where, newText }) => ({ range: where, text: newText })),
  });
  const second = await server.request('textDocument/diagnostic', { textDocument: { uri } });
  expect((second.result as { items: unknown[] }).items).toEqual([]);
});

test('a hover tells the locks that are held, from the hunk alone', async () => {
  server = new RawServer();
  await server.initialize();
  const locked = readFileSync(new URL('../e2e/fixtures/held-lock.patch', import.meta.url), 'utf8');
  const lines = locked.split('\n');
  const line = lines.findIndex((one) => one.includes('iommu_group_prepare_move'));
  server.notify('textDocument/didOpen', { textDocument: { uri, languageId: 'diff', version: 1, text: locked } });
  const { result } = await server.request('textDocument/hover', { textDocument: { uri }, position: { line, character: 9 } });
  const taken = lines.findIndex((one) => one.includes('mutex_lock')) + 1;
  expect((result as { contents: { value: string } }).contents.value).toBe(
    `Locks held here in iommu_group_move_device():\n- group->mutex (mutex): taken on line ${String(taken)} (iommu.c:1209)`,
  );
});

test('it says what it is, and ends after shutdown and exit with status 0', async () => {
  server = new RawServer();
  const { result } = await server.initialize();
  expect(result).toMatchObject({ serverInfo: { name: 'iommu-review' }, capabilities: { positionEncoding: 'utf-16' } });
  await server.request('shutdown', null);
  server.notify('exit', undefined);
  await expect.poll(() => server?.exit, { timeout: 5000 }).toBe(0);
});

test('the command line starts the same server', async () => {
  server = new RawServer(['lsp', '--stdio'], fileURLToPath(new URL('../../dist/cli.js', import.meta.url)));
  expect((await server.initialize()).result).toMatchObject({ serverInfo: { name: 'iommu-review' } });
});

test('without a way to talk it says which there are, and ends with status 2', async () => {
  server = new RawServer([]);
  await expect.poll(() => server?.exit, { timeout: 5000 }).toBe(2);
  expect(server.stderr).toBe('iommu-review: the language server needs a way to talk: --stdio, --socket=PORT, --pipe=NAME or --node-ipc\n');
});

test('a review as text is answered, and wrong targets with a reason', async () => {
  server = new RawServer();
  await server.initialize();
  const target = { kind: 'text', name: 'clip', text, startLine: 1, uri: null };
  const { result } = await server.request('iommuReview/review', { target });
  expect(result).toMatchObject({ counts: { errors: 0, warnings: 1, notes: 0 }, links: [] });
  expect((result as { text: string }).text).toContain('errno-busy-vs-invalid');
  for (const wrong of [{}, { target: {} }, { target: { kind: 'document', uri: 'file:///none' } }, { target: { ...target, text: ' \n' } }]) {
    const { error } = await server.request('iommuReview/review', wrong);
    expect(error?.code).toBe(-32803);
  }
  const range = await server.request('iommuReview/review', { target: { kind: 'range', folder: '/', range: 'a..b' } });
  expect(range.error).toEqual({ code: -32803, message: 'Git is not run in a folder that is not trusted.' });
});
