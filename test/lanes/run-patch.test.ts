// Real patches, run on the model: what their versions break, and from which version on they do not. Run with `npm run lanes`.

import { describe, expect, it } from 'vitest';
import type { MailInput, PatchRunOptions, UnitReport } from '../../server/src/protocol/analysis.ts';
import type { Finding } from '../../server/src/protocol/finding.ts';
import { neverCancelled } from '../../server/src/core/base/cancel.ts';
import { reviewUnit } from '../../server/src/core/review/unit.ts';
import { createOutside } from '../../server/src/host/outside.ts';
import { loadParser } from '../../server/src/host/parser/load-parser.ts';
import { readMbox } from './oracle/material.ts';

const parser = await loadParser('auto');
const outside = createOutside({
  parser,
  configure: { kernel: null, trusted: false },
  observer: { parseBegins: () => undefined, parseEnds: () => undefined },
  quarantined: new Set(),
});

const decoder = new TextDecoder('latin1');
const encoder = new TextEncoder();
const thread = readMbox('corpus/threads/default-domain.mbox.gz').map((mail) => decoder.decode(mail.bytes));

const ids = {
  v3: 'c76e3912c49d5a28bd9c8c30fb35d546a2f26724.1590686413.git.sai.praneeth.prakhya@intel.com',
  v4: '3d7f5cf067437593e681751108860ea692bb10b1.1591290586.git.sai.praneeth.prakhya@intel.com',
  v5: '458786ba5883eaab3aea51ae2fdc7f5dbe71284a.1595619936.git.sai.praneeth.prakhya@intel.com',
  v8: '20200925190620.18732-2-ashok.raj@intel.com',
  v9: '20201121135620.3496419-3-baolu.lu@linux.intel.com',
  v9cover: '20201121135620.3496419-1-baolu.lu@linux.intel.com',
  v9first: '20201121135620.3496419-2-baolu.lu@linux.intel.com',
  v10: '20201124130604.2912899-3-baolu.lu@linux.intel.com',
  v10cover: '20201124130604.2912899-1-baolu.lu@linux.intel.com',
  v10first: '20201124130604.2912899-2-baolu.lu@linux.intel.com',
};

function mailText(id: string): string {
  const found = thread.find((text) => new RegExp(`^message-id: *\\s*<${id.replace(/[.]/gu, '\\.')}>`, 'imu').test(text));
  if (found === undefined) throw new Error(`missing: ${id} in the thread about the default domain`);
  return found;
}

function review(texts: readonly string[], runs?: PatchRunOptions): UnitReport {
  const inputs = texts.map((text, index): MailInput => ({
    kind: 'mail',
    path: `mail-${String(index)}`,
    startLine: 1,
    bytes: encoder.encode(text),
  }));
  return reviewUnit(
    inputs,
    outside,
    { era: 'auto', rulesOn: [], rulesOff: [], model: true, ...(runs === undefined ? {} : { runs }) },
    neverCancelled,
  );
}

const isOfModel = (finding: Finding): boolean => finding.evidence === 'model';
const fact = (finding: Finding): string =>
  `${finding.severity} ${finding.rule} ${finding.location?.function ?? 'message'}: ${finding.text.trim()}`;
/** What runs show at warning or above. */
const shown = (report: UnitReport): string[] =>
  report.findings.filter((finding) => isOfModel(finding) && finding.severity !== 'info' && finding.severity !== 'hint').map(fact);

function traceOf(report: UnitReport, rule: string): NonNullable<Finding['trace']> {
  const trace = report.findings.find((finding) => finding.rule === rule && isOfModel(finding))?.trace;
  if (trace === null || trace === undefined) throw new Error(`${rule} has no trace`);
  return trace;
}

/** A patch with some of its lines replaced, and its hunks counted anew. */
function changed(text: string, ...edits: readonly (readonly [string, string])[]): string {
  let result = text;
  for (const [from, to] of edits) {
    if (!result.includes(from)) throw new Error(`the patch does not have: ${from}`);
    result = result.replace(from, to);
  }
  const lines = result.split('\n');
  lines.forEach((line, at) => {
    const heading = /^@@ -(\S+) \+(\d+),\d+ @@(.*)$/u.exec(line);
    if (heading === null) return;
    let count = 0;
    for (let next = at + 1; next < lines.length && /^[-+ ]/u.test(lines[next] ?? '') && lines[next] !== '-- '; next++)
      if (!(lines[next] ?? '').startsWith('-')) count++;
    lines[at] = `@@ -${heading[1] ?? ''} +${heading[2] ?? ''},${String(count)} @@${heading[3] ?? ''}`;
  });
  return lines.join('\n');
}

const inHelper = {
  fallback: 'warning silent-fallback-hides-request iommu_change_dev_def_domain: ',
  map: 'error map-before-attach iommu_change_dev_def_domain: ret = __iommu_attach_device(group->default_domain, dev);',
  freed: 'error freed-domain-still-attached iommu_change_dev_def_domain: iommu_domain_free(group->default_domain);',
  rollback: 'error rollback-missing-reattach iommu_change_dev_def_domain: group->domain = prev_dom;',
};
const v3 = mailText(ids.v3);

describe('the third proposal for the type of the default domain', () => {
  const report = review([v3]);

  it('uses the device after it was freed, frees an attached domain, maps behind the attach, and rolls back pointers alone', () => {
    expect(shown(report)).toEqual([
      `${inHelper.fallback}ret = iommu_group_alloc_default_domain(dev->bus, group, type);`,
      inHelper.map,
      inHelper.freed,
      inHelper.rollback,
      'error stale-pointer-after-unlock-noref iommu_group_store_type: device_lock(dev);',
      'error toctou-unlocked-recheck iommu_group_store_type: if (iommu_group_device_count(group) != 1) {',
      'warning errno-busy-vs-invalid iommu_group_store_type: ret = -EINVAL;',
    ]);
  });

  it('shows the use after free in the worlds where the group survives, and in no other', () => {
    const found = report.findings.find((finding) => finding.rule === 'stale-pointer-after-unlock-noref');
    const scenarios = [...(found?.why ?? '').matchAll(/\b[SW]\d+(?:-\d+)?[a-z]?\b/gu)].map((match) => match[0]);
    // In the last two somebody holds the group, or another member is there.
    expect([...new Set(scenarios)].sort()).toEqual(['S001-12', 'S001-12c', 'S001-13b', 'S001-31', 'W11', 'W22']);
    const trace = traceOf(report, 'stale-pointer-after-unlock-noref');
    expect(trace.violation?.kind).toBe('use-after-free');
    const last = trace.steps.at(-1);
    expect(last?.location?.function).toBe('iommu_group_store_type');
    expect(v3.split('\n')[(last?.mail?.line ?? 0) - 1]).toBe('+\tdevice_lock(dev);');
  });

  it('takes device_lock before the mutex of the group without a deadlock, which is confirmed with the number of states', () => {
    const confirmed = report.confirmed.filter((one) => one.rule === 'lock-order-inversion' && one.evidence === 'model');
    expect(confirmed.map((one) => one.message.replace(/\d+/gu, 'N'))).toEqual([
      'device_lock before group mutex: N states in N scenarios, no deadlock',
    ]);
    expect(confirmed[0]?.states ?? 0).toBeGreaterThan(0);
    // Two writers: the second one comes while the first has the device_lock alone, and waits for it on a line of the patch.
    const { threads, steps } = confirmed[0]?.trace ?? { threads: [], steps: [] };
    expect(threads.map((thread) => thread.entry)).toEqual(['write_type(G, identity)', 'write_type(G, identity)']);
    const ofPatch = steps.filter((step) => step.mail !== null && step.location?.function === 'iommu_group_store_type');
    expect(ofPatch.filter((step, at) => step.thread !== ofPatch[at - 1]?.thread).map((step) => step.thread)).toEqual([
      'T1',
      'T2',
      'T1',
      'T2',
    ]);
    const other = ofPatch.find((step) => step.thread === 'T2');
    expect(other?.locks).toEqual({ T1: ['A.device_lock'], T2: ['G.mutex'] });
    expect(report.findings.filter((finding) => finding.trace?.violation?.kind === 'deadlock')).toEqual([]);
  });

  it('has the same defects in its thread', () => {
    const whole = review(thread.filter((text) => /^Subject: .*V3 /mu.test(text)));
    const main = whole.inputs.find((input) => input.messageId === ids.v3);
    expect(whole.findings.filter((finding) => finding.input === main?.id && isOfModel(finding)).map(fact)).toEqual(
      report.findings.filter(isOfModel).map(fact),
    );
  });
});

describe('the third proposal with one change', () => {
  it('with a reference to the device: another device can have taken its place', () => {
    const report = review([
      changed(
        v3,
        ['+\t\tdev = grp_dev->dev;\n', '+\t\tdev = grp_dev->dev;\n+\tget_device(dev);\n'],
        ['+\tdevice_unlock(dev);\n+\treturn ret ?: count;', '+\tdevice_unlock(dev);\n+\tput_device(dev);\n+\treturn ret ?: count;'],
        ['+dev_unlock:\n+\tdevice_unlock(dev);\n', '+dev_unlock:\n+\tdevice_unlock(dev);\n+\tput_device(dev);\n'],
      ),
    ]);
    const rules = shown(report).map((one) => one.split(' ')[1]);
    expect(rules).toContain('toctou-unlocked-recheck');
    expect(rules).not.toContain('stale-pointer-after-unlock-noref');
    expect(traceOf(report, 'toctou-unlocked-recheck').steps.map((step) => step.call)).toContain('hot_add(B)');
  });

  it('with the mutex kept across device_lock: a deadlock against the bind of a driver', () => {
    const report = review([
      changed(
        v3,
        ['+\t */\n+\tmutex_unlock(&group->mutex);\n+\n+\t/* Check if the device', '+\t */\n+\n+\t/* Check if the device'],
        ['+\t\tret = -EBUSY;\n+\t\tgoto dev_unlock;', '+\t\tret = -EBUSY;\n+\t\tgoto group_unlock;'],
        [
          '+\tmutex_lock(&group->mutex);\n+\tif (iommu_group_device_count(group) != 1) {\n+\t\tpr_err',
          '+\tif (iommu_group_device_count(group) != 1) {\n+\t\tpr_err',
        ],
        ['+dev_unlock:\n', ''],
      ),
    ]);
    expect(shown(report).filter((one) => one.includes('lock-order-inversion'))).toEqual([expect.stringContaining('device_lock(dev);')]);
    const trace = traceOf(report, 'lock-order-inversion');
    expect(trace.violation?.kind).toBe('deadlock');
    expect(trace.threads.map((one) => one.entry)).toEqual(['write_type(G, identity)', 'bind(A, nic)']);
  });

  /** Auto takes what the driver wishes, and no wish is no type. */
  const shorthand1 = (): string =>
    changed(v3, [
      '+\t\tif (!dev_def_dom)\n+\t\t\treq_type = iommu_def_domain_type;\n+\t\telse\n+\t\t\treq_type = dev_def_dom;\n',
      '+\t\treq_type = dev_def_dom;\n',
    ]);
  /** The wish of the driver is looked at for auto alone. */
  const shorthand2 = (): string => {
    const start = v3.indexOf('+\t/* Check if user requested domain is supported');
    return changed(v3.slice(0, start) + v3.slice(v3.indexOf('+\tif (req_auto) {')));
  };

  it("with the reviewer's first shorthand: auto asks for a blocking domain where the driver has no wish", () => {
    const report = review([shorthand1()]);
    const found = report.findings.filter((finding) => finding.rule === 'sentinel-aliases-enum' && isOfModel(finding));
    expect(found.map((finding) => finding.message)).toEqual([expect.stringContaining('write_type(G, auto)')]);
  });

  it("with the reviewer's second shorthand: a type that the driver forbids is accepted", () => {
    const report = review([shorthand2()]);
    const found = report.findings.filter((finding) => finding.rule === 'group-invariant-broken');
    expect(found.map((finding) => finding.message)).toEqual([expect.stringMatching(/A must have (?:IDENTITY|DMA), G has/u)]);
  });

  const rows: readonly (readonly [string, string | null, readonly [string, string, string]])[] = [
    ['auto', null, ['0 DMA', '0 BLOCKED', '0 DMA']],
    ['auto', 'IDENTITY', ['0 IDENTITY', '0 IDENTITY', '0 IDENTITY']],
    ['auto', 'DMA', ['0 DMA', '0 DMA', '0 DMA']],
    ['identity', null, ['0 IDENTITY', '0 IDENTITY', '0 IDENTITY']],
    ['identity', 'IDENTITY', ['0 IDENTITY', '0 IDENTITY', '0 IDENTITY']],
    ['identity', 'DMA', ['-EINVAL DMA', '-EINVAL DMA', '0 IDENTITY']],
    ['DMA', null, ['0 DMA', '0 DMA', '0 DMA']],
    ['DMA', 'DMA', ['0 DMA', '0 DMA', '0 DMA']],
    ['DMA', 'IDENTITY', ['-EINVAL IDENTITY', '-EINVAL IDENTITY', '0 DMA']],
  ];

  it.each([
    ['as posted', (): string => v3, 0],
    ['with the first shorthand', shorthand1, 1],
    ['with the second shorthand', shorthand2, 2],
  ] as const)(
    'resolves each request against each wish of the driver %s as the table of the two shorthands says',
    (_title, text, column) => {
      const scenarios = rows.map(([request, wish, expected], at) => {
        const [result = '', type = ''] = expected[column].split(' ');
        return [
          `id: row-${String(at)}`,
          `title: ${request} where the driver wishes ${wish ?? 'nothing'}`,
          'sources: []',
          `world:\n  devices: { A: {pci: "01:00.0"${wish === null ? '' : `, def_type: ${wish}`}} }\n  groups: { G: [A] }`,
          `threads:\n  T1:\n    - write_type(G, ${request}): ${result}`,
          `end: { G.type: ${type} }\n`,
        ].join('\n');
      });
      const { runs } = review([text()], { scenarios, format: 'json', trace: false });
      // What the breach of a row is called is the matter of the findings.
      const wrong = (runs ?? []).flatMap(({ entry }) =>
        entry.got.differences.filter((one) => !one.startsWith('violates ')).map((one) => `${entry.scenario}: ${one}`),
      );
      expect(wrong).toEqual([]);
      expect((runs ?? []).map(({ entry }) => entry.scenario)).toEqual(rows.map((_, at) => `row-${String(at)}`));
    },
  );
});

describe('the patch that gives every owned group a domain', () => {
  const owners = readMbox('corpus/threads/dma-ownership.mbox.gz').map((mail) => decoder.decode(mail.bytes));
  const posting = (id: string): UnitReport => {
    const found = owners.find((text) => text.includes(`\nMessage-ID: <${id}>`) || text.includes(`\nMessage-Id: <${id}>`));
    if (found === undefined) throw new Error(`missing: ${id} in the thread about DMA ownership`);
    return review([found]);
  };

  it('attaches the default domain whatever it was asked for, as first posted', () => {
    expect(shown(posting('0-v1-6e9d2d0a759d+11b-iommu_dma_block_jgg@nvidia.com'))).toEqual([
      'warning group-invariant-broken __iommu_group_attach_domain: group->domain = new_domain;',
    ]);
  });

  it.each(['0-v2-f62259511ac0+6-iommu_dma_block_jgg@nvidia.com', '0-v3-db7f0785022b+149-iommu_dma_block_jgg@nvidia.com'])(
    'attaches what it was asked for from the second posting on: %s',
    (id) => {
      expect(shown(posting(id))).toEqual([]);
    },
  );
});

describe('the later proposals', () => {
  const late = (line: string): string[] => [`${inHelper.fallback}${line}`, inHelper.rollback];

  it('the fourth answers with -EBUSY, and keeps the rest', () => {
    expect(shown(review([mailText(ids.v4)]))).toEqual([
      `${inHelper.fallback}ret = iommu_group_alloc_default_domain(dev->bus, group, type);`,
      inHelper.map,
      inHelper.freed,
      inHelper.rollback,
      'error stale-pointer-after-unlock-noref iommu_group_store_type: device_lock(dev);',
    ]);
  });

  it.each([
    ['the fifth', [ids.v5]],
    ['the eighth', [ids.v8]],
    ['the ninth, in its series', [ids.v9cover, ids.v9first, ids.v9]],
    ['the tenth, which was merged', [ids.v10]],
    ['the tenth, in its series', [ids.v10cover, ids.v10first, ids.v10]],
  ])('%s has a reference, compares the device and maps first: the fallback and the way back remain', (_title, wanted) => {
    expect(shown(review(wanted.map(mailText)))).toEqual(late('ret = iommu_group_alloc_default_domain(dev->bus, group, type);'));
  });

  it('the ninth alone shows nothing and names what it lacks: a function of the patch before it, next to which others change their meaning', () => {
    const report = review([mailText(ids.v9)]);
    expect(report.findings.filter(isOfModel)).toEqual([]);
    const lacking = report.unknowns.filter((one) => one.reason === 'callee').map((one) => /\b\w+\(\) is not known/u.exec(one.detail)?.[0]);
    expect(new Set(lacking)).toEqual(new Set(['iommu_get_mandatory_def_domain_type() is not known']));
  });

  it('the merged form has no deadlock, and nothing freed is used', () => {
    const report = review([mailText(ids.v10)]);
    const confirmed = report.confirmed.filter((one) => one.evidence === 'model').map((one) => one.rule);
    expect(confirmed).toContain('lock-order-inversion');
    expect(confirmed).toContain('stale-pointer-after-unlock-noref');
  });
});

it('shows nothing on 4,890 ordinary patches but what the proposals for the type of the default domain have', () => {
  const ofProposals = new Map<string, string[]>([
    ['155949496cf5c0e0350643f3f465ff015974ca0d.1562116655.git.sai.praneeth.prakhya@intel.com', ['lock-order-inversion']],
    ['03cbec8c95b13d417dd1c44f545241d01e7b9654.1566353521.git.sai.praneeth.prakhya@intel.com', ['lock-order-inversion']],
    ['5aa5ef20ff81f706aafa9a6af68cef98fe60ad0f.1581619464.git.sai.praneeth.prakhya@intel.com', ['lock-order-inversion']],
  ]);
  const series = new Set([ids.v3, ids.v4, ids.v5]);
  const unread: string[] = [];
  let seen = 0;
  for (const mail of readMbox('corpus/patches-2019-2020.mbox.gz')) {
    const report = review([decoder.decode(mail.bytes)]);
    const id = report.inputs[0]?.messageId ?? '';
    unread.push(
      ...report.unknowns.filter((one) => one.detail.includes('could not be run on the model')).map((one) => `${id} ${one.detail}`),
    );
    const found = report.findings.filter(
      (one) => isOfModel(one) && (one.severity === 'error' || one.severity === 'warning') && one.status !== 'pre-existing',
    );
    if (found.length === 0 || series.has(id)) continue;
    seen++;
    const known = ofProposals.get(id) ?? [];
    unread.push(...found.filter((one) => one.status !== 'fixed' && !known.includes(one.rule)).map((one) => `${id} ${fact(one)}`));
  }
  expect(unread).toEqual([]);
  expect(seen).toBe(ofProposals.size);
}, 1_800_000);
