// Which world a patch is reviewed in: the tree that it fits, or none where the tree is one of another time.

import { describe, expect, test } from 'vitest';
import { neverCancelled } from '../../server/src/core/base/cancel.ts';
import type { Outside } from '../../server/src/core/base/outside.ts';
import { reviewUnit } from '../../server/src/core/review/unit.ts';
import { outside as alone } from '../rules/review.ts';
import { seriesOf } from './seriesMails.ts';

const options = { era: 'auto', rulesOn: [], rulesOff: [], model: false };

const demo = 'int demo_start(struct demo *demo)\n{\n\tdemo->on = 1;\n\treturn 0;\n}\n';

function treeOf(version: string, files: Readonly<Record<string, string>>): Outside {
  const [major, minor] = version.split('.');
  const texts: Record<string, string> = { Makefile: `VERSION = ${String(major)}\nPATCHLEVEL = ${String(minor)}\n`, ...files };
  const tree: Outside = {
    ...alone,
    hasTree: true,
    readTree: (path) => (path in texts ? new TextEncoder().encode(texts[path]) : null),
    near: () => tree,
  };
  return tree;
}

const tree = treeOf('6.12', { 'drivers/iommu/demo.c': demo });

/** A change that puts a line between two lines of a file. */
function change(path: string, before: string, added: string, behind = '\treturn 0;'): string {
  return `diff --git a/${path} b/${path}\n--- a/${path}\n+++ b/${path}\n@@ -3,2 +3,3 @@ int demo_start(struct demo *demo)\n ${before}\n+${added}\n ${behind}\n`;
}

function created(path: string, lines: readonly string[]): string {
  const body = lines.map((line) => `+${line}\n`).join('');
  return `diff --git a/${path} b/${path}\nnew file mode 100644\n--- /dev/null\n+++ b/${path}\n@@ -0,0 +1,${String(lines.length)} @@\n${body}`;
}

const fits = change('drivers/iommu/demo.c', '\tdemo->on = 1;', '\tdemo->count++;');
const doesNot = change('drivers/iommu/demo.c', '\tdemo->running = true;', '\tdemo->count++;', '\treturn demo_run(demo);');

/** Era, bases and the problem that no tree was used, of each mail of a series of April 2020. */
function placed(world: Outside, ...diffs: readonly string[]): string[] {
  return reviewUnit(seriesOf(diffs), world, options, neverCancelled).inputs.map((input) => {
    const without = input.problems.some((one) => one.kind === 'base' && one.message.endsWith('reviewed without the tree'));
    return `${input.era}: ${input.files.map((file) => file.base).join(', ')}${without ? ', without the tree' : ''}`;
  });
}

test('A patch that fits the tree is reviewed on it', () => {
  expect(placed(tree, fits)).toEqual(['v6.12: tree']);
});

test('A patch of which nothing fits a tree of another era is reviewed without that tree', () => {
  expect(placed(tree, doesNot)).toEqual(['defdom-2020-v3: hunks, without the tree']);
});

test('What fits only with less context does not speak for a tree of another era', () => {
  const fuzzy = change('drivers/iommu/demo.c', '\tdemo->running = true;', '\tdemo->count++;');
  expect(placed(tree, fuzzy)).toEqual(['defdom-2020-v3: hunks, without the tree']);
  expect(placed(treeOf('5.7', { 'drivers/iommu/demo.c': demo }), fuzzy)).toEqual(['defdom-2020-v3: tree+fuzz']);
});

test('What is said is what the mail alone gives, and why the tree was not used', () => {
  const [own, without] = [tree, alone].map((world) => reviewUnit(seriesOf([doesNot]), world, options, neverCancelled));
  const [problem] = own?.inputs[0]?.problems ?? [];
  expect(problem?.message).toBe(
    'nothing that the patch changes is in the tree, and the tree is Linux 6.12, the patch is of defdom-2020-v3 (assumed from the date of the mail): reviewed without the tree',
  );
  expect({ ...own, inputs: own?.inputs.map((input) => ({ ...input, problems: [] })) }).toEqual(without);
});

test('The tree serves where the patch is of the same era and only does not fit', () => {
  expect(placed(treeOf('5.7', { 'drivers/iommu/demo.c': demo }), doesNot)).toEqual(['defdom-2020-v3: hunks']);
});

test('One file that fits is enough', () => {
  const more = doesNot.replaceAll('demo.c', 'other.c');
  expect(placed(tree, fits + more)).toEqual(['v6.12: tree, hunks']);
});

describe('In a series', () => {
  test('what an earlier patch found in the tree speaks for the tree', () => {
    expect(placed(tree, fits, doesNot)).toEqual(['v6.12: tree', 'v6.12: hunks']);
  });

  test('a change of a file that the series itself creates says nothing of the tree', () => {
    const path = 'drivers/iommu/fresh.c';
    expect(placed(tree, created(path, demo.trimEnd().split('\n')), change(path, '\tdemo->on = 1;', '\tdemo->count++;'))).toEqual([
      'defdom-2020-v3: new, without the tree',
      'defdom-2020-v3: tree, without the tree',
    ]);
  });
});
