import { afterEach, expect, test } from 'vitest';
import type { Hover } from 'vscode-languageserver/node';
import { able, emptyReport, FakeAnalysis, finding, startEditor, type Editor } from './editor.ts';

const uri = 'file:///mails/owner%20one.patch';
const path = '/mails/owner one.patch';
const mail = { path, line: 2, column: 10, endLine: 2, endColumn: 17 };
const full = finding({
  mail,
  refute: 'a caller that tells -EINVAL and -EBUSY apart',
  assumptions: ['the group is locked'],
  sources: [
    { title: 'Linux 6.12, drivers/iommu/iommu.c', url: 'https://git.kernel.org/linus/0123456789ab' },
    { title: 'elsewhere', url: 'javascript:alert(1)' },
  ],
  related: [
    { location: null, mail: { ...mail, line: 1, column: 1 }, message: 'the owner is tested here' },
    {
      location: { file: 'drivers/iommu/iommu.c', function: 'f', line: 9, column: 1, endLine: 9, endColumn: 2 },
      mail: null,
      message: 'and here',
    },
  ],
});

let editor: Editor | undefined;
afterEach(() => editor?.stop());

async function hoverAt(line: number, character: number, capabilities = able, settings?: object): Promise<Hover | null> {
  editor = await startEditor(new FakeAnalysis(() => ({ ...emptyReport, findings: [full] })), capabilities, settings);
  editor.open(uri, 'Subject: x\n+\treturn -EINVAL;\n');
  await editor.pull(uri);
  return editor.connection.sendRequest('textDocument/hover', { textDocument: { uri }, position: { line, character } });
}

test('a finding is explained: reason, evidence with links, assumptions, refutation, sources, standing', async () => {
  const hover = await hoverAt(1, 12);
  expect(hover?.range).toEqual({ start: { line: 1, character: 9 }, end: { line: 1, character: 16 } });
  expect(hover?.contents).toEqual({
    kind: 'markdown',
    value: [
      '**a group in use is answered with -EINVAL**',
      'the request is right and the moment is wrong',
      'Evidence:\n- [line 1](file:///mails/owner%20one.patch#L1): the owner is tested here\n- drivers/iommu/iommu.c:9: and here',
      'Assumes: the group is locked',
      'Would be refuted by: a caller that tells -EINVAL and -EBUSY apart',
      'Sources: [Linux 6.12, drivers/iommu/iommu.c](https://git.kernel.org/linus/0123456789ab), elsewhere',
      '`errno-busy-vs-invalid` · warning · confidence high · evidence contract · introduced',
    ].join('\n\n'),
  });
});

test('a client without Markdown gets plain text', async () => {
  const hover = await hoverAt(1, 12, { textDocument: { diagnostic: {}, hover: { contentFormat: ['plaintext'] } } });
  const { kind, value } = hover?.contents as { kind: string; value: string };
  expect(kind).toBe('plaintext');
  expect(value).toContain('Evidence:\n  line 1: the owner is tested here');
});

test('there is nothing away from a finding', async () => {
  expect(await hoverAt(0, 3)).toBeNull();
});

test('an editor that shows diagnostics in every hover gets only what they do not say', async () => {
  const hover = await hoverAt(1, 12, able, { diagnosticsInHover: true });
  const { value } = hover?.contents as { value: string };
  expect(value).toContain('the request is right');
  expect(value).not.toContain('a group in use');
  expect(value).not.toContain('Evidence');
});
