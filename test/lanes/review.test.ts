// Whole reviews of real mails and of the real tree, through the command line. The expected places are given by line numbers and names.

import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import type { Finding } from '../../server/src/protocol/finding.ts';
import type { ReviewReport } from '../../server/src/protocol/report.ts';
import { cacheRoot, material, readMbox } from './oracle/material.ts';

const cli = resolve(import.meta.dirname, '../../dist/cli.js');
const work = mkdtempSync(join(tmpdir(), 'review-lane-'));
afterAll(() => {
  rmSync(work, { recursive: true });
});

function review(args: readonly string[], cwd = work): { report: ReviewReport; bytes: string } {
  const run = spawnSync(process.execPath, [cli, 'review', ...args, '--format', 'json', '--fail-on', 'never'], {
    cwd,
    encoding: 'utf8',
    maxBuffer: 1 << 30,
  });
  expect(run.stderr).toBe('');
  expect(run.status).toBe(0);
  return { report: JSON.parse(run.stdout) as ReviewReport, bytes: run.stdout };
}

function seed(name: string): string {
  const folder = material('seeds');
  const found = readdirSync(folder).find((one) => one.startsWith(name));
  if (found === undefined) throw new Error(`missing: ${folder}/${name}*`);
  return join(folder, found);
}

const loud = (findings: readonly Finding[]): Finding[] =>
  findings.filter((one) => one.status === 'introduced' && (one.severity === 'error' || one.severity === 'warning'));

const places = (findings: readonly Finding[], rule: string): unknown[] =>
  findings.filter((one) => one.rule === rule).map((one) => [one.mail?.line, one.location?.function ?? null]);

describe('the reply to the third posting of the default-domain change', () => {
  const { report } = review([seed('001_')]);

  test('has the wrong error code at the line that the reviewer asked about', () => {
    expect(places(report.findings, 'errno-busy-vs-invalid')).toEqual([[289, 'iommu_group_store_type']]);
    expect(report.findings.find((one) => one.rule === 'errno-busy-vs-invalid')?.fixes[0]?.edits).toMatchObject([
      { target: 'mail', startLine: 289, newText: '-EBUSY' },
    ]);
  });

  test('has the helper that gives back its caller’s mutex, with both unlocks', () => {
    const found = report.findings.filter((one) => one.rule === 'helper-releases-caller-lock');
    expect(found.map((one) => one.location?.function)).toEqual(['iommu_change_dev_def_domain']);
    expect(found[0]?.related.map((one) => one.mail?.line)).toEqual([162, 175]);
  });

  test('has both parameters that callers derive', () => {
    const found = report.findings.filter((one) => one.rule === 'derivable-parameter');
    expect(
      found.map((one) => [one.mail?.line, one.text.includes('*dev,') ? 'dev' : one.text.includes('*prev_dom') ? 'prev_dom' : '']),
    ).toEqual([
      [135, 'dev'],
      [137, 'prev_dom'],
    ]);
  });

  test('has the unreferenced device, the recheck of the count alone and what its runs show, and nothing else that is loud: the unlocks behind the labels are right', () => {
    expect(
      loud(report.findings)
        .map((one) => one.rule)
        .sort(),
    ).toEqual([
      'errno-busy-vs-invalid',
      'freed-domain-still-attached',
      'helper-releases-caller-lock',
      'map-before-attach',
      'rollback-missing-reattach',
      'silent-fallback-hides-request',
      'stale-pointer-after-unlock-noref',
      'toctou-unlocked-recheck',
    ]);
  });

  test('keeps the reviewer’s remarks at the lines they follow', () => {
    const lines = report.comments.map((one) => [one.anchor?.side, one.anchor?.line, one.mail.line]);
    expect(lines).toEqual([
      ['message', 2, 12],
      ['message', 4, 20],
      ['message', 15, 36],
      ['+', 2857, 107],
      ['+', 2859, 114],
      ['+', 2868, 128],
      ['+', 2935, 202],
      ['+', 2969, 245],
      ['+', 3005, 291],
      ['+', 3036, 328],
    ]);
  });
});

test('the reply about DMA owners has the misspelt name once, where its author wrote it, and the per-device prototypes', () => {
  const { report } = review([seed('000_')]);
  const typos = report.findings.filter((one) => one.rule === 'text-identifier-typo');
  expect(typos.map((one) => [one.mail?.line, one.fixes[0]?.edits[0]?.newText])).toEqual([[61, 'DMA_OWNER_KERNEL']]);
  expect(places(report.findings, 'api-scope-mismatch')).toEqual([[51, null]]);
});

test('the merged form of the default-domain change gives none of the remarks on the third posting', () => {
  const id = '20201124130604.2912899-3-baolu.lu@linux.intel.com';
  const mail = readMbox('corpus/threads/default-domain.mbox.gz').find((one) => Buffer.from(one.bytes).includes(`Message-Id: <${id}>`));
  if (mail === undefined) throw new Error(`missing: ${id}`);
  const path = join(work, 'merged.eml');
  writeFileSync(path, mail.bytes);
  const rules = review([path]).report.findings.map((one) => one.rule);
  expect(rules).not.toContain('errno-busy-vs-invalid');
  expect(rules).not.toContain('helper-releases-caller-lock');
  expect(rules).not.toContain('derivable-parameter');
});

describe('a patch of our own that returns with the mutex held', () => {
  const tree = join(cacheRoot, 'linux-source-6.12');
  const path = join(work, 'held.patch');

  /** Adds a test and a return behind the lock of iommu_group_show_type, with the real lines around it as context. */
  function write(heading: boolean): number {
    const lines = readFileSync(join(tree, 'drivers/iommu/iommu.c'), 'utf8').split('\n');
    const start = lines.findIndex((line) => /^static ssize_t iommu_group_show_type\(/.test(line));
    const at = lines.findIndex((line, index) => index > start && line === '\tmutex_lock(&group->mutex);');
    if (start < 0 || at < 0) throw new Error('missing: iommu_group_show_type in the tree');
    const context = (from: number, to: number): string[] => lines.slice(from, to).map((line) => ` ${line}`);
    const hunk = [
      `@@ -${String(at - 1)},6 +${String(at - 1)},8 @@${heading ? ` ${lines[start] ?? ''}` : ''}`,
      ...context(at - 2, at + 1),
      '+\tif (!group->default_domain)',
      '+\t\treturn -ENODEV;',
      ...context(at + 1, at + 4),
    ];
    const head = ['Subject: [PATCH] iommu: Leave early', 'From: A Developer <dev@example.org>', '', 'Leave early.', '---'];
    const names = ['--- a/drivers/iommu/iommu.c', '+++ b/drivers/iommu/iommu.c'];
    writeFileSync(path, `${[...head, 'diff --git a/drivers/iommu/iommu.c b/drivers/iommu/iommu.c', ...names, ...hunk].join('\n')}\n`);
    return at + 3;
  }

  test('gives exactly one finding with the tree, introduced, with its path', () => {
    const line = write(true);
    const { report } = review([path, '--kernel', tree]);
    const found = report.findings.filter((one) => one.status === 'introduced');
    expect(found.map((one) => [one.rule, one.location?.function, one.location?.line])).toEqual([
      ['lock-held-at-return', 'iommu_group_show_type', line],
    ]);
    expect(found[0]?.related.length).toBeGreaterThanOrEqual(2);
    expect(report.inputs[0]?.depth).toBe('file');
  });

  test.each([true, false])('gives it from the hunk alone (function heading: %s)', (heading) => {
    const line = write(heading);
    const { report } = review([path]);
    expect(report.findings.map((one) => [one.rule, one.status, one.location?.line])).toEqual([['lock-held-at-return', 'introduced', line]]);
    expect(report.inputs[0]?.depth).toBe('hunk');
  });
});

test('the same mails give the same bytes twice, from any folder, on one child and on two', () => {
  const mbox = material('corpus/threads/dma-ownership.mbox.gz');
  const first = review([mbox, '--jobs', '1']).bytes;
  expect(review([mbox, '--jobs', '1'], '/').bytes).toBe(first);
  expect(review([mbox, '--jobs', '2']).bytes).toBe(first);
});
