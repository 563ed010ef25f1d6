import { expect, it } from 'vitest';
import fc from 'fast-check';
import { ROW_SIZE } from '../../server/src/core/base/outside.ts';
import { parseC } from '../../server/src/core/syntax/parse.ts';
import { cutSubtree, graft } from '../../server/src/core/syntax/table.ts';
import type { Tree } from '../../server/src/core/syntax/tree.ts';
import { loadParser } from '../../server/src/host/parser/load-parser.ts';

const parser = await loadParser('auto');

/** What every table must keep, so that walks over it end. */
function expectSound(tree: Tree): void {
  expect(tree.subtreeEnd(0)).toBe(tree.count);
  for (let row = 0; row < tree.count; row++) {
    expect(tree.subtreeEnd(row)).toBeGreaterThan(row);
    const parent = tree.parent(row);
    if (row === 0) expect(parent).toBe(-1);
    else expect(parent >= 0 && parent < row && tree.subtreeEnd(row) <= tree.subtreeEnd(parent)).toBe(true);
    if (tree.isError(row) || tree.isMissing(row))
      for (let above = row; above >= 0; above = tree.parent(above)) expect(tree.hasError(above)).toBe(true);
  }
}

it('takes grafts into a root of any kind', () => {
  const base = parseC('int a;\n\n\n', 'a.c', parser).tree;
  const part = parseC('int f(void)\n{\n}\n', 'b.c', parser).tree;
  const rows = graft(base.rows, [{ start: 8, rows: cutSubtree(part.rows, 1, 8, 0, 100) }], () => false);
  expect(rows.length).toBe(base.rows.length + part.rows.length - ROW_SIZE);
  expect(rows[4]).toBe(rows.length / ROW_SIZE);
});

it('repairs a file whose root is an error', () => {
  const text = `#include <a.h>\n${'static struct a b = {\n'.repeat(3)}int broken(void)\n{\n\treturn @@;\n}\n`;
  const { tree, problems } = parseC(text, 'a.c', parser);
  expectSound(tree);
  expect(problems.length).toBeGreaterThan(0);
});

const line = fc.constantFrom(
  ...[
    'int f(void)',
    '{',
    '}',
    '\treturn 1;',
    '\tif (a) {',
    '\t}',
    '\t@@',
    '#ifdef A',
    '#else',
    '#endif',
    'static struct a b = {',
    '};',
    '\tfor_each_x(a)',
    'M(a)',
    '"',
    '/*',
    '*/',
    '#define loop(x) for (;;)',
  ],
);

it('gives sound tables for any text', () => {
  fc.assert(
    fc.property(fc.array(line, { maxLength: 30 }), (lines) => {
      expectSound(parseC(lines.join('\n'), 'a.c', parser).tree);
    }),
    { numRuns: 300 },
  );
});
