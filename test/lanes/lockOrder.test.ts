// The known orders of locks against the code of real trees. Run with `npm run lanes`; needs the kernel trees that CONTRIBUTING.md names.

import { describe, expect, it } from 'vitest';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { lockOrdersOf } from '../../server/src/core/kernel/lock-order.ts';
import { kernelTree } from './kernelC/measure.ts';
import { ordersOf, type FoundOrder } from './lockGraph.ts';

/** Besides the area: who binds drivers, who configures DMA for them, and who takes the lock of an address space. */
const others = ['base', 'pci', 'of', 'acpi', 'amba', 'bus', 'cdx'].map((name) => `drivers/${name}`);

/** Orders that only a table of functions leads to (a bus's dma_configure, a driver's sva_bind, type1's attach_group); all others are named by the code. */
const throughTables: Readonly<Record<string, readonly string[]>> = {
  'v6.1': ['K2', 'K6', 'K7', 'K12'],
  'v6.12': ['K2', 'K3', 'K9', 'K12'],
};

describe.each(['6.1', '6.12'])('Linux %s', (version) => {
  const era = `v${version}`;
  const tree = kernelTree(version);
  const folders = ['drivers/iommu', 'drivers/vfio', ...others].filter((folder) => existsSync(join(tree, folder)));
  let orders: readonly FoundOrder[] = [];

  it('takes the locks in every order of the list, by code that is found', async () => {
    orders = await ordersOf(version, era, folders, ['mm/mmu_notifier.c']);
    const missing: string[] = [];
    const guessed = new Set<string>();
    for (const known of lockOrdersOf(era)) {
      const found = orders.filter((one) => one.outer === known.outer && one.inner === known.inner);
      if (found.length === 0) missing.push(`${known.id}: ${known.outer} -> ${known.inner}`);
      else if (found.every((one) => one.isGuess)) guessed.add(known.id);
    }
    expect(missing).toEqual([]);
    expect([...guessed]).toEqual(throughTables[era]);
  });

  it('takes none of those locks in the opposite order by calls that the code names', () => {
    expect(orders.length).toBeGreaterThan(0);
    const names = new Set(lockOrdersOf(era).flatMap((known) => [known.outer, known.inner]));
    const before = new Map<string, Set<string>>();
    const add = (outer: string, inner: string): void => {
      if (outer !== inner) before.set(outer, (before.get(outer) ?? new Set()).add(inner));
    };
    for (const known of lockOrdersOf(era)) add(known.outer, known.inner);
    for (const one of orders) if (!one.isGuess && names.has(one.outer) && names.has(one.inner)) add(one.outer, one.inner);
    const leadsTo = (from: string): ReadonlySet<string> => {
      const seen = new Set<string>();
      const queue = [...(before.get(from) ?? [])];
      for (let next = queue.pop(); next !== undefined; next = queue.pop())
        if (!seen.has(next)) {
          seen.add(next);
          queue.push(...(before.get(next) ?? []));
        }
      return seen;
    };
    expect([...names].filter((name) => leadsTo(name).has(name))).toEqual([]);
  });

  it('has the orders of its own era and not those of the other', () => {
    const has = (outer: string, inner: string): boolean =>
      orders.some((one) => one.outer === outer && one.inner === inner && one.chain.length < 4);
    const isNew = version === '6.12';
    expect(has('vfio_group.group_lock', 'vfio_device_set.lock')).toBe(isNew);
    expect(has('vfio_device_set.lock', 'vfio_group.group_lock')).toBe(!isNew);
    expect(has('iommu_sva_lock', 'iommu_group.mutex')).toBe(isNew);
    expect(has('iommu_group.mutex', 'iommu_sva_lock')).toBe(!isNew);
  });
});
