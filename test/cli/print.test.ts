import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { heldAtReturn } from './mails.ts';
import { run, sample } from './run.ts';

describe('printing', () => {
  test('a patch as JSON: one line a mail, with what git sees in it', async () => {
    const { stdout, status } = await run(['print', 'patch', '--format', 'json', sample]);
    const mails = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(status).toBe(0);
    expect(mails.map((mail) => mail['files'])).toEqual([
      [],
      [
        { path: 'drivers/iommu/iommu-lend.c', added: 36, deleted: 0 },
        { path: 'drivers/iommu/iommu-lend.h', added: 3, deleted: 0 },
      ],
      [
        { path: 'drivers/iommu/iommu-lend.c', added: 50, deleted: 0 },
        { path: 'drivers/iommu/iommu-lend.h', added: 2, deleted: 0 },
      ],
      [
        { path: 'drivers/iommu/iommu-lend.c', added: 21, deleted: 0 },
        { path: 'drivers/iommu/iommu-lend.h', added: 1, deleted: 0 },
      ],
      [],
    ]);
    expect(mails[4]?.['quoted']).toMatchObject({ files: [{ path: 'drivers/iommu/iommu-lend.c' }] });
  });

  test('the syntax of one function, with kinds, fields and places', async () => {
    const { stdout } = await run(['print', 'tree', '-', '--function', 'demo_lend'], { input: heldAtReturn });
    expect(stdout.split('\n')[0]).toBe('drivers/iommu/lend.c (depth hunk)');
    expect(stdout).toMatch(/^ +argument: field_expression .*\n +argument: identifier .* "group"$/m);
    expect(stdout).not.toContain('(error)');
  });

  test('the control flow of one function', async () => {
    const { stdout } = await run(['print', 'ir', '-', '--function', 'demo_lend'], { input: heldAtReturn });
    expect(stdout).toMatch(/call mutex_lock\(&group->mutex\)/);
    expect(stdout).toMatch(/return -EBUSY/);
  });

  test('what callers see of a function: locks that it asks for, takes, gives back and leaves', async () => {
    const file = [
      'static void demo_settle(struct iommu_group *group)',
      '{',
      '\tlockdep_assert_held(&group->mutex);',
      '\tdemo_tell(group);',
      '}',
      '',
      'int demo_lend(struct iommu_group *group, void *borrower)',
      '{',
      '\tmutex_lock(&group->mutex);',
      '\tif (group->lent)',
      '\t\treturn -EBUSY;',
      '\tdemo_settle(group);',
      '\tgroup->ops->lend(group);',
      '\tmutex_unlock(&group->mutex);',
      '\treturn 0;',
      '}',
      '',
    ].join('\n');
    const folder = mkdtempSync(join(tmpdir(), 'print-summary-'));
    const path = join(folder, 'demo.c');
    writeFileSync(path, file);
    try {
      const { stdout, status } = await run(['print', 'summary', path]);
      expect(status).toBe(0);
      expect(stdout.split('\n').slice(1)).toEqual([
        '  demo_settle(): from code',
        '    requires: group->mutex',
        "    returns nothing: the caller's locks as they were",
        '    callees unknown: demo_tell',
        '  demo_lend(): from code',
        '    takes inside: group->mutex',
        '    classes taken inside: iommu_group.mutex',
        '    returns -EBUSY: leaves held group->mutex',
        "    returns 0: the caller's locks as they were",
        '    callees unknown: group->ops->lend',
        '',
      ]);
      const json = await run(['print', 'summary', path, '--function', 'demo_lend', '--format', 'json']);
      expect(JSON.parse(json.stdout)).toMatchObject({
        files: [
          {
            depth: 'file',
            functions: [
              {
                function: 'demo_lend',
                source: 'code',
                takes: ['group->mutex'],
                exits: [
                  { returns: '-EBUSY', left: ['group->mutex'], released: [] },
                  { returns: '0', left: [] },
                ],
              },
            ],
          },
        ],
      });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test('JSON of syntax, control flow and summaries is one line an input', async () => {
    for (const what of ['tree', 'ir', 'summary']) {
      const { stdout } = await run(['print', what, '-', '--format', 'json'], { input: heldAtReturn });
      const lines = stdout.trimEnd().split('\n');
      expect(lines).toHaveLength(1);
      expect(JSON.parse(lines[0] ?? '')).toMatchObject({ path: '-', files: [{ path: 'drivers/iommu/lend.c' }] });
    }
  });

  test('control characters of a mail are made visible', async () => {
    const evil = heldAtReturn.replace('Refuse to lend', 'Refuse \u001b[31mto\u009b lend');
    for (const format of ['text', 'json']) {
      const { stdout } = await run(['print', 'patch', '-', '--format', format], { input: evil });
      expect(stdout).toContain('Refuse');
      expect(stdout).not.toMatch(/[\u001b\u009b]/);
    }
  });

  test('what cannot be read is named, and makes the status 3', async () => {
    expect(await run(['print', 'patch', '/nowhere.patch'])).toEqual({
      status: 3,
      stdout: '',
      stderr: 'iommu-review: /nowhere.patch: there is no such file\n',
    });
  });
});
