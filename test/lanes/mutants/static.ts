// What the rules say of iommu.c with one function changed, beside what they say of it as it is.

import { join } from 'node:path';
import { neverCancelled } from '../../../server/src/core/base/cancel.ts';
import { reviewUnit } from '../../../server/src/core/review/unit.ts';
import { createOutside } from '../../../server/src/host/outside.ts';
import type { LoadedParser } from '../../../server/src/host/parser/load-parser.ts';
import { kernelTree } from '../kernelC/measure.ts';

const FILE = 'drivers/iommu/iommu.c';

/** Rule and message of each finding in a text of the file; places move with the text and are left out, and so is that a name is another. */
export function staticFindings(parser: LoadedParser): (text: string) => readonly string[] {
  const kernel = kernelTree('6.12');
  const outside = createOutside({
    parser,
    configure: { kernel, trusted: false },
    observer: { parseBegins: () => undefined, parseEnds: () => undefined },
    quarantined: new Set(),
  });
  return (text) => {
    const unit = { kind: 'source', path: join(kernel, FILE), treePath: FILE, bytes: Buffer.from(text) } as const;
    const report = reviewUnit([unit], outside, { era: 'auto', rulesOn: [], rulesOff: [], model: false }, neverCancelled);
    return report.findings.map((finding) => `${finding.rule}: ${finding.message.replaceAll('_renamed', '')}`).sort();
  };
}
