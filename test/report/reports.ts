// Reports for tests of the renderers: small, with every field set.

import type { Finding } from '../../server/src/protocol/finding.ts';
import type { ReviewInput, ReviewReport } from '../../server/src/protocol/report.ts';

/** The mail that the findings stand in, by its lines. */
export const mailLines: Readonly<Record<number, string>> = {
  20: '+\tmutex_lock(&group->mutex);',
  22: '+\tif (group->owner)',
  23: '+\t\treturn -EBUSY;',
};

export function lineOf(path: string, line: number): string | null {
  return path === 'lend.patch' ? (mailLines[line] ?? null) : null;
}

export function makeInput(over: Partial<ReviewInput> = {}): ReviewInput {
  return {
    id: 'lend.patch',
    path: 'lend.patch',
    messageId: 'lend-1@example.org',
    kind: 'patch',
    subject: '[PATCH 1/2] iommu: Lend a group',
    version: 1,
    part: [1, 2],
    series: 's1',
    depth: 'file',
    era: 'v6.12',
    files: [{ path: 'drivers/iommu/lend.c', depth: 'file', base: 'tree', problems: [] }],
    problems: [],
    ...over,
  };
}

const place = (line: number) => ({
  file: 'drivers/iommu/lend.c',
  function: 'iommu_group_lend',
  line,
  column: 3,
  endLine: line,
  endColumn: 17,
});
const mail = (line: number) => ({ path: 'lend.patch', line, column: 4, endLine: line, endColumn: 18 });

export function makeFinding(over: Partial<Finding> = {}): Finding {
  return {
    rule: 'lock-held-at-return',
    category: 'locking',
    severity: 'warning',
    confidence: 'high',
    evidence: 'static',
    status: 'introduced',
    introducedIn: '1/2',
    fixedIn: null,
    input: 'lend.patch',
    message: 'group->mutex is still held at this return',
    why: 'The next caller waits for ever.',
    refute: 'The caller releases it.',
    assumptions: [],
    sources: [{ title: 'Documentation/locking/mutex-design.rst', url: 'https://docs.kernel.org/locking/mutex-design.html' }],
    location: place(45),
    mail: mail(23),
    text: '\t\treturn -EBUSY;',
    related: [
      { location: place(42), mail: mail(20), message: 'group->mutex is taken here' },
      { location: place(44), mail: mail(22), message: 'the condition holds' },
    ],
    fixes: [
      {
        title: 'Release group->mutex before the return',
        safety: 'unsafe',
        edits: [
          {
            target: 'mail',
            path: 'lend.patch',
            startLine: 23,
            startColumn: 1,
            endLine: 23,
            endColumn: 1,
            newText: '+\t\tmutex_unlock(&group->mutex);\n',
          },
        ],
      },
    ],
    trace: null,
    suppressed: null,
    fingerprint: '0123456789abcdef0123',
    ...over,
  };
}

export function makeReport(over: Partial<ReviewReport> = {}): ReviewReport {
  return {
    schema: 'iommu-review/1',
    tool: { name: 'iommu-review', version: '1.2.3' },
    inputs: [makeInput()],
    series: [{ id: 's1', subject: 'iommu: Lend groups', version: 1, parts: ['lend.patch'], previous: null }],
    findings: [makeFinding()],
    confirmed: [],
    unknowns: [],
    comments: [],
    suppressions: { used: 0, unused: 0, expired: 0 },
    stats: { files: 1, functions: { total: 1, analysed: 1, partly: 0, failed: 0 }, lines: 60 },
    ...over,
  };
}

/** Strings that hostile mails put into subjects, names, paths and code. */
export const hostile: readonly string[] = [
  '\u001b[2J\u001b[31mred',
  '\u001b]8;;https://evil.example\u0007link\u001b]8;;\u0007',
  '\u001b]52;c;ZXZpbA==\u0007',
  '\u009b31mC1',
  '\u0008\u0008\u0008erased',
  'a\rb',
  '\u007fdel',
  'bidi \u202e\u2066 text',
  'zero\u200bwidth\u200d\u2060\ufeff',
  'soft\u00adhyphen',
  'tag \u{e0041}\u{e0042}',
  'lone \ud800 half',
  'line\u2028separator',
  '[click](command:evil)',
  '![x](http://evil.example/p.png)',
  '<script>alert(1)</script><!--',
  '{0} {{1}}',
  '=cmd|calc',
  'C:\\x\\..\\y',
];
