// The fields whose name alone tells their structure, against every structure of real trees. Run with `npm run lanes`; needs the kernel
// trees that CONTRIBUTING.md names.

import { expect, it } from 'vitest';
import { readFileSync } from 'node:fs';
import { fieldContracts, isTelling } from '../../server/src/core/kernel/contracts/fields.ts';
import { structMembers } from '../../server/src/core/syntax/struct-fields.ts';
import { filesUnder, kernelTree, readText } from './kernelC/measure.ts';

const folders = 'arch block crypto drivers fs include init io_uring ipc kernel lib mm net security sound virt'.split(' ');
const told = fieldContracts.filter(({ field }) => isTelling(field));

/** The first member on the way from an object to the lock of its field: `dev_set` of `->dev_set->lock`. */
function beside(lock: string): string {
  return /^->(\w+)/.exec(lock)?.[1] ?? lock;
}

it.each(['6.1', '6.12'])('no other structure of Linux %s has such a field beside such a lock', (version) => {
  const tree = kernelTree(version);
  const rows = told.filter((row) => row.eras.some((era) => era === `v${version}`));
  const names = [...new Set(rows.map(({ field }) => Buffer.from(field)))];
  const found = new Set<string>();
  for (const path of [...filesUnder(tree, folders, '.h'), ...filesUnder(tree, folders, '.c')]) {
    const bytes = readFileSync(path);
    if (!names.some((name) => bytes.includes(name))) continue;
    const text = readText(path);
    for (const [, tag] of text.matchAll(/\b(?:struct|union)\s+(\w+)\s*\{/g)) {
      const members = tag === undefined ? null : structMembers(text, tag);
      for (const { field, lock } of rows)
        if (members?.has(field) && members.has(beside(lock))) found.add(`${String(tag)}.${field} beside ${lock}`);
    }
  }
  expect([...found].sort()).toEqual(rows.map(({ struct, field, lock }) => `${String(struct)}.${field} beside ${lock}`).sort());
});

it('only a field of a structure can have such a name', () => {
  expect(told.length).toBeGreaterThan(0);
  expect(told.filter(({ struct }) => struct === null)).toEqual([]);
});
