// Summaries across the files of real trees. Run with `npm run lanes`; needs the kernel trees that CONTRIBUTING.md names.

import { describe, expect, it } from 'vitest';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { printUnit } from '../../server/src/core/review/print.ts';
import { createOutside } from '../../server/src/host/outside.ts';
import { kernelTree, load } from './kernelC/measure.ts';

const parser = await load('auto');

interface Printed {
  readonly files: readonly { readonly functions: readonly { readonly source: string | null; readonly takes: readonly string[] }[] }[];
}

/** The locks that are taken inside a function of a tree. */
function takenInside(version: string, treePath: string, name: string): readonly string[] {
  const tree = kernelTree(version);
  const outside = createOutside({
    parser,
    configure: { kernel: tree, trusted: false },
    observer: { parseBegins: () => undefined, parseEnds: () => undefined },
    quarantined: new Set(),
  });
  const path = join(tree, treePath);
  const unit = { kind: 'source', path, treePath, bytes: readFileSync(path) } as const;
  const printed = JSON.parse(printUnit(unit, outside, { what: 'summary', function: name, format: 'json' })) as Printed;
  const [found] = printed.files.flatMap((file) => file.functions);
  expect(found?.source).toBe('code');
  return found?.takes ?? [];
}

describe('locks that functions take through other files', () => {
  it('shared address spaces take the mutex of the group below their own lock in 6.12, and the mutex alone in 6.1', () => {
    const later = takenInside('6.12', 'drivers/iommu/iommu-sva.c', 'iommu_sva_bind_device');
    expect(later).toContain('iommu_sva_lock');
    expect(later).toContain('dev->iommu_group->mutex');
    const earlier = takenInside('6.1', 'drivers/iommu/iommu.c', 'iommu_sva_bind_device');
    expect(earlier).not.toContain('iommu_sva_lock');
  });

  it('binding a device to iommufd takes the mutex of its group in 6.12', () => {
    expect(takenInside('6.12', 'drivers/iommu/iommufd/device.c', 'iommufd_device_bind')).toContain('dev->iommu_group->mutex');
  });
});
