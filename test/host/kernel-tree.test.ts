import { mkdirSync, mkdtempSync, realpathSync, renameSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { spawn } from 'node:child_process';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { findKernelTree, isKernelTree, pathInTree, readTreeFile } from '../../server/src/host/tree/kernel-tree.ts';
import { standsAt } from '../../server/src/host/tree/plain-way.ts';

let base: string;
let root: string;

function put(path: string, text: string): void {
  const full = join(base, path);
  mkdirSync(join(full, '..'), { recursive: true });
  writeFileSync(full, text);
}

function read(path: string): string | null {
  const bytes = readTreeFile(root, path);
  return bytes === null ? null : Buffer.from(bytes).toString('utf8');
}

beforeEach(() => {
  base = realpathSync(mkdtempSync(join(tmpdir(), 'tree-')));
  root = join(base, 'linux');
  for (const name of ['MAINTAINERS', 'Kbuild', 'Makefile']) put(`linux/${name}`, 'x\n');
  put('linux/include/linux/iommu.h', '/* header */\n');
  put('linux/drivers/iommu/demo.c', 'int demo;\n');
  put('outside/secret.c', 'int secret;\n');
});

afterEach(() => {
  rmSync(base, { recursive: true, force: true });
});

describe('a kernel tree', () => {
  test('is known by what stands at its top, and found from any place inside it', () => {
    expect(isKernelTree(root)).toBe(true);
    expect(isKernelTree(join(root, 'drivers'))).toBe(false);
    expect(findKernelTree(join(root, 'drivers/iommu/demo.c'))).toBe(root);
    expect(findKernelTree(join(base, 'outside'))).toBeNull();
    expect(findKernelTree(join(base, 'nowhere'))).toBeNull();
  });

  test('names its files by their path from the root, and no file outside', () => {
    expect(pathInTree(root, join(root, 'drivers/iommu/demo.c'))).toBe('drivers/iommu/demo.c');
    expect(pathInTree(root, join(base, 'outside/secret.c'))).toBeNull();
  });

  test('gives its files and nothing else', () => {
    expect(read('drivers/iommu/demo.c')).toBe('int demo;\n');
    expect(read('drivers/iommu')).toBeNull();
    expect(read('drivers/iommu/none.c')).toBeNull();
    expect(read('../outside/secret.c')).toBeNull();
    expect(read(join(base, 'outside/secret.c'))).toBeNull();
  });

  test('does not follow symbolic links, to files or through folders', () => {
    symlinkSync(join(base, 'outside/secret.c'), join(root, 'drivers/link.c'));
    symlinkSync(join(base, 'outside'), join(root, 'drivers/folder'));
    symlinkSync('demo.c', join(root, 'drivers/iommu/inside.c'));
    expect(read('drivers/link.c')).toBeNull();
    expect(read('drivers/folder/secret.c')).toBeNull();
    expect(read('drivers/iommu/inside.c')).toBeNull();
  });

  test('gives nothing through a folder that has become a link since it was read', () => {
    put('linux/drivers/moved/secret.c', 'int harmless;\n');
    expect(read('drivers/moved/secret.c')).toBe('int harmless;\n');
    renameSync(join(root, 'drivers/moved'), join(root, 'drivers/before'));
    symlinkSync(join(base, 'outside'), join(root, 'drivers/moved'));
    expect(read('drivers/moved/secret.c')).toBeNull();
  });

  test('knows by the folders on the way where an opened file stands, on systems that do not tell its name', () => {
    symlinkSync(join(root, 'drivers'), join(root, 'link'));
    const stats = statSync(join(root, 'drivers/iommu/demo.c'));
    expect(standsAt(root, 'drivers/iommu/demo.c', { fd: null, stats })).toBe(true);
    expect(standsAt(root, 'link/iommu/demo.c', { fd: null, stats })).toBe(false);
    expect(standsAt(root, 'include/linux/iommu.h', { fd: null, stats })).toBe(false);
    expect(standsAt(root, 'drivers/none/demo.c', { fd: null, stats })).toBe(false);
  });

  test('gives nothing from outside while a folder is swapped for a link again and again', async () => {
    put('linux/drivers/swap/secret.c', 'int harmless;\n');
    const folder = join(root, 'drivers/swap');
    const code = `const fs = require('fs'); const f = ${JSON.stringify(folder)}, o = ${JSON.stringify(join(base, 'outside'))};
      for (;;) { fs.renameSync(f, f + '.kept'); fs.symlinkSync(o, f); fs.unlinkSync(f); fs.renameSync(f + '.kept', f); }`;
    const swapper = spawn(process.execPath, ['-e', code], { stdio: 'ignore' });
    try {
      await new Promise((resolve) => setTimeout(resolve, 100));
      const seen = new Set<string | null>();
      for (let attempt = 0; attempt < 2000; attempt++) seen.add(read('drivers/swap/secret.c'));
      expect([...seen].filter((text) => text !== null && text !== 'int harmless;\n')).toEqual([]);
    } finally {
      swapper.kill('SIGKILL');
      await new Promise((resolve) => swapper.once('exit', resolve));
    }
  });

  test('gives nothing where a folder has the name of the file', () => {
    renameSync(join(root, 'drivers/iommu/demo.c'), join(root, 'drivers/iommu/old.c'));
    mkdirSync(join(root, 'drivers/iommu/demo.c'));
    expect(read('drivers/iommu/demo.c')).toBeNull();
  });
});
