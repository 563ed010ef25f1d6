import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, test } from 'vitest';
import { renderSarif } from '../../server/src/core/report/sarif.ts';
import { rules } from '../../server/src/core/rules/registry.ts';
import type { ReviewReport } from '../../server/src/protocol/report.ts';
import { hostile, makeFinding, makeInput, makeReport } from './reports.ts';
import { sarifSchema } from './sarif-schema.ts';

const validate = new Ajv2020({ allErrors: true, strict: true, strictRequired: false }).compile(sarifSchema);

interface Log {
  readonly runs: readonly [
    {
      readonly tool: { readonly driver: { readonly rules: readonly { readonly id: string }[] } };
      readonly results: readonly Record<string, unknown>[];
      readonly invocations: readonly [{ readonly toolExecutionNotifications: readonly Record<string, unknown>[] }];
    },
  ];
}

function sarif(report: ReviewReport): Log['runs'][0] {
  const log = JSON.parse(renderSarif(report)) as Log;
  validate(log);
  expect((validate.errors ?? []).map((error) => `${error.instancePath} ${error.message ?? ''}`)).toEqual([]);
  return log.runs[0];
}

describe('the SARIF form', () => {
  test('names every rule, and each result its rule by index', () => {
    const id = rules[0]?.meta.id ?? '';
    const run = sarif(makeReport({ findings: [makeFinding({ rule: id })] }));
    expect(run.tool.driver.rules.map((rule) => rule.id)).toEqual(rules.map((rule) => rule.meta.id));
    expect(run.results[0]).toMatchObject({ ruleId: id, ruleIndex: 0, kind: 'fail', level: 'warning', baselineState: 'new' });
  });

  test('stands in the kernel file, with the mail beside it', () => {
    expect(sarif(makeReport()).results[0]).toMatchObject({
      locations: [
        {
          physicalLocation: {
            artifactLocation: { uri: 'drivers/iommu/lend.c', uriBaseId: 'KERNEL' },
            region: { startLine: 45, startColumn: 3, endLine: 45, endColumn: 17 },
          },
          logicalLocations: [{ name: 'iommu_group_lend', kind: 'function' }],
        },
      ],
      relatedLocations: [{ physicalLocation: { artifactLocation: { uri: 'lend.patch', uriBaseId: 'INPUT' }, region: { startLine: 23 } } }],
    });
  });

  test('the evidence path is a code flow that ends at the finding', () => {
    const [flow] = sarif(makeReport()).results[0]?.['codeFlows'] as [
      { threadFlows: [{ locations: { location: { message: { text: string }; physicalLocation: { region: { startLine: number } } } }[] }] },
    ];
    expect(
      flow.threadFlows[0].locations.map(({ location }) => [location.physicalLocation.region.startLine, location.message.text]),
    ).toEqual([
      [42, 'group->mutex is taken here'],
      [44, 'the condition holds'],
      [45, 'group->mutex is still held at this return'],
    ]);
  });

  test('fixes replace stretches of the mail; what is only for display is no fix', () => {
    const run = sarif(makeReport());
    expect(run.results[0]?.['fixes']).toEqual([
      {
        description: { text: 'Release group->mutex before the return' },
        artifactChanges: [
          {
            artifactLocation: { uri: 'lend.patch', uriBaseId: 'INPUT' },
            replacements: [
              {
                deletedRegion: { startLine: 23, startColumn: 1, endLine: 23, endColumn: 1 },
                insertedContent: { text: '+\t\tmutex_unlock(&group->mutex);\n' },
              },
            ],
          },
        ],
      },
    ]);
    const display = makeFinding({ fixes: makeFinding().fixes.map((fix) => ({ ...fix, safety: 'display' as const })) });
    expect(sarif(makeReport({ findings: [display] })).results[0]).not.toHaveProperty('fixes');
  });

  test('fingerprints do not depend on lines', () => {
    const moved = makeFinding({ mail: { path: 'lend.patch', line: 99, column: 1, endLine: 99, endColumn: 2 } });
    const prints = sarif(makeReport({ findings: [makeFinding(), moved] })).results.map((result) => result['partialFingerprints']);
    expect(prints[0]).toEqual(prints[1]);
  });

  test.each([
    ['touched', 'updated'],
    ['pre-existing', 'unchanged'],
    ['fixed', 'absent'],
    ['present', undefined],
  ] as const)('%s is %s', (status, state) => {
    expect(sarif(makeReport({ findings: [makeFinding({ status })] })).results[0]?.['baselineState']).toBe(state);
  });

  test('a finding in prose stands in the mail', () => {
    const run = sarif(makeReport({ findings: [makeFinding({ location: null, related: [] })] }));
    expect(run.results[0]?.['locations']).toMatchObject([
      { physicalLocation: { artifactLocation: { uri: 'lend.patch', uriBaseId: 'INPUT' } } },
    ]);
  });

  test('what stayed unknown and what was not read are notifications', () => {
    const unknown = {
      input: 'lend.patch',
      rule: null,
      function: 'a_lend',
      location: null,
      reason: 'gap',
      detail: 'the rest is not in the patch',
    } as const;
    const run = sarif(
      makeReport({ unknowns: [unknown], inputs: [makeInput({ problems: [{ kind: 'empty', line: null, message: 'nothing' }] })] }),
    );
    expect(run.invocations[0].toolExecutionNotifications.map((one) => (one['message'] as { text: string }).text)).toEqual([
      'nothing',
      'a_lend(): the rest is not in the patch',
    ]);
  });

  test.each([
    ['/home/dev/a b.patch', 'home/dev/a%20b.patch', 'ROOT'],
    ['../up.patch', 'up.patch', 'INPUT'],
    ['-', 'stdin', 'INPUT'],
    ['a%2F..;#?[x].patch', 'a%252F..%3B%23%3F%5Bx%5D.patch', 'INPUT'],
    ['über.patch', '%C3%BCber.patch', 'INPUT'],
  ])('the path %s is written %s', (path, uri, uriBaseId) => {
    const finding = makeFinding({ location: null, related: [], mail: { path, line: 1, column: 1, endLine: 1, endColumn: 2 } });
    expect(sarif(makeReport({ findings: [finding] })).results[0]?.['locations']).toMatchObject([
      { physicalLocation: { artifactLocation: { uri, uriBaseId } } },
    ]);
  });

  test.each(hostile)('%j makes no link, no placeholder, and leads nowhere', (evil) => {
    const finding = makeFinding();
    const place = finding.location === null ? null : { ...finding.location, file: `../../${evil}/x.c`, function: evil };
    const suppressed = { by: evil, reason: evil, expires: null };
    const report = makeReport({
      findings: [{ ...finding, message: evil, why: evil, location: place, suppressed }],
      inputs: [makeInput({ path: evil })],
    });
    sarif(report);
    const text = renderSarif(report);
    expect(text).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800]|\udb40/);
    const { results } = (JSON.parse(text) as Log).runs[0];
    const said = (results[0]?.['message'] as { text: string }).text;
    expect(said).not.toMatch(/(?<!\\)\]\(|(?<!\{)\{(?!\{)/);
    expect(results[0]?.['message']).not.toHaveProperty('markdown');
  });
});
