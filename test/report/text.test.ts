import { describe, expect, test } from 'vitest';
import { renderText, type TextOptions } from '../../server/src/core/report/text.ts';
import { hostile, lineOf, makeFinding, makeInput, makeReport } from './reports.ts';

const plain: TextOptions = { statuses: null, severity: 'warning', color: false, lineOf };

describe('the text form', () => {
  test('quotes the patch lines as a reply does, with their lines in the mail', () => {
    expect(renderText(makeReport(), plain)).toBe(
      [
        '[PATCH 1/2] iommu: Lend a group',
        '',
        'lend.patch:23:4: warning: group->mutex is still held at this return [lock-held-at-return]',
        '> +\t\treturn -EBUSY;',
        '  in iommu_group_lend(), drivers/iommu/lend.c:45; introduced in 1/2; confidence high; evidence static',
        '  line 20: group->mutex is taken here',
        '> +\tmutex_lock(&group->mutex);',
        '  line 22: the condition holds',
        '> +\tif (group->owner)',
        '  why: The next caller waits for ever.',
        '  wrong if: The caller releases it.',
        '  fix: Release group->mutex before the return (unsafe)',
        '',
        '1 warning',
        '1 of 1 changed functions followed, depth file',
        '',
      ].join('\n'),
    );
  });

  test('a mail whose line is encoded is quoted by its decoded text', () => {
    const text = renderText(makeReport(), { ...plain, lineOf: () => '+=09=09return -EBUSY;' });
    expect(text).toContain('\n> \t\treturn -EBUSY;\n');
    expect(text).not.toContain('=09=09');
  });

  test('notes are counted, and shown when asked for', () => {
    const report = makeReport({ findings: [makeFinding({ severity: 'info' }), makeFinding({ severity: 'hint' })] });
    expect(renderText(report, plain)).toBe('no findings\n1 note (--notes)\n1 of 1 changed functions followed, depth file\n');
    expect(renderText(report, { ...plain, severity: 'info' })).toContain('lend.patch:23:4: info: ');
  });

  test('what was there before is not shown, but counted', () => {
    const findings = [makeFinding({ status: 'pre-existing' }), makeFinding({ status: 'touched' }), makeFinding({ status: 'fixed' })];
    expect(renderText(makeReport({ findings }), plain)).toBe(
      'no findings\nnot shown: 1 touched, 1 pre-existing, 1 fixed (--status)\n1 of 1 changed functions followed, depth file\n',
    );
    expect(renderText(makeReport({ findings }), { ...plain, statuses: ['fixed'] })).toContain('; fixed; ');
  });

  test('what was suppressed is counted', () => {
    const suppressed = { by: 'baseline', reason: 'known', expires: null };
    expect(renderText(makeReport({ findings: [makeFinding({ suppressed })] }), plain)).toContain('no findings\n1 suppressed\n');
  });

  test('remarks of people are no findings', () => {
    const comment = {
      id: 'c1',
      inReplyTo: null,
      author: 'Bo',
      date: null,
      anchor: null,
      mail: makeFinding().mail ?? never(),
      text: 'Why?',
    };
    const text = renderText(makeReport({ findings: [], comments: [comment] }), plain);
    expect(text).toBe('no findings\n1 remark of people in the replies (--format json)\n1 of 1 changed functions followed, depth file\n');
  });

  test('the last line says what was followed, how deep, and what was not', () => {
    const unknown = { input: 'lend.patch', rule: null, location: null, detail: '' };
    const report = makeReport({
      findings: [],
      inputs: [makeInput(), makeInput({ id: 'b', depth: 'hunk' }), makeInput({ id: 'cover', depth: 'text', files: [], kind: 'cover' })],
      unknowns: [
        { ...unknown, function: 'a_lend', reason: 'gap' },
        { ...unknown, function: 'a_lend', reason: 'callee' },
        { ...unknown, function: 'b_lend', reason: 'parse' },
      ],
      stats: { files: 2, functions: { total: 14, analysed: 11, partly: 2, failed: 1 }, lines: 10 },
    });
    expect(renderText(report, plain).split('\n').at(-2)).toBe(
      '11 of 14 changed functions followed, depth hunk to file; 2 in part, 1 not at all: a_lend (callee, gap), b_lend (parse)',
    );
  });

  test('a finding in a plain C file stands at the file as the user named it', () => {
    const report = makeReport({
      inputs: [makeInput({ kind: 'source', path: '../linux/drivers/iommu/lend.c', subject: null })],
      findings: [makeFinding({ mail: null, status: 'present', introducedIn: null, related: [] })],
    });
    const text = renderText(report, plain);
    expect(text).toMatch(/^\.\.\/linux\/drivers\/iommu\/lend\.c:45:3: warning: /);
    expect(text).toContain('1 of 1 functions followed');
  });

  test('problems of an input are told with their line', () => {
    const problem = { kind: 'hunk-repaired', line: 17, message: 'the hunk has fewer lines than it says' };
    expect(renderText(makeReport({ findings: [], inputs: [makeInput({ problems: [problem] })] }), plain)).toContain(
      'lend.patch:17: note: the hunk has fewer lines than it says [hunk-repaired]\n',
    );
  });

  test('among many inputs, notes on those without findings are counted; what was lost is always told', () => {
    const inputs = Array.from({ length: 12 }, (_, index) =>
      makeInput({
        id: `m${String(index)}`,
        path: 'many.mbox',
        problems: [{ kind: index === 7 ? 'limit' : 'quote-guess', line: 3, message: 'so it is' }],
      }),
    );
    const text = renderText(makeReport({ inputs, findings: [] }), plain);
    expect(text.match(/so it is/g)).toHaveLength(1);
    expect(text).toContain('many.mbox:3: note: so it is [limit]');
    expect(text).toContain('\n11 notes on how inputs were read (--format json)\n');
  });

  test('colours only the places of our own words', () => {
    const text = renderText(makeReport(), { ...plain, color: true });
    expect(text).toContain('\u001b[35;1mwarning:\u001b[0m');
    expect(text.replace(/\u001b\[[0-9;]*m/g, '')).toBe(renderText(makeReport(), plain));
  });

  test.each(hostile)('%j in any field reaches no terminal', (evil) => {
    const finding = makeFinding({ message: evil, why: evil, refute: evil, text: evil, rule: evil, assumptions: [evil] });
    const mended = {
      ...finding,
      related: finding.related.map((step) => ({ ...step, message: evil, mail: null })),
      fixes: finding.fixes.map((fix) => ({ ...fix, title: evil })),
    };
    const input = makeInput({ subject: evil, problems: [{ kind: evil, line: 1, message: evil }] });
    const unknown = { input: 'lend.patch', rule: null, function: evil, location: null, reason: 'gap', detail: evil } as const;
    const stats = { files: 1, functions: { total: 2, analysed: 1, partly: 1, failed: 0 }, lines: 1 };
    const text = renderText(makeReport({ inputs: [input], findings: [mended], unknowns: [unknown], stats }), {
      ...plain,
      lineOf: () => `+${evil}`,
    });
    expect(text).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800]|\udb40/);
  });

  test('a line without end is cut', () => {
    const text = renderText(makeReport({ findings: [makeFinding({ related: [] })] }), {
      ...plain,
      lineOf: () => `+\t\treturn -EBUSY;${'x'.repeat(1_000_000)}`,
    });
    expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThan(2100);
  });
});

function never(): never {
  throw new Error('the finding has a place in the mail');
}
