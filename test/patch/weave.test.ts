// One text out of the hunks of several patches.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { plainLines } from '../../server/src/core/patch/byteLine.ts';
import { parseDiff } from '../../server/src/core/patch/diff/diff.ts';
import { weave, type WovenFile } from '../../server/src/core/patch/diff/weave.ts';
import { changedSeries } from './support/changes.ts';

function woven(diffs: readonly string[]): WovenFile[] {
  return weave(diffs.map((diff) => parseDiff(plainLines(diff)).files));
}

/** The lines of each run as they are behind some patches. */
function runsAt(file: WovenFile | undefined, applied: number): string[][] {
  return (file?.runs ?? [])
    .map((run) =>
      run.lines.filter((line) => line.added <= applied && (line.removed === null || line.removed > applied)).map((line) => line.text),
    )
    .filter((run) => run.length > 0);
}

function diff(...hunks: readonly string[]): string {
  return `--- a/f.c\n+++ b/f.c\n${hunks.join('')}`;
}

function indexed(old: string, now: string, ...hunks: readonly string[]): string {
  return `diff --git a/f.c b/f.c\nindex ${old}..${now} 100644\n${diff(...hunks)}`;
}

test('is what the file has at each point, as far as the patches show it, and each of their lines is in it', () => {
  fc.assert(
    fc.property(changedSeries, ({ states, diffs }) => {
      const [file] = woven(diffs);
      states.forEach((state, applied) => {
        const runs = runsAt(file, applied);
        for (const run of runs) {
          const at = state.indexOf(run[0] ?? '');
          expect(state.slice(at, at + run.length)).toEqual(run);
        }
        const known = new Set(runs.flat());
        for (const side of [applied, applied + 1])
          for (const line of diffs[side - 1]?.split('\n') ?? [])
            if (line.startsWith(' ') || (side === applied && /^\+(?!\+)/.test(line))) expect(known.has(line.slice(1))).toBe(true);
      });
    }),
  );
});

test('knows which patch adds and removes a line, and which show it', () => {
  const [file] = woven([
    diff('@@ -10,2 +10,3 @@ int f(void)\n ten\n+new\n eleven\n'),
    diff('@@ -9,3 +9,2 @@ int f(void)\n nine\n-ten\n new\n'),
  ]);
  expect(
    file?.runs.map(({ heading, lines }) => [
      heading,
      lines.map((line) => [line.text, line.added, line.removed, line.shown.map((one) => one.patch)]),
    ]),
  ).toEqual([
    [
      'int f(void)',
      [
        ['nine', 0, null, [2]],
        ['ten', 0, 2, [1, 2]],
        ['new', 1, null, [1, 2]],
        ['eleven', 0, null, [1]],
      ],
    ],
  ]);
});

describe('where a patch is not at hand', () => {
  const first = indexed('aaaaaaa', 'bbbbbbb', '@@ -10,2 +10,4 @@\n ten\n+one\n+two\n eleven\n');

  test('the others are put together by their lines, and the gap is told', () => {
    const [file] = woven([
      first,
      indexed('ccccccc', 'ddddddd', '@@ -31,2 +31,3 @@\n one\n+more\n two\n', '@@ -50,1 +51,2 @@\n fifty\n+last\n'),
    ]);
    expect(runsAt(file, 2)).toEqual([
      ['ten', 'one', 'more', 'two', 'eleven'],
      ['fifty', 'last'],
    ]);
    expect(file?.hasUnseenChange).toBe(true);
  });

  test('what contradicts the new lines is forgotten', () => {
    const [file] = woven([first, indexed('ccccccc', 'ddddddd', '@@ -10,2 +10,3 @@\n other\n+more\n lines\n')]);
    expect(runsAt(file, 2)).toEqual([['other', 'more', 'lines']]);
    expect(runsAt(file, 1)).toEqual([['other', 'lines']]);
  });

  test('nothing is told of a chain that is whole', () => {
    const [file] = woven([first, indexed('bbbbbbbbb', 'ddddddd', '@@ -20,1 +20,2 @@\n twenty\n+more\n')]);
    expect(file?.hasUnseenChange).toBe(false);
  });
});

test('a file goes on under its new name, a copy knows nothing, a deleted one is left out', () => {
  const first = diff('@@ -1,1 +1,2 @@\n one\n+two\n');
  const renamed =
    'diff --git a/f.c b/g.c\nsimilarity index 90%\nrename from f.c\nrename to g.c\n--- a/f.c\n+++ b/g.c\n@@ -2,1 +2,2 @@\n two\n+three\n';
  expect(woven([first, renamed]).map((file) => [file.path, runsAt(file, 2)])).toEqual([['g.c', [['one', 'two', 'three']]]]);
  const copied = renamed.replace('rename from', 'copy from').replace('rename to', 'copy to');
  expect(woven([first, copied]).map((file) => [file.path, runsAt(file, 2)])).toEqual([
    ['f.c', [['one', 'two']]],
    ['g.c', [['two', 'three']]],
  ]);
  const deleted = 'diff --git a/f.c b/f.c\ndeleted file mode 100644\n--- a/f.c\n+++ /dev/null\n@@ -1,2 +0,0 @@\n-one\n-two\n';
  expect(woven([first, deleted])).toEqual([]);
});

test('a new file is whole, and grows', () => {
  const made = 'diff --git a/f.c b/f.c\nnew file mode 100644\n--- /dev/null\n+++ b/f.c\n@@ -0,0 +1,3 @@\n+one\n+two\n+three\n';
  const [file] = woven([
    made,
    diff('@@ -3,1 +3,2 @@\n three\n+four\n'),
    diff('@@ -1,0 +2,1 @@\n+between\n', '@@ -3,1 +4,1 @@\n-three\n+3\n'),
  ]);
  expect(runsAt(file, 3)).toEqual([['one', 'between', 'two', '3', 'four']]);
  expect(runsAt(file, 0)).toEqual([]);
});

test('hunks that are not in the order of the file say nothing', () => {
  expect(woven([diff('@@ -20,1 +20,2 @@\n twenty\n+a\n', '@@ -10,1 +11,2 @@\n ten\n+b\n')]).flatMap((file) => file.runs)).toEqual([]);
});
