import { expect, it } from 'vitest';
import { functionExtents } from '../../server/src/core/syntax/extents.ts';
import { parseC } from '../../server/src/core/syntax/parse.ts';
import { loadParser } from '../../server/src/host/parser/load-parser.ts';

const parser = await loadParser('auto');
const whole = (name: string): string => `int ${name}(void)\n{\n\treturn 0;\n}\n\n`;

it('finds functions by their braces at column 0', () => {
  const text = `struct a {\n\tint b;\n};\n\nstatic int f(int a,\n\t     int b)\n{\n\tif (a) {\n\t}\n}\nint x[] =\n{\n 1\n};\nint g(void)\n{ return 1; }\n`;
  expect(functionExtents(text).map((one) => [text.slice(one.start, one.body).trim(), text.slice(one.body, one.end)])).toEqual([
    ['static int f(int a,\n\t     int b)', '{\n\tif (a) {\n\t}\n}'],
    ['int g(void)', '{ return 1; }'],
  ]);
});

it('leaves out one line that does not parse, says so, and keeps the rest of the file', () => {
  const broken = 'int broken(int a)\n{\n\tint b = a;\n\tb = = @ a;\n\treturn b;\n}\n\n';
  const text = whole('first') + broken + whole('last');
  const file = parseC(text, 'a.c', parser);
  expect(file.functions.map((one) => [one.name, one.clean])).toEqual([
    ['first', true],
    ['broken', false],
    ['last', true],
  ]);
  expect(file.problems.map((one) => text.slice(one.span.start, one.span.end))).toEqual(['\tb = = @ a;']);
  for (const one of file.functions)
    expect(text.slice(one.span.start, one.span.end)).toBe(text.slice(file.tree.start(one.row), file.tree.end(one.row)));
});

it('keeps a function that an unclosed brace in another one would swallow', () => {
  const text = `int open(int a)\n{\n\tif (a) {\n\t\treturn 1;\n}\n\n${whole('next')}${whole('last')}`;
  const file = parseC(text, 'a.c', parser);
  expect(file.functions.filter((one) => one.clean).map((one) => one.name)).toEqual(['next', 'last']);
});

it('puts a repaired function back into the group it stands in', () => {
  const text = `#ifdef CONFIG_GRP\n${whole('first')}int broken(void)\n{\n\t@@;\n\treturn 1;\n}\n#else\n${whole('other')}#endif\n`;
  const file = parseC(text, 'a.c', parser);
  expect(file.functions.map((one) => one.name)).toEqual(['first', 'broken', 'other']);
  const broken = file.functions[1]?.row ?? -1;
  expect(file.tree.kind(file.tree.parent(broken))).toBe('preproc_ifdef');
});

it('names each place that stays unknown', () => {
  const file = parseC('int a;\n@@ 12\nint b;\n', 'a.c', parser);
  expect(file.problems.length).toBeGreaterThan(0);
  expect(file.problems.every((one) => one.kind === 'parse' && one.span.start >= 7)).toBe(true);
});

it('gives no tree but a reason for a text that the parser refuses', () => {
  const file = parseC('int a;\0', 'a.c', parser);
  expect(file.tree.count).toBe(1);
  expect(file.functions).toEqual([]);
  expect(file.problems).toEqual([{ kind: 'limit', span: { start: 0, end: 7 }, message: 'NUL at offset 6: not a C text' }]);
});

it('parses the statements in a macro argument at their own places', () => {
  const text = 'int f(void)\n{\n\tscoped_cond_guard(mutex_intr, return -EINTR, &m) {\n\t\tx();\n\t}\n\treturn 0;\n}\n';
  const [argument] = parseC(text, 'a.c', parser).statementArguments;
  expect(argument).toMatchObject({ macro: 'scoped_cond_guard', clean: true });
  const { tree, bodyRow } = argument ?? { tree: null, bodyRow: -1 };
  const statement = tree?.namedChildren(bodyRow)[0] ?? -1;
  expect(tree?.kind(statement)).toBe('return_statement');
  expect(tree?.start(statement)).toBe(text.indexOf('return -EINTR'));
});

it('keeps both facts of a flattened group: the branch that stayed and the one that went', () => {
  const text = 'static int a[] = {\n#ifdef A\n\t1,\n#else\n\t2,\n#endif\n};\n';
  expect(
    parseC(text, 'a.c', parser).flattened.map((one) => [one.condition, one.kept, text.slice(one.span.start, one.span.end).trim()]),
  ).toEqual([
    ['#ifdef A', true, '1,'],
    ['#else', false, '2,'],
  ]);
});
