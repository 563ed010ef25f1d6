import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { defaultInputLimits, type InputLimits } from '../../server/src/host/input/limits.ts';
import { isRange } from '../../server/src/host/input/range.ts';
import { readInputs, type ReadContext } from '../../server/src/host/input/read-inputs.ts';

const mail = (n: number): string => `From: A Developer <dev@example.org>\nSubject: [PATCH ${String(n)}/2] demo\n\nText ${String(n)}.\n`;
const mbox = `From dev@example.org Mon Sep  2 10:00:00 2024\n${mail(1)}\nFrom dev@example.org Mon Sep  2 10:00:01 2024\n${mail(2)}`;

let base: string;

function put(path: string, data: string | Uint8Array): void {
  const full = join(base, path);
  mkdirSync(dirname(full), { recursive: true });
  writeFileSync(full, data);
}

async function* stream(...chunks: Uint8Array[]): AsyncGenerator<Uint8Array> {
  await Promise.resolve();
  yield* chunks;
}

/** What comes out, as short lines: `kind path:line bytes` or `! path kind message`. */
async function read(args: string[], context: Partial<ReadContext> = {}): Promise<string[]> {
  const lines: string[] = [];
  for await (const item of readInputs(args, { cwd: base, kernel: null, repository: null, stdin: stream(), ...context })) {
    if (item.type === 'problem') lines.push(`! ${item.path} ${item.problem.kind}: ${item.problem.message}`);
    else if (item.unit.kind === 'mail')
      lines.push(`mail ${item.unit.path}:${String(item.unit.startLine)} ${String(item.unit.bytes.length)}`);
    else lines.push(`source ${item.unit.path} ${String(item.unit.treePath)} ${String(item.unit.bytes.length)}`);
  }
  return lines;
}

function limits(part: Partial<InputLimits>): InputLimits {
  return { ...defaultInputLimits, ...part };
}

beforeEach(() => {
  base = realpathSync(mkdtempSync(join(tmpdir(), 'inputs-')));
});

afterEach(() => {
  rmSync(base, { recursive: true, force: true });
});

describe('inputs', () => {
  test('a mail is one unit, an mbox one for each mail, with the line where it begins', async () => {
    put('one.eml', mail(1));
    put('two.mbox', mbox);
    expect(await read(['one.eml', 'two.mbox'])).toEqual([
      `mail one.eml:1 ${String(mail(1).length)}`,
      expect.stringMatching(/^mail two\.mbox:1 /),
      expect.stringMatching(/^mail two\.mbox:7 /),
    ]);
  });

  test('standard input is read as a mail or an mbox, packed or not', async () => {
    expect(await read(['-'], { stdin: stream(Buffer.from(mbox)) })).toHaveLength(2);
    const packed = gzipSync(mbox);
    expect(await read(['-'], { stdin: stream(packed.subarray(0, 7), packed.subarray(7)) })).toHaveLength(2);
  });

  test('gz: all members of a concatenated file are read', async () => {
    put(
      'two.mbox.gz',
      Buffer.concat([
        gzipSync(`From dev@example.org Mon Sep  2 10:00:00 2024\n${mail(1)}\n`),
        gzipSync(`From dev@example.org Mon Sep  2 10:00:01 2024\n${mail(2)}`),
      ]),
    );
    expect(await read(['two.mbox.gz'])).toHaveLength(2);
  });

  test('gz: what comes before the damage is kept, and the damage is told', async () => {
    const packed = gzipSync(mbox);
    put('cut.mbox.gz', packed.subarray(0, packed.length - 12));
    put('crc.mbox.gz', Buffer.concat([packed.subarray(0, packed.length - 8), Buffer.alloc(8, 7)]));
    for (const name of ['cut.mbox.gz', 'crc.mbox.gz']) {
      const lines = await read([name]);
      expect(lines[0]).toMatch(`mail ${name}:1 `);
      expect(lines.at(-1)).toMatch(`! ${name} damaged: the compressed data is damaged or cut off`);
    }
  });

  test('gz: a bomb is stopped by its ratio, and by its size', async () => {
    put('bomb.gz', gzipSync(mail(1) + 'a'.repeat(4 * 1024 * 1024), { level: 9 }));
    expect((await read(['bomb.gz'])).at(-1)).toBe('! bomb.gz limit: it unpacks to more than 1000 times its size');
    const small = { limits: limits({ maxUnpacked: 1024 * 1024 }) };
    expect((await read(['bomb.gz'], small)).at(-1)).toBe('! bomb.gz limit: it unpacks to more than 1 MiB');
  });

  test('gz in gz is not unpacked twice', async () => {
    put('nested.gz', gzipSync(gzipSync(mbox)));
    expect(await read(['nested.gz'])).toEqual(['! nested.gz binary: a binary file: no mail, patch or C source']);
  });

  test('a mail over the limit is cut, and the next one is read', async () => {
    put('two.mbox', mbox.replace('Text 1.', 'x'.repeat(300)));
    const lines = await read(['two.mbox'], { limits: limits({ maxText: 200 }) });
    expect(lines).toEqual([
      'mail two.mbox:1 200',
      expect.stringMatching(/^! two\.mbox limit: the mail at line 1 is longer than .* MiB; its rest was left out$/),
      expect.stringMatching(/^mail two\.mbox:7 /),
    ]);
  });

  test('what is missing, empty, binary or a folder without mails is told, and the rest is read', async () => {
    put('empty', '');
    put('binary', Uint8Array.from([0x7f, 0x45, 0x4c, 0x46, 0, 0, 0, 1, 2, 3]));
    put('noise.c', Uint8Array.from([0, 1, 2, 3]));
    put('folder/notes.rst', 'nothing\n');
    put('one.eml', mail(1));
    expect(await read(['none', 'empty', 'binary', 'noise.c', 'folder', 'one.eml'])).toEqual([
      '! none missing: there is no such file',
      '! empty empty: the file is empty',
      '! binary binary: a binary file: no mail, patch or C source',
      '! noise.c binary: a binary file: no mail, patch or C source',
      '! folder empty: no mail, patch or C file in this folder',
      `mail one.eml:1 ${String(mail(1).length)}`,
    ]);
  });

  test('a long text that begins like no mail is left alone at once, and a long C file too', async () => {
    put('noise.txt', 'a line of words\n'.repeat(5));
    put('long.c', 'int a;\n'.repeat(20));
    expect(await read(['noise.txt', 'long.c'], { limits: limits({ maxUnlikely: 64, maxSource: 64 }) })).toEqual([
      '! noise.txt empty: no mail header and no diff near its beginning',
      expect.stringMatching(/^! long\.c limit: it is longer than /),
    ]);
    expect(await read(['noise.txt'])).toEqual(['mail noise.txt:1 80']);
  });

  test('a mail with NULs is still a mail', async () => {
    put('nul.eml', `${mail(1)}\0\0\0\n`);
    expect(await read(['nul.eml'])).toHaveLength(1);
  });

  test('a C file knows its path in the tree', async () => {
    put('linux/drivers/iommu/demo.c', 'int a;\n');
    put('other.c', 'int b;\n');
    expect(await read(['linux/drivers/iommu/demo.c', 'other.c'], { kernel: join(base, 'linux') })).toEqual([
      'source linux/drivers/iommu/demo.c drivers/iommu/demo.c 7',
      'source other.c null 7',
    ]);
  });

  test('a folder gives its C files and mails in the order of their names, and follows no link', async () => {
    put('dir/b.c', 'int b;\n');
    put('dir/a.h', 'int a;\n');
    put('dir/sub/0001-x.patch', mail(1));
    put('dir/.git/config', mail(1));
    put('dir/readme.rst', 'text\n');
    put('dir/list.txt', 'only words\n');
    put('dir/mail.txt', mail(1));
    put('outside/secret.c', 'int s;\n');
    symlinkSync(join(base, 'outside'), join(base, 'dir/link'));
    symlinkSync(join(base, 'outside/secret.c'), join(base, 'dir/link.c'));
    expect(await read(['dir/'])).toEqual([
      'source dir/a.h null 7',
      'source dir/b.c null 7',
      expect.stringMatching(/^mail dir\/mail\.txt:1 /),
      expect.stringMatching(/^mail dir\/sub\/0001-x\.patch:1 /),
    ]);
  });

  test('a maildir gives its mails, and an archive with one mail a file too', async () => {
    put('box/cur/17.M2:2,S', mail(2));
    put('box/cur/16.M1:2,', mail(1));
    put('box/new/18.M3', mail(1));
    put('box/tmp/19.M4', mail(1));
    put('archive/2f/38c1de', mail(1));
    put('archive/a0/000001', mail(2));
    const paths = (lines: string[]): string[] => lines.map((line) => line.split(' ')[1]?.replace(/:1$/, '') ?? '');
    expect(paths(await read(['box']))).toEqual(['box/cur/16.M1:2,', 'box/cur/17.M2:2,S', 'box/new/18.M3']);
    expect(paths(await read(['archive']))).toEqual(['archive/2f/38c1de', 'archive/a0/000001']);
  });

  test('a folder with more files than the limit says that it was cut', async () => {
    for (const name of ['a.c', 'b.c', 'c.c']) put(`dir/${name}`, 'int a;\n');
    expect((await read(['dir'], { limits: limits({ maxFiles: 2 }) })).at(-1)).toMatch(
      /^! dir limit: only 2 files of this folder were read/,
    );
  });
});

describe('git ranges', () => {
  test.each(['v6.1..v6.2', 'HEAD~3..HEAD', 'origin/master..', 'a1b2c3d..e4f5a6b', 'HEAD@{1}..HEAD'])('%s reads as one', (text) => {
    expect(isRange(text)).toBe(true);
  });

  test.each(['--upload-pack=x..y', '-x..y', '../a.patch', 'a/../b', 'a b..c', 'one', '$(x)..y', 'a;b..c'])('%s does not', (text) => {
    expect(isRange(text)).toBe(false);
  });

  test('a range in a repository gives its patches, and runs nothing that the repository names', async () => {
    const git = (...args: string[]): string =>
      execFileSync('git', ['-c', 'user.name=A Developer', '-c', 'user.email=dev@example.org', '-C', base, ...args], { encoding: 'utf8' });
    git('init', '-q', '-b', 'main');
    put('a.c', 'int a;\n');
    git('add', '.');
    git('commit', '-q', '-m', 'one');
    put('a.c', 'int b;\n');
    git('commit', '-q', '-a', '-m', 'two');
    const bait = join(base, 'ran');
    put('bait.sh', `#!/bin/sh\necho ran >> ${bait}\ncat "$@"\n`);
    execFileSync('chmod', ['+x', join(base, 'bait.sh')]);
    put('.gitattributes', '*.c diff=bait\n');
    for (const key of ['diff.bait.textconv', 'diff.bait.command', 'diff.external', 'core.fsmonitor', 'core.pager', 'gpg.program']) {
      git('config', key, join(base, 'bait.sh'));
    }
    git('config', 'log.showSignature', 'true');
    rmSync(bait, { force: true });
    const lines = await read(['HEAD~1..HEAD', 'HEAD~9..HEAD'], { repository: base });
    expect(lines[0]).toMatch(/^mail HEAD~1\.\.HEAD:1 \d+$/);
    expect(lines[1]).toMatch(/^! HEAD~9\.\.HEAD refused: git: fatal: /);
    expect(() => execFileSync('cat', [bait], { stdio: 'pipe' })).toThrow();
  });

  test('without a repository a range is only a missing file', async () => {
    expect(await read(['v1..v2'])).toEqual(['! v1..v2 missing: no such file, and no git repository here in which it could be a range']);
  });
});
