import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { clean, cover, heldAtReturn, truncated } from './mails.ts';
import { run, stackLines } from './run.ts';

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'cli-'));
  const files: Record<string, string | Uint8Array> = {
    'held.patch': heldAtReturn,
    'clean.patch': clean,
    'cover.eml': cover,
    'truncated.patch': truncated,
    'nul.eml': heldAtReturn.replace('lent once.', 'lent\0 once.\0\0'),
    'nul-in-hunk.eml': heldAtReturn.replace('return -EBUSY', 'return\0 -EBUSY'),
    empty: '',
    binary: Uint8Array.from({ length: 5000 }, (_, index) => (index * 7) % 256),
    prose: 'nothing but words\n',
    'quotes.txt': '> somebody said this\n> and that\n\nand it was answered\n> so\n',
    'noise.bin': Uint8Array.from({ length: 10_000_000 }, (_, index) => (Math.imul(index, 2_654_435_761) >>> 13) & 0xff),
    'noise.txt': Uint8Array.from({ length: 10_000_000 }, (_, index) => 32 + (((Math.imul(index, 2_654_435_761) >>> 13) & 0xff) % 95)),
    'noise-lines.txt': Uint8Array.from({ length: 10_000_000 }, (_, index) =>
      index % 61 === 60 ? 10 : 32 + (((Math.imul(index, 2_654_435_761) >>> 13) & 0xff) % 95),
    ),
  };
  for (const [name, data] of Object.entries(files)) writeFileSync(join(folder, name), data);
});

afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

describe('exit status', () => {
  test.each<[string, string[], number, RegExp]>([
    ['a clean patch', ['review', 'clean.patch'], 0, /^no findings\n/],
    ['a finding', ['review', 'held.patch'], 1, /^held\.patch:21:4: error: .*\[lock-held-at-return\]$/m],
    ['a finding that nobody wants to fail on', ['review', 'held.patch', '--fail-on', 'never'], 0, /lock-held-at-return/],
    ['a rule that is switched off', ['review', 'held.patch', '--rule', '-lock-held-at-return'], 0, /^no findings\n/],
    ['a cover letter', ['review', 'cover.eml'], 0, /^no findings\n/],
    ['an empty file', ['review', 'empty'], 3, /^empty: note: the file is empty \[empty\]$/m],
    ['a binary file', ['review', 'binary'], 3, /^binary: note: a binary file: no mail, patch or C source \[binary\]$/m],
    ['prose alone', ['review', 'prose'], 3, /^prose: note: .*\[empty\]$/m],
    ['quotes of words', ['review', 'quotes.txt'], 3, /^quotes\.txt: note: no mail header and no diff in it \[empty\]$/m],
    ['10 MB of bytes', ['review', 'noise.bin'], 3, /^noise\.bin: note: a binary file/m],
    ['10 MB of letters on one line', ['review', 'noise.txt'], 3, /^noise\.txt: note: /m],
    ['10 MB of letters on lines', ['review', 'noise-lines.txt'], 3, /^noise-lines\.txt: note: /m],
    ['a truncated patch', ['review', 'truncated.patch'], 0, /^truncated\.patch(?::\d+)?: note: /m],
    ['a mail with NULs', ['review', 'nul.eml'], 1, /^nul\.eml:\d+: note: .*NUL/im],
    ['a missing file', ['review', 'nowhere.patch'], 3, /^nowhere\.patch: note: there is no such file \[missing\]$/m],
    ['a missing file beside a finding: it wins', ['review', 'nowhere.patch', 'held.patch'], 3, /lock-held-at-return/],
  ])('%s: %j gives %i', async (_, args, status, stdout) => {
    const ended = await run(args, { cwd: folder });
    expect(ended.stdout).toMatch(stdout);
    expect(stackLines(ended)).toEqual([]);
    expect(ended.status).toBe(status);
  });

  test('a NUL inside a hunk is told, and nothing crashes', async () => {
    const ended = await run(['review', 'nul-in-hunk.eml'], { cwd: folder });
    expect(ended.stdout).toMatch(/NUL/i);
    expect(stackLines(ended)).toEqual([]);
    expect([0, 1]).toContain(ended.status);
  });

  test.each<[string[], RegExp]>([
    [[], /^Usage: /m],
    [['review'], /^iommu-review: no INPUT given/],
    [['reveiw', 'x'], /^iommu-review: unknown command 'reveiw'\n\(Did you mean review\?\)/],
    [['review', '--formt', 'json', 'x'], /unknown option '--formt'/],
    [['review', '--format', 'xml', 'x'], /argument 'xml' is invalid/],
    [['review', '--format', 'b4', 'x'], /^iommu-review: --format b4 is not available in this version/],
    [['review', '--scenario', 's.yaml', 'x'], /--scenario s\.yaml: not a scenario/],
    [['review', '--baseline', 'b.json', 'x'], /^iommu-review: --baseline is not available in this version/],
    [['review', '--status', 'new', 'x'], /Allowed: introduced, touched/],
    [['review', '--rule', 'lock-held-at-return', 'x'], /needs a sign/],
    [['review', '--rule', '+lock-held-at-retrun', 'x'], /did you mean 'lock-held-at-return'\?/],
    [['review', '--era', 'v6.11', 'x'], /there is no era 'v6\.11'/],
    [['review', '--kernel', '/nowhere', 'x'], /^iommu-review: --kernel \/nowhere: there is no such folder/],
    [['review', '--jobs', '0', 'x'], /must be a number above 0/],
    [['review', '--shard', '3/2', 'x'], /must be I\/N/],
    [['review', 'clean.patch', '-o', '/nowhere/out'], /^iommu-review: cannot write \/nowhere\/out: ENOENT/],
    [['explain', 'no-such-rule'], /^iommu-review: there is no rule 'no-such-rule'/],
    [['model', 'run', 'S001-99x'], /^iommu-review: there is no scenario 'S001-99x'/],
    [['model', 'run', '--era', 'v5.0'], /^iommu-review: there is no era 'v5\.0' in the model/],
    [['model', 'run', '--against', 'v6.1'], /^iommu-review: --against needs --era/],
    [['model', 'run', '--patch', 'clean.patch', '--against', 'v6.1'], /takes no --patch/],
    [['compare', 'a', 'b'], /^iommu-review: compare is not available/],
    [['reply', 'a', '--adopt', 'x'], /^iommu-review: reply is not available/],
    [['fix', 'a', '-o', 'x'], /^iommu-review: fix is not available/],
    [['baseline', 'add'], /^iommu-review: baseline is not available/],
    [['lsp'], /^iommu-review: lsp needs --stdio/],
  ])('wrong usage %j gives 2', async (args, stderr) => {
    const ended = await run(args, { cwd: folder });
    expect(ended.stderr).toMatch(stderr);
    expect(stackLines(ended)).toEqual([]);
    expect(ended.status).toBe(2);
  });

  test.each([['--help'], ['--version'], ['review', '--help'], ['rules'], ['explain', 'lock-held-at-return']])(
    '%s gives 0',
    async (...args) => {
      const ended = await run(args);
      expect(ended.stdout).not.toBe('');
      expect(ended.stderr).toBe('');
      expect(ended.status).toBe(0);
    },
  );
});
