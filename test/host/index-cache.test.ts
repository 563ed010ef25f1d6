// The index of a tree over a cache on disk: what is kept never changes an answer.

import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Cancelled, neverCancelled } from '../../server/src/core/base/cancel.ts';
import { RECORD_VERSION } from '../../server/src/core/review/treeIndex.ts';
import { CacheFiles } from '../../server/src/host/index/cache-files.ts';
import { createTreeIndex, type TreeIndexParts } from '../../server/src/host/index/tree-index.ts';

let root: string;
let cache: string;
/** Later than all files of the tree, so that none counts as just changed. */
const later = () => Date.now() + 60_000;

function put(path: string, text: string): void {
  const full = join(root, path);
  mkdirSync(dirname(full), { recursive: true });
  writeFileSync(full, text);
}

const open = (more: Partial<TreeIndexParts> = {}) =>
  createTreeIndex({ root, folders: [], cacheFolder: cache, cancel: neverCancelled, now: later, trustedSince: (now) => now, ...more });

/** All that the index says of the test's names. */
function answers(index = open(), files: readonly string[] = []): string {
  const view = index.near(files);
  const names = ['grp_get', 'grp_put', 'GRP_MAX', 'far_away', 'near_by'];
  const words = view.macroWords('drivers/iommu/a.c');
  return JSON.stringify([
    names.map((name) => [view.defines(name), view.definitions(name), view.declarations(name)]),
    view.opsImplementations('grp_ops', 'get'),
    [words?.loops.has('grp_walk'), words?.annotations.has('__grp_note')],
  ]);
}

const cached = () => readdirSync(join(cache, 'index')).map((name) => join(cache, 'index', name));

beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), 'index-tree-')));
  cache = mkdtempSync(join(tmpdir(), 'index-cache-'));
  put(
    'include/linux/grp.h',
    '#define grp_walk(g) for (; g; g = g->next)\n#define __grp_note __section("grp")\nint grp_get(int a);\n#define GRP_MAX 4\n',
  );
  put('drivers/iommu/a.c', 'int grp_get(int a)\n{\n\treturn a;\n}\nstatic const struct grp_ops ops = { .get = grp_get };\n');
  put('drivers/iommu/deep/b.c', 'int grp_put(int a)\n{\n\treturn a;\n}\n');
  put('net/far/c.c', 'int far_away(void)\n{\n\treturn 0;\n}\n');
  put('net/far/below/d.c', 'int near_by(void)\n{\n\treturn 0;\n}\n');
});

afterEach(() => {
  rmSync(root, { recursive: true, force: true });
  rmSync(cache, { recursive: true, force: true });
});

describe('answers', () => {
  it('are the same cold, warm and without a cache', () => {
    const cold = answers();
    expect(cold).toContain('drivers/iommu/deep/b.c');
    expect(answers()).toBe(cold);
    expect(answers(open({ cacheFolder: null }))).toBe(cold);
  });

  it('cover the folder of a touched file and not those below, and nothing of it for others', () => {
    const index = open();
    const paths = (files: readonly string[]) => ['far_away', 'near_by'].map((name) => index.near(files).defines(name));
    expect(paths(['net/far/c.c'])).toEqual([['net/far/c.c'], []]);
    expect(paths([])).toEqual([[], []]);
    expect(
      open({ folders: ['net'] })
        .near([])
        .defines('near_by'),
    ).toEqual(['net/far/below/d.c']);
  });

  it.each(['../outside/x.c', '/etc/x.c', 'net/../../x.c', 'x.c', ''])('do not leave the tree for %j', (path) => {
    expect(answers(open(), [path])).toBe(answers());
  });

  it('follow no link', () => {
    put('elsewhere/x.c', 'int near_by(void)\n{\n}\n');
    symlinkSync(join(root, 'elsewhere'), join(root, 'drivers/iommu/linked'));
    symlinkSync(join(root, 'elsewhere/x.c'), join(root, 'drivers/iommu/x.c'));
    symlinkSync(join(root, 'drivers'), join(root, 'alias'));
    expect(open().near(['alias/iommu/a.c', 'drivers/iommu/linked/x.c']).defines('near_by')).toEqual([]);
    expect(open().near(['alias/iommu/a.c']).defines('grp_get')).toEqual(['drivers/iommu/a.c']);
  });

  it('end with the work that asked', () => {
    expect(() =>
      open({ cancel: { cancelled: true } })
        .near([])
        .defines('grp_get'),
    ).toThrow(Cancelled);
  });
});

describe('an edit', () => {
  const edit = () => {
    put('drivers/iommu/a.c', 'int grp_gut(int a)\n{\n\treturn a;\n}\n');
  };

  it('changes what a running index says', () => {
    const index = open();
    expect(index.near([]).defines('grp_gut')).toEqual([]);
    edit();
    expect(index.near([]).defines('grp_gut')).toEqual(['drivers/iommu/a.c']);
    expect(index.near([]).definitions('grp_get')).toEqual([]);
    rmSync(join(root, 'drivers/iommu/a.c'));
    put('drivers/iommu/new.c', 'int grp_new(void)\n{\n}\n');
    expect(['grp_gut', 'grp_new'].map((name) => index.near([]).defines(name))).toEqual([[], ['drivers/iommu/new.c']]);
  });

  it('changes what the next start says', () => {
    answers();
    edit();
    expect(open().near([]).defines('grp_gut')).toEqual(['drivers/iommu/a.c']);
  });

  it('of the same size, with the time set back, is seen', () => {
    const path = join(root, 'drivers/iommu/a.c');
    const { atime, mtime } = statSync(path);
    answers();
    writeFileSync(path, readFileSync(path, 'utf8').replaceAll('grp_get', 'grp_got'));
    utimesSync(path, atime, mtime);
    expect(open().near([]).defines('grp_got')).toEqual(['drivers/iommu/a.c']);
  });

  it.each([
    ['is seen where the file had just been changed', 1, ['drivers/iommu/a.c']],
    ['cannot be where it had long been quiet', 5000, []],
  ])('with the very stamps of the last reading %s', (_what, quietMs, defines) => {
    answers();
    edit();
    const path = 'drivers/iommu/a.c';
    const { size, ino, mtimeMs, ctimeMs } = statSync(join(root, path));
    const files = new CacheFiles(cache, 'index', RECORD_VERSION);
    const key = `${root}\0drivers/iommu`;
    const rows = files.read(key) as { file: { path: string } }[];
    const file = { path, size, inode: ino, modified: mtimeMs, changed: ctimeMs };
    files.write(
      key,
      rows.map((row) => (row.file.path === path ? { ...row, file, seen: ctimeMs + quietMs } : row)),
    );
    expect(open().near([]).defines('grp_gut')).toEqual(defines);
  });
});

describe('the cache', () => {
  it('can be read by its owner alone', () => {
    answers();
    expect(cached().length).toBeGreaterThan(2);
    for (const file of cached()) {
      expect(statSync(file).mode & 0o777).toBe(0o600);
      expect(file).toMatch(/[0-9a-f]{64}\.json$/);
    }
  });

  it('is rebuilt where a byte of it is wrong', () => {
    const right = answers();
    for (const file of cached()) {
      const bytes = readFileSync(file);
      // The kind, the version, the checksum, the line end, structure, text and the end.
      const headEnd = bytes.indexOf(10);
      for (const at of [0, 14, 19, 22, headEnd - 1, headEnd, headEnd + 1, headEnd + 20, bytes.length >> 1, bytes.length - 1]) {
        const broken = Buffer.from(bytes);
        broken[at] = (broken[at] ?? 0) ^ 1;
        writeFileSync(file, broken);
        expect(answers()).toBe(right);
        expect(readFileSync(file).equals(broken)).toBe(false);
      }
    }
  });

  it.each([
    ['empty', () => ''],
    ['cut', (text: string) => text.slice(0, text.length >> 1)],
    ['another version', (text: string) => text.replace(/ index \d+ /, ' index 999 ')],
    ['a program', () => 'process.exit(1)'],
    ['zeros', () => '\0'.repeat(4096)],
  ])('is rebuilt where it is %s', (_what, spoil) => {
    const right = answers();
    for (const file of cached()) writeFileSync(file, spoil(readFileSync(file, 'utf8')));
    expect(answers()).toBe(right);
  });

  it('forgets what is old', () => {
    answers();
    const old = join(cache, 'index', `${'0'.repeat(64)}.json`);
    writeFileSync(old, '');
    utimesSync(old, 0, 0);
    answers();
    expect(cached()).toContain(old);
    put('drivers/iommu/a.c', 'int grp_new(void)\n{\n}\n');
    answers();
    expect(cached()).not.toContain(old);
  });

  it('is not read through a link', () => {
    const right = answers();
    const [file = ''] = cached();
    const away = join(cache, 'away');
    writeFileSync(away, readFileSync(file));
    rmSync(file);
    symlinkSync(away, file);
    expect(answers()).toBe(right);
    expect(statSync(away).size).toBeGreaterThan(0);
  });

  it.runIf(process.getuid?.() !== 0)('may be a folder that cannot be written', () => {
    chmodSync(cache, 0o500);
    expect(answers()).toBe(answers(open({ cacheFolder: null })));
    chmodSync(cache, 0o700);
  });

  it('may be no folder at all', () => {
    writeFileSync(join(cache, 'file'), '');
    expect(answers(open({ cacheFolder: join(cache, 'file') }))).toBe(answers(open({ cacheFolder: null })));
  });
});
