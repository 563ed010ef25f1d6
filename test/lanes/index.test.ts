// The index over real kernel trees, beside the parser and beside universal-ctags. Run with `npm run lanes`.

import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { neverCancelled } from '../../server/src/core/base/cancel.ts';
import { scanFile } from '../../server/src/core/syntax/index/scan.ts';
import { parseC } from '../../server/src/core/syntax/parse.ts';
import { createTreeIndex } from '../../server/src/host/index/tree-index.ts';
import { filesUnder, kernelTree, load, readText } from './kernelC/measure.ts';

const area = ['drivers/iommu', 'drivers/vfio', 'drivers/base', 'include/linux'];
const sources = (tree: string): string[] => ['.c', '.h'].flatMap((ending) => filesUnder(tree, area, ending));
const cli = resolve(import.meta.dirname, '../../dist/cli.js');
const work = mkdtempSync(join(tmpdir(), 'index-lane-'));
afterAll(() => {
  rmSync(work, { recursive: true });
});

const say = (line: string): boolean => process.stdout.write(`${line}\n`);

describe.each(['6.12', '6.1'])('Linux %s', (version) => {
  const tree = kernelTree(version);

  it('has each function that the parser has, and no other', async () => {
    const parser = await load('auto');
    const different: string[] = [];
    let count = 0;
    for (const path of sources(tree)) {
      const text = readText(path);
      const parsed = parseC(text, path, parser).functions.map(
        (fn) => `${fn.name} ${String(fn.isStatic)} ${String(fn.body.start)}-${String(fn.span.end)}`,
      );
      const scanned = scanFile(text).functions.map((fn) => `${fn.name} ${String(fn.isStatic)} ${String(fn.body)}-${String(fn.end)}`);
      count += parsed.length;
      const [left, right] = [new Set(parsed), new Set(scanned)];
      for (const one of left) if (!right.has(one)) different.push(`${relative(tree, path)}: only parsed: ${one}`);
      for (const one of right) if (!left.has(one)) different.push(`${relative(tree, path)}: only scanned: ${one}`);
    }
    say(`${version}: ${String(count)} functions, ${String(different.length)} different`);
    // A template of generated code: an enumeration whose name a macro makes.
    const known = (one: string): boolean => one.startsWith('include/linux/genl_magic_func.h: only parsed: ');
    expect(different.filter((one) => !known(one))).toEqual([]);
    expect(count).toBeGreaterThan(15_000);
  });

  it('has what universal-ctags has, but for calls of macros that it takes for headings', () => {
    const listed = spawnSync('ctags', ['-R', '--languages=C', '--langmap=C:.c.h', '--kinds-C=f', '-x', '--_xformat=%N\t%n\t%F', ...area], {
      cwd: tree,
      encoding: 'utf8',
      maxBuffer: 1 << 28,
    });
    if (listed.error || !listed.stdout) throw new Error('missing: universal-ctags');
    const index = createTreeIndex({ root: tree, folders: [], cacheFolder: null, cancel: neverCancelled }).near([]);
    const missing: string[] = [];
    let count = 0;
    for (const row of listed.stdout.split('\n').filter(Boolean)) {
      const [name = '', line = '', path = ''] = row.split('\t');
      count++;
      const lines = index.definitions(name).filter((one) => one.path === path);
      if (!lines.some((one) => one.line === Number(line))) missing.push(`${path}:${line} ${name}`);
    }
    say(
      `${version}: ${String(count)} functions of ctags, ${String(missing.length)} missing\n${missing.map((one) => `  ${one}\n`).join('')}`,
    );
    // No text of a definition: on that line a macro is called, or stands in a heading that makes the name from parts.
    const written = missing.filter((one) => {
      const [, path = '', line = '', name = ''] = /^(.*):(\d+) (.*)$/.exec(one) ?? [];
      const text = readFileSync(join(tree, path), 'utf8').split('\n')[Number(line) - 1] ?? '';
      return !new RegExp(`^[ \\t]*(?:static |inline |struct |enum )*${name}\\(`).test(text);
    });
    expect(written).toEqual([]);
    expect(missing.length / count).toBeLessThan(0.002);
    expect(count).toBeGreaterThan(15_000);
  });

  it('knows drivers by the tables that they fill', () => {
    const index = createTreeIndex({ root: tree, folders: [], cacheFolder: null, cancel: neverCancelled }).near([]);
    const functions = index.opsImplementations('iommu_domain_ops', 'attach_dev').map((one) => one.function);
    expect(functions).toEqual(
      expect.arrayContaining(['intel_iommu_attach_device', 'amd_iommu_attach_device', 'arm_smmu_attach_dev', 'viommu_attach_dev']),
    );
    expect(index.opsImplementations('iommu_ops', 'probe_device').map((one) => one.function)).toContain('intel_iommu_probe_device');
    expect(index.definitions('iommu_group_get').map((one) => [one.path, one.isStub])).toEqual([
      ['drivers/iommu/iommu.c', false],
      ['include/linux/iommu.h', true],
    ]);
  });

  it('gives macro words with which all of drivers/iommu and drivers/vfio still parses', async () => {
    const index = createTreeIndex({ root: tree, folders: [], cacheFolder: null, cancel: neverCancelled }).near([]);
    const parser = await load('auto');
    const dirty: string[] = [];
    for (const path of filesUnder(tree, ['drivers/iommu', 'drivers/vfio'], '.c')) {
      const inside = relative(tree, path);
      const file = parseC(readText(path), inside, parser, { macros: index.macroWords(inside) });
      for (const fn of file.functions) if (!fn.clean) dirty.push(`${inside} ${fn.name}`);
    }
    expect(dirty).toEqual([]);
  });

  it('is read within 5 s cold and 1 s warm, in CPU time', () => {
    const cacheFolder = join(work, `index-${version}`);
    const read = (): { seconds: number; words: unknown; defines: unknown } => {
      const start = process.cpuUsage();
      const index = createTreeIndex({ root: tree, folders: [], cacheFolder, cancel: neverCancelled }).near(['drivers/iommu/iommu.c']);
      const words = index.macroWords('drivers/iommu/iommu.c');
      const defines = [index.defines('iommu_group_get'), index.definitions('iommu_device_register')];
      const { user, system } = process.cpuUsage(start);
      return { seconds: (user + system) / 1e6, words, defines };
    };
    const cold = read();
    const warm = read();
    say(`${version}: index cold ${cold.seconds.toFixed(2)} s of CPU, warm ${warm.seconds.toFixed(2)} s`);
    expect([warm.words, warm.defines]).toEqual([cold.words, cold.defines]);
    expect(cold.seconds).toBeLessThan(5);
    expect(warm.seconds).toBeLessThan(1);
  });

  it('lets a review end with the same bytes, cold and warm', () => {
    const text = readFileSync(join(tree, 'drivers/iommu/iommu.c'), 'utf8');
    const lines = text.split('\n');
    const at = lines.findIndex((line) => line === '\tmutex_lock(&group->mutex);');
    const shown = lines.slice(at - 2, at + 4);
    const hunk = [
      `@@ -${String(at - 1)},6 +${String(at - 1)},7 @@`,
      ...shown.slice(0, 3).map((line) => ` ${line}`),
      '+\tpr_debug("locked\\n");',
      ...shown.slice(3).map((line) => ` ${line}`),
    ];
    const mail = join(work, `${version}.patch`);
    const head =
      'From: A <a@example.org>\nDate: Mon, 18 Nov 2024 10:00:00 +0000\nMessage-ID: <one@example.org>\nSubject: [PATCH] iommu: Say when the group is locked\n\nCall iommu_group_gte_all() first.\n---\n';
    writeFileSync(mail, `${head}--- a/drivers/iommu/iommu.c\n+++ b/drivers/iommu/iommu.c\n${hunk.join('\n')}\n`);
    const cache = join(work, `cache-${version}`);
    const run = (): { seconds: number; bytes: string } => {
      const start = performance.now();
      const result = spawnSync(process.execPath, [cli, 'review', mail, '--kernel', tree, '--format', 'json'], {
        encoding: 'utf8',
        maxBuffer: 1 << 28,
        env: { ...process.env, IOMMU_REVIEW_CACHE: cache },
      });
      expect(result.stderr).toBe('');
      return { seconds: (performance.now() - start) / 1000, bytes: result.stdout };
    };
    const cold = run();
    const warm = [run(), run()];
    say(
      `${version}: review cold ${cold.seconds.toFixed(2)} s, warm ${Math.min(...warm.map((one) => one.seconds)).toFixed(2)} s on the clock`,
    );
    for (const one of warm) expect(one.bytes).toBe(cold.bytes);
    expect(cold.bytes).toContain('"depth": "file"');
  });
});
