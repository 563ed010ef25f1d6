import { afterEach, expect, test } from 'vitest';
import { CancellationTokenSource } from 'vscode-languageserver/node';
import { AnalysisError } from '../../server/src/lsp/analysis.ts';
import { able, emptyReport, errorCode, FakeAnalysis, finding, startEditor, type Editor } from './editor.ts';

const uri = 'file:///mails/owner.patch';
const path = '/mails/owner.patch';
let editor: Editor | undefined;
afterEach(() => editor?.stop());

/** A report with a finding on each `-EINVAL` of the text. */
const busy = (text: string) => ({
  ...emptyReport,
  findings: text.split('\n').flatMap((line, index) => {
    const column = line.indexOf('-EINVAL') + 1;
    if (column === 0) return [];
    const mail = { path, line: index + 1, column, endLine: index + 1, endColumn: column + 7 };
    return [
      finding({
        mail,
        fingerprint: `at ${index}`,
        related: [{ location: null, mail: { ...mail, line: 1, endLine: 1 }, message: 'taken here' }],
      }),
    ];
  }),
});

test('a pull gives the findings at their place in UTF-16, with rule and evidence', async () => {
  editor = await startEditor(new FakeAnalysis(busy));
  editor.open(uri, 'Subject: x\n+\t/* 𝄞 */ return -EINVAL;\n');
  const { items } = await editor.pull(uri);
  expect(items).toEqual([
    {
      range: { start: { line: 1, character: 18 }, end: { line: 1, character: 25 } },
      severity: 2,
      source: 'iommu-review',
      code: 'errno-busy-vs-invalid',
      message: 'a group in use is answered with -EINVAL',
      relatedInformation: [
        { location: { uri, range: { start: { line: 0, character: 10 }, end: { line: 0, character: 10 } } }, message: 'taken here' },
      ],
      data: { fingerprint: 'at 1' },
    },
  ]);
});

test('the same text is answered as unchanged, another text and another setting are not', async () => {
  const analysis = new FakeAnalysis(busy);
  editor = await startEditor(analysis);
  editor.open(uri, '+return -EINVAL;\n');
  const first = await editor.pull(uri);
  expect(await editor.pull(uri, first.resultId)).toEqual({ kind: 'unchanged', resultId: first.resultId });
  expect(analysis.reviewed.length).toBe(1);
  editor.change(uri, 2, '+return -EBUSY;\n');
  expect((await editor.pull(uri, first.resultId)).items).toEqual([]);
});

test('a tree that has changed since asks the editor to pull once more, and the same text is reviewed again', async () => {
  const analysis = new FakeAnalysis(busy);
  editor = await startEditor(analysis, { ...able, workspace: { ...able.workspace, diagnostics: { refreshSupport: true } } });
  const { connection } = editor;
  const asked = new Promise<void>((resolve) => {
    connection.onRequest('workspace/diagnostic/refresh', () => resolve());
  });
  editor.open(uri, '+return -EINVAL;\n');
  const first = await editor.pull(uri);
  analysis.answer = () => emptyReport;
  analysis.treeChanged();
  await asked;
  expect((await editor.pull(uri, first.resultId)).items).toEqual([]);
});

test('findings that the patch did not introduce, suppressed ones and quiet ones are left out', async () => {
  const all = [
    finding({ fingerprint: 'shown' }),
    finding({ fingerprint: 'old', status: 'pre-existing' }),
    finding({ fingerprint: 'gone', status: 'fixed' }),
    finding({ fingerprint: 'judged', suppressed: { by: 'a', reason: 'b', expires: null } }),
    finding({ fingerprint: 'quiet', severity: 'hint' }),
  ];
  editor = await startEditor(new FakeAnalysis(() => ({ ...emptyReport, findings: all })));
  editor.open(uri, 'Subject: x\n');
  expect((await editor.pull(uri)).items?.map(({ data }) => data as unknown)).toEqual([{ fingerprint: 'shown' }]);
});

test('a text that ended the analysis says so on its first line, and is not tried again', async () => {
  const analysis = new FakeAnalysis(() => Promise.reject(new AnalysisError('quarantined', 'Not reviewed: the parser died.')));
  editor = await startEditor(analysis);
  editor.open(uri, 'Subject: x\n');
  const { items } = await editor.pull(uri);
  expect(items).toEqual([
    {
      range: { start: { line: 0, character: 0 }, end: { line: 0, character: 10 } },
      severity: 2,
      source: 'iommu-review',
      code: 'quarantined',
      message: 'Not reviewed: the parser died.',
    },
  ]);
  await editor.pull(uri);
  expect(analysis.reviewed.length).toBe(1);
});

test('a mail of a mailbox that was lost says so on its own first line, once', async () => {
  const message = 'not reviewed: the analysis process died: it was ended by SIGKILL';
  const lost = {
    id: `${path}#2`,
    path,
    messageId: null,
    kind: 'patch',
    subject: null,
    version: null,
    part: null,
    series: null,
    depth: 'text',
    era: 'auto',
    files: [],
    problems: [{ kind: 'died', line: null, message }],
  } as const;
  const unknown = { input: lost.id, rule: null, function: null, location: null, reason: 'limit', detail: message } as const;
  editor = await startEditor(new FakeAnalysis(() => ({ ...emptyReport, inputs: [lost], unknowns: [unknown] })));
  editor.open(uri, 'Subject: x\nSubject: y\n');
  expect((await editor.pull(uri)).items?.map((item) => [item.range.start.line, item.code, item.message])).toEqual([
    [1, 'quarantined', 'Not reviewed: the analysis process died: it was ended by SIGKILL'],
  ]);
});

test('a part that could not be looked at is said once; what is merely unknown is not', async () => {
  const unknown = { input: 'one', rule: null, function: null, location: null };
  const unknowns = [
    { ...unknown, reason: 'limit' as const, detail: 'the parser died on this text' },
    { ...unknown, reason: 'limit' as const, detail: 'the parser died on this text' },
    { ...unknown, reason: 'callee' as const, detail: 'g() is not at hand' },
  ];
  editor = await startEditor(new FakeAnalysis(() => ({ ...emptyReport, unknowns })));
  editor.open(uri, 'Subject: x\n');
  expect((await editor.pull(uri)).items?.map(({ code, severity, message }) => [code, severity, message])).toEqual([
    ['limit', 3, 'Not wholly reviewed: the parser died on this text'],
  ]);
});

test('a cancelled pull is answered at once', async () => {
  editor = await startEditor(new FakeAnalysis(() => new Promise(() => undefined)));
  editor.open(uri, 'Subject: x\n');
  const source = new CancellationTokenSource();
  const answer = errorCode(editor.connection.sendRequest('textDocument/diagnostic', { textDocument: { uri } }, source.token));
  source.cancel();
  expect(await answer).toBe(-32800);
});

test('of many versions only the first and the last are reviewed, and only the last is answered', async () => {
  let release = (): void => undefined;
  const held = new Promise<void>((resolve) => (release = resolve));
  const analysis = new FakeAnalysis(async (text) => {
    if (analysis.reviewed.length === 1) await held;
    return busy(text);
  });
  analysis.isDeaf = true;
  editor = await startEditor(analysis);
  editor.open(uri, '+return -EINVAL; 0\n');
  const pulls = [errorCode(editor.pull(uri))];
  for (let version = 2; version <= 200; version++) {
    editor.change(uri, version, `+return -EINVAL; ${version}\n`);
    if (version < 200) pulls.push(errorCode(editor.pull(uri)));
  }
  const last = editor.pull(uri);
  // An answer to a later request shows that all of them came in.
  await editor.connection.sendRequest('textDocument/foldingRange', { textDocument: { uri } });
  release();
  expect(new Set(await Promise.all(pulls))).toEqual(new Set([-32802]));
  expect((await last).items?.length).toBe(1);
  expect(analysis.reviewed.map(({ text }) => text)).toEqual(['+return -EINVAL; 0\n', '+return -EINVAL; 200\n']);
});

test('a client that cannot pull gets diagnostics pushed, with their version, and cleared on close', async () => {
  editor = await startEditor(new FakeAnalysis(busy), { textDocument: { publishDiagnostics: { relatedInformation: true } } });
  editor.open(uri, '+return -EINVAL;\n');
  editor.change(uri, 2, '\n+return -EINVAL;\n');
  await expect.poll(() => editor?.published.length).toBe(1);
  expect(editor.published[0]?.version).toBe(2);
  expect(editor.published[0]?.diagnostics.map(({ range }) => range.start.line)).toEqual([1]);
  await editor.connection.sendNotification('textDocument/didClose', { textDocument: { uri } });
  await expect.poll(() => editor?.published.at(-1)).toEqual({ uri, diagnostics: [] });
});

test('a text without a patch and a C file outside a kernel tree are not reviewed', async () => {
  const analysis = new FakeAnalysis(busy);
  editor = await startEditor(analysis);
  editor.open('file:///notes/todo.txt', 'return -EINVAL\n', 'plaintext');
  editor.open('file:///nowhere/a.c', 'int f(void)\n{\n\treturn -EINVAL;\n}\n', 'c');
  expect((await editor.pull('file:///notes/todo.txt')).items).toEqual([]);
  expect((await editor.pull('file:///nowhere/a.c')).items).toEqual([]);
  expect(analysis.reviewed).toEqual([]);
});

test('a lone carriage return shifts no line', async () => {
  editor = await startEditor(new FakeAnalysis(busy));
  editor.open(uri, 'Subject: a\rb\n+return -EINVAL;\n');
  const { items } = await editor.pull(uri);
  // The protocol ends a line at the lone CR too: the finding's second line is the editor's third.
  expect(items?.[0]?.range.start).toEqual({ line: 2, character: 8 });
});
