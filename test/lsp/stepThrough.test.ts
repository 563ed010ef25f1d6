// The way from a finding with a schedule into the debugger.
import { afterEach, expect, test } from 'vitest';
import type { CodeAction, CodeLens } from 'vscode-languageserver/node';
import type { TraceResult } from '../../server/src/protocol/editor.ts';
import type { Confirmation } from '../../server/src/protocol/report.ts';
import { patchTrace } from '../debug/trace.ts';
import { able, emptyReport, errorCode, FakeAnalysis, finding, startEditor, type Editor } from './editor.ts';

const uri = 'file:///mails/store-type.patch';
const mail = { path: '/mails/store-type.patch', line: 2, column: 3, endLine: 2, endColumn: 9 };
const traced = finding({ fingerprint: 'traced', evidence: 'model', mail, trace: patchTrace });
const plain = finding({ fingerprint: 'plain', mail: { ...mail, line: 3, endLine: 3 } });
const holds: Confirmation = {
  rule: 'lock-order-inversion',
  input: 'one',
  location: null,
  mail: { ...mail, line: 3, endLine: 3 },
  message: 'device_lock before group mutex: 9 states in 1 scenario, no deadlock',
  evidence: 'model',
  states: 9,
  trace: { ...patchTrace, violation: null },
  fingerprint: 'holds',
};
const range = { start: { line: 1, character: 2 }, end: { line: 1, character: 8 } };

let editor: Editor | undefined;
afterEach(() => editor?.stop());

async function open(settings: object, at = uri): Promise<Editor> {
  editor = await startEditor(new FakeAnalysis(() => ({ ...emptyReport, findings: [traced, plain] })), able, settings);
  editor.open(at, 'Subject: x\n+\tdevice_lock(dev);\n+\treturn 0;\n');
  await editor.pull(at);
  return editor;
}

const lenses = (at: Editor): Promise<CodeLens[]> => at.connection.sendRequest('textDocument/codeLens', { textDocument: { uri } });
const actions = (at: Editor): Promise<CodeAction[]> =>
  at.connection.sendRequest('textDocument/codeAction', { textDocument: { uri }, range, context: { diagnostics: [] } });

test('a finding with a schedule has a lens and an action for an editor with the command', async () => {
  const at = await open({ stepThrough: true });
  const command = {
    title: 'Step through the schedule (I6)',
    command: 'iommuReview.stepThrough',
    arguments: [{ uri, fingerprint: 'traced' }],
  };
  expect(await lenses(at)).toEqual([{ range, command }]);
  expect((await actions(at)).map((action) => action.command)).toEqual([command]);
});

test('what was run and holds has a lens, and its schedule is given out by its own fingerprint', async () => {
  const report = { ...emptyReport, confirmed: [holds, { ...holds, trace: null, fingerprint: 'read' }] };
  editor = await startEditor(new FakeAnalysis(() => report), able, { stepThrough: true });
  editor.open(uri, 'Subject: x\n+\tdevice_lock(dev);\n+\treturn 0;\n');
  await editor.pull(uri);
  expect(await lenses(editor)).toEqual([
    {
      range: { start: { line: 2, character: 2 }, end: { line: 2, character: 8 } },
      command: {
        title: 'Step through what holds (device_lock before group mutex: 9 states in 1 scenario, no deadlock)',
        command: 'iommuReview.stepThrough',
        arguments: [{ uri, fingerprint: 'holds' }],
      },
    },
  ]);
  const { name, trace } = await editor.connection.sendRequest<TraceResult>('iommuReview/trace', { uri, fingerprint: 'holds' });
  expect({ name, violation: trace.violation }).toEqual({ name: 'lock-order-inversion S001-12', violation: null });
});

test('the action is resolved as it is', async () => {
  const at = await open({ stepThrough: true });
  const [action] = await actions(at);
  expect(await at.connection.sendRequest('codeAction/resolve', action)).toEqual(action);
});

test('an editor without the command is offered neither', async () => {
  const at = await open({});
  expect(await lenses(at)).toEqual([]);
  expect(await actions(at)).toEqual([]);
});

test('the schedule is given out by the fingerprint', async () => {
  const at = await open({});
  const { name, trace, kernel } = await at.connection.sendRequest<TraceResult>('iommuReview/trace', { uri, fingerprint: 'traced' });
  expect({ name, kernel }).toEqual({ name: 'errno-busy-vs-invalid S001-12', kernel: null });
  expect(trace).toEqual(JSON.parse(JSON.stringify(patchTrace)));
});

test('in a document that is no file, its places are those of its URI', async () => {
  const unsaved = 'untitled:store-type.patch';
  // The analysis knows such a document by the last part of its URI.
  const [first, ...rest] = patchTrace.steps;
  if (!first?.mail) throw new Error('the first step has no place');
  const trace = { ...patchTrace, steps: [{ ...first, mail: { ...first.mail, path: 'store-type.patch' } }, ...rest] };
  editor = await startEditor(new FakeAnalysis(() => ({ ...emptyReport, findings: [{ ...traced, trace }] })));
  editor.open(unsaved, 'Subject: x\n');
  await editor.pull(unsaved);
  const given = await editor.connection.sendRequest<TraceResult>('iommuReview/trace', { uri: unsaved, fingerprint: 'traced' });
  expect(given.trace.steps[0]?.mail?.path).toBe(unsaved);
});

test.each([
  ['of a finding without one', { uri, fingerprint: 'plain' }, -32803],
  ['of a finding that is no longer there', { uri, fingerprint: 'gone' }, -32801],
  ['of nothing', {}, -32803],
])('a schedule %s is refused', async (_, params, code) => {
  const at = await open({});
  expect(await errorCode(at.connection.sendRequest('iommuReview/trace', params))).toBe(code);
});
