import { afterEach, expect, test } from 'vitest';
import type { CodeAction } from 'vscode-languageserver/node';
import { able, emptyReport, errorCode, FakeAnalysis, finding, startEditor, type Editor } from './editor.ts';

const uri = 'file:///mails/owner.patch';
const path = '/mails/owner.patch';
const text = 'Subject: x\n+\treturn -EINVAL;\n';
const mail = { path, line: 2, column: 10, endLine: 2, endColumn: 17 };
const edit = { target: 'mail' as const, path, startLine: 2, startColumn: 10, endLine: 2, endColumn: 17, newText: '-EBUSY' };
const fixes = [
  { title: 'Return -EBUSY', safety: 'safe' as const, edits: [edit] },
  { title: 'Return -EPERM', safety: 'unsafe' as const, edits: [{ ...edit, newText: '-EPERM' }] },
  { title: 'Look at the caller', safety: 'display' as const, edits: [edit] },
  {
    title: 'Change the header too',
    safety: 'safe' as const,
    edits: [edit, { ...edit, target: 'file' as const, path: 'include/linux/iommu.h' }],
  },
];
const report = () => ({ ...emptyReport, findings: [finding({ mail, fixes })] });
const here = {
  textDocument: { uri },
  range: { start: { line: 1, character: 12 }, end: { line: 1, character: 12 } },
  context: { diagnostics: [] },
};

let editor: Editor | undefined;
afterEach(() => editor?.stop());

async function actions(params: object = here): Promise<CodeAction[]> {
  if (!editor) throw new Error('no editor');
  return editor.connection.sendRequest('textDocument/codeAction', params);
}

async function ready(capabilities = able): Promise<Editor> {
  editor = await startEditor(new FakeAnalysis(report), capabilities);
  editor.open(uri, text);
  await editor.pull(uri);
  return editor;
}

test('fixes that lie in the document are offered as quick fixes; only the safe one is preferred', async () => {
  await ready();
  const offered = await actions();
  expect(offered.map(({ title, kind, isPreferred, edit }) => ({ title, kind, isPreferred, edit }))).toEqual([
    { title: 'Return -EBUSY', kind: 'quickfix', isPreferred: true, edit: undefined },
    { title: 'Return -EPERM', kind: 'quickfix', isPreferred: undefined, edit: undefined },
  ]);
  expect(offered[0]?.diagnostics?.[0]?.code).toBe('errno-busy-vs-invalid');
});

test('an action is resolved to an edit of the version it was made for', async () => {
  const { connection } = await ready();
  const [action] = await actions();
  const { edit: resolved } = await connection.sendRequest<CodeAction>('codeAction/resolve', action);
  const range = { start: { line: 1, character: 9 }, end: { line: 1, character: 16 } };
  expect(resolved).toEqual({ documentChanges: [{ textDocument: { uri, version: 1 }, edits: [{ range, newText: '-EBUSY' }] }] });
});

test('an action whose text changed is refused, with a reason', async () => {
  const { connection, change } = await ready();
  const [action] = await actions();
  change(uri, 2, `\n${text}`);
  expect(await errorCode(connection.sendRequest('codeAction/resolve', action))).toBe(-32801);
});

test('an action with data of another server is refused', async () => {
  const { connection } = await ready();
  expect(await errorCode(connection.sendRequest('codeAction/resolve', { title: 'x', data: { uri: 7 } }))).toBe(-32803);
});

test('a client without lazy edits and versions gets the whole edit at once', async () => {
  await ready({ textDocument: { diagnostic: {} } });
  const [action] = await actions();
  expect(Object.keys(action?.edit?.changes ?? {})).toEqual([uri]);
});

test('nothing is offered away from the finding, or for other kinds', async () => {
  await ready();
  const away = { start: { line: 0, character: 0 }, end: { line: 0, character: 3 } };
  expect(await actions({ ...here, range: away })).toEqual([]);
  expect(await actions({ ...here, context: { diagnostics: [], only: ['refactor'] } })).toEqual([]);
  expect((await actions({ ...here, context: { diagnostics: [], only: ['quickfix'] } })).length).toBe(2);
});

test('a fix of a document with CRLF keeps its line ends', async () => {
  const twoLines = [{ title: 'Two', safety: 'safe' as const, edits: [{ ...edit, newText: '-EBUSY;\n+\t// done' }] }];
  editor = await startEditor(new FakeAnalysis(() => ({ ...emptyReport, findings: [finding({ mail, fixes: twoLines })] })), {
    textDocument: { diagnostic: {} },
  });
  editor.open(uri, text.replaceAll('\n', '\r\n'));
  await editor.pull(uri);
  const [action] = await actions();
  expect(action?.edit?.changes?.[uri]?.[0]?.newText).toBe('-EBUSY;\r\n+\t// done');
});
