// What the rules say of real mails. Run with `npm run lanes`.
// read-findings.json lists every warning of the named rules on the stored patches, each read beside its patch and judged; a warning
// that is not in the list has been read by nobody and fails the lane.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Finding } from '../../server/src/protocol/finding.ts';
import { neverCancelled } from '../../server/src/core/base/cancel.ts';
import type { MailBytes } from '../../server/src/core/patch/mail/mbox.ts';
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

interface Judged {
  readonly message: string;
  readonly rule: string;
  readonly function: string;
  readonly verdict: 'right' | 'wrong';
}

interface ReadFindings {
  readonly rules: readonly string[];
  readonly findings: readonly Judged[];
}

interface Reviewed {
  readonly messageId: string;
  readonly findings: readonly Finding[];
}

function reviewMail(mail: MailBytes): Reviewed {
  const report = reviewUnit(
    [{ kind: 'mail', path: 'mail', startLine: 1, bytes: mail.bytes }],
    outside,
    { era: 'auto', rulesOn: [], rulesOff: [], model: false },
    neverCancelled,
  );
  const shown = report.findings.filter((finding) => finding.status === 'introduced' || finding.status === 'touched');
  return { messageId: report.inputs[0]?.messageId ?? '', findings: shown };
}

function mailOf(mbox: string, messageId: string): Reviewed {
  const found = readMbox(`corpus/threads/${mbox}.mbox.gz`)
    .map(reviewMail)
    .find((one) => one.messageId === messageId);
  if (found === undefined) throw new Error(`missing: ${messageId} in ${mbox}`);
  return found;
}

function facts(mail: Reviewed, rules: readonly string[]): string[] {
  const wanted = mail.findings.filter((finding) => rules.includes(finding.rule));
  return wanted.map((finding) => `${finding.severity} ${finding.rule} ${finding.location?.function ?? 'message'}: ${finding.text.trim()}`);
}

const readByUs = JSON.parse(readFileSync(join(import.meta.dirname, 'read-findings.json'), 'utf8')) as ReadFindings;

describe('the thread about the default domain', () => {
  it('has the defects of the third proposal, found in the reply that quotes it', () => {
    const reply = mailOf('default-domain', 'f7a5d302-2dbe-29bd-0d1b-4560c6ae4688@linux.intel.com');
    expect(facts(reply, ['lock-held-at-return', 'helper-releases-caller-lock'])).toEqual([
      'warning helper-releases-caller-lock iommu_change_dev_def_domain: static int iommu_change_dev_def_domain(struct device *dev,',
    ]);
    expect(facts(reply, ['errno-busy-vs-invalid', 'derivable-parameter'])).toEqual([
      'info derivable-parameter iommu_change_dev_def_domain: static int iommu_change_dev_def_domain(struct device *dev,',
      'info derivable-parameter iommu_change_dev_def_domain: struct iommu_domain *prev_dom, int type)',
      'warning errno-busy-vs-invalid iommu_group_store_type: ret = -EINVAL;',
    ]);
  });

  it('has none of them in the merged form', () => {
    const merged = mailOf('default-domain', '20201124130604.2912899-3-baolu.lu@linux.intel.com');
    expect(facts(merged, ['errno-busy-vs-invalid', 'derivable-parameter', 'api-scope-mismatch', 'helper-releases-caller-lock'])).toEqual(
      [],
    );
  });

  const windows = [
    'stale-pointer-after-unlock-noref',
    'toctou-unlocked-recheck',
    'lock-dropped-and-retaken',
    'double-lock',
    'unlock-without-lock',
  ];

  it.each([
    [
      'the second proposal replaces a domain that it checked under an earlier hold',
      '5aa5ef20ff81f706aafa9a6af68cef98fe60ad0f.1581619464.git.sai.praneeth.prakhya@intel.com',
      ['warning lock-dropped-and-retaken iommu_group_store_type: ret = iommu_group_change_def_domain(group, prv_dom, req_type);'],
    ],
    [
      'the third one locks a device without a reference and checks the count again, not the device',
      'c76e3912c49d5a28bd9c8c30fb35d546a2f26724.1590686413.git.sai.praneeth.prakhya@intel.com',
      [
        'warning stale-pointer-after-unlock-noref iommu_group_store_type: device_lock(dev);',
        'warning toctou-unlocked-recheck iommu_group_store_type: if (iommu_group_device_count(group) != 1) {',
      ],
    ],
    [
      'the fourth one does the same, with the second check in the helper',
      '3d7f5cf067437593e681751108860ea692bb10b1.1591290586.git.sai.praneeth.prakhya@intel.com',
      [
        'warning toctou-unlocked-recheck iommu_change_dev_def_domain: if (iommu_group_device_count(group) != 1) {',
        'warning stale-pointer-after-unlock-noref iommu_group_store_type: device_lock(dev);',
      ],
    ],
    [
      'the fifth one takes a reference and compares the device',
      '458786ba5883eaab3aea51ae2fdc7f5dbe71284a.1595619936.git.sai.praneeth.prakhya@intel.com',
      [],
    ],
    ['the ninth one stays so', '20201121135620.3496419-3-baolu.lu@linux.intel.com', []],
    ['and the tenth, which was merged', '20201124130604.2912899-3-baolu.lu@linux.intel.com', []],
  ])('%s', (_title, messageId, expected) => {
    expect(facts(mailOf('default-domain', messageId), windows)).toEqual(expected);
  });
});

describe('the thread about DMA ownership', () => {
  it('has a misspelt constant once, and prototypes over devices for the state of a group', () => {
    const reply = mailOf('dma-ownership', '20211115203848.GA1586192@bhelgaas');
    const said = facts(reply, ['text-identifier-typo', 'api-scope-mismatch']);
    expect(said.map((one) => one.replace(/^.*?: [> ]*/u, ''))).toEqual([
      'int iommu_device_set_dma_owner(struct device *dev,',
      'Kernel driver which does DMA have DMA_OWNER_KENREL automatically',
    ]);
  });

  it('is an info in the patch, which has the functions for the group too', () => {
    const patch = mailOf('dma-ownership', '20211115020552.2378167-2-baolu.lu@linux.intel.com');
    expect(facts(patch, ['api-scope-mismatch']).filter((one) => !one.startsWith('info '))).toEqual([]);
  });
});

it('gives the warnings on 4,890 ordinary patches that were read one by one, and no other', () => {
  const key = (message: string, rule: string, name: string): string => `${message} ${rule} ${name}`;
  const known = new Set(readByUs.findings.map((one) => key(one.message, one.rule, one.function)));
  const seen = new Set<string>();
  for (const mail of readMbox('corpus/patches-2019-2020.mbox.gz')) {
    const { messageId, findings } = reviewMail(mail);
    for (const finding of findings) {
      if (!readByUs.rules.includes(finding.rule) || (finding.severity !== 'warning' && finding.severity !== 'error')) continue;
      seen.add(key(messageId, finding.rule, finding.location?.function ?? ''));
    }
  }
  expect([...seen].filter((one) => !known.has(one))).toEqual([]);
  expect([...known].filter((one) => !seen.has(one))).toEqual([]);
  expect(readByUs.findings.filter((one) => one.verdict === 'wrong').length).toBe(0);
});
