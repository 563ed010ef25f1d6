import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { applyHunks, lineBytes, splitLines } from '../../server/src/core/patch/diff/applyHunks.ts';
import { blobId, findBase } from '../../server/src/core/patch/diff/base.ts';
import { plainLines } from '../../server/src/core/patch/byteLine.ts';
import { parseDiff } from '../../server/src/core/patch/diff/diff.ts';
import { LineMap } from '../../server/src/core/patch/diff/lineMap.ts';
import type { FileChange } from '../../server/src/core/patch/types.ts';
import { outside, treeOf } from './support/mails.ts';
import { changedFile } from './support/changes.ts';

function fileOf(diff: string): FileChange {
  const reading = parseDiff(plainLines(diff));
  const [file] = reading.files;
  if (file === undefined) throw new Error(reading.refusal?.message ?? 'no file');
  return file;
}

const numbered = (from: number, to: number): string => Array.from({ length: to - from + 1 }, (_, at) => `line ${from + at}\n`).join('');

const CHANGE = fileOf(`diff --git a/f.c b/f.c
index aaaaaaaaaaaa..bbbbbbbbbbbb 100644
--- a/f.c
+++ b/f.c
@@ -5,7 +5,8 @@ int f(void)
 line 5
 line 6
 line 7
-line 8
+new 8
+new 9
 line 9
 line 10
 line 11
`);
const BEFORE = numbered(1, 20);
const AFTER = BEFORE.replace('line 8\n', 'new 8\nnew 9\n');

describe('applying', () => {
  test('at the place that the header says', () => {
    const result = applyHunks(BEFORE, CHANGE);
    expect(result).toMatchObject({ ok: true, text: AFTER, placements: [{ oldLine: 5, newLine: 5, offset: 0, reduced: [0, 0] }] });
  });

  test('with an offset, at the nearest place', () => {
    const moved = `${'other\n'.repeat(7)}${BEFORE}`;
    expect(applyHunks(moved, CHANGE)).toMatchObject({ ok: true, placements: [{ oldLine: 12, newLine: 12, offset: 7 }] });
    const twice = `${BEFORE}${'other\n'.repeat(3)}${BEFORE}`;
    expect(applyHunks(twice, CHANGE)).toMatchObject({ ok: true, placements: [{ oldLine: 5 }] });
  });

  test('not where a line of context differs', () => {
    expect(applyHunks(BEFORE.replace('line 5\n', 'line five\n'), CHANGE)).toMatchObject({ ok: false, hunk: { oldStart: 5 } });
  });

  test('not inside lines that another hunk has put down', () => {
    const file = fileOf('--- a/f\n+++ b/f\n@@ -2,2 +2,3 @@\n a\n+b\n c\n@@ -2,2 +3,3 @@\n b\n+b\n c\n');
    expect(applyHunks('x\na\nc\n', file).ok).toBe(false);
  });

  test('a hunk of the first line only at the start, one without context at its end only at the end', () => {
    const first = fileOf('--- a/f\n+++ b/f\n@@ -1,2 +1,3 @@\n+new\n a\n b\n');
    expect(applyHunks('x\na\nb\n', first).ok).toBe(false);
    expect(applyHunks('a\nb\nc\n', first)).toMatchObject({ ok: true, text: 'new\na\nb\nc\n' });
    const last = fileOf('--- a/f\n+++ b/f\n@@ -2,2 +2,3 @@\n a\n b\n+new\n');
    expect(applyHunks('x\na\nb\nc\n', last).ok).toBe(false);
    expect(applyHunks('x\ny\na\nb\n', last)).toMatchObject({ ok: true, text: 'x\ny\na\nb\nnew\n', placements: [{ offset: 1 }] });
  });

  test('the missing newline at the end counts', () => {
    const file = fileOf('--- a/f\n+++ b/f\n@@ -1,2 +1,2 @@\n a\n-b\n\\ No newline at end of file\n+c\n');
    expect(applyHunks('a\nb', file)).toMatchObject({ ok: true, text: 'a\nc\n' });
    expect(applyHunks('a\nb\n', file).ok).toBe(false);
  });

  test('carriage returns are bytes like others', () => {
    const file = fileOf('--- a/f\n+++ b/f\n@@ -1,2 +1,2 @@\n a\r\n-b\r\n+c\r\n');
    expect(applyHunks('a\r\nb\r\n', file)).toMatchObject({ ok: true, text: 'a\r\nc\r\n' });
    expect(applyHunks('a\nb\n', file).ok).toBe(false);
  });

  test('reduced context leaves out at most two lines a side, from the wider side', () => {
    const outer = BEFORE.replace('line 5\n', 'x\n').replace('line 11\n', 'y\n');
    expect(applyHunks(outer, CHANGE, { fuzz: 1 })).toMatchObject({ ok: true, placements: [{ oldLine: 5, newLine: 5, reduced: [1, 1] }] });
    const near = BEFORE.replace('line 7\n', 'x\n');
    expect(applyHunks(near, CHANGE, { fuzz: 2 }).ok).toBe(false);
  });

  test('taking back gives the text before', () => {
    expect(applyHunks(AFTER, CHANGE, { reverse: true })).toMatchObject({ ok: true, text: BEFORE });
  });
});

describe('the base of a change', () => {
  test('is the blob of the index line where the repository has it', () => {
    const found = findBase(CHANGE, treeOf({ 'f.c': 'something else\n' }, { aaaaaaaaaaaa: BEFORE }));
    expect(found).toMatchObject({ kind: 'blob', base: 'blob aaaaaaaaaaaa', before: BEFORE, after: AFTER, problems: [] });
    expect(found.afterId).toBe(blobId(AFTER, outside.sha1));
  });

  test('is the file of the tree where the hunks fit', () => {
    expect(findBase(CHANGE, treeOf({ 'f.c': BEFORE }))).toMatchObject({ base: 'tree', after: AFTER, problems: [] });
    expect(findBase(CHANGE, treeOf({ 'f.c': `x\n${BEFORE}` }, { aaaaaaaaaaaa: 'not it\n' })).base).toBe('tree');
  });

  test('is the file of the tree as it will be, where the patch is in it already', () => {
    expect(findBase(CHANGE, treeOf({ 'f.c': AFTER }))).toMatchObject({ base: 'tree-is-after', before: BEFORE, after: AFTER });
  });

  test('an insertion that is there already is not put in again with less context', () => {
    const insert = fileOf('--- a/f.c\n+++ b/f.c\n@@ -5,4 +5,5 @@\n line 5\n line 6\n+mutex_unlock(&lock);\n line 7\n line 8\n');
    const there = BEFORE.replace('line 7\n', 'mutex_unlock(&lock);\nline 7\n');
    expect(findBase(insert, treeOf({ 'f.c': there })).base).toBe('tree-is-after');
  });

  test('is the file of the tree with less context, said as a problem', () => {
    const found = findBase(CHANGE, treeOf({ 'f.c': BEFORE.replace('line 5\n', 'x\n') }));
    expect(found).toMatchObject({ base: 'tree+fuzz', problems: [{ kind: 'fuzz', line: 5 }] });
  });

  test('is the hunks alone where nothing fits, with the hunk that failed', () => {
    const found = findBase(CHANGE, treeOf({ 'f.c': 'other\n' }));
    expect(found).toMatchObject({ base: 'hunks', before: null, after: null, problems: [{ kind: 'base', line: 5 }] });
    expect(findBase(CHANGE, treeOf({})).problems).toMatchObject([{ kind: 'base' }]);
    expect(findBase(CHANGE, outside)).toMatchObject({ base: 'hunks', problems: [] });
  });

  test('of a created file is nothing; another file of its name is a problem', () => {
    const made = fileOf('diff --git a/n.c b/n.c\nnew file mode 100644\n--- /dev/null\n+++ b/n.c\n@@ -0,0 +1 @@\n+int n;\n');
    expect(findBase(made, treeOf({}))).toMatchObject({ base: 'new', before: null, after: 'int n;\n' });
    expect(findBase(made, treeOf({ 'n.c': 'int n;\n' })).base).toBe('tree-is-after');
    expect(findBase(made, treeOf({ 'n.c': 'int m;\n' })).problems).toMatchObject([{ kind: 'exists' }]);
  });

  test('of a deleted file is all of it', () => {
    const gone = fileOf('diff --git a/o.c b/o.c\ndeleted file mode 100644\n--- a/o.c\n+++ /dev/null\n@@ -1 +0,0 @@\n-int o;\n');
    expect(findBase(gone, treeOf({ 'o.c': 'int o;\n' }))).toMatchObject({ base: 'tree', before: 'int o;\n', after: null, afterId: null });
    expect(findBase(gone, treeOf({ 'o.c': 'int o;\nint p;\n' })).base).toBe('hunks');
    expect(findBase(gone, treeOf({})).base).toBe('tree-is-after');
  });
});

test('applying and taking back ends where it began, both ways', () => {
  fc.assert(
    fc.property(changedFile, ({ before, after, diff }) => {
      const file = fileOf(diff);
      const forward = applyHunks(before, file);
      expect(forward).toMatchObject({ ok: true, text: after });
      expect(applyHunks(after, file, { reverse: true })).toMatchObject({ ok: true, text: before });
    }),
    { numRuns: 1000 },
  );
});

test('every line goes to the patch and to the other file and back', () => {
  fc.assert(
    fc.property(changedFile, ({ before, after, diff }) => {
      const file = fileOf(diff);
      const result = applyHunks(before, file);
      if (!result.ok) throw new Error(result.reason);
      const map = new LineMap(result.placements);
      const [old, fresh] = [splitLines(before), splitLines(after)];
      old.forEach((text, index) => {
        const line = index + 1;
        const shown = map.oldToPatch(line);
        const there = map.oldToNew(line);
        if (there === null) expect(shown?.kind).toBe('removed');
        else {
          expect(fresh[there - 1]).toBe(text);
          expect(map.newToOld(there)).toBe(line);
        }
        if (shown === null) return;
        expect(lineBytes(shown)).toBe(text);
        expect(map.patchToOld(shown)).toBe(line);
        expect(map.patchToNew(shown)).toBe(there);
      });
      fresh.forEach((text, index) => {
        const line = index + 1;
        const shown = map.newToPatch(line);
        if (map.newToOld(line) === null) expect(shown?.kind).toBe('added');
        if (shown === null) return;
        expect(lineBytes(shown)).toBe(text);
        expect(map.patchToNew(shown)).toBe(line);
      });
      for (const hunk of file.hunks) {
        for (const shown of hunk.lines) {
          expect(map.patchToNew(shown) === null).toBe(shown.kind === 'removed');
          expect(map.patchToOld(shown) === null).toBe(shown.kind === 'added');
        }
      }
    }),
    { numRuns: 1000 },
  );
});
