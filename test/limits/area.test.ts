// What a review of the whole area and an edit in it may cost, at three times the figures. Needs the kernel tree of 6.12.

import { expect, test } from 'vitest';
import { reviewTwice } from '../bench/area.ts';
import { measureEdits } from '../bench/edit.ts';
import { kernelTree, median } from '../bench/material.ts';
import { SLACK } from './measured.ts';

/** CPU seconds of all processes. */
const COLD_SECONDS = 5;
const WARM_SECONDS = 1;
const MEMORY_MB = 400;
const EDIT_MS = 30;
const LATE_EDIT_MS = 60;

const tree = kernelTree('6.12');

test.skipIf(tree === null).each(['native', 'wasm'])('drivers/iommu and drivers/vfio with --jobs 2, %s', async (parser) => {
  const { cold, warm } = await reviewTwice(tree ?? '', parser, 2);
  expect(cold.cpu).toBeGreaterThan(0.5);
  expect(cold.cpu).toBeLessThan(COLD_SECONDS * SLACK);
  expect(warm.cpu).toBeLessThan(WARM_SECONDS * SLACK);
});

test.skipIf(tree === null)('the memory of all processes together with --jobs 1', async () => {
  const { cold } = await reviewTwice(tree ?? '', 'native', 1);
  expect(cold.memory).toBeLessThan(MEMORY_MB * SLACK);
});

test.skipIf(tree === null)('forty edits of iommu.c', async () => {
  const { times, changed } = await measureEdits(tree ?? '');
  expect(changed).toBe(times.length);
  const sorted = [...times].sort((a, b) => a - b);
  expect(median(times)).toBeLessThan(EDIT_MS * SLACK);
  expect(sorted[Math.ceil(times.length * 0.95) - 1]).toBeLessThan(LATE_EDIT_MS * SLACK);
});
