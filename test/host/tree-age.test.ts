// An answer that came before a look at the disk, and the look that follows.

import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { neverCancelled } from '../../server/src/core/base/cancel.ts';
import { TreeAge } from '../../server/src/host/index/tree-age.ts';
import { createTreeIndex, type IndexOfTree } from '../../server/src/host/index/tree-index.ts';

let root: string;
let changes: number;
let age: TreeAge;
let index: IndexOfTree;
const put = (name: string): void => writeFileSync(join(root, 'drivers/iommu/a.c'), `int ${name}(void)\n{\n\treturn 0;\n}\n`);

/** One question as the analysis process answers it. */
function ask(name: string, isProvisional: boolean): boolean {
  age.begin(isProvisional);
  const isKnown = index.near([]).defines(name).length > 0;
  if (isProvisional) age.answered(index, []);
  age.ended();
  return isKnown;
}

beforeEach(() => {
  vi.useFakeTimers();
  root = realpathSync(mkdtempSync(join(tmpdir(), 'tree-age-')));
  mkdirSync(join(root, 'drivers/iommu'), { recursive: true });
  put('grp_old');
  changes = 0;
  age = new TreeAge(() => changes++);
  index = createTreeIndex({ root, folders: [], cacheFolder: null, cancel: neverCancelled, trustedSince: age.since });
});
afterEach(() => {
  vi.useRealTimers();
  rmSync(root, { recursive: true, force: true });
});

it('rests a provisional answer on what was seen before, and says in the next pause that the tree has changed', () => {
  expect(ask('grp_old', true)).toBe(true);
  vi.advanceTimersByTime(3000);
  put('grp_new');
  expect(ask('grp_new', true)).toBe(false);
  expect(changes).toBe(0);
  vi.advanceTimersByTime(3000);
  expect(changes).toBe(1);
  expect(ask('grp_new', true)).toBe(true);
});

it('says nothing where the tree is the same', () => {
  ask('grp_old', true);
  vi.advanceTimersByTime(3000);
  ask('grp_old', true);
  vi.advanceTimersByTime(3000);
  expect(changes).toBe(0);
});

it('looks before it answers where the last look is long ago', () => {
  ask('grp_old', true);
  vi.advanceTimersByTime(60_000);
  put('grp_new');
  expect(ask('grp_new', true)).toBe(true);
});

it('looks before an answer that stays', () => {
  ask('grp_old', true);
  vi.advanceTimersByTime(3000);
  put('grp_new');
  expect(ask('grp_new', false)).toBe(true);
});

it('still says what a question in between has seen to be another tree', () => {
  ask('grp_old', true);
  vi.advanceTimersByTime(3000);
  put('grp_new');
  ask('grp_new', true);
  ask('grp_new', false);
  vi.advanceTimersByTime(3000);
  expect(changes).toBe(1);
});
