import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';

const folder = mkdtempSync(join(tmpdir(), 'corpus-diff-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

/** A command line that reports fixed findings, whatever it is given. */
function fakeCli(name: string, findings: readonly { rule: string; line: number; message: string; fingerprint: string }[]): string {
  const report = {
    inputs: [{ id: '1', messageId: 'a@example.org', path: 'a.eml' }],
    findings: findings.map((one) => ({
      ...one,
      input: '1',
      severity: 'warning',
      status: 'introduced',
      location: { file: 'a.c', line: one.line },
      text: '\treturn 0;',
    })),
  };
  const path = join(folder, name);
  writeFileSync(
    path,
    `require('node:fs').writeFileSync(process.argv[process.argv.indexOf('-o') + 1], ${JSON.stringify(JSON.stringify(report))});`,
  );
  return path;
}

function corpusDiff(...args: string[]): { out: string; err: string; status: number | null } {
  const done = spawnSync(process.execPath, ['scripts/corpus-diff.mjs', ...args], {
    encoding: 'utf8',
    env: { ...process.env, IOMMU_REVIEW_CORPUS: folder },
  });
  return { out: done.stdout, err: done.stderr, status: done.status };
}

it('prints findings that came and went, and not those that moved to another line', () => {
  const old = fakeCli('old.js', [
    { rule: 'leak', line: 3, message: 'stays', fingerprint: 'f1' },
    { rule: 'leak', line: 9, message: 'goes', fingerprint: 'f2' },
  ]);
  const now = fakeCli('new.js', [
    { rule: 'leak', line: 5, message: 'stays', fingerprint: 'f1' },
    { rule: 'lock', line: 7, message: 'comes', fingerprint: 'f3' },
  ]);
  const mails = join(folder, 'mails.mbox');
  writeFileSync(mails, '');
  const { out, err, status } = corpusDiff(old, now, '--mails', mails);
  expect(out.split('\n')).toEqual([
    '== mails.mbox: 2 before, 2 after, 1 came, 1 went',
    '+ warning introduced lock a.c:7 (a@example.org)',
    '    comes',
    '    | return 0;',
    '- warning introduced leak a.c:9 (a@example.org)',
    '    goes',
    '    | return 0;',
    'leak: +0 -1',
    'lock: +1 -0',
    '',
  ]);
  expect(err).toContain('missing: a kernel tree');
  expect(status).toBe(0);
});

it('refuses to compare nothing', () => {
  const cli = fakeCli('empty.js', []);
  expect(corpusDiff(cli, cli)).toMatchObject({ status: 2, err: expect.stringContaining('there is nothing to review') as string });
  expect(corpusDiff()).toMatchObject({ status: 2, err: expect.stringContaining('usage:') as string });
  expect(corpusDiff('no-such-revision')).toMatchObject({ status: 2, err: expect.stringContaining('failed') as string });
});
