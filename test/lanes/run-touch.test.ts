// A patch that only adds a log line to a function breaks nothing: its run shows nothing new and needs nothing that is not known, and what
// the code before it breaks in the same way is a note. Run with `npm run lanes -- test/lanes/run-touch.test.ts`; needs the kernel trees
// that CONTRIBUTING.md names.

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { neverCancelled } from '../../server/src/core/base/cancel.ts';
import { reviewUnit } from '../../server/src/core/review/unit.ts';
import { parseC } from '../../server/src/core/syntax/parse.ts';
import type { CFunction } from '../../server/src/core/syntax/types.ts';
import { createOutside } from '../../server/src/host/outside.ts';
import { kernelTree, load, readText } from './kernelC/measure.ts';

const parser = await load('auto');
const FILES = [
  'drivers/iommu/iommu.c',
  'drivers/iommu/iommu-sva.c',
  'drivers/iommu/iommu-sva-lib.c',
  'drivers/iommu/iommufd/device.c',
  'drivers/iommu/iommufd/hw_pagetable.c',
  'drivers/vfio/vfio_main.c',
  'drivers/vfio/group.c',
  'drivers/vfio/container.c',
  'drivers/base/dd.c',
];
const CONTEXT = 3;

/** The patch that adds a log line behind the opening brace; null for a body on one line. */
function touching(path: string, text: string, fn: CFunction): string | null {
  const before = text.slice(0, fn.body.start + 1).split('\n');
  const all = text.split('\n');
  const at = before.length;
  if (all[at - 1]?.trim() !== '{') return null;
  const first = Math.max(0, at - CONTEXT);
  const after = all.slice(at, at + CONTEXT);
  const hunk = [...all.slice(first, at).map((line) => ` ${line}`), '+\tpr_debug("here\\n");', ...after.map((line) => ` ${line}`)];
  const old = hunk.length - 1;
  return [
    'From: A Developer <dev@example.org>',
    'Date: Mon, 4 Nov 2024 10:00:00 +0000',
    `Subject: [PATCH] iommu: Say when ${fn.name}() runs`,
    '',
    'Say it.',
    '---',
    `diff --git a/${path} b/${path}`,
    `--- a/${path}`,
    `+++ b/${path}`,
    `@@ -${String(first + 1)},${String(old)} +${String(first + 1)},${String(old + 1)} @@`,
    ...hunk,
    '-- ',
    '2.40',
    '',
  ].join('\n');
}

/** What the trees' own code breaks where the model's does not; docs/model.md explains it. */
const explained: Readonly<Record<string, readonly string[]>> = {
  '6.1': ['iommu_group_do_probe_finalize: error null-dereference'],
  '6.12': [],
};

it.each(['6.1', '6.12'])('%s: a log line in any function of the core, of VFIO or of iommufd', (version) => {
  const tree = kernelTree(version);
  const outside = createOutside({
    parser,
    configure: { kernel: tree, trusted: false },
    observer: { parseBegins: () => undefined, parseEnds: () => undefined },
    quarantined: new Set(),
  });
  const shown: string[] = [];
  const open: string[] = [];
  let [touched, confirmed] = [0, 0];
  for (const path of FILES.filter((one) => existsSync(join(tree, one)))) {
    const text = readText(join(tree, path));
    for (const fn of parseC(text, path, parser).functions) {
      const mail = touching(path, text, fn);
      if (mail === null) continue;
      touched++;
      const input = { kind: 'mail', path: fn.name, startLine: 1, bytes: new TextEncoder().encode(mail) } as const;
      const report = reviewUnit([input], outside, { era: 'auto', rulesOn: [], rulesOff: [], model: true }, neverCancelled);
      const ofModel = report.findings.filter((one) => one.evidence === 'model');
      shown.push(...ofModel.filter((one) => one.status !== 'pre-existing').map((one) => `${fn.name}: ${one.status} ${one.rule}`));
      const loud = ofModel.filter((one) => one.status === 'pre-existing' && one.severity !== 'info');
      shown.push(...loud.map((one) => `${fn.name}: ${one.severity} ${one.rule}`));
      open.push(...report.unknowns.filter((one) => one.rule === null && one.reason !== 'states').map((one) => `${fn.name}: ${one.detail}`));
      confirmed += report.confirmed.filter((one) => one.evidence === 'model').length;
    }
  }
  expect(touched).toBeGreaterThan(250);
  expect(confirmed).toBeGreaterThan(10);
  expect(shown).toEqual(explained[version]);
  expect(open).toEqual([]);
});
