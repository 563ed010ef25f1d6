// The run of a patch on the model, through the facade: what is new, what is gone, and what is not said.

import { describe, expect, it } from 'vitest';
import type { ReviewOptions, UnitInput, UnitReport } from '../../server/src/protocol/analysis.ts';
import type { Finding } from '../../server/src/protocol/finding.ts';
import { Cancelled, neverCancelled } from '../../server/src/core/base/cancel.ts';
import { reviewUnit } from '../../server/src/core/review/unit.ts';
import { outside } from '../rules/review.ts';

const options: ReviewOptions = { era: 'v6.12', rulesOn: [], rulesOff: [], model: true };

interface Version {
  readonly before: readonly string[];
  readonly after: readonly string[];
}

/** A mail whose one hunk shows a function before and after: lines that both have stand as context. */
function mail(version: Version, subject = '[PATCH] iommu: Change a claim'): UnitInput {
  const { before, after } = version;
  let same = 0;
  while (same < before.length && same < after.length && before[same] === after[same]) same++;
  let tail = 0;
  while (tail < before.length - same && tail < after.length - same && before.at(-1 - tail) === after.at(-1 - tail)) tail++;
  const shown = [
    ...before.slice(0, same).map((line) => ` ${line}`),
    ...before.slice(same, before.length - tail).map((line) => `-${line}`),
    ...after.slice(same, after.length - tail).map((line) => `+${line}`),
    ...before.slice(before.length - tail).map((line) => ` ${line}`),
  ];
  const file = 'drivers/iommu/iommu.c';
  const text = [
    `Subject: ${subject}`,
    'Message-ID: <claim@example.org>',
    '',
    'The claim reads better so.',
    '',
    '---',
    `diff --git a/${file} b/${file}`,
    `--- a/${file}`,
    `+++ b/${file}`,
    `@@ -100,${String(before.length)} +100,${String(after.length)} @@`,
    ...shown,
    '',
  ].join('\n');
  return { kind: 'mail', path: 'claim.eml', startLine: 1, bytes: new TextEncoder().encode(text) };
}

const review = (input: UnitInput, changes: Partial<ReviewOptions> = {}): UnitReport =>
  reviewUnit([input], outside, { ...options, ...changes }, neverCancelled);

const told = (report: UnitReport): string[] =>
  report.findings
    .filter((finding) => finding.evidence === 'model' && finding.severity !== 'info')
    .map((finding: Finding) => `${finding.status} ${finding.rule}: ${finding.text.trim()}`);

const claim = (...body: readonly string[]): string[] => [
  'int iommu_group_claim_dma_owner(struct iommu_group *group, void *owner)',
  '{',
  '\tint ret = -EPERM;',
  '',
  '\tif (WARN_ON(!owner))',
  '\t\treturn -EINVAL;',
  '',
  '\tmutex_lock(&group->mutex);',
  '\tif (!group->owner_cnt) {',
  ...body,
  '\t}',
  '\tmutex_unlock(&group->mutex);',
  '\treturn ret;',
  '}',
];
const whole = claim('\t\tret = __iommu_take_dma_ownership(group, owner);');
const bare = claim('\t\tgroup->owner = owner;', '\t\tgroup->owner_cnt = 1;', '\t\tret = 0;');
const renamed = claim('\t\tgroup->owner_cnt = 1;', '\t\tgroup->owner = owner;', '\t\tret = 0;');
const helper = ['int demo_number(int a)', '{', '\treturn a + 1;', '}'];

describe('a patch that is run before and after', () => {
  it('introduces what only its new side breaks', () => {
    const lines = told(review(mail({ before: whole, after: bare })));
    expect(lines).toContain('introduced claim-without-blocking-domain: group->owner = owner;');
    expect(lines.filter((line) => !line.startsWith('introduced '))).toEqual([]);
  });

  it('fixes what only its old side breaks, and the schedule is that of the old side', () => {
    const report = review(mail({ before: bare, after: whole }));
    expect(told(report)).toContain('fixed claim-without-blocking-domain: group->owner = owner;');
    expect(told(report).filter((line) => !line.startsWith('fixed '))).toEqual([]);
    expect(report.findings.find((finding) => finding.trace !== null)?.trace?.side).toBe('before');
  });

  it('only touches what both sides break', () => {
    const statuses = told(review(mail({ before: bare, after: renamed }))).map((one) => one.split(' ')[0]);
    expect(statuses.length).toBeGreaterThan(0);
    expect(statuses).not.toContain('introduced');
  });

  it('says nothing of a right change', () => {
    const commented = whole.map((line) => (line === '\tint ret = -EPERM;' ? '\tint ret = -EPERM; /* owned */' : line));
    expect(told(review(mail({ before: whole, after: commented })))).toEqual([]);
  });

  it('gives a schedule whose steps stand on lines of the mail', () => {
    const input = mail({ before: whole, after: bare });
    const [finding] = review(input).findings.filter((one) => one.trace !== null);
    const lines = input.kind === 'mail' ? new TextDecoder().decode(input.bytes).split('\n') : [];
    const places = (finding?.trace?.steps ?? []).flatMap((step) => step.mail?.line ?? []);
    expect(places.length).toBeGreaterThan(3);
    expect(places.every((line) => /^[-+ ]/u.test(lines[line - 1] ?? ''))).toBe(true);
    const functions = (finding?.trace?.steps ?? []).flatMap((step) => step.frame.map((frame) => frame.function));
    expect(functions).toContain('iommu_group_claim_dma_owner');
  });

  it('gives the same report twice', () => {
    const input = mail({ before: whole, after: bare });
    expect(JSON.stringify(review(input))).toBe(JSON.stringify(review(input)));
  });
});

describe('a patch that is not run', () => {
  it('has no model finding without the model', () => {
    expect(told(review(mail({ before: whole, after: bare }), { model: false }))).toEqual([]);
  });

  it('has none where nothing that the model calls comes to its functions', () => {
    const report = review(mail({ before: [], after: helper }));
    expect(told(report)).toEqual([]);
    expect(report.unknowns.filter((one) => one.reason === 'base')).toEqual([]);
  });

  it('says which function is visible in part only', () => {
    const part = { before: whole.slice(4), after: [...whole.slice(4, -2), '\tgroup->owner_cnt++;', ...whole.slice(-2)] };
    const input = mail(part);
    if (input.kind !== 'mail') throw new Error('no mail');
    const text = new TextDecoder().decode(input.bytes).replace(' @@\n', ` @@ ${whole[0] ?? ''}\n`);
    const report = review({ ...input, bytes: new TextEncoder().encode(text) });
    expect(report.unknowns.filter((one) => one.reason === 'base').map((one) => one.detail)).toEqual([
      'only a part of iommu_group_claim_dma_owner() is visible, so it was not run',
    ]);
  });
});

describe('a scenario of the user', () => {
  const scenario = (call: string): string =>
    `id: mine\ntitle: mine\nsources: []\nworld:\n  devices: { A: {pci: "01:00.0"} }\n  groups: { G: [A] }\n  users: [u1]\nthreads:\n  T1:\n    - ${call}: any\n`;

  it('can call a function of the patch by its name', () => {
    const own = [
      'int demo_grab(struct iommu_group *group)',
      '{',
      '\tmutex_lock(&group->mutex);',
      '\tmutex_lock(&group->mutex);',
      '\treturn 0;',
      '}',
    ];
    const report = review(mail({ before: [], after: own }), { scenarios: [scenario('demo_grab(G)')] });
    const [finding] = report.findings.filter((one) => one.trace !== null);
    expect(finding?.rule).toBe('double-lock');
    expect(finding?.trace?.scenario).toBe('mine');
  });

  it('is run besides the others', () => {
    const report = review(mail({ before: whole, after: bare }), { scenarios: [scenario('claim(G, u1)')] });
    const [finding] = report.findings.filter((one) => one.rule === 'claim-without-blocking-domain');
    expect(finding?.why).toMatch(/\bmine\b/u);
  });
});

it('the runs of a patch say how the same scenario came out before it', () => {
  const scenario =
    'id: mine\ntitle: mine\nsources: []\nworld:\n  devices: { A: {pci: "01:00.0"} }\n  groups: { G: [A] }\n  users: [u1]\nthreads:\n  T1:\n    - claim(G, u1): 0\n';
  const refusing = claim('\t\tret = -EBUSY;');
  const shown = (format: 'json' | 'text') =>
    review(mail({ before: whole, after: refusing }), { runs: { scenarios: [scenario], format, trace: false } }).runs?.[0];
  expect(shown('json')?.entry.got.returns).toEqual([['-EBUSY']]);
  expect(shown('json')?.entry.before).toEqual({ result: 'as expected', got: { returns: [['0']], violates: [], differences: [] } });
  expect(shown('text')?.text).toBe(
    'mine v6.12: unexpected, 1 states\n  T1.1 claim(G, u1): expected 0, got -EBUSY\n  before the patch: as expected\n',
  );
});

it('a run that is cancelled throws', () => {
  let asked = 0;
  const soon = {
    get cancelled(): boolean {
      asked++;
      return asked > 3;
    },
  };
  expect(() => reviewUnit([mail({ before: whole, after: bare })], outside, options, soon)).toThrow(Cancelled);
});

it('says what the holder of a lock waits for where that is the call itself', () => {
  const store = (...body: readonly string[]): string[] => [
    'static ssize_t iommu_group_store_type(struct iommu_group *group, const char *buf, size_t count)',
    '{',
    '\tstruct group_device *entry;',
    '\tstruct device *dev;',
    '',
    '\tmutex_lock(&group->mutex);',
    '\tentry = list_first_entry(&group->devices, struct group_device, list);',
    '\tdev = entry->dev;',
    '\tget_device(dev);',
    '\tmutex_unlock(&group->mutex);',
    ...body,
    '\tput_device(dev);',
    '\treturn -ENODEV;',
    '}',
  ];
  const report = review(mail({ before: store(), after: store('\tdevice_lock(dev);', '\tdevice_unlock(dev);') }));
  expect(report.findings.filter((one) => one.rule === 'lock-order-inversion').map((one) => one.message)).toEqual([
    'device_lock is waited for here, while its holder waits until running sysfs calls of G end (write_type(G, identity) against unbind(F))',
  ]);
});
