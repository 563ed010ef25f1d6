import { afterEach, expect, test } from 'vitest';
import type { ReviewResult, ReviewTarget } from '../../server/src/protocol/editor.ts';
import type { UnitReport } from '../../server/src/protocol/analysis.ts';
import { emptyReport, FakeAnalysis, finding, startEditor, type Editor } from './editor.ts';

const uri = 'file:///mails/owner.patch';
const path = '/mails/owner.patch';
const mail = { path, line: 2, column: 10, endLine: 2, endColumn: 17 };
const report: UnitReport = {
  ...emptyReport,
  inputs: [
    {
      id: 'one',
      path,
      messageId: 'a@example.org',
      kind: 'patch',
      subject: '[PATCH] iommu: Own it',
      version: 1,
      part: null,
      series: null,
      depth: 'hunk',
      era: 'v6.12',
      files: [{ path: 'drivers/iommu/iommu.c', depth: 'hunk', base: 'hunks', problems: [] }],
      problems: [{ kind: 'wrapped', line: 1, message: 'a line was wrapped' }],
    },
  ],
  findings: [
    finding({
      mail,
      text: '\treturn -EINVAL;',
      related: [{ location: null, mail: { ...mail, line: 1, column: 1 }, message: 'tested here' }],
    }),
    finding({ fingerprint: 'hint', severity: 'hint', message: 'not to be seen' }),
    finding({ fingerprint: 'old', status: 'pre-existing', message: 'not of this patch' }),
  ],
  comments: [
    {
      id: 'c',
      inReplyTo: null,
      author: 'Kim\u202e',
      date: null,
      anchor: { patch: 'p', side: '+', file: 'drivers/iommu/iommu.c', line: 7 },
      mail: { ...mail, line: 1 },
      text: 'Why?\nReally?',
    },
  ],
  unknowns: [{ input: 'one', rule: null, function: 'f', location: null, reason: 'callee', detail: 'g() is not at hand' }],
  stats: { files: 1, functions: { total: 1, analysed: 0, partly: 1, failed: 0 }, lines: 2 },
};

let editor: Editor | undefined;
afterEach(() => editor?.stop());

async function review(target: ReviewTarget): Promise<ReviewResult> {
  editor = await startEditor(new FakeAnalysis(() => report));
  editor.open(uri, 'Subject: x\n+\treturn -EINVAL;\n');
  return editor.connection.sendRequest('iommuReview/review', { target });
}

const expected = `[PATCH] iommu: Own it
=====================
depth hunk, era v6.12, Message-ID <a@example.org>
line 1: a line was wrapped

0 errors, 1 warning, 0 notes.

line 2: warning [errno-busy-vs-invalid]
    | \treturn -EINVAL;
  a group in use is answered with -EINVAL
  the request is right and the moment is wrong
    line 1: tested here

Remarks of reviewers
--------------------
line 1: Kim<U+202E> on drivers/iommu/iommu.c:7
  Why?
  Really?

Not known
---------
f(): g() is not at hand (callee)

Looked at
---------
0 of 1 changed functions followed, depth hunk; 1 in part: f (callee)
`;

test('a document is summed up, and its lines lead to their places', async () => {
  const { title, text, links, counts } = await review({ kind: 'document', uri });
  expect(text).toBe(expected);
  expect(title).toBe('[PATCH] iommu: Own it');
  expect(counts).toEqual({ errors: 0, warnings: 1, notes: 0 });
  expect(links).toEqual([
    { line: 8, column: 1, endColumn: 7, uri, targetLine: 2, targetColumn: 10 },
    { line: 12, column: 5, endColumn: 11, uri, targetLine: 1, targetColumn: 1 },
    { line: 16, column: 1, endColumn: 7, uri, targetLine: 1, targetColumn: 1 },
  ]);
});

test('a text that is in no document leads nowhere', async () => {
  const { text, links } = await review({ kind: 'text', name: 'clipboard', text: 'x', startLine: 1, uri: null });
  expect(text).toBe(expected);
  expect(links).toEqual([]);
});

test('a part of a document is reviewed with the lines of the whole', async () => {
  const analysis = new FakeAnalysis();
  editor = await startEditor(analysis);
  editor.open(uri, 'Subject: x\n+\treturn -EINVAL;\n');
  const lines: number[] = [];
  analysis.answer = (_text, unit) => {
    for (const input of unit) if (input.kind === 'mail') lines.push(input.startLine);
    return emptyReport;
  };
  await editor.connection.sendRequest('iommuReview/review', {
    target: { kind: 'text', name: 'part', text: '+\treturn -EINVAL;\n', startLine: 2, uri },
  });
  expect(lines).toEqual([2]);
});
