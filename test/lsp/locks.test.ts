// Held locks in the editor: hovers and inlay hints, by what the analysis answers.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, expect, test } from 'vitest';
import type { Hover, InlayHint } from 'vscode-languageserver/node';
import type { FunctionLocks, HeldLock, LockLine, LockReport } from '../../server/src/protocol/locks.ts';
import { Cancelled } from '../../server/src/core/base/cancel.ts';
import { able, emptyReport, errorCode, FakeAnalysis, finding, startEditor, type Editor } from './editor.ts';

const uri = 'file:///mails/demo.patch';
const text = 'Subject: x\n+\tmutex_lock(&demo->lock);\n+\tdemo->on = 1;\n+\tmutex_unlock(&demo->lock);\n+}\n';

const lock: HeldLock = {
  name: 'demo->lock',
  class: 'mutex',
  mode: 'exclusive',
  state: 'held',
  paths: 'all',
  places: [{ line: 2, fileLine: 40, via: null }],
};

function line(n: number, locks: readonly HeldLock[], more: Partial<LockLine> = {}): LockLine {
  return { line: n, endLine: n, locks, hidden: false, takes: [], releases: [], ...more };
}

function report(lines: readonly LockLine[], more: Partial<FunctionLocks> = {}): LockReport {
  const fn = { function: 'demo_set', file: 'drivers/iommu/demo.c', side: 'after' as const, line: 2, endLine: 5, required: [], unknown: [] };
  return { functions: [{ ...fn, lines, ...more }] };
}

const set = report([line(2, [], { takes: ['demo->lock'] }), line(3, [lock]), line(4, [lock], { releases: ['demo->lock'] }), line(5, [])]);

let editor: Editor | undefined;
afterEach(() => editor?.stop());

function analysisOf(answer: LockReport): FakeAnalysis {
  const analysis = new FakeAnalysis();
  analysis.answerLocks = () => Promise.resolve(answer);
  return analysis;
}

async function hoverOn(answer: LockReport, at: number, capabilities = able): Promise<string | null> {
  editor = await startEditor(analysisOf(answer), capabilities);
  editor.open(uri, text);
  return hoverText(at);
}

async function hoverText(at: number): Promise<string | null> {
  const hover = await editor?.connection.sendRequest<Hover | null>('textDocument/hover', {
    textDocument: { uri },
    position: { line: at - 1, character: 3 },
  });
  return hover ? (hover.contents as { value: string }).value : null;
}

function hints(): Promise<InlayHint[]> {
  if (!editor) throw new Error('no editor');
  const range = { start: { line: 0, character: 0 }, end: { line: 5, character: 0 } };
  return editor.connection.sendRequest('textDocument/inlayHint', { textDocument: { uri }, range });
}

test('a hover names the held lock and leads to the line that took it', async () => {
  expect(await hoverOn(set, 3)).toBe(
    '**Locks held here** in `demo_set()`:\n- `demo->lock` (mutex): taken on [line 2](file:///mails/demo.patch#L2) (`demo.c:40`)',
  );
});

test('a line that changes the locks says how', async () => {
  expect(await hoverOn(set, 4)).toContain('This line gives back `demo->lock`.');
});

test('where nothing is held, what callers hold is said to be unknown', async () => {
  expect(await hoverOn(set, 2)).toBe(
    '**No lock held here** that was taken in `demo_set()`. Whether callers hold one is not known.\n\nThis line takes `demo->lock`.',
  );
});

test('a client without Markdown gets plain text', async () => {
  const plain = { textDocument: { diagnostic: {}, hover: { contentFormat: ['plaintext' as const] } } };
  expect(await hoverOn(set, 3, plain)).toBe('Locks held here in demo_set():\n- demo->lock (mutex): taken on line 2 (demo.c:40)');
});

test.each<[string, Partial<HeldLock>, string]>([
  ['held on some paths', { paths: 'some' }, '`demo->lock` (mutex) on some paths: taken on'],
  ["the caller's", { state: 'caller', places: [] }, '`demo->lock` (mutex): the caller holds it'],
  [
    'unknown, with the call that made it so',
    { state: 'unknown', class: 'unknown', places: [{ line: 3, fileLine: 41, via: 'far_lock' }] },
    '`demo->lock`: not known, it may have been taken or given back by `far_lock()` on [line 3]',
  ],
  ['shared', { class: 'rwsem', mode: 'shared' }, '`demo->lock` (rwsem, shared): taken on'],
  ['taken outside the patch', { places: [{ line: null, fileLine: 12, via: null }] }, 'taken on `demo.c:12`'],
])('a lock is shown as %s', async (_, parts, words) => {
  expect(await hoverOn(report([line(3, [{ ...lock, ...parts }])]), 3)).toContain(words);
});

test('code that is not visible before the line is named', async () => {
  expect(await hoverOn(report([line(3, [], { hidden: true })]), 3)).toContain('any other lock: not known, code that is not visible');
});

test('a removed line is said to be judged before the patch', async () => {
  expect(await hoverOn(report([line(3, [lock])], { side: 'before' }), 3)).toContain('**Locks held here before the patch**');
});

test('a function whose paths could not be followed says so on each of its lines', async () => {
  expect(await hoverOn(report([], { unknown: ['too many states on its paths'] }), 4)).toBe(
    '**Held locks are not known** in `demo_set()`: too many states on its paths',
  );
});

test('there is nothing on a line without code of a function', async () => {
  expect(await hoverOn(set, 1)).toBeNull();
});

test('names of the patch stay text', async () => {
  const value = await hoverOn(report([line(3, [{ ...lock, name: 'a`<b>[x](command:y)' }])]), 3);
  expect(value).toContain('`` a`<b>[x](command:y) ``');
});

test('what a finding says does not wait for the locks', async () => {
  const analysis = new FakeAnalysis(() => ({
    ...emptyReport,
    findings: [finding({ mail: { path: '/mails/demo.patch', line: 3, column: 1, endLine: 3, endColumn: 9 } })],
  }));
  analysis.answerLocks = () => new Promise(() => undefined);
  editor = await startEditor(analysis);
  editor.open(uri, text);
  await editor.pull(uri);
  expect(await hoverText(3)).toContain('a group in use is answered with -EINVAL');
});

test('a cancelled hover ends the work that nobody else waits for', async () => {
  const analysis = new FakeAnalysis();
  const ended = new Promise<void>((resolve) => {
    analysis.answerLocks = (_unit, _lines, signal) =>
      new Promise((_, reject) => {
        signal.addEventListener('abort', () => {
          resolve();
          reject(new Cancelled());
        });
        source.cancel();
      });
  });
  const { CancellationTokenSource } = await import('vscode-languageserver/node');
  const source = new CancellationTokenSource();
  editor = await startEditor(analysis);
  editor.open(uri, text);
  const params = { textDocument: { uri }, position: { line: 2, character: 3 } };
  expect(await errorCode(editor.connection.sendRequest('textDocument/hover', params, source.token))).toBe(-32800);
  await ended;
});

test('the locks of one version are worked out once', async () => {
  const analysis = analysisOf(set);
  let asked = 0;
  const answer = analysis.answerLocks;
  analysis.answerLocks = (...args) => {
    asked++;
    return answer(...args);
  };
  editor = await startEditor(analysis);
  editor.open(uri, text);
  await hoverText(2);
  await hoverText(3);
  expect(asked).toBe(1);
  editor.change(uri, 2, `${text}\n`);
  await hoverText(3);
  expect(asked).toBe(2);
});

test('of a C file, the functions at the lines are asked for, each once', async () => {
  const spans: unknown[] = [];
  const analysis = new FakeAnalysis();
  analysis.answerLocks = (_unit, lines) => {
    spans.push(lines);
    return Promise.resolve(report([line(3, [lock])], { side: 'present' }));
  };
  const tree = mkdtempSync(join(tmpdir(), 'iommu-review-tree-'));
  for (const folder of ['drivers/iommu', 'include/linux']) mkdirSync(join(tree, folder), { recursive: true });
  for (const name of ['MAINTAINERS', 'Kbuild', 'Makefile']) writeFileSync(join(tree, name), '');
  const file = pathToFileURL(join(tree, 'drivers', 'iommu', 'demo.c')).href;
  editor = await startEditor(analysis);
  editor.open(file, text, 'c');
  const ask = (at: number) =>
    editor?.connection.sendRequest('textDocument/hover', { textDocument: { uri: file }, position: { line: at - 1, character: 0 } });
  await ask(3);
  await ask(4);
  await ask(1);
  rmSync(tree, { recursive: true });
  expect(spans).toEqual([
    { first: 3, last: 3 },
    { first: 1, last: 1 },
  ]);
});

test('of a mailbox, only the mail at the line is asked for', async () => {
  const analysis = analysisOf({ functions: [] });
  const units: number[][] = [];
  analysis.answerLocks = (unit) => {
    units.push(unit.map((one) => (one.kind === 'mail' ? one.startLine : 0)));
    return Promise.resolve({ functions: [] });
  };
  const box = 'file:///mails/two.mbox';
  const mail = (subject: string): string =>
    `From 0123456789abcdef0123456789abcdef01234567 Mon Sep 17 00:00:00 2001\nSubject: ${subject}\n\nText.\n\n`;
  editor = await startEditor(analysis);
  editor.open(box, mail('one') + mail('two'));
  await editor.connection.sendRequest('textDocument/hover', { textDocument: { uri: box }, position: { line: 8, character: 0 } });
  expect(units).toEqual([[6]]);
});

test('hints are off unless they are wanted', async () => {
  editor = await startEditor(analysisOf(set));
  editor.open(uri, text);
  expect(await hints()).toEqual([]);
});

test('hints stand at the end of the lines where the held locks change', async () => {
  editor = await startEditor(analysisOf(set), able, { lockHints: true });
  editor.open(uri, text);
  expect((await hints()).map(({ position, label }) => [position.line + 1, position.character, label])).toEqual([
    [3, 15, 'held: demo->lock'],
    [5, 2, 'held: none'],
  ]);
});

test('hints tell some paths and unknown apart from held', async () => {
  const answer = report([line(3, [{ ...lock, paths: 'some' }]), line(4, [{ ...lock, state: 'unknown' }]), line(5, [], { hidden: true })]);
  editor = await startEditor(analysisOf(answer), able, { lockHints: true });
  editor.open(uri, text);
  expect((await hints()).map(({ label }) => label)).toEqual([
    'held: demo->lock (some paths)',
    'held: demo->lock (unknown)',
    'held: none known',
  ]);
});
