import { execFileSync } from 'node:child_process';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ReviewReport } from '../../server/src/protocol/report.ts';
import { clean, heldAtReturn } from './mails.ts';
import { run, sample } from './run.ts';

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'cli-'));
  writeFileSync(join(folder, 'held.patch'), heldAtReturn);
  writeFileSync(join(folder, 'clean.patch'), clean);
});

afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

async function json(args: string[], input?: string | Uint8Array): Promise<ReviewReport> {
  const ended = await run(['review', ...args, '--format', 'json'], { cwd: folder, ...(input === undefined ? {} : { input }) });
  expect(ended.stderr).toBe('');
  return JSON.parse(ended.stdout) as ReviewReport;
}

describe('reviewing', () => {
  test('standard input: the patch lines are quoted with their lines in the mail', async () => {
    const { stdout } = await run(['review', '-'], { input: heldAtReturn });
    expect(stdout.split('\n').slice(0, 10)).toEqual([
      '[PATCH] iommu: Refuse to lend a group twice',
      '',
      '-:21:4: error: group->mutex, taken by mutex_lock(), is still held at this return [lock-held-at-return]',
      '> +\t\treturn -EBUSY;',
      '  in demo_lend(), drivers/iommu/lend.c:13; introduced; confidence high; evidence static',
      '  line 19: group->mutex is taken here',
      '>  \tmutex_lock(&group->mutex);',
      '  line 20: group->lent is true',
      '> +\tif (group->lent)',
      '  line 21: returns with the lock held',
    ]);
    expect(stdout.trimEnd().split('\n').at(-1)).toBe('1 of 1 changed functions followed, depth hunk');
  });

  test('the sample series: findings of all six rules, each in its patch, and the remarks apart', async () => {
    const report = await json([sample]);
    expect(
      report.findings.map((finding) => [finding.introducedIn, finding.rule, finding.location?.function ?? null, finding.status]),
    ).toEqual(
      expect.arrayContaining([
        ['1/3', 'lock-held-at-return', 'iommu_group_lend', 'introduced'],
        ['1/3', 'text-identifier-typo', null, 'introduced'],
        ['2/3', 'derivable-parameter', 'iommu_lend_set_type', 'introduced'],
        ['2/3', 'errno-busy-vs-invalid', 'iommu_lend_set_type', 'introduced'],
        ['2/3', 'helper-releases-caller-lock', 'iommu_lend_set_type', 'introduced'],
        ['3/3', 'api-scope-mismatch', 'iommu_device_freeze_type', 'introduced'],
      ]),
    );
    expect(report.inputs.map((input) => [input.kind, input.part])).toEqual([
      ['cover', [0, 3]],
      ['patch', [1, 3]],
      ['patch', [2, 3]],
      ['patch', [3, 3]],
      ['reply', [2, 3]],
    ]);
    expect(report.comments.map((comment) => [comment.author.split(' ')[0], comment.anchor?.side, comment.text.split('\n')[0]])).toEqual(
      expect.arrayContaining([
        ['Bo', '+', 'Not every driver can do identity for a domain that it allocated for'],
        ['Bo', '+', 'No need to shout; a user can trigger this.'],
        ['Bo', '+', 'Nobody has moved the devices off this domain yet.'],
      ]),
    );
  });

  test('the JSON form follows its schema', async () => {
    const schema = JSON.parse(readFileSync(new URL('../../docs/schema/review.schema.json', import.meta.url), 'utf8')) as object;
    const validate = new Ajv2020({ allErrors: true }).compile(schema);
    validate(await json([sample, 'nowhere.patch', 'clean.patch'].filter((name) => name !== 'nowhere.patch')));
    expect(validate.errors ?? []).toEqual([]);
  });

  test('a line that begins with From and is quoted in an mbox keeps its place in the file', async () => {
    const from = (text: string): string => `From dev@example.org Mon Sep  2 10:00:00 2024\n${text}`;
    const typo = heldAtReturn.replace('A group can be lent once.', '>From demo_ledn() on a group can be lent once.\n>>From here too.');
    const report = await json(['-'], from(typo) + from(clean));
    expect(
      report.findings.filter(({ rule }) => rule === 'text-identifier-typo').map(({ mail, text }) => [mail?.line, mail?.column, text]),
    ).toEqual([[7, 7, '>From demo_ledn() on a group can be lent once.']]);
    expect(report.findings.find(({ rule }) => rule === 'text-identifier-typo')?.fixes[0]?.edits).toMatchObject([
      { startLine: 7, startColumn: 7, endColumn: 16, newText: 'demo_lend' },
    ]);
    const { stdout } = await run(['review', '-', '--notes'], { input: from(typo) + from(clean) });
    expect(stdout).toContain('\n> >From demo_ledn() on a group can be lent once.\n');
  });

  test('the commits of a git range are inputs of that kind', async () => {
    const repository = join(folder, 'repository');
    const git = (...args: string[]): string =>
      execFileSync('git', ['-c', 'user.name=Ada', '-c', 'user.email=ada@example.org', '-C', repository, ...args], { encoding: 'utf8' });
    mkdirSync(join(repository, 'drivers/iommu'), { recursive: true });
    git('init', '-q', '-b', 'main');
    for (const text of ['int a;\n', 'int b;\n', 'int c;\n']) {
      writeFileSync(join(repository, 'drivers/iommu/lend.c'), text);
      git('add', '.');
      git('commit', '-q', '-m', `iommu: ${text.trim()}`);
    }
    const ended = await run(['review', 'HEAD~2..HEAD', '--format', 'json'], { cwd: repository });
    const report = JSON.parse(ended.stdout) as ReviewReport;
    expect(report.inputs.map(({ kind, path, subject }) => [kind, path, subject])).toEqual([
      ['range', 'HEAD~2..HEAD', '[PATCH 1/2] iommu: int b;'],
      ['range', 'HEAD~2..HEAD', '[PATCH 2/2] iommu: int c;'],
    ]);
    expect(ended.status).toBe(0);
  });

  test('packed input gives the same as plain input', async () => {
    expect(await json(['-'], gzipSync(heldAtReturn))).toEqual(await json(['-'], heldAtReturn));
  });

  test('several inputs are reported in their order', async () => {
    const report = await json(['clean.patch', 'held.patch']);
    expect(report.inputs.map((input) => input.path)).toEqual(['clean.patch', 'held.patch']);
  });

  test('shards together give the whole', async () => {
    const inputs = ['clean.patch', 'held.patch', sample];
    const ids = async (...more: string[]): Promise<string[]> =>
      (await json([...inputs, ...more])).findings.map((one) => `${one.input} ${one.fingerprint}`);
    const parts = [...(await ids('--shard', '1/2')), ...(await ids('--shard', '2/2'))];
    expect(parts.sort()).toEqual((await ids()).sort());
  });

  test('notes are shown when asked for', async () => {
    const { stdout } = await run(['review', sample]);
    expect(stdout).toMatch(/^2 notes \(--notes\)$/m);
    expect((await run(['review', sample, '--notes'])).stdout).toContain('[text-identifier-typo]');
  });

  test('a result goes to a file with -o, and standard output stays empty', async () => {
    const file = join(folder, 'out.json');
    const ended = await run(['review', 'held.patch', '--format', 'json', '-o', file], { cwd: folder });
    expect(ended).toEqual({ status: 1, stdout: '', stderr: '' });
    expect((JSON.parse(readFileSync(file, 'utf8')) as ReviewReport).findings).toHaveLength(1);
  });

  test('nothing but results on standard output; no colours or progress off a terminal', async () => {
    const ended = await run(['review', sample, '--timing']);
    expect(ended.stdout).not.toContain('\u001b');
    expect(ended.stderr).toMatch(/^iommu-review: read and indexed in \d+ ms, all in \d+ ms, parser (?:native|wasm)\n$/);
  });
});

describe('the same input gives the same bytes', () => {
  test('twice, from any folder, on one process and on two, with either parser', async () => {
    const args = ['review', sample, join(folder, 'held.patch'), join(folder, 'clean.patch'), '--format', 'json'];
    const runs = await Promise.all([
      run(args),
      run(args),
      run(args, { cwd: folder }),
      run(args, { cwd: dirname(folder) }),
      run([...args, '--jobs', '2']),
      run(args, { env: { IOMMU_REVIEW_PARSER: 'wasm' } }),
      run(args, { env: { TZ: 'Asia/Tokyo', LANG: 'de_DE.UTF-8', LC_ALL: 'tr_TR.UTF-8' } }),
    ]);
    for (const other of runs.slice(1)) expect(other).toEqual(runs[0]);
    expect(runs[0]?.stdout).toContain('lock-held-at-return');
  });
});

describe('rules', () => {
  test('are listed as JSON with what each is about', async () => {
    const { stdout } = await run(['rules', '--format', 'json']);
    const rules = JSON.parse(stdout) as { id: string; severity: string; sources: unknown[] }[];
    expect(rules.find((rule) => rule.id === 'lock-held-at-return')).toMatchObject({
      category: 'locking',
      severity: 'warning',
      severityWithWitness: 'error',
    });
    expect(rules.every((rule) => rule.sources.length > 0)).toBe(true);
  });

  test('are explained with their manual page', async () => {
    const { stdout } = await run(['explain', 'errno-busy-vs-invalid']);
    for (const heading of ['# errno-busy-vs-invalid', '## What it reports', '## Why it matters', '## Known false alarms'])
      expect(stdout).toContain(heading);
  });
});
