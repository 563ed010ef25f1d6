import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { plainLines } from '../../server/src/core/patch/byteLine.ts';
import { encodeUtf8 } from '../../server/src/core/patch/bytes.ts';
import { inflate } from '../../server/src/host/inflate.ts';
import { parseDiff, type DiffReading } from '../../server/src/core/patch/diff/diff.ts';
import { printDiff } from '../../server/src/core/patch/diff/printDiff.ts';
import { DIFF } from './support/mails.ts';

function parse(text: string, repair = false): DiffReading {
  return parseDiff(plainLines(text), { repair });
}

function refusal(text: string): [string | undefined, number | null | undefined] {
  const reading = parse(text);
  return [reading.refusal?.kind, reading.refusal?.line];
}

const HUNK = '@@ -1,2 +1,2 @@\n-int old;\n+int fresh;\n int same;\n';

describe('git diffs', () => {
  test('a modification has its names, ids and numbered lines', () => {
    const [file] = parse(DIFF).files;
    expect(file).toMatchObject({
      kind: 'modify',
      oldPath: 'drivers/iommu/sample.c',
      newPath: 'drivers/iommu/sample.c',
      index: { old: '1a2b3c4d5e6f', new: '0f1e2d3c4b5a' },
      oldMode: '100644',
    });
    const hunk = file?.hunks[0];
    expect(hunk).toMatchObject({
      oldStart: 10,
      oldCount: 7,
      newStart: 10,
      newCount: 8,
      heading: 'static int sample_attach(struct sample_domain *dom)',
    });
    expect(hunk?.lines[3]).toMatchObject({
      kind: 'removed',
      oldLine: 13,
      text: '\tret = sample_enable(dom);',
      place: { line: 9, column: 2 },
    });
    expect(hunk?.lines[5]).toMatchObject({ kind: 'added', newLine: 14 });
    expect(hunk?.lines[6]).toMatchObject({ kind: 'context', oldLine: 14, newLine: 15 });
  });

  test('a created, a deleted, a renamed, a copied file and a mode change are told apart', () => {
    const text = `diff --git a/new.c b/new.c
new file mode 100644
index 0000000..1111111
--- /dev/null
+++ b/new.c
@@ -0,0 +1 @@
+int x;
diff --git a/old.c b/old.c
deleted file mode 100644
index 1111111..0000000
--- a/old.c
+++ /dev/null
@@ -1 +0,0 @@
-int x;
diff --git a/dir/a.c b/dir/b.c
similarity index 90%
rename from dir/a.c
rename to dir/b.c
diff --git a/one.c b/two.c
similarity index 100%
copy from one.c
copy to two.c
diff --git a/tool.sh b/tool.sh
old mode 100644
new mode 100755
`;
    expect(parse(text).files.map(({ kind, oldPath, newPath }) => [kind, oldPath, newPath])).toEqual([
      ['create', null, 'new.c'],
      ['delete', 'old.c', null],
      ['rename', 'dir/a.c', 'dir/b.c'],
      ['copy', 'one.c', 'two.c'],
      ['mode', 'tool.sh', 'tool.sh'],
    ]);
  });

  test('quoted names are read with their escapes', () => {
    const [file] = parse('diff --git "a/d\\303\\244ta.c" "b/d\\303\\244ta.c"\nnew file mode 100644\n').files;
    expect(file?.newPath).toBe('däta.c');
  });

  test('the data of a binary patch is unpacked where that is possible, and must be as long as it says', () => {
    const text = (size: number, data: string) =>
      `diff --git a/x b/x\nindex 1..2 100644\nGIT binary patch\nliteral ${String(size)}\n${data}\n\n`;
    const { refusal: whole } = parseDiff(plainLines(text(1, 'IcmZPo000310RR91')), { inflate });
    expect(whole).toBeNull();
    const refusals = [text(2, 'IcmZPo000310RR91'), text(1, 'IcmZPo000311RR91'), text(0, 'IcmZPo000310RR91')].map(
      (one) => parseDiff(plainLines(one), { inflate }).refusal,
    );
    expect(refusals).toMatchObject([
      { kind: 'corrupt', line: 4 },
      { kind: 'corrupt', line: 4 },
      { kind: 'corrupt', line: 4 },
    ]);
    // More than 32 bits in five digits.
    expect(parseDiff(plainLines(text(1, 'I~~~~~000310RR91'))).refusal).toMatchObject({ kind: 'corrupt', line: 5 });
  });

  test('a binary patch is named and not read', () => {
    const text = 'diff --git a/x.bin b/x.bin\nindex 1..2 100644\nGIT binary patch\nliteral 1\nIcmZPo000310RR91\n\n';
    const [file] = parse(text).files;
    expect(file).toMatchObject({ kind: 'binary', binary: true, hunks: [] });
    expect(file?.problems[0]?.kind).toBe('binary');
    expect(parse('diff --git a/x b/x\nindex 1..2\nBinary files a/x and b/x differ\n').files[0]?.binary).toBe(true);
  });

  test('the line without a newline is marked', () => {
    const [file] = parse('--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n\\ No newline at end of file\n+b\n\\ No newline at end of file\n').files;
    expect(file?.hunks[0]?.lines.map((line) => line.noNewline)).toEqual([true, true]);
  });

  test('a blank context line may have lost its space', () => {
    const [file] = parse('--- a/x\n+++ b/x\n@@ -1,3 +1,3 @@\n-a\n+b\n\n c\n').files;
    expect(file?.hunks[0]?.lines[2]).toMatchObject({ kind: 'context', text: '', newLine: 2 });
  });
});

describe('plain diffs', () => {
  test('time stamps and /dev/null say what is created and deleted', () => {
    const stamp = '\t1970-01-01 00:00:00.000000000 +0000';
    expect(parse(`--- a/x.c${stamp}\n+++ b/x.c\t2020-02-02 10:00:00 +0100\n@@ -0,0 +1 @@\n+int x;\n`).files[0]).toMatchObject({
      kind: 'create',
      newPath: 'x.c',
    });
    expect(parse('--- a/x.c\n+++ /dev/null\n@@ -1 +0,0 @@\n-int x;\n').files[0]).toMatchObject({ kind: 'delete', oldPath: 'x.c' });
  });

  test('names without folders keep all of their name', () => {
    expect(parse(`--- x.c\n+++ x.c\n${HUNK}`).files[0]?.newPath).toBe('x.c');
  });

  test('the shorter of two names is taken', () => {
    expect(parse(`--- a/x.c\n+++ b/x.c~\n${HUNK}`).files[0]?.newPath).toBe('x.c');
  });

  test('several patches in one text are all read, prose between them is not', () => {
    const text = `Some words.\n${DIFF}-- \n2.25\n\nAnd another:\n--- a/y.c\n+++ b/y.c\n${HUNK}The end.\n`;
    expect(parse(text).files.map((file) => file.newPath)).toEqual(['drivers/iommu/sample.c', 'y.c']);
  });
});

describe('what git refuses is refused', () => {
  const head = '--- a/x.c\n+++ b/x.c\n';
  test.each([
    ['too few lines', `${head}@@ -1,3 +1,3 @@\n-a\n+b\n c\n`, 'corrupt', 6],
    ['too many lines on one side', `${head}@@ -1,1 +1,1 @@\n a\n+b\n-c\n`, 'corrupt', 4],
    ['a line that cannot be of a hunk', `${head}@@ -1,2 +1,2 @@\n-a\nwell\n+b\n c\n`, 'corrupt', 5],
    ['a hunk without a change', `${head}@@ -1,1 +1,1 @@\n a\n`, 'corrupt', 4],
    ['an unreadable second hunk header', `${head}@@ -1 +1 @@\n-a\n+b\n@@ -x +1 @@\n`, 'corrupt', 6],
    ['a cut last line', `${head}@@ -1 +1 @@\n-a\n+b`, 'corrupt', 5],
    ['hunks that no header names', `words\n\n${HUNK}`, 'fragment-without-header', 3],
    ['no diff at all', 'words\n', 'no-patch', 1],
    ['names that differ', `diff --git a/x.c b/x.c\n--- a/x.c\n+++ b/y.c\nrename to z.c\n--- a/q.c\n${HUNK}`, 'name-mismatch', 5],
    [
      'a header after a lone one of another file',
      `diff --git a/x.c b/x.c\nwords\ndiff --git a/y.c b/y.c\n--- a/y.c\n+++ b/y.c\n${HUNK}`,
      'name-mismatch',
      4,
    ],
    ['a mode that is no number', 'diff --git a/x.c b/x.c\nold mode 1oo644\n', 'bad-header', 2],
    ['new and deleted at once', 'diff --git a/x.c b/x.c\nnew file mode 100644\ndeleted file mode 100644\n', 'bad-header', 3],
    ['a new file with an old name', `diff --git a/x.c b/x.c\nnew file mode 100644\n--- a/x.c\n+++ b/x.c\n${HUNK}`, 'bad-header', 3],
    ['a new file with old lines', `diff --git a/x.c b/x.c\nnew file mode 100644\n--- /dev/null\n+++ b/x.c\n${HUNK}`, 'bad-header', 1],
    [
      'a deleted file with new lines',
      `diff --git a/x.c b/x.c\ndeleted file mode 100644\n--- a/x.c\n+++ /dev/null\n${HUNK}`,
      'bad-header',
      1,
    ],
    ['a header without a name', `diff --git a/x.c b/y.c\nold mode 100644\nnew mode 100755\n`, 'bad-header', 1],
    ['only one name', 'diff --git a/x.c b/y.c\nrename from x.c\n', 'bad-header', 1],
    ['a path that leaves the tree', `--- a/../x.c\n+++ b/../x.c\n${HUNK}`, 'unsafe-path', 1],
    [
      'a path through a link of the same patch',
      `diff --git a/l b/l\nnew file mode 120000\n--- /dev/null\n+++ b/l\n@@ -0,0 +1 @@\n+/etc\ndiff --git a/l/x b/l/x\nnew file mode 100644\n--- /dev/null\n+++ b/l/x\n@@ -0,0 +1 @@\n+x\n`,
      'unsafe-path',
      7,
    ],
    ['a broken binary patch', 'diff --git a/x b/x\nindex 1..2\nGIT binary patch\nliteral 4\nnot base 85\n\n', 'corrupt', 5],
    ['a context diff', '*** a/x.c\n--- b/x.c\n***************\n*** 1,2 ****\n! a\n--- 1,2 ----\n! b\n', 'not-unified', 1],
    ['an ed script', '3c\nnew text\n.\n1d\n', 'not-unified', 1],
    ['an RCS diff', 'd3 1\na3 1\nnew text\n', 'not-unified', 1],
    ['a normal diff', '3c3\n< old\n---\n> new\n', 'not-unified', 1],
  ])('%s', (_name, text, kind, line) => {
    expect(refusal(text)).toEqual([kind, line]);
  });

  test('what stood before the refusal is kept', () => {
    const reading = parse(`${DIFF}${head}@@ -1,3 +1,3 @@\n-a\n+b\n`);
    expect(reading.files.map((file) => file.newPath)).toEqual(['drivers/iommu/sample.c']);
  });
});

describe('mending', () => {
  const head = '--- a/x.c\n+++ b/x.c\n';

  test('counts follow the lines where lines were cut', () => {
    const reading = parse(`${head}@@ -1,9 +1,9 @@\n a\n-b\n+c\n@@ -30,2 +30,3 @@\n d\n+e\n f\n`, true);
    expect(reading.refusal?.kind).toBe('corrupt');
    expect(reading.files[0]?.hunks.map((hunk) => [hunk.oldCount, hunk.newCount, hunk.repaired])).toEqual([
      [2, 2, true],
      [2, 3, false],
    ]);
    expect(reading.files[0]?.problems[0]).toMatchObject({ kind: 'recounted', line: 3 });
  });

  test('a wrapped line is joined where the counts prove it', () => {
    const reading = parse(`${head}@@ -1 +1 @@\n-\tcall(one,\ntwo);\n+\tcall(one, two, three,\nfour);\n`, true);
    expect(reading.files[0]?.hunks[0]?.lines.at(-1)?.text).toBe('\tcall(one, two, three, four);');
    expect(reading.files[0]?.problems[0]).toMatchObject({ kind: 'wrapped', line: 5 });
  });

  test('blank lines that a mailer put between lines are dropped where the counts prove it', () => {
    const reading = parse(`${head}@@ -1,3 +1,3 @@\n a\n\n-b\n\n+c\n\n d\n\n`, true);
    expect(reading.files[0]?.hunks[0]?.lines.map((line) => line.text)).toEqual(['a', 'b', 'c', 'd']);
  });

  test('the signature of a mail is not taken for a removed line', () => {
    const reading = parse(`${head}@@ -1,9 +1,9 @@\n a\n-b\n+c\n-- \n2.25.1\n`, true);
    expect(reading.files[0]?.hunks[0]?.lines).toHaveLength(3);
  });

  test('hunks without a header are kept without a name', () => {
    const reading = parse(HUNK, true);
    expect(reading.files).toMatchObject([{ oldPath: null, newPath: null, hunks: [{ oldStart: 1 }] }]);
    expect(reading.refusal?.kind).toBe('fragment-without-header');
  });
});

/** Lines of a file: own alphabet with tabs, astral characters, blanks at the end, CR and diff-like starts. */
const line = fc.oneof(
  fc.constantFrom('', ' ', '\t', '-- ', '--- a/x', '+++ b/x', '@@ -1 +1 @@', 'diff --git a/x b/x', '\r', '}', '\\ No'),
  fc.string({ unit: fc.constantFrom('a', '\t', ' ', '+', '-', 'é', '𝒳', '"', '\u2028'), maxLength: 12 }),
);

interface Change {
  readonly kind: ' ' | '-' | '+';
  readonly text: string;
}

/** A hunk that is well formed by construction. */
const hunkText = fc
  .tuple(
    fc.array(fc.record<Change>({ kind: fc.constantFrom(' ', '-', '+'), text: line }), { minLength: 1, maxLength: 12 }),
    fc.nat(5000),
    fc.nat(5000),
    line,
  )
  .filter(([lines]) => lines.some((one) => one.kind !== ' '))
  .map(([lines, old, fresh, heading]) => {
    const oldCount = lines.filter((one) => one.kind !== '+').length;
    const newCount = lines.filter((one) => one.kind !== '-').length;
    const range = (start: number, count: number): string => (count === 1 ? `${start + 1}` : `${start + 1},${count}`);
    return `@@ -${range(old, oldCount)} +${range(fresh, newCount)} @@ ${heading}\n${lines.map((one) => `${one.kind}${one.text}\n`).join('')}`;
  });

const diffText = fc
  .array(fc.tuple(fc.constantFrom('a.c', 'dir/b.h', 'sp ace.c'), fc.boolean(), fc.array(hunkText, { minLength: 1, maxLength: 3 })), {
    minLength: 1,
    maxLength: 3,
  })
  .map((files) =>
    files
      .map(
        ([name, git, hunks]) =>
          `${git ? `diff --git a/${name} b/${name}\nindex 1234567..89abcde 100644\n` : ''}--- a/${name}\n+++ b/${name}\n${hunks.join('')}`,
      )
      .join(''),
  );

test('printing what was read gives the same bytes', () => {
  fc.assert(
    fc.property(
      diffText,
      fc.constantFrom('', 'words before\n\n'),
      fc.constantFrom('', '-- \n2.25.1\n', 'no newline'),
      (diff, before, after) => {
        const text = encodeUtf8(before + diff + after);
        const reading = parse(text);
        expect(reading.refusal).toBeNull();
        expect(printDiff(reading)).toBe(text);
      },
    ),
    { numRuns: 1000 },
  );
});

test('marks of a missing newline are printed where they stood, however odd', () => {
  const mark = '\\ No newline at end of file\n';
  const text = `--- a/x\n+++ b/x\n@@ -1,2 +1,2 @@\n${mark}-a\n${mark}${mark} b\n+c\n${mark}`;
  expect(parse(text).refusal).toBeNull();
  expect(printDiff(parse(text))).toBe(text);
});

test('bytes that are no UTF-8 are printed as they were', () => {
  const text = '--- a/x\n+++ b/x\n@@ -1 +1 @@ \xe9\n-caf\xe9 \xff\n+caf\xc3\xa9\n';
  expect(printDiff(parse(text))).toBe(text);
  expect(parse(text).files[0]?.hunks[0]?.lines.map((one) => one.text)).toEqual(['café ÿ', 'café']);
});
