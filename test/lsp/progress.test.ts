// Long reviews are shown, and the run on the model can be left out of them.
import { afterEach, expect, test } from 'vitest';
import { WorkDoneProgress } from 'vscode-languageserver/node';
import { able, emptyReport, FakeAnalysis, finding, startEditor, type Editor } from './editor.ts';

const uri = 'file:///mails/long.patch';
const found = finding({ mail: { path: '/mails/long.patch', line: 1, column: 1, endLine: 1, endColumn: 2 } });
const showing = { ...able, window: { workDoneProgress: true } };

let editor: Editor | undefined;
afterEach(() => editor?.stop());

/** A review that never ends while the model is run. */
function slowModel(): FakeAnalysis {
  const analysis = new FakeAnalysis();
  analysis.answer = () => {
    const isModel = analysis.reviewed.at(-1)?.options.model === true;
    return isModel ? new Promise(() => undefined) : { ...emptyReport, findings: [found], inputs: [] };
  };
  return analysis;
}

test('a review that takes long is shown; cancelled, it gives what is known without the model, and says so', async () => {
  const analysis = slowModel();
  editor = await startEditor(analysis, showing);
  const { connection } = editor;
  const shown: unknown[] = [];
  const ended = new Promise<void>((resolve) => {
    connection.onRequest('window/workDoneProgress/create', ({ token }: { token: string }) => {
      connection.onProgress(WorkDoneProgress.type, token, (value) => {
        shown.push(value);
        if (value.kind === 'begin') void connection.sendNotification('window/workDoneProgress/cancel', { token });
        else resolve();
      });
      return null;
    });
  });
  editor.open(uri, 'Subject: x\n');
  const { items } = await editor.pull(uri);
  await ended;
  expect(shown).toEqual([
    { kind: 'begin', title: 'Reviewing long.patch', message: 'running the patch on the model', cancellable: true },
    { kind: 'end' },
  ]);
  expect(items?.map(({ message }) => message)).toEqual([
    'a group in use is answered with -EINVAL',
    'Not wholly reviewed: the patch was not run on the model: that was cancelled',
  ]);
  expect(analysis.reviewed.map(({ options }) => options.model)).toEqual([true, false]);
});

test('a review that is quick is not shown', async () => {
  editor = await startEditor(new FakeAnalysis(() => ({ ...emptyReport, findings: [found] })), showing);
  let created = 0;
  editor.connection.onRequest('window/workDoneProgress/create', () => void created++);
  editor.open(uri, 'Subject: x\n');
  expect((await editor.pull(uri)).items).toHaveLength(1);
  expect(created).toBe(0);
});

test('a newer version ends the run on the model, shown or not', async () => {
  const analysis = slowModel();
  editor = await startEditor(analysis, able);
  editor.open(uri, 'Subject: x\n');
  const first = editor.pull(uri).catch((error: unknown) => (error as { code: number }).code);
  await expect.poll(() => analysis.reviewed.length).toBe(1);
  analysis.answer = () => emptyReport;
  editor.change(uri, 2, 'Subject: y\n');
  expect((await editor.pull(uri)).items).toEqual([]);
  expect(await first).toBe(-32802);
  expect(analysis.reviewed.map(({ options }) => options.model)).toEqual([true, true]);
});
