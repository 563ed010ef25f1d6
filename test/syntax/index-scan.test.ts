import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { scanFile } from '../../server/src/core/syntax/index/scan.ts';

const namesOf = (text: string) => scanFile(text).functions.map((fn) => fn.name);

describe('definitions of functions', () => {
  it('are found with what their heading says', () => {
    const text = `
/* int not_this(void) { } */
static inline struct grp *grp_first(struct grp_list *list)
	__must_hold(&list->lock)
{
	if (list) {
		return list->first;
	}
	return NULL;
}

int __init
grp_attach(struct grp *group, void (*done)(int)) { return 0; }
`;
    const [first, second] = scanFile(text).functions;
    expect(first).toEqual({
      name: 'grp_first',
      line: 3,
      isStatic: true,
      isInline: true,
      annotations: ['__must_hold(&list->lock)'],
      start: text.indexOf('static inline'),
      body: text.indexOf('{\n\tif'),
      end: text.indexOf('}\n\nint') + 1,
    });
    expect(second).toMatchObject({ name: 'grp_attach', line: 13, isStatic: false, isInline: false, annotations: ['__init'] });
  });

  it.each([
    ['one that returns a pointer to a function', 'int (*grp_op(int kind))(struct grp *)\n{\n}\n', ['grp_op']],
    ['one whose name stands in parentheses', 'int (grp_put)(struct grp *g)\n{\n}\n', ['grp_put']],
    ['one behind a macro with arguments', '__no_such_word(1, 2)\nvoid grp_say(const char *f, ...)\n{\n}\n', ['grp_say']],
    ['one with typeof', 'static typeof(int) grp_n(void)\n{\n}\n', ['grp_n']],
    ['one that a macro heads', 'SYSCALL_DEFINE2(grp_open, int, a, int, b)\n{\n}\n', ['SYSCALL_DEFINE2(grp_open)']],
    [
      'one behind macros without a semicolon',
      'GRP_FN(8)\nGRP_FN(16)\n#ifdef X\nGRP_FN(32)\n#endif\n\nint grp_io(void)\n{\n}\n',
      ['grp_io'],
    ],
    ['one behind a structure', 'struct grp {\n\tint a;\n};\nint grp_io(void)\n{\n}\n', ['grp_io']],
    ['those in extern "C"', 'extern "C" {\nint grp_io(void)\n{\n}\n}\nint grp_end(void)\n{\n}\n', ['grp_io', 'grp_end']],
    ['both branches of an #if', '#ifdef X\nint a(void) { return 1; }\n#else\nint b(void) { return 0; }\n#endif\n', ['a', 'b']],
    ['one body for two headings', '#ifdef X\nint a(void)\n#else\nint b(void)\n#endif\n{\n\treturn 1;\n}\n', ['b', 'a']],
    [
      'one whose braces differ by branch',
      'int a(void)\n{\n#ifdef X\n\tif (x) {\n#else\n\tif (y) {\n#endif\n\t}\n}\nint b(void)\n{\n}\n',
      ['a', 'b'],
    ],
    ['nothing in #if 0', '#if 0\nint a(void)\n{\n}\n#else\nint b(void)\n{\n}\n#endif\n', ['b']],
    ['the next one behind a brace too few', 'int a(void)\n{\n\tif (x) {\n\treturn 1;\n}\n\nint b(void)\n{\n}\n', ['a', 'b']],
    ['one with an open parenthesis, and the next', 'int a(int x\n{\n}\n\nint b(void)\n{\n}\n', ['a', 'b']],
    ['no structure behind an unknown word', 'struct __grp_word grp {\n\tint a;\n};\n', []],
    ['no statement', 'int a(void)\n{\n\tif (x) {\n\t}\n\twhile (y) {\n\t}\n}\n', ['a']],
  ])('%s', (_what, text, names) => {
    expect(namesOf(text)).toEqual(names);
  });
});

it('finds prototypes with their annotations, and no variable or call', () => {
  const { prototypes } = scanFile(`
int __must_check grp_get(struct grp *group);
void grp_lock(struct grp *group) __acquires(&group->lock);
typedef int (*grp_fn)(int);
static int (*handler)(int);
static DEFINE_MUTEX(grp_mutex);
EXPORT_SYMBOL_GPL(grp_get);
`);
  expect(prototypes.map((one) => [one.name, one.line, one.annotations])).toEqual([
    ['grp_get', 2, ['__must_check']],
    ['grp_lock', 3, ['__acquires(&group->lock)']],
  ]);
});

it('finds names of types, constants and variables', () => {
  const { names } = scanFile(`
struct grp { int member; struct inner { int deep; } in; };
enum grp_kind { GRP_NONE, GRP_ALL = 1 << (2), };
typedef struct grp grp_t;
static int grp_count __read_mostly = 3, grp_more;
static int (*handler)(int);
static DEFINE_MUTEX(grp_mutex);
extern int grp_elsewhere;
struct grp_only_named;
`);
  expect(names).toEqual(['grp', 'grp_kind', 'GRP_NONE', 'GRP_ALL', 'grp_t', 'grp_count', 'grp_more', 'handler', 'grp_mutex']);
});

it('finds what fills the fields of tables', () => {
  const { tables } = scanFile(`
static const struct grp_ops demo_ops = {
	.attach = demo_attach,
	.detach	= &demo_detach,
	.flags = GRP_FAST,
	.count = 4,
	.domain_ops = &(const struct grp_domain_ops) {
		.map = demo_map,
	},
	.driver = {
		.name = "demo",
		.pm = pm_ptr(&demo_pm),
	},
#if 0
	.dead = demo_dead,
#endif
	.last = demo_last
};
static struct grp_file files[] = { { .open = demo_open }, [1] = { .open = demo_open_too, } };
static int plain[] = { 1, 2 };
`);
  expect(tables.map(({ name, type, fields }) => [name, type, fields.map((one) => [one.field, one.function, one.line])])).toEqual([
    [
      'demo_ops',
      'grp_ops',
      [
        ['attach', 'demo_attach', 3],
        ['detach', 'demo_detach', 4],
        ['driver.pm', 'demo_pm', 12],
        ['last', 'demo_last', 17],
      ],
    ],
    ['demo_ops.domain_ops', 'grp_domain_ops', [['map', 'demo_map', 8]]],
    [
      'files',
      'grp_file',
      [
        ['open', 'demo_open', 19],
        ['open', 'demo_open_too', 19],
      ],
    ],
  ]);
});

it('gives sound extents for any text', () => {
  const words =
    'int static struct enum f g ( ) { } ; , = . * # "a" \n \n{ \n} #if\n #if_0\n #else\n #endif\n #define_X(a)_a\n /* */ __must_hold'.split(
      ' ',
    );
  const texts = fc.array(fc.constantFrom(...words), { maxLength: 80 }).map((list) => list.join(' ').replaceAll('_', ' '));
  fc.assert(
    fc.property(texts, (text) => {
      const { functions, prototypes } = scanFile(text);
      for (const fn of functions) {
        expect(text[fn.body]).toBe('{');
        expect(text[fn.end - 1]).toBe('}');
        expect(fn.start).toBeLessThan(fn.body);
        expect(fn.body).toBeLessThan(fn.end);
      }
      for (const fn of prototypes) expect(text.slice(fn.start, fn.end).endsWith(';')).toBe(true);
    }),
    { numRuns: 500 },
  );
});
