// Reviews that see the same state of a tree share what they find in it, and find what each would find alone.

import { expect, it } from 'vitest';
import { neverCancelled } from '../../server/src/core/base/cancel.ts';
import type { Outside } from '../../server/src/core/base/outside.ts';
import { emptyIndex } from '../../server/src/core/base/tree-index.ts';
import { analyseFiles, type FlowFile } from '../../server/src/core/flow/program.ts';
import { TreeFunctions } from '../../server/src/core/flow/tree-functions.ts';
import { TreeTypes } from '../../server/src/core/flow/tree-types.ts';
import { FolderIndex } from '../../server/src/core/syntax/index/lookup.ts';
import { recordText } from '../../server/src/core/syntax/index/record.ts';
import { parseC } from '../../server/src/core/syntax/parse.ts';
import { parser } from './source.ts';

const tree: Readonly<Record<string, string>> = {
  'drivers/iommu/group.h': 'struct demo_group {\n\tstruct mutex lock;\n\tint users;\n};\n',
  'drivers/iommu/hold.c':
    '#include "group.h"\nint demo_count(struct demo_group *group)\n{\n\tdemo_note(group);\n\treturn group->users;\n}\n\n' +
    'int demo_hold(struct demo_group *group)\n{\n\tmutex_lock(&group->lock);\n\treturn demo_count(group);\n}\n',
  'drivers/iommu/note.c': 'void demo_note(struct demo_group *group)\n{\n\tgroup->users++;\n}\n',
};

function worldOf(): Outside {
  const index = new FolderIndex(
    Object.keys(tree)
      .sort()
      .map((path) => ({ path, record: recordText(tree[path] ?? '') })),
  );
  const state = {};
  const world: Outside = {
    grammar: parser.grammar,
    parse: (one) => parser.parse(one),
    decode: (bytes, charset) => new TextDecoder(charset).decode(bytes),
    sha1: () => '',
    readTree: (path) => (tree[path] === undefined ? null : new TextEncoder().encode(tree[path])),
    readBlob: () => null,
    hasTree: true,
    near: () => world,
    ...emptyIndex,
    defines: (name) => index.defines(name),
    definitions: (name) => index.definitions(name),
    declarations: (name) => index.declarations(name),
    state: () => state,
  };
  return world;
}

const caller = 'static int f(struct demo_group *group)\n{\n\treturn demo_hold(group);\n}\n';

/** Files under review, each of its own review. */
const reviews: Readonly<Record<string, { readonly path: string; readonly text: string }>> = {
  'a caller': { path: 'drivers/iommu/a.c', text: caller },
  'a file that defines what the tree calls': {
    path: 'drivers/iommu/b.c',
    text: `void demo_note(struct demo_group *group)\n{\n\tmutex_unlock(&group->lock);\n}\n${caller}`,
  },
  'the file of the tree itself': {
    path: 'drivers/iommu/hold.c',
    text: `int demo_hold(struct demo_group *group)\n{\n\treturn 0;\n}\n${caller}`,
  },
  'a file that the tree calls, changed': { path: 'drivers/iommu/note.c', text: `void demo_other(void)\n{\n}\n${caller}` },
  'a file that declares the structure in its own way': {
    path: 'drivers/iommu/c.c',
    text: `struct demo_group {\n\tspinlock_t lock;\n\tint users;\n};\n${caller}`,
  },
  'a file with a cleanup class': { path: 'drivers/iommu/d.c', text: `DEFINE_FREE(demo, struct demo *, demo_put(_T))\n${caller}` },
};

function summaryOf(world: Outside, { path, text }: { path: string; text: string }): string {
  const c = parseC(text, path, parser);
  const options = { cancel: neverCancelled, tree: TreeFunctions.of(world), types: TreeTypes.of(world) };
  const [flow] = analyseFiles([{ c, gaps: [] }], options) as readonly [FlowFile];
  return JSON.stringify([flow.summaryOf('f'), flow.summaryOf('demo_hold')]);
}

it('finds the lock behind the call, so that the comparisons below compare something', () => {
  expect(summaryOf(worldOf(), reviews['a caller'] ?? { path: '', text: '' })).toContain('demo_group.lock');
});

const names = Object.keys(reviews);

it.each(names)('%s: the same after every other review as alone', (name) => {
  const review = reviews[name] ?? { path: '', text: '' };
  const alone = summaryOf(worldOf(), review);
  for (const before of names) {
    const world = worldOf();
    summaryOf(world, reviews[before] ?? review);
    expect(summaryOf(world, review)).toBe(alone);
  }
});

it('tells the reviews apart', () => {
  const answers = names.map((name) => summaryOf(worldOf(), reviews[name] ?? { path: '', text: '' }));
  expect(answers[1]).not.toBe(answers[0]);
  expect(answers[2]).not.toBe(answers[0]);
});

it('reads a function of the tree once for all reviews', () => {
  const world = worldOf();
  const read: string[] = [];
  const counting: Outside = { ...world, parse: (text) => (read.push(text), world.parse(text)) };
  const c = parseC(caller, 'drivers/iommu/a.c', parser);
  for (let round = 0; round < 2; round++) {
    const options = { cancel: neverCancelled, tree: TreeFunctions.of(counting), types: TreeTypes.of(counting) };
    const [flow] = analyseFiles([{ c, gaps: [] }], options);
    flow?.summaryOf('f');
  }
  expect(read.filter((text) => text.includes('demo_hold(struct'))).toHaveLength(1);
});
