import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { parseFragments, UNSEEN } from '../../server/src/core/syntax/fragments.ts';
import type { Fragment } from '../../server/src/core/syntax/types.ts';
import { loadParser } from '../../server/src/host/parser/load-parser.ts';

const parser = await loadParser('auto');
const heading = 'static int grp_attach(struct grp *group,';

const parse = (...fragments: Fragment[]) => parseFragments(fragments, 'drivers/iommu/grp.c', parser);
/** Kinds of the statements in the first function's body. */
function statements(file: ReturnType<typeof parse>): string[] {
  const { tree, functions } = file.c;
  const body = functions[0]?.bodyRow ?? -1;
  return tree.namedChildren(body).map((row) => {
    const isGap = file.gaps.some((gap) => gap.start === tree.start(row));
    return isGap ? 'gap' : tree.kind(row);
  });
}

describe('one hunk', () => {
  it('inside a function stands in a body of its heading, with gaps for what is not seen', () => {
    const file = parse({ heading, text: '\tmutex_lock(&group->lock);\n\tgroup->users++;\n' });
    expect(file.c.functions.map((one) => [one.name, one.clean])).toEqual([['grp_attach', true]]);
    expect(statements(file)).toEqual(['gap', 'expression_statement', 'expression_statement', 'gap']);
  });

  it('that closes blocks gets them opened under conditions that nobody knows', () => {
    const file = parse({ heading, text: '\t\tgroup->users++;\n\t} else {\n\t\tgroup->users--;\n\t}\n\treturn 0;\n}\n' });
    expect(file.c.problems).toEqual([]);
    expect(statements(file)).toEqual(['gap', 'if_statement', 'return_statement']);
    expect(file.c.text).toContain(`if(${UNSEEN}0){`);
  });

  it('that closes a do loop gets its head', () => {
    const file = parse({ heading, text: '\t\tgroup->users++;\n\t} while (group->users < 4);\n\treturn 0;\n}\n' });
    expect(statements(file)).toEqual(['gap', 'do_statement', 'return_statement']);
  });

  it('that ends inside blocks has a gap in each of them', () => {
    const file = parse({ heading, text: '\tif (group) {\n\t\tdo {\n\t\t\tgroup->users++;\n' });
    expect(file.c.problems).toEqual([]);
    expect(file.gaps).toHaveLength(4);
    expect(statements(file)).toEqual(['gap', 'if_statement', 'gap']);
  });

  it('that ends behind a head has a gap as its body', () => {
    const file = parse({ heading, text: '\tif (group)\n' });
    const { tree } = file.c;
    const branch = tree.namedChildren(tree.namedChildren(file.c.functions[0]?.bodyRow ?? -1)[1] ?? -1)[1] ?? -1;
    expect(file.gaps.map((gap) => gap.start)).toContain(tree.start(branch));
  });

  it('that begins inside a call drops what is left of it', () => {
    const file = parse({ heading, text: '\t\t\t  group->users, NULL);\n\treturn 0;\n}\n' });
    expect(file.c.problems).toEqual([]);
    expect(statements(file)).toEqual(['gap', 'return_statement']);
  });

  it('that begins inside a condition keeps the block under a condition that nobody knows', () => {
    const file = parse({ heading, text: '\t    group->users > 1 && allowed(group)) {\n\t\treturn -EBUSY;\n\t}\n\treturn 0;\n}\n' });
    expect(file.c.problems).toEqual([]);
    expect(statements(file)).toEqual(['gap', 'if_statement', 'return_statement']);
    expect(file.c.text.split('\n')[2]).toContain(`if(${UNSEEN}0){`);
  });

  it('that begins with else has its if', () => {
    const file = parse({ heading, text: '\telse\n\t\tgroup->users--;\n\treturn 0;\n}\n' });
    expect(statements(file)).toEqual(['gap', 'if_statement', 'return_statement']);
  });

  it('that ends in the middle of an expression drops its beginning', () => {
    const file = parse({ heading, text: '\tgroup->users++;\n\tret = grp_check(group,\n' });
    expect(file.c.problems).toEqual([]);
    expect(statements(file)).toEqual(['gap', 'expression_statement', 'gap']);
  });

  it('that begins in the parameters takes the first of them from the heading', () => {
    const file = parse({ heading, text: '\t\t      struct device *dev)\n{\n\treturn 0;\n}\n' });
    expect(file.c.functions[0]?.parameters.map((one) => one.name)).toEqual(['group', 'dev']);
    expect(statements(file)).toEqual(['return_statement']);
  });

  it('in a struct, an enum or an initialiser stands in one', () => {
    for (const [text, head, kind] of [
      ['\tint users;\n\tu8 flags;\n};\n', 'struct grp {', 'field_declaration'],
      ['\tGRP_IDLE,\n\tGRP_BUSY,\n};\n', 'enum grp_state {', 'enumerator'],
      ['\t.attach = grp_attach,\n\t.detach = grp_detach,\n};\n', 'static const struct grp_ops grp_ops = {', 'initializer_pair'],
    ] as const) {
      const { c } = parse({ text, heading: head });
      expect(c.problems).toEqual([]);
      expect(Array.from({ length: c.tree.count }, (_, row) => c.tree.kind(row)).filter((one) => one === kind)).toHaveLength(2);
    }
  });

  it('that begins or ends inside a comment keeps the code', () => {
    const head = parse({ heading, text: '\t * the last line of a comment\n\t */\n\treturn 0;\n' });
    expect(statements(head)).toEqual(['gap', 'return_statement', 'gap']);
    const tail = parse({ heading, text: '\tgroup->users++;\n\t/*\n\t * A comment that goes\n' });
    expect(statements(tail)).toEqual(['gap', 'expression_statement', 'gap']);
    expect(tail.c.comments.map((one) => tail.c.text.slice(one.start, one.end))).toEqual(['/*\n\t * A comment that goes\n*/']);
  });

  it('from the middle of a macro body has no code', () => {
    const file = parse({ heading: '', text: '\tdo_this(x);\t\\\n\tdo_that(x);\t\\\n} while (0)\n\nint grp_count;\n' });
    expect(file.c.problems).toEqual([]);
    expect(file.c.tree.namedChildren(0).map((row) => file.c.tree.kind(row))).toEqual(['declaration']);
  });

  it('with a cut preprocessor group keeps both branches', () => {
    const file = parse({ heading, text: '\tgroup->users++;\n#else\n\tgroup->users--;\n#endif\n\treturn 0;\n}\n' });
    expect(file.c.problems).toEqual([]);
    expect(statements(file)).toEqual(['gap', 'expression_statement', 'expression_statement', 'return_statement']);
  });

  it('without a usable heading has a function without a name', () => {
    expect(parse({ heading: 'out_unlock:', text: '\treturn 0;\n' }).c.functions[0]?.name).toBe(UNSEEN);
  });

  it('whose heading shows no type has a type that nobody knows', () => {
    expect(parse({ heading: 'grp_find(struct device *dev)', text: '\treturn 0;\n' }).c.functions[0]).toMatchObject({
      name: 'grp_find',
      returnType: UNSEEN,
    });
  });
});

describe('several hunks', () => {
  it('of one function share its body, in order, with a gap between them', () => {
    const file = parse(
      { heading, text: '\tmutex_lock(&group->lock);\n\tif (group) {\n' },
      { heading, text: '\t\tret = 0;\n\t}\n\tmutex_unlock(&group->lock);\n\treturn ret;\n}\n' },
    );
    expect(file.c.functions.map((one) => one.name)).toEqual(['grp_attach']);
    expect(statements(file)).toEqual([
      'gap',
      'expression_statement',
      'if_statement',
      'gap',
      'if_statement',
      'expression_statement',
      'return_statement',
    ]);
  });

  it('are joined where the first shows the head of the function that the second names', () => {
    const file = parse(
      { heading: 'int other(void)', text: '\treturn 0;\n}\n\nstatic int grp_attach(struct grp *group)\n{\n\tint ret;\n' },
      { heading: 'static int grp_attach(struct grp *group)', text: '\treturn ret;\n}\n' },
    );
    expect(file.c.functions.map((one) => one.name)).toEqual(['other', 'grp_attach']);
    expect(file.c.functions.every((one) => one.clean)).toBe(true);
  });

  it('of different functions stay apart', () => {
    const file = parse({ heading: 'int a(void)', text: '\tx = 1;\n' }, { heading: 'int b(void)', text: '\ty = 1;\n' });
    expect(file.c.functions.map((one) => one.name)).toEqual(['a', 'b']);
  });

  it('do not suffer from one that cannot be parsed', () => {
    const file = parse({ heading: '', text: 'int a @@ 12;\nint x;\n' }, { heading: 'int b(void)', text: '\ty = 1;\n\treturn y;\n}\n' });
    expect(file.c.problems.length).toBeGreaterThan(0);
    expect(file.c.functions.find((one) => one.name === 'b')?.clean).toBe(true);
  });
});

const line = fc.constantFrom(
  ...[
    '\tif (x) {',
    '\t}',
    '}',
    '\t} else {',
    '\treturn 0;',
    '\tfoo(a,',
    '\t    b);',
    '#ifdef A',
    '#endif',
    '\t/* x',
    '\t */',
    'out:',
    '\tcase 1:',
    '{',
    'int f(int a)',
    '\tx = y',
    '',
    '\t.a = 1,',
    '};',
    '"',
    '\\',
  ],
);

const columnOf = (text: string, offset: number): number => offset - (text.slice(0, offset).lastIndexOf('\n') + 1);

describe('any fragments', () => {
  const fragments = fc.array(
    fc.record({
      heading: fc.constantFrom('', heading, 'struct a {', 'int f(int a)', 'static x = {'),
      text: fc.array(line, { maxLength: 8 }).map((lines) => lines.map((one) => `${one}\n`).join('')),
    }),
    { maxLength: 4 },
  );

  it('give a place for each of their characters, at its column, and none for made-up text', () => {
    fc.assert(
      fc.property(fragments, (list) => {
        const file = parse(...list);
        const seen = list.map(() => 0);
        for (let at = 0; at < file.c.text.length; at++) {
          const place = file.originOf(at);
          if (!place) continue;
          const original = list[place.fragment]?.text ?? '';
          expect(place.offset).toBe(seen[place.fragment]);
          seen[place.fragment] = place.offset + 1;
          if (original[place.offset] === '\n') expect(file.c.text[at]).toBe('\n');
          expect(columnOf(file.c.text, at)).toBe(columnOf(original, place.offset));
        }
        expect(seen).toEqual(list.map((one) => one.text.length));
        for (const gap of file.gaps) expect(file.c.text.slice(gap.start, gap.end)).toBe(';');
      }),
      { numRuns: 300 },
    );
  });
});
